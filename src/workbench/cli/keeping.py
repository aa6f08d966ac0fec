"""Commands that keep the house: notebooks run, public files fetched, what is installed."""

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli import terminal
from workbench.cli.options import Mirror, use_mirror


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

    bar = progress.bar(progress.COUNTED)
    runs = running.reproduce(out, only=only or (), values=dict(parameter or []), jobs=jobs, on_event=bar)
    for run in runs:
        typer.echo(f"  {run.name:22} {run.seconds:6.1f} s  {'FAILED: ' + run.error if run.error else 'ok'}")
    typer.echo(f"Open {out / 'index.html'}")
    if any(run.error for run in runs):
        raise typer.Exit(1)


def fetch(
    names: Annotated[
        list[str] | None, typer.Argument(help="Sources to fetch; by default all but the optional ones.")
    ] = None,
    mirror: Mirror = None,
) -> None:
    """Download, verify and cache the public files (data/sources.toml)."""
    from workbench import progress
    from workbench.inputs import sources

    use_mirror(mirror)
    wanted = names or [name for name, source in sources.registry().items() if not source.optional]
    for source in [sources.source(name) for name in wanted]:
        sources.fetch(source.name, on_event=progress.bar())
    typer.echo(f"Verified and cached in {sources.cache_dir()}")


def doctor(mirror: Mirror = None) -> None:
    """Say what is installed, which public files are at hand, and whether there is a GPU."""
    from workbench.inputs import checkpoints, sources
    from workbench.reproduce import provenance

    use_mirror(mirror)
    typer.echo("Packages")
    for name, version in provenance.versions().items():
        typer.echo(f"  {name:20} {version}")
    typer.echo("Extras")
    for name, version in provenance.extras().items():
        typer.echo(f"  {name:20} {version}")
    typer.echo(f"Public files (cache: {sources.cache_dir()}; mirror: {sources.mirror_dir() or 'none'})")
    for name, source in sources.registry().items():
        missing = f"{'optional' if source.optional else 'missing'}; get it with: workbench fetch {name}"
        state = "at hand" if sources.available(name) else missing
        typer.echo(f"  {name:20} {source.size:>10}  {state}")
    typer.echo(f"Sample checkpoints and pictures\n  {checkpoints.sample_state()}")
    typer.echo(f"GPU\n  {terminal.gpu()}")
