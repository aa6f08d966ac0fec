"""Tables as HTML: formatted, escaped, complete."""

import re
from html import unescape

import pandas as pd
import pytest
from great_tables import GT
from IPython.display import HTML

from workbench import claims
from workbench.claims import VERDICTS
from workbench.show import tables
from workbench.show.charts.claims import COLOURS


@pytest.fixture(scope="module")
def ledger():
    return claims.ledger()


def source(table: HTML) -> str:
    assert isinstance(table.data, str)
    return table.data


def cells(html: str) -> list[list[str]]:
    """The text of each cell, row by row."""
    (body,) = re.findall(r"<tbody.*?>(.*)</tbody>", html, re.DOTALL)
    return [
        [unescape(cell).strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)]
        for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    ]


def test_a_shown_table_has_two_decimals_names_for_people_and_a_note_where_there_is_one():
    frame = pd.DataFrame({"a_b": ["x<y", None], "n": [1, 2], "value": [1.234, None]})
    html = source(tables.show(frame, "Title", "one"))
    assert cells(html) == [["x<y", "1", "1.23"], ["", "2", ""]]
    assert "x&lt;y" in html
    assert ">a b<" in html
    assert 'id="one"' in html
    assert "gt_sourcenote" not in html.split("</style>")[1]
    assert html == source(tables.show(frame, "Title", "one"))
    assert "where from" in source(tables.show(frame, "Title", "one", note="where from"))


def test_a_shown_table_keeps_the_rules_of_style_that_it_uses_and_no_others():
    frame = pd.DataFrame({"a": ["x"], "b": [1.0]})
    whole, lean = (GT(frame, id="t").tab_header("t").as_raw_html(), tables.show(frame, "t", "t").data)
    named = {*re.findall(r"class=\"([^\"]+)\"", lean)}
    used = {name for names in named for name in names.split()}
    rules = {html: {*re.findall(r"#t \.(gt_\w+)", html)} for html in (whole, lean)}
    assert rules[lean] == rules[whole] & used
    assert {"gt_table", "gt_title", "gt_col_heading", "gt_row", "gt_right", "gt_left"} <= rules[lean]
    assert "gt_footnote" in rules[whole] - rules[lean]
    assert len(re.findall(r"#t (?:table|thead|p)\b", lean)) == 3


def test_a_browsable_table_escapes_and_needs_no_network():
    frame = pd.DataFrame({"<i>": ["<b>", None], "n": [1, 2], "x": [0.5, None], "m": pd.array([3, None], "Int64")})
    html = source(tables.browse(frame, "t"))
    assert "<tr><td>&lt;b&gt;</td><td class='n'>1</td><td class='n'>0.50</td><td class='n'>3</td></tr>" in html
    assert "<tr><td></td><td class='n'>2</td><td></td><td></td></tr>" in html
    assert "<button type='button'>&lt;i&gt;</button>" in html
    assert "<span>2 rows</span>" in html
    assert "http" not in html
    assert 'id="t"' in html
    assert '<script>\n(() => {\n  const root = document.getElementById("t")' in html
    assert "max-height: 420px" in html
    assert "max-height: 99px" in source(tables.browse(frame, "t", height=99))


def test_the_table_of_claims_holds_every_text_whole(ledger):
    rows = ledger[ledger["document"] == "Overview of 2025"]
    shown = cells(source(tables.claims(rows, "overview")))
    assert len(shown) == len(rows)
    for cell, row in zip(shown, rows.itertuples(), strict=True):
        assert cell[:2] == [row.id, f"\u201c{row.quote}\u201d Overview of 2025, {row.place}"]
        assert cell[2] == row.claim + (f" Threshold: {row.threshold}." if row.threshold else "")
        assert cell[4:] == [f"{row.value} ({row.data})".strip(), row.because]


def test_verdicts_carry_a_sign_and_a_colour_of_their_own(ledger):
    rows = pd.concat([ledger.drop_duplicates("verdict").assign(about=about) for about in claims.ABOUT])
    html = source(tables.claims(rows, "some"))
    signs = dict(zip(VERDICTS, "+~×?", strict=True))
    words = [f"{signs[row.verdict]} {claims.worded(row.verdict, row.about)}" for row in rows.itertuples()]
    assert [row[3] for row in cells(html)] == words
    drawn = re.findall(r"<tr>(.*?)</tr>", html.split("<tbody")[1], re.DOTALL)
    for row, verdict in zip(drawn, rows["verdict"], strict=True):
        assert re.findall(r"color: (#\w+)", row) == [COLOURS[verdict]]


def test_long_texts_wrap_so_that_nothing_is_cut(ledger):
    html, short = source(tables.claims(ledger, "all")), source(tables.browse(ledger[["id"]], "ids"))
    assert ("overflow-wrap: anywhere" in html, "white-space: nowrap" in html) == (True, False)
    assert ("overflow-wrap: anywhere" in short, "white-space: nowrap" in short) == (False, True)
    assert "@media print { #all div {max-height: none} }" in html
