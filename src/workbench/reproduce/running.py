"""One command, every figure: papermill over the notebooks, then their provenance and the report."""

import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event as Flag
from threading import Lock, Thread

from workbench.errors import InputError, reason
from workbench.progress import Event, Listener, silent, telling
from workbench.reproduce import kernels, notebooks, provenance, report
from workbench.reproduce.notebooks import Run

TIMEOUT_S = 600  # of one cell; a kernel that hangs must not hang the nightly run
STOPPED = "stopped before its end"


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
    which run. A notebook that fails does not stop the others; it is marked in the report. Where the call is interrupted
    (`KeyboardInterrupt`, `SystemExit`), kernels end, what is finished goes into the report, and the interrupt goes on.
    Raises `UnknownNameError` for an unknown notebook or parameter and `InputError` for a value of the wrong
    type, before any kernel starts.
    """
    out = Path(out).resolve()
    chosen = notebooks.choose(only)
    given = notebooks.read_values(values or {}, chosen)
    _make_writable(out)
    started = time.time()
    os.environ["WORKBENCH_STATIC"] = "1"  # kernels inherit it: instruments leave a picture, for nobody looks on
    Thread(target=report.library, daemon=True).start()  # so that a run that is stopped has its report at once
    runs, interrupt = _run_all(chosen, given, out, jobs or min(4, os.cpu_count() or 1), on_event)
    finished = [run.name for run in runs if run.error != STOPPED]
    missing = [name for name in chosen if name not in finished]
    facts = provenance.collect(out, started, runs, given) | ({"stopped before": missing} if missing else {})
    provenance.write(facts, out)
    report.write(runs, facts, out)
    if interrupt is not None:
        interrupt.add_note(f"the report of {len(finished)} of {len(chosen)} notebooks is written: {out / 'index.html'}")
        raise interrupt
    return runs


def _make_writable(out: Path) -> None:
    try:
        (out / "notebooks").mkdir(parents=True, exist_ok=True)
        probe = out / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(f"{out} cannot be written to ({error.strerror}); choose another folder with --out") from error


def _run_all(
    chosen: list[str], given: dict, out: Path, jobs: int, on_event: Listener
) -> tuple[list[Run], BaseException | None]:
    """What became of the notebooks, in reading order, and the interrupt that stopped those that are missing."""
    running: list[str] = []
    done: dict[str, Run] = {}
    one_at_a_time, stopping = Lock(), Flag()

    def run(name: str) -> None:
        with one_at_a_time:
            running.append(name)
            tell(note=f"running {', '.join(running)}")
        result = run_one(name, given[name], out, stopping)
        with one_at_a_time:
            running.remove(name)
            done[name] = result
            tell(done=len(done), note=f"running {', '.join(running)}" if running else "")

    # The longest first: a long notebook that begins last would keep everything waiting.
    order = sorted(chosen, key=notebooks.seconds, reverse=True)
    begin = Event("notebooks", total=len(chosen), unit="notebooks")
    begun, interrupt = [], None
    with telling(on_event, begin) as tell, ThreadPoolExecutor(jobs) as pool:
        try:
            begun += [pool.submit(run, name) for name in order]
            for one in begun:
                one.result()
        except (KeyboardInterrupt, SystemExit) as caught:
            interrupt = caught
            stopping.set()
            pool.shutdown(wait=False, cancel_futures=True)
            while not all(one.done() for one in begun):  # one that had just begun has yet to start its kernel
                kernels.end_all()
                time.sleep(0.05)
    return [done[name] for name in chosen if name in done], interrupt


def run_one(name: str, values: dict[str, object], out: Path, stopping: Flag) -> Run:
    """Run one notebook with these values; its file, figures and tables go below `out`. Its error is in the result."""
    import papermill

    target = out / "notebooks" / f"{name}.ipynb"
    target.unlink(missing_ok=True)
    started = time.perf_counter()
    error = None
    try:
        with kernels.settings() as config:
            papermill.execute_notebook(
                str(notebooks.path(name)),
                str(target),
                parameters=values | {"outputs": str(out)},
                progress_bar=False,
                execution_timeout=TIMEOUT_S,
                config=config,
            )
    except Exception as caught:  # whatever ends a kernel, the other notebooks and the report still come out
        error = STOPPED if stopping.is_set() else _one_line(caught)
    return Run(name, target, time.perf_counter() - started, error)


def _one_line(error: Exception) -> str:
    from papermill.exceptions import PapermillExecutionError

    if isinstance(error, PapermillExecutionError):
        return f"cell {error.exec_count}: {error.ename}: {error.evalue}".splitlines()[0]
    return f"{type(error).__name__}: {reason(error)}"
