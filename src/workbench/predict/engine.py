"""The engine: checkpoints x pictures -> predictions, decoded once, never lost.

In one pass every picture is decoded once and resized once for each distinct input; the pixels go through all
checkpoints that share it. On a CPU, one thread per core does all of it for its own pictures, the model
computing on that one core: nothing waits and nothing is oversubscribed. On a GPU the threads decode ahead,
and the device is kept one batch behind the host.
"""

import time
import warnings
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import psutil

from workbench.errors import InputError, WorkbenchError
from workbench.inputs.checkpoints import CLIP, Checkpoint, load
from workbench.inputs.images import ImageSet
from workbench.predict import flow, journal, work
from workbench.predict.options import Options, decided
from workbench.predict.store import Predictions
from workbench.predict.work import Work
from workbench.progress import Event, Listener, silent, telling


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
    pixels: str = "exact",
    out: str | Path | None = None,
    restart: bool = False,
    on_event: Listener = silent,
) -> list[Predictions]:
    """Predict the `topk` best classes of every picture with every checkpoint.

    With `out`, each checkpoint's predictions become a file there, an interrupted call goes on where it
    stopped, and a file that is complete is read instead of made. With `restart` all are made anew; where that was
    killed, it goes on, whether asked for again or not. `protocol` is ``resize`` ("Re-assessing ImageNet",
    appendix B: straight to the input size, no crop) or ``crop`` (the checkpoint's
    own timm evaluation transform). `pixels` are ``exact``, timm's own, or ``fast``, nearly so
    (:mod:`workbench.predict.pixels.resizing`). `batch_size` is how many pictures go through a GPU at a time; on a CPU a
    core takes eight. A kill repeats at most what was under way: 16 pictures a core, or two batches on a GPU.
    Pictures that cannot be read, or decoded and resized within `memory.LIMIT`, are left out and listed in
    ``provenance["failures"]``.

    Raises `InputError` for options that cannot be, for a file that was made with other settings, for NaN
    outputs and where no picture can be decoded; `MissingSourceError` where a checkpoint's weights cannot be
    had.
    """
    options = decided(Options(protocol, precision, device, batch_size, topk, compile, out, restart, pixels))
    passes, keys = _passes(checkpoints, images, options, on_event)
    if restart:
        journal.restart({file: key for file, key in keys.items() if file is not None})
    results = []
    for number, group in enumerate(passes, start=1):
        results += _run_pass(group, images, options, {"number": number, "passes": len(passes)}, on_event)
    return results


def _passes(
    checkpoints: Iterable[str | Checkpoint], images: ImageSet, options: Options, on_event: Listener
) -> tuple[list[list[str | Checkpoint]], dict[Path | None, dict]]:
    """Checkpoints in groups that fit into memory together, and the key of each one's file.

    The first group is loaded, the others wait as names.

    Every checkpoint is loaded once before anything runs, so that what cannot be had is told at the start, each once:
    with a warning, and by raising the last where none remains.
    """
    passes: list[list[str | Checkpoint]] = [[]]
    used, budget = 0, memory_budget(options.device)
    errors: list[WorkbenchError] = []
    names: set[str] = set()
    keys: dict[Path | None, dict] = {}
    for one in checkpoints:
        try:
            checkpoint = obtained(one, options, on_event)
        except WorkbenchError as caught:
            errors.append(caught)
            continue
        if checkpoint.name in names:
            raise InputError(f"two checkpoints are called {checkpoint.name!r}; give each a name of its own")
        names.add(checkpoint.name)
        keys[options.file(checkpoint, images)] = options.key(checkpoint, images)
        size = sum(tensor.nbytes for tensor in checkpoint.model.state_dict().values())
        if passes[-1] and used + size > budget:
            passes.append([])
            used = 0
        used += size
        passes[-1].append(checkpoint if len(passes) == 1 else one)
    last = None if passes[0] else (errors or [InputError("no checkpoint was given; name at least one")]).pop()
    for error in errors:
        warnings.warn(f"left out: {error}", stacklevel=3)
    if last is not None:
        raise last
    return passes, keys


def obtained(one: str | Checkpoint, options: Options, on_event: Listener) -> Checkpoint:
    """A checkpoint, loaded by its name where it is one. Raises as `checkpoints.load`."""
    if isinstance(one, Checkpoint):
        return one
    if one.startswith(CLIP):
        from workbench.predict.zeroshot import checkpoint

        return checkpoint.load(one, device=options.device, on_event=on_event)
    return load(one)


def memory_budget(device: str) -> int:
    """Bytes that the weights of one pass may take: half of what is free; pictures and activations get the rest."""
    import torch

    free = psutil.virtual_memory().available if device == "cpu" else torch.cuda.mem_get_info(device)[0]
    return free // 2


def _run_pass(
    group: list[str | Checkpoint], images: ImageSet, options: Options, place: dict[str, int], on_event: Listener
) -> list[Predictions]:
    loaded = [obtained(one, options, on_event) for one in group]
    group.clear()  # the last hold on this pass's models is here, so that the next one has their memory
    ways = {one.name: work.as_begun(one, images, options) for one in loaded}
    found = {one.name: work.finished(one, images, ways[one.name]) for one in loaded}
    with ExitStack() as stack:
        waiting = [one for one in loaded if found[one.name] is None]
        works = [stack.enter_context(closing(Work(one, images, ways[one.name]))) for one in waiting]
        if works:
            failures, speed = _run(works, images, options, place, on_event)
            found |= {one.checkpoint.name: one.finish(failures, speed) for one in works}
    return [one for one in found.values() if one is not None]


def _run(
    works: Sequence[Work], images: ImageSet, options: Options, place: dict[str, int], on_event: Listener
) -> tuple[dict[str, str], dict[str, float]]:
    """Run every picture that some work lacks; the pictures that cannot be decoded, and how fast the others went."""
    todo, total, started = flow.lacking(works), len(images), time.perf_counter()
    names = [one.checkpoint.name for one in works]
    done = before = total - len(todo)
    failures: dict[str, str] = {}

    def facts(event: str, **more: object) -> dict:
        return place | {"event": event, "checkpoints": names, "done": done} | more

    begin = Event(_words(names, **place), done=done, total=total, unit="img", facts=facts("pass", total=total))
    with flow.one_thread_each(options.device), telling(on_event, begin) as tell:
        for one in works:
            one.prepare()
        for batch in flow.run(works, images, todo, options):
            done += len(batch.rows) + len(batch.failures)
            failures |= batch.failures
            rate = (done - before) / (time.perf_counter() - started)
            speed = {"images_per_second": round(rate, 1), "seconds_left": round((total - done) / rate, 1)}
            tell(done=done, facts=facts("progress", total=total, failures=len(failures), **speed))
        tell("end", facts=facts("pass finished", failures=len(failures)))
    seconds = time.perf_counter() - started
    return failures, {"seconds": round(seconds, 3), "images_per_second": round((done - before) / seconds, 1)}


def _words(names: list[str], number: int, passes: int) -> str:
    what = names[0] if len(names) == 1 else f"{len(names)} checkpoints"
    return f"pass {number} of {passes}: {what}" if passes > 1 else what
