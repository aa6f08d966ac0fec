"""95 % intervals of shares, means and differences. All take numbers, arrays or columns, and give as many intervals."""

from typing import Any

import numpy as np

Z95 = 1.959963984540054  # the standard normal's 97.5 % quantile


def wilson(successes: Any, n: Any) -> tuple[np.ndarray, np.ndarray]:
    """Wilson score interval of shares of `n`: lower and upper ends. NaN for n = 0.

    >>> [x.round(4).item() for x in wilson(38_066, 50_000)]
    [0.7576, 0.765]
    """
    successes, n = np.asarray(successes, float), np.asarray(n, float)
    z2 = Z95**2
    with np.errstate(invalid="ignore", divide="ignore"):
        share = successes / n
        centre = (share + z2 / (2 * n)) / (1 + z2 / n)
        half = Z95 / (1 + z2 / n) * np.sqrt(share * (1 - share) / n + z2 / (4 * n**2))
    return np.maximum(0.0, centre - half), np.minimum(1.0, centre + half)


def normal(mean: Any, error: Any) -> tuple[np.ndarray, np.ndarray]:
    """Normal interval of means in [0, 1] from their standard errors, cut off at 0 and 1; NaN where either is unknown.

    >>> [x.round(4).item() for x in normal(0.02, 0.02)]
    [0.0, 0.0592]
    """
    mean, half = np.asarray(mean, float), Z95 * np.asarray(error, float)
    return np.maximum(0.0, mean - half), np.minimum(1.0, mean + half)


def mean_error(errors: Any) -> np.ndarray:
    """Standard error of the unweighted mean of independent estimates, from theirs, over the first axis.

    Their variances add, so that it is the root of the sum of squares over their number.
    """
    errors = np.asarray(errors, float)
    return np.sqrt(np.square(errors).sum(axis=0)) / len(errors)


def newcombe(first: Any, second: Any) -> tuple[np.ndarray, np.ndarray]:
    """Interval of a difference, `first` minus `second`, each given as its value and the ends of its own interval.

    Source: Newcombe (1998), Interval estimation for the difference between independent proportions, method 10.
    """
    (value1, low1, high1), (value2, low2, high2) = np.asarray(first, float), np.asarray(second, float)
    gap = value1 - value2
    return gap - np.hypot(value1 - low1, high2 - value2), gap + np.hypot(high1 - value1, value2 - low2)


def percentile(resampled: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Percentile bootstrap interval: the middle 95 % (or `level`) of what resamples gave, along the first axis."""
    tail = round((1 - level) / 2, 9)  # 1 - 0.95 is a little more than 0.05
    low, high = np.quantile(resampled, [tail, 1 - tail], axis=0)
    return low, high
