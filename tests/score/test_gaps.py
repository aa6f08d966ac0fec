"""Gaps and their decomposition.

Pinned: mean gaps of Tables 4-10 and of the 67 public models; V2 >= V1 in 50 (ReaL) and 6 (ASMA) of 315.
"""

import numpy as np
import pandas as pd
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
    assert decomposed["v1"].is_monotonic_increasing
    assert decomposed.index.tolist() == list(range(67))
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


def scored(*rows: tuple) -> pd.DataFrame:
    """Top-1 of (checkpoint, image set, right, pictures, further columns) over all pictures."""
    return table.build(
        [
            (name, image_set, "x", "crop", "top1", None, k / n, n, *intervals.wilson(k, n), source)
            for name, image_set, k, n, source in rows
        ]
    )


NET = [("net", "v1", 56, 70, "run"), ("net", "v2", 48, 80, "run")]


def test_a_gap_and_its_interval():
    """Newcombe (1998), table II: 56/70 - 48/80, method 10 gives 0.0524 to 0.3339."""
    found = gaps.gap(
        scored(*NET, ("better", "v2", 6, 8, "run"), ("better", "v1", 9, 10, "run"), ("x", "v1", 1, 2, "run"))
    )
    assert found.columns.tolist() == ["checkpoint", "protocol", "source", "v1", "v2", "gap", "ci_low", "ci_high"]
    assert found["checkpoint"].tolist() == ["net", "better"]
    assert found.index.tolist() == [0, 1]
    np.testing.assert_allclose(found.loc[0, ["gap", "ci_low", "ci_high"]].tolist(), [0.2, 0.0524, 0.3339], atol=2e-4)
    np.testing.assert_allclose(found.loc[1, ["v1", "v2", "gap"]].tolist(), [0.9, 0.75, 0.15])


@pytest.mark.parametrize("image_set", ["v1", "v2"])
def test_a_checkpoint_that_stands_twice_is_refused_by_name(image_set):
    twice = scored(*NET, ("net", image_set, 1, 2, "run"))
    with pytest.raises(InputError, match=rf"net has top1 on {image_set} twice \(run, crop\)"):
        gaps.gap(twice)
    with pytest.raises(InputError, match="net has top1 on v1 twice"):
        gaps.decompose(pd.concat([stratified(), stratified()]))
    others = [(name, where, k, n, "published") for name, where, k, n, _ in NET]
    assert len(gaps.gap(scored(*NET, *others))) == 2


def test_mean_gaps_count_what_is_lower_and_what_is_not():
    rows = [("a", "v1", 90, 100, "run"), ("a", "v2", 50, 100, "run")]  # lower without doubt
    rows += [("b", "v1", 52, 100, "run"), ("b", "v2", 50, 100, "run")]  # lower within the error
    rows += [
        ("c", "v1", 50, 100, "run"),
        ("c", "v2", 50, 100, "run"),
        ("d", "v1", 4, 100, "run"),
        ("d", "v2", 6, 100, "run"),
    ]
    unsure = scored(("e", "v1", 9, 10, "other"), ("e", "v2", 3, 10, "other")).assign(ci_low=np.nan, ci_high=np.nan)
    means = gaps.mean_gaps(pd.concat([scored(*rows), unsure]), ["top1"]).set_index("source")
    assert means.index.tolist() == ["other", "run"]
    assert means.loc["run", ["checkpoints", "lower_on_v2", "not_lower"]].tolist() == [4, 1, 2]
    columns = ["v1", "v2", "gap", "smallest", "largest"]
    np.testing.assert_allclose(means.loc["run", columns].astype(float), [0.49, 0.39, 0.1, -0.02, 0.4])
    assert means["lower_on_v2"].isna().tolist() == [True, False]
    assert means.loc["other", "not_lower"] == 0


def test_mean_gaps_stand_in_the_order_of_the_metrics_within_a_source():
    both = gaps.mean_gaps(pd.concat([pools.recht2019(), pools.published()]), ["real", "asma"])
    assert both[["source", "metric"]].to_numpy().tolist() == [
        [s, m] for s in ("published", "recht2019") for m in ("real", "asma")
    ]
    assert both.columns[:4].tolist() == ["source", "protocol", "metric", "checkpoints"]


def stratified() -> pd.DataFrame:
    """Top-1 by label count: 4 of 5 and 1 of 5 right on V1; on V2 3 of 8, and with 7 labels 1 of 2."""
    cells = [("v1", 1, 0.8, 5), ("v1", 2, 0.2, 5), ("v2", 1, 0.375, 8), ("v2", 7, 0.5, 2), ("v2", 3, np.nan, 0)]
    return table.build([("net", where, "x", "crop", "top1", g, v, n, None, None, "run") for where, g, v, n in cells])


def test_a_decomposition_small_enough_to_do_by_hand():
    row = gaps.decompose(stratified(), n_resamples=4000).iloc[0]
    assert row[["checkpoint", "protocol", "source"]].tolist() == ["net", "crop", "run"]
    np.testing.assert_allclose(row[["v1", "v2", "gap"]].tolist(), [0.5, 0.4, 0.1])
    # Shares 0.5, 0.5, 0 and 0.8, 0, 0.2; a stratum that one side lacks has the other's accuracy.
    assert row["within"] == pytest.approx((0.8 - 0.375) * (0.5 + 0.8) / 2)
    assert row["composition"] == pytest.approx(0.1 - row["within"])
    # The gap's parts are shares of 10 pictures each: its standard error is the root of (0.5 0.5 + 0.4 0.6) / 10.
    half = 1.96 * np.sqrt((0.25 + 0.24) / 10)
    assert row[["gap_low", "gap_high"]].tolist() == pytest.approx([0.1 - half, 0.1 + half], abs=0.06)
    again = gaps.decompose(stratified(), n_resamples=4000, seed=1).iloc[0]
    assert (again[["v1", "within"]] == row[["v1", "within"]]).all()
    assert not (again[["gap_low", "within_low"]] == row[["gap_low", "within_low"]]).all()


def test_more_than_five_labels_are_one_stratum():
    both = stratified().query("image_set == 'v1'")
    eight = both[both["label_count"] == 2]
    pooled = pd.concat([both, eight.assign(label_count=6), eight.assign(label_count=9, value=0.8)])
    as_one = pd.concat([both, eight.assign(label_count=6, value=0.5, n_images=10)])
    one, many = (
        gaps.decompose(pd.concat([frame, stratified().query("image_set == 'v2'")]), n_resamples=2)
        for frame in (as_one, pooled)
    )
    pd.testing.assert_series_equal(one.iloc[0, :5], many.iloc[0, :5])
    assert one["within"].iloc[0] == pytest.approx(many["within"].iloc[0])


def test_means_of_the_parts():
    first = gaps.decompose(stratified(), n_resamples=50)
    both = pd.concat([first, first.assign(gap=0.3, composition=0.2, within=0.1, within_low=0.05, within_high=0.5)])
    means = gaps.mean_parts(both).set_index("part")
    assert means.index.tolist() == ["gap", "composition", "within"]
    assert means["value"].tolist() == [both[part].mean() for part in means.index]
    assert means.loc["within", ["ci_low", "ci_high"]].tolist() == both[["within_low", "within_high"]].mean().tolist()
    assert means["share_of_gap"].tolist() == (means["value"] / means.loc["gap", "value"]).tolist()


def test_scores_of_one_image_set_have_no_gap():
    only_v1 = pools.published().query("image_set == 'v1'")
    with pytest.raises(InputError, match="both v1 and v2"):
        gaps.gap(only_v1)
    with pytest.raises(InputError, match="both v1 and v2"):
        gaps.decompose(only_v1)
