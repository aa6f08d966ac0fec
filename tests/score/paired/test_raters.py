"""Scores estimated from raters' answers: recovered where the truth is known, and close to the published ones."""

import numpy as np
import pytest

from workbench.inputs import labels
from workbench.inputs.labels import rated
from workbench.inputs.labels.rated import Rated
from workbench.predict import store
from workbench.score.paired import raters

V1 = "ILSVRC2012_val_{:08d}"


def simulated(rng, n=4000, n_raters=12, share=0.3):
    """Pairs that hold or not, and five answers each by raters of different strictness."""
    truth = rng.random(n) < share
    strict = rng.uniform(0.6, 0.95, n_raters)
    who = np.stack([rng.permutation(n_raters)[:5] for _ in range(n)])
    yes = rng.random((n, 5)) < np.where(truth[:, None], strict[who], 1 - strict[who])
    unsure = rng.random((n, 5)) < 0.2
    return truth, (3 * who + np.where(unsure, 1, 2 * yes)).astype(np.uint8)


def test_what_holds_is_found_again(rng):
    truth, answers = simulated(rng)
    score = next(raters.estimates(answers, n=0))
    votes = raters.START[answers % 3].mean(axis=1)
    assert ((score > 0.5) == truth).mean() > ((votes > 0.5) == truth).mean() > 0.8
    assert score.mean() == pytest.approx(truth.mean(), abs=0.02)


def test_the_order_of_pairs_and_of_answers_plays_no_part(rng):
    _, answers = simulated(rng, n=300)
    score, mixed = (next(raters.estimates(one, n=0)) for one in (answers, answers[::-1, ::-1]))
    np.testing.assert_allclose(score, mixed[::-1], atol=1e-9)


def test_resamples_are_the_same_again_and_differ_from_each_other(rng):
    _, answers = simulated(rng, n=300)
    first, again = (list(raters.estimates(answers, n=3, seed=1)) for _ in range(2))
    assert len(first) == 4
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert len({round(float(one.sum()), 6) for one in first}) == 4


def test_a_choice_of_pairs_is_scored_as_its_label_set_is(rng):
    original = labels.from_mapping("v1-original", {V1.format(n): [n % 7] for n in range(1, 31)})
    pairs = Rated(np.repeat(np.arange(1, 11), 3), np.tile([1, 2, 3], 10), rng.random(30))
    best = [store.from_arrays(name, "v1", original.images, rng.integers(0, 7, (30, 1))) for name in ("x", "y")]
    found = raters.judged(pairs, best, original)
    images, right, real = raters._totals(found, pairs.score >= 0.5)
    held = {number: pairs.label[(pairs.number == number) & (pairs.score >= 0.5)].tolist() for number in range(1, 11)}
    sets = {number: held.get(number, [number % 7]) for number in range(1, 31)}
    counts = [len(row) for row in sets.values()]
    assert images.tolist() == [counts.count(k) for k in range(7)]
    seen = [[one.classes[i, 0] in sets[i + 1] for i in range(30) if sets[i + 1]] for one in best]
    assert real[0] == pytest.approx(np.mean(seen))
    top1 = [[one.classes[i, 0] == (i + 1) % 7 for one in best] for i in range(30) if counts[i] == 1]
    assert right[1] == pytest.approx(np.sum(top1) / 2)


def test_the_published_scores_are_close_at_their_own_threshold(public_files):
    answers = rated.answers()
    assert answers.shape == (184_962, 5)
    assert np.bincount((answers % 3).ravel()).tolist() == [729_424, 78_942, 116_444]
    score = next(raters.estimates(answers, n=0))
    agree = (score >= rated.PUBLISHED) == (rated.pairs().score >= rated.PUBLISHED)
    assert 0.98 < agree.mean() < 0.99
