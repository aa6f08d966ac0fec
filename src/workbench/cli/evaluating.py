"""The command that does all: check the pictures, predict, score, and write a page for each checkpoint."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.options import Mirror, Protocol, fail, use_mirror
from workbench.cli.stopping import again, saying
from workbench.cli.terminal import plain
from workbench.errors import WorkbenchError, counted

if TYPE_CHECKING:
    from workbench.inputs.images import ImageSet
    from workbench.predict.store import Predictions

LABELS = {"v1": ("v1-original", "v1-real"), "v2": ("v2-original", "v2-refined")}  # for top-1; for ReaL and ASMA
EXAMPLES = {"v1": "ILSVRC2012_val_00000293.JPEG", "v2": "a sha1 of 40 characters"}
MEASURED = 24  # pictures that the time is measured on, and at most so many checkpoints
MOST = 4
LONG = 500  # pictures from which the time is told


@dataclass(frozen=True)
class Checked:
    """Which of the pictures that were given are an image set's own: how many match, do not, and are not there."""

    name: str
    known: list[str]
    odd: int
    missing: int

    def words(self) -> str:
        """What a user needs to know before it starts."""
        given, whole = len(self.known) + self.odd, len(self.known) + self.missing
        are = "is" if len(self.known) == 1 else "are"
        seen = f"{len(self.known):,} of the {counted(given, 'name', 'names')} {are} {self.name.upper()}'s"
        single, several = LABELS[self.name]
        return f"{seen}; {self.missing:,} of its {whole:,} pictures are missing; labels {single} and {several}"


def evaluate(
    checkpoints: Annotated[
        list[str] | None, typer.Argument(help="As for predict; with --predictions those to show, by default all.")
    ] = None,
    v1: Annotated[str | None, typer.Option(help="The pictures of V1, as for predict.")] = None,
    v2: Annotated[str | None, typer.Option(help="The pictures of V2.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the pages.")] = Path("outputs/evaluate"),
    predictions: Annotated[Path | None, typer.Option(help="A folder of predictions that exist; none are made.")] = None,
    protocol: Annotated[
        Protocol, typer.Option(help="crop: as the 67 public models; resize: as the 315 published ones.")
    ] = Protocol.crop,
    yes: Annotated[bool, typer.Option("--yes", help="Leave out pictures of other names without asking.")] = False,
    mirror: Mirror = None,
) -> None:
    """Say where checkpoints stand: check the pictures, predict V1 and V2, score, write a page for each."""
    from workbench import progress
    from workbench.reproduce import cards

    use_mirror(mirror)
    if predictions is None:
        folder, names, wanted = _predicted(checkpoints or [], v1, v2, out, protocol.value, yes=yes)
    else:
        folder, names = predictions, _existing(predictions, checkpoints or [], protocol.value, yes=yes)
        wanted = len(names)
    bar = progress.bar(progress.COUNTED)
    with saying(f"the cards that were finished are in {out}; predictions are kept in {folder}"):
        found = cards.write(names, folder, out, protocol=protocol.value, pictures=v1 or "", on_event=bar)
    for card in found:
        typer.echo(f"{plain(card.checkpoint)}: {card.run.error or _summary(card.places.to_dict('records'))}")
    typer.echo(f"Open {out / 'index.html'}")
    if left := wanted - len(names):
        typer.echo(f"{left} of {counted(wanted, 'checkpoint', 'checkpoints')} could not be had, see above", err=True)
    if left or any(card.run.error for card in found):
        raise typer.Exit(1)


def _summary(places: list[dict]) -> str:
    return "; ".join(
        f"{one['image_set'].upper()} {one['metric']} {one['value']:.2f} % [{one['ci_low']:.2f}, {one['ci_high']:.2f}], "
        f"place {one['place']} [{one['best']}, {one['worst']}] of {one['of']}"
        for one in places
        if one["metric"] == "top1"
    )


def _predicted(
    checkpoints: list[str], v1: str | None, v2: str | None, out: Path, protocol: str, *, yes: bool
) -> tuple[Path, list[str], int]:
    """Where the predictions of V1 and V2 are, the checkpoints that have them, and how many were asked for."""
    from workbench import progress
    from workbench.inputs import opening
    from workbench.inputs.checkpoints import expand
    from workbench.inputs.images import ImageSet
    from workbench.predict import engine

    if not checkpoints or v1 is None or v2 is None:
        fail("checkpoints need --v1 and --v2, folders of pictures; or give --predictions, a folder of what exists")
    opened = [opening.open_set(path, name) for path, name in ((v1, "v1"), (v2, "v2"))]
    checked = [_checked(one.name, one.images) for one in opened]
    names = expand(checkpoints)
    _tell(checked)
    _ask(checked, yes=yes)
    sets = [ImageSet(one.name, tuple(of.known), one.read) for one, of in zip(opened, checked, strict=True)]
    folder = out / "predictions"
    if sum(map(len, sets)) >= LONG and not any(folder.glob("*.parquet")):
        _tell_time(names, sets, protocol)
    with saying(f"the same command goes on where this one stopped; what is done so far is kept in {folder}"):
        listener = progress.several(progress.bar(), again)
        results = [
            engine.predict(names, one, protocol=protocol, out=folder, on_event=listener) for one in reversed(sets)
        ]
    return folder, [one.checkpoint for one in results[0]], len(names)


def _tell_time(names: list[str], sets: "list[ImageSet]", protocol: str) -> None:
    """Say how long it takes where the first checkpoints and pictures can tell; the run says what is wrong with them."""
    from warnings import catch_warnings, simplefilter

    try:
        with catch_warnings():
            simplefilter("ignore")
            minutes = round(_minutes(names, sets, protocol))
    except WorkbenchError:
        return
    about = counted(minutes, "minute", "minutes") if minutes else "less than a minute"
    of = counted(len(names), "checkpoint", "checkpoints")
    typer.echo(f"about {about} for {of}, by the first {MEASURED} pictures", err=True)


def _minutes(names: list[str], sets: "list[ImageSet]", protocol: str) -> float:
    """How long the pictures take at the speed of the first ones, by at most four of the checkpoints."""
    from workbench.inputs.images import ImageSet
    from workbench.predict import engine

    first = ImageSet(sets[0].name, sets[0].images[:MEASURED], sets[0].read)
    tried = engine.predict(names[:MOST], first, protocol=protocol)
    passes = {one.provenance["seconds"] for one in tried}  # checkpoints of one pass have the same
    each = sum(passes) / len(first) / len(tried)
    return each * len(names) * sum(map(len, sets)) / 60


def _existing(folder: Path, checkpoints: list[str], protocol: str, *, yes: bool) -> list[str]:
    """The checkpoints of a folder that have V1 and V2 by the protocol; of these the asked ones, or all."""
    from workbench.errors import unknown
    from workbench.predict import store

    if not folder.exists():
        fail(f"there is no folder {folder}; expected one with predictions on v1 and v2")
    read = [one for one in store.read_all(folder) if one.protocol == protocol and one.image_set in LABELS]
    sides: dict[str, dict[str, Predictions]] = {}
    for one in read:
        sides.setdefault(one.checkpoint, {})[one.image_set] = one
    whole = [name for name, both in sides.items() if len(both) == len(LABELS)]
    for name in checkpoints:
        if name not in whole:
            raise unknown(f"checkpoint with v1 and v2 by protocol {protocol} in {folder}:", name, whole)
    names = checkpoints or whole
    if not names:
        fail(f"{folder} holds no checkpoint with both v1 and v2 by protocol {protocol}; choose another with --protocol")
    checked = [_checked(kind, sides[name][kind].images) for name in names for kind in LABELS]
    told = list({one.words(): one for one in checked}.values())  # most files are on the same pictures
    _tell(told)
    _ask(told, yes=yes)
    return names


def _checked(name: str, images: Iterable[str]) -> Checked:
    """What of these ids is V1's or V2's. Ends with a sentence where none is; raises where labels are not at hand."""
    import pandas as pd

    from workbench.inputs import labels

    for wanted in LABELS[name]:
        labels.load(wanted)
    ids, own = pd.Index(list(images), dtype="str"), labels.load(LABELS[name][0]).images
    there = ids.isin(own)
    if not there.any():
        seen = f"none of the {len(ids):,} pictures that were given as {name} is named like {name.upper()}'s"
        fail(f"{seen} ({EXAMPLES[name]}), {ids[0]!r} among them; give those with --{name}")
    known = ids[there].tolist()
    return Checked(name, known, int((~there).sum()), len(own) - len(set(known)))


def _tell(checked: list[Checked]) -> None:
    for one in checked:
        typer.echo(f"{one.name}: {one.words()}", err=True)


def _ask(checked: list[Checked], *, yes: bool) -> None:
    """Ask whether to go on without the pictures of other names; programs say so with an option."""
    odd = [
        f"{one.odd:,} of the names given as {one.name} {'is' if one.odd == 1 else 'are'} not {one.name.upper()}'s"
        for one in checked
        if one.odd
    ]
    if not odd or yes:
        return
    if not sys.stdin.isatty():
        fail(f"{' and '.join(odd)}; give --yes to leave these pictures out, or folders that hold no others")
    typer.confirm(f"{' and '.join(odd)}. Leave these pictures out and go on?", abort=True, err=True)
