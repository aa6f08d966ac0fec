"""Charts of the remaining mistakes say what the frames say."""

import re

import pytest

from workbench.inputs import committed
from workbench.score.mistakes import failing
from workbench.show import charts, theme


@pytest.fixture(scope="module")
def specs():
    shares = failing.shares(committed.table("mistakes-recht2019"))
    drawn = {
        "severities": charts.mistakes_by_severity(committed.table("mistakes-counts")),
        "pairs": charts.confused_pairs(committed.table("mistakes-pairs")),
        "against_overall": charts.failing_against_overall(shares),
        "groups": charts.failing_groups(shares),
        "solved": charts.solved_mistakes(committed.table("mistakes-solved")),
    }
    return {name: theme.spec(chart) for name, chart in drawn.items()}


NAMES = ["severities", "pairs", "against_overall", "groups", "solved"]


@pytest.mark.parametrize("name", NAMES)
def test_every_chart_is_vega_lite_5_draws_and_is_the_same_twice(specs, name):
    assert "/v5" in specs[name]["$schema"]
    assert theme.svg(specs[name]) == theme.svg(specs[name])
    assert theme.png(specs[name], scale=0.5).startswith(b"\x89PNG")


@pytest.mark.parametrize("name", NAMES)
def test_numbers_have_at_most_two_decimals(specs, name):
    for rows in specs[name]["datasets"].values():
        for row in rows:
            assert all(round(x, 2) == x for x in row.values() if isinstance(x, float)), row


def test_every_panel_of_the_severities_has_every_row(specs):
    """Vega-Lite shifts the panels of a facet that lacks a cell."""
    (rows,) = specs["severities"]["datasets"].values()
    cells = [(row["panel"], row["category"], row["severity"]) for row in rows]
    assert len(cells) == len(set(cells)) == 2 * 5 * 3
    assert sum(row["n_images"] for row in rows if row["model"] == "ViT-3B") == 378
    assert {row["panel"] for row in rows} == {"ViT-3B: 378 mistakes", "Greedy Soups: 249 mistakes"}


def test_drawn_bars_are_in_their_own_panel(specs):
    """Read back from the SVG, whose bars say what they are: the longest is ViT-3B's minor fine-grained errors."""
    drawn = re.findall(r'aria-label="([^"]*pictures: 101[^"]*)" role="graphics-symbol"', theme.svg(specs["severities"]))
    assert drawn
    assert all("ViT-3B" in label and "Fine-grained error" in label for label in drawn)


def test_pairs_are_readable_and_frequent(specs):
    (rows,) = specs["pairs"]["datasets"].values()
    assert rows[0] == {"pair": "American chameleon → green lizard", "n_images": 7}
    assert min(row["n_images"] for row in rows) == 3


def test_vit_3b_is_a_line_and_no_dot(specs):
    sets = [rows for rows in specs["against_overall"]["datasets"].values() if "checkpoint" in rows[0]]
    assert [len(rows) for rows in sets] == [67, 67]
    lines = [rows[0]["text"] for rows in specs["against_overall"]["datasets"].values() if "text" in rows[0]]
    assert lines == ["ViT-3B itself: 0 %", "ViT-3B itself: 27 %"]


def test_groups_leave_out_what_has_too_few_pictures(specs):
    for rows in specs["groups"]["datasets"].values():
        assert "Fine-grained with Multilabel Options" not in {row["row"] for row in rows}
        assert [row for row in rows if row["own"] and row["row"] == "where ViT-3B fails"]


def test_solved_shares_add_up(specs):
    (rows,) = specs["solved"]["datasets"].values()
    for name in ("Major (154)", "Minor (150)", "Borderline (74)"):
        assert sum(row["percent"] for row in rows if row["row"] == name) == pytest.approx(100, abs=0.02)
