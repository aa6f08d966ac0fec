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
        [unescape(cell.replace("<wbr>", "")).strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)]
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


def test_a_table_brings_an_ink_and_a_ground_together_or_neither(ledger):
    shown = source(tables.show(pd.DataFrame({"a": ["x"]}), "t", "t", note="n"))
    browsed, claimed = source(tables.browse(ledger[["id"]], "t")), source(tables.claims(ledger, "t"))
    for html in (shown, browsed, claimed):
        for rule in re.findall(r"\{([^{}]*)\}|style=['\"]([^'\"]*)", html.split("<script")[0]):
            ink, ground = (
                re.search(rf"(^|[ ;]){name}: (?!transparent)", "".join(rule))
                for name in ("color", "background(-color)?")
            )
            assert bool(ink) == bool(ground), rule
    assert "#t .gt_left {overflow-wrap: anywhere; min-width: 4em}" in shown


def test_long_names_and_the_heads_of_columns_may_go_on_in_the_next_line_and_short_ones_may_not():
    frame = pd.DataFrame(
        {"checkpoint": ["resnet50.a1_in1k", "x.y", "a<b & c_d.e_f.g_h"], "checkpoints": [1.5, 2.5, -3.5]}
    )
    shown, browsed = source(tables.show(frame, "t", "t")), source(tables.browse(frame, "t"))
    for html in (shown, browsed):
        assert "resnet50.<wbr>a1_<wbr>in1k<" in html
        assert ">x.y<" in html
        assert "a&lt;b &amp; c_d.e_f.g_h" in html
        assert re.search(r">check\u00adpoints</", html)
    assert shown.split("</style>")[1].count("padding: 4px 3px") == 2 + 6
    assert (
        'style="font: 12px Helvetica, Arial, sans-serif"' in shown
    )  # not in the style, which a page that does not trust it takes away


def test_the_rows_of_a_wide_table_are_grids_that_all_go_on_in_the_next_line_in_the_same_way():
    wide = pd.DataFrame({"checkpoint": ["resnet50.a1_in1k"] * 2} | {f"n{i}": [12.25, None] for i in range(12)})
    row = "display: grid; [^'\"]*repeat\\(auto-fit, minmax\\([67]ch, 1fr\\)\\)"
    for html in (source(tables.show(wide, "t", "t")), source(tables.browse(wide, "t"))):
        body = html.split("</style>")[1].split("<script")[0]
        assert len(re.findall(row, body)) == 1 + 2  # the heads too
        assert len(re.findall("grid-column: span 3", body)) == 1 + 2
        assert len(re.findall("<(?:table|thead|tbody)[^>]*display: block", body)) == 3
    narrow = wide.iloc[:, :8]
    for table in (tables.show(narrow, "t", "t"), tables.browse(narrow, "t"), tables.browse(wide, "t", wrap=True)):
        assert "grid" not in source(table)
    assert "#t tr[hidden] {display: none !important}" in source(tables.browse(wide, "t"))  # a search hides rows


def test_a_browsable_table_escapes_and_needs_no_network():
    frame = pd.DataFrame({"<i>": ["<b>", None], "n": [1, 2], "x": [0.5, None], "m": pd.array([3, None], "Int64")})
    html = source(tables.browse(frame, "t"))
    text = "<tr><td style='text-align: left'>"
    assert f"{text}&lt;b&gt;</td><td class='n'>1</td><td class='n'>0.50</td><td class='n'>3</td></tr>" in html
    assert f"{text}</td><td class='n'>2</td><td></td><td></td></tr>" in html
    assert re.search("<th scope='col'[^>]*>&lt;i&gt;</th>", html)
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
        assert re.findall(r"border-left: 5px solid (#\w+)", row) == [COLOURS[verdict]]


def test_long_texts_wrap_so_that_nothing_is_cut(ledger):
    html, short = source(tables.claims(ledger, "all")), source(tables.browse(ledger[["id"]], "ids"))
    for table in (html, short):
        (texts,) = re.findall(r" td \{(.*)\}", table)
        (numbers,) = re.findall(r" td\.n \{(.*)\}", table)
        assert ("overflow-wrap: anywhere" in texts, "white-space: nowrap" in numbers) == (True, True)
        assert "table-layout: auto" in table
    assert ("vertical-align: top" in html, "vertical-align: top" in short) == (True, False)
    assert "@media print { #all div {max-height: none !important} }" in html


def test_a_plain_table_is_markdown_in_few_words():
    frame = pd.DataFrame({"ci_low": [0.5, 12.25], "name": ["a_b|c", "7.5 [-1, 8.25]"]})
    text = str(tables.plain(frame).data)
    assert text.splitlines()[0] == "| ci low | name |"
    assert [line.replace(" ", "") for line in text.splitlines()[2:]] == ["|0.5|a_b\\|c|", "|12.25|7.5[-1,8.25]|"]
    assert "  " not in text
    heads = str(tables.plain(pd.DataFrame({"published": ["published"]})).data)
    assert heads.startswith("| pub&shy;lished |")
    assert heads.count("&shy;") == 1
