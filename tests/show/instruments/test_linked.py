"""The linked charts: every layer of one row, the numbers that it draws, and what a question changes."""

import json

import altair as alt
import pandas as pd
import pytest

from workbench.score import pools
from workbench.score.interactive.queries import Query, ScoreCube
from workbench.show import theme
from workbench.show.instruments import linked

V1, V2, PATCHML = "V1 (ImageNet)", "V2 (ImageNetV2)", "PatchML"
ALONE = {"scale": {"color": "independent", "shape": "independent", "xOffset": "independent"}}
RINGED = {"filter": "indexof(marked, datum.checkpoint) >= 0"}


@pytest.fixture(scope="module")
def spec(scores):
    """A question and the marked checkpoints -> the specification."""
    cube = ScoreCube(scores)
    return lambda question, *marked: linked.overview(cube.ask(question), question, list(marked))


@pytest.mark.parametrize(
    "question", [Query(), Query("asma", ("v1", "patchml"), family="vit"), Query(label_counts=(2, 3))]
)
def test_the_specification_fits_the_schema(spec, question):
    specification = spec(question, "vgg16")
    alt.VConcatChart.from_dict(specification, validate=True)
    json.dumps(specification, allow_nan=False)


def test_a_mark_is_drawn_in_every_chart(spec):
    plain, marked = (theme.svg(spec(Query(sources=("recht2019",)), *names)) for names in ((), ("alexnet",)))
    # Rings: two in the levels, one each in the difference and the ranks; filled dots in eight boxes.
    assert marked.count('stroke="black"') - plain.count('stroke="black"') == 4 + 8
    assert ">alexnet<" not in plain
    assert ">alexnet<" in marked


def quantity(field: str, title: str | None, **more) -> dict:
    return {"field": field, "title": title, "type": "quantitative"} | more


def by_set(names: list[str], values: list[str], **more) -> dict:
    scale = {"domain": names, "range": values}
    return {"field": "set", "scale": scale, "sort": names, "title": None, "type": "nominal"} | more


def test_every_layer_of_a_row(spec):
    specification = spec(Query())
    row = specification["vconcat"][0]
    gap, boxes, ranks = row["hconcat"]
    levels, difference = gap["vconcat"]
    sets, colors = [V1, V2], ["#0072B2", "#D55E00"]
    tips = [{"field": name, "title": name, "type": "nominal"} for name in ("checkpoint", "family")]
    tips += [quantity("first", f"{V1} (%)"), quantity("second", f"{V2} (%)"), quantity("gap", "difference (points)")]
    tips += [quantity("rank_before", "rank before"), quantity("rank_after", "rank after")]
    tips += [quantity("shift", "rise in rank")]
    many = "length(marked) > 8"
    ring = {"size": {"expr": f"{many} ? 30 : 90"}, "strokeWidth": {"expr": f"{many} ? 1 : 1.6"}}
    ring = {"type": "point", "color": "black"} | ring

    def opacity(value: float) -> dict:
        return {"condition": {"test": "datum.chosen", "value": value}, "value": 0.07}

    place = {"axis": {"grid": False, "tickCount": 5, "tickMinStep": 1}, "scale": {"domain": [0, 7], "nice": False}}
    data = {"name": "pairs0"}

    level = {"x": quantity("place", None, **place), "tooltip": tips}
    level["y"] = quantity("percent", "top-1 accuracy (%)", scale={"zero": False})
    seen = {"color": by_set(sets, colors), "shape": by_set(sets, ["circle", "triangle-up"]), "opacity": opacity(0.85)}
    fold = [{"fold": ["first", "second"], "as": ["which", "percent"]}]
    fold += [{"calculate": f"datum.which == 'first' ? '{V1}' : '{V2}'", "as": "set"}]
    dots = {"data": data, "mark": {"type": "point", "filled": True, "size": 20}, "name": "gap0_points"}
    dots |= {"encoding": level | seen, "transform": fold}
    rings = {"data": data, "mark": ring, "encoding": level, "transform": [*fold, RINGED]}
    assert levels == {"layer": [dots, rings], "width": 290, "height": 170}

    y = quantity("gap", "V1 - V2 (points)", axis={"tickCount": 4}, scale={"domain": [0, 13]})
    both = {"x": quantity("place", "checkpoints, in order of V1", **place), "y": y, "tooltip": tips}
    line = difference["layer"][0]
    assert specification["datasets"][line["data"]["name"]] == [{"gap": 0}]
    zero = {"data": line["data"], "mark": {"type": "rule", "color": "#888888"}, "encoding": {"y": y}}
    dots = {"data": data, "mark": {"type": "point", "filled": True, "size": 12, "color": "#666666"}}
    dots["encoding"] = both | {"opacity": opacity(0.9)}
    rings = {"data": data, "mark": ring, "encoding": both, "transform": [RINGED]}
    assert difference == {"layer": [zero, dots, rings], "width": 290, "height": 90}

    y = quantity("percent", "top-1 accuracy (%)", scale={"zero": False})
    labels = {"field": "labels", "type": "nominal"}
    x = labels | {"axis": {"labelAngle": 0}, "sort": ["all", *"12345"], "title": "labels of a picture"}
    box = {"x": x, "xOffset": {"field": "set", "sort": sets, "type": "nominal"}, "y": y}
    box["color"] = by_set(sets, colors, legend=None)
    image_set = {"field": "set", "title": "image set", "type": "nominal"}
    box["tooltip"] = [
        {"field": "checkpoint", "type": "nominal"},
        image_set,
        labels,
        quantity("percent", "top-1 accuracy (%)"),
    ]
    plot = {"type": "boxplot", "extent": "min-max", "size": 13, "opacity": 0.45, "median": {"color": "black"}}
    dot = {"type": "point", "filled": True, "size": 40, "stroke": "black", "strokeWidth": 1.2, "opacity": 1}
    layers = [{"data": {"name": "boxes0"}, "mark": mark, "encoding": box} for mark in (plot, dot)]
    layers[1]["transform"] = [RINGED]
    assert boxes == {"layer": layers, "width": 240, "height": 284}

    scale = {"domain": [pytest.approx(7.12), pytest.approx(0.88)], "nice": False}
    axis = {"values": [1, 2, 3, 4, 5, 6]}
    ends = {"x": quantity("rank_before", "rank by V1 top-1 (1 is best)", scale=scale, axis=axis)}
    ends["y"] = quantity("rank_after", "rank by V2 top-1", scale=scale, axis=axis)
    both = ends | {"tooltip": tips}
    line = ranks["layer"][0]
    assert specification["datasets"][line["data"]["name"]] == [{"rank_before": n, "rank_after": n} for n in (1, 6)]
    diagonal = {
        "data": line["data"],
        "mark": {"type": "line", "color": "#999999", "strokeDash": [4, 4]},
        "encoding": ends,
    }
    dots = {"data": data, "mark": {"type": "circle", "size": 22, "color": "#666666"}, "name": "rank0_points"}
    dots["encoding"] = both | {"opacity": opacity(0.8)}
    rings = {"data": data, "mark": ring, "encoding": both, "transform": [RINGED]}
    text = {"type": "text", "fontSize": 11, "fontWeight": "bold", "limit": 190, "color": "#222222"}
    text["align"] = {"expr": "datum.rank_before < 3.0 ? 'right' : 'left'"}
    text["dx"] = {"expr": "datum.rank_before < 3.0 ? -9 : 9"}
    few = {"filter": f"length(marked) <= 3 && {RINGED['filter']}"}
    names = {"data": data, "mark": text, "transform": [few]}
    names["encoding"] = both | {"text": {"field": "checkpoint", "type": "nominal"}}
    assert ranks == {"layer": [diagonal, dots, rings, names], "width": 240, "height": 284}

    title = {"text": "published: the paper's tables, resize", "subtitle": "6 checkpoints", "fontSize": 13, "offset": 6}
    assert {name: row[name] for name in row if name != "hconcat"} == {"spacing": 16, "title": title, "resolve": ALONE}
    assert {name: gap[name] for name in gap if name != "vconcat"} == {"spacing": 6, "resolve": ALONE}
    assert (specification["spacing"], specification["resolve"]) == (18, ALONE)
    assert specification["config"]["background"] == "white"


def test_marks_and_selections_are_parameters_of_the_whole(spec):
    def selection(name: str, *encodings: str) -> dict:
        select = {"type": "interval", "encodings": list(encodings)}
        return {"name": name, "select": select, "views": [f"{name}_points"]}

    groups = [[selection(f"gap{n}", "x"), selection(f"rank{n}", "x", "y")] for n in (0, 1)]
    assert spec(Query(), "vgg16")["params"] == [{"name": "marked", "value": ["vgg16"]}, *groups[0], *groups[1]]


def test_marks_are_put_into_a_specification_without_changing_it(spec):
    plain = spec(Query())
    assert linked.marking(plain, ["vgg16"]) == spec(Query(), "vgg16")
    assert plain["params"][0]["value"] == []


def test_the_description_says_what_the_charts_show_in_numbers(spec):
    text = spec(Query("asma", ("v1", "patchml"), family="vit"))["description"]
    assert text.startswith("ASMA on V1 (ImageNet) and PatchML: ")
    assert text.endswith("Checkpoints: 2 of published: the paper's tables, resize, 16.50 points apart on average.")


def test_the_numbers_of_the_pairs(spec):
    rows = spec(Query(search="vgg"))["datasets"]["pairs0"]
    columns = ("checkpoint", "chosen", "place", "first", "second", "gap", "rank_before", "rank_after", "shift")
    assert [tuple(row[name] for name in columns) for row in rows] == [
        ("resnet18", False, 1, 70.0, 57.0, 13.0, 6, 6, 0),
        ("vgg16", True, 2, 71.5, 59.25, 12.25, 5, 5, 0),
        ("vgg19", True, 3, 72.4, 60.5, 11.9, 4, 4, 0),
        ("resnet50", False, 4, 80.0, 67.9, 12.1, 3, 3, 0),
        ("vit_base", False, 5, 84.5, 75.0, 9.5, 2, 1, 1),
        ("vit_large", False, 6, 86.0, 74.0, 12.0, 1, 2, -1),
    ]
    assert set(rows[0]) == {*columns, "family"}


def test_the_boxes_hold_the_chosen_of_one_source(spec):
    rows = spec(Query(search="vgg1", label_counts=(2, 3)))["datasets"]
    assert "boxes0" not in rows  # the published scores know no label counts
    assert {(row["checkpoint"], row["labels"], row["set"]): row["percent"] for row in rows["boxes1"]} == {
        ("vgg11", "2", V1): 60.0, ("vgg11", "3", V1): 45.0, ("vgg11", "all", V1): 69.0,
        ("vgg11", "2", V2): 61.0, ("vgg11", "3", V2): 44.0, ("vgg11", "all", V2): 70.5,
        ("vgg16", "2", V1): 65.0, ("vgg16", "3", V1): 50.0, ("vgg16", "all", V1): 71.0,
        ("vgg16", "2", V2): 55.0, ("vgg16", "3", V2): 40.0, ("vgg16", "all", V2): 58.0,
    }  # fmt: skip
    every = spec(Query(search="vgg"))["datasets"]
    assert {row["checkpoint"] for row in every["boxes0"]} == {"vgg16", "vgg19"}
    assert {row["labels"] for row in every["boxes1"]} == {"all", "1", "2", "3"}


def test_numbers_have_two_decimals_at_most(scores):
    thirds = scores.assign(value=scores["value"] + 1 / 300_000)
    for rows in linked.overview(ScoreCube(thirds).ask(Query()), Query(), [])["datasets"].values():
        numbers = [value for row in rows for value in row.values() if isinstance(value, float)]
        assert numbers == [round(number, 2) for number in numbers]


def test_a_question_on_other_sets_changes_names_colours_and_titles(spec):
    row = spec(Query("asma", ("v1", "patchml"), family="vit"))["vconcat"][0]
    gap, boxes, ranks = row["hconcat"]
    levels, difference = gap["vconcat"]
    assert row["title"]["subtitle"] == "2 of 6 checkpoints chosen"
    dots = levels["layer"][0]["encoding"]
    assert dots["color"] == by_set([V1, PATCHML], ["#0072B2", "#009E73"])
    assert dots["shape"] == by_set([V1, PATCHML], ["circle", "square"])
    assert dots["y"]["title"] == "ASMA (%)"
    assert difference["layer"][1]["encoding"]["y"]["title"] == "V1 - PatchML (points)"
    assert boxes["layer"][0]["encoding"]["y"]["title"] == "ASMA; subgroup accuracy (%)"
    assert ranks["layer"][1]["encoding"]["x"]["title"] == "rank by V1 top-1 (1 is best)"
    assert ranks["layer"][1]["encoding"]["y"]["title"] == "rank by PatchML ASMA"


def test_the_axis_of_the_gap_has_whole_points_and_zero(spec):
    def reach(question: Query) -> list[float]:
        gap = spec(question)["vconcat"][-1]["hconcat"][0]["vconcat"][1]
        return gap["layer"][1]["encoding"]["y"]["scale"]["domain"]

    assert reach(Query(sources=("recht2019",))) == [-2, 13]  # -1.5 to 13 points
    assert reach(Query("asma", ("v1", "v2"))) == [-2, 5]  # -1.5 to 4.5
    assert reach(Query("asma", ("v1", "patchml"))) == [0, 25]  # 6.5 to 25


def test_the_label_counts_asked_for_are_the_order_of_the_boxes(spec):
    boxes = spec(Query(label_counts=(2, 3)))["vconcat"][0]["hconcat"][1]
    assert boxes["layer"][0]["encoding"]["x"]["sort"] == ["all", "2", "3"]


def test_one_checkpoint_of_an_unknown_source_has_a_row_by_the_name_of_the_source(scores):
    own = scores[(scores["protocol"] == "resize") & (scores["checkpoint"] == "vgg16")].assign(source="mine")
    (row,) = linked.overview(ScoreCube(own).ask(Query()), Query(), [])["vconcat"]
    assert (row["title"]["text"], row["title"]["subtitle"]) == ("mine, resize", "1 checkpoints")


def test_the_specification_of_all_known_checkpoints_is_small():
    cube = ScoreCube(pd.concat([pools.published(), pools.recht2019()], ignore_index=True))
    specification = linked.overview(cube.ask(Query()), Query(), [])
    assert [len(specification["datasets"][f"pairs{group}"]) for group in (0, 1)] == [315, 67]
    assert len(json.dumps(specification)) < 400_000
