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
    array, found = _read(path)
    if images is not None:
        found = read_images(images)
    if found is None:
        raise InputError(f"{path} names no images; give --images, a file with one image id a line in row order")
    if len(found) != len(array):
        raise InputError(
            f"{path} has {len(array)} rows, but there are {len(found)} image ids; expected one row per image"
        )
    classes, scores = (array, None) if np.issubdtype(array.dtype, np.integer) else top_k(array, topk)
    provenance = {"imported_from": path.name}
    ids = [canonical_id(image) for image in found]
    return from_arrays(checkpoint, image_set, ids, classes, scores, protocol=protocol, provenance=provenance)


def top_k(outputs: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k best classes and their softmax probabilities, each shape (n, k), from logits or probabilities (n, 1000).

    Equal scores are ranked by class index. Raises `InputError` for another width or NaN.

    >>> top_k(np.eye(1000)[[3]], 2)[0]
    array([[3, 0]], dtype=uint16)
    """
    if outputs.ndim != 2 or outputs.shape[1] != N_CLASSES:
        raise InputError(
            f"outputs have shape {outputs.shape}; expected (n, {N_CLASSES}), or integer classes of shape (n, k)"
        )
    if not np.isfinite(outputs).all():
        raise InputError(f"{int((~np.isfinite(outputs)).any(axis=1).sum())} rows of outputs hold NaN or infinity")
    blocks = [_top_k_block(block, k) for block in np.array_split(outputs, len(outputs) // 4096 + 1)]
    return np.concatenate([b[0] for b in blocks]), np.concatenate([b[1] for b in blocks])


def _top_k_block(outputs: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    outputs = outputs.astype(np.float64)
    order = np.argsort(-outputs, axis=1, kind="stable")[:, :k]
    is_probability = (outputs >= 0).all() and np.allclose(outputs.sum(axis=1), 1, atol=1e-3)
    if not is_probability:
        outputs = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        outputs /= outputs.sum(axis=1, keepdims=True)
    return order.astype(np.uint16), np.take_along_axis(outputs, order, axis=1).astype(np.float32)


def read_images(path: str | Path) -> list[str]:
    """Image ids in order: a text or CSV file with one a line, or JSON (a list, or Recht et al.'s
    ``image_filenames``).
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix != ".json":
            return [line.split(",")[0].strip() for line in text.splitlines() if line.strip()]
        listed = json.loads(text)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise DamagedFileError(f"the image list {path} cannot be read ({error})") from error
    if isinstance(listed, dict):
        listed = listed.get("image_filenames")
    if not isinstance(listed, list):
        raise InputError(f"{path} holds no list of image ids; expected a JSON list, or text with one id a line")
    return [row if isinstance(row, str) else str(row[0]) for row in listed]


def _read(path: Path) -> tuple[np.ndarray, list[str] | None]:
    readers = {".npy": _read_npy, ".npz": _read_npz, ".csv": _read_table, ".parquet": _read_table}
    if path.suffix not in readers:
        raise InputError(f"{path} ends in {path.suffix!r}; predictions are .npy, .npz, .csv or .parquet")
    if not path.is_file():
        raise InputError(f"there is no file {path}")
    try:
        return readers[path.suffix](path)
    except InputError:
        raise
    except Exception as error:  # zip, numpy, pandas and Arrow each have their own errors for a damaged file
        pickled = "pickle" in str(error).lower()
        hint = "it is pickled, and pickles can run code: save a plain numeric array" if pickled else "is it truncated?"
        raise DamagedFileError(f"{path} cannot be read ({error}); {hint}") from error


def _read_npy(path: Path) -> tuple[np.ndarray, None]:
    array = np.load(path, allow_pickle=False)
    return _two_dimensional(array, path), None


def _read_npz(path: Path) -> tuple[np.ndarray, list[str] | None]:
    with np.load(path, allow_pickle=False) as arrays:
        name = next((name for name in ("classes", "logits", "probabilities") if name in arrays), None)
        if name is None:
            raise InputError(
                f"{path} holds {', '.join(arrays) or 'nothing'}; expected 'classes', 'logits' or 'probabilities'"
            )
        images = [str(image) for image in arrays["images"]] if "images" in arrays else None
        return _two_dimensional(arrays[name], path), images


def _read_table(path: Path) -> tuple[np.ndarray, list[str] | None]:
    frame = pd.read_csv(path, dtype={"image": str}) if path.suffix == ".csv" else pd.read_parquet(path)
    images = frame.pop("image").astype(str).tolist() if "image" in frame else None
    if list(frame.columns) in (["classes"], ["classes", "scores"]):  # lists in cells, as this store keeps them
        return np.array(frame["classes"].tolist()), images
    return _two_dimensional(frame.to_numpy(), path), images


def _two_dimensional(array: np.ndarray, path: Path) -> np.ndarray:
    if array.dtype.kind not in "iuf":
        raise InputError(f"{path} holds {array.dtype} values; expected integer classes, or floating-point outputs")
    return array[:, None] if array.ndim == 1 and array.dtype.kind in "iu" else array
