"""The accuracy gap between V1 and V2, and what of it goes with V2's larger share of multi-label images."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.score import intervals, table

KEYS = ["checkpoint", "protocol", "source"]
MOST = 5  # label counts above it form one stratum, as in Table 1


class Parts(NamedTuple):
    """Kitagawa's two parts of a gap, and the gap itself; they add up exactly. Arrays broadcast over leading axes."""

    gap: np.ndarray
    composition: np.ndarray
    within: np.ndarray


def gap(scores: pd.DataFrame, metric: str = "top1") -> pd.DataFrame:
    """V1 minus V2 for every checkpoint that has both: ``checkpoint, protocol, source, v1, v2, gap, ci_low, ci_high``.

    The interval of the difference is Newcombe's, from the intervals of the two; empty where those are. Sorted by V1,
    best last. Raises `InputError` where no checkpoint has both image sets, or one has a score twice.
    """
    sides = (table.check_once(table.select(scores, metric, name)).set_index(KEYS) for name in ("v1", "v2"))
    v1, v2 = (side[["value", "ci_low", "ci_high"]].astype(float) for side in sides)
    v1, v2 = v1.align(v2, join="inner", axis=0)
    if v1.empty:
        raise InputError(f"no checkpoint has {metric!r} on both v1 and v2; score its predictions on both image sets")
    low, high = intervals.newcombe(v1.to_numpy().T, v2.to_numpy().T)
    columns = {"v1": v1["value"], "v2": v2["value"], "gap": v1["value"] - v2["value"], "ci_low": low, "ci_high": high}
    return pd.DataFrame(columns).sort_values(["source", "v1", "v2"]).reset_index()


def mean_gaps(scores: pd.DataFrame, metrics: Sequence[str] = ("top1", "real", "asma")) -> pd.DataFrame:
    """Mean gap over the checkpoints of each source and protocol, one row per metric.

    ``lower_on_v2`` counts the checkpoints whose whole interval lies above zero (empty where none has an
    interval), ``not_lower`` those with V2 >= V1, whatever the interval.
    """
    each = pd.concat([gap(scores, metric).assign(metric=metric) for metric in metrics])
    above = (each["ci_low"] > 0).astype("Int64").where(each["ci_low"].notna())
    each = each.assign(lower_on_v2=above, not_lower=each["v2"] >= each["v1"])
    groups = each.groupby(["source", "protocol", "metric"], sort=False)
    spread = groups["gap"].agg(smallest="min", largest="max")
    lower = groups[["lower_on_v2"]].sum(min_count=1).join(groups["not_lower"].sum())
    means = groups.size().to_frame("checkpoints").join([groups[["v1", "v2", "gap"]].mean(), spread, lower])
    return means.reset_index().sort_values(["source", "protocol"], kind="stable", ignore_index=True)


def kitagawa(share1: np.ndarray, accuracy1: np.ndarray, share2: np.ndarray, accuracy2: np.ndarray) -> Parts:
    """Split a difference of two weighted means into composition and within (Kitagawa 1955).

    With the shares p and the accuracies a of the strata (last axis): composition = sum of (p1 - p2)(a1 +
    a2)/2, within = sum of (a1 - a2)(p1 + p2)/2. A stratum that one side lacks takes the other side's
    accuracy, so that it counts as composition only.

    >>> kitagawa(np.array([0.8, 0.2]), np.array([0.9, 0.4]), np.array([0.5, 0.5]), np.array([0.9, 0.4])).within.item()
    0.0
    """
    a1, a2 = np.where(np.isnan(accuracy1), accuracy2, accuracy1), np.where(np.isnan(accuracy2), accuracy1, accuracy2)
    a1, a2 = np.nan_to_num(a1), np.nan_to_num(a2)
    composition = ((share1 - share2) * (a1 + a2) / 2).sum(axis=-1)
    within = ((a1 - a2) * (share1 + share2) / 2).sum(axis=-1)
    return Parts(composition + within, composition, within)


def decompose(scores: pd.DataFrame, *, n_resamples: int = 2000, seed: int = 0) -> pd.DataFrame:
    """Each checkpoint's top-1 gap in two parts, over the strata of 0, 1, ..., 5 and more labels.

    One row per checkpoint: ``checkpoint, protocol, source, v1, v2`` and, for each of ``gap``, ``composition``
    and ``within``, the value and its 95 % percentile bootstrap interval (``composition_low``,
    ``composition_high``). Images are resampled in V1 and V2 independently: given the strata, an image only
    matters by its stratum and by being right or wrong, so resampling images is drawing those counts from a
    multinomial distribution. Raises `InputError` where the scores have no top-1 by label count on both sets.
    """
    strata = table.check_once(scores[(scores["metric"] == "top1") & scores["label_count"].notna()])
    rng = np.random.default_rng(seed)
    rows = []
    for keys, group in strata.groupby(KEYS):
        counts = {str(name): _counts(part) for name, part in group.groupby("image_set")}
        if counts.keys() >= {"v1", "v2"}:
            parts = _decompose_one(counts["v1"], counts["v2"], n_resamples, rng)
            rows.append(dict(zip(KEYS, keys, strict=True)) | parts)
    if not rows:
        seen = "no checkpoint has top-1 by label count on both v1 and v2"
        raise InputError(f"{seen}; score predictions on both image sets")
    return pd.DataFrame(rows).sort_values(["source", "v1"], ignore_index=True)


def _counts(part: pd.DataFrame) -> np.ndarray:
    """Number of wrong and right images in each stratum, shape (2, 7)."""
    stratum = part["label_count"].astype(int).clip(upper=MOST + 1)
    n = part["n_images"].astype(int).to_numpy()
    right = np.rint(part["value"].fillna(0).to_numpy() * n).astype(int)
    return np.stack([np.bincount(stratum, weights=w, minlength=MOST + 2) for w in (n - right, right)]).astype(int)


def _decompose_one(counts1: np.ndarray, counts2: np.ndarray, n_resamples: int, rng: np.random.Generator) -> dict:
    point = _parts(counts1, counts2)
    drawn = (rng.multinomial(n.sum(), n.ravel() / n.sum(), n_resamples) for n in (counts1, counts2))
    samples = _parts(*(counts.reshape(n_resamples, *counts1.shape) for counts in drawn))
    row = {"v1": counts1[1].sum() / counts1.sum(), "v2": counts2[1].sum() / counts2.sum()}
    for name, value, resampled in zip(Parts._fields, point, samples, strict=True):
        row[name] = float(value)
        row[f"{name}_low"], row[f"{name}_high"] = intervals.percentile(resampled)
    return row


def _parts(*counts: np.ndarray) -> Parts:
    """Kitagawa's parts from the counts of both sides, shape (..., 2, 7) each."""
    strata = []
    for side in counts:
        size = side.sum(axis=-2)
        with np.errstate(invalid="ignore"):
            strata += [size / size.sum(axis=-1, keepdims=True), side[..., 1, :] / size]
    return kitagawa(*strata)


def mean_parts(decomposed: pd.DataFrame) -> pd.DataFrame:
    """Mean of each part over checkpoints, one row per part: ``part, value, ci_low, ci_high, share_of_gap``.

    The checkpoints saw the same images, so their errors are correlated in a way that scores do not show. The standard
    error of a mean is at most the mean of the standard errors, so the mean of the interval ends is a cautious interval.
    """
    columns = {name: [name, f"{name}_low", f"{name}_high"] for name in Parts._fields}
    rows = [(name, *decomposed[three].mean()) for name, three in columns.items()]
    frame = pd.DataFrame(rows, columns=["part", "value", "ci_low", "ci_high"])
    return frame.assign(share_of_gap=frame["value"] / frame["value"].iloc[0])
