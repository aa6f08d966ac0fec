"""One command, every figure: papermill over the notebooks, then the report."""

import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock

from workbench import provenance, report
from workbench.errors import InputError, WorkbenchError, reason, unknown

TIMEOUT_S = 600  # of one cell; a kernel that hangs must not hang the nightly run
_READ = {"str": str, "int": int, "float": float, "bool": json.loads, "list": json.loads, "dict": json.loads}


@dataclass(frozen=True)
class Run:
    """What became of one notebook: the executed file, how long it took, and the error that ended it, if one did."""

    name: str
    path: Path
    seconds: float
    error: str | None = None


def notebooks_dir() -> Path:
    """The folder of the notebooks: the repository's, or the copy inside an installed wheel."""
    package = Path(__file__).resolve().parent
    for folder in (package.parents[1] / "notebooks", package / "notebooks"):
        if folder.is_dir():
            return folder
    raise WorkbenchError(f"there is no folder notebooks/ near {package}; reinstall the workbench")


def names() -> list[str]:
    """Names of all notebooks, in reading order."""
    return sorted(path.stem for path in notebooks_dir().glob("[0-9]*.ipynb"))


def reproduce(
    out: str | Path,
    *,
    only: Sequence[str] = (),
    values: Mapping[str, str] | None = None,
    jobs: int | None = None,
    on_change: Callable[[list[str], list[Run], int], object] = lambda running, done, total: None,
) -> list[Run]:
    """Run the notebooks (all, or `only` these), `jobs` at a time, and write figures, tables, notebooks and
    the report below `out`.

    `values` are parameters as text; each goes to the notebooks that have it. `on_change` is told the running
    names and the finished runs. A notebook that fails does not stop the others; it is marked in the report.
    Raises `UnknownNameError` for an unknown notebook or parameter and `InputError` for a value of the wrong
    type, before any kernel starts.
    """
    out = Path(out).resolve()
    chosen = _chosen(only)
    given = {name: parameter_values(name, values or {}) for name in chosen}
    _refuse_unknown(values or {}, chosen)
    _make_writable(out)
    started = time.time()
    os.environ["WORKBENCH_STATIC"] = "1"  # kernels inherit it: instruments leave a picture, for nobody looks on
    runs = _run_all(chosen, given, out, jobs or min(4, os.cpu_count() or 1), on_change)
    facts = provenance.collect(out, started, runs, given)
    provenance.write(facts, out)
    report.write(runs, facts, out)
    return runs


@cache
def parameters(name: str) -> dict[str, dict]:
    """The parameters of a notebook, from its tagged cell: name -> type, default and help."""
    import papermill

    found = papermill.inspect_notebook(str(notebooks_dir() / f"{name}.ipynb"))
    return {
        key: {"type": p["inferred_type_name"], "default": p["default"], "help": p["help"]} for key, p in found.items()
    }


def stated_seconds(name: str) -> int:
    """How long a notebook says that it runs, in its first cell (``| run time | about 40 s |``); 0 where it does not."""
    first = json.loads((notebooks_dir() / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"][0]
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


def _refuse_unknown(values: Mapping[str, str], chosen: Sequence[str]) -> None:
    known = sorted({key for name in chosen for key in parameters(name)} - {"outputs"})
    for key in values:
        if key == "outputs":
            raise InputError("the parameter 'outputs' is set by --out")
        if key not in known:
            raise unknown("parameter", key, known)


def _chosen(only: Sequence[str]) -> list[str]:
    known = names()
    for name in only:
        if name not in known:
            raise unknown("notebook", name, known)
    return [name for name in known if not only or name in only]


def _make_writable(out: Path) -> None:
    try:
        (out / "notebooks").mkdir(parents=True, exist_ok=True)
        probe = out / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(f"{out} cannot be written to ({error.strerror}); choose another folder with --out") from error


def _run_all(chosen: list[str], given: dict, out: Path, jobs: int, on_change: Callable) -> list[Run]:
    running: list[str] = []
    done: list[Run] = []
    one_at_a_time = Lock()

    def run(name: str) -> Run:
        with one_at_a_time:
            running.append(name)
            on_change(running, done, len(chosen))
        result = _run_one(name, given[name], out)
        with one_at_a_time:
            running.remove(name)
            done.append(result)
            on_change(running, done, len(chosen))
        return result

    # The longest first: a long notebook that begins last would keep everything waiting.
    order = sorted(chosen, key=stated_seconds, reverse=True)
    with ThreadPoolExecutor(jobs) as pool:
        results = {result.name: result for result in pool.map(run, order)}
    return [results[name] for name in chosen]


def _run_one(name: str, values: dict[str, object], out: Path) -> Run:
    import papermill

    target = out / "notebooks" / f"{name}.ipynb"
    target.unlink(missing_ok=True)
    started = time.perf_counter()
    error = None
    try:
        with tempfile.TemporaryDirectory(prefix="workbench-") as sockets:
            papermill.execute_notebook(
                str(notebooks_dir() / f"{name}.ipynb"),
                str(target),
                parameters=values | {"outputs": str(out)},
                progress_bar=False,
                execution_timeout=TIMEOUT_S,
                config=_kernel_config(sockets),
            )
    except Exception as caught:  # whatever ends a kernel, the other notebooks and the report still come out
        error = _one_line(caught)
    return Run(name, target, time.perf_counter() - started, error)


def _kernel_config(sockets: str):
    """Talk to a kernel over sockets in a folder of its own, which other users of the machine cannot reach."""
    from traitlets.config import Config

    return Config() if os.name == "nt" else Config({"KernelManager": {"transport": "ipc", "ip": f"{sockets}/kernel"}})


def _one_line(error: Exception) -> str:
    from papermill.exceptions import PapermillExecutionError

    if isinstance(error, PapermillExecutionError):
        return f"cell {error.exec_count}: {error.ename}: {error.evalue}"
    return f"{type(error).__name__}: {reason(error)}"
