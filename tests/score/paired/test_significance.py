"""McNemar's test, its interval and sample size, and adjustments, against scipy and against formulas by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from workbench.score.paired import significance
from workbench.score.paired.bootstrap import Resampling

COUNTS = st.integers(0, 9000)
P = st.lists(st.floats(0, 1), min_size=1, max_size=70)


@settings(deadline=None)
@given(COUNTS, COUNTS)
def test_mcnemar_is_the_binomial_test_of_the_discordant_images(b, c):
    expected = stats.binomtest(b, b + c).pvalue if b + c else 1.0
    assert significance.mcnemar(b, c) == pytest.approx(expected, rel=1e-8)


def test_few_discordant_images_by_hand():
    """5 to 0: two tails of 1/32; 3 to 1: two tails of (1 + 4) / 16."""
    assert significance.mcnemar(5, 0) == pytest.approx(2 / 32)
    assert significance.mcnemar(1, 3) == pytest.approx(10 / 16)


def test_many_discordant_images_agree_with_the_chi_square_form():
    assert significance.mcnemar(2700, 2500) == pytest.approx(stats.chi2.sf((200 - 1) ** 2 / 5200, 1), rel=0.01)


def test_the_interval_is_the_normal_one_for_many_images_and_repeats():
    low, high = significance.difference_interval(3000, 2000, 50_000, Resampling(n=20_000))
    error = np.sqrt(5000 - 1000**2 / 50_000) / 50_000
    assert (low, high) == pytest.approx((0.02 - 1.96 * error, 0.02 + 1.96 * error), abs=0.05 * error)
    again = significance.difference_interval(3000, 2000, 50_000, Resampling(n=20_000))
    assert again == (low, high) != significance.difference_interval(3000, 2000, 50_000, Resampling(n=20_000, seed=1))


def test_the_interval_does_not_ask_which_images_are_right_for_both():
    assert significance.difference_interval(0, 0, 10, Resampling(n=50)) == (0, 0)
    assert significance.difference_interval(10, 0, 10, Resampling(n=50)) == (1, 1)


@pytest.mark.parametrize(("b", "c", "n"), [(1201, 1140, 50_000), (60, 40, 1000), (3000, 1500, 20_000)])
def test_with_the_images_needed_four_of_five_samples_are_told_apart(b, c, n):
    needed = significance.images_needed(b, c, n)
    rng = np.random.default_rng(0)
    drawn = rng.multinomial(needed, [b / n, c / n, 1 - (b + c) / n], 4000)
    away = (drawn[:, 0] - drawn[:, 1]) / np.sqrt(drawn[:, 0] + drawn[:, 1])
    assert (np.abs(away) > 1.96).mean() == pytest.approx(0.8, abs=0.025)


def test_images_needed_do_not_depend_on_who_is_better():
    assert significance.images_needed(40, 60, 1000) == significance.images_needed(60, 40, 1000)
    assert significance.images_needed(50, 50, 1000) is None
    assert significance.images_needed(0, 0, 1000) is None


@given(P)
def test_benjamini_hochberg_is_scipys(p):
    np.testing.assert_allclose(significance.benjamini_hochberg(np.array(p)), stats.false_discovery_control(p))


@given(P)
def test_holm_rejects_what_stepping_down_by_hand_rejects(p):
    """The smallest p against 0.05 / m, the next against 0.05 / (m - 1), ..., until one is too large."""
    rejected, m = set(), len(p)
    for step, i in enumerate(np.argsort(p)):
        if p[i] * (m - step) >= 0.05:
            break
        rejected.add(i)
    assert set(np.flatnonzero(significance.holm(np.array(p)) < 0.05)) == rejected


@given(P)
def test_adjusted_values_keep_the_order_and_holm_is_the_stricter(p):
    p = np.array(p)
    holm, bh = significance.holm(p), significance.benjamini_hochberg(p)
    assert (p <= bh + 1e-12).all()
    assert (bh <= holm + 1e-12).all()
    assert (holm <= 1).all()
    order = np.argsort(p)
    assert (np.diff(holm[order]) >= 0).all()
    assert (np.diff(bh[order]) >= 0).all()
