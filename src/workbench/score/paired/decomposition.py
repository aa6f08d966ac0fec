"""The top-1 gap between V1 and V2 in two parts: other shares of multi-label images, and other accuracy at equal ones.

The split depends on a choice, the standard: whose shares both sets are given. With the shares p and the accuracies a
of the strata by number of labels, and a weight w of V1's shares::

    within      = sum of (a1 - a2) (w p1 + (1 - w) p2)      left when both sets have the standard's shares
    composition = sum of (p1 - p2) ((1 - w) a1 + w a2)      goes with the difference of shares

For every w both add up to the gap exactly. w = 1 (standard ``v1``) and w = 0 (``v2``) are direct standardization to
either set; w = 1/2 (``midpoint``) is Kitagawa (1955), "Components of a difference between two rates".
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from workbench.score.paired import bootstrap
from workbench.score.paired.bootstrap import STRATA, Resampling, Totals
from workbench.score.paired.correctness import Correctness
from workbench.score.paired.over_models import check_same

STANDARDS = {"v1": 1.0, "midpoint": 0.5, "v2": 0.0}  # and the weight of V1's shares in each
PARTS = ["gap", "composition", "within"]


class Decomposition(NamedTuple):
    """The three standards side by side; every value has its 95 % interval by the joint bootstrap.

    `each`: ``checkpoint, standard, v1`` and ``gap, composition, within`` (with ``gap_low``, ``gap_high``, ...).
    `means` over the checkpoints: ``standard, part, value, ci_low, ci_high, share_of_gap``. `terms`, what each number
    of labels adds to the means: ``standard, label_count, composition, within``, and ``difference``, the mean accuracy
    there on V1 minus that on V2. `larger`: ``standard, checkpoints, of``: for how many composition is the larger part.
    """

    each: pd.DataFrame
    means: pd.DataFrame
    terms: pd.DataFrame
    larger: pd.DataFrame


def decompose(
    v1: Correctness,
    v2: Correctness,
    *,
    most: int = STRATA - 2,
    labelled_only: bool = False,
    resampling: Resampling | None = None,
) -> Decomposition:
    """The top-1 gap of each checkpoint in two parts, over strata of 0, 1, ..., `most` (5 or fewer) and more labels.

    How finely images are grouped is a choice as the standard is: ``most=1`` has none, one and several. `labelled_only`
    leaves out the images without a label, to which no label count can be ascribed. Raises `InputError` where the
    checkpoints of the two sets differ.
    """
    check_same(v1, v2)
    resampling = resampling or Resampling()
    kept = slice(1 if labelled_only else 0, None)
    labels = [*map(str, range(most + 1)), f">{most}"]
    p1, a1 = _strata(bootstrap.totals(v1, "top1", resampling), most, kept)
    p2, a2 = _strata(bootstrap.totals(v2, "top1", resampling), most, kept)
    # A stratum that one set lacks takes the other's accuracy, so that it counts as composition only.
    a1, a2 = (np.nan_to_num(np.where(np.isnan(a), b, a)) for a, b in ((a1, a2), (a2, a1)))
    each, means, terms, larger = [], [], [], []
    for standard, weight in STANDARDS.items():
        composed, left = split(p1, a1, p2, a2, weight)
        parts = [composed.sum(axis=1) + left.sum(axis=1), composed.sum(axis=1), left.sum(axis=1)]
        columns = {"checkpoint": v1.checkpoints, "standard": standard, "v1": (p1 * a1).sum(axis=1)[0]}
        each.append(pd.DataFrame(columns | _columns(PARTS, parts)))
        means.append(_means(standard, [part.mean(axis=1) for part in parts]))
        means_at = [composed.mean(axis=2), left.mean(axis=2), (a1 - a2).mean(axis=2)]
        columns = _columns(["composition", "within", "difference"], means_at)
        terms.append(pd.DataFrame({"standard": standard, "label_count": labels[kept]} | columns))
        larger.append((standard, int((parts[1][0] > parts[2][0]).sum()), len(v1.checkpoints)))
    frames = (pd.concat(frames, ignore_index=True) for frames in (each, means, terms))
    return Decomposition(*frames, pd.DataFrame(larger, columns=["standard", "checkpoints", "of"]))


def split(
    p1: np.ndarray, a1: np.ndarray, p2: np.ndarray, a2: np.ndarray, weight: float
) -> tuple[np.ndarray, np.ndarray]:
    """Composition and within of each stratum; `weight` is that of the first set's shares in the standard.

    >>> one, two = (np.array([0.8, 0.2]), np.array([0.9, 0.4])), (np.array([0.5, 0.5]), np.array([0.9, 0.2]))
    >>> [[term.sum().round(2).item() for term in split(*one, *two, weight)] for weight in (1, 0.5, 0)]
    [[0.21, 0.04], [0.18, 0.07], [0.15, 0.1]]
    """
    within = (a1 - a2) * (weight * p1 + (1 - weight) * p2)
    return (p1 - p2) * ((1 - weight) * a1 + weight * a2), within


def _strata(totals: Totals, most: int, kept: slice) -> tuple[np.ndarray, np.ndarray]:
    """Share of the images (resamples, strata, 1) and accuracy (resamples, strata, checkpoints) of each stratum."""
    starts = range(most + 2)  # each stratum begins with its own label count, and the last holds the rest
    images, credit = (
        np.add.reduceat(part, starts, axis=1)[:, kept] for part in (totals.images[..., None], totals.credit)
    )
    with np.errstate(invalid="ignore"):
        return images / images.sum(axis=1, keepdims=True), credit / images


def _columns(names: list[str], resampled: list[np.ndarray]) -> dict[str, np.ndarray]:
    ends = ["", "_low", "_high"]
    found = [bootstrap.interval(one) for one in resampled]
    return {
        name + end: part
        for name, three in zip(names, found, strict=True)
        for end, part in zip(ends, three, strict=True)
    }


def _means(standard: str, parts: list[np.ndarray]) -> pd.DataFrame:
    rows = [(standard, name, *bootstrap.interval(part)) for name, part in zip(PARTS, parts, strict=True)]
    frame = pd.DataFrame(rows, columns=["standard", "part", "value", "ci_low", "ci_high"])
    return frame.assign(share_of_gap=frame["value"] / frame["value"].iloc[0])
