"""Paired comparison of two classifiers and of neighbours. Pinned: 22, 11 and 17 of the 66 neighbours on V1."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.inputs import labels
from workbench.predict import store
from workbench.score.paired import bootstrap, comparing, correctness
from workbench.score.paired.bootstrap import Resampling
from workbench.score.paired.correctness import Correctness

FEW = Resampling(n=50)


def record(right, counts=None):
    """A record of one image a row and one checkpoint a column, right or not by top-1; ReaL is right for all."""
    n = len(right)
    counts = np.ones(n, "u1") if counts is None else np.array(counts, "u1")
    real = np.ones((n, right.shape[1]), bool)
    return Correctness(
        "v1", tuple(right.columns), np.zeros(n, int), counts, real[:, 0], right.to_numpy(bool), real, real
    )


@settings(deadline=None)
@given(st.integers(2, 60), st.integers(0, 2**32 - 1))
def test_the_paired_error_is_mcnemars(n, seed):
    """(b + c - (b - c)^2 / n) / n^2, from the discordant images alone."""
    drawn = np.random.default_rng(seed).random((n, 2)) < 0.7
    row = comparing.neighbours(record(pd.DataFrame(drawn, columns=["a", "b"])), resampling=FEW).iloc[0]
    b, c = int((drawn[:, 0] & ~drawn[:, 1]).sum()), int((~drawn[:, 0] & drawn[:, 1]).sum())
    assert row["difference"] == pytest.approx(abs(b - c) / n)
    assert sorted([row["only_first"], row["only_second"]]) == sorted([b, c])
    assert row["paired"] == pytest.approx(np.sqrt(b + c - (b - c) ** 2 / n) / n)


def test_models_that_agree_everywhere_have_no_paired_error():
    right = pd.DataFrame({"a": [True, False, True], "b": [True, False, True]})
    row = comparing.neighbours(record(right), resampling=FEW).iloc[0]
    assert row[["paired", "difference", "ci_low", "ci_high", "p"]].tolist() == [0, 0, 0, 0, 1]


@pytest.fixture(scope="module")
def public():
    return correctness.recht2019()[0]


@pytest.fixture(scope="module")
def pairs(public):
    return comparing.neighbours(public)


def test_of_66_neighbours_22_are_apart_and_11_or_17_of_them_adjusted(pairs):
    assert len(pairs) == 66
    assert comparing.apart(pairs) == {"unpaired": 12, "paired": 22, "holm": 11, "bh": 17}
    assert (pairs["paired"] < pairs["unpaired"]).all()


def test_the_interval_excludes_zero_where_the_test_rejects(pairs):
    """Two ways to the same answer; a pair at the edge may differ."""
    assert ((pairs["ci_low"] > 0) == (pairs["p"] < 0.05)).sum() >= 65


def test_intervals_are_those_of_drawing_images(public, pairs):
    two = public.take(pairs.loc[3, ["model", "next"]].tolist())
    _, low, high = bootstrap.interval(-np.diff(bootstrap.scores(two, "top1", Resampling()))[:, 0])
    assert pairs.loc[3, ["ci_low", "ci_high"]].tolist() == pytest.approx([low, high], abs=3e-4)


def test_by_real_neighbours_are_over_labelled_images():
    right = pd.DataFrame({"a": [1, 1, 0, 0], "b": [0, 0, 1, 0]})
    given = record(right, [1, 2, 0, 1])
    assert comparing.neighbours(given, resampling=FEW)["difference"].tolist() == [0.25]
    given.real[:, 1] = [True, False, True, True]
    by_real = comparing.neighbours(given, "real", resampling=FEW)
    assert by_real["difference"].tolist() == [pytest.approx(1 / 3)]  # the third image has no label


def test_neighbours_go_from_the_best_down_and_ties_stay_in_their_order():
    right = pd.DataFrame({"low": [1, 0, 0, 0], "best": [1, 1, 1, 0], "tie": [1, 1, 0, 1]})
    found = comparing.neighbours(record(right), resampling=FEW)
    assert found[["model", "next", "difference"]].to_numpy().tolist() == [["best", "tie", 0], ["tie", "low", 0.5]]
    np.testing.assert_allclose(found["unpaired"], np.sqrt([0.1875 * 2 / 4] * 2))


def test_apart_is_below_5_percent_or_more_than_1_96_errors():
    given = pd.DataFrame({"difference": [0.2, 0.196, 0.1, 0], "unpaired": [0.1, 0.1001, 0.1, 0]})
    given = given.assign(p=[0.001, 0.049, 0.05, 1], p_holm=[0.004, 0.15, 0.15, 1], p_bh=[0.004, 0.0499, 0.05, 1])
    assert comparing.apart(given) == {"unpaired": 1, "paired": 2, "holm": 1, "bh": 2}


LABELS = labels.from_mapping("mine", {"a": [1], "b": [2, 3], "c": [], "d": [4]})
SINGLE = labels.from_mapping("single", {"a": [1], "b": [2], "c": [9], "d": [4]})


def predicted(name, classes, image_set="pictures", protocol="crop"):
    rows = [[best, 0 if best else 1] for best in classes.values()]
    return store.from_arrays(name, image_set, list(classes), np.array(rows), protocol=protocol)


ONE = predicted("one", {"a": 1, "b": 3, "c": 9, "d": 4})
TWO = predicted("two", {"d": 5, "c": 9, "b": 2, "a": 8})


def test_two_predictions_are_joined_by_image_and_counted_by_hand():
    row = comparing.compare(ONE, TWO, SINGLE).iloc[0]
    assert row[["first", "second", "image_set", "labels", "metric"]].tolist() == [
        *("one", "two", "pictures", "single", "top1")
    ]
    assert row[["n_images", "value_first", "value_second", "difference"]].tolist() == [4, 0.75, 0.5, 0.25]
    assert row[["only_first", "only_second", "p"]].tolist() == [2, 1, 1]
    assert row["ci_low"] < 0.25 < row["ci_high"]


def test_real_asks_for_any_label_and_leaves_out_images_without():
    row = comparing.compare(ONE, TWO, LABELS, metric="real").iloc[0]
    assert row[["n_images", "only_first", "only_second"]].tolist() == [3, 2, 0]
    assert (row["value_first"], row["value_second"]) == (1, pytest.approx(1 / 3))


def test_top1_takes_the_single_labels_that_belong_to_a_set(public_files):
    v1 = labels.load("v1-real").images[:2].tolist()
    nets = [predicted(name, dict.fromkeys(v1, best), "v1") for name, best in (("one", 1), ("two", 2))]
    assert comparing.compare(*nets).iloc[0]["labels"] == "v1-original"
    assert comparing.compare(*nets, metric="real").iloc[0]["labels"] == "v1-real"


def test_equal_predictions_differ_by_nothing_that_more_images_could_show():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        row = comparing.compare(ONE, ONE, SINGLE).iloc[0]
    assert row[["difference", "p"]].tolist() == [0, 1]
    assert row["images_needed"] is pd.NA


@pytest.mark.parametrize(
    ("other", "of", "says", "n"),
    [
        (predicted("two", {"a": 8, "b": 2}), SINGLE, "one has 4 images, two 2; compared on the 2 that both have", 2),
        (predicted("two", {"a": 8, "x": 2}), SINGLE, "one has 4 images, two 2; compared on the 1 that both have", 1),
        (predicted("two", {"a": 8, "b": 2, "c": 1, "d": 1}, protocol="resize"), SINGLE, "protocol crop.*resize", 4),
        (TWO, labels.from_mapping("part", {"a": [1], "d": [4]}), "2 of 4 images are not in label set 'part'", 2),
    ],
)
def test_what_is_compared_otherwise_is_said(other, of, says, n):
    with pytest.warns(UserWarning, match=says):
        assert comparing.compare(ONE, other, of).iloc[0]["n_images"] == n


@pytest.mark.parametrize(
    ("other", "of", "metric", "says"),
    [
        (predicted("two", {"a": 1}, "v2"), SINGLE, "top1", "one is on pictures, two on v2"),
        (predicted("two", {"x": 1}), SINGLE, "top1", "no image in common"),
        (TWO, LABELS, "top1", "--metric real"),
        (TWO, SINGLE, "asma", "'asma'.*top1, real"),
        (TWO, None, "top1", "no label set of its own"),
    ],
)
def test_what_cannot_be_compared_is_refused(other, of, metric, says):
    with pytest.raises(InputError, match=says):
        comparing.compare(ONE, other, of, metric=metric)


@pytest.mark.filterwarnings("ignore:.*not in label set")
def test_labels_of_other_images_are_refused():
    with pytest.raises(InputError, match="no label for any"):
        comparing.compare(ONE, TWO, labels.from_mapping("other", {"x": [1]}))
