"""The record of labels: image id -> set of class indices, as CSR arrays."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import InputError, counted
from workbench.files import write_file
from workbench.inputs import classes
from workbench.inputs.images import canonical_id


@dataclass(frozen=True, eq=False)
class LabelSet:
    """Image id -> set of class indices, as CSR arrays.

    `images` holds the n ids; the labels of image i are ``classes[indptr[i]:indptr[i + 1]]``, shape (n_labels,), uint16.
    """

    name: str
    images: pd.Index
    indptr: np.ndarray
    classes: np.ndarray
    _last: list = field(default_factory=list, repr=False)

    def __len__(self) -> int:
        return len(self.images)

    def __contains__(self, image: str) -> bool:
        return self._found(pd.Index([image], dtype="str"))[0] >= 0

    @property
    def counts(self) -> np.ndarray:
        """Number of labels of each image, shape (n,)."""
        return np.diff(self.indptr)

    @cached_property
    def table(self) -> np.ndarray:
        """Boolean membership table, shape (n, 1000): 50 MB for V1, and each look-up is one gather."""
        table = np.zeros((len(self), classes.N_CLASSES), dtype=bool)
        table[np.repeat(np.arange(len(self)), self.counts), self.classes] = True
        return table

    def rows(self, images: pd.Index) -> np.ndarray:
        """Row of each image id in this set, -1 where it has none, shape (len(images),).

        A picture of V1 or V2 is found by its name, too, whatever folder its id keeps. The last answer is kept: files
        of predictions mostly share their ids, and looking up 50,000 takes longer than scoring them.
        """
        if not self._last or not (self._last[0] is images or self._last[0].equals(images)):
            self._last[:] = [images, self._found(images)]
        return self._last[1]

    def _found(self, images: pd.Index) -> np.ndarray:
        rows = self.images.get_indexer(images)
        lost = np.flatnonzero((rows < 0) & images.str.contains("/"))
        rows[lost] = self.images.get_indexer(pd.Index([canonical_id(image) for image in images[lost]], dtype="str"))
        return rows

    def rows_of(self, images: Iterable[str]) -> np.ndarray:
        """Row of each image in this set, shape (n,). Raises `InputError` where one is missing."""
        # An index as it is: one walk over 50,000 ids of an index takes longer than looking them up.
        rows = self.rows(pd.Index(images if isinstance(images, pd.Index | pd.Series) else list(images), dtype="str"))
        if (rows < 0).any():
            lost = counted(int((rows < 0).sum()), "picture is", "pictures are")
            raise InputError(f"{lost} not in label set {self.name!r}")
        return rows

    def mapping(self) -> dict[str, list[int]]:
        """The set as ``{image id: class indices}``, in order."""
        ends, flat = self.indptr.tolist(), self.classes.tolist()
        return {image: flat[ends[row] : ends[row + 1]] for row, image in enumerate(self.images)}

    def labels(self, image: str) -> list[int]:
        """Class indices of one image. Raises `InputError` for an id that is not in the set."""
        row = self._found(pd.Index([image], dtype="str"))[0]
        if row < 0:
            raise InputError(f"image {image!r} is not in label set {self.name!r}, which has {len(self)} images")
        return self.classes[self.indptr[row] : self.indptr[row + 1]].tolist()


def from_mapping(name: str, labels: Mapping[str, Iterable[int]]) -> LabelSet:
    """A label set from ``{image id: class indices}``; an image may have none.

    Raises `InputError` for a class that is no whole number from 0 to 999, and for an empty id.

    >>> from_mapping("mine", {"a.png": [3, 7], "b.png": []}).counts.tolist()
    [2, 0]
    """
    if not all(labels):
        raise InputError(f"label set {name!r} has an empty image id; expected a name for each image")
    rows = [sorted({_class_index(name, label) for label in row}) for row in labels.values()]
    flat = np.array([label for row in rows for label in row], dtype=np.uint16)
    indptr = np.cumsum([0, *map(len, rows)], dtype=np.int64)
    return LabelSet(name, pd.Index(list(labels), dtype="str"), indptr, flat)


def _class_index(name: str, label: Any) -> int:
    whole = isinstance(label, int | np.integer) and not isinstance(label, bool)
    if not whole or not 0 <= label < classes.N_CLASSES:
        raise InputError(f"label set {name!r} has class {label}; expected class indices from 0 to 999")
    return int(label)


def write(labels: LabelSet, path: str | Path) -> None:
    """Write a label set as JSON, ``{image id: [class index, ...]}``, as :func:`read` takes it."""
    write_file(Path(path), json.dumps(labels.mapping(), indent=0) + "\n")
