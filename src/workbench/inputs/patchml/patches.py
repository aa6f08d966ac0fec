"""The pool of patches: annotated boxes that lie in pictures at hand."""

import io
import warnings
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath

import numpy as np
import pandas as pd
from PIL import Image

from workbench.errors import InputError, reason
from workbench.inputs.images import ImageSet, canonical_id
from workbench.inputs.patchml.boxes import EDGES


def pool(boxes: pd.DataFrame, images: ImageSet, *, drop_missing: bool = False) -> pd.DataFrame:
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
        seen = f"{len(missing)} of the {len(ids)} annotated pictures, {missing[0]!r} among them, are not in image set "
        seen += f"{images.name!r} ({len(images)} pictures), or several there have that name"
        raise InputError(f"{seen}; give the folder that holds them, or --drop-missing")
    found = boxes.assign(image=known).dropna(subset="image").reset_index(drop=True)
    edges = found[EDGES].to_numpy().clip(0, np.tile(_sizes(found["image"], images), 2))
    clipped = found.assign(**dict(zip(EDGES, edges.T, strict=True)))
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


def _matched(annotated: Iterable[str], images: ImageSet) -> dict[str, str | None]:
    """Id in the image set of each annotated picture: the same id, else the one picture of that file name."""
    stems = [PurePosixPath(image).stem for image in images.images]
    times = Counter(stems)
    by_stem = {stem: image for stem, image in zip(stems, images.images, strict=True) if times[stem] == 1}
    by_id = {image: image for image in images.images}
    canonical = {name: canonical_id(name) for name in annotated}
    return {name: by_id.get(image) or by_stem.get(_stem(image)) for name, image in canonical.items()}


def _stem(image: str) -> str:
    path = PurePosixPath(image)
    return path.stem if len(path.suffix) <= 5 else path.name


def _sizes(ids: pd.Series, images: ImageSet) -> np.ndarray:
    """Width and height of the picture of each id, shape (n, 2); each picture is opened once, none is decoded."""

    def size(image: str) -> tuple[int, int]:
        try:
            with Image.open(io.BytesIO(images.read(image))) as picture:
                return picture.size
        except Exception as error:  # Pillow's plugins raise whatever a damaged header leads them to
            seen = f"the annotated picture {image!r} cannot be opened ({reason(error)})"
            raise InputError(f"{seen}; replace it or drop its boxes") from error

    places, unique = pd.factorize(ids)
    with ThreadPoolExecutor(4) as pool:
        return np.array(list(pool.map(size, unique)))[places]
