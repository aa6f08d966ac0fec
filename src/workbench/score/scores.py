"""Predictions and labels become a score table; see :mod:`workbench.score.table` for its columns and metrics."""

import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat

import numpy as np
import pandas as pd

from workbench.errors import InputError, counted
from workbench.inputs import labels, patchml
from workbench.inputs.images import SIZES
from workbench.inputs.labels import LabelSet
from workbench.predict.store import Predictions
from workbench.score import intervals, table

# The single labels that belong to a label set, thresholds left aside: v1-real@0.5 is a v1-real.
ORIGINAL = {
    **dict.fromkeys(("v1-real", "v1-mturk", "v1-multilabel", "imagenet-m"), "v1-original"),
    **dict.fromkeys(("v2-refined", "v2-multilabel"), "v2-original"),
}


def score(
    predictions: Predictions | Iterable[Predictions],
    labels: LabelSet | str | None = None,
    *,
    original: LabelSet | str | None = None,
    label_counts: Sequence[int] | None = None,
    drop_unlabelled: bool = False,
) -> pd.DataFrame:
    """Score predictions, one file or many, against a label set; without one, against each image set's own.

    Subgroup accuracy and ASMA are over `label_counts`: by default 1 to 5, and 2, 3, 4, 6, 9 for PatchML; a warning
    says which of these the stored classes do not suffice for, and that ASMA is left out then. Warns of files that
    hold fewer than all images of V1 or V2, too. Raises `InputError` where `label_counts` are given and deeper than
    the predictions, or for images that the label set lacks (unless `drop_unlabelled`, which warns with their number).
    """
    several = [predictions] if isinstance(predictions, Predictions) else predictions
    rows, notes = [], defaultdict(list)
    for one in several:
        own = labels_for(one, labels)
        counts = _label_counts(own, label_counts)
        too_deep = _too_deep(one, counts, chosen=label_counts is not None)
        known = _known(one, own, drop_unlabelled)
        scored = _scores(known, own, original_of(own, original), sorted({*counts} - {*too_deep}))
        kept = [row for row in scored if not too_deep or row[0] != "asma"]
        rows += [(one.checkpoint, one.image_set, own.name, one.protocol, *row, one.source) for row in kept]
        for note in _notes(one, too_deep):
            notes[note].append(f"{one.checkpoint} on {one.image_set}")
    for note, names in notes.items():
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        warnings.warn(f"{', '.join(names[:3])}{more}: {note}", stacklevel=2)
    return table.build(rows)


def original_of(labels: LabelSet, original: LabelSet | str | None = None) -> LabelSet | None:
    """The single-label set that top-1 asks: the given one, the paired one, or `labels` where each image has one."""
    if original is not None:
        return _label_set(original)
    if (kind := labels.name.partition("@")[0]) in ORIGINAL:
        return _label_set(ORIGINAL[kind])
    return labels if (labels.counts == 1).all() else None


def _label_set(wanted: LabelSet | str) -> LabelSet:
    return labels.load(wanted) if isinstance(wanted, str) else wanted


def labels_for(predictions: Predictions, wanted: LabelSet | str | None) -> LabelSet:
    """The label set to score predictions against: a given one, by name or file, or the image set's own.

    Raises `InputError` where none was asked for and the image set has none.
    """
    if wanted == "folders":
        return labels.from_folders(predictions.images)
    if wanted is not None:
        return _label_set(wanted)
    try:
        return labels.of(predictions.images, predictions.image_set)
    except InputError as error:
        seen = f"image set {predictions.image_set!r} has no label set of its own, and its folders name no classes"
        advice = f"give --labels: a name ({', '.join(labels.names())}) or a label file"
        raise InputError(f"{seen} ({error}); {advice}") from error


def _label_counts(labels: LabelSet, wanted: Sequence[int] | None) -> list[int]:
    default = patchml.COUNTS if labels.name.startswith("patchml-") else table.LABEL_COUNTS
    return sorted(set(default if wanted is None else wanted))


def _too_deep(predictions: Predictions, label_counts: list[int], *, chosen: bool) -> list[int]:
    """The label counts that the stored classes do not suffice for. A deeper top-k is never silently truncated: these
    are an error where they were chosen, else they are left out with a note.
    """
    if not label_counts or min(label_counts) < 1:
        raise InputError(f"label counts are {list(label_counts)}; expected whole numbers from 1 up")
    topk, deepest = predictions.topk, max(label_counts)
    if chosen and deepest > topk:
        seen = f"images with {deepest} labels ask for the top-{deepest} classes, but only the top-{topk} are stored"
        advice = f"predict again with --topk {deepest}, or ask for label counts up to {topk} with --label-counts"
        raise InputError(f"{predictions.checkpoint}: {seen}; {advice}")
    return [count for count in label_counts if count > topk]


def _notes(predictions: Predictions, too_deep: list[int]) -> Iterator[str]:
    """What a reader of the scores must know: images that are in no denominator, and scores that are not there."""
    failed, whole = len(predictions.failures), SIZES.get(predictions.image_set, 0)
    if failed:
        yield f"{counted(failed, 'picture', 'pictures')} could not be read or decoded, and in no denominator"
    if (given := len(predictions)) + failed < whole:
        yield f"{given:,} of the {whole:,} images are there; scores are over these"
    if too_deep:
        counts = ", ".join(map(str, too_deep))
        seen = f"only the top-{predictions.topk} of each image is stored"
        yield f"{seen}; subgroup accuracy at {counts} labels and ASMA ask for more, and are left out"


def _known(predictions: Predictions, labels: LabelSet, drop_unlabelled: bool) -> Predictions:
    """The predictions on the images that the label set knows."""
    known = labels.rows(predictions.images) >= 0
    if known.all():
        return predictions
    lost = int((~known).sum())
    seen = f"{lost} of the {len(known)} images of {predictions.checkpoint} on {predictions.image_set} are not in "
    seen += f"label set {labels.name!r}, {predictions.images[~known][0]!r} among them"
    if not drop_unlabelled or lost == len(known):
        raise InputError(f"{seen}; give the label set of these images, or leave them out with --drop-unlabelled")
    warnings.warn(f"{seen}; they are left out of every score", stacklevel=3)
    return predictions.take(known)


def hits(classes: np.ndarray, table: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Whether each predicted class is among the labels of its image: boolean, shape (n, k).

    `classes` (n, k) are the predicted ones, best first; `rows` (n,) gives the row of each image in a label set's
    membership `table` (m, 1000).
    """
    return table.ravel().take(rows[:, None] * table.shape[1] + classes)


def label_wise_accuracy(hit: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Share of the top-k_i classes that are labels, k_i = `counts` (n,) being the number of labels of image i; NaN
    where it is 0. Shape (n,); `hit` is that of :func:`hits`.

    Source: "Re-assessing ImageNet", section 3.3. Raises IndexError where an image has more labels than `hit`
    has columns: a deeper top-k is never silently truncated.

    >>> label_wise_accuracy(np.array([[True, False, True]] * 2), np.array([1, 2])).tolist()
    [1.0, 0.5]
    """
    found = np.concatenate([np.zeros((len(hit), 1), dtype=int), hit.cumsum(axis=1)], axis=1)
    with np.errstate(invalid="ignore"):
        return found[np.arange(len(hit)), counts] / counts


def _scores(predictions: Predictions, labels: LabelSet, original: LabelSet | None, asked: list[int]) -> list[tuple]:
    """Rows of a score table from `metric` to `ci_high`."""
    rows = labels.rows(predictions.images)
    hit = hits(predictions.classes[:, : max(asked, default=1)], labels.table, rows)
    counts = labels.counts[rows]
    top1 = _shares("top1", _right(predictions, original), counts) if original else []
    labelled = counts > 0
    return [*top1, *_shares("real", hit[labelled, 0], counts[labelled]), *_subgroups(hit, counts, asked)]


def _right(predictions: Predictions, original: LabelSet) -> np.ndarray:
    rows = original.rows(predictions.images)
    if lost := int((rows < 0).sum()):
        raise InputError(f"{lost} images have no original label in {original.name!r}; top-1 needs one for each")
    return hits(predictions.classes[:, :1], original.table, rows)[:, 0]


def _shares(metric: str, right: np.ndarray, counts: np.ndarray) -> list[tuple]:
    """Share of right images, over all of them and over those with each number of labels."""
    strata = np.unique(counts)
    groups = [right, *(right[counts == g] for g in strata)]
    k, n = (pd.Series([measure(group) for group in groups]) for measure in (np.sum, len))
    return list(zip(repeat(metric), [None, *strata], k / n, n, *intervals.wilson(k, n), strict=False))


def _subgroups(hit: np.ndarray, counts: np.ndarray, label_counts: list[int]) -> list[tuple]:
    """Label-wise accuracy of the images with each number of labels, and its mean over those numbers."""
    if not label_counts:
        return []
    asked = np.isin(counts, label_counts)
    accuracy = pd.Series(label_wise_accuracy(hit[asked], counts[asked]))
    groups = accuracy.groupby(counts[asked]).agg(["mean", "sem", "size"]).reindex(label_counts)
    means, errors, n = groups["mean"].to_numpy(), groups["sem"].to_numpy(), groups["size"].fillna(0).astype(int)
    asma = means.mean()
    low, high = intervals.normal(means, errors)
    if (one := np.array(label_counts) == 1).any():  # each picture is right or wrong there: one interval for one number
        low[one], high[one] = intervals.wilson(means[one] * n[one], n[one])
    rows = list(zip(repeat("subgroup"), label_counts, means, n, low, high, strict=False))
    return [*rows, ("asma", None, asma, n.sum(), *intervals.normal(asma, intervals.mean_error(errors)))]
