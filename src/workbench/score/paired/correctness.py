"""What each checkpoint gets right on each image: where paired comparisons and the joint bootstrap start from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.inputs import committed, labels
from workbench.inputs.labels import LabelSet
from workbench.predict.store import Predictions
from workbench.score import scores
from workbench.score.scores import original_of
from workbench.score.table import LABEL_COUNTS

COMMITTED = "recht2019-images"
DEEPEST = max(LABEL_COUNTS)
FACTS, OUTCOMES = ("classes", "label_counts", "confirmed"), ("top1", "real", "found")  # of images; of checkpoints, too


@dataclass(frozen=True, eq=False)
class Correctness:
    """What m checkpoints get right on the n images of one image set, in the order of their original class, then id.

    `classes` and `label_counts`, shape (n,): original class and number of labels of each image; `confirmed`, boolean
    (n,): whether the original class is among the labels. `top1` and `real`, boolean (n, m): whether the best class is
    the original label, and whether it is any label. `found`, uint8 (n, m): how many of an image's k best classes are
    among its k labels, where k is 1 to `depth`, else 0.
    """

    image_set: str
    checkpoints: tuple[str, ...]
    classes: np.ndarray
    label_counts: np.ndarray
    confirmed: np.ndarray
    top1: np.ndarray
    real: np.ndarray
    found: np.ndarray
    depth: int = DEEPEST

    def __len__(self) -> int:
        return len(self.classes)

    def credit(self, metric: str) -> np.ndarray:
        """What each image gives each checkpoint, 0 to 1, float32 (n, m), by ``top1``, ``real``, ``subgroup`` or
        ``original``: 1 where the best class is the original label and that is among the labels.
        """
        if metric != "subgroup":
            return {"top1": self.top1, "real": self.real, "original": self.top1 & self.real}[metric].astype("f4")
        return (self.found / np.maximum(self.label_counts, 1)[:, None]).astype("f4")

    def take(self, checkpoints: Sequence[str]) -> "Correctness":
        """The same of some checkpoints, in the given order. Raises `InputError` for one that is not there."""
        if missing := [name for name in checkpoints if name not in self.checkpoints]:
            raise InputError(f"{missing[0]!r} is none of the {len(self.checkpoints)} checkpoints on {self.image_set}")
        columns = [self.checkpoints.index(name) for name in checkpoints]
        parts = {name: getattr(self, name)[:, columns] for name in OUTCOMES}
        return replace(self, checkpoints=tuple(checkpoints), **parts)

    def only(self, images: np.ndarray) -> "Correctness":
        """The same of some images, given as a boolean (n,)."""
        return replace(self, **{name: getattr(self, name)[images] for name in (*FACTS, *OUTCOMES)})


def of(
    predictions: Iterable[Predictions], labelled: LabelSet | None = None, original: LabelSet | None = None
) -> Correctness:
    """What predictions on one image set get right; by default against the set's own labels.

    Raises `InputError` where the predictions are on several sets or on unlike images, a checkpoint stands twice, or
    the images have no single label.
    """
    several = list(predictions)
    first = several[0]
    names = tuple(one.checkpoint for one in several)
    if {one.image_set for one in several} != {first.image_set} or len(set(names)) < len(names):
        seen = ", ".join(f"{one.checkpoint} on {one.image_set}" for one in several[:3])
        raise InputError(f"paired comparisons need different checkpoints on one image set; given were {seen}")
    labelled = labels.of(first.images, first.image_set) if labelled is None else labelled
    original = original_of(labelled) if original is None else original
    if original is None:
        raise InputError(f"label set {labelled.name!r} has no single labels for top-1; give them as well")
    images = first.images[(labelled.rows(first.images) >= 0) & (original.rows(first.images) >= 0)]
    rows, single = labelled.rows(images), original.classes[original.indptr[original.rows(images)]]
    order = np.lexsort((images.to_numpy(dtype=str), single))
    counts, depth = labelled.counts[rows], min(DEEPEST, *(one.topk for one in several))
    right = [_right(_classes(one, images, depth), labelled, rows, single) for one in several]
    top1, real, found = (np.stack(part, axis=1)[order] for part in zip(*right, strict=True))
    facts = single[order], counts[order].astype("u1"), labelled.table[rows, single][order]
    return Correctness(first.image_set, names, *facts, top1, real, found, depth)


def on_both(predictions: Iterable[Predictions]) -> tuple[Correctness, Correctness]:
    """What the checkpoints that have predictions on V1 and on V2 get right on each, in one order.

    Named as by :func:`paired`. Raises `InputError` where there is none, and as :func:`of`.
    """
    v1, v2 = (of(side.values()) for side in paired(predictions).values())
    return v1, v2


def paired(predictions: Iterable[Predictions]) -> dict[str, dict[str, Predictions]]:
    """Predictions on ``v1`` and on ``v2`` of the checkpoints that have both, by name, in one order.

    Where there are both protocols, a checkpoint's name says its own: V1 by one is never set against V2 by the other.
    Raises `InputError` where there is none.
    """
    several = list(predictions)
    if len({one.protocol for one in several}) > 1:  # they differ by up to 4.3 points: to each its own name
        several = [replace(one, checkpoint=f"{one.checkpoint} ({one.protocol})") for one in several]
    sides = {side: {one.checkpoint: one for one in several if one.image_set == side} for side in ("v1", "v2")}
    if not (names := [name for name in sides["v1"] if name in sides["v2"]]):
        raise InputError("no checkpoint has predictions on both v1 and v2; predict both image sets")
    return {side: {name: by_name[name] for name in names} for side, by_name in sides.items()}


def _classes(one: Predictions, images: pd.Index, depth: int) -> np.ndarray:
    """The best classes of a checkpoint on given images, shape (n, depth)."""
    places = one.images.get_indexer(images)
    if lost := int((places < 0).sum()):
        raise InputError(f"{one.checkpoint} lacks {lost} of the {len(images)} images; compare on the same images")
    return one.classes[places, :depth]


def _right(
    classes: np.ndarray, labelled: LabelSet, rows: np.ndarray, single: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`top1`, `real` and `found` of one checkpoint, from its best classes and the rows of the label set."""
    hit, counts = scores.hits(classes, labelled.table, rows), labelled.counts[rows]
    asked = (counts >= 1) & (counts <= classes.shape[1])
    found = scores.label_wise_accuracy(hit, np.where(asked, counts, 0)) * counts
    return classes[:, 0] == single, hit[:, 0], np.where(asked, np.rint(found), 0).astype("u1")


def recht2019() -> tuple[Correctness, Correctness]:
    """What the 67 public models of Recht et al. (2019) get right on V1 and on V2, as computed and committed here."""
    arrays = committed.arrays(COMMITTED)
    return unpack(arrays, "v1"), unpack(arrays, "v2")


def pack(correct: Correctness) -> dict[str, np.ndarray]:
    """The record as small arrays, under names that begin with its image set: a bit for each yes or no.

    `found` is kept where `top1` and `real` do not tell it, at 2 to 5 labels.
    """
    parts = {
        "checkpoints": np.array(correct.checkpoints),
        "classes": correct.classes.astype("u2"),
        "label_counts": correct.label_counts,
        "confirmed": np.packbits(correct.confirmed),
        "top1": np.packbits(correct.top1, axis=1),
        "real": np.packbits(correct.real, axis=1),
        "found": correct.found[_several(correct.label_counts)],
    }
    return {f"{correct.image_set}_{name}": part for name, part in parts.items()}


def unpack(arrays: Mapping[str, np.ndarray], image_set: str) -> Correctness:
    """The record that :func:`pack` made small."""
    part = {name: arrays[f"{image_set}_{name}"] for name in (*FACTS, *OUTCOMES)}
    classes, label_counts = part["classes"], part["label_counts"]
    checkpoints = tuple(arrays[f"{image_set}_checkpoints"].tolist())
    confirmed = np.unpackbits(part["confirmed"], count=len(classes)).astype(bool)
    top1, real = (np.unpackbits(part[name], axis=1, count=len(checkpoints)).astype(bool) for name in ("top1", "real"))
    found = np.where((label_counts == 1)[:, None], real, 0).astype("u1")
    found[_several(label_counts)] = part["found"]
    return Correctness(image_set, checkpoints, classes, label_counts, confirmed, top1, real, found)


def _several(label_counts: np.ndarray) -> np.ndarray:
    return (label_counts > 1) & (label_counts <= DEEPEST)
