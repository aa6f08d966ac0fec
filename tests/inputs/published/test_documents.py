"""Printed tables are as printed: label counts are text, because one of them is ">5"."""

import pytest

from workbench.errors import UnknownNameError
from workbench.inputs.published import documents


def test_a_printed_table_is_read_by_its_name():
    counts = documents.printed("table-01-label-counts")
    assert counts.columns.tolist()[:2] == ["dataset", "label_count"]
    assert all(isinstance(count, str) for count in counts["label_count"])
    assert len(documents.printed("tables-04-10-checkpoints")) == 315


def test_an_unknown_table_is_refused_with_the_nearest_and_all_names():
    with pytest.raises(
        UnknownNameError, match="no published table 'table-03'; did you mean 'table-03-top10'"
    ) as raised:
        documents.printed("table-03")
    assert "Known: leaderboard-codesota, leaderboard-overview-2025, leaderboard_checkpoints, table-01" in str(
        raised.value
    )
