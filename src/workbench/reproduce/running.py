"""One command, every figure: papermill over the notebooks, then their provenance and the report."""

import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

from workbench.errors import InputError, reason
from workbench.progress import Event, Listener, silent, telling
from workbench.reproduce import notebooks, provenance, report
from workbench.reproduce.notebooks import Run

TIMEOUT_S = 600  # of one cell; a kernel that hangs must not hang the nightly run


def reproduce(
    out: str | Path,
    *,
    only: Sequence[str] = (),
    values: Mapping[str, str] | None = None,
    jobs: int | None = None,
    on_event: Listener = silent,
) -> list[Run]:
    """Run the notebooks (all, or `only` these), `jobs` at a time, and write figures, tables, notebooks and
    the report below `out`.

    `values` are parameters as text; each goes to the notebooks that have it. `on_event` is told how many are done and
    which run. A notebook that fails does not stop the others; it is marked in the report.
    Raises `UnknownNameError` for an unknown notebook or parameter and `InputError` for a value of the wrong
    type, before any kernel starts.
    """
    out = Path(out).resolve()
    chosen = notebooks.choose(only)
    given = notebooks.read_values(values or {}, chosen)
    _make_writable(out)
    started = time.time()
    os.environ["WORKBENCH_STATIC"] = "1"  # kernels inherit it: instruments leave a picture, for nobody looks on
    runs = _run_all(chosen, given, out, jobs or min(4, os.cpu_count() or 1), on_event)
    facts = provenance.collect(out, started, runs, given)
    provenance.write(facts, out)
    report.write(runs, facts, out)
    return runs


def _make_writable(out: Path) -> None:
    try:
        (out / "notebooks").mkdir(parents=True, exist_ok=True)
        probe = out / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(f"{out} cannot be written to ({error.strerror}); choose another folder with --out") from error


def _run_all(chosen: list[str], given: dict, out: Path, jobs: int, on_event: Listener) -> list[Run]:
    running: list[str] = []
    done: list[Run] = []
    one_at_a_time = Lock()

    def run(name: str) -> Run:
        with one_at_a_time:
            running.append(name)
            tell(note=f"running {', '.join(running)}")
        result = _run_one(name, given[name], out)
        with one_at_a_time:
            running.remove(name)
            done.append(result)
            tell(done=len(done), note=f"running {', '.join(running)}" if running else "")
        return result

    # The longest first: a long notebook that begins last would keep everything waiting.
    order = sorted(chosen, key=notebooks.seconds, reverse=True)
    begin = Event("notebooks", total=len(chosen), unit="notebooks")
    with telling(on_event, begin) as tell, ThreadPoolExecutor(jobs) as pool:
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
                str(notebooks.path(name)),
                str(target),
                parameters=values | {"outputs": str(out)},
                progress_bar=False,
                execution_timeout=TIMEOUT_S,
                config=_kernel_config(sockets),
            )
    except Exception as caught:  # whatever ends a kernel, the other notebooks and the report still come out
        error = _one_line(caught)
    return Run(name, target, time.perf_counter() - started, error)


def _kernel_config(sockets: str) -> Any:
    """Talk to a kernel over sockets in a folder of its own, which other users of the machine cannot reach."""
    from traitlets.config import Config

    return Config() if os.name == "nt" else Config({"KernelManager": {"transport": "ipc", "ip": f"{sockets}/kernel"}})


def _one_line(error: Exception) -> str:
    from papermill.exceptions import PapermillExecutionError

    if isinstance(error, PapermillExecutionError):
        return f"cell {error.exec_count}: {error.ename}: {error.evalue}".splitlines()[0]
    return f"{type(error).__name__}: {reason(error)}"
