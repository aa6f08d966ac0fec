"""Figures and tables as files: what a report, a paper or another program takes up.

Both functions hand back what they were given, so that the last line of a notebook cell writes and shows. With
``outputs=""`` they write nothing. Files appear under their final name only when they are complete.
"""

import json
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
    """Write ``outputs/tables/<name>.csv``, ``.md`` and ``.tex``."""
    if outputs:
        folder = Path(outputs) / "tables"
        latex = frame.style.hide(axis="index").format(escape="latex", na_rep="").format_index(escape="latex", axis=1)
        write_file(folder / f"{name}.csv", frame.to_csv(index=False, lineterminator="\n"))
        write_file(folder / f"{name}.md", frame.to_markdown(index=False) + "\n")
        write_file(folder / f"{name}.tex", latex.to_latex(hrules=True))
    return frame
