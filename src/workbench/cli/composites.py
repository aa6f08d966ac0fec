"""Commands of PatchML: composites with known labels, from annotated objects."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli import terminal
from workbench.cli.options import fail


class Kept(StrEnum):
    """How composites are kept."""

    tar = "tar"
    folder = "folder"
    plan = "plan"


def build(
    out: Annotated[Path, typer.Option(help="Folder for plans, label sets and pictures.")],
    annotations: Annotated[
        Path | None,
        typer.Option(help="Boxes: a folder of XML files, LOC_val_solution.csv, or a table; by default the sample's."),
    ] = None,
    images: Annotated[
        str | None, typer.Option(help="The annotated pictures, as for predict; by default the sample.")
    ] = None,
    seed: Annotated[list[int] | None, typer.Option(help="One set for each; may be given several times. [1]")] = None,
    format: Annotated[
        Kept, typer.Option(help="Keep the pictures as a tar file or a folder of PNG; plan: make them when needed.")
    ] = Kept.tar,
    counts: Annotated[str, typer.Option(help="Patches on a canvas.")] = "2,3,4,6,9",
    sizes: Annotated[
        str | None, typer.Option(help="Side of a patch's box for each count, in pixels; by default as large as fits.")
    ] = None,
    canvas: Annotated[int, typer.Option(help="Side of the canvas, in pixels.")] = 480,
    number: Annotated[
        int | None, typer.Option(min=1, help="Composites of each count; by default until the patches are used up.")
    ] = None,
    drop_missing: Annotated[bool, typer.Option(help="Leave out boxes of pictures that are not there.")] = False,
) -> None:
    """Place annotated objects on black canvases: a plan, its label set, and the pictures."""
    from workbench import progress
    from workbench.inputs import opening, patchml
    from workbench.inputs.images import readers
    from workbench.inputs.patchml import boxes, keeping, patches

    if (annotations is None) != (images is None):
        fail("give --annotations and --images together, or neither for the sample")
    pictures = opening.open_set(images) if images else readers.sample()
    annotated = boxes.read(annotations) if annotations else boxes.sample()
    pool = patches.pool(annotated, pictures, drop_missing=drop_missing)
    wanted = terminal.whole_numbers(counts, "--counts")
    sides = terminal.sizes(sizes, wanted) if sizes is not None else None
    for one in dict.fromkeys(seed or [1]):
        plan = patchml.plan(
            pool,
            seed=one,
            counts=wanted,
            sizes=sides,
            canvas=canvas,
            composites=number,
            pictures=opening.absolute(images) if images else "",
        )
        kept = keeping.write(plan, pictures, out, format.value, on_event=progress.bar())
        table = patchml.counts_by_label(plan)
        listed = table[table["count"] == table["label_count"]].set_index("count")["composites"].to_dict()
        whole = ", ".join(f"{listed.get(k, 0)} with {k} labels" for k in wanted)
        typer.echo(f"{kept}: {len(plan.composites())} composites of {len(pool)} patches; {whole}")
