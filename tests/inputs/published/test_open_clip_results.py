"""open_clip's results as committed: 121 rows, of which some are the same weights, and what their tags name."""

import pandas as pd
import pytest

from workbench.inputs import committed, sources
from workbench.inputs.published import open_clip_results

HEADER = "name,pretrained,params (M),FLOPs (B),Average,ImageNet 1k,Caltech-101,ImageNet v2,ImageNet-A\n"


def test_columns_are_found_by_their_names(tmp_path, monkeypatch):
    (tmp_path / "r.csv").write_text(f"{HEADER}RN50,openai,102.01,18.18,0.4,0.5982,0.7,0.5284,0.2\n")
    monkeypatch.setattr(sources, "locate", lambda name: {"r": tmp_path / "r.csv"})
    expected = {"name": "RN50", "pretrained": "openai", "parameters": 102.01, "v1": 0.5982, "v2": 0.5284}
    pd.testing.assert_frame_equal(open_clip_results.results(), pd.DataFrame([expected]))


def test_the_committed_rows():
    table = committed.table("open-clip-results")
    assert table.columns.tolist() == ["name", "pretrained", "parameters", "v1", "v2"]
    assert len(table) == 121
    assert not table.duplicated(["name", "pretrained"]).any()
    best = table.sort_values("v1").iloc[-1]
    assert best.tolist() == ["ViT-H-14-378-quickgelu", "dfn5b", 986.71, 0.8437, 0.7833]


@pytest.mark.parametrize(
    ("pretrained", "data"),
    [
        ("laion2b_s34b_b79k", "laion2b"),
        ("laion_aesthetic_s13b_b82k_augreg", "laion_aesthetic"),
        ("commonpool_xl_laion_s13b_b90k", "commonpool"),
        ("datacomp1b", "datacomp"),
        ("v1", "other"),
    ],
)
def test_a_tag_names_its_data(pretrained, data):
    assert open_clip_results.data(pretrained) == data


def test_every_tag_but_one_names_data_that_are_known():
    table = committed.table("open-clip-results")
    named = table["pretrained"].map(open_clip_results.data)
    assert table.loc[named == "other", "name"].str.startswith("nllb").all()
    assert set(named) == {*open_clip_results.DATA, "other"}
