"""Small notebooks, and what becomes of them in one real run."""

import json
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

from workbench.reproduce import notebooks, running

OUTPUTS = 'outputs: str = ""  # folder of the results'
CHARTS = [{"mark": "point", "title": "</script> in a title"}, {"mark": "bar"}]
GOOD = f"""
import json, os
from pathlib import Path
from IPython.display import display
Path(outputs, "tables").mkdir()
Path(outputs, "tables", "groups.csv").write_text("made")
print("fine", label_counts, movers, recompute, os.environ["WORKBENCH_STATIC"])
for chart in json.loads({json.dumps(json.dumps(CHARTS))}):
    display({{"application/vnd.vegalite.v5+json": chart, "text/plain": "<a chart>"}}, raw=True)
"""


def write_notebook(
    folder: Path, name: str, *cells: str, parameters: tuple[str, ...] = (OUTPUTS,), seconds=None
) -> None:
    """A notebook of a heading, a cell of parameters, and code."""
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell(f"# Is {name} a question?\n[Next](10-raises.ipynb)"),
            nbformat.v4.new_code_cell("\n".join(parameters), metadata={"tags": ["parameters"]}),
            *map(nbformat.v4.new_code_cell, cells),
        ]
    )
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    if seconds is not None:
        notebook.metadata["workbench"] = {"seconds": seconds}
    folder.mkdir(exist_ok=True)
    nbformat.write(notebook, folder / f"{name}.ipynb")


def three_notebooks(folder: Path) -> None:
    """A notebook that works, one that raises, and one whose kernel dies."""
    parameters = (
        OUTPUTS,
        "label_counts: list = [1, 2]  # which groups",
        "movers: int = 5  # how many to name",
        "recompute: bool = False  # compute again",
    )
    write_notebook(folder, "00-good", GOOD, parameters=parameters, seconds=1)
    write_notebook(folder, "10-raises", "1 / 0", parameters=(OUTPUTS, "movers: int = 5  # how many"), seconds=3)
    write_notebook(folder, "20-dies", "import os; os._exit(9)", seconds=2)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """The three notebooks, in place of the committed ones."""
    three_notebooks(tmp_path / "notebooks")
    monkeypatch.setattr(notebooks, "folder", lambda: tmp_path / "notebooks")
    monkeypatch.setenv("WORKBENCH_STATIC", "")  # a run sets it; afterwards it is as it was
    return tmp_path / "notebooks"


@pytest.fixture(scope="session")
def executed(tmp_path_factory):
    """The three notebooks after one real run with ``label_counts`` and ``movers``: out, runs, page."""
    place = tmp_path_factory.mktemp("executed")
    three_notebooks(place / "notebooks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(notebooks, "folder", lambda: place / "notebooks")
        patch.delenv("WORKBENCH_STATIC", raising=False)
        runs = running.reproduce(place / "out", values={"label_counts": "[3]", "movers": "7"}, jobs=2)
    page = (place / "out" / "index.html").read_text()
    return SimpleNamespace(out=place / "out", runs={run.name: run for run in runs}, page=page)
