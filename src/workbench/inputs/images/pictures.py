"""Encoded bytes become a picture."""

import io

from PIL import Image

from workbench.errors import InputError, reason


def decode(data: bytes, image: str) -> Image.Image:
    """A picture as RGB, as timm reads it: palette, grey, CMYK and alpha converted, EXIF rotation not applied.

    Raises `InputError`, naming the image, where the bytes are no whole picture or a decompression bomb.
    """
    try:
        return Image.open(io.BytesIO(data)).convert("RGB")
    except Exception as error:  # Pillow's plugins raise whatever a damaged header leads them to
        seen = "no picture that Pillow knows" if "cannot identify" in str(error) else reason(error)
        raise InputError(f"image {image!r} cannot be decoded: {seen}") from error
