from itertools import product

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import kendalltau

from workbench.score.multiple_choice import pool
from workbench.score.multiple_choice.pool import Credits


@pytest.fixture
def credited(rng):
    """Three checkpoints on 2,000 pictures: c is right nowhere below a's and b's bounds, which overlap."""
    top1 = rng.random((2000, 3)) < [0.6, 0.5, 0.1]
    low = top1 | (rng.random((2000, 3)) < [0.3, 0.5, 0.0])
    high = low | (rng.random((2000, 3)) < [0.5, 0.5, 0.2])
    labelled = np.arange(2000) % 4 > 0
    real = top1 & labelled[:, None]
    parts = (one.astype("f4") for one in (top1, real, low, high))
    return Credits("v1", ("a", "b", "c"), labelled, *parts)


def test_a_summary_is_of_the_pictures_as_they_are(credited):
    found = pool.summary(credited, resamples=200).set_index("quantity")
    means = {name: getattr(credited, name).mean(axis=0) for name in ("top1", "low", "high")}
    assert found.loc["mean_low", "value"] == pytest.approx(means["low"].mean(), abs=1e-6)
    assert found.loc["range_top1", "value"] == pytest.approx(np.ptp(means["top1"]), abs=1e-6)
    assert found.loc["mean_real", "value"] == pytest.approx(credited.real[credited.labelled].mean(), abs=1e-6)
    assert found.loc["range_least", "value"] == pytest.approx(means["low"].max() - means["high"].min(), abs=1e-6)
    assert found.loc["range_most", "value"] == pytest.approx(means["high"].max() - means["low"].min(), abs=1e-6)
    least, most = pool.spreads(means["low"], means["high"])
    assert found.loc[["sd_least", "sd_most"], "value"].tolist() == pytest.approx([least, most], abs=1e-6)
    assert found.loc["sd_low", "value"] == pytest.approx(means["low"].std(ddof=1), abs=1e-6)
    assert found.loc["tau_low", "value"] == pytest.approx(kendalltau(means["top1"], means["low"])[0])
    assert (found["ci_low"].to_numpy() <= found["value"].to_numpy() + 1e-6).all()


def test_an_interval_is_as_wide_as_the_standard_error_says(credited):
    found = pool.summary(credited, resamples=2000).set_index("quantity").loc["mean_high"]
    error = credited.high.mean(axis=1).std() / np.sqrt(2000)
    assert float(found["ci_high"]) - float(found["ci_low"]) == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_pairs_are_ordered_where_bounds_are_apart(credited):
    found = pool.pairs(credited)
    assert (found["pairs"], found["ordered"], found["apart"], found["apart_holm"]) == (3, 2, 2, 2)
    assert (found["reversed"], found["top1_apart"], found["top1_apart_holm"]) == (0, 3, 3)
    turned = Credits(**{**vars(credited), "top1": credited.top1[:, ::-1]})
    assert pool.pairs(turned)["reversed"] == 2


def test_a_lead_within_chance_is_ordered_and_not_apart(rng):
    same = (rng.random((500, 1)) < 0.5).astype("f4")
    lead = same.copy()
    lead[np.flatnonzero(same == 0)[:2]] = 1
    both = np.column_stack([same, lead])
    found = pool.pairs(Credits("v1", ("a", "b"), np.ones(500, bool), both, both, both, both))
    assert (found["ordered"], found["apart"], found["top1_apart"]) == (1, 0, 0)


def test_a_checkpoint_is_left_out_of_every_measure(credited):
    rest = credited.without("b")
    assert rest.checkpoints == ("a", "c")
    assert np.array_equal(rest.high, credited.high[:, [0, 2]])


def corners(low, high):
    return max(np.std(corner, ddof=1) for corner in product(*zip(low, high, strict=True)))


@pytest.mark.parametrize("nested", [False, True])
def test_spreads_are_the_least_and_most_of_all_scores_between_the_bounds(rng, nested):
    low, high = rng.random((2, 40, 7))
    low, high = np.minimum(low, high), np.maximum(low, high)
    if not nested:
        low, high = np.sort(low), np.sort(high)
    least, most = pool.spreads(low, high)
    for row in range(40):
        box = list(zip(low[row], high[row], strict=True))
        nearest = minimize(lambda x: np.var(x, ddof=1), low[row], bounds=box, tol=1e-12)
        assert least[row] ** 2 == pytest.approx(nearest.fun, abs=1e-6)
        assert most[row] <= corners(*np.transpose(box)) + 1e-12
        assert most[row] == pytest.approx(corners(*np.transpose(box)), abs=0.02 if nested else 1e-9)


def test_bounds_that_are_one_leave_one_spread(rng):
    same = rng.random((3, 9))
    for found in pool.spreads(same, same):
        assert found == pytest.approx(same.std(axis=1, ddof=1))
