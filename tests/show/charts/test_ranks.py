"""Ranks before and after, and the largest moves by name."""

import pandas as pd
import pytest

from workbench.show import charts

BEFORE = [1, 2, 3, 4, 5]
AFTER = [3, 2, 1, 5, 4]


@pytest.fixture(scope="module")
def shifts():
    frame = pd.DataFrame({"checkpoint": list("abcde"), "rank_before": BEFORE, "rank_after": AFTER})
    return frame.assign(shift=frame["rank_before"] - frame["rank_after"], source="run", protocol="crop")


@pytest.fixture(scope="module")
def drawn(take_apart, shifts):
    return take_apart(charts.rank_shift(shifts, "V1 top-1", "V2 ASMA", movers=1))


def test_every_checkpoint_is_a_dot_at_its_rank_before_and_after(drawn):
    diagonal, dots = drawn.layers[:2]
    assert dots.rows("checkpoint", "rank_before", "rank_after", "shift", "move") == [
        ("a", 1, 3, -2, "falls"),
        ("b", 2, 2, 0, "stays"),
        ("c", 3, 1, 2, "rises"),
        ("d", 4, 5, -1, "falls"),
        ("e", 5, 4, 1, "rises"),
    ]
    assert dots.fields | {"opacity": None} == {
        "x": "rank_before",
        "y": "rank_after",
        "color": "move",
        "opacity": None,
    }
    assert dots.encoding["x"]["title"] == "rank by V1 top-1 (1 is best)"
    assert dots.encoding["y"]["title"] == "rank by V2 ASMA (1 is best)"
    assert dots.scale("color") == {"rises": "#0072B2", "falls": "#D55E00", "stays": "#666666"}
    assert dots.tips == {
        "checkpoint": "checkpoint",
        "family": "family",
        "rank_before": "rank: V1 top-1",
        "rank_after": "rank: V2 ASMA",
        "shift": "shift",
    }
    assert diagonal.rows("rank") == [(1,), (5,)]
    assert diagonal.mark["strokeDash"] == [4, 4]


def test_the_best_rank_is_at_the_top_right_of_axes_that_are_alike(drawn):
    for layer in drawn.layers[:2]:
        assert layer.encoding["x"]["scale"] == layer.encoding["y"]["scale"] == {"domain": [8, -2], "nice": False}


def test_the_largest_rise_and_fall_are_named_with_both_ranks(drawn):
    bar, start, end, text = drawn.layers[2:]
    assert [layer.mark["type"] for layer in drawn.layers[2:]] == ["rule", "point", "point", "text"]
    assert bar.rows("checkpoint", "rank_before", "rank_after", "text", "end") == [
        ("c", 3, 1, "+2", 3),
        ("a", 1, 3, "-2", 3),
    ]
    assert bar.fields == {"x": "rank_before", "x2": "rank_after", "y": "checkpoint", "color": "move"}
    assert start.fields == {"x": "rank_before", "y": "checkpoint", "color": "move"}
    assert end.fields == {"x": "rank_after", "y": "checkpoint", "color": "move"}
    assert text.fields == {"x": "end", "y": "checkpoint", "color": "move", "text": "text"}
    assert (start.mark["filled"], end.mark["filled"]) == (False, True)
    assert bar.encoding["y"]["sort"] == ["c", "a"]
    assert bar.encoding["x"]["scale"] == {"domain": [-2, pytest.approx(5.6)], "nice": False}


@pytest.mark.parametrize(("movers", "named"), [(2, ["c", "e", "d", "a"]), (9, ["c", "e", "b", "d", "a"])])
def test_rises_come_first_then_falls_each_checkpoint_once(take_apart, shifts, movers, named):
    drawn = take_apart(charts.rank_shift(shifts, "x", "y", movers=movers))
    assert drawn.layers[2].data["checkpoint"].tolist() == named
    titles = [part["title"]["text"] for part in drawn.spec["hconcat"]]
    assert titles == ["All 5 checkpoints", "The largest rises and falls: from ○ (x) to ● (y)"]


def test_ten_rises_and_ten_falls_are_named_by_default(take_apart):
    n = 30
    frame = pd.DataFrame({"checkpoint": [f"m{i:02}" for i in range(n)], "rank_before": range(1, n + 1)})
    frame = frame.assign(rank_after=n + 1 - frame["rank_before"])
    drawn = take_apart(charts.rank_shift(frame.assign(shift=frame["rank_before"] - frame["rank_after"]), "x", "y"))
    assert len(drawn.layers[2].data) == 20


def test_known_intervals_of_ranks_are_a_cross_behind_each_dot(take_apart, shifts):
    ends = {
        f"{name}_{when}": shifts[f"rank_{when}"] + by
        for when in ("before", "after")
        for name, by in (("best", -1), ("worst", 2))
    }
    drawn = take_apart(charts.rank_shift(shifts.assign(**ends), "V1 top-1", "V2 ASMA", movers=1))
    _, across, along, dots = drawn.layers[:4]
    assert [layer.mark["type"] for layer in (across, along, dots)] == ["rule", "rule", "circle"]
    assert across.fields | {"opacity": None} == {
        **{"x": "best_before", "x2": "worst_before", "y": "rank_after", "color": "move", "opacity": None}
    }
    assert along.fields | {"opacity": None} == {
        **{"x": "rank_before", "y": "best_after", "y2": "worst_after", "color": "move", "opacity": None}
    }
    assert across.rows("best_before", "worst_before", "best_after", "worst_after")[0] == (0, 3, 2, 5)
    assert drawn.spec["title"]["subtitle"].endswith("; lines are 95 % intervals of ranks")


def test_without_intervals_none_are_spoken_of(drawn):
    assert drawn.spec["title"]["subtitle"] == "above the dashed line a checkpoint rises"
    assert len(drawn.layers) == 6
