"""Ranks of checkpoints, and how they change from one score to another."""

from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.score import table


def rank(values: pd.Series, by: Any = None) -> pd.Series:
    """Rank 1 for the largest value; equal values share the smallest rank, and the next one is skipped ("1224").

    With `by`, what pandas groups by, values are ranked within each group.

    >>> rank(pd.Series([0.9, 0.7, 0.7, 0.5])).tolist()
    [1, 2, 2, 4]
    """
    compared = values if by is None else values.groupby(by)
    return compared.rank(method="min", ascending=False).astype(int)


def rank_interval(low: pd.Series, high: pd.Series) -> pd.DataFrame:
    """Best and worst rank that are compatible with intervals: columns ``best, worst``, on the index of `low`.

    A checkpoint is behind another only where its whole interval lies below the other's. The checkpoints of
    one ranking saw the same images, so two of them can often be told apart by a paired test although their
    intervals overlap: the span is cautious.

    >>> rank_interval(pd.Series([0.8, 0.6, 0.1]), pd.Series([0.9, 0.85, 0.2])).to_numpy().tolist()
    [[1, 2], [1, 2], [3, 3]]
    """
    above = len(low) - np.searchsorted(np.sort(low), high, side="right")
    below = np.searchsorted(np.sort(high), low, side="left")
    return pd.DataFrame({"best": 1 + above, "worst": len(low) - below}, index=low.index)


def rank_shift(
    scores: pd.DataFrame, before: tuple[str, str] = ("v1", "top1"), after: tuple[str, str] = ("patchml", "asma")
) -> pd.DataFrame:
    """How ranks change between two scores, each given as (image set, metric), within one source and protocol.

    Columns: ``source, protocol, checkpoint, value_before, value_after, rank_before, rank_after, shift``; a
    positive `shift` is a rise. Only checkpoints with both scores are ranked. Raises `InputError` where none
    has both, or one has a score twice.
    """
    values = {
        f"value_{when}": table.check_once(table.select(scores, metric, image_set)).set_index(table.KEYS)["value"]
        for when, (image_set, metric) in (("before", before), ("after", after))
    }
    both = pd.concat(values, axis=1, join="inner").dropna().reset_index()
    if both.empty:
        raise InputError(f"no checkpoint has both {before[1]} on {before[0]} and {after[1]} on {after[0]}")
    groups = [both["source"], both["protocol"]]
    ranked = both.assign(
        rank_before=rank(both["value_before"], groups),
        rank_after=rank(both["value_after"], groups),
        shift=lambda frame: frame["rank_before"] - frame["rank_after"],
    )
    return ranked.sort_values(["source", "protocol", "rank_after", "rank_before"], ignore_index=True)
