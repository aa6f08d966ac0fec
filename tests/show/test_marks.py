"""What the charts share."""

import math

import altair as alt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.show import marks

ROW = [digit * 10**power for power in range(-4, 8) for digit in (1, 2, 5)]


def test_percent_has_two_decimals():
    frame = pd.DataFrame({"a": [0.123456, None], "b": [1, 2]})
    assert marks.percent(frame["a"]).tolist()[0] == 12.35
    assert {name: column.tolist() for name, column in marks.percents(frame, "b").items()} == {"b": [100, 200]}


@given(
    st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), min_size=1).filter(lambda v: not all(map(math.isnan, v))),
    st.sampled_from([0.5, 1, 5, 10]),
)
def test_an_extent_is_the_tightest_of_whole_steps(values, step):
    low, high = marks.extent(values, step)
    known = [value for value in values if not math.isnan(value)]
    assert low <= min(known) < low + step
    assert high - step < max(known) <= high
    assert low % step == high % step == 0


@given(st.integers(0, 20), st.integers(1, 12), st.floats(1, 1.9))
def test_decades_enclose_their_values_tightly(place, more, factor):
    """A value between two of the row 1, 2, 5 is enclosed by them, one upon the row by itself."""
    ends, steps = marks.decades(ROW[place] * factor, ROW[place + more])
    assert ends == [ROW[place], ROW[place + more]]
    assert steps == ROW[place + 2 : place + more : 2]


@pytest.mark.parametrize(
    ("low", "high", "ends", "steps"),
    [
        (1, 10, [1, 10], [5]),
        (1.5, 11, [1, 20], [5]),
        (2, 100, [2, 100], [10, 50]),
        (0.5, 4.9, [0.5, 5], [2]),
        (1, 1, [1, 1], []),
        (1e-6, 5e12, [1e-6, 5e12], None),
    ],
)
def test_decades_step_by_every_second_of_the_row(low, high, ends, steps):
    assert marks.decades(low, high)[0] == pytest.approx(ends)
    assert steps is None or marks.decades(low, high)[1] == steps


def test_families_of_two_or_more_checkpoints_can_be_picked():
    frame = pd.DataFrame({"checkpoint": ["a", "b", "c", "c", "d"], "family": ["x", "x", "y", "y", "a"]})
    (choice,) = alt.Chart(frame).mark_point().add_params(marks.family_choice(frame)).to_dict()["params"]
    assert choice["name"] == "chosen_family"
    assert choice["value"] == "all"
    assert choice["bind"]["options"] == ["all", "x"]


def test_looks_that_are_told_together_are_in_one_order():
    color, shape = marks.told("f", {"p": ("red", "circle"), "q": ("blue", "cross")}, alt.Color, alt.Shape, title=None)
    assert color.to_dict() == {
        "field": "f",
        "type": "nominal",
        "title": None,
        "scale": {"domain": ["p", "q"], "range": ["red", "blue"]},
    }
    assert shape.to_dict()["scale"] == {"domain": ["p", "q"], "range": ["circle", "cross"]}
    with pytest.raises(ValueError, match="zip"):
        marks.told("f", {"p": ("red", "circle"), "q": ("blue",)}, alt.Color, alt.Shape)
    with pytest.raises(ValueError, match="zip"):
        marks.told("f", {"p": ("red", "circle")}, alt.Color)


def test_tooltips_keep_their_order_and_titles():
    frame = pd.DataFrame({"a": [1], "b": ["x"]})
    tips = alt.Chart(frame).mark_point().encode(tooltip=marks.tips("b", a="A (%)")).to_dict()["encoding"]["tooltip"]
    assert tips == [
        {"field": "b", "title": "b", "type": "nominal"},
        {"field": "a", "title": "A (%)", "type": "quantitative"},
    ]


def test_rows_show_nothing_but_their_names_unless_told():
    assert marks.rows("f", ("b", "a")).to_dict() == {
        "field": "f",
        "type": "nominal",
        "sort": ["b", "a"],
        "title": None,
        "axis": {"ticks": False, "domain": False},
    }
    assert marks.rows("f", [], grid=True).to_dict()["axis"] == {"grid": True}


@pytest.mark.parametrize(("places", "offsets"), [(3, [0, 1, -1, 0]), (5, [-1, 0, 1, 2])])
def test_dots_spread_around_the_middle_by_rank_within_their_group(places, offsets):
    frame = pd.DataFrame({"value": [1, 2, 3, 4, 9], "group": ["a"] * 4 + ["b"]})
    spread = marks.spread(frame, "value", ["group"], places).tolist()
    assert spread == [*offsets, offsets[0]]


def test_equal_values_are_spread_too():
    frame = pd.DataFrame({"value": [1, 1, 1], "group": ["a"] * 3})
    assert marks.spread(frame, "value", ["group"], 7).tolist() == [-2, -1, 0]
