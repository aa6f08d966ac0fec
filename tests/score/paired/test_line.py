"""The line through V1 and V2, distances from it, and how sure they are.

Pinned: the 121 CLIP models lie 4.65 points above the line of the 67 without ``fv_16k``, 6.42 with it, 6.26 above the
line of the 315; their mean gap is 6.38, that of the 67 12.08.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from workbench.errors import InputError
from workbench.score import gaps, pools
from workbench.score.paired import correctness, line
from workbench.score.paired.bootstrap import Resampling

QUICK = Resampling(n=200)


@pytest.fixture(scope="module")
def both():
    return correctness.recht2019()


@pytest.fixture(scope="module")
def of_66(both):
    names = [name for name in both[0].checkpoints if name != "fv_16k"]
    return line.resampled(*(side.take(names) for side in both), resampling=QUICK)


@pytest.fixture(scope="module")
def clip():
    return gaps.gap(pools.open_clip())


@pytest.fixture(scope="module")
def printed_315():
    return gaps.gap(pools.published())


def points(found):
    return {name: round(100 * found[name], 2) for name in ("distance", "ci_low", "ci_high")}


def test_the_line_is_scipys_least_squares_on_probit_axes(of_66):
    slope, intercept = stats.linregress(stats.norm.ppf(of_66.v1[0]), stats.norm.ppf(of_66.v2[0]))[:2]
    assert [part[0] for part in of_66.coefficients()] == pytest.approx([intercept, slope])
    assert slope == pytest.approx(0.9506, abs=1e-4)
    at = stats.norm.cdf(intercept + slope * stats.norm.ppf([0.3, 0.7]))
    np.testing.assert_allclose(of_66.expected(np.array([0.3, 0.7]))[0], at)


def test_steepness_is_the_slope_of_the_accuracies_themselves(of_66):
    at, step = np.array([0.05, 0.5, 0.8]), 1e-6
    rise = of_66.expected(at + step)[0] - of_66.expected(at - step)[0]
    np.testing.assert_allclose(of_66.steepness(at), rise / (2 * step), rtol=1e-6)


def test_the_errors_of_a_resampled_line_are_those_of_its_resamples(of_66, clip):
    v1 = clip["v1"].to_numpy()
    each, mean = of_66.errors(v1)
    resampled = of_66.expected(v1)[1:]
    np.testing.assert_allclose(each, resampled.std(axis=0))
    assert mean == pytest.approx(resampled.mean(axis=1).std())
    assert mean < each.mean()


def test_linear_axes_are_a_line_of_accuracies(printed_315):
    slope, intercept = stats.linregress(printed_315["v1"], printed_315["v2"])[:2]
    linear = line.printed(printed_315, axes="linear")
    np.testing.assert_allclose(linear.expected(np.array([0.1])), intercept + 0.1 * slope)
    np.testing.assert_allclose(linear.steepness(np.array([0.1, 0.9])), slope)


def test_the_121_lie_above_every_line_of_supervised_models(both, of_66, clip, printed_315):
    assert points(line.mean_distance(of_66, clip))["distance"] == 4.65
    assert points(line.mean_distance(line.resampled(*both, resampling=Resampling(n=1)), clip))["distance"] == 6.42
    assert points(line.mean_distance(line.printed(printed_315), clip))["distance"] == 6.26
    inside = clip[of_66.within(clip["v1"])]
    assert len(inside) == 108
    assert points(line.mean_distance(of_66, inside))["distance"] == 4.96
    assert line.printed(printed_315).within(clip["v1"]).sum() == 86


def test_mean_gaps_of_printed_accuracies(clip, printed_315):
    found = line.mean_gap(clip)
    assert found["models"] == 121
    assert [round(100 * found[name], 2) for name in ("gap", "ci_low", "ci_high")] == [6.38, 5.43, 7.32]
    assert round(100 * line.mean_gap(printed_315)["gap"], 2) == 11.46
    assert round(100 * line.mean_gap(gaps.gap(pools.recht2019()))["gap"], 2) == 12.08


def test_intervals_of_distances(of_66, clip):
    each = line.distances(of_66, clip)
    best = each.loc[each["v1"].idxmax()].to_dict()
    assert best["checkpoint"] == "clip:ViT-H-14-378-quickgelu/dfn5b"
    assert best["distance"] == pytest.approx(best["v2"] - best["expected"])
    assert not best["within"]
    assert best["v1"] == 0.8437 > of_66.v1[0].max()
    widths = each["ci_high"] - each["ci_low"]
    mean = line.mean_distance(of_66, clip)
    assert 0.95 * widths.mean() < mean["ci_high"] - mean["ci_low"] < 1.05 * widths.mean()
    error = (best["ci_high"] - best["ci_low"]) / 2 / stats.norm.ppf(0.975)
    assert best["p"] == pytest.approx(2 * stats.norm.sf(best["distance"] / error), rel=1e-3)
    own = np.sqrt(best["v2"] * (1 - best["v2"]) / 10_000)
    assert best["ci_high"] - best["ci_low"] > 2 * 1.96 * own
    assert each["distance"].mean() == pytest.approx(mean["distance"])


def test_the_band_is_that_of_the_resampled_lines(of_66):
    found = line.band(of_66, pd.Series([0.5, 0.1, 0.9]))
    steps = np.linspace(*stats.norm.ppf([0.1, 0.9]), 60)
    np.testing.assert_allclose(found["v1"], stats.norm.cdf(steps))
    at = of_66.expected(found["v1"].to_numpy())
    low, high = np.percentile(at[1:], [2.5, 97.5], axis=0)
    np.testing.assert_allclose(found[["v2", "ci_low", "ci_high"]].T, [at[0], low, high])
    assert found.loc[found["within"], "v1"].agg(["min", "max"]).tolist() == pytest.approx([0.212, 0.829], abs=0.015)
    alone = line.band(line.Line(of_66.v1[:1], of_66.v2[:1]), found["v1"])
    assert alone["ci_low"].isna().all()


def test_the_largest_possible_error_is_above_the_resampled_one(of_66, clip):
    alone = line.Line(of_66.v1[:1], of_66.v2[:1])
    (most, most_mean), (joint, joint_mean) = (one.errors(clip["v1"].to_numpy()) for one in (alone, of_66))
    assert (most > joint).all()
    assert most_mean > joint_mean
    assert most_mean < 3 * joint_mean


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["probit", "linear"]), st.floats(0.05, 0.95))
def test_the_largest_possible_error_is_the_sum_of_what_each_model_moves(seed, axes, at):
    """Against numerical derivatives: V1's pictures and V2's are independent, and models of one set err together."""
    rng = np.random.default_rng(seed)
    v1 = rng.uniform(0.3, 0.9, 6)
    v2 = np.clip(v1 - 0.1 + rng.normal(0, 0.02, 6), 0.01, 0.99)
    moved = []
    for side, n in ((0, 50_000), (1, 10_000)):
        total = 0.0
        for model in range(6):
            steps = []
            for step in (-1e-5, 1e-5):
                sides = [v1.copy(), v2.copy()]
                sides[side][model] += step
                steps.append(line.Line(sides[0][None], sides[1][None], axes).expected(np.array([at]))[0, 0])
            value = (v1, v2)[side][model]
            total += abs(steps[1] - steps[0]) / 2e-5 * np.sqrt(value * (1 - value) / n)
        moved.append(total)
    error, mean = line.Line(v1[None], v2[None], axes).errors(np.array([at]))
    assert error[0] == pytest.approx(np.hypot(*moved), rel=1e-4)
    assert mean == pytest.approx(error[0])


def test_intervals_hold_what_they_say_when_models_err_independently(rng):
    """True accuracies on a known line; pictures drawn for each model by itself: the cautious case is then exact."""
    true = np.linspace(0.4, 0.8, 40)
    on_line = stats.norm.cdf(-0.3 + 0.95 * stats.norm.ppf(true))
    rows = [(rng.binomial(50_000, true) / 50_000, rng.binomial(10_000, on_line) / 10_000) for _ in range(400)]
    fitted = line.Line(*(np.stack([row[side] for row in rows]) for side in (0, 1)))
    v1, v2 = rng.binomial(50_000, 0.6, 400) / 50_000, stats.norm.cdf(-0.3 + 0.95 * stats.norm.ppf(0.6))
    found = line.distances(
        fitted,
        pd.DataFrame({"v1": v1, "v2": rng.binomial(10_000, v2, 400) / 10_000}).assign(checkpoint="x", source="x"),
    )
    held = ((found["ci_low"] <= 0) & (found["ci_high"] >= 0)).mean()
    assert 0.92 <= held <= 0.98


def test_some_models_of_a_line_are_the_line_of_these(both, of_66):
    kept = [name != "fv_16k" for name in both[0].checkpoints]
    again = line.resampled(*both, resampling=QUICK).only(kept)
    np.testing.assert_array_equal(again.v1, of_66.v1)
    np.testing.assert_array_equal(again.v2, of_66.v2)
    assert line.Line(again.v1, again.v2, "linear").only(np.ones(66, bool)).axes == "linear"


def test_printed_accuracies_tell_a_mean_much_less_surely_than_predictions(of_66):
    found = line.widths(of_66).set_index("of")
    ratio = found["printed"] / found["joint"]
    assert 1.9 < ratio["one model"] < 2.7
    assert 8 < ratio["mean of the models"] < 12
    assert (100 * found["printed"]).tolist() == pytest.approx([0.68, 0.67], abs=0.03)


def test_unlike_checkpoints_are_refused(both):
    with pytest.raises(InputError, match="67 checkpoints on v1, 66 on v2"):
        line.resampled(both[0], both[1].take(both[1].checkpoints[1:]))
