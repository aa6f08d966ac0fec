"""The flow of one pass: pictures in, every checkpoint's results kept, in order and within bounded memory."""

import ctypes
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from queue import Empty, SimpleQueue
from threading import Event, Thread

import numpy as np

from workbench.inputs.images import ImageSet
from workbench.predict import pixels
from workbench.predict.options import Options, cores
from workbench.predict.pixels import Batch
from workbench.predict.pixels.resizing import is_fast, resizer
from workbench.predict.work import Work


def lacking(works: Sequence[Work]) -> np.ndarray:
    """Rows that some work lacks."""
    return np.flatnonzero(~np.logical_and.reduce([work.has for work in works]))


def run(works: Sequence[Work], images: ImageSet, todo: np.ndarray, options: Options) -> Iterator[Batch]:
    """Run rows through every checkpoint and keep the results; each batch comes when its results are kept."""
    if options.pixels == "fast" and (odd := [work.checkpoint.name for work in works if not is_fast(work.geometry)]):
        warnings.warn(
            f"pixels stay exact for {', '.join(odd)}: no faster way is known for their transform", stacklevel=2
        )
    resizers = {
        geometry: resizer(geometry, options.pixels) for geometry in dict.fromkeys(work.geometry for work in works)
    }

    read = partial(pixels.read, images, resizers, pinned=options.device.startswith("cuda"))

    def compute(batch: Batch) -> tuple[Batch, list]:
        return batch, [work.runner(batch.pixels[work.geometry]) for work in works if len(batch.rows)]

    # Threads on the CPU each take a chunk all the way; those that feed a GPU each decode a whole batch.
    groups = [todo[start : start + options.chunk] for start in range(0, len(todo), options.chunk)]
    if options.device == "cpu":
        computed = ahead(lambda rows: compute(read(rows)), groups, cores())
    else:
        # The device works on a batch while the host keeps the one before.
        computed = _one_behind(map(compute, ahead(read, groups, cores())))
    for batch, results in computed:
        for work, result in zip(works, results, strict=False):  # a batch of broken pictures has no results
            classes, scores = (tensor.cpu().numpy() for tensor in result)
            work.keep(batch.rows, classes, scores)
        yield batch


def ahead(do: Callable, items: Sequence, workers: int) -> Iterator:
    """Results of ``do(item)`` in order, `workers` at a time and at most twice as many begun: memory stays bounded."""
    with ThreadPoolExecutor(workers) as pool:
        begun: deque[Future] = deque()
        try:
            for item in items:
                begun.append(pool.submit(do, item))
                if len(begun) >= 2 * workers:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def as_they_come(do: Callable, items: Sequence, workers: int) -> Iterator:
    """Results of ``do(item)``, `workers` at a time, each when it comes; with one worker, in this thread.

    After an error no more is begun, and those under way are waited for; an interrupt waits for nothing, not even at the
    process's end.
    """
    if workers == 1:
        yield from map(do, items)
        return
    todo, done, over = SimpleQueue(), SimpleQueue(), Event()
    for item in items:
        todo.put(item)

    given = (do, todo, done, over)
    threads = [Thread(target=_work, args=given, daemon=True) for _ in range(min(workers, len(items)))]
    for thread in threads:
        thread.start()
    try:
        for _ in items:
            result, error = done.get()
            if error is not None:
                raise error
            yield result
    except Exception:
        over.set()
        for thread in threads:
            thread.join()
        raise
    finally:
        over.set()


def _work(do: Callable, todo: SimpleQueue, done: SimpleQueue, over: Event) -> None:
    """Do what is to be done, until nothing is or an error comes, which is raised where the results are waited for."""
    with suppress(Empty):
        while not over.is_set():
            item = todo.get_nowait()
            try:
                done.put((do(item), None))
            except BaseException as error:
                over.set()
                done.put((None, error))


def _one_behind(items: Iterable) -> Iterator:
    """The same items, each when the next one is begun."""
    waiting = []
    for item in items:
        yield from waiting
        waiting = [item]
    yield from waiting


@contextmanager
def one_thread_each(device: str) -> Iterator[None]:
    """On a CPU the parallelism is over pictures, so torch itself gets one thread; restored afterwards."""
    import torch

    before = torch.get_num_threads()
    try:
        if device == "cpu":
            torch.set_num_threads(1)
            keep_memory()
        yield
    finally:
        torch.set_num_threads(before)
        free_memory()


def keep_memory() -> None:
    """Have glibc use the memory of a layer's outputs for the next ones.

    Else it gives them back to the system each time, and a third of a small model's time goes into new, zeroed pages:
    most of all in dask's workers, whose environment has it trim at 64 kB.
    """
    with suppress(AttributeError, OSError, TypeError):  # no glibc
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(-1, 2**30)  # M_TRIM_THRESHOLD
        mallopt(-2, 2**26)  # M_TOP_PAD, the size of a thread's heap: it is not given back either
        if not mallopt(-3, 2**30):  # M_MMAP_THRESHOLD
            mallopt(-3, 2**25)  # older versions take no more


def free_memory() -> None:
    """Give the system what is free."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
