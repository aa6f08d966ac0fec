"""Every verdict can change: on altered data, what held does not, and what did not hold does.

The documents' tests name the data and the change in ``ALTERED``: the id of a claim, and what to do with ``alter``.
"""

import pytest
from tests.claims import (
    test_capability,
    test_codesota,
    test_label_counts,
    test_mill,
    test_overview,
    test_ranks,
    test_reassessing,
    test_remaining,
)

from workbench import claims
from workbench.claims.registry import FAILS, OPEN

PAPER = test_reassessing, test_capability, test_label_counts, test_ranks
TESTS = test_codesota, test_overview, *PAPER, test_mill, test_remaining
ALTERED = {name: change for tests in TESTS for name, change in tests.ALTERED.items()}


def test_every_claim_that_was_checked_has_data_that_would_change_it():
    table = claims.ledger()
    assert sorted(ALTERED) == sorted(table.loc[table["verdict"] != OPEN, "id"])


@pytest.mark.parametrize("id", ALTERED)
def test_altered_data_change_the_verdict(alter, check, id):
    before = check(id).verdict
    ALTERED[id](alter)
    after = check(id).verdict
    assert OPEN not in (before, after)
    assert (before == FAILS) != (after == FAILS)
