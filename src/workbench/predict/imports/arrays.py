"""NumPy files of predictions: classes, logits or probabilities, never unpickled."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from workbench.errors import DamagedFileError, InputError, counted
from workbench.inputs.classes import N_CLASSES

# What is read of a .npz: the first of these that it has, and what goes with it.
READ = {"classes": ("scores", "images"), "logits": ("images",), "probabilities": ("images",)}


class Contents(NamedTuple):
    """What a file holds: integer classes (n, k), best first, or outputs (n, 1000); scores (n, k); n image ids."""

    array: np.ndarray
    scores: np.ndarray | None = None
    images: list[str] | None = None


def read(path: Path) -> Contents:
    """The array of a ``.npy``, or of a ``.npz``: ``classes``, ``logits`` or ``probabilities``, ``scores``, ``images``.

    Raises `DamagedFileError` for a truncated or pickled file, `InputError` for arrays that are no predictions.
    """
    arrays = _load(path)
    if isinstance(arrays, np.ndarray):
        return Contents(_checked(arrays, path))
    name = next((name for name in READ if name in arrays), None)
    if name is None:
        seen = ", ".join(arrays) or "nothing"
        raise InputError(f"{path} holds {seen}; expected 'classes', 'logits' or 'probabilities'")
    images = [_text(image) for image in arrays["images"].ravel().tolist()] if "images" in arrays else None
    return Contents(_checked(arrays[name], path), arrays.get("scores"), images)


def top_k(outputs: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k best classes and their softmax probabilities, each shape (n, k), from logits or probabilities (n, 1000).

    Equal scores are ranked by class index. Raises `InputError` for another width or NaN.

    >>> top_k(np.eye(1000)[[3]], 2)[0]
    array([[3, 0]], dtype=uint16)
    """
    if outputs.ndim != 2 or outputs.shape[1] != N_CLASSES:
        raise InputError(f"outputs have shape {outputs.shape}; expected (n, 1000), or integer classes of shape (n, k)")
    if not np.isfinite(outputs).all():
        wrong = int((~np.isfinite(outputs)).any(axis=1).sum())
        raise InputError(f"{counted(wrong, 'row of outputs holds', 'rows of outputs hold')} NaN or infinity")
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


def _load(path: Path) -> np.ndarray | dict[str, Any]:
    """The array of a ``.npy``; of a ``.npz`` those that are read, or the names of all where none is."""
    try:
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return loaded
        with loaded:  # an array is read when it is asked for; one that nobody needs may be larger than memory
            name = next((name for name in READ if name in loaded), None)
            if name is None:
                return dict.fromkeys(loaded)
            return {one: loaded[one] for one in (name, *READ[name]) if one in loaded}
    except Exception as error:  # zip, zlib and numpy each have their own errors for a damaged file
        pickled = "Object arrays cannot be loaded" in str(error)
        hint = "it is pickled, and pickles can run code: save a plain numeric array" if pickled else "is it truncated?"
        raise DamagedFileError(f"{path} cannot be read as a NumPy file; {hint} ({error})") from error


def _text(image: object) -> str:
    return image.decode(errors="replace") if isinstance(image, bytes) else str(image)


def _checked(array: np.ndarray, path: Path) -> np.ndarray:
    """The array as it stands, one class a row as a column."""
    if array.dtype.kind not in "iuf" or array.ndim not in (1, 2):
        seen = f"{path} holds {array.dtype} values of shape {array.shape}"
        raise InputError(f"{seen}; expected integer classes (n, k), or outputs (n, {N_CLASSES})")
    return array[:, None] if array.ndim == 1 and array.dtype.kind in "iu" else array
