"""Paired and unpaired comparison of neighbours."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.inputs import committed
from workbench.score.paired import comparing


@settings(deadline=None)
@given(st.integers(2, 60), st.integers(0, 2**32 - 1))
def test_the_paired_error_is_mcnemars(n, seed):
    """(b + c - (b - c)^2 / n) / n^2, from the discordant images alone."""
    drawn = np.random.default_rng(seed).random((n, 2)) < 0.7
    row = comparing.neighbours(pd.DataFrame(drawn, columns=["a", "b"])).iloc[0]
    b, c = int((drawn[:, 0] & ~drawn[:, 1]).sum()), int((~drawn[:, 0] & drawn[:, 1]).sum())
    assert row["difference"] == pytest.approx(abs(b - c) / n)
    assert row["paired"] == pytest.approx(np.sqrt(b + c - (b - c) ** 2 / n) / n)


def test_models_that_agree_everywhere_have_no_paired_error():
    right = pd.DataFrame({"a": [True, False, True], "b": [True, False, True]})
    assert comparing.neighbours(right)["paired"].tolist() == [0]


def test_pairing_tells_more_of_the_66_neighbours_apart():
    pairs = committed.table("recht2019-neighbours")
    assert len(pairs) == 66
    assert (pairs["paired"] < pairs["unpaired"]).all()
    counts = comparing.apart(pairs)
    assert counts["unpaired"] < counts["paired"]


def test_neighbours_go_from_the_best_down_and_ties_stay_in_their_order():
    right = pd.DataFrame({"low": [1, 0, 0, 0], "best": [1, 1, 1, 0], "tie": [1, 1, 0, 1]}).astype(bool)
    pairs = comparing.neighbours(right)
    assert pairs.columns.tolist() == ["model", "next", "difference", "unpaired", "paired"]
    assert pairs[["model", "next", "difference"]].to_numpy().tolist() == [["best", "tie", 0], ["tie", "low", 0.5]]
    np.testing.assert_allclose(pairs["unpaired"], np.sqrt([0.1875 * 2 / 4] * 2))


def test_apart_is_more_than_1_96_errors():
    pairs = pd.DataFrame(
        {"difference": [0.2, 0.196, 0.1, 0], "unpaired": [0.1, 0.1001, 0.1, 0], "paired": [0.1, 0.1, 0.01, 0]}
    )
    assert comparing.apart(pairs) == {"unpaired": 1, "paired": 3}
