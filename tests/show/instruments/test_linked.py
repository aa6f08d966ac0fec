import json

import altair as alt
import pandas as pd
import pytest

from workbench.score import pools
from workbench.score.interactive.queries import Query, ScoreCube
from workbench.show import theme
from workbench.show.instruments import linked

QUESTIONS = [
    Query(),
    Query("asma", ("v1", "patchml"), family="vit"),
    Query("real", sources=("recht2019",), label_counts=(2, 3), search="vgg"),
]


@pytest.fixture(scope="module")
def table():
    return ScoreCube(pd.concat([pools.published(), pools.recht2019()], ignore_index=True))


def spec(table, question, marked=()):
    return linked.overview(table.ask(question), question, list(marked))


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_specification_fits_the_schema_and_draws(table, question):
    specification = spec(table, question, ["vgg16"])
    alt.VConcatChart.from_dict(specification, validate=True)
    assert theme.svg(specification).startswith("<svg")


def test_each_source_has_a_row_with_its_checkpoints(table):
    specification = spec(table, QUESTIONS[0])
    assert [row["title"]["text"] for row in specification["vconcat"]] == [
        "published: the paper's tables, resize",
        "recht2019: public predictions, crop",
    ]
    assert [len(specification["datasets"][f"pairs{group}"]) for group in (0, 1)] == [315, 67]


def test_marks_and_selections_are_parameters_of_the_whole(table):
    params = {param["name"]: param for param in spec(table, QUESTIONS[0], ["vgg16"])["params"]}
    assert params["marked"]["value"] == ["vgg16"]
    assert set(params) == {"marked", "gap0", "gap1", "rank0", "rank1"}
    assert all(len(params[name]["views"]) == 1 for name in ("gap0", "gap1", "rank0", "rank1"))


def test_a_mark_is_drawn_in_every_chart(table):
    plain, marked = (theme.svg(spec(table, QUESTIONS[0], names)) for names in ([], ["vgg16"]))
    assert "vgg16" not in plain.replace("checkpoint: vgg16", "")
    # A ring for V1 and V2, one in the difference and the rank chart, and filled dots over twelve boxes.
    assert marked.count('stroke="black"') - plain.count('stroke="black"') >= 4 + 12
    assert ">vgg16<" in marked


def test_numbers_have_two_decimals_at_most(table):
    for rows in spec(table, QUESTIONS[2])["datasets"].values():
        frame = pd.DataFrame(rows).select_dtypes("number")
        pd.testing.assert_frame_equal(frame.round(2), frame)


def test_only_the_chosen_are_in_the_boxes(table):
    specification = spec(table, QUESTIONS[2])
    names = {row["checkpoint"] for row in specification["datasets"]["boxes1"]}
    assert names
    assert all("vgg" in name for name in names)
    assert {row["labels"] for row in specification["datasets"]["boxes1"]} == {"all", "2", "3"}


def test_the_specification_is_small_and_plain_json(table):
    assert len(json.dumps(spec(table, QUESTIONS[0]))) < 400_000
