"""What predictions must be, whoever made them: distinct image ids, distinct classes of ImageNet, scores best first."""

from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import InputError, counted
from workbench.inputs.classes import N_CLASSES


def image_ids(images: Any) -> pd.Index:
    """n image ids as an index of text. Raises `InputError` for none, a missing one and one that occurs twice."""
    if not (isinstance(images, pd.Index) and images.dtype == "str"):
        images = pd.Index(images, dtype="str")
    if len(images) == 0:
        raise InputError("there is no image id; expected at least one")
    if images.hasnans or (images == "").any():
        raise InputError("an image id is missing or empty; expected a name for each image")
    if not images.is_unique:
        twice = images[images.duplicated()]
        which = f"{counted(len(twice), 'image id occurs', 'image ids occur')} more than once"
        seen = f"{which}, {twice[0]!r}{' among them' * (len(twice) > 1)}"
        raise InputError(f"{seen}; each image may appear once")
    return images


def classes(classes: np.ndarray, images: pd.Index) -> np.ndarray:
    """Classes as uint16, shape (n, k). Raises `InputError` for another shape, no class of ImageNet, and one twice."""
    if classes.ndim != 2 or len(classes) != len(images) or classes.shape[1] == 0:
        expected = f"({len(images)}, k): one row per image id, best class first"
        raise InputError(f"classes have shape {classes.shape}; expected {expected}")
    if not np.issubdtype(classes.dtype, np.integer):
        raise InputError(f"classes are {classes.dtype}; expected integers from 0 to 999")
    wrong = np.argwhere((classes < 0) | (classes >= N_CLASSES))
    if len(wrong):
        row, column = wrong[0]
        seen = counted(len(wrong), "class lies", "classes lie") + " outside 0-999"
        seen += f", {classes[row, column]} for image {images[row]!r}{' among them' * (len(wrong) > 1)}"
        expected = "ImageNet class indices (a head with 1001 outputs counts background as 0: subtract 1)"
        raise InputError(f"{seen}; expected {expected}")
    ordered = np.sort(classes, axis=1)
    _refuse((ordered[:, 1:] == ordered[:, :-1]).any(axis=1), images, "with a class twice", "distinct classes")
    return np.ascontiguousarray(classes, dtype=np.uint16)


def scores(scores: np.ndarray, classes: np.ndarray, images: pd.Index) -> np.ndarray:
    """Scores as float32, shape (n, k). Raises `InputError` for another shape, NaN, infinity and rows that increase."""
    if scores.shape != classes.shape:
        raise InputError(f"scores have shape {scores.shape}, classes {classes.shape}; expected one score per class")
    if scores.dtype.kind not in "iuf":
        raise InputError(f"scores are {scores.dtype}; expected numbers")
    with np.errstate(over="ignore"):
        scores = np.ascontiguousarray(scores, dtype=np.float32)
    _refuse(~np.isfinite(scores).all(axis=1), images, "with NaN or infinite scores", "numbers")
    _refuse((np.diff(scores, axis=1) > 0).any(axis=1), images, "with scores that increase", "the best first")
    return scores


def _refuse(bad: np.ndarray | np.bool, images: pd.Index, seen: str, expected: str) -> None:
    if len(rows := np.flatnonzero(bad)):
        which = f"{images[rows[0]]!r}{' among them' * (len(rows) > 1)}"
        raise InputError(f"{counted(len(rows), 'row', 'rows')} {seen}, that of image {which}; expected {expected}")
