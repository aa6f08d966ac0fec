"""Where words may be parted, and how the rows of a table fit into the room that there is."""

import math
import re
from functools import cache
from typing import Any

import pandas as pd
from markupsafe import Markup, escape

ROOM = 62  # digits side by side in the narrowest place where a table is read: 420 pixels
WRAPPED = "text-align: left; vertical-align: top; overflow-wrap: break-word; padding: 3px"
MOST_TRACKS = 3  # for a long text, which goes on in a second line
FONT = "font: 12px Helvetica, Arial, sans-serif"
GRID = "display: grid; align-items: baseline; padding: 0; border-top: 1px solid #8884"
GRID += "; grid-template-columns: repeat(auto-fit, minmax({}ch, 1fr))"


def breakable(text: object, least: int = 13) -> Markup:
    """A text whose words of `least` letters, as names of checkpoints are, may go on in the next line behind a sign."""
    long = rf"[^\s<>;]{{{least},}}"
    return Markup(re.sub(long, lambda word: re.sub(r"([._/-])(?=\w)", r"\1<wbr>", word[0]), escape(text)))


def hyphenable(text: object) -> Markup:
    """A column's name whose long words may be parted between syllables."""
    return Markup(parted(breakable(text, 9), "\u00ad"))


def parted(text: str, hyphen: str) -> str:
    """A text with a sign between the syllables of its long words."""
    return re.sub(r"[A-Za-z]{7,}", lambda word: _words().inserted(word[0], hyphen), text)


def told(value: Any) -> str:
    """A value as it stands in a table: two decimals, nothing where it is missing."""
    return "" if pd.isna(value) else f"{value:.2f}" if isinstance(value, float) else str(value)


def grid(frame: pd.DataFrame, edges: int = 1) -> tuple[str, list[int]]:
    """The style of each row of a table that is too wide for a narrow page, and how many tracks each column takes.

    Rows, the one of heads among them, are grids of equal tracks: where the room ends they all go on in the next line
    in the same way, so that each cell stays below its head, and nothing has to be scrolled to. The style is written
    to each row, as a page that does not trust a table takes away all others. A table that fits has none. `edges` is
    how many digits wide the ground on both sides of a text is.
    """
    texts = [[*map(told, column)] for _, column in frame.items()]
    needs = [max(_longest(hyphenable(name)), *map(_longest, map(breakable, ["", *column])))
             for name, column in zip(frame, texts, strict=True)]  # fmt: skip
    if sum(needs) + edges * len(needs) <= ROOM:
        return "", []
    is_number = [pd.api.types.is_numeric_dtype(kind) for kind in frame.dtypes]
    track = max([4, *(need for need, number in zip(needs, is_number, strict=True) if number)]) + edges
    wishes = [need if number else max(need, *map(len, ["", *column])) + edges
              for need, number, column in zip(needs, is_number, texts, strict=True)]  # fmt: skip
    return GRID.format(track), [max(1, min(MOST_TRACKS, math.ceil(wish / track))) for wish in wishes]


def cells(frame: pd.DataFrame, tracks: list[int]) -> list[str]:
    """The style of a cell in each column: texts stand at the left; `tracks` are those of `grid`."""
    sides = ["" if pd.api.types.is_numeric_dtype(kind) else "text-align: left" for kind in frame.dtypes]
    wide = [f"grid-column: span {n}" if n > 1 else "" for n in tracks or [1] * len(sides)]
    return ["; ".join(filter(None, both)) for both in zip(sides, wide, strict=True)]


def wrapped(frame: pd.DataFrame) -> list[str]:
    """The style of a cell in each column of a table of long texts, which is as wide as its place.

    Columns get more room for longer texts, and enough for a word of eight letters. The style is what JupyterLab leaves
    to a table that it does not trust.
    """
    texts = [[*map(told, column)] for _, column in frame.items()]
    longest = [max(map(_longest, map(breakable, ["", *column]))) for column in texts]
    means = [sum(map(len, column)) / max(1, len(column)) for column in texts]
    wishes = [max(math.sqrt(mean), 1.4 * min(8, n)) for mean, n in zip(means, longest, strict=True)]
    return [f"{WRAPPED}; width: {100 * wish / sum(wishes):.0f}%" for wish in wishes]


@cache
def _words() -> Any:
    import pyphen

    return pyphen.Pyphen(lang="en_US", left=3, right=3)


def _longest(text: Markup) -> int:
    """Letters of the longest part of a text that stays in one line."""
    return max(len(Markup(part).unescape()) for part in re.split("\\s|<wbr>|(?<=\u00ad)", text) or [""])
