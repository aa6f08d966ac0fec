"""Ranks. Pinned: Table 3's order; the printed rank change of Tables 4-10 against the rule that fits it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

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
def test_rank_intervals_equal_a_slow_reference(points):
    low, high = (pd.Series([c + sign * h for c, h in points]) for sign in (-1, 1))
    spans = ranks.rank_interval(low, high)
    for i in range(len(points)):
        assert spans["best"][i] == 1 + sum(low[j] > high[i] for j in range(len(points)))
        assert spans["worst"][i] == len(points) - sum(high[j] < low[i] for j in range(len(points)))
