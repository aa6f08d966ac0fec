"""What the instruments show, as HTML: plain functions, no widget in sight. The HTML itself is in ``templates``.

Colours come from JupyterLab's theme, light or dark; what matters is told by sign and word as well. Whatever
can be pressed is a ``<button>`` with its action in ``data-action``, so that the tab key reaches it.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

import jinja2
import pandas as pd

from workbench.errors import WorkbenchError
from workbench.inputs import classes
from workbench.inputs.images import ImageSet
from workbench.inputs.labels.decisions import VERDICTS
from workbench.score.interactive import outcomes
from workbench.show import thumbnails

SIGNS = {"original": "●", "multi": "◐", "wrong": "✕", "unlabelled": "○"}
WORDS = ("checkpoint", "family", "source")  # columns of the table before those of numbers
TITLES = {name: name for name in WORDS} | {"first": "first (%)", "second": "second (%)", "gap": "gap (points)"}
TITLES |= {"rank_before": "rank before", "rank_after": "after", "shift": "rise"}


@dataclass(frozen=True)
class Thumbnail:
    """A picture made small: `url` is empty where it cannot be shown, then `problem` says why."""

    image: str
    url: str
    problem: str = ""


@dataclass(frozen=True)
class Seen:
    """What one checkpoint sees in one picture: its status, and the `best` classes with their scores, or None."""

    checkpoint: str
    status: str
    best: Sequence[tuple[int, float | None]]


@dataclass(frozen=True)
class Card:
    """One picture of the gallery, its labels, and what is known and seen of it."""

    picture: Thumbnail
    labels: Sequence[int]
    original: Sequence[int]
    seen: Sequence[Seen]
    facts: Mapping[str, object]


@dataclass(frozen=True)
class Row:
    """A class to judge: where it comes from, in words, the verdict so far, and those of `others` by name."""

    label: int
    origin: str
    verdict: str | None
    others: Mapping[str, str] = field(default_factory=dict)


def thumbnail(images: ImageSet, image: str, side: int = thumbnails.SIDE) -> Thumbnail:
    """A picture that fits a square of `side` pixels."""
    try:
        return Thumbnail(image, thumbnails.thumbnail(images.read(image), image, side))
    except (WorkbenchError, OSError) as error:
        return Thumbnail(image, "", f"cannot be shown: {error}")


def message(text: str, *, error: bool = False) -> str:
    """A message, or an error that says so."""
    return _render("message", text=text, error=error)


def scores_table(pairs: pd.DataFrame, marked: Collection[str], sort: str, *, down: bool, titles: dict[str, str]) -> str:
    """The chosen checkpoints, marked ones first."""
    shown = sorted_pairs(pairs, marked, sort, down=down)
    shown = shown.assign(source=shown["source"] + ", " + shown["protocol"])
    words = [shown[name].tolist() for name in titles if name in WORDS]
    numbers = [_texts(shown[name]) for name in titles if name not in WORDS]
    rows = list(zip(shown["checkpoint"], zip(*words, strict=True), zip(*numbers, strict=True), strict=True))
    n_marked = sum(name in marked for name, _, _ in rows)
    return _render("table", rows=rows, n_marked=n_marked, marked=marked, sort=sort, down=down, titles=titles)


def sorted_pairs(pairs: pd.DataFrame, marked: Collection[str], sort: str, *, down: bool) -> pd.DataFrame:
    """Rows of the chosen checkpoints in the order of the table, marked ones first."""
    rows = pairs[pairs["chosen"]].sort_values(sort, ascending=not down, kind="stable")
    return rows.iloc[(~rows["checkpoint"].isin(list(marked))).argsort(kind="stable")]


def _texts(numbers: pd.Series) -> list[str]:
    """Numbers as they stand in the table: a fraction becomes percent only here."""
    is_fraction = pd.api.types.is_float_dtype(numbers)
    return [f"{100 * value:.2f}" if is_fraction else str(value) for value in numbers.tolist()]


def slices(table: pd.DataFrame, picked: str, *, has_pictures: bool) -> str:
    """Groups of pictures with their shares; takes what :mod:`workbench.score.interactive.slices` makes."""
    is_pairs = "n_class" in table
    return _render("slices", table=table, picked=picked, is_pairs=is_pairs, has_pictures=has_pictures)


def cards(page: Sequence[Card], *, where: str, wide: bool) -> str:
    """A page of the gallery; `wide` has room for two checkpoints."""
    return _render("cards", page=page, where=where, wide=wide)


def enlarged(card: Card, *, where: str) -> str:
    """One picture of the gallery, large, with all classes that it has."""
    return _render("enlarged", card=card, where=where)


@dataclass(frozen=True)
class Progress:
    """How many pictures are judged, of how many, and how the annotators agree, a line for each."""

    judged: int
    total: int
    agreements: Sequence[str] = ()


def judging(
    shown: Thumbnail, rows: Sequence[Row], *, here: int, where: str, found: Sequence[int], progress: Progress
) -> str:
    """One picture to relabel; `here` is the row that the keys act on, `found` are the classes of a search."""
    return _render("judging", shown=shown, rows=rows, here=here, where=where, found=found, **vars(progress))


def _render(template: str, **values: object) -> str:
    return _environment().get_template(f"{template}.html.j2").render(values)


@cache
def _environment() -> jinja2.Environment:
    options = {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True, "undefined": jinja2.StrictUndefined}
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"), **options)
    environment.globals |= {"names": classes.names, "describe": classes.describe, "glosses": classes.glosses}
    environment.globals["pieces"] = partial(re.findall, r"[^._/-]+[._/-]*|[._/-]+")
    environment.globals |= {"signs": SIGNS, "statuses": outcomes.STATUSES, "verdicts": VERDICTS}
    return environment
