"""95 % intervals of shares, means and differences."""

import numpy as np

Z95 = 1.959963984540054  # the standard normal's 97.5 % quantile


def wilson(successes: float, n: int) -> tuple[float, float]:
    """95 % Wilson score interval of a share. NaN for n = 0.

    >>> [round(x, 4) for x in wilson(38_066, 50_000)]
    [0.7576, 0.765]
    """
    low, high = wilson_array(np.array([successes]), np.array([n]))
    return float(low[0]), float(high[0])


def wilson_array(successes: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """:func:`wilson` of many shares at once."""
    z2 = Z95**2
    with np.errstate(invalid="ignore", divide="ignore"):
        share = successes / n
        centre = (share + z2 / (2 * n)) / (1 + z2 / n)
        half = Z95 / (1 + z2 / n) * np.sqrt(share * (1 - share) / n + z2 / (4 * n**2))
    return np.maximum(0.0, centre - half), np.minimum(1.0, centre + half)


def standard_error(values: np.ndarray) -> float:
    """Standard error of the mean of `values`; NaN for fewer than two."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else np.nan


def normal(mean: float, error: float) -> tuple[float, float]:
    """95 % normal interval of a mean in [0, 1], cut off at its ends; NaN where the mean or its error is unknown."""
    low, high = np.clip([mean - Z95 * error, mean + Z95 * error], 0.0, 1.0)
    return float(low), float(high)
