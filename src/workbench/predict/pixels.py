"""A picture becomes the pixels that checkpoints see: decoded once, resized once for each distinct input.

The geometry is timm's own evaluation transform, stopped before it becomes a tensor; normalisation happens on
the device, so that checkpoints that differ only in mean and standard deviation share their pixels.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from workbench.errors import InputError
from workbench.inputs.images import ImageSet, decode

if TYPE_CHECKING:
    import torch

Geometry = tuple  # what makes two inputs the same: hashable, see `geometry`
Resizer = Callable[[Image.Image], np.ndarray]


@dataclass(frozen=True)
class Batch:
    """Rows of an image set that decode, their pixels for each geometry, uint8 (n, height, width, 3), and failures."""

    rows: np.ndarray
    pixels: "dict[Geometry, torch.Tensor]"
    failures: dict[str, str]


def geometry(input: dict, protocol: str) -> Geometry:
    """What decides a checkpoint's pixels, from timm's data configuration: equal geometries share one resize."""
    size = tuple(input["input_size"][1:])
    if protocol == "resize":
        return (size, input["interpolation"], 1.0, "squash", None)
    mode = input.get("crop_mode") or "center"
    # Only a border shows the mean, as its colour.
    fill = tuple(input.get("mean") or ()) if mode == "border" else None
    return (size, input["interpolation"], input["crop_pct"], mode, fill)


def resizer(geometry: Geometry) -> Resizer:
    """The function from a picture to its pixels, uint8 (height, width, 3), for one geometry."""
    from timm.data.transforms_factory import create_transform

    size, interpolation, crop_pct, crop_mode, fill = geometry
    # timm's "squash" with crop_pct 1 scales both edges straight to the input size: the protocol "resize".
    shape = {"input_size": (3, *size), "crop_pct": crop_pct, "crop_mode": crop_mode} | ({"mean": fill} if fill else {})
    whole: Any = create_transform(is_training=False, use_prefetcher=True, interpolation=interpolation, **shape)
    *steps, _to_array = whole.transforms

    def resize(picture: Image.Image) -> np.ndarray:
        for step in steps:
            picture = step(picture)
        return np.asarray(picture)

    return resize


def read(images: ImageSet, resizers: Mapping[Geometry, Resizer], rows: np.ndarray, *, pinned: bool = False) -> Batch:
    """Rows, decoded and resized, `pinned` where a GPU fetches them; what cannot be read or decoded is a failure."""
    import torch

    good, failures = [], {}
    for row in rows:
        image = images.images[row]
        try:
            picture = decode(images.read(image), image)
            good.append((row, [resize(picture) for resize in resizers.values()]))
        except (InputError, OSError) as error:
            failures[image] = str(error)
    stacks = zip(*(arrays for _, arrays in good), strict=True)
    pixels = {geometry: torch.from_numpy(np.stack(stack)) for geometry, stack in zip(resizers, stacks, strict=False)}
    if pinned:
        pixels = {geometry: tensor.pin_memory() for geometry, tensor in pixels.items()}
    return Batch(np.array([row for row, _ in good], dtype=np.int64), pixels, failures)
