"""Ranks before and after, and the largest moves by name."""

import re

import pandas as pd
import pytest

from workbench.score import pools, ranks, table
from workbench.show import charts, marks, theme

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


def test_ticks_begin_at_the_first_rank_on_every_axis(drawn):
    ticks = [layer.encoding[channel]["axis"]["values"] for layer in drawn.layers[1:2] for channel in "xy"]
    ticks += [layer.encoding["x"]["axis"]["values"] for layer in drawn.layers[2:4]]
    assert ticks == [[1, 2, 3, 4, 5]] * 4
    assert marks.rank_ticks(67) == [1, 10, 20, 30, 40, 50, 60]
    assert all(len(marks.rank_ticks(n)) < 10 for n in range(1, 5000, 7))


def test_with_the_longest_names_both_panels_fit_a_notebooks_column():
    chart = charts.rank_shift(ranks.rank_shift(pools.published()), "V1 top-1", "PatchML ASMA", movers=20)
    (width,) = re.findall(r'^<svg [^>]*?width="([\d.]+)"', theme.svg(theme.spec(chart)))
    assert float(width) <= 860


def test_the_largest_rise_and_fall_are_named_with_both_ranks(drawn):
    bar, start, end, text = drawn.layers[2:]
    assert [layer.mark["type"] for layer in drawn.layers[2:]] == ["rule", "point", "point", "text"]
    assert bar.rows("checkpoint", "rank_before", "rank_after", "text", "end") == [
        ("c", 3, 1, "+2", 1),
        ("a", 1, 3, "-2", 1),
    ]
    assert bar.fields == {"x": "rank_before", "x2": "rank_after", "y": "checkpoint", "color": "move"}
    assert start.fields == {"x": "rank_before", "y": "checkpoint", "color": "move"}
    assert end.fields == {"x": "rank_after", "y": "checkpoint", "color": "move"}
    assert text.fields == {"x": "end", "y": "checkpoint", "color": "#222222", "text": "text"}
    assert (start.mark["filled"], end.mark["filled"]) == (False, True)
    assert bar.encoding["y"]["sort"] == ["c", "a"]
    assert bar.encoding["x"]["scale"] == {"domain": [8, pytest.approx(-2.6)], "nice": False}


@pytest.mark.parametrize(("movers", "named"), [(2, ["c", "e", "d", "a"]), (9, ["c", "e", "b", "d", "a"])])
def test_rises_come_first_then_falls_each_checkpoint_once(take_apart, shifts, movers, named):
    drawn = take_apart(charts.rank_shift(shifts, "x", "y", movers=movers))
    assert drawn.layers[2].data["checkpoint"].tolist() == named
    titles = [part["title"]["text"] for part in drawn.spec["vconcat"]]
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
    assert drawn.spec["title"]["subtitle"][0].endswith("; lines are 95 % intervals of ranks")


def test_own_checkpoints_are_marked_named_and_among_the_moves(take_apart, shifts):
    drawn = take_apart(charts.rank_shift(shifts, "V1 top-1", "V2 ASMA", movers=1, own=["d"]))
    point, name = drawn.layers[2:4]
    assert point.rows("checkpoint", "rank_before", "rank_after") == [("d", 4, 5)]
    assert point.mark["shape"] == "diamond"
    assert name.fields == {"x": "rank_before", "y": "rank_after", "text": "checkpoint"}
    assert "d" in drawn.layers[-1].data["checkpoint"].tolist()
    assert drawn.spec["title"]["subtitle"][1].startswith("red: d,")


def test_without_intervals_none_are_spoken_of(drawn):
    assert drawn.spec["title"]["subtitle"] == ["above the dashed line a checkpoint rises"]
    assert len(drawn.layers) == 6


SCORES = {"a": ("recht2019", "crop", 0.7), "b": ("recht2019", "crop", 0.72), "own": ("recht2019", "crop", 0.715)}
SCORES |= {"p": ("published", "resize", 0.791), "q": ("published", "resize", 0.799), "r": ("published", "resize", 0.8)}


@pytest.fixture(scope="module")
def placed(take_apart):
    rows = [
        (name, image_set, "x", protocol, "top1", None, value, 9, 0.1, 0.9, source)
        for name, (source, protocol, value) in SCORES.items()
        for image_set in ("v1", "v2")
    ]
    places = pd.DataFrame(
        {"image_set": ["v1", "v2"], "metric": "top1", "value": 0.715, "ci_low": 0.71, "ci_high": 0.72}
    )
    return charts.standing(table.build(rows), places, "own")


def test_one_checkpoint_is_named_and_marked_with_its_interval_among_both_pools(take_apart, placed):
    published, public, bar, dot = take_apart(placed).layers
    assert public.rows("checkpoint", "V1 top-1", "V2 top-1") == [("a", 70.0, 70.0), ("b", 72.0, 72.0)]
    assert published.rows("percent", "V1 top-1") == [(79, 2), (80, 1)]
    assert bar.rows("score", "ci_low", "ci_high") == [("V1 top-1", 71.0, 72.0), ("V2 top-1", 71.0, 72.0)]
    assert dot.rows("value") == [(71.5,), (71.5,)]
    assert (bar.mark["color"], bar.mark["type"], dot.mark["type"]) == ("#CC3311", "rule", "point")
    title = placed.to_dict()["title"]
    assert title["text"] == "own, with its 95 % interval, among"
    assert title["subtitle"] == "2 public models (crop, above), 3 published (resize, below)"
