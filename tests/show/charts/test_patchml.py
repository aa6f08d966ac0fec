"""PatchML's figures: annotated pictures above composites with their grid, and scores by label count."""

from textwrap import wrap

import numpy as np
import pandas as pd
import pytest

from workbench.inputs import classes
from workbench.inputs.patchml import Plan
from workbench.score import pools
from workbench.show import charts

PATCHES = [  # composite, count, patch, image, class, box
    ("c0", 2, 0, "a", 1, (80, 40, 483, 360)),
    ("c0", 2, 1, "a", 1, (0, 0, 200, 400)),
    ("c1", 2, 0, "a", 1, (80, 40, 480, 360)),
    ("c1", 2, 2, "b", 2, (30, 60, 270, 540)),
    *(("c2", 6, 10 + n, "c", 3 + n % 2, (0, 0, 50, 50)) for n in range(6)),
    *(("c3", 6, 20 + n, "c", 3 + n, (0, 0, 50, 50)) for n in range(6)),
    *(("c4", 6, 30 + n, "b", 3 + n, (0, 0, 50, 50)) for n in range(6)),
]


@pytest.fixture(scope="module")
def drawn(take_apart, plain_pictures):
    table = pd.DataFrame([row[:5] + row[5] for row in PATCHES]).set_axis(
        ["composite", "count", "patch", "image", "class", "xmin", "ymin", "xmax", "ymax"], axis=1
    )
    plan = Plan(1, 420, {2: 200, 6: 130}, table)
    pictures = plain_pictures({"a": (800, 400), "b": (300, 600), "c": (100, 100)})
    composites = plain_pictures(dict.fromkeys(("c0", "c1", "c2", "c3", "c4"), (420, 420)))
    return take_apart(charts.patchml_making(plan, pictures, composites))


def test_annotated_pictures_stand_above_a_composite_of_each_count(drawn):
    above, below = (row["concat"] for row in drawn.spec["vconcat"])
    assert [cell["title"]["text"] for cell in above] == ["2 boxes", "7 boxes"]
    assert [cell["title"]["text"] for cell in below] == ["2 patches", "6 patches"]
    names = classes.names()
    assert " ".join(above[0]["title"]["subtitle"]) == names[1]
    assert " ".join(below[0]["title"]["subtitle"]) == f"{names[1]}, {names[2]}"
    assert below[1]["title"]["subtitle"] == wrap(", ".join(names[3:9]), 28)
    assert [(cell["width"], cell["height"]) for cell in above + below] == [(168, 84), (84, 168), (168, 168), (168, 168)]
    assert [row["title"]["text"][:2] for row in drawn.spec["vconcat"]] == ["1.", "2."]


def test_boxes_are_drawn_once_each_where_the_shrunk_picture_has_them(drawn, size_of):
    picture, boxes = drawn.layers[:2]
    assert boxes.rows("xmin", "ymin", "xmax", "ymax") == [(16.8, 8.4, 101.4, 75.6), (0, 0, 42, 84)]
    assert boxes.fields == {"x": "xmin", "x2": "xmax", "y": "ymin", "y2": "ymax"}
    for channel in ("x", "y"):
        assert boxes.encoding[channel] | {"field": ""} == {
            "field": "",
            "type": "quantitative",
            "scale": None,
            "axis": None,
        }
    assert boxes.mark["fillOpacity"] == 0
    assert boxes.mark["strokeDash"] == [1, 0]
    assert picture.fields == {"url": "url", "x": 84, "y": 42}
    assert (picture.mark["width"], picture.mark["height"]) == (168, 84)
    assert size_of(picture.data["url"][0]) == (336, 168)


def test_the_grid_of_a_composite_has_its_cells_row_by_row(drawn, size_of):
    picture, cells = drawn.layers[4:6]
    assert cells.rows("xmin", "ymin", "xmax", "ymax") == [
        (0, 0, 84, 84),
        (84, 0, 168, 84),
        (0, 84, 84, 168),
        (84, 84, 168, 168),
    ]
    assert cells.mark["strokeDash"] == [3, 3]
    assert size_of(picture.data["url"][0]) == (336, 336)
    assert len(drawn.layers[7].data) == 9


def test_one_box_is_one_box(take_apart, plain_pictures):
    table = pd.DataFrame(
        [("c", 2, n, image, n, 0, 0, 9, 9) for n, image in enumerate("ab")],
        columns=["composite", "count", "patch", "image", "class", "xmin", "ymin", "xmax", "ymax"],
    )
    pictures = plain_pictures({"a": (10, 10), "b": (10, 10)})
    drawn = take_apart(charts.patchml_making(Plan(1, 420, {2: 200}, table), pictures, plain_pictures({"c": (9, 9)})))
    (cell,) = drawn.spec["vconcat"][0]["concat"]
    assert cell["title"]["text"] == "1 box"


COUNTS = (2, 3)


@pytest.fixture
def scored():
    rows = [
        (checkpoint, f"patchml-{seed}", protocol, metric, count, value - count / 10 + seed / 100, 8)
        for checkpoint, value in (("a", 0.5), ("b", 0.6), ("c", 0.7))
        for seed in (1, 2)
        for protocol in ("resize", "crop")
        for metric in ("subgroup", "asma")
        for count in COUNTS
    ]
    rows += [("a", "v2", "resize", "subgroup", 2, 0.9, 8), ("a", "patchml-1", "resize", "subgroup", 9, np.nan, 0)]
    columns = ["checkpoint", "image_set", "protocol", "metric", "label_count", "value", "n_images"]
    return pd.DataFrame(rows, columns=columns)


def test_every_configuration_and_seed_is_a_dot_upon_the_box_of_its_label_count(take_apart, scored):
    drawn = take_apart(charts.patchml_by_label_count(scored))
    boxes, dots = drawn.layers
    assert len(dots.data) == 3 * 2 * 2 * 2
    assert set(dots.data["labels"]) == {2, 3}
    one = dots.data[(dots.data["checkpoint"] == "b") & (dots.data["labels"] == 3) & (dots.data["protocol"] == "crop")]
    assert one[["seed", "percent", "n_images"]].to_numpy().tolist() == [["1", 31, 8], ["2", 32, 8]]
    assert dots.data.groupby("labels")["spread"].agg(["min", "max"]).to_numpy().tolist() == [[-5, 5]] * 2
    assert boxes.fields == {"x": "labels", "y": "percent"}
    assert dots.fields == boxes.fields | {"xOffset": "spread", "color": "protocol", "shape": "protocol"}
    assert boxes.mark["type"] == "boxplot"
    assert dots.mark["filled"] is True
    assert dots.encoding["xOffset"]["scale"] == {"domain": [-9, 9]}
    assert dots.encoding["y"]["scale"] == {"zero": True, "nice": True}
    assert dots.encoding["x"]["type"] == "ordinal"
    assert dots.scale("color") == {"resize": "#0072B2", "crop": "#D55E00"}
    assert dots.scale("shape") == {"resize": "circle", "crop": "triangle-up"}
    assert dots.tips["n_images"] == "composites"
    assert drawn.spec["title"]["subtitle"][0] == "6 configurations, 2 seeds: each dot is one of both;"


def test_one_seed_is_one_seed(take_apart, scored):
    drawn = take_apart(charts.patchml_by_label_count(scored[scored["image_set"] == "patchml-1"]))
    assert drawn.spec["title"]["subtitle"][0] == "6 configurations, 1 seed: each dot is one of both;"


def test_a_subgroup_of_one_composite_is_drawn(take_apart, scored):
    drawn = take_apart(charts.patchml_by_label_count(scored.assign(n_images=scored["n_images"].clip(upper=1))))
    assert len(drawn.layers[1].data) == 24


def test_leaders_are_means_over_seeds_told_apart_by_more_than_colour(take_apart, scored):
    resize = scored[scored["protocol"] == "resize"]
    drawn = take_apart(charts.patchml_leaders(resize, {"by one": ["a", "b"], "by another": ["b"]}))
    boxes, lines = drawn.layers
    assert lines.rows("checkpoint", "labels", "percent", "by") == [
        ("a", 2, 31.5, "by one"),
        ("a", 3, 21.5, "by one"),
        ("b", 2, 41.5, "by one"),
        ("b", 3, 31.5, "by one"),
        ("b", 2, 41.5, "by another"),
        ("b", 3, 31.5, "by another"),
    ]
    assert len(boxes.data) == 3 * 2 * 2
    assert lines.fields == boxes.fields | {"detail": "checkpoint"} | dict.fromkeys(
        ("color", "strokeDash", "strokeWidth"), "by"
    )
    assert lines.scale("color") == {"by one": "#0072B2", "by another": "#D55E00"}
    assert lines.scale("strokeDash") == {"by one": [1, 0], "by another": [6, 4]}
    assert lines.scale("strokeWidth") == {"by one": 4, "by another": 2}
    assert "3 configurations" in drawn.spec["title"]["subtitle"]


def test_the_published_asma_has_no_subgroups_to_draw():
    assert pools.published().query("image_set == 'patchml'")["metric"].unique().tolist() == ["asma"]
