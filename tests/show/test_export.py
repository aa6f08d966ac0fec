import json

import altair as alt
import pandas as pd
import pytest

from workbench.show import export, theme


@pytest.fixture
def chart():
    return alt.Chart(pd.DataFrame({"a": [1, 2]})).mark_bar().encode(x="a:O")


def test_a_figure_is_written_in_three_forms_and_handed_back(chart, tmp_path):
    assert export.figure(chart, "figure-x", tmp_path) is chart
    folder = tmp_path / "figures"
    assert sorted(path.name for path in folder.iterdir()) == ["figure-x.png", "figure-x.svg", "figure-x.vl.json"]
    spec = theme.spec(chart)
    assert (folder / "figure-x.vl.json").read_text() == json.dumps(spec, indent=1, sort_keys=True) + "\n"
    assert (folder / "figure-x.svg").read_text() == theme.svg(spec)
    assert (folder / "figure-x.png").read_bytes() == theme.png(spec)


def test_a_table_is_written_in_three_forms_with_latex_escaped(tmp_path):
    frame = pd.DataFrame({"checkpoint": ["a_b", "c"], "top-1 (%)": [88.5, None]}, index=[7, 8])
    assert export.table(frame, "table-x", tmp_path) is frame
    folder = tmp_path / "tables"
    assert (folder / "table-x.csv").read_text() == "checkpoint,top-1 (%)\na_b,88.5\nc,\n"
    assert (folder / "table-x.md").read_text().splitlines()[2].split() == ["|", "a_b", "|", "88.5", "|"]
    assert (folder / "table-x.md").read_text().endswith("|\n")
    lines = (folder / "table-x.tex").read_text().splitlines()
    assert lines == [
        r"\begin{tabular}{lr}",
        r"\toprule",
        r"checkpoint & top-1 (\%) \\",
        r"\midrule",
        r"a\_b & 88.500000 \\",
        r"c &  \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]


def test_without_a_folder_nothing_is_written(chart, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert export.figure(chart, "f", "") is chart
    frame = pd.DataFrame({"a": [1]})
    assert export.table(frame, "t", "") is frame
    assert list(tmp_path.iterdir()) == []


def test_a_table_without_rows_is_written_as_its_names(tmp_path):
    export.table(pd.DataFrame(columns=["a", "b"]), "none", tmp_path)
    assert (tmp_path / "tables" / "none.csv").read_text() == "a,b\n"
    assert (tmp_path / "tables" / "none.md").read_text().startswith("| a")
