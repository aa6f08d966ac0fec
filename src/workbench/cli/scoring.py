"""Commands that say how good predictions are."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli import terminal
from workbench.cli.options import Mirror, fail, use_mirror
from workbench.cli.terminal import Format


class Metric(StrEnum):
    """What counts as right in a comparison."""

    top1 = "top1"
    real = "real"


class Overall(StrEnum):
    """A metric with one value for all pictures."""

    top1 = "top1"
    real = "real"
    asma = "asma"


class Scored(StrEnum):
    """A metric of the score table."""

    top1 = "top1"
    real = "real"
    subgroup = "subgroup"
    asma = "asma"
    mc = "mc"
    mc_guessed = "mc_guessed"
    parse_rate = "parse_rate"


def score(
    files: Annotated[list[Path], typer.Argument(help="Predictions files, and folders of such files.")],
    metric: Annotated[
        list[Overall] | None, typer.Option(help="Only this metric; may be given several times. By default all.")
    ] = None,
    sort: Annotated[
        Overall | None, typer.Option(help="The best by this metric first. By default as the files were given.")
    ] = None,
    all: Annotated[
        bool, typer.Option("--all", help="A row for each score, with those at each number of labels.")
    ] = False,
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
    """Score predictions: a line a checkpoint with top-1, ReaL and ASMA, each with its interval; --all: every score."""
    from workbench.predict import store
    from workbench.score import scores, summaries, table

    use_mirror(mirror)
    frame = scores.score(
        (store.read(file) for file in terminal.within(files)),
        labels,
        original=original,
        label_counts=terminal.whole_numbers(label_counts, "--label-counts") if label_counts is not None else None,
        drop_unlabelled=drop_unlabelled,
    )
    for one in summaries.left_out(frame).query("left_out > 0").itertuples():
        seen = f"{one.left_out} of the {one.composites} composites of {one.image_set} show another number of labels"
        typer.echo(f"note: {seen} than those asked for; they are in no subgroup", err=True)
    frame = table.narrowed(frame, [one.value for one in metric or Scored], sort.value if sort else None)
    in_short = format is Format.table and not all
    typer.echo((terminal.summary if in_short else terminal.score_table)(frame, format), nl=False)


def collect(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with predictions and answers, or one file.")],
    metric: Annotated[
        list[Scored] | None, typer.Option(help="Only this metric; may be given several times. By default all.")
    ] = None,
    by_label_count: Annotated[
        bool,
        typer.Option("--by-label-count", help="Scores at each number of labels, too, subgroup accuracy among them."),
    ] = False,
    labels: Annotated[
        str | None, typer.Option(help="A label set's name or a label file; by default each image set's own.")
    ] = None,
    original: Annotated[
        str | None, typer.Option(help="The single labels that top-1 asks for, where --labels is a file.")
    ] = None,
    format: Annotated[Format, typer.Option(help="table for people, csv or json for programs.")] = Format.table,
    mirror: Mirror = None,
) -> None:
    """One table of the scores of all predictions and answers below a folder; exit code 1 when a file gave none."""
    from workbench.score import pools

    use_mirror(mirror)
    found = pools.collect(folder, labels, original=original)
    counted = by_label_count | found.scores["label_count"].isna()
    chosen = found.scores["metric"].isin([one.value for one in metric or Scored])
    typer.echo(terminal.score_table(found.scores[counted & chosen], format), nl=False)
    for file in found.unfinished:
        typer.echo(f"note: {file} is not finished; the command that began it goes on with it", err=True)
    for why, files in terminal.by_reason(found.left_out).items():
        typer.echo(f"left out: {files}: {why}", err=True)
    if found.left_out:
        raise typer.Exit(1)


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

    use_mirror(mirror)
    first, second = store.read(a), store.read(b)
    if a.samefile(b):
        fail(f"{a} and {b} are one file; give two predictions files on the same image set")
    if first.checkpoint == second.checkpoint:
        first, second = replace(first, checkpoint=str(a)), replace(second, checkpoint=str(b))
    found = comparing.compare(first, second, labels, metric=metric.value)
    typer.echo(terminal.comparison(found, format), nl=False)


def verify(
    files: Annotated[
        list[Path], typer.Argument(metavar="PREDICTIONS...", help="Predictions files on v1, or folders of them.")
    ],
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
    from workbench.score.reported import reconciliation

    use_mirror(mirror)
    claimed = leaderboards.read(leaderboard) if leaderboard else None
    own = reconciliation.own_scores(store.read(file) for file in terminal.within(files))
    table = reconciliation.verify(own, claimed, tolerance=tolerance / 100)
    typer.echo(terminal.claim_table(table, format), nl=False)
    if (table["own_status"] == "another protocol").any():
        typer.echo("another protocol: not compared; predict with --protocol crop", err=True)
    if (table["own_status"] == "missed").any():
        raise typer.Exit(1)
