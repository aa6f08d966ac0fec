"""Reported numbers beside timm's and one's own: statuses, standard errors, ranks by ReaL."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from workbench.errors import InputError
from workbench.inputs import committed, labels
from workbench.predict import store
from workbench.score import table
from workbench.score.reported import reconciliation


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


@pytest.mark.parametrize(("image_set", "message"), [("v2", "are on v2"), ("v1", "cover 2 of the 50000 images")])
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


def test_two_boards_that_disagree_are_in_conflict_and_the_tolerance_is_inclusive():
    two = pd.concat([board(x=0.8), board(x=0.85).assign(leaderboard="theirs")], ignore_index=True)
    statuses = reconciliation.reconcile(two, results=results(x=0.7))
    assert statuses["status"].tolist() == ["conflict between sources"] * 2
    assert statuses["difference"].tolist() == [-0.1, -0.15]
    near = two.assign(top1=[0.8, 0.801])
    assert reconciliation.reconcile(near, results=results(x=0.7))["status"].tolist() == ["differs"] * 2
    far = two.assign(top1=[0.8, 0.80101])
    assert reconciliation.reconcile(far, results=results(x=0.7))["status"].tolist() == ["conflict between sources"] * 2


def test_rows_and_columns_of_a_reconciliation():
    claimed = board(b=0.5, a=0.4).assign(parameters=[7.0, 8.0], rank=[2, 1])
    rows = reconciliation.reconcile(claimed, own("b", value=0.51), results=results(a=0.41, b=0.5, c=0.9))
    assert rows.columns.tolist() == reconciliation.COLUMNS
    assert rows["model"].tolist() == ["a", "b"]
    assert rows.index.tolist() == [0, 1]
    assert rows[["identity", "subject", "checkpoint"]].to_numpy().tolist() == [["named", "a", "a"], ["named", "b", "b"]]
    assert rows["stated_parameters"].tolist() == [8, 7]
    assert rows["own_status"].tolist() == ["", "missed"]
    assert rows["own_difference"].iloc[1] == 0.01
    assert rows["reason"].unique().tolist() == ["the model's name is timm's"]
    lone = reconciliation.reconcile(board(z=0.5), own("z", value=0.5), results=results(a=0.41)).iloc[0]
    assert lone[["identity", "own_status", "reason"]].tolist() == [
        *("none", "reproduced", "timm's results hold no checkpoint of this name"),
    ]


@pytest.mark.parametrize(("column", "value"), [("image_set", "v2"), ("label_count", 2), ("metric", "real")])
def test_ones_own_number_is_top1_on_the_whole_of_v1(column, value):
    other = own().astype({"label_count": "Int64"}).assign(**{column: value})
    rows = reconciliation.reconcile(board(x=0.8), pd.concat([other, own(value=0.81)]), results=results(x=0.8))
    assert rows["own"].tolist() == [0.81]


def test_the_nearest_of_several_checkpoints_stands_for_an_entry():
    columns = ["leaderboard", "rank", "model", "checkpoint", "identity", "difference"]
    rows = [
        ("l", 2, "m", "far", "named", 0.2),
        ("l", 2, "m", "near", "named", -0.1),
        ("l", 2, "m", "another", "other", 0.0),
        ("l", 1, "n", "only", "named", 0.3),
    ]
    found = reconciliation.entries(pd.DataFrame(rows, columns=columns))
    assert found[["model", "checkpoint", "candidates"]].to_numpy().tolist() == [["n", "only", 1], ["m", "near", 2]]


def test_errors_and_intervals_of_shares():
    frame = reconciliation.with_errors(pd.DataFrame({"x": [0.5, 0.8, 1.0]}), column="x", n_images=400)
    np.testing.assert_allclose(frame["error"], [0.025, 0.02, 0])
    np.testing.assert_allclose(frame["ci_low"], [0.451, 0.7608, 1], atol=1e-6 + 1e-5)
    np.testing.assert_allclose(frame["ci_high"], [0.549, 0.8392, 1], atol=1e-6 + 1e-5)


def test_neighbours_go_from_the_best_down():
    frame = pd.DataFrame({"model": list("abc"), "real": [0.5, 0.9, 0.7]})
    pairs = reconciliation.neighbours(frame, column="real", n_images=100)
    assert pairs[["model", "next"]].to_numpy().tolist() == [["b", "c"], ["c", "a"]]
    np.testing.assert_allclose(pairs["difference"], [0.2, 0.2])
    np.testing.assert_allclose(pairs["error"], np.sqrt([0.09 + 0.21, 0.21 + 0.25]) / 10)
    assert pairs["apart"].tolist() == [True, True]
    assert not reconciliation.neighbours(frame, column="real", n_images=25)["apart"].any()


def test_only_reproduced_entries_with_a_real_result_are_ranked_by_real():
    results_ = results(a=0.8, b=0.7, c=0.6, d=0.5).assign(real=[0.85, 0.95, 0.9, np.nan])
    rows = reconciliation.reconcile(board(a=0.8, b=0.7, c=0.5, d=0.5), results=results_)
    found = reconciliation.under_real(rows)
    assert found["model"].tolist() == ["b", "a"]
    assert found.index.tolist() == [0, 1]
    assert found[["rank_top1", "rank_real", "best", "worst"]].to_numpy().tolist() == [[2, 1, 1, 1], [1, 2, 2, 2]]


def test_other_image_sets_among_own_predictions_are_left_out_with_a_word(public_files):
    images = labels.load("v1-original").images
    whole = store.from_arrays("net", "v1", images, np.zeros((50_000, 1), int))
    other = store.from_arrays("net", "v2", ["a"], [[1]])
    with pytest.warns(UserWarning, match="predictions on v2 are left out"):
        assert set(reconciliation.own_scores([other, whole])["image_set"]) == {"v1"}
    with pytest.raises(InputError, match="no predictions were given"):
        reconciliation.own_scores([])


def test_own_scores_of_the_whole_of_v1(public_files):
    images = labels.load("v1-original").images
    scored = reconciliation.own_scores(iter([store.from_arrays("net", "v1", images, np.zeros((50_000, 1), int))]))
    assert table.select(scored, "top1", "v1")["value"].tolist() == [0.001]
    assert set(scored.loc[scored["metric"] == "subgroup", "label_count"]) == {1}
    with pytest.raises(InputError, match="cover 49999 of the 50000"):
        reconciliation.own_scores([store.from_arrays("net", "v1", images[1:], np.zeros((49_999, 1), int))])


def test_each_row_of_ones_own_is_verified_once():
    several = pd.concat([own(), own("z", protocol="resize")])
    with pytest.warns(UserWarning, match="no entry of mine is y; name a model"):
        rows = reconciliation.verify(pd.concat([several, own("y")]), board(x=0.7, z=0.8, w=0.5), tolerance=0.1)
    assert rows["model"].tolist() == ["x", "z"]
    assert rows["own_status"].tolist() == ["reproduced", "another protocol"]
    assert rows.index.tolist() == [0, 1]


def test_models_of_equal_accuracy_are_not_apart_whatever_their_error():
    perfect = pd.DataFrame({"model": ["a", "b"], "reported": [1.0, 1.0]})
    assert reconciliation.neighbours(perfect)["apart"].tolist() == [False]


def test_verifying_goes_by_all_of_timms_results_where_they_are_at_hand(public_files):
    """The committed results are those that the committed leaderboards and the paper name."""
    name = "vit_so400m_patch14_siglip_gap_378.webli_ft_in1k"
    assert name not in set(committed.table("timm-results")["checkpoint"])
    rows = reconciliation.verify(own(name, value=0.9), board(**{name: 0.9}))
    assert rows["checkpoint"].tolist() == [name]
    assert rows["timm"].notna().all()


def test_verifying_needs_no_public_file(no_sources):
    rows = reconciliation.verify(own(), board(x=0.8))
    assert rows["own_status"].tolist() == ["reproduced"]
