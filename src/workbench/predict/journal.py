"""Results on their way to a predictions file: appended as they come, so that a killed run goes on where it stopped.

One file per checkpoint, in ``.partial`` beside the predictions: a line of JSON with the key of the run, then
one record of fixed size per picture. A record that a kill cut short is dropped at the next start.
"""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from workbench.errors import DamagedFileError, InputError
from workbench.files import lock

EVERY = 512  # records between two fsyncs: a power cut loses no more than that; a killed process loses nothing written


class Journal:
    """Rows of results: `rows` (n,), `classes` (n, k), `scores` (n, k). Without a path they stay in memory."""

    def __init__(self, path: Path | None, key: dict, topk: int, *, restart: bool = False) -> None:
        self.record = np.dtype([("row", "<u4"), ("classes", "<u2", (topk,)), ("scores", "<f4", (topk,))])
        self.path, self.key = path, key
        self.found = np.empty(0, self.record)
        self.fresh: list[np.ndarray] = []
        self._stream: Any = None
        self._lock: Any = None
        self._unsynced = 0
        if path is not None:
            self._open(restart)

    def done(self) -> np.ndarray:
        """Rows that have a result."""
        return self.records()["row"]

    def append(self, rows: np.ndarray, classes: np.ndarray, scores: np.ndarray) -> None:
        """Add results; they are in the file when this returns."""
        records = np.empty(len(rows), self.record)
        records["row"], records["classes"], records["scores"] = rows, classes, scores
        self.fresh.append(records)
        if self._stream is not None:
            self._stream.write(records.tobytes())
            self._stream.flush()
            self._unsynced += len(rows)
            if self._unsynced >= EVERY:
                os.fsync(self._stream.fileno())
                self._unsynced = 0

    def records(self) -> np.ndarray:
        """All results, in order of their rows."""
        records = np.concatenate([self.found, *self.fresh])
        return records[np.argsort(records["row"], kind="stable")]

    def close(self, *, remove: bool = False) -> None:
        """Let go of the file; `remove` it when its contents are in a predictions file."""
        if self._stream is not None and self.path is not None:
            self._stream.close()
            if remove:
                self.clear(self.path)
            self._lock.close()
            self._stream = self._lock = None

    @staticmethod
    def clear(path: Path) -> None:
        """Remove what a kill left between writing a predictions file and removing its journal."""
        for left in (path, path.with_suffix(".lock")):
            left.unlink(missing_ok=True)
        if path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()

    @property
    def _lock_path(self) -> Path:
        assert self.path is not None
        return self.path.with_suffix(".lock")

    def _open(self, restart: bool) -> None:
        assert self.path is not None
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = lock(self._lock_path, self.path, "wait for it, or choose another --out")
        header = json.dumps(self.key, sort_keys=True).encode() + b"\n"
        data = b"" if restart or not self.path.exists() else self.path.read_bytes()
        line, newline, body = data.partition(b"\n")
        try:
            old = json.loads(line) if newline else self.key
        except ValueError as error:
            self._lock.close()
            raise DamagedFileError(f"{self.path} is no journal of a run ({error}); drop it with --restart") from error
        if difference := differences(old, self.key):
            self._lock.close()
            raise InputError(
                f"{self.path} holds an unfinished run with other settings ({difference}); finish it with those, "
                "choose another --out, or drop it with --restart"
            )
        whole = len(body) // self.record.itemsize if newline else 0
        self.found = np.frombuffer(body, self.record, count=whole)
        self._stream = self.path.open("r+b" if newline else "wb")
        if newline:
            self._stream.truncate(len(line) + 1 + whole * self.record.itemsize)
            self._stream.seek(0, os.SEEK_END)
        else:
            self._stream.write(header)
            self._stream.flush()


def differences(old: dict, new: dict) -> str:
    """What differs between two keys, in words; empty where they are equal.

    >>> differences({"precision": "fp32", "topk": 5}, {"precision": "bf16", "topk": 5})
    'precision was fp32, now bf16'
    """
    names = [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
    return ", ".join(f"{name} was {_short(old.get(name))}, now {_short(new.get(name))}" for name in names)


def _short(value: object) -> str:
    return text if len(text := str(value)) <= 40 else f"{text[:12]}…"
