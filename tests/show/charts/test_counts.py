"""Images by label count, and scores by label count."""

import numpy as np
import pandas as pd

from workbench.score import pools, summaries
from workbench.show import charts

COUNTS = pd.DataFrame(
    [
        ("v1", "0", 3163, np.nan),
        ("v1", "1", 39394, 0.841086),
        ("v1", "2", 5408, 0.115464),
        ("v2", "1", 5083, 0.514943),
        ("v2", ">5", 232, 0.023503),
    ],
    columns=["image_set", "label_count", "n_images", "share"],
)


def test_bars_are_shares_in_percent_of_both_image_sets(take_apart):
    drawn = take_apart(charts.label_counts(COUNTS))
    bars, text = drawn.layers
    v1, v2 = "V1 (ImageNet)", "V2 (ImageNetV2)"
    assert bars.rows("set", "label_count", "percent", "label", "n_images") == [
        (v1, "1", 84.11, "84.1", 39394),
        (v1, "2", 11.55, "11.6", 5408),
        (v2, "1", 51.49, "51.5", 5083),
        (v2, ">5", 2.35, "2.4", 232),
    ]
    assert bars.fields == {"x": "label_count", "xOffset": "set", "y": "percent", "color": "set"}
    assert text.fields == {"x": "label_count", "xOffset": "set", "y": "percent", "text": "label"}
    assert bars.encoding["x"]["sort"] is None
    assert bars.encoding["x"]["axis"] == {"labelAngle": 0}
    assert bars.encoding["y"]["title"] == "share of labelled images (%)"
    assert bars.scale("color") == {v1: "#0072B2", v2: "#D55E00"}
    assert bars.tips == {
        "set": "image set",
        "label_count": "labels",
        "n_images": "images",
        "percent": "share (%)",
    }
    assert drawn.spec["title"]["subtitle"] == "several labels: 11.5 % of V1, 2.4 % of V2"


def test_one_image_set_is_drawn_alone(take_apart):
    drawn = take_apart(charts.label_counts(COUNTS[COUNTS["image_set"] == "v2"]))
    assert drawn.spec["title"]["subtitle"] == "several labels: 2.4 % of V2"


def test_figure_4_holds_table_1(take_apart):
    bars = take_apart(charts.label_counts(summaries.label_counts(pools.recht2019()))).layers[0]
    v2 = {count: n for name, count, n in bars.rows("set", "label_count", "n_images") if name.startswith("V2")}
    assert v2 == {"1": 5083, "2": 2385, "3": 1306, "4": 628, "5": 237, ">5": 232}


def test_boxes_and_dots_by_label_count_in_percent(take_apart):
    rows = [
        (f"m{n}", image_set, metric, count, 0.5 + n / 100 - count / 10, 10 * count)
        for n in range(8)
        for image_set in ("v1", "v2", "patchml-1")
        for metric in ("subgroup", "real")
        for count in (1, 2, 3)
    ]
    columns = ["checkpoint", "image_set", "metric", "label_count", "value", "n_images"]
    scores = pd.DataFrame(rows, columns=columns).assign(source="recht2019")
    drawn = take_apart(charts.by_label_count(scores, "subgroup", [2, 1]))
    boxes, dots = drawn.layers
    assert len(dots.data) == 8 * 2 * 2
    chosen = dots.data[(dots.data["set"] == "V2") & (dots.data["labels"] == "2 labels")]
    assert chosen["percent"].tolist() == [30, 31, 32, 33, 34, 35, 36, 37]
    assert chosen["spread"].tolist() == [-2, -1, 0, 1, 2, 3, -3, -2]
    assert chosen["n_images"].tolist() == [20] * 8
    assert set(dots.data["labels"]) == {"1 label", "2 labels"}
    assert drawn.spec["facet"]["column"]["sort"] == ["2 labels", "1 label"]
    assert boxes.fields == {"x": "set", "y": "percent", "color": "set"}
    assert dots.fields == boxes.fields | {"xOffset": "spread"}
    assert boxes.mark["extent"] == "min-max"
    assert boxes.mark["median"] == {"color": "black", "thickness": 2}
    assert dots.encoding["xOffset"]["scale"] == {"domain": [-6, 6]}
    assert dots.encoding["y"]["title"] == "subgroup accuracy (%)"
    assert dots.encoding["y"]["scale"] == {"zero": False, "nice": True}
    assert dots.encoding["x"]["axis"] == {"labelAngle": 0}
    assert dots.scale("color") == {"V1": "#0072B2", "V2": "#D55E00"}
    assert dots.tips == {
        "checkpoint": "checkpoint",
        "set": "image set",
        "labels": "labels",
        "percent": "subgroup accuracy (%)",
        "n_images": "images",
    }


def test_own_checkpoints_are_marked_with_their_intervals_and_not_in_the_boxes(take_apart):
    rows = [("a", 0.8, "recht2019"), ("b", 0.7, "recht2019"), ("mine", 0.75, "run")]
    scores = pd.DataFrame(rows, columns=["checkpoint", "value", "source"])
    scores = scores.assign(image_set="v1", metric="real", label_count=1, n_images=9, ci_low=0.6, ci_high=0.9)
    drawn = take_apart(charts.by_label_count(scores, "real", [1]))
    boxes, dots, bars, mine = drawn.layers
    assert boxes.transform == dots.transform == [{"filter": "!datum.own"}]
    assert bars.transform == mine.transform == [{"filter": "datum.own"}]
    assert (bars.fields["y"], bars.fields["y2"], mine.fields["y"]) == ("ci_low", "ci_high", "percent")
    marked = mine.data.loc[mine.data["own"], ["checkpoint", "percent", "ci_low"]]
    assert marked.to_numpy().tolist() == [["mine", 75, 60]]
    assert drawn.spec["title"]["subtitle"][1] == "red: mine, with 95 % intervals where known"
    alone = take_apart(charts.by_label_count(scores[scores["source"] == "run"], "real", [1]))
    assert len(alone.layers) == 2  # nothing to be marked among
