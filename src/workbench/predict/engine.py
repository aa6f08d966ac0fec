"""The engine: checkpoints x pictures -> predictions, decoded once, never lost.

In one pass every picture is decoded once and resized once for each distinct input; the pixels go through all
checkpoints that share it. On a CPU, one thread per core does all of it for its own pictures, the model
computing on that one core: nothing waits and nothing is oversubscribed. On a GPU the threads decode ahead,
and the device is kept one batch behind the host.
"""

import platform
import time
import warnings
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import psutil

import workbench
from workbench.errors import InputError, WorkbenchError
from workbench.files import writing
from workbench.inputs import checkpoints as ckpt
from workbench.inputs.checkpoints import Checkpoint
from workbench.inputs.images import ImageSet
from workbench.predict import store
from workbench.predict.flow import batches, one_thread_each, ready
from workbench.predict.journal import Journal, differences
from workbench.predict.options import Options, checked
from workbench.progress import Listener


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
    options = checked(protocol, precision, device, batch_size, topk, compile)
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
    with one_thread_each(options.device):
        runners = [ready(checkpoint, options, len(images)) for checkpoint in checkpoints]
        for rows, results, failed in batches(runners, images, todo, options):
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
