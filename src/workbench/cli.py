"""The command line: a thin wrapper, one function a command. Heavy modules are imported where they are used."""

import os
import signal
import sys
import warnings
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand

from workbench import terminal
from workbench.errors import WorkbenchError
from workbench.terminal import Format

app = typer.Typer(
    help="Is a classifier worse, or does the benchmark ask for one label where the picture shows several?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class Protocol(StrEnum):
    """How a picture becomes a model's input."""

    resize = "resize"
    crop = "crop"


class Metric(StrEnum):
    """What counts as right in a comparison."""

    top1 = "top1"
    real = "real"


class Kept(StrEnum):
    """How composites are kept."""

    tar = "tar"
    folder = "folder"
    plan = "plan"


patchml_app = typer.Typer(help="PatchML: composites with known labels, from annotated objects.", no_args_is_help=True)
app.add_typer(patchml_app, name="patchml")

Mirror = Annotated[
    Path | None,
    typer.Option(envvar="WORKBENCH_MIRROR", help="A local copy of the public files: <owner>/<repository>/<path>."),
]


class _WithPairs(TyperCommand):
    """A command whose ``--parameter`` takes two words each time: typer itself has no such option."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        for option in self.params:
            if option.name == "parameter":
                option.nargs = 2


@app.command(cls=_WithPairs)
def reproduce(
    out: Annotated[Path, typer.Option(help="Folder for the report, figures and tables.")] = Path("outputs"),
    only: Annotated[list[str] | None, typer.Option(help="Run only this notebook; may be given several times.")] = None,
    parameter: Annotated[
        list[tuple] | None,
        typer.Option("--parameter", "-p", metavar="NAME VALUE", help="Set a notebook's parameter, as in papermill."),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Notebooks at a time; by default one a core, at most four.")
    ] = None,
) -> None:
    """Run every notebook and write the report, the figures and the tables."""
    from workbench import progress
    from workbench.reproduce import running

    bar = progress.bar(progress.COUNTED, always=True)
    runs = running.reproduce(out, only=only or (), values=dict(parameter or []), jobs=jobs, on_event=bar)
    for run in runs:
        typer.echo(f"  {run.name:22} {run.seconds:6.1f} s  {'FAILED: ' + run.error if run.error else 'ok'}")
    typer.echo(f"Open {out / 'index.html'}")
    if any(run.error for run in runs):
        raise typer.Exit(1)


@app.command()
def predict(
    checkpoints: Annotated[
        list[str],
        typer.Argument(
            help="timm names, NAME@FILE, patterns (tf_*lite*), @published, clip:ARCH/TAG, clip:ARCH@FILE, "
            "or a .txt with one a line."
        ),
    ],
    images: Annotated[
        str, typer.Option(help="Pictures: a folder, .tar shards, a .parquet file, a .txt list or patchml:PLAN.")
    ],
    image_set: Annotated[str, typer.Option(help="Name of the image set, for instance v1 or v2.")],
    protocol: Annotated[
        Protocol, typer.Option(help="resize: no crop, as in the paper; crop: the model's own.")
    ] = Protocol.resize,
    precision: Annotated[str, typer.Option(help="auto, fp32, bf16 or fp16.")] = "auto",
    device: Annotated[str, typer.Option(help="auto, cpu or cuda:N.")] = "auto",
    batch_size: Annotated[int | None, typer.Option(help="Pictures at a time; by default 32, on a GPU 128.")] = None,
    topk: Annotated[int, typer.Option(help="Classes to keep of each picture.")] = 16,
    compile: Annotated[str, typer.Option(help="auto (where it pays), on or off.")] = "auto",
    out: Annotated[Path, typer.Option(help="Folder for the predictions files.")] = Path("predictions"),
    restart: Annotated[bool, typer.Option(help="Drop what an earlier run left and begin anew.")] = False,
    json_log: Annotated[Path | None, typer.Option(help="Append progress to this file as JSON lines.")] = None,
) -> None:
    """Run checkpoints over pictures; an interrupted run goes on where it stopped."""
    from workbench import progress
    from workbench.inputs import opening
    from workbench.inputs.checkpoints import expand
    from workbench.predict import engine

    names, pictures = expand(checkpoints), opening.open_set(images, image_set)
    results = engine.predict(
        names,
        pictures,
        protocol=protocol.value,
        precision=precision,
        device=device,
        batch_size=batch_size,
        topk=topk,
        compile=compile,
        out=out,
        restart=restart,
        on_event=progress.several(progress.bar(), *([progress.json_log(json_log)] if json_log else [])),
    )
    for one in results:
        speed = f"{one.provenance['images_per_second']} images/s"
        typer.echo(f"{out / one.file_name}: {len(one)} of {len(pictures)} pictures, {speed}")
    if failures := results[0].failures:
        listed = out / f"{image_set}--failures.csv"
        typer.echo(f"{len(failures)} pictures could not be decoded and are left out; reasons in {listed}", err=True)
    if len(results) < len(names):
        typer.echo(f"{len(names) - len(results)} of {len(names)} checkpoints could not be had, see above", err=True)
        raise typer.Exit(1)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="Predictions or outputs: .npy, .npz, .csv or .parquet.")],
    checkpoint: Annotated[str, typer.Option(help="Name of the checkpoint.")],
    image_set: Annotated[str, typer.Option(help="Name of the image set, for instance v1 or v2.")],
    out: Annotated[Path, typer.Option(help="The predictions file to write (.parquet).")],
    protocol: Annotated[
        Protocol | None, typer.Option(help="How the pictures were put to the model; must be said.")
    ] = None,
    images: Annotated[Path | None, typer.Option(help="Image ids in row order: text with one a line, or JSON.")] = None,
    topk: Annotated[int, typer.Option(min=1, max=1000, help="Classes to keep of logits or probabilities.")] = 16,
) -> None:
    """Bring your own predictions or logits into the predictions store."""
    from workbench.predict import imports, store

    if protocol is None:
        seen = "--protocol is missing, and no file tells it; the two differ by up to 4.3 points"
        _fail(
            f"{seen}: give resize if whole pictures were resized to the input, crop if the model's transform cut them"
        )
    predictions = imports.import_file(
        file, checkpoint=checkpoint, image_set=image_set, images=images, protocol=protocol.value, topk=topk
    )
    store.write(predictions, out)
    typer.echo(f"{out}: {len(predictions)} images, top-{predictions.topk} classes of {checkpoint} on {image_set}")


@app.command()
def score(
    files: Annotated[list[Path], typer.Argument(help="Predictions files.")],
    labels: Annotated[
        str | None, typer.Option(help="A label set's name or a label file; by default the image set's own.")
    ] = None,
    original: Annotated[
        str | None, typer.Option(help="The single labels that top-1 asks for, where --labels is a file.")
    ] = None,
    label_counts: Annotated[
        str | None,
        typer.Option(help="Label counts of subgroup accuracy and ASMA: 1,2,3,4,5, and 2,3,4,6,9 for PatchML."),
    ] = None,
    drop_unlabelled: Annotated[bool, typer.Option(help="Leave out images that the label set lacks.")] = False,
    format: Annotated[Format, typer.Option(help="table for people, csv or json for programs.")] = Format.table,
    mirror: Mirror = None,
) -> None:
    """Score predictions: top-1, ReaL, subgroup accuracy and ASMA, with intervals."""
    from workbench.predict import store
    from workbench.score import scores, summaries

    _use_mirror(mirror)
    frame = scores.score(
        (store.read(file) for file in files),
        labels,
        original=original,
        label_counts=terminal.whole_numbers(label_counts, "--label-counts") if label_counts is not None else None,
        drop_unlabelled=drop_unlabelled,
    )
    for one in summaries.left_out(frame).query("left_out > 0").itertuples():
        seen = f"{one.left_out} of the {one.composites} composites of {one.image_set} show another number of labels"
        typer.echo(f"note: {seen} than those asked for; they are in no subgroup", err=True)
    typer.echo(terminal.score_table(frame, format), nl=False)


@app.command()
def compare(
    a: Annotated[Path, typer.Argument(help="A predictions file.")],
    b: Annotated[Path, typer.Argument(help="Another one, on the same image set.")],
    labels: Annotated[
        str | None, typer.Option(help="A label set's name or a label file; by default the image set's own.")
    ] = None,
    metric: Annotated[Metric, typer.Option(help="top1: the original label; real: any of the labels.")] = Metric.top1,
    format: Annotated[Format, typer.Option(help="table for people, csv or json for programs.")] = Format.table,
    mirror: Mirror = None,
) -> None:
    """Compare two predictions files picture by picture: difference, interval, McNemar's test, pictures needed."""
    from workbench.predict import store
    from workbench.score.paired import comparing

    _use_mirror(mirror)
    first, second = store.read(a), store.read(b)
    if a.samefile(b):
        _fail(f"{a} and {b} are one file; give two predictions files on the same image set")
    if first.checkpoint == second.checkpoint:
        first, second = replace(first, checkpoint=str(a)), replace(second, checkpoint=str(b))
    found = comparing.compare(first, second, labels, metric=metric.value)
    typer.echo(terminal.comparison(found, format), nl=False)


@patchml_app.command()
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
        _fail("give --annotations and --images together, or neither for the sample")
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


@app.command()
def verify(
    files: Annotated[list[Path], typer.Argument(metavar="PREDICTIONS...", help="Predictions files on v1.")],
    leaderboard: Annotated[
        Path | None, typer.Option(help="What is claimed: .csv, .json or .parquet; by default the published ones.")
    ] = None,
    tolerance: Annotated[float, typer.Option(min=0, help="In points of top-1 accuracy.")] = 0.1,
    format: Annotated[Format, typer.Option(help="table for people, csv or json for programs.")] = Format.table,
    mirror: Mirror = None,
) -> None:
    """Compare claimed top-1 accuracies with your own predictions; exit code 1 when one is missed."""
    from workbench.inputs.published import leaderboards
    from workbench.predict import store
    from workbench.score import reconciliation

    _use_mirror(mirror)
    claimed = leaderboards.read(leaderboard) if leaderboard else None
    own = reconciliation.own_scores(store.read(file) for file in files)
    table = reconciliation.verify(own, claimed, tolerance=tolerance / 100)
    typer.echo(terminal.claim_table(table, format), nl=False)
    if (table["own_status"] == "another protocol").any():
        typer.echo("another protocol: not compared; predict with --protocol crop", err=True)
    if (table["own_status"] == "missed").any():
        raise typer.Exit(1)


@app.command()
def fetch(
    names: Annotated[
        list[str] | None, typer.Argument(help="Sources to fetch; by default all but the optional ones.")
    ] = None,
    mirror: Mirror = None,
) -> None:
    """Download, verify and cache the public files (data/sources.toml)."""
    from workbench import progress
    from workbench.inputs import sources

    _use_mirror(mirror)
    wanted = names or [name for name, source in sources.registry().items() if not source.optional]
    for source in [sources.source(name) for name in wanted]:
        sources.fetch(source.name, on_event=progress.bar(always=True))
    typer.echo(f"Verified and cached in {sources.cache_dir()}")


@app.command()
def doctor(mirror: Mirror = None) -> None:
    """Say what is installed, which public files are at hand, and whether there is a GPU."""
    from workbench.inputs import checkpoints, sources
    from workbench.reproduce import provenance

    _use_mirror(mirror)
    typer.echo("Packages")
    for name, version in provenance.versions().items():
        typer.echo(f"  {name:20} {version}")
    typer.echo(f"Public files (cache: {sources.cache_dir()}; mirror: {sources.mirror_dir() or 'none'})")
    for name, source in sources.registry().items():
        missing = f"{'optional' if source.optional else 'missing'}; get it with: workbench fetch {name}"
        state = "at hand" if sources.available(name) else missing
        typer.echo(f"  {name:20} {source.size:>10}  {state}")
    typer.echo(f"Sample checkpoints and pictures\n  {checkpoints.sample_state()}")
    typer.echo(f"GPU\n  {terminal.gpu()}")


def main() -> None:
    """Entry point: an error that the user can mend is one sentence on stderr and exit code 2, without a traceback."""
    warnings.showwarning = lambda message, *_: print(f"note: {message}", file=sys.stderr)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that half-written files are removed
    try:
        app()
    except WorkbenchError as error:
        _fail(str(error))
    except OSError as error:
        seen = f"{error.filename or 'the file system'}: {error.strerror or error}"
        _fail(f"{seen}; check the path, its permissions and the space left")


def _fail(sentence: str) -> NoReturn:
    print(f"workbench: {sentence}", file=sys.stderr)
    sys.exit(2)


def _use_mirror(mirror: Path | None) -> None:
    if mirror is not None:
        os.environ["WORKBENCH_MIRROR"] = str(mirror)
