"""The flow of one pass: pictures in, every checkpoint's results out, in order and within bounded memory."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np

from workbench.errors import InputError
from workbench.inputs.checkpoints import Checkpoint
from workbench.inputs.images import ImageSet, decode
from workbench.predict import pixels, runner
from workbench.predict.options import Options, cores


def ready(checkpoint: Checkpoint, options: Options, n_images: int) -> runner.Runner:
    """A checkpoint on its device, compiled where the options say so."""
    made = runner.Runner(checkpoint, options.device, options.precision, options.chunk, options.topk)
    if options.compiles(n_images):
        made.compile()
    return made


def batches(runners: Sequence[runner.Runner], images: ImageSet, todo: np.ndarray, options: Options) -> Iterator:
    """For each group of rows, in order: the decoded rows, every runner's result for them, and the failures."""
    protocol, on_cpu = options.protocol, options.device == "cpu"
    geometries = [pixels.geometry(one.checkpoint.input, protocol) for one in runners]
    resizers = {geometry: pixels.resizer(geometry) for geometry in dict.fromkeys(geometries)}

    def prepare(rows: np.ndarray):
        good, inputs, failed = read(images, rows, resizers, pinned=not on_cpu)
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


def read(
    images: ImageSet, rows: np.ndarray, resizers: dict, *, pinned: bool
) -> tuple[np.ndarray, dict, dict[str, str]]:
    """Rows that decode, their pixels for each geometry as uint8 tensors (n, height, width, 3), and the failures."""
    import torch

    good, failed = [], {}
    arrays: dict = {geometry: [] for geometry in resizers}
    for row in rows:
        image = images.images[row]
        try:
            picture = decode(images.read(image), image)
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


@contextmanager
def one_thread_each(device: str) -> Iterator[None]:
    """On a CPU the parallelism is over pictures, so torch itself gets one thread; restored afterwards."""
    import torch

    before = torch.get_num_threads()
    try:
        if device == "cpu":
            torch.set_num_threads(1)
        yield
    finally:
        torch.set_num_threads(before)
