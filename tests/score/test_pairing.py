"""Paired and unpaired comparison of neighbours."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.inputs import committed
from workbench.score import pairing


@settings(deadline=None)
@given(st.integers(2, 60), st.integers(0, 2**32 - 1))
def test_the_paired_error_is_mcnemars(n, seed):
    """(b + c - (b - c)^2 / n) / n^2, from the discordant images alone."""
    drawn = np.random.default_rng(seed).random((n, 2)) < 0.7
    row = pairing.neighbours(pd.DataFrame(drawn, columns=["a", "b"])).iloc[0]
    b, c = int((drawn[:, 0] & ~drawn[:, 1]).sum()), int((~drawn[:, 0] & drawn[:, 1]).sum())
    assert row["difference"] == pytest.approx(abs(b - c) / n)
    assert row["paired"] == pytest.approx(np.sqrt(b + c - (b - c) ** 2 / n) / n)


def test_models_that_agree_everywhere_have_no_paired_error():
    right = pd.DataFrame({"a": [True, False, True], "b": [True, False, True]})
    assert pairing.neighbours(right)["paired"].tolist() == [0]


def test_pairing_tells_more_of_the_66_neighbours_apart():
    pairs = committed.table("recht2019-neighbours")
    assert len(pairs) == 66
    assert (pairs["paired"] < pairs["unpaired"]).all()
    counts = pairing.apart(pairs)
    assert counts["unpaired"] < counts["paired"]
