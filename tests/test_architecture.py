"""The shape of the code: imports go one way and never in a circle, and importing is free."""

import ast
import json
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import workbench

SOURCE = Path(workbench.__file__).parent
ROOMS = ["inputs", "predict", "score", "claims", "show", "reproduce"]
LOW, HIGH = (
    {"errors", "files", "progress", "temporary", "hub"},
    {"cli"},
)  # what serves every room; what may import all of them
MODULES = sorted(SOURCE.rglob("*.py"))
HEAVY = ["torch", "timm", "altair", "ipywidgets"]


def imported(path: Path) -> set[Path]:
    """The files of the package that a file imports, wherever the import stands, in a function too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        found |= {file for name in names if name.startswith("workbench.") and (file := file_of(name))}
    return found


def file_of(name: str) -> Path | None:
    """The file that ``workbench.a.b`` is, or is a name of; None for a name of the package itself."""
    parts = name.split(".")[1:]
    for length in range(len(parts), 0, -1):
        module = SOURCE.joinpath(*parts[:length])
        for file in (module.with_suffix(".py"), module / "__init__.py"):
            if file.is_file():
                return file
    return None


def place(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_go_from_left_to_right_only(path):
    room = place(path)
    above = ROOMS[: ROOMS.index(room) + 1] if room in ROOMS else [] if room in LOW else [*ROOMS, *HIGH]
    assert {place(file) for file in imported(path)} <= {*above, *LOW}


def test_no_files_import_each_other_in_a_circle():
    TopologicalSorter({path: imported(path) for path in MODULES}).prepare()  # raises CycleError, naming the files


def test_a_circle_would_be_seen(tmp_path, monkeypatch):
    for name, other in (("one", "two"), ("two", "one")):
        (tmp_path / f"{name}.py").write_text(f"def f():\n    from workbench.{other} import f\n")
    monkeypatch.setattr(sys.modules[__name__], "SOURCE", tmp_path)
    with pytest.raises(ValueError, match="cycle"):
        TopologicalSorter({path: imported(path) for path in tmp_path.glob("*.py")}).prepare()


@pytest.mark.parametrize(
    "folder", [SOURCE, *sorted({path.parent for path in MODULES} - {SOURCE})], ids=lambda f: f.name
)
def test_no_room_has_more_than_a_dozen_doors(folder):
    doors = {path for path in folder.glob("*.py") if path.stem != "__init__"}
    doors |= {path.parent for path in folder.glob("*/__init__.py")}
    assert len(doors) <= 12, sorted(door.name for door in doors)


def test_scores_are_computed_and_not_read():
    for path in (SOURCE / "score").rglob("*.py"):
        text = path.read_text()
        assert not [call for call in ("read_csv", "read_text", "read_bytes", "open(", "read_table") if call in text], (
            path
        )


LIGHT = {  # in this order into one process: what a module must not load, none before it may either
    "workbench": [*HEAVY, "pandas"],
    "workbench.cli": [*HEAVY, "pandas", "papermill"],
    "workbench.show": [*HEAVY, "anywidget", "pandas"],
    "workbench.inputs.labels.agreement": [*HEAVY, "krippendorff"],
    "workbench.inputs.prompts": [*HEAVY, "open_clip"],
    **{
        f"workbench.{name}": HEAVY
        for name in ("inputs.opening", "inputs.patchml", "claims", "score.reported.reconciliation")
    },
    **{f"workbench.score.{name}": HEAVY for name in ("scores", "pools", "gaps", "mistakes.failing")},
    **{f"workbench.score.interactive.{name}": HEAVY for name in ("queries", "outcomes", "proposals")},
    **{f"workbench.show.{name}": ["torch", "timm"] for name in ("charts", "tables", "instruments.gallery")},
    "workbench.predict.engine": ["open_clip"],
}


def test_importing_does_not_load():
    code = "import importlib, json, sys\nfor module, heavy in json.loads(sys.argv[1]).items():\n"
    code += "    importlib.import_module(module)\n    print(module, *(name for name in heavy if name in sys.modules))"
    command = [sys.executable, "-c", code, json.dumps(LIGHT)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.splitlines() == list(LIGHT)


def test_nothing_is_unpickled():
    for path in MODULES:
        text = path.read_text()
        assert "allow_pickle=True" not in text
        assert "weights_only=False" not in text
        assert "import pickle" not in text


def test_charts_are_imported_without_the_grammars_of_addresses_and_others_may_still_have_them():
    code = "import sys\nfrom workbench.show import charts\n"
    code += "print('rfc3987_syntax' in sys.modules, 'jsonschema' in sys.modules)"
    code += "\nimport rfc3987_syntax\nprint(rfc3987_syntax.is_valid_syntax('iri', 'https://a.b/c'))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert found.split() == ["False", "True", "True"]
