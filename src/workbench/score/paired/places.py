"""Which checkpoints change places when the labels change, and whether that is more than the choice of images does.

All work on ReaL accuracies of shape (1 + resamples, checkpoints) by two label sets, resampled together: row 0 is the
images as they are.
"""

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from workbench.score import intervals
from workbench.score.paired import bootstrap
from workbench.score.paired.significance import holm

CHANCE = 0.05


def tau(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Kendall's tau-b of two rankings in each row, shape (rows,).

    Resampled rankings are noisier than the one at hand, so a percentile band can lie below the value.
    """
    a, b = (np.sign(_differences(side)) for side in (one, other))
    return (a * b).sum(axis=1) / np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))


def reversed_pairs(before: np.ndarray, after: np.ndarray, checkpoints: tuple[str, ...]) -> pd.DataFrame:
    """The pairs of checkpoints whose order is another by other labels: ``better, worse, before, after, p, p_holm``.

    `better` is ahead of `worse` by `before`, and behind by `after` (both differences of accuracies). That the order is
    really reversed takes both: `p` is the larger of the two one-sided p-values, doubled for the two directions, and
    `p_holm` is adjusted for all pairs. Standard errors are those of the resampled differences.
    """
    d1, d2 = _differences(before), _differences(after)
    z1, z2 = (np.abs(_z(differences)) for differences in (d1, d2))
    crossed = np.sign(d1[0]) * np.sign(d2[0]) < 0
    p = np.where(crossed, np.minimum(1, 2 * ndtr(-np.minimum(z1, z2))), 1.0)
    pairs = np.array(list(combinations(range(len(checkpoints)), 2)))
    first = np.where(d1[0] > 0, *pairs.T)
    names = np.array(checkpoints)
    columns = {"better": names[first], "worse": names[pairs.sum(axis=1) - first]}
    columns |= {"before": np.abs(d1[0]), "after": np.sign(d1[0]) * d2[0], "p": p, "p_holm": holm(p)}
    return pd.DataFrame(columns)[crossed].sort_values(["p", "better", "worse"], ignore_index=True)


def shifts(before: np.ndarray, after: np.ndarray, checkpoints: tuple[str, ...]) -> pd.DataFrame:
    """Each checkpoint's rank by both: ``checkpoint, rank_before, rank_after, shift, ci_low, ci_high, p``.

    A positive `shift` is a rise. The interval is that of the resampled shifts; `p` is two-sided, from the shift and
    the standard deviation of the resampled ones.
    """
    ranks = [_ranks(side) for side in (before, after)]
    shift = ranks[0] - ranks[1]
    low, high = intervals.percentile(shift[1:])
    columns = {"checkpoint": checkpoints, "rank_before": ranks[0][0], "rank_after": ranks[1][0], "shift": shift[0]}
    return pd.DataFrame(columns | {"ci_low": low, "ci_high": high, "p": 2 * ndtr(-np.abs(_z(shift)))})


def summary(before: np.ndarray, after: np.ndarray, checkpoints: tuple[str, ...]) -> dict[str, Any]:
    """How far two rankings differ: ``tau`` with its band, and of all ``pairs``

    - how many are ``reversed``, and of these beyond chance by themselves (``apart``) or among all (``apart_holm``),
    - for how many the difference of accuracies changes beyond chance, adjusted for all pairs (``margin_holm``).

    ``largest_shift`` is in ranks.
    """
    ends = dict(zip(("tau", "tau_low", "tau_high"), bootstrap.interval(tau(before, after)), strict=True))
    found, moved = reversed_pairs(before, after, checkpoints), shifts(before, after, checkpoints)
    apart = {name: int((found[p] < CHANCE).sum()) for name, p in (("apart", "p"), ("apart_holm", "p_holm"))}
    changes = _differences(after) - _differences(before)
    margin = int((holm(2 * ndtr(-np.abs(_z(changes)))) < CHANCE).sum())
    counts = {"pairs": changes.shape[1], "reversed": len(found), **apart, "margin_holm": margin}
    return ends | counts | {"largest_shift": int(moved["shift"].abs().max())}


def _z(resampled: np.ndarray) -> np.ndarray:
    """Row 0 over the standard deviation of the rows after it; 0 where those do not vary."""
    spread = resampled[1:].std(axis=0)
    return resampled[0] / np.where(spread > 1e-12, spread, np.inf)


def _differences(accuracies: np.ndarray) -> np.ndarray:
    """First minus second of every pair of checkpoints, shape (rows, pairs)."""
    first, second = np.array(list(combinations(range(accuracies.shape[1]), 2))).T
    return accuracies[:, first] - accuracies[:, second]


def _ranks(accuracies: np.ndarray) -> np.ndarray:
    """Rank 1 for the best of each row; equal ones share the smallest rank."""
    return 1 + (accuracies[:, :, None] < accuracies[:, None, :]).sum(axis=2)
