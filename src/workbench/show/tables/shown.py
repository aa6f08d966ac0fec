"""Frames as HTML: small tables with a title, long ones to search and sort, claims with their verdicts."""

import re
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from great_tables import GT, loc, style
from IPython.display import HTML

from workbench.claims import worded
from workbench.show.charts.claims import COLOURS, SIGNS

LOOK: dict[str, Any] = {
    "table_font_size": "13px",
    "heading_title_font_size": "15px",
    "heading_align": "left",
    "data_row_padding": "4px",
    "table_margin_left": "0px",
}


def show(frame: pd.DataFrame, title: str, id: str, *, note: str = "") -> HTML:
    """A small table with a title and, below it, a note on its source; `id` names it in the page and must be
    unique there.
    """
    frame = frame.rename(columns=lambda name: str(name).replace("_", " "))
    text = frame.select_dtypes(exclude="number").columns.tolist()
    decimals = frame.select_dtypes("float").columns.tolist()
    table = GT(frame, id=id).tab_header(title=title).cols_align("left", columns=text)
    table = table.fmt_number(decimals, decimals=2).sub_missing(missing_text="").tab_options(**LOOK)
    table = table.tab_style(style.text(weight="bold"), loc.column_labels())
    return _page(table.tab_source_note(note) if note else table)


def browse(
    frame: pd.DataFrame, id: str, *, height: int = 420, wrap: bool = False, colours: dict[str, str] | None = None
) -> HTML:
    """A long table that is searched by typing and sorted by a click on a column's name.

    Without JavaScript it is a plain table, complete and readable. `height` is in pixels; long texts need `wrap`;
    a cell that reads as a key of `colours` has that colour.
    """
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True)
    known = frame.astype(object).where(frame.notna(), None)
    rows = list(known.itertuples(index=False, name=None))
    page = environment.get_template("browse.html.j2")
    return HTML(page.render(id=id, names=frame.columns, rows=rows, height=height, wrap=wrap, colours=colours or {}))


def claims(rows: pd.DataFrame, id: str, *, height: int = 640) -> HTML:
    """Claims with the words of the document, what was checked, the verdict, what was found and why; nothing is cut."""
    found = zip(rows["verdict"].tolist(), rows["about"].tolist(), strict=True)
    signed = [f"{SIGNS[verdict]} {worded(verdict, about)}" for verdict, about in found]
    columns = {
        "id": rows["id"],
        "the document says": "\u201c" + rows["quote"] + "\u201d " + rows["document"] + ", " + rows["place"],
        "checked as": rows["claim"] + rows["threshold"].map(lambda line: f" Threshold: {line}." if line else ""),
        "verdict": signed,
        "found": (rows["value"] + " (" + rows["data"] + ")").str.strip(),
        "because": rows["because"],
    }
    colours = {text: COLOURS[verdict] for text, verdict in zip(signed, rows["verdict"], strict=True)}
    return browse(pd.DataFrame(columns), id, height=height, wrap=True, colours=colours)


def _page(table: GT) -> HTML:
    """The table with the rules of style that it uses; great-tables writes fifty into each, 8 kB of a notebook."""
    html = table.as_raw_html()
    used = set(re.findall(r"gt_\w+", html.rpartition("</style>")[2]))

    def kept(rule: re.Match) -> str:
        return rule[0] if used >= {*re.findall(r"\.(gt_\w+)", rule[1])} else ""

    return HTML(re.sub(r" *(#[^{}]+)\{[^{}]*\}\n", kept, html))
