"""Two classifiers on the same images: how far apart they are, and whether the images tell them apart."""

import warnings
from itertools import pairwise

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.inputs.labels import LabelSet
from workbench.predict.store import Predictions
from workbench.score import intervals, scores
from workbench.score.paired import significance
from workbench.score.paired.bootstrap import Resampling
from workbench.score.paired.correctness import Correctness

METRICS = ("top1", "real")
LEVEL = 0.05
MANY = Resampling(n=10_000)  # cheap here: a draw is three counts


def compare(
    first: Predictions,
    second: Predictions,
    labels: LabelSet | str | None = None,
    *,
    metric: str = "top1",
    resampling: Resampling | None = None,
) -> pd.DataFrame:
    """Two predictions on one image set by ``top1`` or ``real``: one row, against the set's own labels by default.

    Columns: ``first, second, image_set, labels, metric, n_images, value_first, value_second`` and ``difference, ci_low,
    ci_high, only_first, only_second, p, images_needed``, as :mod:`workbench.score.paired.significance` defines them.
    Compares the images that both have and the labels know, and warns where there are others, or where the protocols
    differ. Raises `InputError` where the image sets differ, no image is left, or top-1 finds no single labels.
    """
    if metric not in METRICS:
        raise InputError(f"metric is {metric!r}; expected one of {', '.join(METRICS)}")
    first, second = _on_common(first, second)
    labelled = scores.labels_for(first, labels)
    labelled = labelled if metric == "real" else scores.original_of(labelled)
    if labelled is None:
        raise InputError(f"{labels} gives some images several labels, and top-1 asks for one; ask for --metric real")
    rows = labelled.rows(first.images)
    asked = (rows >= 0) & (labelled.counts[rows] > 0)
    if unknown := int((rows < 0).sum()):
        warnings.warn(f"{unknown} of {len(rows)} images are not in label set {labelled.name!r}, left out", stacklevel=2)
    if not asked.any():
        raise InputError(f"label set {labelled.name!r} has no label for any of the images; give --labels that has")
    right = _right(first.take(asked), labelled), _right(second.take(asked), labelled)
    about = {"first": first.checkpoint, "second": second.checkpoint, "image_set": first.image_set}
    about |= {"labels": labelled.name, "metric": metric, "n_images": int(asked.sum())}
    values = {"value_first": right[0].mean(), "value_second": right[1].mean()}
    found = pd.DataFrame([about | values | _tested(*right, resampling or MANY)])
    return found.astype({"images_needed": "Int64"})


def _on_common(first: Predictions, second: Predictions) -> tuple[Predictions, Predictions]:
    """Both on the images that both have, in one order."""
    if first.image_set != second.image_set:
        seen = f"{first.checkpoint} is on {first.image_set}, {second.checkpoint} on {second.image_set}"
        raise InputError(f"{seen}; a paired comparison needs predictions on the same images")
    if first.protocol != second.protocol:
        seen = f"{first.checkpoint} was run with protocol {first.protocol}, {second.checkpoint} with {second.protocol}"
        warnings.warn(f"{seen}; the difference is one of checkpoint and protocol together", stacklevel=3)
    both = first.images.intersection(second.images, sort=False)
    if not len(both):
        raise InputError(f"{first.checkpoint} and {second.checkpoint} have no image in common; are the ids alike?")
    if len(both) < max(len(first), len(second)):
        seen = f"{first.checkpoint} has {len(first)} images, {second.checkpoint} {len(second)}"
        warnings.warn(f"{seen}; compared on the {len(both)} that both have", stacklevel=3)
    return first.take(first.images.get_indexer(both)), second.take(second.images.get_indexer(both))


def _right(predictions: Predictions, labelled: LabelSet) -> np.ndarray:
    rows = labelled.rows(predictions.images)
    return scores.hits(predictions.classes[:, :1], labelled.table, rows)[:, 0]


def _tested(first: np.ndarray, second: np.ndarray, resampling: Resampling) -> dict:
    """Difference, paired interval, discordant images, p-value and images needed, from what each gets right."""
    n, only_first, only_second = len(first), int((first & ~second).sum()), int((second & ~first).sum())
    low, high = significance.difference_interval(only_first, only_second, n, resampling)
    return {
        **{"difference": (only_first - only_second) / n, "ci_low": low, "ci_high": high},
        **{"only_first": only_first, "only_second": only_second, "p": significance.mcnemar(only_first, only_second)},
        "images_needed": significance.images_needed(only_first, only_second, n),
    }


def neighbours(correct: Correctness, metric: str = "top1", *, resampling: Resampling | None = None) -> pd.DataFrame:
    """Each checkpoint and the next one below it by ``top1`` or ``real``, with its paired test.

    Columns: ``model, next``, those of :func:`compare` from ``difference`` on, ``p_holm, p_bh`` adjusted for the number
    of neighbours, and two standard errors of the difference: ``unpaired``, as if both had seen different images, and
    ``paired``: an image on which both are right, or both wrong, says nothing of the difference.
    """
    asked = slice(None) if metric == "top1" else correct.label_counts > 0
    right = {"top1": correct.top1, "real": correct.real}[metric][asked]
    accuracy, n = right.mean(axis=0), len(right)
    rows = []
    for one, other in pairwise(np.argsort(-accuracy, kind="stable")):
        names = {"model": correct.checkpoints[one], "next": correct.checkpoints[other]}
        rows.append(names | _tested(right[:, one], right[:, other], resampling or MANY))
        unpaired = np.sqrt(sum(accuracy[i] * (1 - accuracy[i]) for i in (one, other)) / n)
        away = right[:, one].astype(float) - right[:, other]
        rows[-1] |= {"unpaired": unpaired, "paired": away.std() / np.sqrt(n)}
    pairs = pd.DataFrame(rows).astype({"images_needed": "Int64"})
    p = pairs["p"].to_numpy()
    return pairs.assign(p_holm=significance.holm(p), p_bh=significance.benjamini_hochberg(p))


def apart(pairs: pd.DataFrame) -> dict[str, int]:
    """How many neighbours of :func:`neighbours` are told apart at 5 %: ``unpaired`` by accuracies alone, ``paired`` by
    McNemar's test, ``holm`` and ``bh`` by the same adjusted.
    """
    alone = pairs["difference"] > intervals.Z95 * pairs["unpaired"]
    tested = {name: pairs[column] < LEVEL for name, column in (("paired", "p"), ("holm", "p_holm"), ("bh", "p_bh"))}
    return {name: int(found.sum()) for name, found in ({"unpaired": alone} | tested).items()}
