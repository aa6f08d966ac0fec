"""Answers agree with the modules that the notebooks use, whatever is asked."""

import numpy as np
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.score import gaps, pools, ranks
from workbench.score.interactive.queries import Query, ScoreCube


@pytest.fixture(scope="module")
def frame():
    return pd.concat([pools.published(), pools.recht2019()], ignore_index=True)


@pytest.fixture(scope="module")
def table(frame):
    return ScoreCube(frame)


@pytest.mark.parametrize("metric", ["top1", "real", "asma"])
def test_gaps_and_intervals_are_those_of_the_gap_module(frame, table, metric):
    expected = gaps.gap(frame, metric).set_index(["source", "checkpoint"]).sort_index()
    found = table.ask(Query(metric)).pairs.set_index(["source", "checkpoint"]).sort_index()
    assert len(found) == 382
    for name, other in (
        ("first", "v1"),
        ("second", "v2"),
        ("gap", "gap"),
        ("ci_low", "ci_low"),
        ("ci_high", "ci_high"),
    ):
        np.testing.assert_allclose(found[name], expected[other], atol=1e-12)


def test_ranks_are_those_of_the_rank_module(frame, table):
    expected = ranks.rank_shift(frame).set_index("checkpoint").sort_index()
    found = table.ask(Query("asma", ("v1", "patchml"))).pairs.set_index("checkpoint").sort_index()
    pd.testing.assert_frame_equal(
        found[["rank_before", "rank_after", "shift"]], expected[["rank_before", "rank_after", "shift"]]
    )


def test_one_label_count_is_its_stratum(frame, table):
    recht = frame[frame["source"] == "recht2019"]
    for metric, kind in (("real", "real"), ("asma", "subgroup")):
        answer = table.ask(Query(metric, label_counts=(2,)))
        assert set(answer.pairs["source"]) == {"recht2019"}
        assert answer.notes == ("published: no such scores, left out here",)
        rows = recht[(recht["metric"] == kind) & (recht["label_count"] == 2) & (recht["image_set"] == "v1")]
        expected = rows.set_index("checkpoint")["value"].sort_index()
        np.testing.assert_allclose(answer.pairs.set_index("checkpoint")["first"].sort_index(), expected, atol=1e-12)


def test_all_label_counts_together_are_the_whole(table):
    """Top-1 over 1 to 5 labels differs from top-1 over all by the pictures with none or more; ASMA not at all."""
    whole = table.ask(Query("asma", sources=("recht2019",))).pairs
    parts = table.ask(Query("asma", sources=("recht2019",), label_counts=(1, 2, 3, 4, 5))).pairs
    for name in ("first", "second", "ci_low", "ci_high"):
        np.testing.assert_allclose(parts[name], whole[name], atol=1e-5)


def test_a_family_and_a_search_choose_but_do_not_change_ranks(table):
    everyone = table.ask(Query()).pairs
    some = table.ask(Query(family="vit", search="LARGE")).pairs
    assert some["chosen"].sum() > 5
    assert all("large" in name and name.startswith("vit") for name in some.loc[some["chosen"], "checkpoint"])
    pd.testing.assert_frame_equal(some.drop(columns="chosen"), everyone.drop(columns="chosen"))


def test_a_search_is_a_text_and_no_pattern(table):
    answer = table.ask(Query(search="re.net50("))
    assert not answer.pairs["chosen"].any()
    assert "no checkpoint fits" in answer.notes[-1]


def test_boxes_hold_every_label_count_of_every_chosen_set(table):
    boxes = table.ask(Query("asma", sources=("recht2019",))).boxes
    assert boxes.groupby(["image_set", "labels"]).size().tolist() == [67] * 12
    published = table.ask(Query("asma", sources=("published",))).boxes
    assert set(published["labels"]) == {"all"}


def test_what_can_be_asked_follows_from_the_table(frame, table):
    assert table.metrics == ["top1", "real", "asma"]
    assert table.pairs("real") == [("v1", "v2")]
    assert ("v1", "patchml") in table.pairs("asma")
    assert table.label_counts == [1, 2, 3, 4, 5]
    only = ScoreCube(frame[frame["source"] == "published"])
    assert only.label_counts == []
    assert only.sources == ["published"]


@pytest.mark.parametrize(
    ("spoil", "seen"),
    [
        (lambda f: f.drop(columns=["value", "source"]), "lacks the columns value, source"),
        (lambda f: f.iloc[:0], "empty"),
        (lambda f: f[f["image_set"] == "v1"], "two of v1, v2 and patchml"),
        (lambda f: pd.concat([f, f.assign(labels="mine")]), "twice"),
        (lambda f: [1, 2], "a DataFrame"),
    ],
)
def test_a_table_that_cannot_be_asked_is_refused(frame, spoil, seen):
    with pytest.raises(InputError, match=seen):
        ScoreCube(spoil(frame))


def test_a_question_without_an_answer_says_what_to_do(table):
    with pytest.raises(InputError, match="choose another source"):
        table.ask(Query(sources=("published",), label_counts=(1,)))
