"""The gap in two parts at each threshold: four panels, their order, their words."""

import numpy as np
import pandas as pd
import pytest

from workbench.score.paired import by_labels
from workbench.show import charts

THRESHOLDS = ["0.05", "0.1", "0.2", "0.3", "0.5", "0.7", "0.8", "0.9", "0.95", "0.99"]


@pytest.fixture(scope="module")
def points():
    return by_labels.load()["labels-operating-points"]


@pytest.fixture(scope="module")
def drawn(take_apart, points):
    return take_apart(charts.operating_points(points))


def test_each_standard_has_a_panel_beside_the_shares(drawn):
    headings = ["Several labels", *(f"Both sets with {of}" for of in ("V1's shares", "shares midway", "V2's shares"))]
    assert [panel["title"]["text"] for panel in drawn.spec["concat"]] == headings


def test_thresholds_stand_in_order_with_the_published_one_marked(drawn):
    lines = [layer for layer in drawn.layers if layer.mark["type"] == "line"]
    assert len(lines) == 4
    assert all(line.encoding["x"]["sort"] == THRESHOLDS for line in lines)
    marked = [
        layer.rows("threshold") for layer in drawn.layers if layer.mark["type"] == "rule" and "x" in layer.encoding
    ]
    assert marked == [[("0.8",)]] * 4


def test_shares_and_parts_are_drawn_in_points_with_their_bands(drawn):
    several, _, midway, _ = [layer for layer in drawn.layers if layer.mark["type"] == "area"]
    assert several.rows("threshold", "value", "ci_low", "ci_high")[6] == ("0.8", 15.89, 15.57, 16.21)
    assert {**midway.fields, "x": 0} == {"x": 0, "y": "ci_low", "y2": "ci_high", "color": "part"}
    rows = [row for row in midway.rows("part", "threshold", "value") if row[1] == "0.8"]
    assert [row[2] for row in rows] == [8.34, 3.74]
    assert midway.scale("color") == {
        "goes with label counts (composition)": "#0072B2",
        "left at equal label counts (within)": "#D55E00",
    }


def test_the_title_follows_the_numbers(drawn, points, take_apart):
    first = "By threshold, composition is 2.1 to 4.9 with V1's shares,"
    second = "5.8 to 8.3 with shares midway, 7.7 to 12.6 with V2's shares"
    assert drawn.spec["title"]["text"] == [first, second]
    changed = points.copy()
    peak = (changed["labels"] == "v1-real@0.05") & (changed["quantity"] == "composition_midpoint")
    changed.loc[peak, "value"] = 0.1
    title = take_apart(charts.operating_points(changed)).spec["title"]["text"]
    assert "6.6 to 10.0 with shares midway" in title[1]


def test_the_chart_is_told_in_words(drawn):
    assert "goes from 31.0 to 10.1 %" in drawn.spec["description"]
    assert "by V2's shares from 7.7 to 12.6." in drawn.spec["description"]


MOVED = pd.DataFrame(
    [
        ("before", "a", "real", np.nan, 0.8123, 0.7931, 0.83, 500),
        ("after", "a", "real", np.nan, 0.8345, 0.81, 0.85, 498),
        ("before", "a", "real", 2, 0.1, 0.05, 0.2, 50),
        ("before", "a", "top1", np.nan, 0.2, 0.1, 0.3, 500),
    ],
    columns=["labels_of", "checkpoint", "metric", "label_count", "value", "ci_low", "ci_high", "n_images"],
)


def test_relabelling_shows_each_label_set_with_its_interval_in_percent(take_apart):
    drawn = take_apart(charts.relabelled(MOVED))
    bars, dots, text = drawn.layers
    assert bars.rows("checkpoint", "labels_of", "value", "ci_low", "ci_high", "n_images") == [
        ("a", "before", 81.23, 79.31, 83, 500),
        ("a", "after", 83.45, 81, 85, 498),
    ]
    assert bars.fields == {"x": "ci_low", "x2": "ci_high", "y": "labels_of", "color": "labels_of"}
    assert dots.fields == {"x": "value", "y": "labels_of", "color": "labels_of"}
    assert text.fields == dots.fields | {"text": "value"}
    assert dots.mark["filled"] is True
    for layer in drawn.layers:
        assert layer.encoding["x"]["scale"] == {"domain": [70, 100]}
    assert bars.encoding["x"]["title"] == "ReaL accuracy (%)"
    assert bars.encoding["y"] == {
        "field": "labels_of",
        "type": "nominal",
        "sort": ["before", "after"],
        "title": None,
        "axis": {"ticks": False},
    }
    assert bars.scale("color") == {"before": "#666666", "after": "#0072B2"}
    assert drawn.spec["facet"]["row"]["field"] == "checkpoint"
    assert bars.tips == {
        "checkpoint": "checkpoint",
        "labels_of": "labels",
        "value": "ReaL accuracy (%)",
        "ci_low": "from",
        "ci_high": "to",
        "n_images": "pictures",
    }
