"""Algorithm 1 of "Re-assessing ImageNet" (section 3.2, appendix A): patches are drawn, scaled and placed.

This is geometry alone; `composites` makes the pictures. The paper's patch sizes and canvas are not known: here they
are parameters. The defaults are a canvas of 480 pixels with boxes of half of it for up to four patches and of a third
for six and nine, so that every patch count fills its grid.
"""

import hashlib
from collections.abc import Mapping, Sequence
from math import isqrt

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.inputs.patchml.boxes import EDGES
from workbench.inputs.patchml.plans import Plan

COUNTS = (2, 3, 4, 6, 9)
CANVAS = 480


def plan(
    patches: pd.DataFrame,
    *,
    seed: int,
    counts: Sequence[int] = COUNTS,
    sizes: Mapping[int, int] | None = None,
    canvas: int = CANVAS,
    composites: int | None = None,
    pictures: str = "",
) -> Plan:
    """Algorithm 1 of the paper: for each patch count the pool is restored and sampled without replacement until
    fewer patches than that remain; the patch's place in the sample is its grid cell; it is scaled, keeping its
    proportions, to touch its square box, and put at a random place within its cell.

    `patches` is the pool (see :func:`workbench.inputs.patchml.patches.pool`). With `composites`, so many are made
    for each patch count: a large pool is not used up, a small one is restored as often as that takes. The random
    numbers are NumPy's PCG64, seeded with (seed, patch count): the same on every machine, and the same for one patch
    count whichever others are asked for. Raises `InputError` where patches cannot fit or are too few.
    """
    chosen = {k: (sizes or {}).get(k, default_size(k, canvas)) for k in _checked_counts(counts, len(patches))}
    if seed < 0:
        raise InputError(f"the seed is {seed}; expected 0 or more")
    for count, size in chosen.items():
        check(count, size, canvas)
    if composites is not None and composites < 1:
        raise InputError(f"{composites} composites of each count were asked for; expected 1 or more")
    shape = (patches[["xmax", "ymax"]].to_numpy() - patches[["xmin", "ymin"]].to_numpy()).T
    parts = [_place(shape, seed, k, size, canvas, composites=composites) for k, size in chosen.items()]
    placed = pd.concat(parts, ignore_index=True)
    pool = patches.reset_index(drop=True).take(placed["patch"].to_numpy()).reset_index(drop=True)
    table = pd.concat([placed, pool], axis=1)
    # Sets of one seed, but of other boxes or sizes, are other pictures: nothing may take the one for the other.
    digest = _digest(canvas, table)
    table.insert(0, "composite", f"patchml-{seed}-{digest}-k" + table["count"].astype(str) + "-" + table.pop("number"))
    return Plan(seed, canvas, chosen, table, pictures)


def default_size(count: int, canvas: int = CANVAS) -> int:
    """Side of the square box that fills the grid which `count` patches need.

    >>> [default_size(k, 480) for k in (2, 3, 4, 6, 9)]
    [240, 240, 240, 160, 160]
    """
    return canvas // _side(count)


def check(count: int, size: int, canvas: int) -> None:
    """Raise `InputError` unless `count` boxes of side `size` fit on the canvas: by area (count x size^2 <= canvas^2)
    and by the grid (count <= columns^2, columns = canvas // size), the two conditions of Algorithm 1.
    """
    if canvas < 1:
        raise InputError(f"the canvas is {canvas} pixels; expected 1 or more, by default {CANVAS}")
    largest = default_size(count, canvas)
    advice = f"patches of up to {largest} pixels fit" if largest else f"take a canvas of at least {_side(count)} pixels"
    asked = f"{count} patches of {size} pixels"
    if size < 1:
        raise InputError(f"patches of {size} pixels for {count} on a canvas of {canvas}; {advice}")
    if count * size**2 > canvas**2:
        seen = f"{asked} cover {count * size**2} pixels, more than the canvas of {canvas} has ({canvas**2})"
        raise InputError(f"{seen}; {advice}")
    columns = canvas // size
    if count > columns**2:
        seen = f"{asked} need more than the {columns} x {columns} cells of a canvas of {canvas}"
        raise InputError(f"{seen}; {advice}")


def _side(count: int) -> int:
    """Columns of the smallest square grid with `count` cells."""
    return isqrt(max(count, 1) - 1) + 1


def _digest(canvas: int, table: pd.DataFrame) -> str:
    """Eight hexadecimal digits of everything in a plan that decides its pixels."""
    digest = hashlib.sha256(f"{canvas}\n".encode() + "\n".join(table["image"]).encode())
    numbers = table[["count", "x", "y", "width", "height", "class", *EDGES]]
    digest.update(np.ascontiguousarray(numbers.to_numpy(), dtype="<i8").tobytes())
    return digest.hexdigest()[:8]


def _place(shape: np.ndarray, seed: int, count: int, size: int, canvas: int, *, composites: int | None) -> pd.DataFrame:
    """All composites of one patch count. `shape`: width and height of every patch of the pool, (2, n)."""
    rng = np.random.Generator(np.random.PCG64([seed, count]))
    n = shape.shape[1]
    each = n // count
    wanted = composites or each
    # The sample without replacement is the order of uniform numbers, which NumPy keeps stable between versions.
    order = [np.argsort(rng.random(n), kind="stable")[: each * count] for _ in range(-(-wanted // each))]
    patch = np.concatenate(order)[: wanted * count]
    scale = size / shape.max(axis=0)[patch]
    width, height = np.clip(np.rint(shape[:, patch] * scale), 1, size).astype(np.int64)
    columns = canvas // size
    side = canvas // columns
    cell = np.tile(np.arange(count), wanted)
    room = np.stack([side - width, side - height])
    offset = np.floor(rng.random(room.shape) * (room + 1)).astype(np.int64)
    x, y = cell % columns * side + offset[0], cell // columns * side + offset[1]
    number = pd.Index([f"{i:05d}.png" for i in range(wanted)], dtype="str").repeat(count)
    table = {"number": number, "count": count, "patch": patch, "cell": cell, "x": x, "y": y}
    return pd.DataFrame(table | {"width": width, "height": height})


def _checked_counts(counts: Sequence[int], n_patches: int) -> list[int]:
    if not counts or min(counts) < 1 or len(set(counts)) < len(counts):
        seen = f"patch counts are {list(counts)}"
        raise InputError(f"{seen}; expected whole numbers from 1 up, each once, by default {COUNTS}")
    if max(counts) > n_patches:
        seen = f"the pool has {n_patches} patches, fewer than the {max(counts)} of one composite"
        raise InputError(f"{seen}; annotate more objects, or ask for smaller patch counts")
    return sorted(counts)
