"""V1 and V2 across checkpoints, their difference below it, and the difference in two parts."""

import numpy as np
import pandas as pd
import pytest

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
    titles = [column["vconcat"][0]["title"]["text"] for column in drawn.spec["hconcat"]]
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


def test_panels_share_their_axes_and_only_the_first_has_titles(drawn):
    first, second = [layer.encoding for layer in drawn.layers if "color" in layer.encoding]
    assert first["y"]["title"] == "top-1 accuracy (%)"
    assert second["y"]["title"] is None
    assert first["y"]["scale"] == second["y"]["scale"] == {"domain": [50, 80], "zero": False}
    assert second["x"]["scale"] == {"domain": [0, 3], "nice": False}
    assert second["x"]["axis"] == {"grid": False, "tickCount": 5, "tickMinStep": 1}
    assert second["x"]["title"] is None
    below = [layer.encoding for layer in drawn.layers if layer.mark.get("size") == 14]
    assert [one["y"]["title"] for one in below] == ["V1 - V2 (points)", None]
    assert [one["x"]["title"] for one in below] == ["1 checkpoint, in order of V1", "2 checkpoints, in order of V1"]
    assert [one["y"]["scale"] for one in below] == [{"domain": [0, 14]}] * 2


def test_the_difference_has_its_mean_and_where_known_its_band(drawn):
    (_, zero, dots, _, _), (levels, band, *_, rule, text) = drawn.layers[:5], drawn.layers[5:]
    assert [layer.mark["type"] for layer in drawn.layers] == [
        "point",
        "rule",
        "point",
        "rule",
        "text",
        "point",
        "area",
        "rule",
        "point",
        "rule",
        "text",
    ]
    assert zero.rows("gap") == [(0,)]
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
    assert text.fields == {"x": 360, "y": 6, "text": "text"}
    assert len(levels.data) == 2


def test_the_difference_reaches_below_zero_only_where_a_gap_does(take_apart):
    frame = GAPS.assign(gap=[-0.005, 0.03, 0.02], ci_low=[-0.02, 0.02, np.nan], ci_high=[0.01, 0.0412, np.nan])
    dots = [layer for layer in take_apart(charts.accuracy_gap(frame, "real")).layers if layer.mark.get("size") == 14]
    assert dots[0].encoding["y"]["scale"] == {"domain": [-2, 5]}


def test_a_family_of_two_or_more_can_be_picked_and_the_others_fade(drawn):
    (chosen,) = drawn.spec["params"]
    assert chosen["bind"]["options"] == ["all", "resnet"]
    assert chosen["value"] == "all"
    opacity = [layer.encoding["opacity"] for layer in drawn.layers if "opacity" in layer.encoding]
    for one in opacity:
        assert one["condition"]["test"] == "chosen_family == 'all' || datum.family == chosen_family"
        assert one["condition"]["value"] > 10 * one["value"]
    assert drawn.layers[0].data["family"].tolist() == ["vgg"]


def test_the_decomposition_draws_whole_and_parts_with_their_intervals(take_apart):
    numbers = {"gap": (0.12, 0.11, 0.13), "composition": (0.0512, 0.04, 0.06), "within": (0.0688, 0.06, 0.08)}
    frame = pd.DataFrame({"checkpoint": ["a", "b"], "v1": [0.8, 0.7]})
    for name, (value, low, high) in numbers.items():
        frame = frame.assign(**{name: value, f"{name}_low": low, f"{name}_high": high})
    drawn = take_apart(charts.gap_decomposition(frame))
    bars, dots = drawn.layers
    parts = ["whole gap", "goes with label counts (composition)", "left at equal label counts (within)"]
    assert bars.rows("checkpoint", "part", "v1", "points", "low", "high")[::2] == [
        ("a", parts[0], 80, 12, 11, 13),
        ("a", parts[1], 80, 5.12, 4, 6),
        ("a", parts[2], 80, 6.88, 6, 8),
    ]
    assert bars.fields == {"x": "v1", "y": "low", "y2": "high", "color": "part"}
    assert dots.fields == {"x": "v1", "y": "points", "color": "part", "shape": "part"}
    assert dots.encoding["y"]["scale"] == {"domainMin": 0}
    assert dots.encoding["x"]["scale"] == {"zero": False}
    assert dots.mark["filled"] is True
    assert dots.scale("color") == dict(zip(parts, ["#666666", "#0072B2", "#D55E00"], strict=True))
    assert dots.scale("shape") == dict(zip(parts, ["circle", "square", "triangle-up"], strict=True))
    assert dots.tips == {"checkpoint": "checkpoint", "part": "part", "points": "points", "low": "from", "high": "to"}
    assert drawn.spec["title"]["text"] == "5.1 of 12.0 points of the mean top-1 gap go with label counts"
    assert drawn.spec["title"]["subtitle"].startswith("2 checkpoints;")
