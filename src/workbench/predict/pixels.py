"""A decoded picture becomes the pixels that a checkpoint sees: resized once for each distinct input.

The geometry is timm's own evaluation transform, stopped before it becomes a tensor; normalisation happens on
the device, so that checkpoints that differ only in mean and standard deviation share their pixels.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

Geometry = tuple  # what makes two inputs the same: hashable, see `geometry`


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
