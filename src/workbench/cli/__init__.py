"""The command line: a thin wrapper, one function a command. Heavy modules are imported where they are used."""

import sys
import traceback
import warnings
from typing import Annotated

import typer

from workbench.cli import composites, evaluating, keeping, options, predicting, scoring, stopping, terminal
from workbench.errors import WorkbenchError

app = typer.Typer(
    help="Is a classifier worse, or does the benchmark ask for one label where the picture shows several?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command(cls=options.WithPairs)(keeping.reproduce)
app.command()(evaluating.evaluate)
app.command()(predicting.predict)
app.command()(predicting.ask)
app.command("import")(predicting.import_)
app.command()(scoring.score)
app.command()(scoring.collect)
app.command()(scoring.compare)
app.command()(scoring.verify)
app.command()(keeping.fetch)
app.command()(keeping.doctor)

patchml = typer.Typer(help="PatchML: composites with known labels, from annotated objects.", no_args_is_help=True)
patchml.command()(composites.build)
app.add_typer(patchml, name="patchml")


@app.callback()
def top(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=options.tell_version, help="Print the version and end."),
    ] = False,
) -> None:
    """What holds for all commands."""


def main() -> None:
    """Entry point: an error that the user can mend is one sentence on stderr and exit code 2, without a traceback."""
    warnings.showwarning = lambda message, *_: print(terminal.plain(f"note: {message}", "\n"), file=sys.stderr)
    # Pillow names no picture, and the limit of what one may take is another, told with its name.
    warnings.filterwarnings("ignore", "Image size .* exceeds limit")
    stopping.listen()
    try:
        app()
    except stopping.Stopped as stop:
        stopping.end(stop)
    except WorkbenchError as error:
        options.fail(str(error))
    except OSError as error:
        *_, (frame, _) = traceback.walk_tb(error.__traceback__)
        where = "standard output" if frame.f_code is typer.echo.__code__ else "the file system"
        seen = f"{error.filename or where}: {error.strerror or error}"
        options.fail(f"{seen}; check the path, its permissions and the space left")
