"""One checkpoint's work in a pass: what is there already, what is to be run, and the predictions in the end."""

import platform
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import workbench
from workbench.errors import InputError
from workbench.files import naming, write_file
from workbench.inputs.checkpoints import CLIP, Checkpoint
from workbench.inputs.images import ImageSet
from workbench.predict import journal, pixels, store
from workbench.predict.journal import Journal
from workbench.predict.options import PRECISIONS, Options
from workbench.predict.store import Predictions

if TYPE_CHECKING:
    from workbench.predict.runner import Runner


class Work:
    """A checkpoint, its journal, its runner; `has` says of each row if the journal held it. Raises as `Journal`."""

    runner: "Runner"

    def __init__(self, checkpoint: Checkpoint, images: ImageSet, options: Options) -> None:
        self.checkpoint, self.images, self.options = checkpoint, images, options
        self.key, self.file = options.key(checkpoint, images), options.file(checkpoint, images)
        self.geometry = pixels.geometry(checkpoint.input, options.protocol)
        with self._naming():
            self.journal = Journal(self.file, self.key)
        self.has = np.isin(np.arange(len(images)), self.journal.records()["row"])

    def prepare(self) -> None:
        """Put the checkpoint on its device, compiled where the options say so."""
        from workbench.predict.runner import Runner

        self.runner = Runner(self.checkpoint, self.options)
        if self.key["compiled"]:
            self.runner.compile()

    def keep(self, rows: np.ndarray, classes: np.ndarray, scores: np.ndarray) -> None:
        """Put new rows into the journal. Raises `InputError` for scores that are no numbers."""
        if not np.isfinite(scores).all():
            seen = f"{self.checkpoint.name} gives NaN or infinite outputs in {self.options.precision}"
            raise InputError(f"{seen}; try --precision fp32. What was finished before is kept")
        new = ~self.has[rows]
        with self._naming():
            self.journal.append(rows[new], classes[new], scores[new])

    def finish(self, failures: dict[str, str], speed: dict[str, float], made_by: dict | None = None) -> Predictions:
        """The predictions, which take the journal's place; raises `InputError` where no picture has any.

        `made_by`: the facts of the machine that made them, where that is another.
        """
        records, images = self.journal.records(), self.images
        if not len(records):
            reason = next(iter(failures.values()), "there is none")
            raise InputError(
                f"none of the {len(images)} pictures of {images.name} can be read and decoded; the first: {reason}"
            )
        ids = [images.images[row] for row in records["row"]]
        made_by = made_by or machine(self.options.device, self.checkpoint.name)
        provenance = {"key": self.key, "pixels": self.options.pixels, "failures": failures} | made_by | speed
        how = {"protocol": self.options.protocol, "provenance": provenance}
        results = (records["classes"], records["scores"])
        predictions = store.from_arrays(self.checkpoint.name, images.name, ids, *results, **how)
        if self.file is not None:
            store.write(predictions, self.file)
            write_failures(self.file.with_name(f"{images.name}--failures.csv"), failures)
            self.journal.close(remove=True)
        return predictions

    def close(self) -> None:
        """Let go of the journal."""
        with self._naming():
            self.journal.close()

    def _naming(self) -> AbstractContextManager:
        return nullcontext() if self.file is None else naming(journal.path_of(self.file))


def as_begun(checkpoint: Checkpoint, images: ImageSet, options: Options) -> Options:
    """The options, in the precision of what an earlier run left where the machine is to choose it: another machine may
    choose another, and the run goes on as it began.
    """
    file = options.file(checkpoint, images)
    if not options.auto or options.restart or file is None:
        return options
    is_made = file.is_file() and not journal.restarts(file)
    key = store.read(file).provenance.get("key", {}) if is_made else journal.begun(file)
    precision = key.get("precision")
    return replace(options, precision=precision) if precision in PRECISIONS else options


def finished(checkpoint: Checkpoint, images: ImageSet, options: Options) -> Predictions | None:
    """What a complete file of exactly these settings holds. Raises `InputError` for one that was made with others."""
    file = options.file(checkpoint, images)
    if file is None or not file.is_file() or journal.restarts(file):
        return None
    predictions = store.read(file)
    if difference := journal.differences(predictions.provenance.get("key", {}), options.key(checkpoint, images)):
        seen = f"{file} was made with other settings ({difference})"
        raise InputError(f"{seen}; choose another --out, or replace it with --restart")
    journal.clear(file)
    return predictions


def write_failures(path: Path, failures: dict[str, str]) -> None:
    """Write which pictures have no result, with the reason, as a table; without any, remove the one that is there."""
    import pandas as pd

    if not failures:
        path.unlink(missing_ok=True)
        return
    table = pd.DataFrame(sorted(failures.items()), columns=["image", "reason"])
    write_file(path, table.to_csv(index=False, lineterminator="\n"))


def machine(device: str, checkpoint: str) -> dict:
    """Device, processor and versions that made predictions, as their provenance tells it."""
    import torch

    libraries = ("timm", "torch", *(["open_clip"] if checkpoint.startswith(CLIP) else []))
    versions = {name: str(import_module(name).__version__) for name in libraries}
    return {
        "device": "cpu" if device == "cpu" else torch.cuda.get_device_name(device),
        "machine": platform.machine(),
        "versions": {"workbench": workbench.__version__} | versions,
    }
