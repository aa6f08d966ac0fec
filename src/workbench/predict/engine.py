"""The engine: checkpoints x pictures -> predictions, decoded once, never lost.

In one pass every picture is decoded once and resized once for each distinct input; the pixels go through all
checkpoints that share it. On a CPU, one thread per core does all of it for its own pictures, the model
computing on that one core: nothing waits and nothing is oversubscribed. On a GPU the threads decode ahead,
and the device is kept one batch behind the host.
"""

import hashlib
import os
import platform
import time
import warnings
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import psutil

import workbench
from workbench.errors import InputError, WorkbenchError
from workbench.files import writing
from workbench.inputs import checkpoints as ckpt
from workbench.inputs.checkpoints import Checkpoint
from workbench.inputs.classes import N_CLASSES
from workbench.inputs.images import ImageSet
from workbench.predict import pixels, runner, store
from workbench.predict.journal import Journal, differences
from workbench.predict.progress import Listener

CPU_CHUNK = 8  # pictures through a model at a time on one core: larger ones fall out of its cache
GPU_BATCH = 128


@dataclass(frozen=True)
class Options:
    """How to run; everything that changes predictions is in :meth:`key`."""

    protocol: str
    precision: str
    device: str
    batch_size: int
    topk: int
    compile: str

    @property
    def chunk(self) -> int:
        """Pictures through a model at a time."""
        return CPU_CHUNK if self.device == "cpu" else self.batch_size

    def compiles(self, n_images: int) -> bool:
        """Whether to compile: by the number of all pictures, not of those left, so that a run goes on as it began."""
        return self.compile == "on" or (self.compile == "auto" and n_images >= runner.COMPILE_PAYS_FROM)

    def key(self, checkpoint: Checkpoint, images: ImageSet) -> dict:
        """What a file's predictions depend on: another key never continues or replaces it silently."""
        fields = ("input_size", "interpolation", "mean", "std", "crop_pct", "crop_mode")
        return {
            "checkpoint": checkpoint.name,
            "weights_sha256": checkpoint.sha256,
            "image_set": images.name,
            "images_sha256": hashlib.sha256("\n".join(images.images).encode()).hexdigest(),
            "protocol": self.protocol,
            "precision": self.precision,
            "device": self.device.split(":")[0],
            "topk": self.topk,
            "compiled": self.compiles(len(images)),
        } | {name: _plain(checkpoint.input.get(name)) for name in fields}


def predict(
    checkpoints: Iterable[str | Checkpoint],
    images: ImageSet,
    *,
    protocol: str = "resize",
    precision: str = "auto",
    device: str = "auto",
    batch_size: int | None = None,
    topk: int = 16,
    compile: str = "auto",
    out: str | Path | None = None,
    restart: bool = False,
    on_event: Listener = lambda event: None,
) -> list[store.Predictions]:
    """Predict the `topk` best classes of every picture with every checkpoint.

    With `out`, each checkpoint's predictions become a file there, an interrupted call goes on where it
    stopped, and a file that is complete is read instead of made (unless `restart`). `protocol` is ``resize``
    ("Re-assessing ImageNet", appendix B: straight to the input size, no crop) or ``crop`` (the checkpoint's
    own timm evaluation transform). `batch_size` is how many pictures go through a GPU at a time; on a CPU a
    core takes eight. A kill repeats at most what was under way: 16 pictures a core, or two batches on a GPU.
    Pictures that cannot be decoded are left out and listed in ``provenance["failures"]``.

    Raises `InputError` for options that cannot be, for a file that was made with other settings, for NaN
    outputs and where no picture can be decoded; `MissingSourceError` where a checkpoint's weights cannot be
    had.
    """
    options = _options(protocol, precision, device, batch_size, topk, compile)
    folder = None if out is None else Path(out)
    results = []
    passes = _passes(checkpoints, memory_budget(options.device))
    for number, group in enumerate(passes, start=1):
        loaded = [one if isinstance(one, Checkpoint) else ckpt.load(one) for one in group]
        group.clear()  # the last hold on this pass's models is here, so that the next one has their memory
        finished = {} if restart or folder is None else _finished(loaded, images, options, folder)
        if waiting := [one for one in loaded if one.name not in finished]:
            tell = partial(_tell, on_event, {"number": number, "passes": len(passes)})
            finished |= _run_pass(waiting, images, options, folder, restart, tell)
        results += [finished[one.name] for one in loaded]
    return results


def _tell(on_event: Listener, place: dict, event: dict) -> None:
    on_event(place | event)


def _passes(checkpoints: Iterable[str | Checkpoint], budget: int) -> list[list[str | Checkpoint]]:
    """Checkpoints in groups that fit into memory together; the first group is loaded, the others wait as names.

    Every checkpoint is loaded once before anything runs, so that what cannot be had is told at the start:
    with a warning where others remain, else by raising.
    """
    passes: list[list[str | Checkpoint]] = [[]]
    used, error = 0, None
    names: set[str] = set()
    for one in checkpoints:
        try:
            checkpoint = one if isinstance(one, Checkpoint) else ckpt.load(one)
        except WorkbenchError as caught:
            warnings.warn(f"left out: {caught}", stacklevel=3)
            error = caught
            continue
        if checkpoint.name in names:
            raise InputError(f"two checkpoints are called {checkpoint.name!r}; give each a name of its own")
        names.add(checkpoint.name)
        size = sum(tensor.nbytes for tensor in checkpoint.model.state_dict().values())
        if passes[-1] and used + size > budget:
            passes.append([])
            used = 0
        used += size
        passes[-1].append(checkpoint if len(passes) == 1 else one)
    if not passes[0]:
        raise error or InputError("no checkpoint was given; name at least one")
    return passes


def memory_budget(device: str) -> int:
    """Bytes that the weights of one pass may take: half of what is free, the rest being for pictures and
    activations.
    """
    import torch

    if device != "cpu":
        return torch.cuda.mem_get_info(device)[0] // 2
    return psutil.virtual_memory().available // 2


def _options(protocol: str, precision: str, device: str, batch_size: int | None, topk: int, compile: str) -> Options:
    if protocol not in store.PROTOCOLS:
        raise InputError(f"protocol is {protocol!r}; expected one of {', '.join(store.PROTOCOLS)}")
    if compile not in ("auto", "on", "off"):
        raise InputError(f"compile is {compile!r}; expected auto, on or off")
    device = runner.pick_device(device)
    precision = runner.pick_precision(precision, device)
    size = batch_size if batch_size is not None else (2 * cores() * CPU_CHUNK if device == "cpu" else GPU_BATCH)
    if size < 1 or not 1 <= topk <= N_CLASSES:
        raise InputError(f"batch size {size}, topk {topk}; expected 1 or more, and 1 to {N_CLASSES}")
    return Options(protocol, precision, device, size, topk, compile)


def _finished(
    loaded: Sequence[Checkpoint], images: ImageSet, options: Options, out: Path
) -> dict[str, store.Predictions]:
    """Complete files of exactly these settings. Raises `InputError` for one that was made with others."""
    found = {}
    for checkpoint in loaded:
        path = out / store.file_name(checkpoint.name, images.name, options.protocol)
        if path.is_file():
            predictions = store.read(path)
            old = predictions.provenance.get("key", {})
            if difference := differences(old, options.key(checkpoint, images)):
                raise InputError(
                    f"{path} was made with other settings ({difference}); "
                    "choose another --out, or replace it with --restart"
                )
            found[checkpoint.name] = predictions
            Journal.clear(_journal_path(out, checkpoint, images, options))
    return found


def _journal_path(out: Path, checkpoint: Checkpoint, images: ImageSet, options: Options) -> Path:
    name = store.file_name(checkpoint.name, images.name, options.protocol)
    return out / ".partial" / name.replace(".parquet", ".journal")


def _run_pass(
    checkpoints: Sequence[Checkpoint],
    images: ImageSet,
    options: Options,
    out: Path | None,
    restart: bool,
    on_event: Listener,
) -> dict[str, store.Predictions]:
    journals: list[Journal] = []
    try:
        for checkpoint in checkpoints:
            path = None if out is None else _journal_path(out, checkpoint, images, options)
            journals.append(Journal(path, options.key(checkpoint, images), options.topk, restart=restart))
        started = time.perf_counter()
        failures, done = _fill(checkpoints, journals, images, options, on_event)
        seconds = time.perf_counter() - started
        speed = {"seconds": round(seconds, 3), "images_per_second": round(done / seconds, 1)}
        results = {
            checkpoint.name: _finish(checkpoint, journal, images, options, failures, speed, out)
            for checkpoint, journal in zip(checkpoints, journals, strict=True)
        }
    finally:
        for journal in journals:
            journal.close()
    return results


def _fill(
    checkpoints: Sequence[Checkpoint],
    journals: Sequence[Journal],
    images: ImageSet,
    options: Options,
    on_event: Listener,
) -> tuple[dict[str, str], int]:
    """Run every picture that some journal lacks; the pictures that cannot be decoded, and how many were run."""
    have = [np.isin(np.arange(len(images)), journal.done()) for journal in journals]
    todo = np.flatnonzero(~np.logical_and.reduce(have))
    names = [checkpoint.name for checkpoint in checkpoints]
    done = len(images) - len(todo)
    on_event({"event": "pass", "checkpoints": names, "done": done, "total": len(images)})
    failures: dict[str, str] = {}
    started, before = time.perf_counter(), done
    with _one_thread_each(options.device):
        runners = [_ready(checkpoint, options, len(images)) for checkpoint in checkpoints]
        for rows, results, failed in _batches(runners, images, todo, options):
            for journal, mask, (classes, scores) in zip(journals, have, results, strict=True):
                new = ~mask[rows]
                journal.append(rows[new], classes[new], scores[new])
            failures |= failed
            done += len(rows) + len(failed)
            rate = (done - before) / (time.perf_counter() - started)
            left = (len(images) - done) / rate
            event = {"event": "progress", "done": done, "total": len(images), "checkpoints": names}
            speed = {"images_per_second": round(rate, 1), "seconds_left": round(left, 1)}
            on_event(event | speed | {"failures": len(failures)})
    on_event({"event": "pass finished", "checkpoints": names, "done": done, "failures": len(failures)})
    return failures, done - before


def _ready(checkpoint: Checkpoint, options: Options, n_images: int) -> runner.Runner:
    ready = runner.Runner(checkpoint, options.device, options.precision, options.chunk, options.topk)
    if options.compiles(n_images):
        ready.compile()
    return ready


def _batches(runners: Sequence[runner.Runner], images: ImageSet, todo: np.ndarray, options: Options) -> Iterator:
    """For each group of rows, in order: the decoded rows, every runner's result for them, and the failures."""
    protocol, on_cpu = options.protocol, options.device == "cpu"
    geometries = [pixels.geometry(one.checkpoint.input, protocol) for one in runners]
    resizers = {geometry: pixels.resizer(geometry) for geometry in dict.fromkeys(geometries)}

    def prepare(rows: np.ndarray):
        good, inputs, failed = _read(images, rows, resizers, pinned=not on_cpu)
        return good, forward(inputs) if on_cpu and len(good) else inputs, failed

    def forward(inputs: dict) -> list:
        return [runner.run(one, inputs[geometry]) for one, geometry in zip(runners, geometries, strict=True)]

    def collected(good, results, failed):
        if not len(good):
            empty = np.empty((0, options.topk))
            return good, [(empty, empty)] * len(runners), failed
        return good, [runner.collect(one, result) for one, result in zip(runners, results, strict=True)], failed

    # Threads on the CPU each take a chunk; those that feed a GPU each decode a whole batch.
    size = options.chunk
    groups = [todo[start : start + size] for start in range(0, len(todo), size)]
    behind = None
    for good, prepared, failed in _ahead(prepare, groups, cores()):
        if on_cpu:
            yield collected(good, prepared, failed)
        else:
            # The device works on this batch while the host collects the one before.
            now = (good, forward(prepared) if len(good) else [], failed)
            if behind is not None:
                yield collected(*behind)
            behind = now
    if behind is not None:
        yield collected(*behind)


def _ahead(work, items: Sequence, workers: int) -> Iterator:
    """Results of ``work(item)`` in order, `workers` at a time and at most twice as many begun: memory stays bounded."""
    with ThreadPoolExecutor(workers) as pool:
        begun: deque[Future] = deque()
        try:
            for item in items:
                begun.append(pool.submit(work, item))
                if len(begun) >= 2 * workers:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _read(
    images: ImageSet, rows: np.ndarray, resizers: dict, *, pinned: bool
) -> tuple[np.ndarray, dict, dict[str, str]]:
    """Rows that decode, their pixels for each geometry as uint8 tensors (n, height, width, 3), and the failures."""
    import torch

    good, failed = [], {}
    arrays: dict = {geometry: [] for geometry in resizers}
    for row in rows:
        image = images.images[row]
        try:
            picture = pixels.decode(images.read(image), image)
            for geometry, resize in resizers.items():
                arrays[geometry].append(resize(picture))
            good.append(row)
        except (InputError, OSError) as error:
            failed[image] = str(error)
    tensors = {}
    if good:
        tensors = {geometry: torch.from_numpy(np.stack(stack)) for geometry, stack in arrays.items()}
        if pinned and torch.cuda.is_available():
            tensors = {geometry: tensor.pin_memory() for geometry, tensor in tensors.items()}
    return np.array(good, dtype=np.int64), tensors, failed


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _one_thread_each(device: str) -> Iterator[None]:
    """On a CPU the parallelism is over pictures, so torch itself gets one thread; restored afterwards."""
    import torch

    before = torch.get_num_threads()
    try:
        if device == "cpu":
            torch.set_num_threads(1)
        yield
    finally:
        torch.set_num_threads(before)


def _finish(
    checkpoint: Checkpoint,
    journal: Journal,
    images: ImageSet,
    options: Options,
    failures: dict[str, str],
    speed: dict[str, float],
    out: Path | None,
) -> store.Predictions:
    records = journal.records()
    if not len(records):
        reason = next(iter(failures.values()), "there is none")
        raise InputError(f"none of the {len(images)} pictures of {images.name} can be decoded; the first: {reason}")
    predictions = store.from_arrays(
        checkpoint.name,
        images.name,
        [images.images[row] for row in records["row"]],
        records["classes"],
        records["scores"],
        protocol=options.protocol,
        provenance=_provenance(checkpoint, images, options, failures) | speed,
    )
    if out is not None:
        store.write(predictions, out / predictions.file_name)
        _write_failures(out / f"{images.name}--failures.csv", failures)
        journal.close(remove=True)
    return predictions


def _write_failures(path: Path, failures: dict[str, str]) -> None:
    import pandas as pd

    if not failures:
        path.unlink(missing_ok=True)
        return
    table = pd.DataFrame(sorted(failures.items()), columns=["image", "reason"])
    with writing(path) as stream:
        stream.write(table.to_csv(index=False, lineterminator="\n").encode())


def _provenance(checkpoint: Checkpoint, images: ImageSet, options: Options, failures: dict) -> dict:
    import timm
    import torch

    versions = {"workbench": workbench.__version__, "timm": timm.__version__, "torch": str(torch.__version__)}
    where = "cpu" if options.device == "cpu" else torch.cuda.get_device_name(options.device)
    return {
        "key": options.key(checkpoint, images),
        "failures": failures,
        "device": where,
        "machine": platform.machine(),
        "versions": versions,
    }


def _plain(value: object) -> object:
    """As JSON gives it back: tuples become lists."""
    return list(value) if isinstance(value, tuple) else value
