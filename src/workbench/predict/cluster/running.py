"""Predict on a cluster: units to the workers, shards from them, and ordinary predictions files in the end."""

import time
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.errors import InputError, counted, reason
from workbench.inputs import opening
from workbench.inputs.checkpoints import Checkpoint
from workbench.inputs.images import ImageSet
from workbench.predict import options
from workbench.predict.cluster import checks, units, worker
from workbench.predict.cluster.crew import Crew
from workbench.predict.cluster.gathering import Gathering
from workbench.predict.cluster.scheduling import Schedule
from workbench.predict.cluster.units import Job, Unit
from workbench.predict.options import Options
from workbench.predict.store import Predictions
from workbench.progress import Event, Listener, silent, telling


def predict(
    checkpoints: Iterable[str],
    images: str | Path,
    image_set: str,
    *,
    client: Any,
    out: str | Path,
    protocol: str = "resize",
    precision: str = "auto",
    device: str = "auto",
    batch_size: int | None = None,
    topk: int = 16,
    compile: str = "auto",
    pixels: str = "exact",
    restart: bool = False,
    on_event: Listener = silent,
) -> list[Predictions]:
    """As :func:`workbench.predict.engine.predict`, by the workers of a dask `client`, and with the same files in `out`.

    Checkpoints and pictures are named, not given: each worker opens `images` and loads the weights itself, and all see
    the folder `out`. What workers and schedulers that are lost leave undone is done again, or by the next such call; a
    checkpoint that fails, or kills its worker, three times alone is set aside with a warning and not among the results.

    Raises `InputError` where a worker does not see what it must or differs from the others, and `LostError` where the
    scheduler is gone.
    """
    asked = Options(protocol, precision, device, batch_size, topk, compile, Path(out).resolve(), restart, pixels)
    options.checked(asked)
    pictures = opening.open_set(images, image_set)
    job = Job(opening.absolute(str(images)), image_set, replace(asked, auto=precision == "auto"))
    names = [_absolute(name) for name in checkpoints]
    with _checked_crew(client, job, pictures) as crew:
        job = replace(job, options=_decided(job.options, crew))
        described = _described(client, crew, job, names)
        with Gathering(described, pictures, job.options) as gathering:
            _run(client, crew, job, gathering, on_event)
            return gathering.predictions()


@contextmanager
def _checked_crew(client: Any, job: Job, pictures: ImageSet) -> Iterator[Crew]:
    with checks.marker(Path(str(job.options.out))) as mark:
        crew = Crew(client, job, str(mark))
        found = crew.gather()
        if found.pictures != checks.digest(pictures):
            seen = f"the workers see other pictures in {job.images} than this process"
            raise InputError(f"{seen}; is it the same folder?")
        yield crew


def _decided(asked: Options, crew: Crew) -> Options:
    """Device and precision as the workers decided them; fp32 where they would choose unlike ones."""
    device = crew.expected.device if crew.expected else "cpu"
    chosen = crew.precisions
    return replace(asked, device=device, precision=chosen.pop() if len(chosen) == 1 else "fp32")


def _described(client: Any, crew: Crew, job: Job, names: list[str]) -> dict[str, Checkpoint]:
    """Each checkpoint as a worker loaded it, without its model; one that cannot be had is told with a warning.

    Raises as that warning says where none remains.
    """
    schedule = Schedule(client, crew.now, worker.described, (job,), _resources(job.options))
    schedule.add(Unit((name,)) for name in names)
    found: dict[str, Checkpoint] = {}
    for unit, (checkpoint,) in schedule.results():
        found[unit.names[0]] = checkpoint
    for name, error in schedule.failed.items():
        warnings.warn(f"left out: {name}: {reason(error)}", stacklevel=4)
    if not found:
        raise InputError(
            "no checkpoint could be loaded on the workers, see above" if names else "no checkpoint was given"
        )
    shown = [one.name for one in found.values()]
    if twice := next((name for name in shown if shown.count(name) > 1), None):
        raise InputError(f"two checkpoints are called {twice!r}; give each a name of its own")
    return {name: found[name] for name in names if name in found}


def _run(client: Any, crew: Crew, job: Job, gathering: Gathering, on_event: Listener) -> None:
    """Have made what is lacking, and every file written as soon as its last shard is there."""
    schedule = Schedule(client, crew.now, worker.run, (job,), _resources(job.options))
    step = units.step(job.options.device, len(gathering.images), len(gathering.groups()), len(crew.members))

    def planned() -> list[Unit]:
        return units.plan(gathering.lacking(), gathering.shared, step, units.TOGETHER)

    first = planned()
    schedule.add(first)
    done, total = gathering.done, gathering.total
    started, before, finished = time.perf_counter(), done, 0
    words = f"{counted(len(gathering.shared), 'checkpoint', 'checkpoints')} in {counted(len(first), 'unit', 'units')}"
    begin = Event(
        words, done=done, total=total, unit="img", facts={"event": "units", "units": len(first), "total": total}
    )
    with telling(on_event, begin) as tell:
        for unit, receipts in schedule.results():
            finished += 1
            schedule.add(gathering.take(unit, receipts, step))
            rate = (gathering.done - before) / (time.perf_counter() - started)
            facts = {
                "units": f"{finished}/{max(len(first), finished)}",
                "workers": len(crew.members),
                "failures": len(gathering.failures) + len(schedule.failed),
                "images_per_second": round(rate, 1),
                "seconds_left": round((total - gathering.done) / max(rate, 1e-9), 1),
            }
            note = ", ".join(f"{facts[name]} {name}" for name in ("units", "workers", "failures"))
            tell(
                done=gathering.done,
                note=note,
                facts={"event": "progress", "done": gathering.done, "total": total} | facts,
            )
        tell("end", facts={"event": "units finished", "units": finished, "repeated": schedule.repeated})
    for name, error in {**schedule.failed, **gathering.refused}.items():
        warnings.warn(f"set aside: {name}: {_why(error)}", stacklevel=4)


def _why(error: Exception) -> str:
    from distributed import KilledWorker

    return (
        "its worker was killed three times while nothing else ran on it"
        if isinstance(error, KilledWorker)
        else reason(error)
    )


def _resources(decided: Options) -> dict[str, float] | None:
    return {"GPU": 1} if decided.device != "cpu" else None


def _absolute(name: str) -> str:
    """A checkpoint's name with the path of its weights as every worker sees it."""
    architecture, at, file = name.partition("@")
    return f"{architecture}@{Path(file).resolve()}" if at and not name.startswith("clip:") else name
