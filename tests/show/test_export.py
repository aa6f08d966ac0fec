import json

import altair as alt
import pandas as pd
import pytest

from workbench.show import export


@pytest.fixture
def chart():
    return alt.Chart(pd.DataFrame({"a": [1, 2]})).mark_bar().encode(x="a:O")


def test_a_figure_is_written_in_three_forms_and_handed_back(chart, tmp_path):
    assert export.figure(chart, "figure-x", tmp_path) is chart
    assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == [
        "figure-x.png",
        "figure-x.svg",
        "figure-x.vl.json",
    ]
    assert json.loads((tmp_path / "figures/figure-x.vl.json").read_text())["mark"]["type"] == "bar"


def test_two_runs_write_the_same_bytes(chart, tmp_path):
    for run in ("one", "two"):
        export.figure(chart, "f", tmp_path / run)
        export.table(pd.DataFrame({"a": [0.1]}), "t", tmp_path / run)
    first, second = ([p.read_bytes() for p in sorted((tmp_path / run).rglob("*.*"))] for run in ("one", "two"))
    assert len(first) == 6
    assert first == second


def test_a_table_is_written_in_three_forms_with_latex_escaped(tmp_path):
    frame = pd.DataFrame({"checkpoint": ["a_b"], "top-1 (%)": [88.5]})
    assert export.table(frame, "table-x", tmp_path) is frame
    assert pd.read_csv(tmp_path / "tables/table-x.csv").equals(frame)
    assert "| a_b" in (tmp_path / "tables/table-x.md").read_text()
    assert r"a\_b" in (tmp_path / "tables/table-x.tex").read_text()


def test_without_a_folder_nothing_is_written(chart, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    export.figure(chart, "f", "")
    export.table(pd.DataFrame({"a": [1]}), "t", "")
    assert list(tmp_path.iterdir()) == []
