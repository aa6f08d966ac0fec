"""Tables of this repository by their names."""

import numpy as np
import pytest

from workbench.errors import DamagedFileError, UnknownNameError
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
        "there is no committed table 'timm-result'; did you mean 'timm-results'? Known: clip-benchmark-names, labels-"
    )
    with pytest.raises(UnknownNameError, match=r"'zzz'\. Known: "):
        committed.table("zzz")


def test_committed_arrays_are_read_by_their_name():
    arrays = committed.arrays("recht2019-images")
    assert arrays["v1_top1"].shape == (50_000, 9)
    with pytest.raises(UnknownNameError, match=r"no committed file of arrays 'x'\. Known: recht2019-images"):
        committed.arrays("x")


def test_damaged_arrays_are_refused_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(committed, "folder", lambda: tmp_path)
    whole = (sources.data_dir() / "scores" / "recht2019-images.npz").read_bytes()
    (tmp_path / "short.npz").write_bytes(whole[:1000])
    (tmp_path / "text.npz").write_text("a,b")
    np.savez(tmp_path / "pickled.npz", x=np.array([{}], dtype=object))
    for name in ("short", "text", "pickled"):
        with pytest.raises(DamagedFileError, match=rf"{name}\.npz cannot be read .*make scores"):
            committed.arrays(name)
