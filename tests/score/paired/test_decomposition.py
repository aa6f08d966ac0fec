"""The gap in two parts, by three standards.

Pinned, for the 67 public models: 12.08 points, of which 7.52, 3.74 and -0.04 are left at equal label counts by V1's
shares, midway and by V2's; over labelled images 13.81, of which 3.36 are left midway.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from workbench.errors import InputError
from workbench.score.paired import correctness, decomposition
from workbench.score.paired.bootstrap import Resampling

QUICK = Resampling(n=2)
weights = arrays(float, 4, elements=st.floats(0.01, 1)).map(lambda w: w / w.sum())
accuracies = arrays(float, 4, elements=st.floats(0, 1))
standards = st.floats(0, 1)


@pytest.fixture(scope="module")
def public():
    return decomposition.decompose(*correctness.recht2019())


def points(found: decomposition.Decomposition, part: str, column: str = "value") -> list[float]:
    """A part of the mean gap by the standards ``v1, midpoint, v2``, in points."""
    rows = found.means.query("part == @part").set_index("standard")[column]
    assert rows.index.tolist() == ["v1", "midpoint", "v2"]
    return (100 * rows).round(2).tolist()


def test_the_public_models_by_three_standards(public):
    assert points(public, "gap") == [12.08] * 3
    assert points(public, "within") == [7.52, 3.74, -0.04]
    assert points(public, "composition") == [4.56, 8.34, 12.12]
    assert public.larger.to_numpy().tolist() == [["v1", 0, 67], ["midpoint", 64, 67], ["v2", 66, 67]]
    shares = public.means.query("part == 'composition'")["share_of_gap"]
    np.testing.assert_allclose(shares, [4.56 / 12.08, 8.34 / 12.08, 12.12 / 12.08], atol=0.001)


def test_the_joint_intervals_of_the_public_models(public):
    for part, at, ends in (  # by 10,000 resamples from another seed
        *(("gap", at, (11.29, 12.86)) for at in range(3)),
        ("composition", 1, (7.87, 8.79)),
        ("within", 1, (2.96, 4.54)),
        ("within", 0, (6.65, 8.39)),
        ("within", 2, (-0.87, 0.78)),
    ):
        found = [points(public, part, end)[at] for end in ("ci_low", "ci_high")]
        assert found == pytest.approx(ends, abs=0.06), part


def test_the_terms_of_the_public_models(public):
    middle = public.terms.query("standard == 'midpoint'").set_index("label_count")
    assert middle.index.tolist() == ["0", "1", "2", "3", "4", "5", ">5"]
    assert (100 * middle["within"]["1"]).round(1) == 6.8
    assert (100 * middle["within"]["2":].sum()).round(1) == -3.6
    assert (middle["difference"]["2":] < 0).all()  # top-1 is higher on V2
    assert (middle["difference_high"]["2":] < 0).all()
    for standard, terms in public.terms.groupby("standard"):
        means = public.means[public.means["standard"] == standard].set_index("part")["value"]
        for part in ("composition", "within"):
            assert terms[part].sum() == pytest.approx(means[part])


def test_labelled_images_only():
    found = decomposition.decompose(*correctness.recht2019(), labelled_only=True, resampling=QUICK)
    assert points(found, "gap") == [13.81] * 3
    assert points(found, "within") == [6.97, 3.36, -0.25]
    assert found.terms["label_count"].tolist() == ["1", "2", "3", "4", "5", ">5"] * 3
    assert found.larger["checkpoints"].tolist() == [46, 65, 66]


def test_images_whose_original_label_is_confirmed():
    """There composition is the larger part by every standard: the first choice of images matters as that of shares."""
    found = decomposition.decompose(*(side.only(side.confirmed) for side in correctness.recht2019()), resampling=QUICK)
    assert points(found, "gap") == [13.03] * 3
    assert points(found, "within") == [5.33, 1.63, -2.06]
    assert found.larger["checkpoints"].tolist() == [62, 66, 66]


def test_coarser_groups_leave_more_by_v2s_shares():
    """None, one, several: 8.0, 4.8 or 1.5 points; the groups are a choice as the standard is."""
    found = decomposition.decompose(*correctness.recht2019(), most=1, resampling=Resampling(n=300))
    assert points(found, "gap") == [12.08] * 3
    assert [round(left, 1) for left in points(found, "within")] == [8.0, 4.8, 1.5]
    assert points(found, "within", "ci_low")[2] > 0.4
    assert found.terms["label_count"].tolist() == ["0", "1", ">1"] * 3


def test_without_the_array_that_is_stored_worst_class_first():
    v1, v2 = correctness.recht2019()
    names = [name for name in v1.checkpoints if name != "fv_16k"]
    found = decomposition.decompose(v1.take(names), v2.take(names), resampling=QUICK)
    assert points(found, "gap") == [11.87] * 3
    assert points(found, "composition")[1] == 8.41


def test_classes_as_the_sample_are_a_little_less_sure(public):
    found = decomposition.decompose(*correctness.recht2019(), resampling=Resampling(by="class"))
    assert points(found, "within") == points(public, "within")
    width = [np.subtract(points(one, "within", "ci_high"), points(one, "within", "ci_low")) for one in (public, found)]
    assert (width[0] < width[1]).all()
    assert (width[1] < 1.5 * width[0]).all()


def test_each_checkpoint_has_the_three_standards_and_its_own_interval(public):
    assert len(public.each) == 3 * 67
    one = public.each.query("checkpoint == 'resnet50'").set_index("standard")
    np.testing.assert_allclose(one["gap"], one["composition"] + one["within"])
    np.testing.assert_allclose(one["gap"], one["gap"].iloc[0])
    assert (one["within_low"] < one["within"]).all()
    assert (one["within"] < one["within_high"]).all()
    assert round(100 * one["v1"].iloc[0], 2) == 76.13
    for part in decomposition.PARTS:
        mean = public.each.groupby("standard", sort=False)[part].mean()
        assert mean.tolist() == pytest.approx(public.means.query("part == @part")["value"].tolist())


def test_the_bootstrap_agrees_with_resampling_images_one_by_one(public, rng):
    v1, v2 = (side.take(["resnet50"]) for side in correctness.recht2019())
    drawn = []
    for _ in range(300):
        sides = []
        for side in (v1, v2):
            pick = rng.integers(0, len(side), len(side))
            stratum, right = np.minimum(side.label_counts[pick], 6), side.top1[pick, 0]
            size = np.bincount(stratum, minlength=7)
            sides += [size / size.sum(), np.bincount(stratum, weights=right, minlength=7) / size]
        drawn.append([decomposition.split(*sides, weight)[1].sum() for weight in (1, 0.5, 0)])
    slow = np.quantile(drawn, [0.025, 0.975], axis=0).T
    found = public.each.query("checkpoint == 'resnet50'")[["within_low", "within_high"]]
    np.testing.assert_allclose(found, slow, atol=0.002)


@given(weights, accuracies, weights, accuracies, standards)
def test_the_two_parts_add_up_to_the_gap(p1, a1, p2, a2, weight):
    composition, within = decomposition.split(p1, a1, p2, a2, weight)
    np.testing.assert_allclose((composition + within).sum(), p1 @ a1 - p2 @ a2, atol=1e-12)


@given(weights, accuracies, weights, accuracies)
def test_the_standards_are_direct_standardization_and_kitagawas_mean_of_both(p1, a1, p2, a2):
    one, middle, two = (decomposition.split(p1, a1, p2, a2, weight) for weight in (1, 0.5, 0))
    np.testing.assert_allclose(one[1].sum(), p1 @ a1 - p1 @ a2, atol=1e-12)  # both have V1's shares
    np.testing.assert_allclose(two[1].sum(), p2 @ a1 - p2 @ a2, atol=1e-12)
    slow = [(p1[g] - p2[g]) * (a1[g] + a2[g]) / 2 for g in range(4)]
    np.testing.assert_allclose(middle[0], slow, atol=1e-12)


@given(weights, accuracies, weights, accuracies, standards)
def test_equal_accuracies_leave_nothing_within_and_equal_shares_no_composition(p1, a1, p2, a2, weight):
    np.testing.assert_allclose(decomposition.split(p1, a1, p2, a1, weight)[1].sum(), 0, atol=1e-12)
    np.testing.assert_allclose(decomposition.split(p1, a1, p1, a2, weight)[0].sum(), 0, atol=1e-12)


@given(weights, accuracies, weights, accuracies, standards)
def test_exchanging_the_sets_turns_every_term_around(p1, a1, p2, a2, weight):
    there = decomposition.split(p1, a1, p2, a2, weight)
    back = decomposition.split(p2, a2, p1, a1, 1 - weight)
    np.testing.assert_allclose(np.array(there), -np.array(back), atol=1e-12)


def by_hand(image_set: str, counts: list[int], right: list[int]) -> correctness.Correctness:
    """One checkpoint on images with so many labels, of which it is right on some."""
    top1 = np.array(right, bool)[:, None]
    n = len(counts)
    facts = np.arange(n), np.array(counts, "u1"), np.ones(n, bool)
    return correctness.Correctness(image_set, ("net",), *facts, top1, top1, np.zeros((n, 1), "u1"))


def test_a_decomposition_small_enough_to_do_by_hand():
    """4 of 5 and 1 of 5 right on V1; on V2 3 of 8, and with 7 labels 1 of 2. What one lacks counts as the other."""
    v1 = by_hand("v1", [1] * 5 + [2] * 5, [1, 1, 1, 1, 0, 1, 0, 0, 0, 0])
    v2 = by_hand("v2", [1] * 8 + [7] * 2, [1, 1, 1, 0, 0, 0, 0, 0, 1, 0])
    found = decomposition.decompose(v1, v2, resampling=QUICK)
    means = found.means.pivot(index="standard", columns="part", values="value")
    assert means["gap"].tolist() == pytest.approx([0.1] * 3)
    within = {"v1": 0.5, "midpoint": 0.65, "v2": 0.8}
    assert means["within"].to_dict() == pytest.approx({name: (0.8 - 0.375) * p for name, p in within.items()})
    assert found.each["v1"].tolist() == [0.5] * 3


def test_unlike_checkpoints_are_refused():
    v1, v2 = correctness.recht2019()
    with pytest.raises(InputError, match="67 checkpoints on v1, 2 on v2, and they are not the same"):
        decomposition.decompose(v1, v2.take(["vgg16", "vgg19"]))


def test_frames_have_the_columns_that_are_stated(public):
    ends = [f"{part}{end}" for part in decomposition.PARTS for end in ("", "_low", "_high")]
    assert public.each.columns.tolist() == ["checkpoint", "standard", "v1", *ends]
    assert public.means.columns.tolist() == ["standard", "part", "value", "ci_low", "ci_high", "share_of_gap"]
    assert public.terms.columns[:2].tolist() == ["standard", "label_count"]
    assert isinstance(public.larger, pd.DataFrame)
