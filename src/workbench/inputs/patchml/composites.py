"""Composites: the pictures of a PatchML plan, made when they are asked for.

A patch is cropped and scaled once, on first use; a composite is then a few copies onto a black canvas.
"""

import io
import os
import tempfile
from threading import Lock

import numpy as np
import pandas as pd
from PIL import Image

from workbench.errors import InputError
from workbench.inputs import images
from workbench.inputs.images import ImageSet
from workbench.inputs.patchml.plans import Plan

IN_MEMORY = 2**30  # bytes; larger stores of patches go to a temporary file, which the system caches as it can


class Composer:
    """Makes the composites of one plan from the pictures of `images`; may be called from several threads at once.

    Raises `InputError` at the start where `images` lacks a picture of the plan.
    """

    def __init__(self, plan: Plan, images: ImageSet) -> None:
        missing = set(plan.table["image"]) - set(images.images)
        if missing:
            raise InputError(
                f"{len(missing)} pictures of plan {plan.name}, {min(missing)!r} among them, are not in image set "
                f"{images.name!r}; give the pictures that the plan was made from"
            )
        self.plan, self.images = plan, images
        table = plan.table
        # One slot for each patch at each size; composites that use it again share it.
        slots, self._slot = np.unique(table[["patch", "width", "height"]].to_numpy(), axis=0, return_inverse=True)
        self._slot = self._slot.ravel()
        first = np.full(len(slots), len(table))
        np.minimum.at(first, self._slot, np.arange(len(table)))
        self._facts = table[["xmin", "ymin", "xmax", "ymax", "width", "height"]].to_numpy()[first].tolist()
        ends = np.cumsum(slots[:, 1] * slots[:, 2] * 3)
        self._starts = np.concatenate([[0], ends])
        self._by_image = pd.Series(np.arange(len(slots))).groupby(table["image"].to_numpy()[first]).agg(list).to_dict()
        self._making = Lock()
        self._locks = {image: Lock() for image in self._by_image}
        self._store: np.ndarray | None = None
        self._placed = table[["x", "y", "width", "height"]].to_numpy().tolist()
        self._images_of = table["image"].tolist()
        starts = np.flatnonzero(~table["composite"].duplicated())
        self._rows = dict(zip(table["composite"].iloc[starts], _pairs(starts, len(table)), strict=True))
        self._done: set[str] = set()

    def compose(self, composite: str) -> np.ndarray:
        """One composite, uint8 (canvas, canvas, 3). Raises `InputError` where a picture of it cannot be decoded."""
        start, stop = self._rows[composite]
        canvas = np.zeros((self.plan.canvas, self.plan.canvas, 3), dtype=np.uint8)
        for row in range(start, stop):
            if self._images_of[row] not in self._done:
                self._crop(self._images_of[row])
            x, y, width, height = self._placed[row]
            canvas[y : y + height, x : x + width] = self._patch(self._slot[row], width, height)
        return canvas

    def read(self, composite: str) -> bytes:
        """One composite as a PPM file: lossless, and as fast to read as memory."""
        side = self.plan.canvas
        return b"P6\n%d %d\n255\n" % (side, side) + self.compose(composite).tobytes()

    def png(self, composite: str) -> bytes:
        """One composite as a PNG file, for keeping."""
        buffer = io.BytesIO()
        Image.fromarray(self.compose(composite)).save(buffer, "PNG", compress_level=3)
        return buffer.getvalue()

    def _patch(self, slot: int, width: int, height: int) -> np.ndarray:
        return self._pixels()[self._starts[slot] : self._starts[slot + 1]].reshape(height, width, 3)

    def _pixels(self) -> np.ndarray:
        """The store of all patches; room for them is taken when the first composite is made."""
        if self._store is None:
            with self._making:
                if self._store is None:
                    self._store = _room(int(self._starts[-1]))
        return self._store

    def _crop(self, image: str) -> None:
        """Every patch of one picture, at every size, from a single decode."""
        with self._locks[image]:
            if image in self._done:
                return
            picture = images.decode(self.images.read(image), image)
            for slot in self._by_image[image]:
                left, upper, right, lower, width, height = self._facts[slot]
                if right > picture.width or lower > picture.height:
                    seen = f"picture {image!r} is {picture.width} x {picture.height} pixels, but plan {self.plan.name}"
                    raise InputError(f"{seen} cuts up to ({right}, {lower}) from it; build the plan again")
                patch = picture.crop((left, upper, right, lower)).resize((width, height), Image.Resampling.BICUBIC)
                self._patch(slot, width, height)[:] = np.asarray(patch)
            self._done.add(image)


def image_set(plan: Plan, images: ImageSet) -> ImageSet:
    """The composites of a plan as an image set like any other; `images` holds the pictures of its patches."""
    composer = Composer(plan, images)
    return ImageSet(plan.name, tuple(plan.composites()), composer.read)


def _pairs(starts: np.ndarray, end: int) -> list[tuple[int, int]]:
    return list(zip(starts.tolist(), [*starts[1:].tolist(), end], strict=True))


def _room(n_bytes: int) -> np.ndarray:
    """Room for `n_bytes`. A file is filled to its size at once: a disk that is too small says so here, not by a
    fault in the middle of a run.
    """
    if n_bytes <= IN_MEMORY:
        return np.empty(n_bytes, dtype=np.uint8)
    with tempfile.TemporaryFile(prefix="workbench-patches-") as file:
        try:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, n_bytes)
            else:
                file.truncate(n_bytes)
        except OSError as error:
            seen = f"{error.strerror}: the patches take {n_bytes / 1e9:.1f} GB; point TMPDIR to a disk with room"
            raise OSError(error.errno, seen, tempfile.gettempdir()) from error
        return np.memmap(file, dtype=np.uint8, mode="r+", shape=(n_bytes,))
