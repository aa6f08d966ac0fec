"""Boxes: which object of which class stands where in a picture, from the annotations that people have.

A frame with the columns ``image, class, xmin, ymin, xmax, ymax``: an image id, a class index, and pixels from the
upper left corner, right and lower edge excluded, as Pillow crops.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import DamagedFileError, InputError
from workbench.files import files_below, is_plain, read_table
from workbench.inputs import classes, sources

EDGES = ["xmin", "ymin", "xmax", "ymax"]
COLUMNS = ["image", "class", *EDGES]


def read(path: str | Path) -> pd.DataFrame:
    """Boxes as they were annotated, from one of three forms.

    - A folder of XML files as of ILSVRC CLS-LOC (Pascal VOC).
    - Kaggle's ``LOC_val_solution.csv``: ``ImageId, PredictionString`` with ``wnid xmin ymin xmax ymax`` repeated.
    - A CSV or Parquet file with the columns ``image, class, xmin, ymin, xmax, ymax``.

    A class is a WordNet id or an index from 0 to 999. Raises `InputError` for an unknown class or another form,
    `DamagedFileError` for a file that cannot be read.
    """
    path = Path(path)
    if path.is_dir():
        files = files_below(path, {".xml"})
        if not files:
            raise InputError(f"{path} holds no annotation (*.xml) at any depth; give the folder of the XML files")
        frame = pd.DataFrame([row for file in files for row in _read_xml(file)], columns=COLUMNS)
    elif {"ImageId", "PredictionString"} <= set((frame := read_table(path)).columns):
        frame = pd.DataFrame(_read_kaggle(path, frame), columns=COLUMNS)
    return _checked(path, frame)


def sample() -> pd.DataFrame:
    """The boxes of the 20 sample pictures, drawn for the workbench (data/sample)."""
    return read(sources.data_dir() / "sample" / "boxes.csv")


def _read_xml(path: Path) -> list[tuple]:
    # Annotations come from anywhere: a document type may define entities that grow without end, so none is read.
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, parse

    try:
        root: Any = parse(path, forbid_dtd=True).getroot()
    except DefusedXmlException as error:
        seen = f"{path} declares a document type or entities"
        raise InputError(f"{seen}, which are refused; remove its <!DOCTYPE ...>") from error
    except (ParseError, LookupError, ValueError) as error:  # the last two: an encoding that is not known
        raise DamagedFileError(f"{path} is no whole XML file ({error}); is it truncated? Copy it again") from error
    if root.tag != "annotation":
        raise InputError(f"{path} begins with <{root.tag}>; expected Pascal VOC's <annotation>, without a namespace")
    named = (root.findtext("filename") or "").strip()
    image = path.stem if not named or "%" in named else named
    try:
        return [
            (image, one.findtext("name").strip(), *(float(one.find("bndbox").findtext(edge)) for edge in EDGES))
            for one in root.iter("object")
        ]
    except (AttributeError, TypeError, ValueError) as error:
        seen = f"{path} has an object without a name or a box of four numbers"
        raise InputError(f"{seen}; expected <name>, and <bndbox> with {', '.join(EDGES)}") from error


def _read_kaggle(path: Path, frame: pd.DataFrame) -> list[tuple]:
    rows = []
    for image, text in zip(frame["ImageId"], frame["PredictionString"].fillna("").astype(str), strict=True):
        words = text.split()
        if len(words) % 5:
            seen = f"{path}: the boxes of {image} are {text!r}"
            raise InputError(f"{seen}; expected 'wnid xmin ymin xmax ymax', one box or more")
        rows += [(str(image), *words[start : start + 5]) for start in range(0, len(words), 5)]
    return rows


def _checked(path: Path, frame: pd.DataFrame) -> pd.DataFrame:
    """Columns, classes and coordinates as this module promises them."""
    if missing := set(COLUMNS) - set(frame.columns):
        seen = f"{path} has the columns {list(frame.columns)}, not {', '.join(sorted(missing))}"
        raise InputError(f"{seen}; expected {COLUMNS}, or Kaggle's ImageId and PredictionString")
    if frame.empty:
        raise InputError(f"{path} has no box; expected one row for each object")
    if odd := [name for name in COLUMNS if not is_plain(frame[name])]:
        raise InputError(f"{path}: the column {odd[0]} holds {frame[odd[0]].dtype} values; expected numbers or names")
    if (frame["image"].isna() | (frame["image"].astype(str) == "")).any():
        raise InputError(f"{path} has a box without an image; expected an image id in every row")
    edges = frame[EDGES].apply(pd.to_numeric, errors="coerce").to_numpy(float)
    for row in np.flatnonzero(~np.isfinite(edges).all(axis=1))[:1]:
        image, seen = frame["image"].iloc[row], ", ".join(map(str, frame[EDGES].iloc[row]))
        raise InputError(f"{path}: the box of {image} is {seen}; expected four numbers")
    if edges.max() <= 1 and (edges % 1).any():
        raise InputError(f"{path} holds boxes between 0 and 1, relative to the picture; expected pixels")
    indices = {name: _class_index(path, name) for name in frame["class"].unique()}
    numbers = np.rint(edges).clip(-1e9, 1e9).astype(np.int64)
    columns = {"image": frame["image"].astype(str), "class": frame["class"].map(indices).astype(np.int64)}
    return pd.DataFrame(columns | dict(zip(EDGES, numbers.T, strict=True))).reset_index(drop=True)


def _class_index(path: Path, name: object) -> int:
    # Written as 7, or as 7.0 where a table turned its numbers into fractions.
    label = classes.parse(str(name).removesuffix(".0"))
    if label is None:
        expected = "a WordNet id of ImageNet-1k such as 'n01440764', or 0 to 999"
        raise InputError(f"{path} names class {str(name)!r}; expected {expected}")
    return label
