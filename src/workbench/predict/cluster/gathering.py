"""Gathering: what shards there are of each checkpoint, what is lacking, and the predictions file when none is."""

import warnings
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from workbench.errors import DamagedFileError, InputError
from workbench.files import digest
from workbench.inputs.checkpoints import Checkpoint
from workbench.inputs.images import ImageSet
from workbench.predict import journal, pixels, work
from workbench.predict.cluster import shards, units
from workbench.predict.cluster.shards import Receipt, Shard
from workbench.predict.cluster.units import Unit
from workbench.predict.options import Options
from workbench.predict.store import Predictions
from workbench.predict.work import Work


class Gathering:
    """The works of a run with their locks held, until the block ends; the shards that were there are counted.

    `checkpoints`: what is asked for -> the checkpoint without its model. `shared`: what makes checkpoints go together.
    """

    def __init__(self, checkpoints: Mapping[str, Checkpoint], images: ImageSet, options: Options) -> None:
        self.images, self.failures = images, dict[str, str]()
        self.shared: dict[str, tuple] = {}
        self.refused: dict[str, Exception] = {}
        self.total = self._finished = 0
        self._made: dict[str, Predictions | None] = {}
        self._works: dict[str, Work] = {}
        self._receipts: dict[str, list[Receipt]] = {}
        self._settled: dict[str, np.ndarray] = {}
        ways = {name: work.as_begun(one, images, options) for name, one in checkpoints.items()}
        if options.restart:
            keyed = ((ways[name], one) for name, one in checkpoints.items())
            files = ((way.file(one, images), way.key(one, images)) for way, one in keyed)
            journal.restart({file: key for file, key in files if file is not None})
        _allow_files(4 * len(checkpoints) + 512)
        try:
            for name, one in checkpoints.items():
                self._made[name] = work.finished(one, images, ways[name])
                if self._made[name] is None:
                    self._begin(name, Work(one, images, ways[name]))
        except BaseException:
            self.__exit__(None, None, None)
            raise

    def __enter__(self) -> "Gathering":
        return self

    def __exit__(self, *error: object) -> None:
        for one in self._works.values():
            one.close()

    @property
    def done(self) -> int:
        """Predictions that are settled, of `total`."""
        return self._finished + sum(int(rows.sum()) for rows in self._settled.values())

    def groups(self) -> set[tuple]:
        """What checkpoints have in common, each once."""
        return {*self.shared.values()}

    def lacking(self) -> dict[str, np.ndarray]:
        """Of each checkpoint that is not finished, the rows that no shard settles."""
        return {name: ~rows for name, rows in self._settled.items() if not rows.all()}

    def take(self, unit: Unit, receipts: list[Receipt], step: int) -> list[Unit]:
        """Count a unit's shards, finish what is complete, and give the units that damaged shards make necessary."""
        again = {}
        for name, receipt in zip(unit.names, receipts, strict=True):
            if name not in self._works or name in self.refused:
                continue  # finished by another copy of the unit
            one = self._works[name]
            if receipt.key != digest(one.key):
                seen = f"a worker made {receipt.path} with other weights, pictures or settings than the rest"
                self.refused[name] = InputError(seen)
                continue
            self._receipts[name].append(receipt)
            self._settled[name][receipt.start : receipt.stop] = True
            if self._settled[name].all() and not self._finish(name):
                again[name] = ~self._settled[name]
        return units.plan(again, self.shared, step, units.TOGETHER)

    def predictions(self) -> list[Predictions]:
        """What is complete, in the order in which it was asked for."""
        return [one for one in self._made.values() if one is not None]

    def _begin(self, name: str, one: Work) -> None:
        self._works[name], self._settled[name] = one, one.has.copy()
        self.shared[name] = (pixels.geometry(one.checkpoint.input, one.options.protocol), one.options.precision)
        self.total += len(self.images)
        if one.file is None:
            raise InputError("a run on a cluster needs a folder for its files; give out")
        self._receipts[name], wrong = shards.left(one.file, one.key)
        for why in wrong:
            warnings.warn(why, stacklevel=5)
        for receipt in self._receipts[name]:
            self._settled[name][receipt.start : receipt.stop] = True
        if self._settled[name].all():
            self._finish(name)

    def _finish(self, name: str) -> bool:
        """Write a checkpoint's predictions file from its shards; where one is damaged, unsettle its rows instead."""
        one, whole, parts = self._works[name], True, []
        for receipt in self._receipts[name]:
            try:
                shard = shards.read(Path(receipt.path))
                parts.append((receipt, shard))
            except (DamagedFileError, OSError) as error:
                warnings.warn(str(error), stacklevel=5)
                Path(receipt.path).unlink(missing_ok=True)
                whole = False
        self._receipts[name] = [receipt for receipt, _ in parts]
        if not whole:
            self._settled[name] = one.has.copy()
            for receipt in self._receipts[name]:
                self._settled[name][receipt.start : receipt.stop] = True
            return False
        self._made[name] = self._written(name, one, [shard for _, shard in parts])
        return True

    def _written(self, name: str, one: Work, parts: list[Shard]) -> Predictions:
        seconds, failures, left = sum(part.head["seconds"] for part in parts), {}, ~one.has
        for part in parts:
            records = part.records[left[part.records["row"]]]  # two runs may have cut the pictures at other places
            left[records["row"]] = False
            one.keep(records["row"], records["classes"], records["scores"])
            failures |= part.head["failures"]
        self.failures |= failures
        speed = {"seconds": round(seconds, 3), "images_per_second": round(len(self.images) / max(seconds, 1e-3), 1)}
        made = one.finish(failures, speed, parts[0].head["machine"] | {"workers": _workers(parts)} if parts else None)
        one.close()
        self._finished += len(self.images)
        del self._works[name], self._settled[name], self._receipts[name]
        return made


def _workers(parts: list[Shard]) -> list[str]:
    return sorted({part.head["host"] for part in parts})


def _allow_files(n: int) -> None:
    """Each unfinished checkpoint holds a journal and its lock open: let this process have so many files."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < n:
            resource.setrlimit(resource.RLIMIT_NOFILE, (n if hard == resource.RLIM_INFINITY else min(n, hard), hard))
