"""What becomes of each single picture: right by the original label, right only when several labels count, or wrong."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.inputs.classes import N_CLASSES
from workbench.inputs.labels import LabelSet
from workbench.predict.store import Predictions

STATUSES = {
    "original": "correct by the original label",
    "multi": "correct only by the multi-labels",
    "wrong": "wrong",
    "unlabelled": "without a label",
}
DISAGREEMENTS = {
    "same": "same best class",
    "differ": "different best classes",
    "first": "only the first is right",
    "second": "only the second is right",
}
ORDERS = {
    "set": "as in the image set",
    "error": "most confident errors first",
    "sure": "most confident first",
    "unsure": "least confident first",
    "loss": "least probability on the labels first",
    "apart": "most apart on the labels first",
}
RIGHT = ("original", "multi")  # the statuses of a best class that is a label
DEPTH = 5  # so many of the best classes are searched for labels: a loss beyond that is large, and equal


def of(predictions: Predictions, labels: LabelSet, original: LabelSet | None = None) -> pd.DataFrame:
    """One row per picture that `labels` knows, in the order of the predictions: ``row, status, label_count, label,
    best, confidence, likelihood``.

    `row` is the picture's row in the predictions; `status` a key of `STATUSES`; `label` the class that it was collected
    for, the first of its original labels or of all (-1 without any); `best` the best class, `confidence` its score;
    `likelihood` the highest score of a label among the `DEPTH` best classes, 0 where none is there: its negative
    logarithm is the loss (both NaN where there are no scores); the index is the image id. Without `original` no picture
    is ``original``: a best class among the labels is ``multi``. A best class that only the original label names counts
    as ``original``. Raises `InputError` where `labels` knows none of the pictures.
    """
    rows = labels.rows(predictions.images)
    known = np.flatnonzero(rows >= 0)
    if not len(known):
        seen = f"none of the {len(rows)} pictures that {predictions.checkpoint} predicted on {predictions.image_set}"
        one = f"{predictions.images[0]!r} among them"
        raise InputError(f"{seen}, {one}, is in label set {labels.name!r}; give the labels of these pictures")
    best, rows = predictions.classes[known, 0], rows[known]
    images = predictions.images[known]
    first = np.zeros(len(known), bool) if original is None else among(best, original.rows(images), original)
    any_label, counts = among(best, rows, labels), labels.counts[rows]
    status = np.select([first, any_label, counts == 0], ["original", "multi", "unlabelled"], "wrong")
    scores = np.full(len(known), np.nan, "f4") if predictions.scores is None else predictions.scores[known, 0]
    status = pd.Categorical(status, list(STATUSES))
    columns = {"row": known, "status": status, "label_count": counts, "label": _first(labels, rows), "best": best}
    if original is not None:
        collected = _first(original, original.rows(images))
        columns["label"] = np.where(collected >= 0, collected, columns["label"])
    columns |= {"confidence": scores, "likelihood": _likelihood(predictions, known, rows, labels)}
    return pd.DataFrame(columns, index=images.rename("image"))


def among(best: np.ndarray, rows: np.ndarray, labels: LabelSet) -> np.ndarray:
    """Whether one class per picture is among the labels of its row; False for row -1. Shape (n,).

    By binary search, so that 50,000 pictures need no table of 50 MB.
    """
    keys = np.repeat(np.arange(len(labels)), labels.counts) * N_CLASSES + labels.classes
    wanted = np.where(rows >= 0, rows * N_CLASSES + best.astype(np.int64), -1)
    return np.append(keys, -2)[np.searchsorted(keys, wanted)] == wanted  # -2: what is past the end is no label


def _first(labels: LabelSet, rows: np.ndarray) -> np.ndarray:
    """The first label of each row of a label set; -1 for row -1 and where there is none."""
    starts = np.append(np.cumsum(labels.counts) - labels.counts, 0)
    has_any = (rows >= 0) & (np.append(labels.counts, 0)[rows] > 0)
    return np.where(has_any, np.append(labels.classes, -1)[np.where(has_any, starts[rows], 0)].astype(np.int64), -1)


def _likelihood(predictions: Predictions, known: np.ndarray, rows: np.ndarray, labels: LabelSet) -> np.ndarray:
    if predictions.scores is None:
        return np.full(len(known), np.nan, "f4")
    best, scores = predictions.classes[known, :DEPTH], predictions.scores[known, :DEPTH]
    hits = np.column_stack([among(column, rows, labels) for column in best.T])
    return np.where(hits, scores, 0).max(axis=1)


def beside(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Outcomes of two checkpoints on the pictures that both have: the first's columns, and the second's with ``_2``.

    Raises `InputError` where they share no picture.
    """
    second = second.drop(columns=["label_count", "label"]).add_suffix("_2")
    both = first.join(second, how="inner", validate="one_to_one")
    if both.empty:
        raise InputError("the two checkpoints have no picture in common; give predictions on the same image set")
    return both


def facts_of(pictures: pd.DataFrame, facts: pd.DataFrame) -> dict[str, pd.Series]:
    """The columns of facts by the rows of outcomes; `facts` has the ids in its index or its column ``image``.

    Raises `InputError` where a picture has several rows, or none of the pictures has any.
    """
    by_image = facts.set_index("image") if "image" in facts.columns else facts
    if not by_image.index.is_unique:
        raise InputError("the facts have several rows for one picture; give one row per picture")
    if not by_image.index.isin(pictures.index).any():
        raise InputError(f"the facts are on none of these pictures; their first is {by_image.index[0]!r}")
    return {str(name): column for name, column in by_image.reindex(pictures.index).items()}


@dataclass(frozen=True)
class Choice:
    """What to look at: `None` and empty mean everything. `statuses` are one per checkpoint; `label` is a
    class index that must be among the labels; `confidence` a closed range of the first checkpoint's; `facts`
    column -> value or (low, high).
    """

    statuses: tuple[str | None, ...] = ()
    label_count: int | None = None
    label: int | None = None
    confidence: tuple[float, float] = (0.0, 1.0)
    disagreement: str | None = None
    order: str = "set"
    facts: dict[str, object] = field(default_factory=dict)


def choose(pictures: pd.DataFrame, choice: Choice, labels: LabelSet) -> np.ndarray:
    """Positions in `pictures`, outcomes with whatever facts were joined, of those that fit a choice, in its order."""
    keep = pd.Series(True, pictures.index)
    for column, status in zip(("status", "status_2"), choice.statuses, strict=False):
        if status is not None:
            keep &= pictures[column] == status
    if choice.label_count is not None:
        keep &= pictures["label_count"] == choice.label_count
    if choice.label is not None:
        keep &= among(np.full(len(pictures), choice.label), labels.rows(pictures.index), labels)
    if choice.confidence != (0, 1):  # else pictures without a confidence stay, too
        keep &= pictures["confidence"].between(*choice.confidence)
    if choice.disagreement is not None:
        keep &= _disagree(pictures, choice.disagreement)
    for name, wanted in choice.facts.items():
        fact = pictures[name]
        keep &= fact.between(*wanted) if isinstance(wanted, tuple) else fact.astype(str) == str(wanted)
    return _ordered(pictures, np.flatnonzero(keep), choice.order)


def _disagree(pictures: pd.DataFrame, kind: str) -> pd.Series:
    same = pictures["best"] == pictures["best_2"]
    first, second = (pictures[name].isin(RIGHT) for name in ("status", "status_2"))
    return {"same": same, "differ": ~same, "first": first & ~second, "second": second & ~first}[kind]


def _ordered(pictures: pd.DataFrame, kept: np.ndarray, order: str) -> np.ndarray:
    if order == "set":
        return kept
    confidence = pictures["confidence"].to_numpy()[kept]
    if order == "loss":  # of those without any, the surest errors first
        return kept[np.lexsort((-confidence, pictures["likelihood"].to_numpy()[kept]))]
    if order == "apart":
        apart = (pictures["likelihood"] - pictures["likelihood_2"]).abs().to_numpy()[kept]
        return kept[np.argsort(-apart, kind="stable")]
    if order == "unsure":
        return kept[np.argsort(confidence, kind="stable")]
    if order == "error":  # what is no error comes after all errors, in the order of the set
        error = (pictures["status"] == "wrong").to_numpy()[kept]
        confidence = np.where(error, confidence, -1)
    return kept[np.argsort(-confidence, kind="stable")]
