"""Intervals against SciPy and against published numbers."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from workbench.score import intervals

CASES = [(0, 5), (5, 5), (1, 7), (1, 1), (38_066, 50_000), (6_333, 10_000)]


@pytest.mark.parametrize(("k", "n"), CASES)
def test_wilson_is_scipys(k, n):
    expected = stats.binomtest(k, n).proportion_ci(method="wilson")
    np.testing.assert_allclose(intervals.wilson(k, n), (expected.low, expected.high), atol=1e-12)


def test_many_shares_are_as_one_by_one():
    frame = pd.DataFrame(CASES, columns=["k", "n"], index=list("abcdef"))
    one_by_one = [intervals.wilson(k, n) for k, n in CASES]
    np.testing.assert_array_equal(np.stack(intervals.wilson(frame["k"], frame["n"]), axis=1), one_by_one)
    np.testing.assert_array_equal(np.stack(intervals.wilson(frame["k"].to_numpy(), 50_000), axis=1)[4], one_by_one[4])


@pytest.mark.filterwarnings("error")
def test_wilson_of_nothing_is_unknown_and_of_all_or_none_stays_in_range():
    assert np.isnan(intervals.wilson(0, 0)).all()
    n = np.arange(1, 100)  # rounding alone would leave the range for every tenth
    assert (intervals.wilson(0 * n, n)[0] >= 0).all()
    assert (intervals.wilson(n, n)[1] <= 1).all()


@given(st.floats(0, 1), st.floats(0, 0.5))
def test_the_normal_interval_is_scipys_cut_off_at_0_and_1(mean, error):
    low, high = intervals.normal(mean, error)
    expected = np.clip(stats.norm.interval(0.95, mean, error) if error else (mean, mean), 0, 1)
    np.testing.assert_allclose((low, high), expected, atol=1e-12)


def test_normal_intervals_of_a_column():
    low, high = intervals.normal(pd.Series([0.01, 0.5, 0.99, 0.5]), np.array([0.1, 0.1, 0.1, np.nan]))
    half = stats.norm.ppf(0.975) / 10
    np.testing.assert_allclose(low, [0, 0.5 - half, 0.99 - half, np.nan])
    np.testing.assert_allclose(high, [0.01 + half, 0.5 + half, 1, np.nan])


def test_the_normal_interval_covers_as_often_as_it_says(rng):
    truth, n = 0.6, 400
    drawn = pd.DataFrame(rng.choice([0.0, 0.5, 1.0], p=[0.2, 0.4, 0.4], size=(n, 2000)))
    low, high = intervals.normal(drawn.mean(), drawn.sem())
    assert 0.93 < ((low <= truth) & (truth <= high)).mean() < 0.97


def test_the_error_of_a_mean_of_independent_estimates(rng):
    errors = np.array([[0.1, 0.3], [0.2, 0.1], [0.05, np.nan]])
    drawn = rng.normal(0, errors[:, :1], (3, 200_000)).mean(axis=0)
    found = intervals.mean_error(errors)
    assert found[0] == pytest.approx(drawn.std(), rel=0.01)
    assert found[0] == pytest.approx((0.1**2 + 0.2**2 + 0.05**2) ** 0.5 / 3)
    assert np.isnan(found[1])


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    # Newcombe (1998), table II, method 10.
    [
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((6, 7), (2, 7), (0.0582, 0.8062)),
        ((5, 56), (0, 29), (-0.0381, 0.1926)),
        ((0, 10), (0, 20), (-0.1611, 0.2775)),
        ((10, 10), (0, 20), (0.6791, 1.0)),
    ],
)
def test_newcombes_intervals_of_differences(first, second, expected):
    sides = [(k / n, *intervals.wilson(k, n)) for k, n in (first, second)]
    np.testing.assert_allclose(intervals.newcombe(*sides), expected, atol=1e-4)
    many = [np.array(side)[:, None].repeat(3, axis=1) for side in sides]
    np.testing.assert_allclose(intervals.newcombe(*many), np.array(expected)[:, None].repeat(3, axis=1), atol=1e-4)


def test_the_percentile_interval_is_scipys(rng):
    values = rng.random(200)
    resamples = rng.choice(values, (20_000, 200)).mean(axis=1)
    expected = stats.bootstrap((values,), np.mean, method="percentile", n_resamples=20_000, rng=rng).confidence_interval
    np.testing.assert_allclose(intervals.percentile(resamples), expected, atol=0.002)
    two = intervals.percentile(np.stack([resamples, 1 + resamples], axis=1))
    np.testing.assert_allclose(np.subtract(*np.transpose(two)[::-1]), [1, 1])
    np.testing.assert_allclose(intervals.percentile(np.arange(1001)), [25, 975])
