"""Gaps and their decomposition.

Pinned: mean gaps of Tables 4-10 and of the 67 public models; V2 >= V1 in 50 (ReaL) and 6 (ASMA) of 315.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from workbench.errors import InputError
from workbench.inputs import labels
from workbench.predict import recht2019
from workbench.score import gaps, intervals, pools, table


@pytest.mark.parametrize(("metric", "points"), [("top1", 12.08), ("real", 7.23), ("asma", 4.47)])
def test_mean_gap_of_the_public_models(metric, points):
    assert round(100 * gaps.gap(pools.recht2019(), metric)["gap"].mean(), 2) == points


@pytest.mark.parametrize(("metric", "points", "not_lower"), [("top1", 11.46, 0), ("real", 4.75, 50), ("asma", 3.92, 6)])
def test_mean_gap_of_the_published_checkpoints(metric, points, not_lower):
    row = gaps.mean_gaps(pools.published(), [metric]).iloc[0]
    assert round(100 * row["gap"], 2) == points
    assert row["not_lower"] == not_lower
    assert row["checkpoints"] == 315


def test_decomposition_of_the_public_models():
    decomposed = gaps.decompose(pools.recht2019(), n_resamples=200)
    means = gaps.mean_parts(decomposed).set_index("part")
    assert len(decomposed) == 67
    assert (100 * means["value"]).round(2).to_dict() == {"gap": 12.08, "composition": 8.34, "within": 3.74}
    np.testing.assert_allclose(decomposed["gap"], decomposed["composition"] + decomposed["within"])
    assert (decomposed["composition_low"] < decomposed["composition"]).all()
    assert (decomposed["composition"] < decomposed["composition_high"]).all()


weights = arrays(float, 4, elements=st.floats(0.01, 1)).map(lambda w: w / w.sum())
accuracies = arrays(float, 4, elements=st.floats(0, 1))


@given(weights, accuracies, weights, accuracies)
def test_the_two_parts_add_up_to_the_gap(p1, a1, p2, a2):
    parts = gaps.kitagawa(p1, a1, p2, a2)
    np.testing.assert_allclose(parts.gap, p1 @ a1 - p2 @ a2, atol=1e-12)
    slow = sum((p1[g] - p2[g]) * (a1[g] + a2[g]) / 2 for g in range(4))
    np.testing.assert_allclose(parts.composition, slow, atol=1e-12)


@given(weights, accuracies, weights)
def test_equal_accuracies_leave_nothing_within(p1, a, p2):
    np.testing.assert_allclose(gaps.kitagawa(p1, a, p2, a).within, 0, atol=1e-12)


@given(weights, accuracies, accuracies)
def test_equal_shares_leave_no_composition(p, a1, a2):
    np.testing.assert_allclose(gaps.kitagawa(p, a1, p, a2).composition, 0, atol=1e-12)


def test_a_stratum_that_one_side_lacks_counts_as_composition():
    parts = gaps.kitagawa(np.array([1.0, 0.0]), np.array([0.5, np.nan]), np.array([0.5, 0.5]), np.array([0.5, 0.1]))
    np.testing.assert_allclose([parts.gap, parts.within], [0.5 - 0.3, 0], atol=1e-12)


def test_the_bootstrap_agrees_with_resampling_images_one_by_one(public_files, rng):
    """Drawing counts from a multinomial is resampling images: compare it with the long way for one model."""
    resnet50 = pools.recht2019().query("checkpoint == 'resnet50'")
    row = gaps.decompose(resnet50, n_resamples=2000).iloc[0]
    strata, right = {}, {}
    for predictions in recht2019.load():
        if predictions.checkpoint == "resnet50":
            name = predictions.image_set
            wanted = labels.load(labels.OWN[name])
            original = labels.load(f"{name}-original")
            strata[name] = np.minimum(wanted.counts[wanted.rows(predictions.images)], 6)
            right[name] = predictions.classes[:, 0] == original.classes[original.rows(predictions.images)]
    drawn = []
    for _ in range(300):
        sides = []
        for name in ("v1", "v2"):
            pick = rng.integers(0, len(right[name]), len(right[name]))
            size = np.bincount(strata[name][pick], minlength=7)
            sides += [size / size.sum(), np.bincount(strata[name][pick], weights=right[name][pick], minlength=7) / size]
        drawn.append(gaps.kitagawa(*sides).composition)
    slow = np.quantile(drawn, [0.025, 0.975])
    np.testing.assert_allclose([row["composition_low"], row["composition_high"]], slow, atol=0.0015)


def test_the_interval_of_a_gap_is_newcombes():
    """Newcombe (1998), table II: 56/70 - 48/80, method 10 gives 0.0524 to 0.3339."""
    frame = table.frame(
        [
            ("net", "v1", "x", "crop", "top1", None, 56 / 70, 70, *intervals.wilson(56, 70), "run"),
            ("net", "v2", "x", "crop", "top1", None, 48 / 80, 80, *intervals.wilson(48, 80), "run"),
        ]
    )
    row = gaps.gap(frame).iloc[0]
    np.testing.assert_allclose([row["gap"], row["ci_low"], row["ci_high"]], [0.2, 0.0524, 0.3339], atol=2e-4)


def test_scores_of_one_image_set_have_no_gap():
    only_v1 = pools.published().query("image_set == 'v1'")
    with pytest.raises(InputError, match="both v1 and v2"):
        gaps.gap(only_v1)
    with pytest.raises(InputError, match="both v1 and v2"):
        gaps.decompose(only_v1)
