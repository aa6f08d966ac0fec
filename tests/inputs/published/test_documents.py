"""Printed tables are as printed: label counts are text, because one of them is ">5"."""

import os
import re
from pathlib import Path

import pytest

from workbench.errors import UnknownNameError
from workbench.inputs import sources
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
    known = "leaderboard-codesota, leaderboard-overview-2025, leaderboard_checkpoints, reported, results-mill, table-01"
    assert f"Known: {known}" in str(raised.value)


def test_what_is_reported_stands_once_and_in_its_sentence():
    """A number's digits stand in the sentence that it comes from: 2100 million as 2.1 B, 26.172 % as 0.26172."""
    table = documents.printed("reported")
    assert table.notna().all(axis=None)
    assert not table.duplicated(["subject", "fact"]).any()
    numbers = table[table["value"].str.fullmatch(r"[\d.]+")]
    assert len(numbers) == 23
    for row in numbers.itertuples():
        digits = str(row.value).replace(".", "").strip("0") or "0"
        assert digits in re.sub(r"[.,]", "", row.sentence), row


def test_the_table_of_results_is_printed_without_a_number():
    table = documents.printed("results-mill")
    assert table.columns.tolist() == ["model", "mill", "reported", "source", "difference"]
    assert table.astype(object).fillna("").to_numpy().tolist() == [
        ["ViT-B-32 / laion2b_s34b_b79k", "", "", "open_clip results", ""]
    ]


def test_the_table_of_results_is_what_the_page_ends_with():
    """The page's text at hand, where it is, has its cells in a row and nothing between: a number would stand there."""
    folders = [
        Path(os.environ.get("WORKBENCH_MIRROR", "")).parent / "seeds",
        sources.data_dir().parents[1] / "shared/seeds",
    ]
    texts = [path.read_text() for folder in folders for path in folder.glob("003_*.txt")]
    if not texts:
        pytest.skip("the page's text is not at hand")
    (row,) = documents.printed("results-mill").astype(object).fillna("").to_numpy().tolist()
    assert texts[0].rstrip().split("\n")[-2:] == ["ModelMill (acc)ReportedSourceΔ", "".join(row)]
