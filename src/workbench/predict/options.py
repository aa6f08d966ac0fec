"""How to run: checked options, and the key of what predictions depend on."""

import hashlib
import os
from dataclasses import dataclass

from workbench.errors import InputError
from workbench.inputs.checkpoints import Checkpoint
from workbench.inputs.classes import N_CLASSES
from workbench.inputs.images import ImageSet
from workbench.predict import runner, store

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


def checked(protocol: str, precision: str, device: str, batch_size: int | None, topk: int, compile: str) -> Options:
    """Options with every ``auto`` decided for this machine. Raises `InputError` for a value that cannot be."""
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


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _plain(value: object) -> object:
    """As JSON gives it back: tuples become lists."""
    return list(value) if isinstance(value, tuple) else value
