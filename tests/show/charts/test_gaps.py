"""V1 and V2 across checkpoints, their difference below it, and the difference in two parts."""

import numpy as np
import pandas as pd
import pytest

from workbench.score.paired.decomposition import Decomposition
from workbench.show import charts

COLUMNS = ["checkpoint", "protocol", "source", "v1", "v2", "gap", "ci_low", "ci_high"]
GAPS = pd.DataFrame(
    [
        ("resnet50", "crop", "recht2019", 0.7613, 0.6331, 0.1282, 0.1201, 0.1363),
        ("resnet18", "crop", "recht2019", 0.6976, 0.5725, 0.1251, 0.1166, 0.1336),
        ("vgg16", "resize", "published", 0.7159, 0.5902, 0.1257, np.nan, np.nan),
    ],
    columns=COLUMNS,
)


@pytest.fixture(scope="module")
def drawn(take_apart):
    return take_apart(charts.accuracy_gap(GAPS, "top1"))


def test_each_source_and_protocol_has_a_panel_of_its_own_named_by_both(drawn):
    titles = [panel["title"]["text"] for panel in drawn.spec["vconcat"] if "title" in panel]
    assert titles == ["published: the paper's tables, resize", "recht2019: public predictions, crop"]
    assert drawn.spec["title"]["text"] == "top-1 accuracy: V1 and V2"


def test_checkpoints_stand_in_order_of_v1_in_percent(drawn):
    _, levels = [layer for layer in drawn.layers if "color" in layer.encoding]
    assert levels.rows("checkpoint", "place", "v1", "v2", "gap") == [
        ("resnet18", 1, 69.76, 57.25, 12.51),
        ("resnet50", 2, 76.13, 63.31, 12.82),
    ]
    assert levels.fields | {"opacity": None} == {
        "x": "place",
        "y": "percent",
        "color": "set",
        "shape": "set",
        "opacity": None,
    }
    assert levels.scale("color") == {"V1 (ImageNet)": "#0072B2", "V2 (ImageNetV2)": "#D55E00"}
    assert levels.scale("shape") == {"V1 (ImageNet)": "circle", "V2 (ImageNetV2)": "triangle-up"}
    assert levels.mark == {"type": "point", "filled": True, "size": 22}
    fold, calculate = levels.transform
    assert fold == {"fold": ["v1", "v2"], "as": ["key", "percent"]}
    assert calculate["calculate"] == "datum.key == 'v1' ? 'V1 (ImageNet)' : 'V2 (ImageNetV2)'"
    assert levels.tips == {
        "checkpoint": "checkpoint",
        "family": "family",
        "v1": "V1 top-1 accuracy (%)",
        "v2": "V2 top-1 accuracy (%)",
        "gap": "V1 - V2 (points)",
    }


def test_panels_share_their_axes(drawn):
    first, second = [layer.encoding for layer in drawn.layers if "color" in layer.encoding]
    assert first["y"]["title"] == second["y"]["title"] == "top-1 accuracy (%)"
    assert first["y"]["scale"] == second["y"]["scale"] == {"domain": [50, 80], "zero": False}
    assert second["x"]["scale"] == {"domain": [0, 3], "nice": False}
    assert second["x"]["axis"] == {"grid": False, "tickCount": 5, "tickMinStep": 1}
    assert second["x"]["title"] is None
    below = [layer.encoding for layer in drawn.layers if layer.mark.get("size") == 14]
    assert [one["y"]["title"] for one in below] == ["V1 - V2 (points)"] * 2
    assert [one["x"]["title"] for one in below] == ["1 checkpoint, in order of V1", "2 checkpoints, in order of V1"]
    assert [one["y"]["scale"] for one in below] == [{"domain": [11, 14], "zero": False}] * 2


def test_the_difference_has_its_mean_and_where_known_its_band(drawn):
    (_, dots, _, _), (levels, band, _, rule, text) = drawn.layers[:4], drawn.layers[4:]
    assert [layer.mark["type"] for layer in drawn.layers] == [
        *("point", "point", "rule", "text"),
        *("point", "area", "point", "rule", "text"),
    ]
    assert dots.fields | {"opacity": None} == {"x": "place", "y": "gap", "opacity": None}
    assert dots.mark["filled"] is True
    assert dots.tips == {
        "checkpoint": "checkpoint",
        "family": "family",
        "gap": "V1 - V2 (points)",
        "ci_low": "from",
        "ci_high": "to",
    }
    assert band.fields == {"x": "place", "y": "ci_low", "y2": "ci_high"}
    assert band.rows("ci_low", "ci_high") == [(11.66, 13.36), (12.01, 13.63)]
    assert rule.rows("gap") == [(12.66,)]
    assert rule.mark["strokeDash"] == [5, 3]
    assert text.rows("text") == [("mean 12.66",)]
    assert text.fields == {"x": 480, "y": 6, "text": "text"}
    assert len(levels.data) == 2


def test_checkpoints_far_below_keep_their_place_and_count_in_the_mean_but_are_not_drawn(take_apart):
    low = GAPS.iloc[:1].assign(checkpoint="fv", v1=0.0249, v2=0.02, gap=0.0049, ci_low=0.001, ci_high=0.01)
    drawn = take_apart(charts.accuracy_gap(pd.concat([GAPS, low]), "top1"))
    levels = next(layer for layer in drawn.layers if "color" in layer.encoding and len(layer.data) == 2)
    assert levels.rows("checkpoint", "place") == [("resnet18", 2), ("resnet50", 3)]
    assert levels.encoding["y"]["scale"]["domain"] == [50, 80]
    assert levels.encoding["x"]["scale"]["domain"] == [0, 4]
    assert [layer.rows("text") for layer in drawn.layers if "text" in layer.data][-1] == [("mean 8.61",)]
    assert drawn.spec["title"]["subtitle"][-1] == "models below 50 % on V1, which are not drawn: 1"


def test_own_checkpoints_are_marked_in_the_panel_of_their_protocol_and_not_in_its_mean(take_apart):
    own = pd.DataFrame([("mine", "crop", "run", 0.74, 0.6, 0.14, 0.13, 0.15)], columns=COLUMNS)
    drawn = take_apart(charts.accuracy_gap(pd.concat([GAPS, own]), "top1"))
    titles = [panel["title"]["text"] for panel in drawn.spec["vconcat"] if "title" in panel]
    assert titles == ["published: the paper's tables, resize", "recht2019: public predictions, crop"]
    rule, named = drawn.layers[5:7]
    assert rule.rows("checkpoint", "place", "v1") == [("mine", 2, 74)]
    assert (rule.fields, named.fields) == ({"x": "place"}, {"x": "place", "y": "v1", "text": "checkpoint"})
    interval, point = drawn.layers[-2:]
    assert interval.fields == {"x": "place", "y": "ci_low", "y2": "ci_high"}
    assert point.rows("checkpoint", "gap", "ci_low", "ci_high") == [("mine", 14, 13, 15)]
    assert [layer.rows("text") for layer in drawn.layers if "text" in layer.data][-1] == [("mean 12.66",)]
    assert drawn.spec["title"]["subtitle"][-1] == "red: mine, with 95 % intervals where known"
    alone = take_apart(charts.accuracy_gap(own, "top1"))
    assert [panel["title"]["text"] for panel in alone.spec["vconcat"] if "title" in panel] == ["run here, crop"]


def test_own_parts_are_marked_in_each_panel(decomposed, take_apart):
    mine = decomposed.each[decomposed.each["checkpoint"] == "a"].assign(checkpoint="mine", within=0.2, within_high=0.21)
    drawn = take_apart(charts.gap_decomposition(decomposed, mine))
    bars, dots = drawn.layers[3:5]
    assert {*dots.data["checkpoint"]} == {*bars.data["checkpoint"]} == {"mine"}
    assert (dots.mark["shape"], dots.mark["stroke"]) == ("diamond", "#CC3311")
    assert drawn.layers[2].encoding["y"]["scale"]["domain"][1] >= 21
    assert drawn.spec["title"]["subtitle"][-1].startswith("red: mine,")


def test_the_difference_reaches_zero_and_draws_it_only_where_a_gap_or_its_interval_does(take_apart):
    frame = GAPS.assign(gap=[-0.005, 0.03, 0.02], ci_low=[-0.02, 0.02, np.nan], ci_high=[0.01, 0.0412, np.nan])
    layers = take_apart(charts.accuracy_gap(frame, "real")).layers
    dots = [layer for layer in layers if layer.mark.get("size") == 14]
    assert dots[0].encoding["y"]["scale"] == {"domain": [-2, 5], "zero": False}
    assert [layer.rows("zero") for layer in layers if "zero" in layer.data] == [[(0,)]] * 2


def test_a_family_of_two_or_more_can_be_picked_and_the_others_fade(drawn):
    (chosen,) = drawn.spec["params"]
    assert chosen["bind"]["options"] == ["all", "resnet"]
    assert chosen["value"] == "all"
    opacity = [layer.encoding["opacity"] for layer in drawn.layers if "opacity" in layer.encoding]
    for one in opacity:
        assert one["condition"]["test"] == "chosen_family == 'all' || datum.family == chosen_family"
        assert one["condition"]["value"] > 10 * one["value"]
    assert drawn.layers[0].data["family"].tolist() == ["vgg"]


@pytest.fixture(scope="module")
def decomposed():
    """Two checkpoints by three standards, and label counts 1 and 2, with intervals a point to each side."""
    within = {"v1": 0.07, "midpoint": 0.035, "v2": -0.0004}
    values = pd.DataFrame({"standard": list(within), "gap": 0.12, "within": within.values()})
    values["composition"] = values["gap"] - values["within"]
    for name in ("gap", "composition", "within"):
        values = values.assign(**{f"{name}_low": values[name] - 0.01, f"{name}_high": values[name] + 0.01})
    each = pd.concat([values.assign(checkpoint=name, v1=v1) for name, v1 in (("a", 0.8), ("b", 0.7))])
    means = values.melt("standard", ["gap", "composition", "within"], "part").assign(ci_low=0.11, ci_high=0.13)
    terms = pd.concat([values.assign(label_count="1", difference=0.2), values.assign(label_count="2", difference=-0.1)])
    terms.loc[terms["label_count"] == "2", ["within", "within_low", "within_high"]] *= -1
    return Decomposition(each, means, terms, pd.DataFrame())


@pytest.fixture(scope="module")
def parts(decomposed, take_apart):
    return take_apart(charts.gap_decomposition(decomposed))


def test_the_decomposition_has_a_panel_for_each_standard_headed_by_its_numbers(parts):
    headings = [panel["title"]["text"] for panel in parts.spec["vconcat"][0]["hconcat"]]
    assert headings == [
        ["both with V1's shares:", "5.0 points go with", "label counts, 7.0 left"],
        ["both with shares midway:", "8.5 points go with", "label counts, 3.5 left"],
        ["both with V2's shares:", "12.0 points go with", "label counts, 0.0 left"],
    ]
    assert parts.spec["title"]["text"] == "5.0, 8.5 or 12.0 of 12.0 points of the mean top-1 gap go with label counts"
    assert "2 checkpoints, mean gap [11.0, 13.0]" in parts.spec["title"]["subtitle"][1]


def test_each_panel_draws_both_parts_with_their_intervals_on_one_scale(parts):
    zero, bars, dots = parts.layers[:3]
    names = ["goes with label counts (composition)", "left at equal label counts (within)"]
    assert bars.rows("checkpoint", "part", "v1", "points", "low", "high")[::2] == [
        ("a", names[0], 80, 5, 4, 6),
        ("a", names[1], 80, 7, 6, 8),
    ]
    assert parts.layers[7].rows("checkpoint", "points")[::2] == [("a", 12.04), ("a", -0.04)]
    assert bars.fields == {"x": "v1", "y": "low", "y2": "high", "color": "part"}
    assert dots.fields == {"x": "v1", "y": "points", "color": "part", "shape": "part"}
    assert {str(parts.layers[at].encoding["y"]["scale"]) for at in (2, 5, 8)} == {"{'domain': [-5.0, 15.0]}"}
    assert dots.encoding["x"]["scale"] == {"zero": False}
    assert dots.scale("color") == dict(zip(names, ["#0072B2", "#D55E00"], strict=True))
    assert dots.scale("shape") == dict(zip(names, ["square", "triangle-up"], strict=True))
    assert dots.tips == {"checkpoint": "checkpoint", "part": "part", "points": "points", "low": "from", "high": "to"}
    assert zero.rows("zero") == [(0,)]


def test_models_far_below_are_left_out_above_and_counted(decomposed, take_apart):
    low = decomposed.each[decomposed.each["checkpoint"] == "a"].assign(v1=0.3)
    low = pd.concat([low.assign(checkpoint=name, within=0.3, within_high=0.31) for name in ("low", "lower")])
    edge = decomposed.each[decomposed.each["checkpoint"] == "a"].assign(checkpoint="edge", v1=0.5)
    drawn = take_apart(charts.gap_decomposition(decomposed._replace(each=pd.concat([decomposed.each, low, edge]))))
    assert {*drawn.layers[2].data["checkpoint"]} == {"a", "b", "edge"}
    assert drawn.layers[2].encoding["y"]["scale"] == {"domain": [-5.0, 15.0]}
    _, second, third = drawn.spec["title"]["subtitle"]
    assert "5 checkpoints" in second
    assert third == "models below 50 % on V1, which are not drawn: 2"
    whole = take_apart(charts.gap_decomposition(decomposed._replace(each=low)))
    assert {*whole.layers[2].data["checkpoint"]} == {"low", "lower"}
    assert "not drawn" not in " ".join(whole.spec["title"]["subtitle"])


def test_below_are_the_label_counts_that_are_lower_and_higher(parts):
    bars, ends, zero = parts.layers[9:12]
    assert bars.rows("label_count", "points", "low", "high", "sign", "difference") == [
        ("1", 7, 6, 8, "top-1 lower on V2", 20),
        ("2", -7, -6, -8, "top-1 higher on V2", -10),
    ]
    assert bars.fields == {"x": "label_count", "y": "points", "color": "sign"}
    assert bars.scale("color") == {"top-1 lower on V2": "#D55E00", "top-1 higher on V2": "#882255"}
    assert ends.fields["y2"] == "high"
    assert zero.rows("zero") == [(0,)]
    assert parts.spec["resolve"]["scale"] == {"color": "independent", "shape": "independent"}
