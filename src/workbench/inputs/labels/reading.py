"""Label sets that users bring: files of labels, and folders named after classes."""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from workbench.errors import InputError, counted
from workbench.files import is_plain, read_json, read_table
from workbench.inputs import classes
from workbench.inputs.images import canonical_id
from workbench.inputs.labels.label_set import LabelSet, from_mapping

SUFFIXES = (".json", ".csv", ".parquet")
DATASET = "image_filenames"  # the list in a dataset file of ImageNetV2


def read(path: Path) -> LabelSet:
    """A user's own label set, named after the file.

    ``.json`` holds ``{image id: [class index, ...]}``, or is one of ImageNetV2's dataset files (see :func:`dataset`);
    ``.csv`` and ``.parquet`` hold one row per label with the columns ``image`` and ``class``. An image without labels
    appears in JSON with ``[]``, in tables with an empty class.
    """
    if path.suffix not in SUFFIXES:
        raise InputError(f"{path} ends in {path.suffix!r}; a label file is .json, .csv or .parquet")
    mapping = _read_json(path) if path.suffix == ".json" else _read_table(path)
    labels = {canonical_id(image): row for image, row in mapping.items()}
    if twice := len(mapping) - len(labels):
        seen = f"{path} names {counted(twice, 'image', 'images')} twice"
        raise InputError(f"{seen}, under different paths; keep one each")
    return from_mapping(path.stem, labels)


def _read_json(path: Path) -> dict[str, list]:
    mapping = read_json(path)
    if _is_dataset(mapping):
        return dataset(path)
    if not isinstance(mapping, dict) or not all(isinstance(row, list) for row in mapping.values()):
        seen = f"{path} does not hold lists of class indices by image"
        raise InputError(f"{seen}; expected {{image id: [class, ...]}}, or a dataset file of ImageNetV2")
    return mapping


def dataset(path: Path) -> dict[str, list[int]]:
    """The one label of each image of a dataset file of ImageNetV2: ``{"image_filenames": [[name, WordNet id], ...]}``.

    Raises `InputError` where an entry is no such pair, or an image is named twice.
    """
    listed, labels = read_json(path)[DATASET], {}
    for entry in listed:
        match entry:
            case [str(name), str(wnid)] if name and (label := classes.parse(wnid)) is not None:
                labels[canonical_id(name)] = [label]
            case _:
                seen = f"{path} has the entry {entry!r} in {DATASET!r}"
                raise InputError(f"{seen}; expected an image's name and its WordNet id (or class index), as text")
    if twice := len(listed) - len(labels):
        raise InputError(f"{path} names {counted(twice, 'image', 'images')} twice; keep one each")
    return labels


def _is_dataset(contents: object) -> bool:
    """Whether a file is a dataset's: what it lists are entries, not the class indices of an image of that name."""
    listed = contents.get(DATASET) if isinstance(contents, dict) else None
    return isinstance(listed, list) and any(isinstance(entry, list) for entry in listed)


def _read_table(path: Path) -> dict[str, list]:
    frame = read_table(path)
    if not {"image", "class"} <= set(frame.columns):
        raise InputError(f"{path} has the columns {list(frame.columns)}; expected 'image' and 'class'")
    if not is_plain(frame["image"]):
        raise InputError(f"{path}: the column 'image' holds {frame['image'].dtype} values; expected image ids")
    grouped = frame.groupby(frame["image"].fillna(""), sort=False)["class"]
    # An empty class turns the column into floats: 3.0 is class 3, 3.7 stays and is refused.
    return {str(image): [_whole(label) for label in group.dropna()] for image, group in grouped}


def _whole(label: object) -> object:
    return int(label) if isinstance(label, float) and label.is_integer() else label


def from_folders(images: Iterable[str]) -> LabelSet:
    """Labels of images that lie in a folder per class, named by its WordNet id or by its index:
    ``n01440764/x.png``, ``7/x.png``.

    The order of the folders plays no part. Raises `InputError` for an image whose folder names no class.
    """
    mapping = {}
    for image in images:
        label = classes.parse(PurePosixPath(image).parent.name)
        if label is None:
            raise InputError(f"image {image!r} lies in no folder named after a class (a WordNet id, or 0 to 999)")
        mapping[image] = [label]
    return from_mapping("folders", mapping)
