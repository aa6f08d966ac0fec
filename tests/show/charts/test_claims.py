"""The ledger as chart and table: every claim is there, whole, and told apart by sign as well as colour."""

import re
from html import unescape

import pytest

from workbench import claims
from workbench.show import charts, tables, theme
from workbench.show.charts import claims as drawn


@pytest.fixture(scope="module")
def table():
    return claims.ledger()


def test_the_chart_counts_every_claim_and_draws(table):
    spec = theme.spec(charts.claim_verdicts(claims.verdicts(table)))
    (rows,) = spec["datasets"].values()
    assert sum(row["claims"] for row in rows) == len(table)
    assert {row["text"][0] for row in rows} == set(drawn.SIGNS.values())
    assert theme.png(spec, scale=0.5).startswith(b"\x89PNG")


def test_the_table_holds_every_text_whole(table):
    rows = table[table["document"] == "Overview of 2025"]
    html = tables.claims(rows, "Overview of 2025", "overview").data
    assert html == tables.claims(rows, "Overview of 2025", "overview").data
    cells = [unescape(cell) for cell in re.findall(r"<td[^>]* headers=[^>]*>(.*?)</td>", html, re.DOTALL)]
    assert len(cells) == 5 * len(rows)
    for row in rows.itertuples():
        for text in (row.claim, row.value, row.because):
            assert any(str(text) in cell for cell in cells), text


def test_verdicts_carry_a_sign_and_a_colour(table):
    html = tables.claims(table[table["id"] == "R14"], "One", "one").data
    assert "× does not hold" in html
    assert drawn.COLOURS["does not hold"] in html


def test_widths_are_given_so_that_nothing_is_cut(table):
    html = tables.claims(table, "All", "all").data
    assert "overflow-wrap: anywhere" in html
    assert "white-space: nowrap" not in html
