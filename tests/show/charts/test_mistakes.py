"""The reviewed mistakes: by severity, by pair of classes, and how other models do on the same pictures."""

import re

import numpy as np
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.inputs import committed
from workbench.show import charts, theme


def test_every_panel_of_the_severities_has_every_row(take_apart):
    """Vega-Lite shifts the panels of a facet that lacks a cell."""
    columns = ["model", "category", "severity", "n_images"]
    counts = [("Z", "few", "Major", 4), ("Z", "many", "Minor", 42), ("A", "many", "Borderline", 7)]
    drawn = take_apart(charts.mistakes_by_severity(pd.DataFrame(counts, columns=columns)))
    bars, text = drawn.layers
    assert len(bars.data) == 2 * 2 * 3
    assert sorted(row[1:] for row in bars.rows("model", "panel", "category", "severity", "n_images") if row[-1]) == [
        ("A: 7 mistakes", "many", "Borderline", 7),
        ("Z: 46 mistakes", "few", "Major", 4),
        ("Z: 46 mistakes", "many", "Minor", 42),
    ]
    assert bars.fields == {"x": "n_images", "y": "severity", "color": "severity"}
    assert text.fields == {"x": "n_images", "y": "severity", "text": "n_images"}
    assert bars.encoding["x"]["scale"] == {"domainMax": 50}
    assert bars.encoding["y"] == {
        "field": "severity",
        "type": "nominal",
        "sort": ["Major", "Minor", "Borderline"],
        "title": None,
        "axis": {"ticks": False, "domain": False},
    }
    assert bars.scale("color") == {"Major": "#CC3311", "Minor": "#E69F00", "Borderline": "#999999"}
    assert list(bars.tips.values()) == ["model", "category", "severity", "pictures"]
    assert drawn.spec["facet"]["row"]["sort"] == ["many", "few"]
    assert drawn.spec["facet"]["column"]["sort"] == ["Z: 46 mistakes", "A: 7 mistakes"]
    assert drawn.spec["facet"]["row"]["header"]["labelAngle"] == 0


def test_drawn_bars_are_in_their_own_panel():
    """Read back from the SVG, whose bars say what they are: the longest is ViT-3B's minor fine-grained errors."""
    svg = theme.svg(theme.spec(charts.mistakes_by_severity(committed.table("mistakes-counts"))))
    drawn = re.findall(r'aria-label="([^"]*pictures: 101[^"]*)" role="graphics-symbol"', svg)
    assert drawn
    assert all("ViT-3B" in label and "Fine-grained error" in label for label in drawn)


@pytest.mark.parametrize(("options", "pairs"), [({}, ["a → b", "c → d"]), ({"least": 4}, ["a → b"])])
def test_pairs_are_readable_and_frequent(take_apart, options, pairs):
    confused = pd.DataFrame({"original": ["a", "c", "e"], "predicted": ["b", "d", "f"], "n_images": [7, 3, 2]})
    bars, text = take_apart(charts.confused_pairs(confused, **options)).layers
    assert bars.rows("pair", "n_images") == list(zip(pairs, [7, 3], strict=False))
    assert bars.encoding["y"]["sort"] == pairs
    assert bars.encoding["x"]["axis"] == {"tickMinStep": 1, "format": "d"}
    assert bars.fields == {"x": "n_images", "y": "pair"}
    assert text.fields == {"x": "n_images", "y": "pair", "text": "n_images"}


@pytest.fixture(scope="module")
def shares():
    """Two models, p and q, on the pictures where Zed fails; by the original label and by ReaL."""
    rows = []
    for labels, n, extra in (("original", 40, 0), ("real", 30, 0.01)):
        for checkpoint, overall, share in (("p", 0.5612, 0.2), ("q", 0.8, 0.3), ("Zed", np.nan, 0)):
            share = share + extra
            if checkpoint != "Zed":
                rows.append((checkpoint, "overall", "", labels, 50000, overall, overall))
            rows.append((checkpoint, "failing", "", labels, n, share, overall))
            rows.append((checkpoint, "category", "rare", labels, 9, 0.5, overall))
            rows.append((checkpoint, "category", "frequent", labels, 10, 0.5, overall))
            rows.append((checkpoint, "severity", "Minor", labels, 11, 0.25, overall))
            rows.append((checkpoint, "severity", "Major", labels, 12, 0.125, overall))
    frame = pd.DataFrame(rows, columns=["checkpoint", "group", "value", "labels", "n_images", "share", "overall"])
    return frame.assign(ci_low=frame["share"] - 0.051, ci_high=frame["share"] + 0.052)


def test_each_model_stands_at_its_accuracy_and_its_share_and_the_failing_one_is_a_line(take_apart, shares):
    drawn = take_apart(charts.failing_against_overall(shares))
    diagonal, rule, bars, dots, text = drawn.layers[:5]
    assert [layer.mark["type"] for layer in drawn.layers] == ["line", "rule", "rule", "circle", "text"] * 2
    assert dots.rows("checkpoint", "overall", "share", "ci_low", "ci_high") == [
        ("p", 56.12, 20, 14.9, 25.2),
        ("q", 80, 30, 24.9, 35.2),
    ]
    assert dots.fields == {"x": "overall", "y": "share"}
    assert bars.fields == {"x": "overall", "y": "ci_low", "y2": "ci_high"}
    assert diagonal.fields == {"x": "overall", "y": "share"}
    assert diagonal.rows("overall", "share") == [(50, 50), (100, 100)]
    assert diagonal.mark["strokeDash"] == [5, 4]
    for layer in (diagonal, bars, dots):
        assert layer.encoding["x"]["scale"] == {"domain": [50, 100], "nice": False}
    for layer in (diagonal, rule, bars, dots, text):
        assert layer.encoding["y"]["scale"] == {"domain": [0, 100]}
    assert rule.rows("share") == [(0,)]
    assert text.rows("text") == [("Zed itself: 0 %",)]
    assert text.fields == {"x": 0, "y": "share", "text": "text"}
    assert drawn.layers[6].rows("share", "text") == [(1, "Zed itself: 1 %")]
    assert dots.encoding["y"]["title"] == "right where Zed fails (%)"
    assert [part["title"]["text"] for part in drawn.spec["hconcat"]] == [
        ["by the original label", "40 pictures"],
        ["by ReaL (any valid label)", "30 pictures"],
    ]
    assert drawn.spec["title"]["text"] == "2 of 2 models are worse where Zed fails than on all pictures"
    assert "one of the 2 public models" in drawn.spec["title"]["subtitle"][0]


def test_the_title_counts_the_models_that_are_worse_by_both_labels(take_apart, shares):
    easy = (shares["checkpoint"] == "p") & (shares["group"] == "failing") & (shares["labels"] == "real")
    drawn = take_apart(charts.failing_against_overall(shares.assign(share=shares["share"].mask(easy, 0.7))))
    assert drawn.spec["title"]["text"] == "1 of 2 models are worse where Zed fails than on all pictures"


def test_groups_are_rows_of_dots_a_median_and_a_diamond(take_apart, shares):
    drawn = take_apart(charts.failing_groups(shares))
    dots, ticks, own = drawn.layers[:3]
    order = ["all pictures of V1", "where Zed fails", "frequent", "Major", "Minor"]
    assert dots.encoding["y"]["sort"] == order
    assert sorted(dots.rows("checkpoint", "row", "share", "own")) == sorted(
        [("p", order[0], 56.12, False), ("q", order[0], 80, False)]
        + [("p", order[1], 20, False), ("q", order[1], 30, False), ("Zed", order[1], 0, True)]
        + [
            (name, row, share, name == "Zed")
            for name in ("p", "q", "Zed")
            for row, share in (("frequent", 50), ("Major", 12.5), ("Minor", 25))
        ]
    )
    assert dots.fields == own.fields == {"x": "share", "y": "row"}
    assert ticks.fields == {"x": "median(share)", "y": "row"}
    assert dots.transform == ticks.transform == [{"filter": "!datum.own"}]
    assert own.transform == [{"filter": "datum.own"}]
    assert (own.mark["shape"], own.mark["filled"]) == ("diamond", True)
    assert dots.encoding["x"]["scale"] == {"domain": [0, 100]}
    named = [layer.encoding["y"]["axis"] for layer in drawn.layers[::3]]
    assert named == [{"grid": False} | dict.fromkeys(("labels", "ticks", "domain"), first) for first in (True, False)]
    first, second = drawn.spec["title"]["subtitle"]
    assert "one of the 2 public models" in first
    assert second == "the diamond Zed itself"


def test_solved_shares_are_of_the_pictures_of_a_severity(take_apart, shares):
    columns = ["labels", "severity", "right", "n_images"]
    solved = [
        ("original", "Minor", "most", 1),
        ("original", "Minor", "none", 2),
        ("original", "Major", "some", 4),
        ("real", "Major", "some", 99),
    ]
    drawn = take_apart(charts.solved_mistakes(pd.DataFrame(solved, columns=columns), shares))
    bars, text = drawn.layers
    assert bars.rows("row", "right", "percent", "n_images", "place") == [
        ("Minor (3)", "more than half are", 33.33, 1, 2),
        ("Minor (3)", "no model is right", 66.67, 2, 0),
        ("Major (4)", "some are", 100, 4, 1),
    ]
    assert bars.encoding["y"]["sort"] == ["Major (4)", "Minor (3)"]
    assert bars.encoding["x"]["stack"] == "zero"
    assert bars.encoding["x"]["title"] == "share of the pictures where Zed fails (%)"
    assert bars.fields == {"x": "percent", "y": "row", "order": "place", "color": "right"}
    assert list(bars.scale("color")) == ["no model is right", "some are", "more than half are"]
    assert text.encoding["text"]["field"] == "n_images"
    assert text.encoding["color"]["condition"] == {"test": "datum.place == 2", "value": "white"}
    assert drawn.spec["title"]["subtitle"] == "2 public models, right by the original label"


@pytest.mark.parametrize("drawn", [charts.failing_against_overall, charts.failing_groups])
def test_the_failing_model_is_the_one_without_an_accuracy_on_all_pictures(shares, drawn):
    with pytest.raises(InputError, match=r"^0 checkpoints have no accuracy on all pictures \[\]; expected exactly one"):
        drawn(shares[shares["checkpoint"] != "Zed"])
    with pytest.raises(InputError, match=r"^2 checkpoints .* \['Zed', 'q'\]"):
        drawn(shares.assign(overall=shares["overall"].mask(shares["checkpoint"] == "q")))
