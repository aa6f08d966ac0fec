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
}


def of(predictions: Predictions, labels: LabelSet, original: LabelSet | None = None) -> pd.DataFrame:
    """One row per picture that `labels` knows, in the order of the predictions: ``row, status, label_count,
    best, confidence``.

    `row` is the picture's row in the predictions; `status` a key of `STATUSES`; `best` the best class, `confidence` its
    score (NaN where there are none); the index is the image id. Without `original` no picture is ``original``: a best
    class among the labels is ``multi``. A best class that only the original label names counts as ``original``. Raises
    `InputError` where `labels` knows none of the pictures.
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
    columns = {"row": known, "status": status, "label_count": counts, "best": best, "confidence": scores}
    return pd.DataFrame(columns, index=images.rename("image"))


def among(best: np.ndarray, rows: np.ndarray, labels: LabelSet) -> np.ndarray:
    """Whether one class per picture is among the labels of its row; False for row -1. Shape (n,).

    By binary search, so that 50,000 pictures need no table of 50 MB.
    """
    keys = np.repeat(np.arange(len(labels)), labels.counts) * N_CLASSES + labels.classes
    wanted = np.where(rows >= 0, rows * N_CLASSES + best.astype(np.int64), -1)
    return np.append(keys, -2)[np.searchsorted(keys, wanted)] == wanted  # -2: what is past the end is no label


def beside(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Outcomes of two checkpoints on the pictures that both have: the first's columns, and the second's with ``_2``.

    Raises `InputError` where they share no picture.
    """
    second = second.drop(columns="label_count").add_suffix("_2")
    both = first.join(second, how="inner", validate="one_to_one")
    if both.empty:
        raise InputError("the two checkpoints have no picture in common; give predictions on the same image set")
    return both


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
    first, second = (pictures[name].isin(["original", "multi"]) for name in ("status", "status_2"))
    return {"same": same, "differ": ~same, "first": first & ~second, "second": second & ~first}[kind]


def _ordered(pictures: pd.DataFrame, kept: np.ndarray, order: str) -> np.ndarray:
    if order == "set":
        return kept
    confidence = pictures["confidence"].to_numpy()[kept]
    if order == "unsure":
        return kept[np.argsort(confidence, kind="stable")]
    if order == "error":  # what is no error comes after all errors, in the order of the set
        error = (pictures["status"] == "wrong").to_numpy()[kept]
        confidence = np.where(error, confidence, -1)
    return kept[np.argsort(-confidence, kind="stable")]
