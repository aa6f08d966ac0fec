"""How much memory pictures may take, from their sizes alone: known before anything is decoded."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Condition
from typing import Any

from PIL import Image, JpegImagePlugin

from workbench.errors import InputError

LIMIT = 256_000_000  # bytes that decoding and resizing one picture may take: 64 megapixels of an ordinary JPEG or PNG
Size = tuple[int, int]  # width, height

# Bytes a pixel that a decoder holds beside the picture, measured with Pillow 13; others hold up to 16 (JPEG 2000).
_BESIDE = {"JPEG": 0, "MPO": 0, "PNG": 0, "PPM": 0, "BMP": 0, "GIF": 0, "TIFF": 4, "WEBP": 12}


def decoding(picture: Image.Image) -> int:
    """Bytes that decoding a picture takes whose header was read; Pillow holds RGB in four bytes a pixel."""
    converted = 0 if picture.mode == "RGB" else 5  # of 32-bit numbers to grey, and to RGB
    beside = _BESIDE.get(picture.format or "", 16)
    if isinstance(picture, JpegImagePlugin.JpegImageFile) and _in_scans(picture):
        beside = 2 * picture.layers  # the coefficients of the whole picture, before any pixel
    return picture.width * picture.height * (4 + converted + beside)


def _in_scans(picture: JpegImagePlugin.JpegImageFile) -> bool:
    """Whether a JPEG comes in several scans: progressive, or with fewer components in the first than there are."""
    stream: Any = picture.fp
    place = stream.tell()  # right behind the marker of the first scan, whose length comes before its components
    components = stream.read(3)[2:]
    stream.seek(place)
    return bool(picture.info.get("progressive")) or components != bytes([picture.layers])


def resizing(before: Size, after: Size) -> int:
    """Bytes to resize, the width first: a picture of the new width and the old height, the new one, and weights."""
    (width, height), (new_width, new_height) = before, after
    # Lanczos, the widest filter, weighs six pixels (of the larger size) for each new one, in double precision.
    return 4 * new_width * (height + new_height) + 56 * (max(width, new_width) + max(height, new_height))


class Room:
    """Memory that threads share: who needs more than is left waits for the others."""

    def __init__(self, size: int) -> None:
        self._left, self._changed = size, Condition()

    @contextmanager
    def taken(self, n_bytes: int) -> Iterator[None]:
        """So many bytes are this thread's until the block ends; at most the whole room, and no thread takes twice."""
        with self._changed:
            self._changed.wait_for(lambda: self._left >= n_bytes)
            self._left -= n_bytes
        try:
            yield
        finally:
            with self._changed:
                self._left += n_bytes
                self._changed.notify_all()


ROOM = Room(LIMIT * max(1, (os.cpu_count() or 1) // 4))  # of all threads together


def needed(picture: Image.Image, image: str, resizes: Iterable[tuple[Size, Size]] = ()) -> int:
    """Bytes for decoding a picture and then resizing, one after the other, from each first size to its second.

    Raises `InputError`, naming the image, where that is more than `LIMIT`.
    """
    most = decoding(picture) + max((resizing(*sizes) for sizes in resizes), default=0)
    if most > LIMIT:
        seen = f"image {image!r} is {picture.width} x {picture.height} pixels ({picture.format}, {picture.mode})"
        takes = f"decoding and resizing it would take {most / 1e6:,.0f} MB"
        raise InputError(f"{seen}: {takes}; a picture may take {LIMIT / 1e6:.0f} MB")
    return most
