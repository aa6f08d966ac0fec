"""A pool of classifiers that were asked the same: how far multiple choice spreads them, and whether it orders them.

A classifier of which only the best classes are stored has a lower and an upper bound. Two of them are ordered where the
lower bound of one lies above the upper bound of the other: what is not stored of the two can differ in any way. So is
their spread bounded by what scores within the bounds can have, not by the spread of the bounds.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from workbench.score import intervals
from workbench.score.intervals import Z95
from workbench.score.paired import significance
from workbench.score.ranks import kendall

MEASURES = ("top1", "real", "low", "high")
BLOCK = 50  # resamples at a time


@dataclass(frozen=True, eq=False)
class Credits:
    """What each of n pictures gives each of m checkpoints, 0 to 1, float32 (n, m): by top-1, by ReaL (0 where a picture
    has no label), and by multiple choice at least (`low`) and at most (`high`). `labelled`: boolean (n,).
    """

    image_set: str
    checkpoints: tuple[str, ...]
    labelled: np.ndarray
    top1: np.ndarray
    real: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def without(self, checkpoint: str) -> "Credits":
        """The same of all other checkpoints."""
        kept = [place for place, name in enumerate(self.checkpoints) if name != checkpoint]
        names = tuple(self.checkpoints[place] for place in kept)
        return replace(self, checkpoints=names, **{name: getattr(self, name)[:, kept] for name in MEASURES})


def summary(credited: Credits, *, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """The pool in numbers: ``quantity, value, ci_low, ci_high``; intervals are from resampling the pictures jointly.

    ``mean_``, ``range_`` (best minus worst checkpoint) and ``sd_`` (n - 1) by each measure; ``range_least``,
    ``range_most``, ``sd_least`` and ``sd_most``: what those of multiple choice are at least and at most; ``tau_low``
    and ``tau_high``: Kendall's tau between top-1 and each bound.
    """
    scored = dict(zip(MEASURES, _resampled(credited, resamples, seed), strict=True))
    found = {}
    for name, one in scored.items():
        found |= {f"mean_{name}": one.mean(axis=1), f"range_{name}": np.ptp(one, axis=1)}
        found[f"sd_{name}"] = one.std(axis=1, ddof=1)
    low, high = scored["low"], scored["high"]
    found["range_least"] = np.maximum(0, low.max(axis=1) - high.min(axis=1))
    found["range_most"] = high.max(axis=1) - low.min(axis=1)
    found["sd_least"], found["sd_most"] = spreads(low, high)
    found |= {f"tau_{name}": kendall(scored["top1"], scored[name]) for name in ("low", "high")}
    rows = [(name, one[0], *intervals.percentile(one[1:])) for name, one in found.items()]
    return pd.DataFrame(rows, columns=["quantity", "value", "ci_low", "ci_high"])


def spreads(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least and most standard deviation (n - 1) of m scores between bounds (..., m): each of shape (...).

    The least is that of the scores nearest to a common value. The most is where every score is at one of its bounds:
    the lower one for those whose middle lies below some value, the upper one for the others. Where one pair of bounds
    encloses another this can miss the maximum, which is hard to find in general (Ferson et al. 2002), by a little.

    >>> [one.round(3).item() for one in spreads(np.array([0.5, 0.8]), np.array([0.6, 0.9]))]
    [0.141, 0.283]
    """
    start, end = low.min(axis=-1), high.max(axis=-1)
    for _ in range(50):  # halvings of what may be the common value
        middle = (start + end) / 2
        above = np.clip(middle[..., None], low, high).mean(axis=-1) > middle
        start, end = np.where(above, middle, start), np.where(above, end, middle)
    least = np.clip(start[..., None], low, high).std(axis=-1, ddof=1)
    order = np.argsort(low + high, axis=-1)
    low, high = (np.take_along_axis(one, order, axis=-1) - start[..., None] for one in (low, high))
    sums, squares = (_first_low(low**power, high**power) for power in (1, 2))
    most = (squares - sums**2 / low.shape[-1]).max(axis=-1) / (low.shape[-1] - 1)
    return least, np.sqrt(np.maximum(most, 0))


def _first_low(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Sums (..., m + 1) where the first 0, 1, ..., m summands are `low`, and the others `high`, both (..., m)."""
    steps = np.cumsum(low - high, axis=-1)
    return high.sum(axis=-1, keepdims=True) + np.concatenate([np.zeros_like(steps[..., :1]), steps], axis=-1)


def _resampled(credited: Credits, resamples: int, seed: int) -> np.ndarray:
    """Scores by each measure, shape (4, 1 + resamples, m), first of the pictures as they are."""
    n, m = credited.low.shape
    whole = np.column_stack([*(getattr(credited, name) for name in MEASURES), credited.labelled]).astype("f4")
    rng, blocks = np.random.default_rng(seed), [whole.sum(axis=0, dtype="f8")[None]]
    with threadpool_limits(1, "blas"):
        for start in range(0, resamples, BLOCK):
            size = min(BLOCK, resamples - start)
            drawn = np.stack([np.bincount(rng.integers(0, n, n, dtype=np.int32), minlength=n) for _ in range(size)])
            blocks.append(drawn.astype("f4") @ whole)
    summed = np.concatenate(blocks).astype("f8")
    shares = summed[:, :-1].reshape(-1, len(MEASURES), m).transpose(1, 0, 2) / n
    shares[MEASURES.index("real")] *= n / summed[:, -1:]
    return shares


def pairs(credited: Credits) -> dict[str, int]:
    """Of all pairs of checkpoints: how many the bounds order, how many beyond chance, and how many against top-1.

    ``pairs``; ``ordered``: the bounds of the two are apart; ``apart``: by more than 1.96 paired standard errors;
    ``apart_holm``: when adjusted for all pairs; ``reversed``: ordered, and against the order by top-1.
    ``top1_apart, top1_apart_holm``: how many top-1 tells apart, for comparison.
    """
    lead, error = _leads(credited.low, credited.high)
    top1, top1_error = _leads(credited.top1, credited.top1)
    one, other = np.triu_indices(len(lead), 1)
    # Only one of the two can lead: the larger of both leads is the gap between the bounds, negative where they overlap.
    ahead = lead[one, other] >= lead[other, one]
    first, second = np.where(ahead, one, other), np.where(ahead, other, one)
    z, top1_z = lead[first, second] / error[first, second], np.abs(top1[one, other] / top1_error[one, other])
    return {
        "pairs": len(one),
        "ordered": int((z > 0).sum()),
        "apart": int((z > Z95).sum()),
        "apart_holm": int(_holm(z).sum()),
        "reversed": int(((z > 0) & (top1[first, second] < 0)).sum()),
        "top1_apart": int((top1_z > Z95).sum()),
        "top1_apart_holm": int(_holm(top1_z).sum()),
    }


def _leads(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean of `low` of one checkpoint minus `high` of another, and its paired standard error: each (m, m)."""
    n, m = low.shape
    both = np.column_stack([low, high]).astype("f8")
    means = both.mean(axis=0)
    products = (both - means).T @ (both - means) / (n - 1)
    variances = np.diag(products)
    spread = variances[:m, None] + variances[None, m:] - 2 * products[:m, m:]
    return means[:m, None] - means[None, m:], np.sqrt(np.maximum(spread, np.finfo(float).tiny) / n)


def _holm(z: np.ndarray) -> np.ndarray:
    """Whether each lead is beyond chance when adjusted for all of them."""
    from scipy.stats import norm

    return significance.holm(2 * norm.sf(np.maximum(z, 0))) < 0.05
