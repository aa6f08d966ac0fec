"""Ranks of checkpoints, and how they change from one score to another."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.score import intervals, table

Score = tuple[str, str]  # image set and metric
DRAWS = 200


def rank(values: pd.Series, by: Any = None) -> pd.Series:
    """Rank 1 for the largest value; equal values share the smallest rank, and the next one is skipped ("1224").

    With `by`, what pandas groups by, values are ranked within each group.

    >>> rank(pd.Series([0.9, 0.7, 0.7, 0.5])).tolist()
    [1, 2, 2, 4]
    """
    compared = values if by is None else values.groupby(by)
    return compared.rank(method="min", ascending=False).astype(int)


def unpaired_span(low: pd.Series, high: pd.Series) -> pd.DataFrame:
    """Best and worst rank that separate intervals leave open: columns ``best, worst``, on the index of `low`.

    A checkpoint is behind another only where its whole interval lies below the other's. The checkpoints of
    one ranking saw the same images, so two of them can often be told apart by a paired test although their
    intervals overlap: the span is for scores without predictions, and wider than a 95 % interval. With
    predictions, :func:`workbench.score.paired.ranking.intervals_of` gives that.

    >>> unpaired_span(pd.Series([0.8, 0.6, 0.1]), pd.Series([0.9, 0.85, 0.2])).to_numpy().tolist()
    [[1, 2], [1, 2], [3, 3]]
    """
    above = len(low) - np.searchsorted(np.sort(low), high, side="right")
    below = np.searchsorted(np.sort(high), low, side="left")
    return pd.DataFrame({"best": 1 + above, "worst": len(low) - below}, index=low.index)


def rank_shift(
    scores: pd.DataFrame, before: Score = ("v1", "top1"), after: Score = ("patchml", "asma")
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


def kendall(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Kendall's tau-b of two scores of the same checkpoints, over the last axis: 1 for the same order, -1 for the
    reverse. The agreeing pairs minus the disagreeing ones, by number; ties as in Kendall (1945).

    >>> kendall(np.array([3.0, 2.0, 1.0]), np.array([3.0, 1.0, 2.0])).round(3).item()
    0.333
    """
    one, other = np.triu_indices(first.shape[-1], 1)
    differences = (np.take(scores, one, axis=-1) - np.take(scores, other, axis=-1) for scores in (first, second))
    signs = [np.sign(difference) for difference in differences]
    untied = [np.abs(sign).sum(axis=-1) for sign in signs]
    return (signs[0] * signs[1]).sum(axis=-1) / np.sqrt(untied[0] * untied[1])


def movement(before: np.ndarray, after: np.ndarray) -> dict[str, np.ndarray]:
    """How far ranks lie apart by two scores of the same checkpoints, over the last axis of one or more rankings.

    Places moved, up or down: ``lower_quarter, median, upper_quarter, largest, mean``; and ``tau``, Kendall's.
    """
    both = np.broadcast_arrays(np.atleast_2d(before), after)
    ranked = [pd.DataFrame(scores).rank(axis=1, method="min", ascending=False) for scores in both]
    moved = (ranked[0] - ranked[1]).abs().to_numpy()
    quarters = np.quantile(moved, [0.25, 0.5, 0.75], axis=1)
    places = dict(zip(("lower_quarter", "median", "upper_quarter"), quarters, strict=True))
    return places | {"largest": moved.max(axis=1), "mean": moved.mean(axis=1), "tau": kendall(*both)}


def in_one_order(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """The values of `after`, handed out in the order of `before`: what would be, were there but one order.

    >>> in_one_order(np.array([0.9, 0.7, 0.8]), np.array([0.3, 0.5, 0.4])).tolist()
    [0.5, 0.3, 0.4]
    """
    handed = np.empty_like(after)
    handed[np.argsort(before, kind="stable")] = np.sort(after)
    return handed


def moves(
    scores: pd.DataFrame, before: Score, afters: Sequence[Score], *, like: pd.DataFrame | None = None
) -> pd.DataFrame:
    """How far ranks move from one score to each of several, in one pool: a row each.

    Columns: ``image_set, metric, checkpoints``, those of :func:`movement`, and ``chance_median, chance_largest,
    chance_tau``: the same, were the true order that of `before` and every checkpoint's error independent of the
    others'. On the same images errors go together, so chance moves checkpoints at most so far. The errors are those
    of the scores' intervals; where they have none, the median error in `like`, scores of other checkpoints on the
    same images; else chance is unknown (NaN). Raises `InputError` for more than one source or protocol.
    """
    if len(pools := scores[["source", "protocol"]].drop_duplicates()) != 1:
        raise InputError(f"ranks move within one source and protocol; given were {len(pools)}; take one of them")
    rng, rows = np.random.default_rng(0), []
    for after in afters:
        both = rank_shift(scores, before, after)
        values = [both[name].to_numpy() for name in ("value_before", "value_after")]
        spread = [_errors(scores, score, both["checkpoint"], like) for score in (before, after)]
        truth = [values[0], in_one_order(*values)]
        drawn = [rng.normal(true, error, (DRAWS, len(both))) for true, error in zip(truth, spread, strict=True)]
        seen = {name: found.item() for name, found in movement(*values).items()}
        known = not np.isnan(spread).any()
        chance = movement(*drawn) if known else {}
        by_chance = {
            f"chance_{name}": chance[name].mean() if known else np.nan for name in ("median", "largest", "tau")
        }
        rows.append({"image_set": after[0], "metric": after[1], "checkpoints": len(both)} | seen | by_chance)
    return pd.DataFrame(rows)


def _errors(scores: pd.DataFrame, of: Score, checkpoints: pd.Series, like: pd.DataFrame | None) -> np.ndarray:
    """Standard error of one score of each checkpoint; NaN where there is none."""
    rows = table.select(scores, of[1], of[0]).set_index("checkpoint").loc[checkpoints]
    errors = _widths(rows)
    if errors.isna().all() and like is not None:
        errors[:] = _widths(table.select(like, of[1], of[0])).median()
    return errors.to_numpy(float)


def _widths(rows: pd.DataFrame) -> pd.Series:
    return (rows["ci_high"] - rows["ci_low"]) / (2 * intervals.Z95)
