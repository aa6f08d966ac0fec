"""Numbers by label set in one pass over the resamples, against the decomposition that takes each checkpoint apart."""

from dataclasses import replace

import numpy as np
import pytest

from workbench.score.paired import correctness, decomposition, operating_points
from workbench.score.paired.bootstrap import Resampling
from workbench.score.paired.correctness import Correctness

FEW = Resampling(n=40)


def world(rng: np.random.Generator, image_set: str, n: int = 400, most: int = 8) -> Correctness:
    top1, real = (rng.random((n, 3)) < share for share in (0.6, 0.8))
    counts, classes = rng.integers(0, most, n).astype("u1"), np.sort(rng.integers(0, 9, n))
    found, confirmed = np.zeros((n, 3), "u1"), counts > 0
    return Correctness(image_set, ("a", "b", "c"), classes, counts, confirmed, top1, real, found)


@pytest.fixture
def sides(rng):
    return world(rng, "v1", most=5), world(rng, "v2")


def resampled(sides):
    return [operating_points.resample({"one": side}, FEW)["one"] for side in sides]


@pytest.mark.parametrize("labelled_only", [False, True])
@pytest.mark.parametrize("standard", ["v1", "midpoint", "v2"])
def test_the_parts_are_the_means_over_the_checkpoints_taken_apart(sides, standard, labelled_only):
    found = operating_points.parts(*resampled(sides), standard, labelled_only=labelled_only)
    apart = decomposition.decompose(*sides, labelled_only=labelled_only, resampling=FEW)
    expected = apart.means[apart.means["standard"] == standard]
    for name, values in found._asdict().items():
        row = expected[expected["part"] == name].iloc[0]
        ends = [values[0], *np.quantile(values[1:], [0.025, 0.975])]
        np.testing.assert_allclose(ends, row[["value", "ci_low", "ci_high"]].astype(float), atol=1e-6)


def test_the_public_models_get_the_numbers_of_the_accuracy_gap():
    v1, v2 = (operating_points.resample({"x": side}, FEW)["x"] for side in correctness.recht2019())
    by_standard = [100 * operating_points.parts(v1, v2, name).within[0] for name in ("v1", "midpoint", "v2")]
    assert np.round(by_standard, 2).tolist() == [7.52, 3.74, -0.04]
    assert 100 * operating_points.parts(v1, v2, "midpoint", labelled_only=True).gap[0] == pytest.approx(
        13.81, abs=0.005
    )
    assert (100 * np.array([v1.several[0], v2.several[0]])).round(1).tolist() == [15.9, 48.5]


def test_shares_and_accuracies_are_counted(sides):
    v1, _ = sides
    found = operating_points.resample({"x": v1}, FEW)["x"]
    labelled = v1.label_counts > 0
    assert found.none[0] == pytest.approx(1 - labelled.mean())
    assert found.several[0] == pytest.approx((v1.label_counts > 1).sum() / labelled.sum())
    np.testing.assert_allclose(found.real[0], v1.real[labelled].mean(axis=0))
    numbers = operating_points.accuracies(found)
    assert numbers["top1_none"][0] == pytest.approx(v1.top1[~labelled].mean())
    assert found.images.sum(axis=1).tolist() == [400] * 41


def test_a_change_is_paired_and_has_a_band_of_its_own(rng):
    one = world(rng, "v1")
    fewer = np.where(np.arange(len(one)) < 20, 1, one.label_counts).astype("u1")
    other = replace(one, label_counts=fewer)
    found = operating_points.resample({"here": one, "again": one, "there": other}, FEW)
    v2 = operating_points.resample({"v2": world(rng, "v2")}, FEW)["v2"]
    table = operating_points.gaps(found, v2, published="here").set_index(["labels", "quantity"])
    assert (table.loc["again", ["change", "change_low", "change_high"]] == 0).all(axis=None)
    several = table.loc[("there", "several")]
    assert several["change"] == pytest.approx(several["value"] - table.loc[("here", "several"), "value"])
    assert several["change_high"] - several["change_low"] < several["ci_high"] - several["ci_low"]


def test_without_the_published_label_set_there_is_no_change(sides):
    found = operating_points.resample({"x": sides[0]}, FEW)
    table = operating_points.rows({"x": operating_points.accuracies(found["x"])}, published="y", over="all images")
    assert table["change"].isna().all()
    assert table["value"].notna().all()


def test_an_image_set_as_it_is_varies_with_the_other_one_only(sides):
    v1, v2 = resampled(sides)
    fixed = operating_points.parts(v1, v2.as_it_is(), "v1")
    assert fixed.gap[0] == operating_points.parts(v1, v2, "v1").gap[0]
    assert np.std(fixed.gap[1:]) < np.std(operating_points.parts(v1, v2, "v1").gap[1:])
    assert operating_points.parts(v1.as_it_is(), v2.as_it_is(), "v1").gap.shape == (1,)
