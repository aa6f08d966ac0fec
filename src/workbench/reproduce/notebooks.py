"""Which notebooks there are, and the parameters of each."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from workbench.errors import InputError, WorkbenchError, unknown

_READ = {"str": str, "int": int, "float": float, "bool": json.loads, "list": json.loads, "dict": json.loads}


@dataclass(frozen=True)
class Run:
    """What became of one notebook: the executed file, how long it took, and the error that ended it, if one did."""

    name: str
    path: Path
    seconds: float
    error: str | None = None


def folder() -> Path:
    """The folder of the notebooks: the repository's, or the copy inside an installed wheel."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package.parents[1] / "notebooks", package / "notebooks"):
        if folder.is_dir():
            return folder
    raise WorkbenchError(f"there is no folder notebooks/ near {package}; reinstall the workbench")


def names() -> list[str]:
    """Names of all notebooks, in reading order."""
    return sorted(path.stem for path in folder().glob("[0-9]*.ipynb"))


@cache
def parameters(name: str) -> dict[str, dict]:
    """The parameters of a notebook, from its tagged cell: name -> type, default and help."""
    import papermill

    found = papermill.inspect_notebook(str(folder() / f"{name}.ipynb"))
    return {
        key: {"type": p["inferred_type_name"], "default": p["default"], "help": p["help"]} for key, p in found.items()
    }


def stated_seconds(name: str) -> int:
    """How long a notebook says that it runs, in its first cell (``| run time | about 40 s |``); 0 where it does not."""
    first = json.loads((folder() / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"][0]
    found = re.search(r"\| run time \|\D*(\d+) s", "".join(first["source"]))
    return int(found.group(1)) if found else 0


def parameter_values(name: str, values: Mapping[str, str]) -> dict[str, object]:
    """The given values that notebook `name` has a parameter for, read as that parameter's type."""
    known = parameters(name)
    return {key: _read_value(name, key, known[key]["type"], text) for key, text in values.items() if key in known}


def _read_value(notebook: str, name: str, kind: str, text: str) -> object:
    try:
        value = _READ[kind](text)
    except ValueError:
        value = None
    if type(value).__name__ != kind:
        example = {"list": "[1, 2, 3]", "bool": "true", "int": "5", "float": "0.5"}.get(kind, "text")
        raise InputError(f"parameter {name!r} of {notebook} is a {kind}; {text!r} is none. Write it like {example}")
    return value


def refuse_unknown(values: Mapping[str, str], chosen: Sequence[str]) -> None:
    """Raise `UnknownNameError` for a value that is no parameter of the chosen notebooks."""
    known = sorted({key for name in chosen for key in parameters(name)} - {"outputs"})
    for key in values:
        if key == "outputs":
            raise InputError("the parameter 'outputs' is set by --out")
        if key not in known:
            raise unknown("parameter", key, known)


def chosen(only: Sequence[str]) -> list[str]:
    """The notebooks to run, in reading order; all by default. Raises `UnknownNameError` for another name."""
    known = names()
    for name in only:
        if name not in known:
            raise unknown("notebook", name, known)
    return [name for name in known if not only or name in only]
