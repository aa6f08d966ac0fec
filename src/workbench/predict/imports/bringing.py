"""One file of predictions, whatever wrote it, becomes predictions of the store."""

from pathlib import Path

import numpy as np

from workbench.errors import InputError
from workbench.files import read_json, read_lines
from workbench.inputs.images import id_in
from workbench.predict.imports import arrays, tables
from workbench.predict.imports.columns import IMAGE, plain
from workbench.predict.store import Predictions, from_arrays

READERS = {".npy": arrays.read, ".npz": arrays.read, ".csv": tables.read, ".parquet": tables.read}


def import_file(
    path: str | Path,
    *,
    checkpoint: str,
    image_set: str,
    protocol: str,
    images: str | Path | None = None,
    topk: int = 16,
) -> Predictions:
    """Validated predictions from a user's file; `images` is a file that lists the image ids in row order.

    Of outputs, logits or probabilities of shape (n, 1000), the `topk` best classes are kept. `protocol` says how the
    pictures were put to the model: files do not tell, and ``resize`` and ``crop`` differ by up to 4.3 points. Raises
    `InputError` for contents that do not fit, `DamagedFileError` for a truncated or pickled file.
    """
    path = Path(path)
    if path.suffix not in READERS:
        raise InputError(f"{path} ends in {path.suffix!r}; predictions are {', '.join(READERS)}")
    if not path.is_file():
        raise InputError(f"there is no file {path}")
    array, scores, found = READERS[path.suffix](path)
    ids = _ids(path, len(array), found if images is None else read_images(images), image_set)
    if np.issubdtype(array.dtype, np.floating):
        array, scores = arrays.top_k(array, topk)
    named = {"protocol": protocol, "provenance": {"imported_from": path.name}}
    return from_arrays(checkpoint, image_set, ids, array, scores, **named)


def _ids(path: Path, n: int, images: list[str] | None, image_set: str) -> list[str]:
    if images is None:
        raise InputError(f"{path} names no images; give --images, a file with one image id a line in row order")
    if len(images) != n:
        raise InputError(f"{path} has {n} rows, but there are {len(images)} image ids; expected one row per image")
    return [id_in(image_set, image.replace("\\", "/")) for image in images]  # as paths are written on Windows


def read_images(path: str | Path) -> list[str]:
    """Image ids in order: text or CSV with one a line, or JSON (a list, or the ``image_filenames`` of ImageNetV2)."""
    path = Path(path)
    if not path.is_file():
        raise InputError(f"there is no image list {path}")
    if path.suffix != ".json":
        listed = [line.split(",")[0].strip() for line in read_lines(path)]
        return listed[1:] if path.suffix == ".csv" and listed and plain(listed[0]) in IMAGE else listed
    listed = read_json(path)
    rows = listed.get("image_filenames") if isinstance(listed, dict) else listed
    # ImageNetV2's lists hold [file name, WordNet id].
    entries = [row[0] if isinstance(row, list) and row else row for row in rows] if isinstance(rows, list) else []
    names = [entry for entry in entries if isinstance(entry, str)]
    if not names or len(names) < len(entries):
        raise InputError(f"{path} holds no list of image ids; expected a JSON list, or text with one id a line")
    return names
