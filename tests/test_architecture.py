"""The shape of the code: imports go one way, and importing is free."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import workbench

SOURCE = Path(workbench.__file__).parent
ROOMS = ["inputs", "predict", "score", "show"]
# errors and files serve every room; the modules above the rooms may import all of them
LOW, HIGH = {"errors", "files"}, {"provenance", "report", "reproduce", "terminal", "cli"}
MODULES = sorted(SOURCE.rglob("*.py"))


def imported(path: Path) -> set[str]:
    """The second part of every 'workbench.X' that a module imports, wherever the import stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("workbench.")}
    return found - {"__version__"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_go_from_left_to_right_only(path):
    place = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    if place in ROOMS:
        allowed = {*ROOMS[: ROOMS.index(place) + 1], *LOW}
    else:
        allowed = LOW if place in LOW else {*ROOMS, *LOW, *HIGH}
    assert imported(path) <= allowed


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("workbench", ["torch", "timm", "altair", "ipywidgets", "pandas"]),
        ("workbench.cli", ["torch", "timm", "altair", "ipywidgets", "pandas", "papermill"]),
        ("workbench.score.scores", ["torch", "timm", "altair", "ipywidgets"]),
        ("workbench.score.gaps", ["torch", "timm", "altair", "ipywidgets"]),
        ("workbench.score.claims", ["torch", "timm", "altair", "ipywidgets"]),
        ("workbench.score.committed", ["torch", "timm", "altair", "ipywidgets"]),
        ("workbench.score.failing", ["torch", "timm", "altair", "ipywidgets"]),
        ("workbench.score.mistakes", ["torch", "timm", "altair", "ipywidgets"]),
        ("workbench.score.multilabel", ["torch", "timm", "altair", "ipywidgets"]),
        ("workbench.score.reconciliation", ["torch", "timm", "altair", "ipywidgets"]),
        ("workbench.show.failures", ["torch", "timm"]),
        ("workbench.show.ledger", ["torch", "timm"]),
        ("workbench.show.ranking", ["torch", "timm"]),
        ("workbench.score.questions", ["torch", "timm", "altair", "ipywidgets"]),
        ("workbench.score.answers", ["torch", "timm", "altair", "ipywidgets"]),
        ("workbench.inputs.agreement", ["torch", "timm", "altair", "ipywidgets", "krippendorff"]),
        ("workbench.show", ["torch", "timm", "altair", "ipywidgets", "anywidget", "pandas"]),
        ("workbench.show.charts", ["torch", "timm"]),
        ("workbench.show.widgets.gallery", ["torch", "timm"]),
    ],
)
def test_importing_does_not_load(module, heavy):
    code = f"import sys, {module}; print([name for name in {heavy!r} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_nothing_is_unpickled():
    for path in MODULES:
        text = path.read_text()
        assert "allow_pickle=True" not in text
        assert "weights_only=False" not in text
        assert "import pickle" not in text
