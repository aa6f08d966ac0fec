"""The record of a PatchML set: which patch stands where on which canvas; its file, its labels."""

import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa

from workbench.errors import DamagedFileError, InputError
from workbench.files import parse_json, parsing, read_parquet, write_parquet
from workbench.inputs.classes import N_CLASSES
from workbench.inputs.labels import LabelSet, from_mapping
from workbench.inputs.patchml.boxes import EDGES

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


def label_set(plan: Plan) -> LabelSet:
    """The label set ``patchml-<seed>``: each composite shows the classes of its patches."""
    shown = plan.table.groupby("composite", sort=False)["class"].agg(set)
    return from_mapping(plan.name, dict(zip(shown.index.astype(str), shown, strict=True)))


def counts_by_label(plan: Plan) -> pd.DataFrame:
    """Composites by patch count and by number of distinct labels: ``count, label_count, composites``."""
    shown = plan.table.groupby(["count", "composite"])["class"].nunique().rename("label_count")
    return shown.groupby(["count", shown]).size().rename("composites").reset_index()


def write(plan: Plan, path: Path) -> None:
    """Write a plan as one Parquet file; it names the folder of its pictures but holds none of them."""
    facts = {"seed": plan.seed, "canvas": plan.canvas, "sizes": plan.sizes, "pictures": plan.pictures}
    table = pa.Table.from_pandas(plan.table, preserve_index=False)
    write_parquet(table.replace_schema_metadata({"patchml": json.dumps(facts)}), path, compression="zstd")


def read(path: str | Path) -> Plan:
    """Read a plan. Raises `InputError` for a file that is none, `DamagedFileError` for one that cannot be read."""
    path = Path(path)
    if not path.is_file():
        raise InputError(f"there is no plan {path}; make one with 'workbench patchml build'")
    with parsing(path, "it is no whole plan; build it again"):
        table = read_parquet(path)
    metadata = table.schema.metadata or {}
    if b"patchml" not in metadata:
        raise InputError(f"{path} is a Parquet file, but no PatchML plan; make one with 'workbench patchml build'")
    try:
        facts = parse_json(metadata[b"patchml"])
        sizes = {int(count): int(size) for count, size in facts["sizes"].items()}
        plan = Plan(int(facts["seed"]), int(facts["canvas"]), sizes, table.to_pandas()[PLACED], str(facts["pictures"]))
        if not _is_whole(plan):
            raise ValueError("it has patches outside the canvas or in another order")
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise DamagedFileError(f"the plan {path} is damaged or of another version ({error}); build it again") from error
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
