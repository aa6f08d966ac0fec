"""Leaderboards: entries with their errors, accuracy against parameters, and ranks by any valid label."""

import numpy as np
import pandas as pd
import pytest

from workbench.inputs import committed
from workbench.score.reported import reconciliation
from workbench.show import charts, tables, theme

ENTRIES = pd.DataFrame(
    {
        "rank": [1, 2, 3],
        "model": ["x", "y", "z"],
        "reported": [0.9101, 0.90, 0.88],
        "ci_low": [0.9076, 0.8974, 0.8751],
        "ci_high": [0.9126, 0.9026, 0.8828],
        "timm": [0.9098, np.nan, 0.85],
        "status": ["reproduced", "no counterpart", "differs"],
        "verified": ["yes", None, "no"],
        "parameters": [305.084, np.nan, np.nan],
        "stated_parameters": [300, 2100, np.nan],
    }
)


def test_a_leaderboard_keeps_its_order_its_errors_and_its_parting_lines(take_apart):
    drawn = take_apart(charts.leaderboard(ENTRIES, pd.Series({"x": True, "y": False})))
    parting, bars, dots, words = drawn.layers
    assert bars.rows("model", "reported", "ci_low", "ci_high", "status", "verified", "parts") == [
        ("1. x", 91.01, 90.76, 91.26, "reproduced", "verified", True),
        ("2. y", 90, 89.74, 90.26, "no counterpart", "", False),
        ("3. z", 88, 87.51, 88.28, "differs", "", False),
    ]
    assert bars.data["timm"].fillna(0).tolist() == [90.98, 0, 85]
    assert bars.fields == {"x": "ci_low", "x2": "ci_high", "y": "model", "color": "status"}
    assert dots.fields == {"x": "reported", "y": "model", "color": "status", "shape": "status"}
    assert words.fields == {"x": "ci_high", "y": "model", "text": "verified"}
    assert parting.transform == [{"filter": "datum.parts"}]
    assert parting.encoding["y"]["bandPosition"] == 1
    assert parting.mark["strokeDash"] == [2, 3]
    assert dots.mark["filled"] is True
    for layer in (bars, dots, words):
        assert layer.encoding["x"]["scale"] == {"domain": [87, 93], "nice": False}
    assert dots.encoding["y"] == {
        "field": "model",
        "type": "nominal",
        "sort": ["1. x", "2. y", "3. z"],
        "title": None,
        "axis": {"grid": False},
    }
    assert dots.scale("shape") == {
        "reproduced": "circle",
        "differs": "triangle-up",
        "conflict between sources": "diamond",
        "no counterpart": "cross",
    }
    assert list(dots.scale("color")) == list(dots.scale("shape"))
    assert list(dots.tips.values()) == ["model", "reported (%)", "timm (%)", "from", "to", "status"]


def test_parameters_are_timms_and_else_the_leaderboards(take_apart):
    results = pd.DataFrame({"checkpoint": ["p", "q"], "parameters": [1.0749, 88.126], "top1": [0.6488, 0.85]})
    again = ENTRIES.iloc[[1]].assign(rank=9)
    drawn = take_apart(charts.accuracy_against_parameters(pd.concat([ENTRIES, again], ignore_index=True), results))
    points, dots, above, below = drawn.layers
    assert points.rows("checkpoint", "millions", "percent") == [("p", 1.07, 64.88), ("q", 88.13, 85)]
    assert dots.rows("model", "millions", "percent", "count", "rank") == [
        ("x", 305.08, 91.01, "parameters counted by timm", 1),
        ("y", 2100, 90, "parameters stated by the leaderboard", 2),
    ]
    for layer in drawn.layers:
        assert layer.encoding["x"]["scale"] == {"type": "log", "domain": [1, 5000], "nice": False}
        assert layer.encoding["x"]["axis"]["values"] == [5, 20, 100, 500, 2000]
        assert layer.encoding["x"]["axis"]["grid"] is False
        assert layer.encoding["y"]["scale"] == {"domain": [60, 95], "nice": False}
    assert points.fields == {"x": "millions", "y": "percent"}
    assert dots.fields == points.fields | {"color": "count", "shape": "count"}
    assert dots.mark["filled"] is True
    assert list(dots.scale("color").values()) == ["#0072B2", "#D55E00"]
    assert list(dots.scale("shape").values()) == ["circle", "square"]
    assert above.fields == below.fields == points.fields | {"text": "rank"}
    (upper,), (lower,) = above.transform, below.transform
    assert upper["filter"] == "datum.rank % 2 || datum.count == 'parameters stated by the leaderboard'"
    assert lower["filter"] == f"!({upper['filter']})"
    assert (above.mark["dy"], below.mark["dy"]) == (-10, 11)
    assert dots.tips == {"model": "model", "millions": "parameters (M)", "percent": "top-1 (%)"}


@pytest.fixture
def ranked():
    return pd.DataFrame(
        {
            "model": ["x", "y", "z"],
            "timm": [0.901, 0.9, 0.85],
            "real": [0.905, 0.91, 0.88],
            "rank_top1": [1, 2, 3],
            "rank_real": [2, 1, 3],
            "best": [1, 1, 3],
            "worst": [2, 2, 3],
        }
    )


def test_lines_join_the_ranks_by_top_1_and_by_real(take_apart, ranked):
    lines, left, right = take_apart(charts.leaderboard_under_real(ranked)).layers[:3]
    assert lines.rows("model", "side", "rank", "text", "moves") == [
        ("x", "top-1", 1, "1. x   90.10", "changes place"),
        ("y", "top-1", 2, "2. y   90.00", "changes place"),
        ("z", "top-1", 3, "3. z   85.00", "keeps its place"),
        ("x", "ReaL", 2, "90.50", "changes place"),
        ("y", "ReaL", 1, "91.00", "changes place"),
        ("z", "ReaL", 3, "88.00", "keeps its place"),
    ]
    assert lines.fields == {"x": "side", "y": "rank", "color": "moves", "strokeDash": "moves", "detail": "model"}
    assert lines.scale("color") == {"changes place": "#0072B2", "keeps its place": "#666666"}
    assert lines.scale("strokeDash") == {"changes place": [1, 0], "keeps its place": [3, 3]}
    assert lines.encoding["x"]["sort"] == ["top-1", "ReaL"]
    assert lines.encoding["x"]["axis"] == {"orient": "top", "labelAngle": 0, "domain": False}
    assert left.fields == right.fields == {"x": "side", "y": "rank", "text": "text"}
    assert [layer.transform[0]["filter"] for layer in (left, right)] == [
        "datum.side == 'top-1'",
        "datum.side == 'ReaL'",
    ]
    assert [(layer.mark["align"], layer.mark["dx"]) for layer in (left, right)] == [("right", -10), ("left", 10)]


def test_bars_span_the_ranks_left_open(take_apart, ranked):
    bars, dots = take_apart(charts.leaderboard_under_real(ranked)).layers[3:]
    assert bars.rows("rank_real", "best", "worst") == [(2, 1, 2), (1, 1, 2), (3, 3, 3)]
    assert bars.fields == {"x": "best", "x2": "worst", "y": "rank_real"}
    assert dots.fields == {"x": "rank_real", "y": "rank_real"}
    assert dots.mark["filled"] is True
    assert bars.encoding["x"]["axis"] == {"tickMinStep": 1, "format": "d", "grid": True}
    for layer in (bars, dots):
        assert layer.encoding["x"]["scale"] == {"domain": [0.5, 3.5], "nice": False}


def test_a_leaderboard_of_models_that_timm_does_not_know_is_drawn_too():
    board = pd.DataFrame({"leaderboard": "mine", "rank": [1, 2], "model": ["x", "y"], "top1": [0.8, 0.7]})
    table = reconciliation.reconcile(board.assign(verified=None, parameters=np.nan))
    entries = reconciliation.entries(table)
    apart = reconciliation.neighbours(entries).set_index("model")["apart"]
    every = [
        charts.leaderboard(reconciliation.with_errors(entries), apart),
        charts.accuracy_against_parameters(entries, committed.table("timm-results")),
        charts.leaderboard_under_real(reconciliation.under_real(table)),
    ]
    for chart in every:
        assert theme.png(theme.spec(chart), scale=0.5).startswith(b"\x89PNG")
    assert "no counterpart" in str(tables.show(tables.reconciled(table), "x", "x").data)
