"""Results agree with the modules that the notebooks use, whatever is asked."""

import numpy as np
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.score import gaps, intervals, pools, ranks, table
from workbench.score.interactive.queries import Query, ScoreCube


@pytest.fixture(scope="module")
def frame():
    return pd.concat([pools.published(), pools.recht2019()], ignore_index=True)


@pytest.fixture(scope="module")
def cube(frame):
    return ScoreCube(frame)


@pytest.mark.parametrize("metric", ["top1", "real", "asma"])
def test_gaps_and_intervals_are_those_of_the_gap_module(frame, cube, metric):
    expected = gaps.gap(frame, metric).set_index(["source", "checkpoint"]).sort_index()
    found = cube.ask(Query(metric)).pairs.set_index(["source", "checkpoint"]).sort_index()
    assert len(found) == 382
    for name, other in {"first": "v1", "second": "v2", "gap": "gap", "ci_low": "ci_low", "ci_high": "ci_high"}.items():
        np.testing.assert_allclose(found[name], expected[other], atol=1e-12)


def test_ranks_are_those_of_the_rank_module(frame, cube):
    """Tables 4-10 have 315 checkpoints with all three; ties share a rank in both."""
    expected = ranks.rank_shift(frame).set_index("checkpoint").sort_index()
    found = cube.ask(Query("asma", ("v1", "patchml"))).pairs.set_index("checkpoint").sort_index()
    pd.testing.assert_frame_equal(
        found[["rank_before", "rank_after", "shift"]], expected[["rank_before", "rank_after", "shift"]]
    )
    expected = ranks.rank_shift(frame, ("v1", "top1"), ("v2", "real")).set_index(["source", "checkpoint"]).sort_index()
    found = cube.ask(Query("real")).pairs.set_index(["source", "checkpoint"]).sort_index()
    assert found["shift"].tolist() == expected["shift"].tolist()


def test_places_count_up_by_the_first_score_then_the_second_within_a_source_and_protocol():
    values = {"d": (0.5, 0.4), "c": (0.5, 0.3), "b": (0.7, 0.1), "a": (0.6, 0.2)}
    rows = [
        (name, where, "x", protocol, "top1", None, value, 10, 0, 1, "run")
        for protocol in ("resize", "crop")
        for name, both in values.items()
        for where, value in zip(("v1", "v2"), both, strict=True)
    ]
    pairs = ScoreCube(table.build(rows)).ask(Query()).pairs
    assert pairs["protocol"].tolist() == ["crop"] * 4 + ["resize"] * 4
    assert pairs["group"].tolist() == [0] * 4 + [1] * 4
    assert pairs["checkpoint"].tolist() == ["c", "d", "a", "b"] * 2
    assert pairs["place"].tolist() == [1, 2, 3, 4] * 2
    assert pairs["rank_before"].tolist() == [3, 3, 2, 1] * 2
    assert pairs["rank_after"].tolist() == [2, 1, 3, 4] * 2
    assert pairs["shift"].tolist() == [1, 2, -1, -3] * 2


def test_one_label_count_is_its_stratum(frame, cube):
    recht = frame[frame["source"] == "recht2019"]
    for metric, kind in (("real", "real"), ("asma", "subgroup")):
        result = cube.ask(Query(metric, label_counts=(2,)))
        assert set(result.pairs["source"]) == {"recht2019"}
        assert result.notes == ("published: no such scores, left out here",)
        expected = table.select(recht, kind, "v1", label_count=2).set_index("checkpoint")["value"].sort_index()
        np.testing.assert_allclose(result.pairs.set_index("checkpoint")["first"].sort_index(), expected, atol=1e-12)


def test_several_label_counts_are_pooled_for_shares_and_averaged_for_asma(frame, cube):
    recht = frame[frame["source"] == "recht2019"]
    for metric in ("top1", "real", "asma"):
        found = cube.ask(Query(metric, sources=("recht2019",), label_counts=(1, 3))).pairs.set_index("checkpoint")
        kind = "subgroup" if metric == "asma" else metric
        one, three = (
            table.select(recht, kind, "v1", label_count=g).set_index("checkpoint").loc["resnet50"] for g in (1, 3)
        )
        row = found.loc["resnet50"]
        if metric == "asma":
            expected = (one["value"] + three["value"]) / 2
            half = np.hypot(*((part["ci_high"] - part["ci_low"]) / 2 for part in (one, three))) / 2
            interval = (expected - half, expected + half)
        else:
            k, n = sum(part["value"] * part["n_images"] for part in (one, three)), one["n_images"] + three["n_images"]
            expected, interval = k / n, intervals.wilson(k, n)
        assert row["first"] == pytest.approx(expected, abs=1e-9)
        # Newcombe's interval of the gap, undone on the side of V1.
        values = {
            where: cube._values(metric, where, (1, 3))[cube.keys["checkpoint"].eq("resnet50").argmax()]
            for where in ("v1", "v2")
        }
        np.testing.assert_allclose(values["v1"][1:3], interval, atol=3e-6)
        expected_gap = intervals.newcombe((expected, *interval), values["v2"][:3])
        np.testing.assert_allclose(row[["ci_low", "ci_high"]].astype(float), expected_gap, atol=3e-6)
        assert values["v1"][3] == one["n_images"] + three["n_images"]


def test_all_label_counts_together_are_the_whole(cube):
    """Top-1 over 1 to 5 labels differs from top-1 over all by the pictures with none or more; ASMA not at all."""
    whole = cube.ask(Query("asma", sources=("recht2019",))).pairs
    parts = cube.ask(Query("asma", sources=("recht2019",), label_counts=(1, 2, 3, 4, 5))).pairs
    for name in ("first", "second", "ci_low", "ci_high"):
        np.testing.assert_allclose(parts[name], whole[name], atol=1e-5)


def test_a_family_and_a_search_choose_but_do_not_change_ranks(cube):
    everyone = cube.ask(Query()).pairs
    assert everyone["chosen"].all()
    some = cube.ask(Query(family="vit", search=" LARGE ")).pairs
    assert some["chosen"].sum() > 5
    assert all("large" in name and name.startswith("vit") for name in some.loc[some["chosen"], "checkpoint"])
    assert (cube.ask(Query(family="vit")).pairs["chosen"] == (everyone["family"] == "vit")).all()
    pd.testing.assert_frame_equal(some.drop(columns="chosen"), everyone.drop(columns="chosen"))


def test_a_search_is_a_text_and_no_pattern(cube):
    result = cube.ask(Query(search="re.net50("))
    assert not result.pairs["chosen"].any()
    assert result.notes == ("no checkpoint fits the family and the search",)
    assert cube.ask(Query(search="resnet50")).notes == ()


def test_boxes_hold_every_label_count_of_every_chosen_set(frame, cube):
    boxes = cube.ask(Query("asma", sources=("recht2019",), search="vgg")).boxes
    assert boxes.columns.tolist() == ["checkpoint", "group", "chosen", "image_set", "labels", "value"]
    assert boxes.index.tolist() == list(range(67 * 12))
    assert boxes.groupby(["image_set", "labels"]).size().tolist() == [67] * 12
    assert (boxes["chosen"] == boxes["checkpoint"].str.contains("vgg")).all()
    own = boxes[(boxes["checkpoint"] == "vgg16") & (boxes["image_set"] == "v2")].set_index("labels")["value"]
    vgg16 = frame[(frame["checkpoint"] == "vgg16") & (frame["source"] == "recht2019")]
    assert own["all"] == table.select(vgg16, "asma", "v2")["value"].item()
    assert own["3"] == table.select(vgg16, "subgroup", "v2", label_count=3)["value"].item()
    published = cube.ask(Query("asma", sources=("published",))).boxes
    assert set(published["labels"]) == {"all"}
    two = cube.ask(Query("top1", sources=("recht2019",), label_counts=(2, 4))).boxes
    assert two["labels"].unique().tolist() == ["all", "2", "4"]


def test_all_label_counts_are_all_of_them_whichever_is_asked(cube):
    boxes = cube.ask(Query("top1", sources=("recht2019",), label_counts=(2,))).boxes
    medians = boxes[boxes["image_set"] == "v1"].groupby("labels")["value"].median()
    assert (100 * medians).round().to_dict() == {"all": 77, "2": 50}


def test_what_can_be_asked_follows_from_the_table(frame, cube):
    assert cube.metrics == ["top1", "real", "asma"]
    assert cube.pairs("real") == [("v1", "v2")]
    assert ("v1", "patchml") in cube.pairs("asma")
    assert cube.label_counts == [1, 2, 3, 4, 5]
    assert cube.sources == ["published", "recht2019"]
    only = ScoreCube(frame[frame["source"] == "published"])
    assert only.label_counts == []
    assert only.sources == ["published"]
    counts = cube.keys.drop_duplicates("checkpoint")["family"].value_counts()
    assert cube.families == sorted(name for name in counts.index if counts[name] >= 2)
    assert set(counts[counts == 1].index) - set(cube.families)


def test_a_checkpoint_without_top1_on_the_first_set_or_without_either_score_is_left_out(frame):
    small = frame[
        frame["checkpoint"].isin(["alexnet", "vgg16", "resnet50", "vgg19"]) & (frame["source"] == "recht2019")
    ]
    over_all = small["label_count"].isna()
    gone = over_all & (
        ((small["checkpoint"] == "alexnet") & (small["metric"] == "top1") & (small["image_set"] == "v1"))
        | ((small["checkpoint"] == "vgg16") & (small["metric"] == "asma") & (small["image_set"] == "v1"))
        | ((small["checkpoint"] == "vgg19") & (small["metric"] == "asma") & (small["image_set"] == "v2"))
    )
    result = ScoreCube(small[~gone]).ask(Query("asma"))
    assert result.pairs["checkpoint"].tolist() == ["resnet50"]
    assert set(result.boxes["checkpoint"]) == {"resnet50"}


@pytest.mark.parametrize(
    ("spoil", "seen"),
    [
        (lambda f: f.drop(columns=["value", "source"]), "lacks the columns value, source"),
        (lambda f: f.iloc[:0], "empty"),
        (lambda f: f[f["image_set"] == "v1"], "two of v1, v2 and patchml"),
        (lambda f: pd.concat([f, f.assign(labels="mine")]), "has top1 on v1 twice"),
        (lambda f: [1, 2], "a DataFrame"),
    ],
)
def test_a_table_that_cannot_be_asked_is_refused(frame, spoil, seen):
    with pytest.raises(InputError, match=seen):
        ScoreCube(spoil(frame))


def test_labels_and_intervals_are_not_needed(frame):
    bare = ScoreCube(frame.drop(columns=["labels", "ci_low", "ci_high"]))
    pairs = bare.ask(Query()).pairs
    assert len(pairs) == 382
    assert pairs["ci_low"].isna().all()


def test_a_query_without_a_result_says_what_to_do(cube):
    with pytest.raises(InputError, match="choose another source"):
        cube.ask(Query(sources=("published",), label_counts=(1,)))
