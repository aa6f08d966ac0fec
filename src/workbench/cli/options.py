"""Options that several commands have, and the end of a command that cannot go on."""

import os
import sys
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand

from workbench.cli.terminal import plain

Mirror = Annotated[
    Path | None,
    typer.Option(envvar="WORKBENCH_MIRROR", help="A local copy of the public files: <owner>/<repository>/<path>."),
]


class Pixels(StrEnum):
    """How a picture is resized."""

    exact = "exact"
    fast = "fast"


class Protocol(StrEnum):
    """How a picture becomes a model's input."""

    resize = "resize"
    crop = "crop"


class Answer(StrEnum):
    """How a model gives its answer."""

    generate = "generate"
    likelihood = "likelihood"


class Distractors(StrEnum):
    """What the wrong options of a question are drawn from."""

    any = "any"
    invalid = "invalid"


class WithPairs(TyperCommand):
    """A command whose ``--parameter`` takes two words each time: typer itself has no such option."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        for option in self.params:
            if option.name == "parameter":
                option.nargs = 2


def tell_version(wanted: bool) -> None:
    """Print the version and end, where it was asked for."""
    if wanted:
        typer.echo(f"workbench {version('imagenet-workbench')}")
        raise typer.Exit


def use_mirror(mirror: Path | None) -> None:
    """Look for public files in a local copy, in this process and its children."""
    if mirror is not None:
        os.environ["WORKBENCH_MIRROR"] = str(mirror)


def fail(sentence: str) -> NoReturn:
    """One sentence on stderr and exit code 2: the user can mend it."""
    print(plain(f"workbench: {sentence}", keep="\n"), file=sys.stderr)
    sys.exit(2)
