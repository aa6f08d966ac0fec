"""Slices against a slow reference, and pairs of confused classes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from workbench.errors import InputError
from workbench.inputs import classes
from workbench.score.interactive import outcomes, slices

ROWS = st.tuples(
    st.sampled_from(list(outcomes.STATUSES)), st.integers(0, 4), st.integers(1, 3), st.sampled_from(["x", "y", None])
)


def frame(rows) -> pd.DataFrame:
    columns = ["status", "label", "label_count", "fact kind"]
    return pd.DataFrame(rows, columns=columns, index=[f"{i}.png" for i in range(len(rows))]).assign(best=7)


@given(
    st.lists(ROWS, min_size=1, max_size=60),
    st.integers(1, 8),
    st.sampled_from([["label"], ["label_count", "fact kind"]]),
)
def test_slices_agree_with_counting_one_by_one(rows, least, by):
    pictures = frame(rows)
    table = slices.accuracy(pictures, slices.grouped(pictures, by, least=least))
    counted: dict[tuple, list[bool]] = {}
    for row in pictures.to_dict("records"):
        if row["status"] != "unlabelled":
            counted.setdefault(tuple(str(row[name]) for name in by), []).append(row["status"] in ("original", "multi"))
    large = sorted((len(one), sum(one)) for one in counted.values() if len(one) >= least)
    small = [one for one in counted.values() if len(one) < least]
    folded = [(sum(map(len, small)), sum(map(sum, small)))] if small else []
    of_table = table[["group", "n_images", "n_right"]].to_numpy().tolist()
    assert sorted((n, right) for group, n, right in of_table if group != slices.FOLDED) == large
    assert [(n, right) for group, n, right in of_table if group == slices.FOLDED] == folded
    for row in table.itertuples():
        interval = binomtest(row.n_right, row.n_images).proportion_ci(method="wilson")
        np.testing.assert_allclose([row.ci_low, row.ci_high], [interval.low, interval.high], atol=1e-9)
    assert table["ci_high"].is_monotonic_increasing


def test_numbers_of_many_values_become_ranges_of_equally_many():
    pictures = frame([("wrong", 0, 1, "x")] * 100).assign(confidence=np.linspace(0, 0.99, 100))
    groups = slices.grouped(pictures, ["confidence"])
    assert groups.value_counts().tolist() == [20] * 5
    assert groups.iloc[-1] == "confidence 0.792 to 0.99"
    assert slices.grouped(pictures.assign(confidence=np.nan), ["confidence"]).tolist() == ["confidence unknown"] * 100


def test_confused_pairs_are_shares_of_the_class():
    pictures = frame(
        [
            ("wrong", 0, 1, "x"),
            ("wrong", 0, 1, "x"),
            ("multi", 0, 1, "x"),
            ("wrong", 1, 1, "x"),
            ("unlabelled", 0, 0, "x"),
        ]
    )
    table = slices.confusions(pictures, slices.confused(pictures))
    tench, goldfish, cock = (classes.names()[label] for label in (0, 1, 7))
    assert table[["group", "n_images", "n_class"]].to_numpy().tolist() == [
        [f"{tench} → {cock}", 2, 3],
        [f"{goldfish} → {cock}", 1, 1],
    ]
    np.testing.assert_allclose(table["value"], [2 / 3, 1])


def test_without_errors_no_pair_is_confused():
    pictures = frame([("multi", 0, 1, "x")])
    assert slices.confusions(pictures, slices.confused(pictures)).empty


def test_a_column_that_is_not_there_is_refused():
    with pytest.raises(InputError, match="no column 'colour'"):
        slices.grouped(frame([("wrong", 0, 1, "x")]), ["colour"])
