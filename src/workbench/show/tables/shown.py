"""Frames as HTML: small tables with a title, long ones to search and sort, claims with their verdicts."""

import re
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from great_tables import GT
from IPython.display import HTML, Markdown
from markupsafe import Markup

from workbench.claims import worded
from workbench.show import export
from workbench.show.charts.claims import COLOURS, SIGNS
from workbench.show.tables import fitted

LOOK: dict[str, Any] = {
    "table_font_size": "12px",
    "heading_title_font_size": "15px",
    "heading_align": "left",
    "data_row_padding": "4px",
    "table_margin_left": "0px",
}
CLOSE = "padding: 4px 3px"
TITLE = "text-align: left; font-size: 15px"


def show(frame: pd.DataFrame, title: str, id: str, *, note: str = "") -> HTML:
    """A small table with a title and, below it, a note on its source; `id` names it in the page and must be
    unique there.
    """
    frame = frame.rename(columns=lambda name: str(name).replace("_", " "))
    text = frame.select_dtypes(exclude="number").columns.tolist()
    decimals = frame.select_dtypes("float").columns.tolist()
    table = GT(frame, id=id).tab_header(title=title).cols_align("left", columns=text)
    table = table.fmt_number(decimals, decimals=2).sub_missing(missing_text="").tab_options(**LOOK)
    return _page(table.tab_source_note(note) if note else table, id, frame)


def plain(frame: pd.DataFrame) -> Markdown:
    """A small table as Markdown, which every page draws in its own look; it takes a tenth of the room of `show`."""
    text = export.markdown(frame.rename(columns=lambda name: str(name).replace("_", " ")))
    heads, line, rest = text.partition("\n")
    text = fitted.parted(heads, "&shy;") + line + rest
    text = re.sub(r"\\\[(-?[\d.]+, -?[\d.]+)\\\]", r"[\1]", text)  # an interval is no link
    return Markdown(re.sub(r"-{3,}", "--", re.sub(r" {2,}", " ", text)))


def browse(
    frame: pd.DataFrame, id: str, *, height: int = 420, wrap: bool = False, colours: dict[str, str] | None = None
) -> HTML:
    """A long table that is searched by typing and sorted by a click on a column's name.

    Without JavaScript it is a plain table, complete and readable. `height` is in pixels; long texts need `wrap`;
    a cell that reads as a key of `colours` has an edge of that colour.
    """
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True)
    environment.filters |= {"breakable": fitted.breakable, "hyphenable": fitted.hyphenable}
    known = frame.astype(object).where(frame.notna(), None)
    rows = list(known.itertuples(index=False, name=None))
    row, tracks = ("", []) if wrap else fitted.grid(frame, 2)  # a page that does not trust it has wide edges
    cells = fitted.wrapped(frame) if wrap else fitted.cells(frame, tracks)
    look = {"row": row, "cells": cells, "font": fitted.FONT, "wrap": wrap, "height": height}
    page = environment.get_template("browse.html.j2")
    return HTML(page.render(id=id, names=frame.columns, rows=rows, colours=colours or {}, **look))


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


def _page(table: GT, id: str, frame: pd.DataFrame) -> HTML:
    """The table with the rules of style that it uses, in the inks and on the grounds of the page that shows it.

    great-tables writes fifty rules into each, 8 kB of a notebook. Its dark ink would stand on the dark rows of
    JupyterLab's dark theme; and it scrolls to the side where words that cannot be broken need the room.
    """
    html = table.as_raw_html()
    used = set(re.findall(r"gt_\w+", html.rpartition("</style>")[2]))

    def kept(rule: re.Match) -> str:
        return rule[0] if used >= {*re.findall(r"\.(gt_\w+)", rule[1])} else ""

    style, end, body = re.sub(r" *(#[^{}]+)\{[^{}]*\}\n", kept, html).partition("</style>")
    style = re.sub(r" (?:background-)?color: #\w+;", "", style)
    row, tracks = fitted.grid(frame)
    style += f"#{id} .gt_left {{overflow-wrap: anywhere; min-width: {0 if tracks else '4em'}}}\n"
    if tracks:  # a line between records, not within one
        style += f"#{id} .gt_row {{border: none; margin: 0}}\n"
    return HTML(f"{style}{end}{_narrow(body, row, fitted.cells(frame, tracks))}")


def _narrow(body: str, row: str, cells: list[str]) -> str:
    """The rows of a table with little room between them and words that may be broken.

    What a page takes away with the style of a table that it does not trust is written to rows and cells themselves.
    """
    block = "; display: block" if row else ""
    body = re.sub(r' (headers="[^"]*"|rowspan="1"|colspan="1"|data-quarto-[\w-]+="false"|style="[^"]*")', "", body)
    body = body.replace('<table class="gt_table"', f'<table class="gt_table" style="{fitted.FONT}{block}"')
    body = re.sub(r"(<td [^>]*gt_title[^>]*)>", rf'\1 style="{TITLE}{block}">', body)
    if row:
        body = re.sub(r"<(thead|tbody|tfoot)\b", r'<\1 style="display: block"', body)
        body = re.sub(r'<tr( class="gt_col_headings")?>', rf'<tr\1 style="{row}">', body)

    def styled(found: re.Match) -> str:
        styles = iter(cells)
        return re.sub(r"<(td|th) [^>]*", lambda cell: f'{cell[0]} style="{_cell(cell[1], next(styles))}"', found[0])

    body = re.sub(r'<tr(?: class="gt_col_headings")?(?: style="[^"]*")?>.*?</tr>', styled, body, flags=re.DOTALL)
    body = re.sub(r"(<th [^>]*>)([^<]*)", lambda found: found[1] + str(fitted.hyphenable(Markup(found[2]))), body)
    return re.sub(
        r"(<td [^>]*gt_left[^>]*>)([^<]*)", lambda found: found[1] + str(fitted.breakable(Markup(found[2]))), body
    )


def _cell(kind: str, style: str) -> str:
    return "; ".join(filter(None, [CLOSE, "font-weight: bold" if kind == "th" else "", style]))
