"""Ranks. Pinned: Table 3's order; the printed rank change of Tables 4-10 against the rule that fits it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import kendalltau, rankdata

from workbench.errors import InputError
from workbench.inputs.published import documents
from workbench.score import pools, ranks, table


@given(st.lists(st.integers(0, 20), min_size=1))
def test_rank_is_scipys_minimum_rank(values):
    expected = rankdata(-np.array(values), method="min").tolist()
    assert ranks.rank(pd.Series(values, dtype=float)).tolist() == expected


def test_the_ten_best_by_patchml_asma_are_those_of_table_3():
    shifts = ranks.rank_shift(pools.published())
    names = documents.printed("tables-04-10-checkpoints").set_index("checkpoint")["timm_name"]
    assert (
        shifts["checkpoint"].head(10).map(names).tolist() == documents.printed("table-03-top10")["timm_name"].tolist()
    )
    assert shifts["rank_after"].head(10).tolist() == list(range(1, 11))


def test_the_printed_rank_change_fits_some_rank_between_dense_and_last_but_rarely_the_stated_one():
    """Row position plus printed change is the rank that the authors gave to V1 top-1; two decimals only bound it."""
    table = documents.printed("tables-04-10-checkpoints")
    position = np.arange(1, len(table) + 1)
    implied = table["rank_change"] + position
    dense = table["top1_v1"].rank(method="dense", ascending=False)
    last = table["top1_v1"].rank(method="max", ascending=False)
    assert implied.between(dense, last).all()
    assert (implied == ranks.rank(table["top1_v1"])).sum() == 3


def test_rise_is_positive_and_ties_share_a_rank():
    rows = [
        ("a", "top1", 0.9),
        ("b", "top1", 0.8),
        ("c", "top1", 0.8),
        ("a", "asma", 0.1),
        ("b", "asma", 0.5),
        ("c", "asma", 0.3),
    ]
    frame = table.build(
        [(name, "v1", "x", "crop", metric, None, value, 10, None, None, "run") for name, metric, value in rows]
    )
    shifts = ranks.rank_shift(frame, ("v1", "top1"), ("v1", "asma")).set_index("checkpoint")
    assert shifts["rank_before"].to_dict() == {"a": 1, "b": 2, "c": 2}
    assert shifts["shift"].to_dict() == {"a": -2, "b": 1, "c": 0}


def test_sources_and_protocols_are_ranked_apart():
    frame = pd.concat([pools.published(), pools.recht2019()])
    shifts = ranks.rank_shift(frame, ("v1", "top1"), ("v2", "asma"))
    assert shifts.groupby("source")["rank_before"].max().to_dict() == {"published": 315, "recht2019": 67}


def test_a_checkpoint_scored_twice_is_refused():
    once = pools.published()
    with pytest.raises(InputError, match="twice"):
        ranks.rank_shift(pd.concat([once, once]))


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 0.3)), min_size=1, max_size=30))
def test_unpaired_spans_equal_a_slow_reference(points):
    low, high = (pd.Series([c + sign * h for c, h in points]) for sign in (-1, 1))
    spans = ranks.unpaired_span(low, high)
    for i in range(len(points)):
        assert spans["best"][i] == 1 + sum(low[j] > high[i] for j in range(len(points)))
        assert spans["worst"][i] == len(points) - sum(high[j] < low[i] for j in range(len(points)))


@given(arrays(int, (2, 12), elements=st.integers(0, 6)))
def test_kendalls_tau_is_scipys(scores):
    expected = kendalltau(*scores)[0]
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(ranks.kendall(*scores), expected)


def test_movement_by_hand():
    found = ranks.movement(np.array([4.0, 3, 2, 1]), np.array([[4.0, 3, 2, 1], [1, 3, 4, 2]]))
    assert found["mean"].tolist() == [0, (3 + 0 + 2 + 1) / 4]
    assert found["median"].tolist() == [0, 1.5]
    assert found["largest"].tolist() == [0, 3]
    assert found["lower_quarter"].tolist() == [0, 0.75]
    assert found["upper_quarter"].tolist() == [0, 2.25]
    assert found["tau"].tolist() == [1, pytest.approx(-1 / 3)]


TARGETS = [("v1", "real"), ("v2", "top1"), ("v2", "real"), ("v1", "asma"), ("v2", "asma"), ("patchml", "asma")]


@pytest.fixture(scope="module")
def moves():
    scores = pools.published()
    return ranks.moves(scores, ("v1", "top1"), TARGETS, like=pools.recht2019()).set_index(["image_set", "metric"])


def test_within_the_315_not_only_patchml_moves_checkpoints(moves):
    seen = moves[["median", "largest"]].astype(int).to_dict("index")
    assert {target: tuple(seen[target].values()) for target in TARGETS} == {
        ("v1", "real"): (5, 39),
        ("v2", "top1"): (4, 21),
        ("v2", "real"): (5, 61),
        ("v1", "asma"): (15, 87),
        ("v2", "asma"): (15, 84),
        ("patchml", "asma"): (23, 100),
    }
    assert moves["checkpoints"].unique().tolist() == [315]
    taus = [0.945, 0.957, 0.942, 0.818, 0.832, 0.761]
    np.testing.assert_allclose(moves.loc[TARGETS, "tau"], taus, atol=0.0006)


def test_chance_explains_other_pictures_but_not_asking_for_all_labels(moves):
    assert moves.loc[("v2", "top1"), "median"] < moves.loc[("v2", "top1"), "chance_median"]
    for image_set in ("v1", "v2"):
        assert moves.loc[(image_set, "asma"), "median"] > 2 * moves.loc[(image_set, "asma"), "chance_median"]
        assert moves.loc[(image_set, "asma"), "tau"] < moves.loc[(image_set, "asma"), "chance_tau"] - 0.1
    assert moves.loc[("patchml", "asma"), ["chance_median", "chance_tau"]].isna().all()


def test_chance_grows_with_the_errors_of_others_and_is_unknown_without():
    scores, public = pools.published(), pools.recht2019()
    half = (public["ci_high"] - public["ci_low"]) / 2
    found = []
    for times in (0, 1, 4):
        like = public.assign(ci_low=public["value"] - times * half, ci_high=public["value"] + times * half)
        found.append(ranks.moves(scores, ("v1", "top1"), [("v1", "asma")], like=like).iloc[0]["chance_median"])
    assert found[0] < found[1] < found[2]
    assert ranks.moves(scores, ("v1", "top1"), [("v1", "asma")])["chance_median"].isna().all()


def test_two_pools_do_not_move_as_one():
    with pytest.raises(InputError, match="one source and protocol"):
        ranks.moves(pd.concat([pools.published(), pools.recht2019()]), ("v1", "top1"), TARGETS[:1])
