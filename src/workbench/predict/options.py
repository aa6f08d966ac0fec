"""How to run: options, and the key of what predictions depend on."""

import hashlib
import os
import time
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from workbench.errors import InputError
from workbench.inputs.checkpoints import Checkpoint
from workbench.inputs.classes import N_CLASSES
from workbench.inputs.images import ImageSet
from workbench.predict import store
from workbench.predict.pixels.resizing import PIXELS

PRECISIONS = ("auto", "fp32", "bf16", "fp16")
COMPILE_PAYS_FROM = 300  # pictures: tracing costs about as much as 100, and makes the rest a third faster
CPU_CHUNK = 8  # pictures through a model at a time on one core: larger ones fall out of its cache
GPU_BATCH = 128


@dataclass(frozen=True)
class Options:
    """How to run, `out` being the folder of the files; everything that changes predictions is in :meth:`key`."""

    protocol: str
    precision: str
    device: str
    batch_size: int | None
    topk: int
    compile: str
    out: str | Path | None = None
    restart: bool = False
    pixels: str = "exact"
    auto: bool = False  # the machine chose the precision: a run that began in another goes on in that

    @property
    def chunk(self) -> int:
        """Pictures through a model at a time."""
        return CPU_CHUNK if self.device == "cpu" else self.batch_size or GPU_BATCH

    def compiles(self, n_images: int) -> bool:
        """Whether to compile: by the number of all pictures, not of those left, so that a run goes on as it began."""
        return self.compile == "on" or (self.compile == "auto" and n_images >= COMPILE_PAYS_FROM)

    def file(self, checkpoint: Checkpoint, images: ImageSet) -> Path | None:
        """Where the predictions of a checkpoint go."""
        name = store.file_name(checkpoint.name, images.name, self.protocol)
        return None if self.out is None else Path(self.out) / name

    def key(self, checkpoint: Checkpoint, images: ImageSet) -> dict:
        """What a file's predictions depend on: another key never continues or replaces it silently."""
        names = ("input_size", "interpolation", "mean", "std", "crop_pct", "crop_mode")
        seen = {name: checkpoint.input.get(name) for name in names} | checkpoint.choices
        how = {} if self.pixels == "exact" else {"pixels": self.pixels}  # exact is what a key without it means
        return (
            {
                "checkpoint": checkpoint.name,
                "weights_sha256": checkpoint.sha256,
                "image_set": images.name,
                "images_sha256": hashlib.sha256("\n".join(images.images).encode()).hexdigest(),
                "protocol": self.protocol,
                "precision": self.precision,
                "device": self.device.split(":")[0],
                "topk": self.topk,
                "compiled": checkpoint.traces and self.compiles(len(images)),
            }
            | how
            | {name: list(one) if isinstance(one, tuple) else one for name, one in seen.items()}
        )  # as JSON gives it back


def decided(options: Options) -> Options:
    """The same with every ``auto`` decided for this machine. Raises `InputError` for a value that cannot be."""
    checked(options)
    device = pick_device(options.device)
    auto, precision = options.precision == "auto", pick_precision(options.precision, device)
    return replace(options, device=device, precision=precision, auto=auto)


def checked(options: Options) -> None:
    """Raise `InputError` for a value that can be on no machine."""
    choices = {"protocol": store.PROTOCOLS, "precision": PRECISIONS, "compile": ("auto", "on", "off"), "pixels": PIXELS}
    for name, known in choices.items():
        if (value := getattr(options, name)) not in known:
            raise InputError(f"{name} is {value!r}; expected one of {', '.join(known)}")
    if options.batch_size is not None and options.batch_size < 1:
        raise InputError(f"batch size {options.batch_size}; expected 1 or more")
    if not 1 <= options.topk <= N_CLASSES:
        raise InputError(f"topk is {options.topk}; expected 1 to {N_CLASSES}")


def pick_device(device: str) -> str:
    """``auto`` becomes ``cuda:0`` where there is a GPU, else ``cpu``; raises `InputError` for one that is not there."""
    import torch

    gpus = [f"cuda:{number}" for number in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    if device == "auto":
        return gpus[0] if gpus else "cpu"
    if device not in ["cpu", *gpus]:
        raise InputError(f"device is {device!r}; on this machine there is 'cpu'{''.join(f', {gpu!r}' for gpu in gpus)}")
    return device


def pick_precision(precision: str, device: str) -> str:
    """``auto`` becomes bf16 where the device has it (and a CPU is faster in it), else fp16 on a GPU, fp32 on a CPU."""
    import torch

    if precision != "auto":
        return precision
    if device.startswith("cuda"):
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    return "bf16" if has_bf16() and product_seconds("bfloat16") < product_seconds("float32") else "fp32"


def has_bf16() -> bool:
    """Whether this CPU computes in bf16 at all: an Intel without AMX does so at half its rate of fp32."""
    import torch

    has = torch.cpu.get_capabilities()
    return any(has.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))


@cache
def product_seconds(dtype: str) -> float:
    """How long a product of matrices takes here: the shortest of nine, which others on the machine touch least."""
    import torch

    a, b = (torch.ones(shape, dtype=getattr(torch, dtype)) for shape in ((256, 768), (768, 768)))
    seconds = []
    for _ in range(9):
        started = time.perf_counter()
        torch.mm(a, b)
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def cores() -> int:
    """Cores that this process may use; ``WORKBENCH_CORES`` says it of one that shares them with others."""
    if own := os.environ.get("WORKBENCH_CORES"):
        return max(1, int(own))
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
