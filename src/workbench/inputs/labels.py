"""Label sets: which of the 1000 classes each image shows.

=================  ======================================================================================
``v1-original``    the single label of each of the 50,000 validation images (V1)
``v1-real``        ReaL labels of the same images (Beyer et al. 2020); 46,837 of them have at least one
``v2-original``    the single label of each of the 10,000 ImageNetV2 MatchedFrequency images (V2)
``v2-refined``     refined multi-labels of V2 (Anzaku et al. 2024); 9,871 of them have at least one
``v1-multilabel``  classes that experts judged correct or unclear, for some 20,000 V1 images (Vasudevan et al. 2022)
``imagenet-m``     the same for the 68 images of ImageNet-M
``sample-original``  the single label of the 20 sample pictures
=================  ======================================================================================
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from workbench.errors import DamagedFileError, InputError, unknown
from workbench.files import read_table, writing
from workbench.inputs import classes, images, multilabel, sources


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

        The last answer is kept: files of predictions mostly share their ids, and looking up 50,000 takes
        longer than scoring them.
        """
        if self._last and (self._last[0] is images or self._last[0].equals(images)):
            return self._last[1]
        rows = self.images.get_indexer(images)
        self._last[:] = [images, rows]
        return rows

    def labels(self, image: str) -> list[int]:
        """Class indices of one image. Raises `InputError` for an id that is not in the set."""
        row = self.images.get_indexer(pd.Index([image], dtype="str"))[0]
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
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    return LabelSet(name, pd.Index(list(labels), dtype="str"), indptr, flat)


def _class_index(name: str, label) -> int:
    whole = isinstance(label, int | np.integer) and not isinstance(label, bool)
    if not whole or not 0 <= label < classes.N_CLASSES:
        raise InputError(f"label set {name!r} has class {label}; expected class indices from 0 to 999")
    return int(label)


def load(name_or_file: str) -> LabelSet:
    """A label set by name, or from a user's file (see :func:`read`).

    Raises `UnknownNameError` for another name, `MissingSourceError` where a public file is not at hand.
    """
    if name_or_file in NAMED:
        return _named(name_or_file)
    if Path(name_or_file).suffix:
        return read(Path(name_or_file))
    raise unknown("label set", name_or_file, list(NAMED))


@cache
def _named(name: str) -> LabelSet:
    return from_mapping(name, NAMED[name]())


def read(path: Path) -> LabelSet:
    """A user's own label set, named after the file.

    ``.json`` holds ``{image id: [class index, ...]}``; ``.csv`` and ``.parquet`` hold one row per label with the
    columns ``image`` and ``class``. An image without labels appears in JSON with ``[]``, in tables with an empty class.
    """
    readers = {".json": _read_json, ".csv": _read_table, ".parquet": _read_table}
    if path.suffix not in readers:
        raise InputError(f"{path} ends in {path.suffix!r}; a label file is .json, .csv or .parquet")
    if not path.is_file():
        raise InputError(f"there is no file {path}; give a label set's name ({', '.join(NAMED)}) or a label file")
    mapping = readers[path.suffix](path)
    labels = {images.canonical_id(image): row for image, row in mapping.items()}
    if len(labels) < len(mapping):
        raise InputError(
            f"{path} names {len(mapping) - len(labels)} images twice, under different paths; keep one each"
        )
    return from_mapping(path.stem, labels)


def write(labels: LabelSet, path: str | Path) -> Path:
    """Write a label set as JSON, ``{image id: [class index, ...]}``, as :func:`read` takes it."""
    ends, flat = labels.indptr.tolist(), labels.classes.tolist()
    mapping = {image: flat[ends[row] : ends[row + 1]] for row, image in enumerate(labels.images)}
    with writing(Path(path)) as stream:
        stream.write((json.dumps(mapping, indent=0) + "\n").encode())
    return Path(path)


def _read_json(path: Path) -> dict[str, list]:
    mapping = _json(path)
    if not isinstance(mapping, dict) or not all(isinstance(row, list) for row in mapping.values()):
        raise InputError(f"{path} does not hold lists of class indices by image; expected {{image id: [class, ...]}}")
    return mapping


def _read_table(path: Path) -> dict[str, list]:
    frame = read_table(path)
    if not {"image", "class"} <= set(frame.columns):
        raise InputError(f"{path} has the columns {list(frame.columns)}; expected 'image' and 'class'")
    frame = frame.assign(image=frame["image"].fillna(""))
    grouped = frame.groupby("image", sort=False)["class"]
    # An empty class turns the column into floats: 3.0 is class 3, 3.7 stays and is refused.
    return {str(image): [_whole(label) for label in group.dropna()] for image, group in grouped}


def _whole(label):
    return int(label) if isinstance(label, float) and label.is_integer() else label


def of(images: Iterable[str], image_set: str) -> LabelSet:
    """The label set that belongs to an image set: its own by name, else what the folders of its images say.

    Raises as :func:`from_folders` where neither is known.
    """
    return load(OWN[image_set]) if image_set in OWN else from_folders(images)


def from_folders(images: Iterable[str]) -> LabelSet:
    """Labels of images that lie in a folder per class, named by its WordNet id or by its index:
    ``n01440764/x.png``, ``7/x.png``.

    The order of the folders plays no part. Raises `InputError` for an image whose folder names no class.
    """
    mapping = {}
    for image in images:
        parent = PurePosixPath(image).parent.name
        if parent not in classes.index() and not (parent.isdecimal() and int(parent) < classes.N_CLASSES):
            raise InputError(f"image {image!r} lies in no folder named after a class (a WordNet id, or 0 to 999)")
        mapping[image] = [classes.index()[parent] if parent in classes.index() else int(parent)]
    return from_mapping("folders", mapping)


def _json(path: Path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise DamagedFileError(f"{path} cannot be read ({error}); is it truncated or in another format?") from error


def _original(source: str) -> dict[str, list[int]]:
    (path,) = sources.locate(source).values()
    listed = _json(path)["image_filenames"]
    return {images.canonical_id(image): [classes.index()[wnid]] for image, wnid in listed}


def _real() -> dict[str, list[int]]:
    # timm keeps the 50,000 lists in the order of the file names.
    rows = _json(classes.timm_info("imagenet_real_labels.json"))
    return {images.v1_id(number): row for number, row in enumerate(rows, start=1)}


def _refined() -> dict[str, list[int]]:
    (path,) = sources.locate("v2-refined").values()
    return {images.canonical_id(image): [int(label) for label in row] for image, row in _json(path).items()}


def _sample() -> dict[str, list[int]]:
    # imagenet_<nn>_<class>.jpg
    return {image: [int(Path(image).stem.split("_")[-1])] for image in images.sample().images}


# The label set that an image set is scored against unless another is given.
OWN = {"v1": "v1-real", "v2": "v2-refined", "sample": "sample-original"}

NAMED = {
    "v1-original": lambda: _original("v1-images"),
    "v1-real": _real,
    "v2-original": lambda: _original("v2-images"),
    "v2-refined": _refined,
    "v1-multilabel": multilabel.accepted,
    "imagenet-m": multilabel.major,
    "sample-original": _sample,
}
