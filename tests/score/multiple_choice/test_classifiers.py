import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.predict import store
from workbench.score.multiple_choice import classifiers


def stored(images, ranked, k):
    return store.from_arrays("net", "mine", images, ranked[:, :k])


def by_hand(ranked, options):
    """Position of the best-ranked option, one question at a time."""
    places = [row.tolist().index for row in ranked]
    return [min(range(10), key=lambda at: place(row[at])) for place, row in zip(places, options, strict=True)]


def test_the_best_ranked_option_is_answered(images, ranked, asked):
    answered = classifiers.answer(stored(images, ranked, 1000), asked)
    assert answered.tolist() == by_hand(ranked, asked.options)
    assert answered.dtype == np.int8


@given(k=st.sampled_from([1, 2, 5, 40, 300, 991, 999]), seed=st.integers(0, 50))
def test_bounds_of_the_best_k_hold_the_answer_and_are_as_tight_as_they_can_be(k, seed):
    rng = np.random.default_rng(seed)
    ranked = rng.permuted(np.tile(np.arange(1000), (20, 1)), axis=1)
    options = rng.permuted(np.tile(np.arange(1000), (20, 1)), axis=1)[:, :10]
    known = classifiers.best_option(ranked[:, :k], options)
    truth = np.array(by_hand(ranked, options))
    shown = np.array([bool(set(row[:k]) & set(some)) for row, some in zip(ranked, options, strict=True)])
    assert np.array_equal(known >= 0, shown)
    assert np.array_equal(known[shown], truth[shown])


def test_what_is_not_stored_is_wrong_at_least_and_right_at_most(images, ranked, asked):
    exact, same = classifiers.bounds(stored(images, ranked, 1000), asked)
    assert np.array_equal(exact, same)
    low, high = classifiers.bounds(stored(images, ranked, 5), asked)
    unknown = classifiers.answer(stored(images, ranked, 5), asked) < 0
    assert 0.1 < unknown.mean() < 0.9
    assert np.array_equal(low, exact & ~unknown)
    assert np.array_equal(high, exact | unknown)


def test_pictures_are_joined_by_their_ids(images, ranked, asked, rng):
    order = rng.permutation(len(images))
    turned = stored([images[i] for i in order], ranked[order], 5)
    assert np.array_equal(classifiers.answer(turned, asked), classifiers.answer(stored(images, ranked, 5), asked))


def test_a_picture_without_predictions_is_refused(images, ranked, asked):
    with pytest.raises(InputError, match="net on mine lacks 3 of the 400 pictures that are asked about"):
        classifiers.answer(stored(images[3:], ranked[3:], 5), asked)
