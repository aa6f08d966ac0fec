"""Encoded bytes become a picture: whole JPEGs by simplejpeg, whose pixels are Pillow's, all else by Pillow."""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import simplejpeg
from PIL import Image

from workbench.errors import InputError, reason
from workbench.inputs.images import memory
from workbench.inputs.images.memory import Size


def decode(data: bytes, image: str) -> Image.Image:
    """A picture as RGB, as timm reads it: palette, grey, CMYK and alpha converted, EXIF rotation not applied.

    Raises `InputError`, naming the image, where the bytes are no whole picture, a decompression bomb, or a picture
    whose decoding takes more than `memory.LIMIT`.
    """
    picture = _opened(data, image)
    memory.needed(picture, image)
    return _decoded(picture, data, image)


@contextmanager
def decoded(data: bytes, image: str, resizes: Callable[[Size], Sequence[tuple[Size, Size]]]) -> Iterator[Image.Image]:
    """The same while memory for it is taken from that of all threads, and for each resize from one size to another.

    `resizes` gives these from the picture's size. Raises as :func:`decode`, before anything is decoded.
    """
    picture = _opened(data, image)
    with memory.ROOM.taken(memory.needed(picture, image, resizes(picture.size))):
        yield _decoded(picture, data, image)


def _opened(data: bytes, image: str) -> Image.Image:
    """A picture of which only the header is read."""
    try:
        return Image.open(io.BytesIO(data))
    except Exception as error:  # Pillow's plugins raise whatever a damaged header leads them to
        raise _undecodable(image, error) from error


def _decoded(picture: Image.Image, data: bytes, image: str) -> Image.Image:
    if (whole := _whole_jpeg(picture, data)) is not None:
        return whole
    try:
        picture.load()
        return picture if picture.mode == "RGB" else picture.convert("RGB")  # converting RGB would copy it
    except Exception as error:
        raise _undecodable(image, error) from error


def _whole_jpeg(picture: Image.Image, data: bytes) -> Image.Image | None:
    """A JPEG in grey or colour, decoded sooner to what Pillow gives; none where anything is unusual or damaged."""
    if picture.format != "JPEG" or picture.mode not in ("L", "RGB"):
        return None
    try:
        pixels = simplejpeg.decode_jpeg(data, "RGBX")  # strict: what Pillow may mend raises
    except ValueError:
        return None
    height, width, _ = pixels.shape
    return _sharing(pixels) if (width, height) == picture.size else None


def _sharing(pixels: np.ndarray) -> Image.Image:
    """A picture on the memory of an array (height, width, 4), of which Pillow's RGB leaves the last byte unused."""
    values = pa.Array.from_buffers(pa.uint8(), pixels.size, [None, pa.py_buffer(pixels)])
    height, width, _ = pixels.shape
    return Image.fromarrow(pa.FixedSizeListArray.from_arrays(values, 4), "RGB", (width, height))


def _undecodable(image: str, error: Exception) -> InputError:
    seen = "no picture that Pillow knows" if "cannot identify" in str(error) else reason(error)
    return InputError(f"image {image!r} cannot be decoded: {seen}")
