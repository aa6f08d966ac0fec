"""Predictions and labels become a score table; see :mod:`workbench.score.table` for its columns and metrics."""

import warnings
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.inputs import labels as label_sets
from workbench.inputs import patchml
from workbench.inputs.labels import LabelSet
from workbench.predict.store import Predictions
from workbench.score import intervals, metrics
from workbench.score.table import LABEL_COUNTS, frame

ORIGINAL = {"v1-real": "v1-original", "v2-refined": "v2-original"}


def score(
    predictions: Predictions | Iterable[Predictions],
    labels: LabelSet | str | None = None,
    *,
    original: LabelSet | str | None = None,
    label_counts: Sequence[int] | None = None,
    drop_unlabelled: bool = False,
) -> pd.DataFrame:
    """Score predictions, one file or many, against a label set; without one, against each image set's own.

    Subgroup accuracy and ASMA are over `label_counts`: by default 1 to 5, and 2, 3, 4, 6, 9 for PatchML. Raises
    `InputError` where the predictions are less deep than the largest label count, or name images that the label
    set lacks (unless `drop_unlabelled`, which warns with their number).
    """
    several = [predictions] if isinstance(predictions, Predictions) else predictions
    rows = []
    for one in several:
        own = _labels_for(one, labels)
        counts = _label_counts(own, label_counts)
        if one.failures:
            seen = f"{len(one.failures)} pictures of {one.image_set} could not be decoded by {one.checkpoint}'s run"
            warnings.warn(f"{seen}; they are in no denominator", stacklevel=2)
        _check_depth(one, counts)
        joined = _join(one, own, drop_unlabelled)
        scored = _scores(*joined, own, original_of(own, original), counts)
        rows += [(one.checkpoint, one.image_set, own.name, one.protocol, *row, one.source) for row in scored]
    return frame(rows)


def _scores(
    classes, rows, images, labels: LabelSet, original: LabelSet | None, label_counts: Sequence[int]
) -> list[tuple]:
    hit = metrics.hits(classes[:, : max(label_counts)], labels.table, rows)
    counts = labels.counts[rows]
    top1 = _top1(classes, images, original, counts) if original else []
    return [*top1, *_real(hit, counts), *_subgroups(hit, counts, label_counts)]


def _labels_for(predictions: Predictions, labels: LabelSet | str | None) -> LabelSet:
    if labels == "folders":
        return label_sets.from_folders(predictions.images)
    if labels is not None:
        return _label_set(labels)
    try:
        return label_sets.of(predictions.images, predictions.image_set)
    except InputError as error:
        raise InputError(
            f"image set {predictions.image_set!r} has no label set of its own, and its folders name no classes "
            f"({error}); give --labels: a name ({', '.join(label_sets.NAMED)}) or a label file"
        ) from error


def _label_counts(labels: LabelSet, wanted: Sequence[int] | None) -> list[int]:
    default = patchml.COUNTS if labels.name.startswith("patchml-") else LABEL_COUNTS
    return sorted(set(default if wanted is None else wanted))


def _label_set(labels: LabelSet | str) -> LabelSet:
    return label_sets.load(labels) if isinstance(labels, str) else labels


def original_of(labels: LabelSet, original: LabelSet | str | None = None) -> LabelSet | None:
    """The single-label set that top-1 asks: the given one, the paired one, or `labels` itself where each
    image has one.
    """
    if original is not None:
        return _label_set(original)
    if labels.name in ORIGINAL:
        return _label_set(ORIGINAL[labels.name])
    return labels if (labels.counts == 1).all() else None


def _check_depth(predictions: Predictions, label_counts: Sequence[int]) -> None:
    if not label_counts or min(label_counts) < 1:
        raise InputError(f"label counts are {list(label_counts)}; expected whole numbers from 1 up")
    deepest = max(label_counts)
    if deepest > predictions.topk:
        raise InputError(
            f"{predictions.checkpoint}: images with {deepest} labels ask for the top-{deepest} classes, but only the "
            f"top-{predictions.topk} are stored; predict again with --topk {deepest}, or ask for label counts up to "
            f"{predictions.topk} with --label-counts"
        )


def _join(predictions: Predictions, labels: LabelSet, drop_unlabelled: bool) -> tuple[np.ndarray, np.ndarray, pd.Index]:
    """Predicted classes, their rows in the label set, and the ids, of the images that the label set knows."""
    rows = labels.rows(predictions.images)
    known = rows >= 0
    if known.all():
        return predictions.classes, rows, predictions.images
    lost = int((~known).sum())
    seen = (
        f"{lost} of the {len(rows)} images of {predictions.checkpoint} on {predictions.image_set} are not in label set "
        f"{labels.name!r}, {predictions.images[~known][0]!r} among them"
    )
    if not drop_unlabelled or lost == len(rows):
        raise InputError(f"{seen}; give the label set of these images, or leave them out with --drop-unlabelled")
    warnings.warn(f"{seen}; they are left out of every score", stacklevel=3)
    return predictions.classes[known], rows[known], predictions.images[known]


def _top1(classes: np.ndarray, images: pd.Index, original: LabelSet, counts: np.ndarray) -> list[tuple]:
    rows = original.rows(images)
    if (rows < 0).any():
        raise InputError(
            f"{int((rows < 0).sum())} images have no original label in {original.name!r}; top-1 needs one for each"
        )
    correct = metrics.hits(classes[:, :1], original.table, rows)[:, 0]
    return [_share("top1", None, correct)] + [_share("top1", g, correct[counts == g]) for g in np.unique(counts)]


def _real(hit: np.ndarray, counts: np.ndarray) -> list[tuple]:
    best = hit[:, 0]
    strata = [g for g in np.unique(counts) if g > 0]
    return [_share("real", None, best[counts > 0])] + [_share("real", g, best[counts == g]) for g in strata]


def _share(metric: str, label_count, correct: np.ndarray) -> tuple:
    n = len(correct)
    value = correct.mean() if n else np.nan
    return (metric, label_count, value, n, *intervals.wilson(correct.sum(), n))


def _subgroups(hit: np.ndarray, counts: np.ndarray, label_counts: Sequence[int]) -> list[tuple]:
    groups = {g: metrics.label_wise_accuracy(hit[counts == g], counts[counts == g]) for g in label_counts}
    means = {g: values.mean() if len(values) else np.nan for g, values in groups.items()}
    errors = {g: intervals.standard_error(values) for g, values in groups.items()}
    scored = [("subgroup", g, means[g], len(groups[g]), *intervals.normal(means[g], errors[g])) for g in label_counts]
    mean = metrics.asma(np.array(list(means.values())))
    # The subgroups are disjoint, so the variances of their means add.
    error = np.sqrt(np.sum(np.square(list(errors.values())))) / len(groups)
    n = sum(len(values) for values in groups.values())
    return [*scored, ("asma", None, mean, n, *intervals.normal(mean, error))]
