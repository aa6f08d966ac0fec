"""Results on their way to a predictions file: appended as they come, so that a killed run goes on where it stopped.

One file per checkpoint, in ``.partial`` beside the predictions: a line of JSON with the key of the run, then
one record of fixed size per picture. A record that a kill cut short is dropped at the next start.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from workbench.errors import DamagedFileError, InputError
from workbench.files import lock

EVERY = 512  # records between two fsyncs: a power cut loses no more than that; a killed process loses nothing written


class Log:
    """The file behind a journal: a line of JSON with the key of a run, then a body that is only appended to.

    `whole` says how many bytes of a body are whole records; `body` holds those that were there. Without a target there
    is no file; `restart` drops what is there. One thread may write at a time. Raises as :class:`Journal`.
    """

    def __init__(self, target: Path | None, key: dict, whole: Callable[[bytes], int], *, restart: bool = False) -> None:
        self.target: Any = target
        self.body = b""
        self._stream: Any = None
        self._unsynced = 0
        if target is not None:
            path = path_of(target)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = lock(path.with_suffix(".lock"), path, "wait for it, or choose another --out")
            try:
                self._open(path, json.dumps(key, sort_keys=True).encode(), whole, restart)
            except BaseException:
                self._lock.close()
                raise

    def _open(self, path: Path, header: bytes, whole: Callable[[bytes], int], restart: bool) -> None:
        data = b"" if restart or not path.exists() else path.read_bytes()
        line, newline, body = data.partition(b"\n")
        if not newline:  # there is none, or a kill cut its header short
            line, body = header, b""
        try:
            difference = differences(json.loads(line), json.loads(header))
        except (ValueError, AttributeError) as error:  # no JSON, or no dictionary
            raise DamagedFileError(f"{path} is no journal of a run ({error}); drop it with --restart") from error
        if difference:
            seen = f"{path} holds an unfinished run with other settings ({difference})"
            raise InputError(f"{seen}; finish it with those, choose another --out, or drop it with --restart")
        self.body = body[: whole(body)]
        self._stream = path.open("r+b" if newline else "wb")
        self._stream.write(line + b"\n")
        self._stream.seek(len(self.body), os.SEEK_CUR)
        self._stream.truncate()
        self._stream.flush()

    def append(self, data: bytes, n: int = 1) -> None:
        """Add `n` records; they are in the file when this returns."""
        if self._stream is not None:
            self._stream.write(data)
            self._stream.flush()
            self._unsynced += n
            if self._unsynced >= EVERY:
                os.fsync(self._stream.fileno())
                self._unsynced = 0

    def close(self, *, remove: bool = False) -> None:
        """Let go of the file; `remove` it when its contents are in their final file."""
        if self._stream is not None:
            stream, self._stream = self._stream, None
            try:
                stream.close()  # raises again where the disk is full
                if remove:
                    clear(self.target)
            finally:
                self._lock.close()


class Journal:
    """Rows of results for the predictions file `target`: `rows` (n,), `classes` (n, k), `scores` (n, k).

    Without a target they stay in memory; `restart` drops what is there. Raises `InputError` where another process has
    it or it is of another key, `DamagedFileError` where it is no journal.
    """

    def __init__(self, target: Path | None, key: dict, *, restart: bool = False) -> None:
        k = key["topk"]
        self.record = np.dtype([("row", "<u4"), ("classes", "<u2", (k,)), ("scores", "<f4", (k,))])
        size = self.record.itemsize
        self._log = Log(target, key, lambda body: len(body) // size * size, restart=restart)
        self._parts = [np.frombuffer(self._log.body, self.record)]

    def append(self, rows: np.ndarray, classes: np.ndarray, scores: np.ndarray) -> None:
        """Add results; they are in the file when this returns."""
        records = np.empty(len(rows), self.record)
        records["row"], records["classes"], records["scores"] = rows, classes, scores
        self._parts.append(records)
        self._log.append(records.tobytes(), len(records))

    def records(self) -> np.ndarray:
        """All results, in order of their rows."""
        records = np.concatenate(self._parts)
        return records[np.argsort(records["row"], kind="stable")]

    def close(self, *, remove: bool = False) -> None:
        """Let go of the file; `remove` it when its contents are in a predictions file."""
        self._log.close(remove=remove)


def path_of(target: Path) -> Path:
    """Where the journal of a predictions file lies."""
    return target.parent / ".partial" / target.with_suffix(".journal").name


def begun(target: Path) -> dict:
    """The key of the unfinished run of a predictions file; empty where there is none, or none that can be read."""
    try:
        with path_of(target).open("rb") as stream:
            key = json.loads(stream.readline())
    except (OSError, ValueError):
        return {}
    return key if isinstance(key, dict) else {}


def clear(target: Path) -> None:
    """Remove the journal of a predictions file; one may be left by a kill between writing that file and this."""
    path = path_of(target)
    for left in (path, path.with_suffix(".lock")):
        left.unlink(missing_ok=True)
    if path.parent.is_dir() and not any(path.parent.iterdir()):
        path.parent.rmdir()


def differences(old: dict, new: dict) -> str:
    """What differs between two keys, in words; empty where they are equal.

    >>> differences({"precision": "fp32", "topk": 5}, {"precision": "bf16", "topk": 5})
    'precision was fp32, now bf16'
    """
    names = [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
    return ", ".join(f"{name} was {_short(old.get(name))}, now {_short(new.get(name))}" for name in names)


def _short(value: object) -> str:
    return text if len(text := str(value)) <= 40 else f"{text[:12]}…"
