"""A question to the score table, and its answer: the frames that the linked charts and their table are drawn from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.inputs.checkpoints import family
from workbench.score import intervals
from workbench.score.table import COLUMNS, LABEL_COUNTS

METRICS = ("top1", "real", "asma")
PAIRS = (("v1", "v2"), ("v1", "patchml"), ("v2", "patchml"))
KEYS = ["source", "protocol", "checkpoint"]
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
    chosen, image_set, labels, value``.
    """

    pairs: pd.DataFrame
    boxes: pd.DataFrame
    notes: tuple[str, ...] = ()


class ScoreCube:
    """A score table made ready for questions.

    Held as one array (checkpoints x value, interval, pictures) per metric, image set and label count, so that an answer
    takes milliseconds. Raises `InputError` where columns are missing, or a checkpoint has one score twice.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        _check(frame)
        self.keys = frame[KEYS].drop_duplicates().sort_values(KEYS, ignore_index=True)
        self.keys["family"] = self.keys["checkpoint"].map(family)
        self.keys["group"] = self.keys.groupby(["source", "protocol"]).ngroup()
        self._tables = _tables(frame, self.keys)
        if not self.metrics:
            raise InputError(
                f"the scores have none of {', '.join(METRICS)} on two of v1, v2 and patchml; "
                "score predictions on both image sets"
            )

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

    def ask(self, question: Query) -> Result:
        """Answer a question. Raises `InputError` where nothing is left."""
        first, second = (self._values(question.metric, name, question.label_counts) for name in question.pair)
        before = self._values("top1", question.pair[0], question.label_counts)[:, 0]
        asked = self.keys["source"].isin(question.sources or self.sources).to_numpy()
        has = asked & ~np.isnan(first[:, 0] + second[:, 0] + before)
        if not has.any():
            raise InputError("no checkpoint has these scores on both image sets; choose another source or label count")
        keys = self.keys.assign(chosen=_chosen(self.keys, question))
        pairs = _pairs(keys[has], first[has], second[has], before[has])
        boxes = self._boxes(keys, has, question)
        notes = [f"{source}: no such scores, left out here" for source in _lost(self.keys["source"], asked, has)]
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

    def _boxes(self, keys: pd.DataFrame, has: np.ndarray, question: Query) -> pd.DataFrame:
        kind = "subgroup" if question.metric == "asma" else question.metric
        rows, cells = [], []
        for image_set in question.pair:
            columns = {"all": self._values(question.metric, image_set, question.label_counts)}
            columns |= {str(g): self._table(kind, image_set, g) for g in question.label_counts or self.label_counts}
            for labels, values in columns.items():
                there = np.flatnonzero(has & ~np.isnan(values[:, 0]))
                rows.append(there)
                cells += [(image_set, labels, value) for value in values[there, 0]]
        known = keys[["checkpoint", "group", "chosen"]].take(np.concatenate(rows)).reset_index(drop=True)
        return pd.concat([known, pd.DataFrame(cells, columns=["image_set", "labels", "value"])], axis=1)


def _check(frame: pd.DataFrame) -> None:
    if not isinstance(frame, pd.DataFrame):
        raise InputError(
            f"expected a score table (a DataFrame), got {type(frame).__name__}; make one with score.scores"
        )
    if missing := [name for name in NEEDED if name not in frame.columns]:
        raise InputError(
            f"the frame lacks the columns {', '.join(missing)}; expected a score table, as score.scores makes it"
        )
    if frame.empty:
        raise InputError("the score table is empty; score some predictions, or take scores.published()")
    twice = frame[frame.duplicated([*KEYS, "image_set", "metric", "label_count"])]
    if len(twice):
        one = twice.iloc[0]
        raise InputError(
            f"{one['checkpoint']} has {one['metric']} on {one['image_set']} twice; "
            "give scores against one label set at a time"
        )


def _tables(frame: pd.DataFrame, keys: pd.DataFrame) -> dict[tuple[str, str, int], np.ndarray]:
    row = pd.MultiIndex.from_frame(keys[KEYS]).get_indexer(pd.MultiIndex.from_frame(frame[KEYS]))
    numbers = frame.reindex(columns=["value", "ci_low", "ci_high", "n_images"]).astype(float).to_numpy()
    counts = frame["label_count"].astype(float).fillna(ALL).astype(int)
    tables = {}
    for key, places in frame.groupby([frame["metric"], frame["image_set"], counts]).indices.items():
        tables[key] = np.full((len(keys), 4), np.nan)
        tables[key][row[places]] = numbers[places]
    return tables


def _mean(strata: np.ndarray) -> np.ndarray:
    """The unweighted mean over label counts; the interval of independent means."""
    mean = strata[..., 0].mean(axis=0)
    error = np.sqrt((((strata[..., 2] - strata[..., 1]) / 2) ** 2).sum(axis=0)) / len(strata)
    return np.stack([mean, mean - error, mean + error, strata[..., 3].sum(axis=0)], axis=1)


def _pooled(strata: np.ndarray) -> np.ndarray:
    """The share over all pictures of these label counts, with its Wilson interval."""
    n = strata[..., 3].sum(axis=0)
    hits = (strata[..., 0] * strata[..., 3]).sum(axis=0)
    low, high = intervals.wilson_array(hits, n)
    return np.stack([hits / n, low, high, n], axis=1)


def _pairs(keys: pd.DataFrame, first: np.ndarray, second: np.ndarray, before: np.ndarray) -> pd.DataFrame:
    gap = first[:, 0] - second[:, 0]
    # Newcombe's interval of a difference (1998, method 10), as in score.gaps.
    low = gap - np.hypot(first[:, 0] - first[:, 1], second[:, 2] - second[:, 0])
    high = gap + np.hypot(first[:, 2] - first[:, 0], second[:, 0] - second[:, 1])
    group = keys["group"].to_numpy()
    ranks = pd.DataFrame({"before": before, "after": second[:, 0]}).groupby(group).rank(method="min", ascending=False)
    ranks = ranks.astype(int).to_numpy()  # score.ranks.rank, for both columns and all groups at once
    frame = keys.assign(
        first=first[:, 0],
        second=second[:, 0],
        gap=gap,
        ci_low=low,
        ci_high=high,
        rank_before=ranks[:, 0],
        rank_after=ranks[:, 1],
        shift=ranks[:, 0] - ranks[:, 1],
    ).sort_values(["group", "first", "second"], ignore_index=True)
    return frame.assign(place=frame.groupby("group").cumcount() + 1)


def _chosen(keys: pd.DataFrame, question: Query) -> pd.Series:
    fits = keys["checkpoint"].str.contains(question.search.strip(), case=False, regex=False)
    return fits & (keys["family"] == question.family) if question.family != "all" else fits


def _lost(sources: pd.Series, asked: np.ndarray, has: np.ndarray) -> list[str]:
    return sorted(set(sources[asked]) - set(sources[has]))
