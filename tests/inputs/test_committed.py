"""Tables of this repository by their names."""

import pytest

from workbench.errors import UnknownNameError
from workbench.inputs import committed, sources


def test_a_committed_table_is_read_by_its_name():
    table = committed.table("timm-results")
    assert table.columns.tolist() == ["checkpoint", "img_size", "top1", "top5", "real", "v2", "parameters"]
    assert committed.folder() == sources.data_dir() / "scores"
    assert len(table) == len((committed.folder() / "timm-results.csv").read_text().splitlines()) - 1


def test_an_unknown_table_is_refused_with_the_nearest_and_all_names():
    with pytest.raises(UnknownNameError) as raised:
        committed.table("timm-result")
    assert str(raised.value).startswith(
        "there is no committed table 'timm-result'; did you mean 'timm-results'? Known: mistakes-counts, mistakes-pairs"
    )
    with pytest.raises(UnknownNameError, match=r"'zzz'\. Known: "):
        committed.table("zzz")
