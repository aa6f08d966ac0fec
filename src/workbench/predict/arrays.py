"""Bring your own predictions: arrays and tables that other programs wrote.

Accepted: integer classes, best first, shape (n, k); or logits or probabilities, shape (n, 1000). ``.npy``
holds the array; ``.npz`` holds it as ``classes``, ``logits`` or ``probabilities``; ``.csv`` and ``.parquet``
hold one row per image, an optional column ``image`` first. Nothing is ever unpickled.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.errors import DamagedFileError, InputError
from workbench.files import read_table
from workbench.inputs.classes import N_CLASSES
from workbench.inputs.images import canonical_id
from workbench.predict.store import Predictions, from_arrays


def import_file(
    path: str | Path,
    *,
    checkpoint: str,
    image_set: str,
    images: str | Path | None = None,
    protocol: str = "resize",
    topk: int = 16,
) -> Predictions:
    """Validated predictions from a user's file; `images` is a file that lists the image ids in row order.

    Raises `InputError` for contents that do not fit, `DamagedFileError` for a truncated or pickled file.
    """
    path = Path(path)
    array, scores, found = _read(path)
    found = found if images is None else read_images(images)
    if found is None:
        raise InputError(f"{path} names no images; give --images, a file with one image id a line in row order")
    if len(found) != len(array):
        seen = f"{path} has {len(array)} rows, but there are {len(found)} image ids"
        raise InputError(f"{seen}; expected one row per image")
    if np.issubdtype(array.dtype, np.floating):
        array, scores = top_k(array, topk)
    named = {"protocol": protocol, "provenance": {"imported_from": path.name}}
    return from_arrays(checkpoint, image_set, [canonical_id(image) for image in found], array, scores, **named)


def top_k(outputs: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k best classes and their softmax probabilities, each shape (n, k), from logits or probabilities (n, 1000).

    Equal scores are ranked by class index. Raises `InputError` for another width or NaN.

    >>> top_k(np.eye(1000)[[3]], 2)[0]
    array([[3, 0]], dtype=uint16)
    """
    if outputs.ndim != 2 or outputs.shape[1] != N_CLASSES:
        raise InputError(f"outputs have shape {outputs.shape}; expected (n, 1000), or integer classes of shape (n, k)")
    if not np.isfinite(outputs).all():
        raise InputError(f"{int((~np.isfinite(outputs)).any(axis=1).sum())} rows of outputs hold NaN or infinity")
    if not 1 <= k <= N_CLASSES:
        raise InputError(f"topk is {k}; expected 1 to {N_CLASSES}")
    is_probability = bool((outputs >= 0).all() and np.allclose(outputs.sum(axis=1), 1, atol=1e-3))
    classes, scores = [], []
    # In blocks, so that the sorting of 50,000 rows needs megabytes instead of gigabytes.
    for block in np.array_split(outputs, len(outputs) // 4096 + 1):
        chances = block.astype(np.float64)
        order = np.argsort(-chances, axis=1, kind="stable")[:, :k]
        if not is_probability:
            chances = np.exp(chances - chances.max(axis=1, keepdims=True))
            chances /= chances.sum(axis=1, keepdims=True)
        classes.append(order.astype(np.uint16))
        scores.append(np.take_along_axis(chances, order, axis=1).astype(np.float32))
    return np.concatenate(classes), np.concatenate(scores)


def read_images(path: str | Path) -> list[str]:
    """Image ids in order: text or CSV with one a line, or JSON (a list, or the ``image_filenames`` of ImageNetV2)."""
    path = Path(path)
    if not path.is_file():
        raise InputError(f"there is no image list {path}")
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix != ".json":
            return [line.split(",")[0].strip() for line in text.splitlines() if line.strip()]
        listed = json.loads(text)
    except (OSError, ValueError) as error:
        raise DamagedFileError(f"the image list {path} cannot be read ({error})") from error
    rows = listed.get("image_filenames") if isinstance(listed, dict) else listed
    # ImageNetV2's lists hold [file name, WordNet id].
    entries = [row[0] if isinstance(row, list) and row else row for row in rows] if isinstance(rows, list) else []
    names = [entry for entry in entries if isinstance(entry, str)]
    if not names or len(names) < len(entries):
        raise InputError(f"{path} holds no list of image ids; expected a JSON list, or text with one id a line")
    return names


Contents = tuple[np.ndarray, np.ndarray | None, list[str] | None]  # classes or outputs; scores; image ids


def _read(path: Path) -> Contents:
    readers = {".npy": _read_numpy, ".npz": _read_numpy, ".csv": _read_table, ".parquet": _read_table}
    if path.suffix not in readers:
        raise InputError(f"{path} ends in {path.suffix!r}; predictions are .npy, .npz, .csv or .parquet")
    if not path.is_file():
        raise InputError(f"there is no file {path}")
    array, scores, images = readers[path.suffix](path)
    if array.dtype.kind not in "iuf" or array.ndim not in (1, 2):
        seen = f"{path} holds {array.dtype} values of shape {array.shape}"
        raise InputError(f"{seen}; expected integer classes (n, k), or outputs (n, {N_CLASSES})")
    if images is not None and not all(isinstance(image, str) and image for image in images):
        raise InputError(f"{path} has a row without an image id; expected a name for each image")
    one_class_a_row = array.ndim == 1 and array.dtype.kind in "iu"
    return (array[:, None] if one_class_a_row else array), scores, images


def _read_numpy(path: Path) -> Contents:
    try:
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return loaded, None, None
        with loaded:
            arrays = dict(loaded)
    except Exception as error:  # zip, zlib and numpy each have their own errors for a damaged file
        pickled = "Object arrays cannot be loaded" in str(error)
        hint = "it is pickled, and pickles can run code: save a plain numeric array" if pickled else "is it truncated?"
        raise DamagedFileError(f"{path} cannot be read as a NumPy file; {hint} ({error})") from error
    name = next((name for name in ("classes", "logits", "probabilities") if name in arrays), None)
    if name is None:
        seen = ", ".join(arrays) or "nothing"
        raise InputError(f"{path} holds {seen}; expected 'classes', 'logits' or 'probabilities'")
    images = [str(image) for image in arrays["images"]] if "images" in arrays else None
    return arrays[name], arrays.get("scores") if name == "classes" else None, images


def _read_table(path: Path) -> Contents:
    frame = read_table(path)
    images = frame.pop("image").tolist() if "image" in frame else None
    if set(frame.columns) <= {"classes", "scores"} and "classes" in frame:  # lists in cells, as this store keeps them
        return _lists(frame["classes"], path), _lists(frame["scores"], path) if "scores" in frame else None, images
    return frame.to_numpy(), None, images


def _lists(column: pd.Series, path: Path) -> np.ndarray:
    try:
        return np.array(column.tolist())
    except ValueError as error:
        raise InputError(f"{path}: the lists in {column.name!r} differ in length; expected one length") from error
