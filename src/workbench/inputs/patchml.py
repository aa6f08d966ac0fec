"""PatchML: which patches stand where on which black canvas ("Re-assessing ImageNet", section 3.2, appendix A).

This is geometry alone; :mod:`workbench.inputs.composites` makes the pictures. The paper's patch sizes and canvas
are not known: here they are parameters. The defaults are a canvas of 480 pixels with boxes of half of it for up to
four patches and of a third for six and nine, so that every patch count fills its grid.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isqrt
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.errors import DamagedFileError, InputError
from workbench.files import writing
from workbench.inputs.classes import N_CLASSES
from workbench.inputs.labels import LabelSet, from_mapping

COUNTS = (2, 3, 4, 6, 9)
CANVAS = 480
EDGES = ["xmin", "ymin", "xmax", "ymax"]
PLACED = ["composite", "count", "patch", "cell", "x", "y", "width", "height", "image", "class", *EDGES]


@dataclass(frozen=True, eq=False)
class Plan:
    """Where every patch of a PatchML set goes.

    `table` has one row per placed patch, composite after composite: ``composite`` (the image id; no other plan has
    the same), ``count`` (patches on this canvas), ``patch`` (row in the pool), ``cell`` (of the grid, row by row),
    ``x, y, width, height`` (pixels on the canvas), and the patch itself: ``image, class, xmin, ymin, xmax, ymax``.
    `sizes`: side of the square box for each patch count, pixels. `pictures`: the path that the pictures were read
    from, empty for the sample.
    """

    seed: int
    canvas: int
    sizes: dict[int, int]
    table: pd.DataFrame
    pictures: str = ""

    @property
    def name(self) -> str:
        """Name of the image set and of its label set: ``patchml-<seed>``."""
        return f"patchml-{self.seed}"

    def composites(self) -> pd.Index:
        """Ids of the composites, in order."""
        return pd.Index(self.table["composite"].unique(), dtype="str")


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

    `patches` is the pool (:func:`workbench.inputs.boxes.patches`). With `composites`, so many are made for each patch
    count: a large pool is not used up, a small one is restored as often as that takes. The random numbers are NumPy's
    PCG64, seeded with (seed, patch count): the same on every machine, and the same for one patch count whichever
    others are asked for. Raises `InputError` where patches cannot fit or are too few.
    """
    chosen = {k: (sizes or {}).get(k, default_size(k, canvas)) for k in _checked_counts(counts, len(patches))}
    _check_seed(seed)
    for count, size in chosen.items():
        check(count, size, canvas)
    if composites is not None and composites < 1:
        raise InputError(f"{composites} composites of each count were asked for; expected 1 or more")
    shape = (patches[["xmax", "ymax"]].to_numpy() - patches[["xmin", "ymin"]].to_numpy()).T
    parts = [_place(shape, seed, k, size, canvas, composites) for k, size in chosen.items()]
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
    if size < 1:
        raise InputError(f"patches of {size} pixels for {count} on a canvas of {canvas}; {advice}")
    if count * size**2 > canvas**2:
        raise InputError(
            f"{count} patches of {size} pixels cover {count * size**2} pixels, more than the canvas of {canvas} has "
            f"({canvas**2}); {advice}"
        )
    columns = canvas // size
    if count > columns**2:
        raise InputError(
            f"{count} patches of {size} pixels need more than the {columns} x {columns} cells of a canvas of {canvas}; "
            f"{advice}"
        )


def labels(plan: Plan) -> LabelSet:
    """The label set ``patchml-<seed>``: each composite shows the classes of its patches."""
    shown = plan.table.groupby("composite", sort=False)["class"].agg(set)
    return from_mapping(plan.name, dict(zip(shown.index.astype(str), shown, strict=True)))


def counts_by_label(plan: Plan) -> pd.DataFrame:
    """Composites by patch count and by number of distinct labels: ``count, label_count, composites``."""
    table = plan.table[["count", "class"]].assign(
        row=plan.table["composite"].ne(plan.table["composite"].shift()).cumsum()
    )
    distinct = table.drop_duplicates().groupby(["row", "count"]).size().rename("label_count").reset_index()
    return distinct.groupby(["count", "label_count"]).size().rename("composites").reset_index()


def write(plan: Plan, path: Path) -> None:
    """Write a plan as one Parquet file; it names the folder of its pictures but holds none of them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    facts = {"seed": plan.seed, "canvas": plan.canvas, "sizes": plan.sizes, "pictures": plan.pictures}
    table = pa.Table.from_pandas(plan.table, preserve_index=False)
    with writing(path) as stream:
        pq.write_table(table.replace_schema_metadata({"patchml": json.dumps(facts)}), stream, compression="zstd")


def read(path: str | Path) -> Plan:
    """Read a plan. Raises `InputError` for a file that is none, `DamagedFileError` for one that cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = Path(path)
    if not path.is_file():
        raise InputError(f"there is no plan {path}; make one with 'workbench patchml build'")
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise DamagedFileError(f"the plan {path} cannot be read ({error}); build it again") from error
    facts = (table.schema.metadata or {}).get(b"patchml")
    if facts is None:
        raise InputError(f"{path} is a Parquet file, but no PatchML plan; make one with 'workbench patchml build'")
    try:
        known = json.loads(facts)
        sizes = {int(count): int(size) for count, size in known["sizes"].items()}
        plan = Plan(int(known["seed"]), int(known["canvas"]), sizes, table.to_pandas()[PLACED], str(known["pictures"]))
        whole = _is_whole(plan)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamagedFileError(f"the plan {path} is damaged or of another version ({error}); build it again") from error
    if not whole:
        raise DamagedFileError(f"the plan {path} has patches outside the canvas or in another order; build it again")
    return plan


def _is_whole(plan: Plan) -> bool:
    """Whether every patch lies on the canvas, and the rows of each composite stand together."""
    table = plan.table
    numbers = table[["x", "y", "width", "height", "class", *EDGES]]
    if table.empty or not all(pd.api.types.is_integer_dtype(kind) for kind in numbers.dtypes):
        return False
    right, lower = table["x"] + table["width"], table["y"] + table["height"]
    inside = (numbers >= 0).all(axis=None) and max(right.max(), lower.max()) <= plan.canvas
    sized = (table[["width", "height"]] >= 1).all(axis=None) and table["class"].max() < N_CLASSES
    together = table["composite"].ne(table["composite"].shift()).sum() == table["composite"].nunique()
    return bool(inside and sized and together)


def _side(count: int) -> int:
    """Columns of the smallest square grid with `count` cells."""
    return isqrt(max(count, 1) - 1) + 1


def _digest(canvas: int, table: pd.DataFrame) -> str:
    """Eight hexadecimal digits of everything in a plan that decides its pixels."""
    digest = hashlib.sha256(f"{canvas}\n".encode() + "\n".join(table["image"]).encode())
    numbers = table[["count", "x", "y", "width", "height", "class", *EDGES]]
    digest.update(np.ascontiguousarray(numbers.to_numpy(), dtype="<i8").tobytes())
    return digest.hexdigest()[:8]


def _place(shape: np.ndarray, seed: int, count: int, size: int, canvas: int, composites: int | None) -> pd.DataFrame:
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
    return pd.DataFrame(
        {
            "number": pd.Index([f"{i:05d}.png" for i in range(wanted)], dtype="str").repeat(count),
            "count": count,
            "patch": patch,
            "cell": cell,
            "x": cell % columns * side + offset[0],
            "y": cell // columns * side + offset[1],
            "width": width,
            "height": height,
        }
    )


def _checked_counts(counts: Sequence[int], n_patches: int) -> list[int]:
    if not counts or min(counts) < 1:
        raise InputError(f"patch counts are {list(counts)}; expected whole numbers from 1 up, by default {COUNTS}")
    if len(set(counts)) < len(counts):
        raise InputError(f"patch counts are {list(counts)}; expected each once")
    if max(counts) > n_patches:
        raise InputError(
            f"the pool has {n_patches} patches, fewer than the {max(counts)} of one composite; annotate more objects, "
            "or ask for smaller patch counts"
        )
    return sorted(counts)


def _check_seed(seed: int) -> None:
    if seed < 0:
        raise InputError(f"the seed is {seed}; expected 0 or more")
