"""Composites: the pictures of a PatchML plan, made when they are asked for.

A patch is cropped and scaled once, on first use; a composite is then a few copies onto a black canvas.
"""

import io
import os
import tempfile
from functools import cached_property
from threading import Lock

import numpy as np
from PIL import Image

from workbench.errors import InputError
from workbench.inputs import images
from workbench.inputs.images import ImageSet
from workbench.inputs.patchml.boxes import EDGES
from workbench.inputs.patchml.plans import Plan

IN_MEMORY = 2**30  # bytes; larger stores of patches go to a temporary file, which the system caches as it can


class Composer:
    """Makes the composites of one plan from the pictures of `images`; may be called from several threads at once.

    Raises `InputError` at the start where `images` lacks a picture of the plan.
    """

    def __init__(self, plan: Plan, images: ImageSet) -> None:
        missing = set(plan.table["image"]) - set(images.images)
        if missing:
            seen = f"{len(missing)} pictures of plan {plan.name}, {min(missing)!r} among them"
            advice = "give the pictures that the plan was made from"
            raise InputError(f"{seen}, are not in image set {images.name!r}; {advice}")
        self.plan, self.images = plan, images
        # One slot for each patch at each size; composites that use it again share it.
        key, table = ["patch", "width", "height"], plan.table
        self._slot = table.groupby(key, sort=False).ngroup().tolist()
        slots = table.drop_duplicates(key)
        self._facts = slots[[*EDGES, "width", "height"]].to_numpy().tolist()
        self._starts = np.cumsum([0, *(slots["width"] * slots["height"] * 3)]).tolist()
        self._slots_of = slots.groupby("image").indices
        self._placed = table[["image", "x", "y", "width", "height"]].to_numpy().tolist()
        self._rows = table.groupby("composite").indices
        self._making = Lock()
        self._locks = {image: Lock() for image in self._slots_of}
        self._done: set[str] = set()

    def compose(self, composite: str) -> np.ndarray:
        """One composite, uint8 (canvas, canvas, 3). Raises `InputError` where a picture of it cannot be decoded."""
        canvas = np.zeros((self.plan.canvas, self.plan.canvas, 3), dtype=np.uint8)
        for row in self._rows[composite]:
            image, x, y, width, height = self._placed[row]
            if image not in self._done:
                self._crop(image)
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
        with self._making:
            pixels = self._pixels
        return pixels[self._starts[slot] : self._starts[slot + 1]].reshape(height, width, 3)

    @cached_property
    def _pixels(self) -> np.ndarray:
        """The store of all patches; room for them is taken when the first composite is made."""
        return _room(self._starts[-1])

    def _crop(self, image: str) -> None:
        """Every patch of one picture, at every size, from a single decode."""
        with self._locks[image]:
            if image in self._done:
                return
            facts = [(slot, self._facts[slot]) for slot in self._slots_of[image]]
            # A patch is a copy before it is resized: room for a second picture of its size.
            cut = [((right - left, lower - upper), size) for _, (left, upper, right, lower, *size) in facts]
            sizes = [(box, (max(box[0], size[0]), max(box[1], size[1]))) for box, size in cut]
            with images.decoded(self.images.read(image), image, lambda _: sizes) as picture:
                for slot, (left, upper, right, lower, width, height) in facts:
                    if right > picture.width or lower > picture.height:
                        seen = f"picture {image!r} is {picture.width} x {picture.height} pixels, but plan"
                        cuts = f"cuts up to ({right}, {lower}) from it; build the plan again"
                        raise InputError(f"{seen} {self.plan.name} {cuts}")
                    patch = picture.crop((left, upper, right, lower)).resize((width, height), Image.Resampling.BICUBIC)
                    self._patch(slot, width, height)[:] = np.asarray(patch)
            self._done.add(image)


def image_set(plan: Plan, images: ImageSet) -> ImageSet:
    """The composites of a plan as an image set like any other; `images` holds the pictures of its patches."""
    composer = Composer(plan, images)
    return ImageSet(plan.name, tuple(plan.composites()), composer.read)


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
