"""Tests of two classifiers on the same images, from the discordant ones: those that only one of them gets right."""

import math

import numpy as np

from workbench.score import intervals
from workbench.score.paired.bootstrap import Resampling

Z80 = 0.8416212335729143  # the standard normal's 80 % quantile: the power that is planned for


def mcnemar(only_first: int, only_second: int) -> float:
    """Two-sided p-value of McNemar's test in its exact form, for few and for many discordant images alike.

    If both classifiers were equally good, each discordant image would fall to either like a fair coin: the p-value is
    binomial. 1 without discordant images. Source: McNemar (1947), "Note on the sampling error of the difference
    between correlated proportions or percentages".

    >>> round(mcnemar(9, 1), 6)
    0.021484
    """
    n, fewer = only_first + only_second, min(only_first, only_second)
    log_factorials = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))])
    k = np.arange(fewer + 1)
    log_shares = log_factorials[n] - log_factorials[k] - log_factorials[n - k] - n * math.log(2)
    return min(1.0, 2 * float(np.exp(log_shares).sum()))


def difference_interval(only_first: int, only_second: int, n: int, resampling: Resampling) -> tuple[float, float]:
    """Paired 95 % percentile bootstrap interval of the difference of two shares of `n` images.

    Drawing images with replacement is drawing three counts: only the first right, only the second, and the others.
    """
    rng = np.random.default_rng(resampling.seed)
    shares = np.array([only_first, only_second, n - only_first - only_second]) / n
    drawn = rng.multinomial(n, shares, resampling.n)
    low, high = intervals.percentile((drawn[:, 0] - drawn[:, 1]) / n)
    return float(low), float(high)


def images_needed(only_first: int, only_second: int, n: int) -> int | None:
    """How many images tell two classifiers apart at 5 % with a power of 80 %; None where they are equally good.

    Takes the shares of discordant images seen on `n` images for the true ones: an order of magnitude, for a
    difference near zero could be any other. Source: Connor (1987), "Sample size for testing differences in
    proportions for the paired-sample design".

    >>> images_needed(60, 40, 1000)
    1960
    """
    discordant, difference = (only_first + only_second) / n, abs(only_first - only_second) / n
    if difference == 0:
        return None
    root = intervals.Z95 * math.sqrt(discordant) + Z80 * math.sqrt(discordant - difference**2)
    return math.ceil(round((root / difference) ** 2, 6))


def holm(p: np.ndarray) -> np.ndarray:
    """p-values adjusted so that *any* false finding among those below 5 % has a chance of at most 5 %.

    Source: Holm (1979), "A simple sequentially rejective multiple test procedure". Whatever the tests have in common.

    >>> holm(np.array([0.01, 0.04, 0.03])).round(6).tolist()
    [0.03, 0.06, 0.06]
    """
    order, m = np.argsort(p), len(p)
    adjusted = np.empty(m)
    adjusted[order] = np.maximum.accumulate((m - np.arange(m)) * p[order])
    return np.minimum(adjusted, 1)


def benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """p-values adjusted so that of the findings below 5 % at most 5 % are false, on average.

    Source: Benjamini and Hochberg (1995), "Controlling the false discovery rate". For tests that are independent or
    positively dependent.

    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03])).round(6).tolist()
    [0.03, 0.04, 0.04]
    """
    order, m = np.argsort(p)[::-1], len(p)
    adjusted = np.empty(m)
    adjusted[order] = np.minimum.accumulate(m / np.arange(m, 0, -1) * p[order])
    return np.minimum(adjusted, 1)
