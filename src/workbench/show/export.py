"""Figures and tables as files: what a report, a paper or another program takes up.

Both functions hand back what they were given, so that the last line of a notebook cell writes and shows. With
``outputs=""`` they write nothing. Files appear under their final name only when they are complete.
"""

import json
import re
from pathlib import Path
from typing import TypeVar

import altair as alt
import pandas as pd

from workbench.files import write_file
from workbench.show import theme

Chart = TypeVar("Chart", bound=alt.TopLevelMixin)


def figure(chart: Chart, name: str, outputs: str | Path) -> Chart:
    """Write ``outputs/figures/<name>.svg``, ``.png`` and ``.vl.json`` (Vega-Lite)."""
    if outputs:
        specification = theme.spec(chart)
        folder = Path(outputs) / "figures"
        write_file(folder / f"{name}.vl.json", json.dumps(specification, indent=1, sort_keys=True) + "\n")
        write_file(folder / f"{name}.svg", theme.svg(specification))
        write_file(folder / f"{name}.png", theme.png(specification))
    return chart


def table(frame: pd.DataFrame, name: str, outputs: str | Path) -> pd.DataFrame:
    """Write ``outputs/tables/<name>.csv``, ``.md`` and ``.tex``.

    CSV is for programs: text stays as it is, also where a spreadsheet would read a formula (``=...``). A mark before it
    would be part of the name for every program that joins by it; a spreadsheet takes such a column imported as text.
    """
    if outputs:
        folder = Path(outputs) / "tables"
        latex = frame.style.hide(axis="index").format(escape="latex", na_rep="").format_index(escape="latex", axis=1)
        write_file(folder / f"{name}.csv", frame.to_csv(index=False, lineterminator="\n"))
        write_file(folder / f"{name}.md", markdown(frame))
        write_file(folder / f"{name}.tex", latex.to_latex(hrules=True))
    return frame


def markdown(frame: pd.DataFrame) -> str:
    """The frame as a table of Markdown that shows every text as it stands: no markup, and a line stays a line."""
    words = frame.columns[[kind.kind not in "iufb" for kind in frame.dtypes]]
    plain = frame.assign(**{name: frame[name].map(_plain, na_action="ignore") for name in words}).rename(columns=_plain)
    as_text = [place for place, name in enumerate(frame.columns) if name in words]  # else 007 is 7
    return plain.to_markdown(index=False, disable_numparse=as_text if len(frame) else False) + "\n"


def _plain(text: object) -> object:
    """Text without what Markdown reads as markup; underscores within a word are none.

    >>> print(_plain("<b>a_b|c"))
    \\<b\\>a_b\\|c
    """
    if not isinstance(text, str):
        return text
    return re.sub(r"([\\`*\[\]<>&|~]|(?<![^\W_])_|_(?![^\W_]))", r"\\\1", " ".join(text.split()))
