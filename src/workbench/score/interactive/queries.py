"""A query to the score table, and its result: the frames that the linked charts and their table are drawn from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.inputs.checkpoints import family
from workbench.score import intervals, ranks
from workbench.score.table import COLUMNS, KEYS, LABEL_COUNTS, check_once

METRICS = ("top1", "real", "asma")
PAIRS = (("v1", "v2"), ("v1", "patchml"), ("v2", "patchml"))
NEEDED = [name for name in COLUMNS if name not in ("labels", "ci_low", "ci_high")]
ALL = -1  # stands for the missing label count of a score over all pictures


@dataclass(frozen=True)
class Query:
    """What is asked: a metric on a pair of image sets.

    Empty `sources` and `label_counts` mean all; with `label_counts` a score is over the pictures with so many labels.
    `family` and `search` (part of a name) choose checkpoints; ranks are always among all of one source and protocol.
    """

    metric: str = "top1"
    pair: tuple[str, str] = ("v1", "v2")
    sources: tuple[str, ...] = ()
    family: str = "all"
    search: str = ""
    label_counts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Result:
    """`pairs`: one row per checkpoint, `boxes`: one per checkpoint, image set and label count; `notes`: what
    is left out.

    Columns of `pairs`: ``source, protocol, checkpoint, family, group, chosen, first, second, gap, ci_low,
    ci_high, rank_before, rank_after, shift, place``. Ranks are by top-1 on the first set and by the metric on
    the second; `place` counts up by the score on the first set. Columns of `boxes`: ``checkpoint, group,
    chosen, image_set, labels, value``; `labels` is a number, or ``all`` for all pictures whatever is asked.
    """

    pairs: pd.DataFrame
    boxes: pd.DataFrame
    notes: tuple[str, ...] = ()


class ScoreCube:
    """A score table made ready for queries.

    Held as one array (checkpoints x value, interval, pictures) per metric, image set and label count, so that a result
    takes milliseconds. Raises `InputError` where columns are missing, or a checkpoint has one score twice.
    """

    def __init__(self, scores: pd.DataFrame) -> None:
        _check(scores)
        self.keys = scores[KEYS].drop_duplicates().sort_values(KEYS, ignore_index=True)
        self.keys["family"] = self.keys["checkpoint"].map(family)
        self.keys["group"] = self.keys.groupby(["source", "protocol"]).ngroup()
        self._tables = _tables(scores, self.keys)
        if not self.metrics:
            seen = f"the scores have none of {', '.join(METRICS)} on two of v1, v2 and patchml"
            raise InputError(f"{seen}; score predictions on both image sets")

    @property
    def metrics(self) -> list[str]:
        """Metrics that some pair of image sets has."""
        return [metric for metric in METRICS if self.pairs(metric)]

    @property
    def sources(self) -> list[str]:
        """Sources that the table has."""
        return sorted(self.keys["source"].unique())

    @property
    def families(self) -> list[str]:
        """Families with more than one checkpoint."""
        counts = self.keys.drop_duplicates("checkpoint")["family"].value_counts()
        return sorted(counts.index[counts > 1])

    @property
    def label_counts(self) -> list[int]:
        """Label counts from 1 to 5 that have scores."""
        return [g for g in LABEL_COUNTS if any(count == g for _, _, count in self._tables)]

    def pairs(self, metric: str) -> list[tuple[str, str]]:
        """Pairs of image sets that have this metric."""
        return [pair for pair in PAIRS if all((metric, name, ALL) in self._tables for name in pair)]

    def ask(self, query: Query) -> Result:
        """The result of a query. Raises `InputError` where nothing is left."""
        first, second = (self._values(query.metric, name, query.label_counts) for name in query.pair)
        before = self._values("top1", query.pair[0], query.label_counts)[:, 0]
        asked = self.keys["source"].isin(query.sources or self.sources).to_numpy()
        has = asked & ~np.isnan([first[:, 0], second[:, 0], before]).any(axis=0)
        if not has.any():
            raise InputError("no checkpoint has these scores on both image sets; choose another source or label count")
        keys = self.keys.assign(chosen=_chosen(self.keys, query))
        pairs = _pairs(keys[has], first[has], second[has], before[has])
        boxes = self._boxes(keys, has, query)
        lost = sorted({*self.keys["source"][asked]} - {*self.keys["source"][has]})
        notes = [f"{source}: no such scores, left out here" for source in lost]
        if not pairs["chosen"].any():
            notes.append("no checkpoint fits the family and the search")
        return Result(pairs, boxes, tuple(notes))

    def _values(self, metric: str, image_set: str, label_counts: Sequence[int]) -> np.ndarray:
        """Value, ends of the interval and number of pictures of each checkpoint, shape (n, 4)."""
        if not label_counts:
            return self._table(metric, image_set, ALL)
        kind = "subgroup" if metric == "asma" else metric
        strata = np.stack([self._table(kind, image_set, g) for g in label_counts])
        return _mean(strata) if metric == "asma" else _pooled(strata)

    def _table(self, metric: str, image_set: str, label_count: int) -> np.ndarray:
        none = np.full((len(self.keys), 4), np.nan)
        return self._tables.get((metric, image_set, label_count), none)

    def _boxes(self, keys: pd.DataFrame, has: np.ndarray, query: Query) -> pd.DataFrame:
        kind = "subgroup" if query.metric == "asma" else query.metric
        parts = []
        for image_set in query.pair:
            columns = {"all": self._values(query.metric, image_set, ())}
            columns |= {str(g): self._table(kind, image_set, g) for g in query.label_counts or self.label_counts}
            for labels, values in columns.items():
                there = np.flatnonzero(has & ~np.isnan(values[:, 0]))
                known = keys[["checkpoint", "group", "chosen"]].take(there)
                parts.append(known.assign(image_set=image_set, labels=labels, value=values[there, 0]))
        return pd.concat(parts, ignore_index=True)


def _check(scores: pd.DataFrame) -> None:
    if not isinstance(scores, pd.DataFrame):
        seen = type(scores).__name__
        raise InputError(f"expected a score table (a DataFrame), got {seen}; make one with score.scores")
    if missing := [name for name in NEEDED if name not in scores.columns]:
        seen = f"the frame lacks the columns {', '.join(missing)}"
        raise InputError(f"{seen}; expected a score table, as score.scores makes it")
    if scores.empty:
        raise InputError("the score table is empty; score some predictions, or take pools.published()")
    check_once(scores)


def _tables(scores: pd.DataFrame, keys: pd.DataFrame) -> dict[tuple, np.ndarray]:
    counts = scores["label_count"].astype(float).fillna(ALL).astype(int)
    numbers = scores.reindex(columns=["value", "ci_low", "ci_high", "n_images"]).astype(float)
    numbers.index, order = (pd.MultiIndex.from_frame(frame[KEYS]) for frame in (scores, keys))
    groups = numbers.groupby([scores[name].to_numpy() for name in ("metric", "image_set")] + [counts.to_numpy()])
    return {key: part.reindex(order).to_numpy() for key, part in groups}


def _mean(strata: np.ndarray) -> np.ndarray:
    """The unweighted mean over label counts; the interval of independent means."""
    value, low, high, n = np.moveaxis(strata, -1, 0)
    error = intervals.mean_error((high - low) / 2 / intervals.Z95)
    return np.stack([value.mean(axis=0), *intervals.normal(value.mean(axis=0), error), n.sum(axis=0)], axis=1)


def _pooled(strata: np.ndarray) -> np.ndarray:
    """The share over all pictures of these label counts, with its Wilson interval."""
    share, _, _, sizes = np.moveaxis(strata, -1, 0)
    hits, n = (share * sizes).sum(axis=0), sizes.sum(axis=0)
    return np.stack([hits / n, *intervals.wilson(hits, n), n], axis=1)


def _pairs(keys: pd.DataFrame, first: np.ndarray, second: np.ndarray, before: np.ndarray) -> pd.DataFrame:
    low, high = intervals.newcombe(first[:, :3].T, second[:, :3].T)
    frame = keys.assign(first=first[:, 0], second=second[:, 0])
    frame = frame.assign(gap=frame["first"] - frame["second"], ci_low=low, ci_high=high)
    frame["rank_before"] = ranks.rank(pd.Series(before, frame.index), by=frame["group"])
    frame["rank_after"] = ranks.rank(frame["second"], by=frame["group"])
    frame["shift"] = frame["rank_before"] - frame["rank_after"]
    frame = frame.sort_values(["group", "first", "second"], ignore_index=True)
    return frame.assign(place=frame.groupby("group").cumcount() + 1)


def _chosen(keys: pd.DataFrame, query: Query) -> pd.Series:
    fits = keys["checkpoint"].str.contains(query.search.strip(), case=False, regex=False)
    return fits & (keys["family"] == query.family) if query.family != "all" else fits
