"""V2 against V1 on probit axes: places, ticks in percent, lines within and beyond, distances below."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from workbench.show import charts

TITLES = ["recht2019: public predictions", "open_clip: its published zero-shot results", "run here"]
MODELS = pd.DataFrame(
    {
        "checkpoint": ["a", "b", "c", "reversed", "perfect"],
        "source": ["recht2019", "open_clip", "run", "recht2019", "run"],
        "v1": [0.5, 0.8, 0.3, 0.28, 1.0],
        "v2": [0.4, 0.72, 0.2, 0.025, 0.9],
        "distance": [0.0, 0.0512345, -0.01, -0.17, 0.0],
        "ci_low": [-0.01, 0.04, -0.02, -0.18, -0.01],
        "ci_high": [0.01, 0.06, 0.0, -0.16, 0.01],
    }
)
STEPS = {"v1": [0.2, 0.5, 0.85], "v2": [0.15, 0.4, 0.75]}
BANDS = pd.concat(
    [
        pd.DataFrame(STEPS | {"ci_low": [0.14, 0.39, 0.74], "ci_high": [0.16, 0.41, 0.76], "source": "recht2019"}),
        pd.DataFrame(STEPS | {"ci_low": np.nan, "ci_high": np.nan, "source": "open_clip"}),
    ],
    ignore_index=True,
).assign(within=[False, True, True] * 2)


@pytest.fixture(scope="module")
def drawn(take_apart):
    return take_apart(charts.against_line(MODELS, BANDS))


def test_models_stand_at_the_quantiles_of_their_accuracies(drawn):
    dots = drawn.layers[3]
    expected = [(name, *norm.ppf(sides).round(4)) for name, *sides in MODELS[["checkpoint", "v1", "v2"]].to_numpy()[:4]]
    assert dots.rows("checkpoint", "x", "y") == expected  # and "perfect" has no place there
    assert dots.rows("v1", "v2", "distance", "ci_low", "ci_high")[1] == (80, 72, 5.12, 4, 6)
    assert dots.fields == {"x": "x", "y": "y", "color": "source", "shape": "source"}
    assert list(dots.scale("color")) == TITLES
    assert dots.scale("shape") == dict(zip(TITLES, ["circle", "triangle-up", "diamond"], strict=True))
    assert len({*dots.scale("color").values()}) == 3
    assert dots.tips == {
        **{"checkpoint": "checkpoint", "source": "source", "v1": "V1 (%)", "v2": "V2 (%)"},
        **{"distance": "above the line (points)", "ci_low": "from", "ci_high": "to"},
    }


def test_ticks_are_told_in_percent(drawn):
    for channel, ticks in (("x", [30, 40, 50, 60, 70, 80]), ("y", [5, 10, 20, 30, 40, 50, 60, 70])):
        axis = drawn.layers[3].encoding[channel]["axis"]
        places = [float(place) for place in norm.ppf(np.array(ticks) / 100).round(4)]
        assert axis["values"] == places
        words = [str(tick) for tick in ticks]
        assert axis["labelExpr"] == f"{words}[indexof({places}, datum.value)]"
        assert axis["labelOverlap"] is False


def test_lines_are_solid_where_their_models_are_and_have_a_band_where_one_is_known(drawn):
    band, whole, within = drawn.layers[:3]
    quantiles = [tuple(row) for row in norm.ppf(BANDS[["v1", "ci_low", "ci_high"]][:3]).round(4)]
    assert band.rows("x", "y", "high") == quantiles
    assert band.fields == {"x": "x", "y": "y", "y2": "high", "color": "source"}
    assert len(whole.data) == 6
    assert whole.rows("x", "y")[1] == tuple(norm.ppf([0.5, 0.4]).round(4))
    assert whole.mark["strokeDash"] == [3, 3]
    assert within.transform == [{"filter": "datum.within"}]
    assert "strokeDash" not in within.mark
    assert all(layer.mark["clip"] for layer in (band, whole, within))


def test_distances_stand_below_and_what_is_left_out_is_told(drawn):
    named, zero, own, dots = drawn.layers[4:]
    assert named.mark["type"] == "text"
    assert named.fields["text"] == "checkpoint"
    assert named.transform[0]["filter"] == {"field": "checkpoint", "equal": "c"}
    assert own.transform[0]["filter"] == "datum.source == 'run here'"
    assert (own.fields["y"], own.fields["y2"]) == ("ci_low", "ci_high")
    assert zero.rows("distance") == [(0,)]
    assert dots.fields == {"x": "x", "y": "distance", "color": "source", "shape": "source"}
    assert dots.encoding["y"]["scale"] == {"domain": [-5, 6], "nice": False}
    assert dots.transform == [{"filter": "datum.distance >= -5"}]
    below = drawn.spec["vconcat"][1]["title"]["text"]
    assert below == [f"How far each model lies above the line of {TITLES[0]}", "models further below than is drawn: 1"]


def test_without_models_below_nothing_is_said_of_them(take_apart):
    drawn = take_apart(charts.against_line(MODELS[MODELS["checkpoint"] != "reversed"], BANDS))
    assert drawn.spec["vconcat"][1]["title"]["text"] == f"How far each model lies above the line of {TITLES[0]}"
