"""Ranks of checkpoints, and how they change from one score to another."""

import numpy as np
import pandas as pd

from workbench.errors import InputError


def rank(values: pd.Series) -> pd.Series:
    """Rank 1 for the largest value; equal values share the smallest rank, and the next one is skipped ("1224").

    >>> rank(pd.Series([0.9, 0.7, 0.7, 0.5])).tolist()
    [1, 2, 2, 4]
    """
    return values.rank(method="min", ascending=False).astype(int)


def rank_interval(low: pd.Series, high: pd.Series) -> pd.DataFrame:
    """Best and worst rank that are compatible with intervals: columns ``best, worst``, on the index of `low`.

    A checkpoint is behind another only where its whole interval lies below the other's. The checkpoints of
    one ranking saw the same images, so two of them can often be told apart by a paired test although their
    intervals overlap: the span is cautious.

    >>> rank_interval(pd.Series([0.8, 0.6, 0.1]), pd.Series([0.9, 0.85, 0.2])).to_numpy().tolist()
    [[1, 2], [1, 2], [3, 3]]
    """
    lows, highs = np.sort(low.to_numpy()), np.sort(high.to_numpy())
    above = len(lows) - np.searchsorted(lows, high, side="right")
    below = np.searchsorted(highs, low, side="left")
    return pd.DataFrame({"best": 1 + above, "worst": len(lows) - below}, index=low.index)


def rank_shift(
    scores: pd.DataFrame,
    before: tuple[str, str] = ("v1", "top1"),
    after: tuple[str, str] = ("patchml", "asma"),
) -> pd.DataFrame:
    """How ranks change between two scores, each given as (image set, metric), within one source and protocol.

    Columns: ``source, protocol, checkpoint, value_before, value_after, rank_before, rank_after, shift``; a
    positive `shift` is a rise. Only checkpoints with both scores are ranked. Raises `InputError` where none
    has both.
    """
    keys = ["source", "protocol", "checkpoint"]
    first, second = (_values(scores, *which).set_index(keys)["value"] for which in (before, after))
    both = pd.concat({"value_before": first, "value_after": second}, axis=1, join="inner").dropna().reset_index()
    if both.empty:
        raise InputError(f"no checkpoint has both {before[1]} on {before[0]} and {after[1]} on {after[0]}")
    groups = both.groupby(["source", "protocol"], group_keys=False)
    ranked = both.assign(
        rank_before=groups["value_before"].transform(rank).astype(int),
        rank_after=groups["value_after"].transform(rank).astype(int),
    )
    shifted = ranked.assign(shift=ranked["rank_before"] - ranked["rank_after"])
    return shifted.sort_values(["source", "protocol", "rank_after", "rank_before"], ignore_index=True)


def _values(scores: pd.DataFrame, image_set: str, metric: str) -> pd.DataFrame:
    rows = scores[(scores["image_set"] == image_set) & (scores["metric"] == metric) & scores["label_count"].isna()]
    if rows.duplicated(["source", "protocol", "checkpoint"]).any():
        raise InputError(f"some checkpoint has {metric} on {image_set} twice; score against one label set at a time")
    return rows
