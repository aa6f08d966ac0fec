"""Which notebooks there are, what each says of itself to programs, and what became of one that was run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import InputError, WorkbenchError, unknown
from workbench.files import parse_json, read_json

# How a value of each type is read from text, and an example for who wrote it otherwise.
_TYPES = {
    "str": (str, "text"),
    "int": (int, "5"),
    "float": (float, "0.5"),
    "bool": (parse_json, "true"),
    "list": (parse_json, "[1, 2, 3]"),
}


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


def path(name: str) -> Path:
    """The file of a notebook."""
    return folder() / f"{name}.ipynb"


def names() -> list[str]:
    """Names of all notebooks, in reading order."""
    return sorted(file.stem for file in folder().glob("[0-9]*.ipynb"))


def choose(only: Sequence[str]) -> list[str]:
    """The notebooks to run, in reading order; all by default. Raises `UnknownNameError` for another name."""
    known = names()
    for name in only:
        if name not in known:
            raise unknown("notebook", name, known)
    return [name for name in known if not only or name in only]


def seconds(name: str) -> int:
    """How long a notebook runs on two CPU cores, from its metadata; 0 where they do not say."""
    metadata = read_json(path(name))["metadata"]
    return metadata.get("workbench", {}).get("seconds", 0)


def parameters(file: Path) -> dict[str, dict[str, str]]:
    """The parameters of a notebook file, from its tagged cell: name -> type, default (as written) and help."""
    import papermill

    return {
        name: {"type": found["inferred_type_name"], "default": found["default"], "help": found["help"]}
        for name, found in papermill.inspect_notebook(str(file)).items()
    }


def read_values(texts: Mapping[str, str], chosen: Sequence[str]) -> dict[str, dict[str, object]]:
    """Values for each chosen notebook from parameters as text: those that it has, read as the types that it gives.

    Raises `UnknownNameError` for what no chosen notebook has and `InputError` for a value of another type.
    """
    if "outputs" in texts:
        raise InputError("the parameter 'outputs' is set by --out")
    types = {name: {key: one["type"] for key, one in parameters(path(name)).items()} for name in chosen}
    known = sorted(set().union(*types.values()) - {"outputs"})
    for key in texts:
        if key not in known:
            raise unknown("parameter", key, known)
    return {
        name: {key: _read_value(name, key, types[name][key], text) for key, text in texts.items() if key in types[name]}
        for name in chosen
    }


def _read_value(notebook: str, name: str, kind: str, text: str) -> object:
    read, example = _TYPES[kind]
    try:
        value = read(text)
    except ValueError:
        value = None
    if type(value).__name__ != kind:
        raise InputError(f"parameter {name!r} of {notebook} is a {kind}; {text!r} is none. Write it like {example}")
    return value
