"""Encoded bytes become the pixels that a checkpoint sees: decoded once, resized once for each distinct input.

The geometry is timm's own evaluation transform, stopped before it becomes a tensor; normalisation happens on
the device, so that checkpoints that differ only in mean and standard deviation share their pixels.
"""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

from workbench.errors import InputError

Geometry = tuple  # what makes two inputs the same: hashable, see `geometry`


def decode(data: bytes, image: str) -> Image.Image:
    """A picture as RGB, as timm reads it: palette, grey, CMYK and alpha converted, EXIF rotation not applied.

    Raises `InputError`, naming the image, where the bytes are no whole picture or a decompression bomb.
    """
    try:
        return Image.open(io.BytesIO(data)).convert("RGB")
    except Exception as error:  # Pillow's plugins raise whatever a damaged header leads them to
        reason = (
            "no picture that Pillow knows" if "cannot identify" in str(error) else str(error) or type(error).__name__
        )
        raise InputError(f"image {image!r} cannot be decoded: {reason}") from error


def geometry(input: dict, protocol: str) -> Geometry:
    """What decides a checkpoint's pixels, from timm's data configuration: equal geometries share one resize."""
    size = tuple(input["input_size"][1:])
    if protocol == "resize":
        return (size, input["interpolation"], 1.0, "squash", None)
    mode = input.get("crop_mode") or "center"
    # Only a border shows the mean, as its colour.
    fill = tuple(input.get("mean") or ()) if mode == "border" else None
    return (size, input["interpolation"], input["crop_pct"], mode, fill)


def resizer(geometry: Geometry) -> Callable[[Image.Image], np.ndarray]:
    """The function from a picture to its pixels, uint8 (height, width, 3), for one geometry."""
    from timm.data.transforms_factory import create_transform

    size, interpolation, crop_pct, crop_mode, fill = geometry
    # timm's "squash" with crop_pct 1 scales both edges straight to the input size: the protocol "resize".
    whole: Any = create_transform(
        input_size=(3, *size),
        is_training=False,
        use_prefetcher=True,
        interpolation=interpolation,
        crop_pct=crop_pct,
        crop_mode=crop_mode,
        **({"mean": fill} if fill else {}),
    )
    *steps, _to_array = whole.transforms

    def resize(picture: Image.Image) -> np.ndarray:
        for step in steps:
            picture = step(picture)
        return np.asarray(picture)

    return resize
