"""What runs on a worker: it opens pictures and loads checkpoints by name, and writes shards into the shared folder."""

import os
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock

import numpy as np

from workbench.errors import InputError
from workbench.inputs import opening
from workbench.inputs.checkpoints import Checkpoint
from workbench.inputs.images import ImageSet
from workbench.predict import engine, flow, work
from workbench.predict.cluster import shards
from workbench.predict.cluster.shards import Receipt, Shard
from workbench.predict.cluster.units import Job, Unit
from workbench.predict.options import Options
from workbench.predict.runner import Runner
from workbench.predict.work import Work
from workbench.progress import silent


@dataclass
class _Kept:
    """What a worker process keeps between units: the pictures' places, and one group of checkpoints, ready to run."""

    pictures: tuple[tuple, ImageSet] | None = None
    group: tuple = ()
    ready: dict[str, tuple[Checkpoint, Runner]] = field(default_factory=dict)


_KEPT, _ONE_AT_A_TIME = _Kept(), Lock()  # a process's cores are all for one unit, however many threads dask gives it


def described(job: Job, unit: Unit, cores: int) -> list[Checkpoint]:
    """A checkpoint without its model: what its predictions depend on. Raises as `checkpoints.load`."""
    with _ONE_AT_A_TIME:
        loaded = [engine.obtained(name, job.options, silent) for name in unit.names]
        return [replace(one, model=None) for one in loaded]  # type: ignore[arg-type]


def run(job: Job, unit: Unit, cores: int) -> list[Receipt]:
    """Run a unit on so many cores, and write a shard for each checkpoint.

    Raises `InputError` for NaN outputs and what else is wrong with a checkpoint, `OSError` where writing fails.
    """
    with _ONE_AT_A_TIME:
        os.environ["WORKBENCH_CORES"] = str(cores)
        images = pictures(job)
        options = replace(job.options, precision=unit.precision or job.options.precision)
        return _run(_works(unit, images, options), images, options, unit)


def pictures(job: Job) -> ImageSet:
    """The job's image set as this worker sees it; opened once."""
    wanted = (job.images, job.image_set)
    if _KEPT.pictures is None or _KEPT.pictures[0] != wanted:
        _KEPT.pictures = (wanted, opening.open_set(*wanted))
    return _KEPT.pictures[1]


def _works(unit: Unit, images: ImageSet, options: Options) -> list[Work]:
    in_memory = replace(options, out=None)
    group = (unit.names, in_memory, len(images))
    if _KEPT.group != group:
        _KEPT.group, _KEPT.ready = (), {}  # the older models go before these come
        for name in unit.names:
            checkpoint = engine.obtained(name, options, silent)
            one = Work(checkpoint, images, in_memory)
            with flow.one_thread_each(options.device):
                one.prepare()
            _KEPT.ready[name] = (checkpoint, one.runner)
        _KEPT.group = group
    works = []
    for checkpoint, runner in _KEPT.ready.values():
        works.append(one := Work(checkpoint, images, in_memory))
        one.runner = runner
    return works


def _run(works: Sequence[Work], images: ImageSet, options: Options, unit: Unit) -> list[Receipt]:
    started, failures = time.perf_counter(), dict[str, str]()
    with flow.one_thread_each(options.device):
        for batch in flow.run(works, images, np.arange(unit.start, unit.stop), options):
            failures |= batch.failures
    head: dict = {"start": unit.start, "stop": unit.stop, "failures": failures, "host": socket.gethostname()}
    head["seconds"] = round((time.perf_counter() - started) / len(works), 3)
    receipts = []
    for one in works:
        file = options.file(one.checkpoint, images)
        if file is None:
            raise InputError("a unit needs a shared folder for its shards; give --out")
        made_by = work.machine(options.device, one.checkpoint.name)
        shard = Shard(head | {"key": one.key, "machine": made_by}, one.journal.records())
        receipts.append(shards.write(Path(file), shard))
    return receipts
