"""A picture becomes the pixels that checkpoints see: decoded once, resized once for each distinct input.

The geometry is that of timm's own evaluation transform (:mod:`workbench.predict.pixels.resizing`); normalisation
happens on the device, so that checkpoints that differ only in mean and standard deviation share their pixels.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import InputError, WorkbenchError, reason
from workbench.inputs.images import ImageSet, decoded
from workbench.predict.pixels.resizing import Geometry, Resizer

if TYPE_CHECKING:
    import torch


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


def scaled(size: tuple[int, int], geometry: Geometry) -> tuple[int, int]:
    """Width and height that a geometry scales a picture to before it crops: what resizing needs memory for."""
    (width, height), ((to_height, to_width), _, crop_pct, crop_mode, _) = size, geometry
    goal = math.floor(to_width / crop_pct), math.floor(to_height / crop_pct)
    if crop_mode == "squash":
        return goal
    closest = min if crop_mode == "border" else max  # the long side fits, or the short one fills
    factor = closest(goal[0] / width, goal[1] / height)
    return round(width * factor), round(height * factor)


def read(images: ImageSet, resizers: Mapping[Geometry, Resizer], rows: np.ndarray, *, pinned: bool = False) -> Batch:
    """Rows, decoded and resized, `pinned` where a GPU fetches them; what has no pixels is a failure."""
    import torch

    good, failures = [], {}
    for row in rows:
        image = images.images[row]
        try:
            good.append((row, _resized(images.read(image), image, resizers)))
        except (WorkbenchError, OSError) as error:
            failures[image] = str(error)
    stacks = zip(*(arrays for _, arrays in good), strict=True)
    pixels = {geometry: torch.from_numpy(np.stack(stack)) for geometry, stack in zip(resizers, stacks, strict=False)}
    if pinned:
        pixels = {geometry: tensor.pin_memory() for geometry, tensor in pixels.items()}
    return Batch(np.array([row for row, _ in good], dtype=np.int64), pixels, failures)


def _resized(data: bytes, image: str, resizers: Mapping[Geometry, Resizer]) -> list[np.ndarray]:
    """A picture's pixels for each geometry. Raises `InputError` where it cannot be decoded, or resized."""
    with decoded(data, image, lambda size: [(size, scaled(size, geometry)) for geometry in resizers]) as picture:
        try:
            return [resize(picture) for resize in resizers.values()]
        except Exception as error:  # what Pillow raises for sizes that cannot be
            seen = f"image {image!r}, {picture.width} x {picture.height} pixels, cannot be resized"
            raise InputError(f"{seen}: {reason(error)}") from error
