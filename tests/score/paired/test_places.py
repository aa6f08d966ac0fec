"""Orders by two label sets: against scipy, by hand, and where nothing is beyond chance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from workbench.score.paired import places

NAMES = ("a", "b", "c")
rows = arrays(float, (2, 6), elements=st.sampled_from([0.1, 0.2, 0.3, 0.4, 0.5]))


def noisy(rng, values, spread, n=500):
    """Row 0 as given; the rows after it with noise."""
    return np.vstack([values, values + rng.normal(0, spread, (n, len(values)))])


@given(rows.filter(lambda pair: all(len(set(row)) > 1 for row in pair)))
def test_tau_is_kendalls_tau_b_of_each_row(pair):
    one, other = pair
    expected, _ = stats.kendalltau(one, other)
    assert places.tau(one[None], other[None])[0] == pytest.approx(expected)


def test_a_pair_is_reversed_where_both_differences_are_beyond_chance(rng):
    before = noisy(rng, np.array([0.9, 0.8, 0.1]), 0.005)
    after = noisy(rng, np.array([0.8, 0.9, 0.1]), 0.005)
    found = places.reversed_pairs(before, after, NAMES)
    assert found[["better", "worse"]].to_numpy().tolist() == [["a", "b"]]
    assert found.loc[0, ["before", "after"]].tolist() == pytest.approx([0.1, -0.1])
    assert found["p"].item() < found["p_holm"].item() < 0.001


@pytest.mark.parametrize(("first", "second"), [(0.05, 0.005), (0.005, 0.05)])
def test_one_uncertain_difference_is_enough_for_no_reversal(rng, first, second):
    before, after = (noisy(rng, np.array(v), s) for v, s in (([0.53, 0.5], first), ([0.5, 0.53], second)))
    found = places.reversed_pairs(before, after, NAMES[:2])
    z = 0.03 / (0.05 * np.sqrt(2))
    assert found["p"].item() == pytest.approx(2 * stats.norm.sf(z), rel=0.2)


def test_the_better_one_is_named_first_wherever_it_stands(rng):
    before, after = (noisy(rng, np.array(values), 0.001) for values in ([0.1, 0.2], [0.2, 0.1]))
    assert places.reversed_pairs(before, after, NAMES[:2]).loc[0, ["better", "worse"]].tolist() == ["b", "a"]


def test_a_rise_is_positive_and_has_an_interval(rng):
    before, after = (noisy(rng, np.array(values), 0.001) for values in ([0.9, 0.8, 0.1], [0.7, 0.8, 0.1]))
    found = places.shifts(before, after, NAMES).set_index("checkpoint")
    assert found["shift"].tolist() == [-1, 1, 0]
    assert found.loc["a", ["rank_before", "rank_after", "ci_low", "ci_high"]].tolist() == [1, 2, -1, -1]
    assert found.loc["c", "p"] == 1  # never moves


def test_the_summary_counts_reversals_and_margins_apart(rng):
    one = noisy(rng, np.array([0.9, 0.5, 0.1]), 0.001)
    other = one + np.array([0.0, 0.2, 0.0])  # b gains, and stays second
    found = places.summary(one, other, NAMES)
    assert found["tau"] == 1
    assert (found["pairs"], found["reversed"], found["apart"], found["largest_shift"]) == (3, 0, 0, 0)
    assert found["margin_holm"] == 0  # the same gain in every resample has no error to be set against
    found = places.summary(one, other + rng.normal(0, 0.01, other.shape), NAMES)
    assert found["margin_holm"] == 2
