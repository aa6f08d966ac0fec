"""Pictures resized to a geometry: exactly as timm's evaluation transform does it, or faster and nearly so.

Fast pixels come from torch, in the same geometry.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from PIL import Image

from workbench.inputs.images.memory import Size

if TYPE_CHECKING:
    import torch

Geometry = tuple  # (height, width), interpolation, crop_pct, crop mode, colour of the border
Resizer = Callable[[Image.Image], np.ndarray]

PIXELS = ("exact", "fast")
FAST = ("bilinear", "bicubic")  # what torch resizes bytes with
_LARGE = 4_000_000  # pixels: larger pictures stay exact, within the bound of memory reckoned for that


def resizer(geometry: Geometry, pixels: str = "exact") -> Resizer:
    """The function from a picture to its pixels, uint8 (height, width, 3), for one geometry.

    ``fast`` is for squares from the centre and whole pictures, bilinear or bicubic, of up to four megapixels; anything
    else stays ``exact``.
    """
    whole = _timm(geometry)
    fast = pixels == "fast" and is_fast(geometry)

    def resize(picture: Image.Image) -> np.ndarray:
        cut = centred(picture.size, geometry)
        if fast and (cut or geometry[3] == "squash") and picture.width * picture.height <= _LARGE:
            return _fast(picture, cut, geometry)
        return whole(picture)

    return resize


def is_fast(geometry: Geometry) -> bool:
    """Whether ``fast`` differs from ``exact`` for a geometry."""
    (height, width), interpolation, crop_pct, crop_mode, _ = geometry
    whole = crop_mode == "squash" and crop_pct == 1
    return interpolation in FAST and (whole or (_is_centred(crop_mode) and height == width))


def _is_centred(crop_mode: str) -> bool:
    return crop_mode not in ("squash", "border")


@dataclass(frozen=True)
class Cut:
    """A centre crop: the size a picture is scaled to, the box that is kept of it."""

    width: int
    height: int
    box: tuple[int, int, int, int]


def centred(size: Size, geometry: Geometry) -> Cut | None:
    """How a square is cut from the centre; none for another geometry, or where it would be padded."""
    (height, width), _, crop_pct, crop_mode, _ = geometry
    if height != width or not _is_centred(crop_mode):
        return None
    goal, short, long = math.floor(height / crop_pct), min(size), max(size)
    longer = int(goal * long / short)  # as torchvision's Resize has it
    if goal < height or max(longer, goal) * max(long, goal) > _LARGE:
        return None
    scaled = (goal, longer) if size[0] <= size[1] else (longer, goal)
    left, top = (round((one - height) / 2) for one in scaled)  # and its CenterCrop
    return Cut(*scaled, (left, top, left + height, top + height))


def _fast(picture: Image.Image, cut: Cut | None, geometry: Geometry) -> np.ndarray:
    """By torch's kernel for bytes, made after Pillow-SIMD's: weights have 16 bits where Pillow's have 32."""
    from torch.nn.functional import interpolate

    size = geometry[0] if cut is None else (cut.height, cut.width)
    left, top, right, bottom = (0, 0, size[1], size[0]) if cut is None else cut.box
    scaled = interpolate(_tensor(picture), size, mode=geometry[1], antialias=True)
    return scaled[0, :3, top:bottom, left:right].permute(1, 2, 0).numpy()


def _tensor(picture: Image.Image) -> "torch.Tensor":
    """A picture's bytes (1, 3 or 4, height, width), on its own memory where Pillow has it in one piece."""
    import torch

    try:
        held = torch.from_dlpack(pa.array(picture).flatten())
        pixels = held.view(picture.height, picture.width, 4)
    except ValueError:  # more than 16 MB
        pixels = torch.from_numpy(np.array(picture))
    return pixels.permute(2, 0, 1)[None]


def _timm(geometry: Geometry) -> Resizer:
    """timm's own transform, stopped before it becomes a tensor."""
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
