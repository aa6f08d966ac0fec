"""Bounds beside top-1 and ReaL, and what guessing adds."""

import pandas as pd
import pytest

from workbench.score import pools
from workbench.score.multiple_choice import fallback, public
from workbench.show import charts


@pytest.fixture(scope="module")
def rows():
    return public.side_by_side(public.load()["multiple-choice"], pools.recht2019())


@pytest.fixture(scope="module")
def drawn(take_apart, rows):
    return take_apart(charts.multiple_choice(rows))


def test_bars_run_from_one_bound_to_the_other(drawn):
    bars = [layer for layer in drawn.layers if layer.mark["type"] == "rule"]
    assert len(bars) == 2
    v1 = {row[0]: row[1:] for row in bars[0].rows("checkpoint", "top1", "low", "high", "place")}
    assert v1["resnet50"] == (76.13, 92.61, 99.43, 31)
    assert sorted(row[-1] for row in v1.values()) == list(range(1, 68))
    assert v1["pnasnet_large_tf"][-1] > v1["resnet50"][-1] > v1["alexnet"][-1]
    assert {**bars[0].fields} == {"x": "place", "y": "low", "y2": "high", "color": "score"}


def test_top_1_and_real_are_told_apart_by_colour_and_shape(drawn):
    dots = next(layer for layer in drawn.layers if layer.mark["type"] == "point")
    one = [row[1:] for row in dots.rows("checkpoint", "score", "percent") if row[0] == "resnet50"]
    assert one == [("top-1", 76.13), ("ReaL", 82.96)]
    assert [*dots.scale("color").values()] == ["#0072B2", "#009E73", "#D55E00"]
    assert [*dots.scale("shape").values()] == ["circle", "triangle-up", "stroke"]


def test_the_title_and_the_words_follow_the_numbers(drawn, rows, take_apart):
    assert drawn.spec["title"]["text"] == "V1: median 76.8 % by top-1, between 92.9 and 99.5 % by multiple choice"
    assert "multiple choice at least 40.9 to 96.0 and at most 97.0 to 99.6 %" in drawn.spec["description"]
    changed = take_apart(charts.multiple_choice(rows.assign(low=0.5)))
    assert "between 50.0 and 99.5 % by" in changed.spec["title"]["text"]


def test_what_guessing_adds_has_two_edges_for_each_number_of_questions(take_apart):
    added = pd.concat([fallback.added(n) for n in (200, 50_000)])
    drawn = take_apart(charts.fallback(added))
    *edges, line = drawn.layers
    assert [edge.fields["y"] for edge in edges] == ["low", "high"]
    assert {edge.mark["type"] for edge in edges} == {"line"}
    assert [row for row in edges[0].rows("questions", "parse_rate", "low", "high") if row[1] == 90] == [
        ("200 questions", 90.0, 0.0, 2.5),
        ("50,000 questions", 90.0, 0.92, 1.08),
    ]
    assert line.transform == [{"filter": "datum.n_questions == 50000"}]
    assert line.fields["y"] == "added"
