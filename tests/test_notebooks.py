"""Notebooks as committed: one clean run, small cells, typed parameters; and nbval notices a changed number."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from workbench.reproduce import notebooks

PATHS = sorted(notebooks.folder().glob("*.ipynb"))


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_outputs_come_from_one_clean_run(notebook):
    assert [cell.execution_count for cell in code(notebook)] == list(range(1, len(code(notebook)) + 1))
    assert sum(bool(cell.outputs) for cell in code(notebook)) >= 3


def test_no_output_is_an_error_or_a_warning(notebook):
    outputs = [output for cell in code(notebook) for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]


def test_a_question_then_imports_then_parameters(notebook):
    first, second, third = notebook.cells[:3]
    assert re.match(r"# .+\?\n", first.source)
    assert all(word in first.source for word in ("| needs |", "| run time |", "| result |"))
    assert re.match(r"(from|import) ", second.source)
    assert third.metadata.tags == ["parameters"]


def test_parameters_are_typed_literals_with_a_comment_each(notebook):
    for line in notebook.cells[2].source.splitlines():
        assert re.fullmatch(r"\w+: (str|int|float|bool|list) = .+  # .+", line), line


def test_cells_are_small_and_define_nothing(notebook):
    for cell in code(notebook):
        lines = [line for line in cell.source.splitlines() if line.strip()]
        assert len(lines) <= 10, cell.source
        assert not re.search(r"^\s*(def|class) |sys\.path|os\.chdir", cell.source, re.MULTILINE), cell.source


def test_prose_stands_between_results(notebook):
    kinds = "".join("c" if cell.cell_type == "code" else "m" for cell in notebook.cells)
    assert "cccc" not in kinds
    assert kinds.endswith("m")


def test_links_lead_to_notebooks_that_exist(notebook):
    linked = re.findall(r"\(([\w-]+\.ipynb)\)", "".join(cell.source for cell in notebook.cells))
    assert {*linked} <= {path.name for path in PATHS}


def test_charts_are_kept_with_a_picture_for_places_that_draw_none(notebook):
    charts = [
        o.data
        for cell in code(notebook)
        for o in cell.outputs
        if "application/vnd.vegalite.v5+json" in o.get("data", {})
    ]
    assert charts
    assert all("image/png" in data for data in charts)


def nbval(path: Path) -> subprocess.CompletedProcess:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbval",
        "--nbval-current-env",
        "-p",
        "no:cacheprovider",
        "-q",
        str(path),
    ]
    return subprocess.run(command, capture_output=True, text=True, cwd=path.parent, timeout=300)


def test_nbval_fails_when_one_number_in_one_notebook_is_changed(tmp_path):
    path = tmp_path / "20-label-counts.ipynb"
    text = (notebooks.folder() / path.name).read_text()
    assert text.count("39,394") + text.count("39394") > 1
    path.write_text(text.replace("39,394", "39,395").replace("39394", "39395"))
    result = nbval(path)
    assert result.returncode == 1
    assert "39395" in result.stdout
