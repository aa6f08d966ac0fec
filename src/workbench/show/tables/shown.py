"""Frames as HTML: small tables with a title, long ones to search and sort, claims with their verdicts."""

import re
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from great_tables import GT, loc, style
from IPython.display import HTML

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


def browse(frame: pd.DataFrame, id: str, *, height: int = 420) -> HTML:
    """A long table that is searched by typing and sorted by a click on a column's name.

    Without JavaScript it is a plain table, complete and readable. `height` is in pixels.
    """
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True)
    known = frame.astype(object).where(frame.notna(), None)
    rows = list(known.itertuples(index=False, name=None))
    page = environment.get_template("browse.html.j2")
    return HTML(page.render(id=id, names=frame.columns, rows=rows, height=height))


def claims(rows: pd.DataFrame, title: str, id: str) -> HTML:
    """Claims with verdict, value found, and caveat or reason; text wraps, nothing is cut."""
    claim, verdict = rows["claim"] + " (" + rows["place"] + ")", rows["verdict"].replace(SIGNS) + " " + rows["verdict"]
    columns = {"id": rows["id"], "claim": claim, "verdict": verdict, "found": rows["value"], "because": rows["because"]}
    table = GT(pd.DataFrame(columns), id=id)
    shown = table.tab_header(title=title).cols_align("left").tab_options(**LOOK, table_width="100%")
    shown = shown.cols_width(id="5%", claim="29%", verdict="12%", found="28%", because="26%")
    shown = shown.tab_style(style.text(weight="bold"), loc.column_labels())
    shown = shown.tab_style(style.css("vertical-align: top; overflow-wrap: anywhere;"), loc.body())
    for verdict, colour in COLOURS.items():
        chosen = (rows["verdict"] == verdict).to_numpy().nonzero()[0].tolist()
        shown = shown.tab_style(style.text(color=colour, weight="bold"), loc.body(columns=["verdict"], rows=chosen))
    return _page(shown)


def _page(table: GT) -> HTML:
    """The table with the rules of style that it uses; great-tables writes fifty into each, 8 kB of a notebook."""
    html = table.as_raw_html()
    used = set(re.findall(r"gt_\w+", html.rpartition("</style>")[2]))

    def kept(rule: re.Match) -> str:
        return rule[0] if used >= {*re.findall(r"\.(gt_\w+)", rule[1])} else ""

    return HTML(re.sub(r" *(#[^{}]+)\{[^{}]*\}\n", kept, html))
