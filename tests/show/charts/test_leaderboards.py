"""Charts of leaderboards say what the frames say."""

import numpy as np
import pandas as pd
import pytest

from workbench.inputs import committed
from workbench.score import reconciliation
from workbench.show import charts, tables, theme
from workbench.show.charts import leaderboards


@pytest.fixture(scope="module")
def reconciled():
    table = reconciliation.reconcile()
    return table[table["leaderboard"] == "codesota"]


@pytest.fixture(scope="module")
def specs(reconciled):
    entries = reconciliation.entries(reconciled)
    apart = reconciliation.neighbours(entries).set_index("model")["apart"]
    every = reconciliation.entries(reconciliation.reconcile())
    return {
        "ranked": theme.spec(charts.leaderboard(reconciliation.with_errors(entries), apart)),
        "parameters": theme.spec(charts.accuracy_against_parameters(every, committed.table("timm-results"))),
        "under_real": theme.spec(charts.leaderboard_under_real(reconciliation.under_real(reconciled))),
    }


@pytest.mark.parametrize("name", ["ranked", "parameters", "under_real"])
def test_every_chart_is_vega_lite_5_draws_and_is_the_same_twice(specs, name):
    assert "/v5" in specs[name]["$schema"]
    assert theme.svg(specs[name]) == theme.svg(specs[name])
    assert theme.png(specs[name], scale=0.5).startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["ranked", "parameters", "under_real"])
def test_numbers_have_at_most_two_decimals(specs, name):
    for rows in specs[name]["datasets"].values():
        for row in rows:
            assert all(round(x, 2) == x for x in row.values() if isinstance(x, float)), row


def test_the_ranked_list_keeps_order_intervals_and_parting_lines(specs):
    (rows,) = specs["ranked"]["datasets"].values()
    assert [row["model"].split(".")[0] for row in rows] == [str(rank) for rank in range(1, 23)]
    assert rows[0]["ci_low"] == pytest.approx(91 - 1.96 * 0.128, abs=0.005)
    assert sum(row["parts"] for row in rows) == 13
    assert [row["verified"] for row in rows].count("verified") == 6
    assert {row["status"] for row in rows} <= set(leaderboards.STATUSES)


def test_status_is_told_by_shape_as_well_as_colour(specs):
    points = [layer for layer in specs["ranked"]["layer"] if layer["mark"]["type"] == "point"]
    assert points[0]["encoding"]["shape"]["field"] == points[0]["encoding"]["color"]["field"] == "status"


def test_parameters_take_timms_count_and_else_the_leaderboards(specs):
    entries = next(rows for rows in specs["parameters"]["datasets"].values() if "rank" in rows[0])
    by_model = {row["model"]: row for row in entries}
    assert by_model["EVA-02-L"]["millions"] == 305.08
    assert by_model["CoCa (finetuned)"]["millions"] == 2100
    assert "stated" in by_model["CoCa (finetuned)"]["count"]
    assert "InternImage-H" not in by_model


def test_real_ranks_join_the_same_models_on_both_sides(specs):
    sides = next(rows for rows in specs["under_real"]["datasets"].values() if "side" in rows[0])
    ranks = {(row["model"], row["side"]): row["rank"] for row in sides}
    assert len(sides) == 2 * 12
    name = "ConvNeXt-XXLarge (CLIP LAION)"
    assert (ranks[(name, "top-1")], ranks[(name, "ReaL")]) == (6, 4)


def test_a_leaderboard_of_models_that_timm_does_not_know_is_drawn_too():
    board = pd.DataFrame({"leaderboard": "mine", "rank": [1, 2], "model": ["x", "y"], "top1": [0.8, 0.7]})
    table = reconciliation.reconcile(board.assign(verified=None, parameters=np.nan))
    entries = reconciliation.entries(table)
    apart = reconciliation.neighbours(entries).set_index("model")["apart"]
    assert theme.png(theme.spec(charts.leaderboard(reconciliation.with_errors(entries), apart)), scale=0.5)
    assert theme.png(
        theme.spec(charts.accuracy_against_parameters(entries, committed.table("timm-results"))), scale=0.5
    )
    assert theme.png(theme.spec(charts.leaderboard_under_real(reconciliation.under_real(table))), scale=0.5)
    assert "no counterpart" in tables.show(tables.reconciled(table), "x", "x").data
