"""Boxes: which object of which class stands where in a picture, from the annotations that people have.

A frame with the columns ``image, class, xmin, ymin, xmax, ymax``: an image id, a class index, and pixels from the
upper left corner, right and lower edge excluded, as Pillow crops.
"""

import io
import warnings
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from workbench.errors import DamagedFileError, InputError, reason
from workbench.files import read_table
from workbench.inputs import classes, sources
from workbench.inputs.images import ImageSet, canonical_id

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
        rows = [row for file in _xml_files(path) for row in _read_xml(file)]
        frame = pd.DataFrame(rows, columns=COLUMNS)
    else:
        frame = read_table(path)
        if {"ImageId", "PredictionString"} <= set(frame.columns):
            frame = pd.DataFrame(_read_kaggle(path, frame), columns=COLUMNS)
    return _checked(path, frame)


def sample() -> pd.DataFrame:
    """The boxes of the 20 sample pictures, drawn for the workbench (data/sample)."""
    return read(sources.data_dir() / "sample" / "boxes.csv")


def patches(boxes: pd.DataFrame, images: ImageSet, *, drop_missing: bool = False) -> pd.DataFrame:
    """The pool of patches: each box with its picture's id in `images`, clipped to the picture.

    Boxes that are empty, inverted or wholly outside are dropped, with a warning that counts them. Pictures are
    opened for their size only. Raises `InputError` where annotated pictures are not in the image set (unless
    `drop_missing`, which counts their boxes in the warning).
    """
    ids = _matched(boxes["image"].unique(), images)
    twice = int(boxes.duplicated().sum())
    boxes = boxes.drop_duplicates()
    known = boxes["image"].map(ids)
    missing = boxes.loc[known.isna(), "image"].unique()
    if len(missing) and (not drop_missing or len(missing) == len(ids)):
        raise InputError(
            f"{len(missing)} of the {len(ids)} annotated pictures, {missing[0]!r} among them, are not in image set "
            f"{images.name!r} ({len(images)} pictures), or several there have that name; give the folder that holds "
            "them, or --drop-missing"
        )
    found = boxes.assign(image=known).dropna(subset="image").reset_index(drop=True)
    width, height = _sizes(found["image"], images)
    clipped = found.assign(
        **{name: found[name].clip(0, width) for name in ("xmin", "xmax")},
        **{name: found[name].clip(0, height) for name in ("ymin", "ymax")},
    )
    whole = (clipped["xmin"] < clipped["xmax"]) & (clipped["ymin"] < clipped["ymax"])
    seen = {
        "given twice": twice,
        "of pictures that are not there": len(boxes) - len(found),
        "empty, inverted or outside their picture": int((~whole).sum()),
        "clipped to their picture": int((clipped[whole] != found[whole]).any(axis=1).sum()),
    }
    if any(seen.values()):
        counts = ", ".join(f"{count} {what}" for what, count in seen.items() if count)
        warnings.warn(f"of {len(boxes) + twice} boxes: {counts}; {int(whole.sum())} are used", stacklevel=2)
    return clipped[whole].reset_index(drop=True)


def _xml_files(folder: Path) -> list[Path]:
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() == ".xml")
    if not files:
        raise InputError(f"{folder} holds no annotation (*.xml) at any depth; give the folder of the XML files")
    return files


def _read_xml(path: Path) -> list[tuple]:
    # Annotations come from anywhere: a document type may define entities that grow without end, so none is read.
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, parse

    try:
        root: Any = parse(path, forbid_dtd=True).getroot()
    except DefusedXmlException as error:
        raise InputError(
            f"{path} declares a document type or entities, which are refused; remove its <!DOCTYPE ...>"
        ) from error
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
        raise InputError(
            f"{path} has an object without a name or a box of four numbers; expected <name>, and <bndbox> with "
            f"{', '.join(EDGES)}"
        ) from error


def _read_kaggle(path: Path, frame: pd.DataFrame) -> list[tuple]:
    rows = []
    for image, text in zip(frame["ImageId"], frame["PredictionString"].fillna("").astype(str), strict=True):
        words = text.split()
        if len(words) % 5:
            raise InputError(
                f"{path}: the boxes of {image} are {text!r}; expected 'wnid xmin ymin xmax ymax', one box or more"
            )
        rows += [(str(image), *words[start : start + 5]) for start in range(0, len(words), 5)]
    return rows


def _checked(path: Path, frame: pd.DataFrame) -> pd.DataFrame:
    """Columns, classes and coordinates as this module promises them."""
    if missing := set(COLUMNS) - set(frame.columns):
        raise InputError(
            f"{path} has the columns {list(frame.columns)}, not {', '.join(sorted(missing))}; expected {COLUMNS}, "
            "or Kaggle's ImageId and PredictionString"
        )
    if frame.empty:
        raise InputError(f"{path} has no box; expected one row for each object")
    if not frame.columns.is_unique:
        raise InputError(f"{path} has a column twice: {list(frame.columns)}; expected each of {COLUMNS} once")
    if (frame["image"].isna() | (frame["image"].astype(str) == "")).any():
        raise InputError(f"{path} has a box without an image; expected an image id in every row")
    odd = [name for name in ("class", *EDGES) if not _is_plain(frame[name])]
    if odd:
        raise InputError(f"{path}: the column {odd[0]} holds {frame[odd[0]].dtype} values; expected numbers or names")
    edges = np.column_stack([pd.to_numeric(frame[edge], errors="coerce").to_numpy(float) for edge in EDGES])
    wrong = np.flatnonzero(~np.isfinite(edges).all(axis=1))
    if len(wrong):
        first = frame.iloc[wrong[0]]
        seen = ", ".join(map(str, first[EDGES]))
        raise InputError(f"{path}: the box of {first['image']} is {seen}; expected four numbers")
    if edges.max() <= 1 and (edges % 1).any():
        raise InputError(f"{path} holds boxes between 0 and 1, relative to the picture; expected pixels")
    indices = {name: _class_index(path, name) for name in frame["class"].unique()}
    numbers = np.rint(edges).clip(-1e9, 1e9).astype(np.int64)
    columns = {"image": frame["image"].astype(str), "class": frame["class"].map(indices).astype(np.int64)}
    return pd.DataFrame(columns | dict(zip(EDGES, numbers.T, strict=True))).reset_index(drop=True)


def _is_plain(column: pd.Series) -> bool:
    """Whether a column holds numbers or text: no truth values, dates or lists."""
    known = (str, int, float, type(None))
    return all(isinstance(value, known) and not isinstance(value, bool) for value in column.tolist())


def _class_index(path: Path, name) -> int:
    if isinstance(name, str) and name in classes.index():
        return classes.index()[name]
    # Written as 7, or as 7.0 where a table turned its numbers into fractions.
    text = str(name).removesuffix(".0")
    index = int(text) if text.isascii() and text.isdecimal() else -1
    if not 0 <= index < classes.N_CLASSES:
        raise InputError(
            f"{path} names class {str(name)!r}; expected a WordNet id of ImageNet-1k such as 'n01440764', or 0 to 999"
        )
    return index


def _matched(annotated: Iterable[str], images: ImageSet) -> dict[str, str | None]:
    """Id in the image set of each annotated picture: the same id, else the one picture of that file name."""
    ids = set(images.images)
    by_stem: dict[str, str | None] = {}
    for image in images.images:
        stem = PurePosixPath(image).stem
        by_stem[stem] = None if stem in by_stem else image
    found = {}
    for name in annotated:
        canonical = canonical_id(name)
        found[name] = canonical if canonical in ids else by_stem.get(_stem(canonical))
    return found


def _stem(image: str) -> str:
    path = PurePosixPath(image)
    return path.stem if len(path.suffix) <= 5 else path.name


def _sizes(ids: pd.Series, images: ImageSet) -> tuple[pd.Series, pd.Series]:
    """Width and height of each picture, aligned with `ids`; each picture is opened once, none is decoded."""
    unique = ids.unique()

    def size(image: str) -> tuple[int, int]:
        try:
            with Image.open(io.BytesIO(images.read(image))) as picture:
                return picture.size
        except Exception as error:  # Pillow's plugins raise whatever a damaged header leads them to
            raise InputError(
                f"the annotated picture {image!r} cannot be opened ({reason(error)}); replace it or drop its boxes"
            ) from error

    with ThreadPoolExecutor(4) as pool:
        sizes = dict(zip(unique, pool.map(size, unique), strict=True))
    return ids.map({image: w for image, (w, _) in sizes.items()}), ids.map({i: h for i, (_, h) in sizes.items()})
