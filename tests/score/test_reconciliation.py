"""Reported numbers beside timm's and one's own: statuses, standard errors, ranks by ReaL."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from workbench.errors import InputError
from workbench.predict import store
from workbench.score import reconciliation, table


@pytest.fixture(scope="module")
def reconciled():
    return reconciliation.reconcile()


@pytest.fixture(scope="module")
def entries(reconciled):
    return reconciliation.entries(reconciled).set_index(["leaderboard", "model"])


def results(**top1: float) -> pd.DataFrame:
    """timm's results for a test: one size a checkpoint."""
    rows = [(name, 224, value, 0.9, value, 0.5, 10.0) for name, value in top1.items()]
    return pd.DataFrame(rows, columns=["checkpoint", "img_size", "top1", "top5", "real", "v2", "parameters"])


def board(**reported: float) -> pd.DataFrame:
    rank = range(1, len(reported) + 1)
    frame = pd.DataFrame(
        {"leaderboard": "mine", "rank": rank, "model": list(reported), "top1": list(reported.values())}
    )
    return frame.assign(verified=None, parameters=np.nan)


def own(checkpoint="x", value=0.8, protocol="crop", n=50_000, image_set="v1") -> pd.DataFrame:
    row = (checkpoint, image_set, "v1-real", protocol, "top1", pd.NA, value, n, value, value, "run")
    return pd.DataFrame([row], columns=table.COLUMNS)


def test_27_entries_by_status(entries):
    assert len(entries) == 27
    assert entries["status"].value_counts().to_dict() == {
        "reproduced": 13,
        "no counterpart": 6,
        "differs": 6,
        "conflict between sources": 2,
    }


def test_five_of_the_six_verified_rows_equal_timm_to_two_decimals(entries):
    verified = entries[entries["verified"] == "yes"]
    same = (100 * verified["timm"]).round(2) == (100 * verified["reported"]).round(2)
    assert same.sum() == 5
    assert verified[~same].index.tolist() == [("codesota", "InternImage-H")]


def test_resnet_50_a3_does_not_match_timms_a3(reconciled):
    rows = reconciled[reconciled["model"] == "resnet-50-a3"].set_index("identity")
    assert rows.loc["named", "status"] == "differs"
    assert rows.loc["named", "timm"] == 0.78052
    assert rows.loc["other", "status"] == ""  # recipe A1 has the number, but not the name
    assert abs(rows.loc["other", "difference"]) < 0.001


def test_the_leaderboards_contradict_each_other_on_vit_g_14(entries):
    conflicts = entries[entries["status"] == "conflict between sources"]["reported"]
    assert conflicts.to_dict() == {
        ("codesota", "vit-g-14"): 0.9045,
        ("overview-2025", "Model Soups (ViT-G/14)"): 0.9094,
    }


def test_the_papers_protocol_decides_nothing(reconciled):
    row = reconciled[reconciled["model"] == "EVA-02-L"].iloc[0]
    assert (row["paper"], row["status"]) == (0.8962, "reproduced")


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(0, 300))
def test_reproduced_means_at_most_the_tolerance_away(reported, measured, tolerance):
    claimed, known = board(x=reported / 10_000), results(x=measured / 10_000)
    table = reconciliation.reconcile(claimed, results=known, tolerance=tolerance / 10_000)
    expected = "reproduced" if abs(reported - measured) <= tolerance else "differs"
    assert table["status"].tolist() == [expected]


def test_a_name_that_timm_does_not_know_has_no_counterpart():
    table = reconciliation.reconcile(board(x=0.5, y=0.4), results=results(x=0.5))
    assert table["status"].tolist() == ["reproduced", "no counterpart"]


def test_the_nearest_candidate_stands_for_an_entry(entries):
    one = entries.loc[("codesota", "deit-b")]
    assert (one["checkpoint"], one["candidates"]) == ("deit_base_patch16_384.fb_in1k", 2)


@pytest.mark.parametrize(
    ("value", "protocol", "status"),
    [
        (0.8, "crop", "reproduced"),
        (0.801, "crop", "reproduced"),
        (0.7989, "crop", "missed"),
        (0.8, "resize", "another protocol"),
    ],
)
def test_ones_own_number_is_compared_at_the_same_protocol_only(value, protocol, status):
    table = reconciliation.reconcile(board(x=0.8), own(value=value, protocol=protocol), results=results(x=0.8))
    assert table["own_status"].tolist() == [status]


@pytest.mark.parametrize(
    ("scored", "message"),
    [
        (own(image_set="v2"), "no entry of mine is x"),
        (own(checkpoint="z"), "no entry of mine is z"),
        (own(protocol="resize"), "--protocol crop"),
    ],
)
def test_what_cannot_be_verified_is_refused(scored, message):
    with pytest.raises(InputError, match=message):
        reconciliation.verify(scored, board(x=0.8))


@pytest.mark.parametrize(("image_set", "message"), [("v2", "are on 'v2'"), ("v1", "cover 2 of the 50000 images")])
def test_own_scores_are_about_the_whole_of_v1(image_set, message):
    few = store.from_arrays("net", image_set, ["a", "b"], np.array([[1], [2]]))
    with pytest.raises(InputError, match=message):
        reconciliation.own_scores([few])


def test_a_checkpoint_that_no_entry_names_is_left_out_with_a_warning():
    both = pd.concat([own(), own(checkpoint="z")])
    with pytest.warns(UserWarning, match="no entry of mine is z"):
        table = reconciliation.verify(both, board(x=0.8, y=0.7))
    assert table["model"].tolist() == ["x"]


@settings(deadline=None)
@given(st.integers(1, 49_999), st.integers(1, 49_999))
def test_neighbours_part_as_a_two_sample_test_has_it(k1, k2):
    """z of the difference of two shares with unpooled variances, from its definition."""
    p1, p2 = sorted((k1 / 50_000, k2 / 50_000), reverse=True)
    pair = reconciliation.neighbours(pd.DataFrame({"model": ["a", "b"], "reported": [p1, p2]})).iloc[0]
    error = ((p1 * (1 - p1) + p2 * (1 - p2)) / 50_000) ** 0.5
    assert pair["error"] == pytest.approx(error)
    assert pair["apart"] == (2 * stats.norm.sf((p1 - p2) / error) < 0.05)


def test_8_of_21_neighbours_cannot_be_told_apart(entries):
    pairs = reconciliation.neighbours(entries.loc["codesota"].reset_index())
    assert len(pairs) == 21
    assert (~pairs["apart"]).sum() == 8


def test_standard_errors_of_the_first_and_the_last(entries):
    errors = reconciliation.with_errors(entries.loc["codesota"].reset_index())["error"]
    assert errors.iloc[[0, -1]].tolist() == pytest.approx([0.00128, 0.00191], abs=5e-6)


def test_ranks_by_real_and_what_they_leave_open(reconciled):
    table = reconciliation.under_real(reconciled[reconciled["leaderboard"] == "codesota"]).set_index("model")
    assert len(table) == 12
    assert table.loc["ConvNeXt-XXLarge (CLIP LAION)", ["rank_top1", "rank_real"]].tolist() == [6, 4]
    assert (table["best"] <= table["rank_real"]).all()
    assert (table["rank_real"] <= table["worst"]).all()
    assert table.loc["resnet-50", ["best", "worst"]].tolist() == [12, 12]
