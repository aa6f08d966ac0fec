"""Results on their way to a predictions file: appended as they come, so that a killed run goes on where it stopped.

One file per checkpoint, in ``.partial`` beside the predictions: a line of JSON with the key of the run and the restart
that it belongs to, then one record of fixed size per picture. Each ends with its CRC-32. A record that a kill cut short
is dropped at the next start, and so is one that is damaged, with a warning.
"""

import json
import os
import shutil
import warnings
import zlib
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import IO, Any

import numpy as np

from workbench.errors import DamagedFileError, InputError
from workbench.files import lock, parse_json, write_file

EVERY = 512  # records between two fsyncs: a power cut loses no more than that; a killed process loses nothing written
_BEFORE = {"pixels": "exact"}  # what a key without it means
_SEAL = len(" 00000000")


class Log:
    """The file behind a journal: a line of JSON with the key of a run, then records that are only appended.

    `size` is that of a record; without one, each is a line. `records` are those that were there, whole and undamaged.
    Without a target there is no file; `restart` drops what is there and names the files that are made anew. One thread
    may write at a time. Raises as :class:`Journal`.
    """

    def __init__(self, target: Path | None, key: dict, size: int | None, *, restart: Iterable[str] = ()) -> None:
        self.target: Any = target
        self.records: list[bytes] = []
        self._end = b"\n" if size is None else b""
        self._stream: Any = None
        self._unsynced = 0
        if target is not None:
            self._lock = _locked(target)
            try:
                if restart:
                    shutil.rmtree(shards_of(target), ignore_errors=True)
                self._open(path_of(target), key, size, sorted(restart))
            except BaseException:
                self._lock.close()
                raise

    def _open(self, path: Path, key: dict, size: int | None, restart: list[str]) -> None:
        data = b"" if restart or not path.exists() else path.read_bytes()
        line, newline, body = data.partition(b"\n")
        if data and not newline:
            warnings.warn(f"{path} is cut off in its first line; what it held is computed again", stacklevel=5)
        if not newline:
            line, body = _sealed(json.dumps({"key": key, "restart": restart}, sort_keys=True).encode()), b""
            write_file(path, line + b"\n")  # whole at once: a restart that is killed stays one
        if difference := differences(_header(path, line)["key"], json.loads(json.dumps(key))):
            seen = f"{path} holds an unfinished run with other settings ({difference})"
            raise InputError(f"{seen}; finish it with those, choose another --out, or drop it with --restart")
        found = _split(body, size)
        self.records = [record[:-_SEAL] for record in found if _is_whole(record)]
        if lost := len(found) - len(self.records):
            warnings.warn(f"{path}: {lost} of {len(found)} results are damaged; they are made again", stacklevel=5)
        kept = b"".join(_sealed(record) + self._end for record in self.records)
        if len(kept) < len(body):
            write_file(path, line + b"\n" + kept)
        self._stream = path.open("ab")

    def append(self, records: Iterable[bytes]) -> None:
        """Add records; they are in the file when this returns."""
        if self._stream is not None:
            sealed = [_sealed(record) + self._end for record in records]
            self._stream.write(b"".join(sealed))
            self._stream.flush()
            self._unsynced += len(sealed)
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
                    _remove(self.target)
            finally:
                self._lock.close()


class Journal:
    """Rows of results for the predictions file `target`: `rows` (n,), `classes` (n, k), `scores` (n, k).

    Without a target they stay in memory. Raises `InputError` where another process has it or it is of another key,
    `DamagedFileError` where its first line is damaged.
    """

    def __init__(self, target: Path | None, key: dict) -> None:
        k = key["topk"]
        self.record = record(k)
        self._log = Log(target, key, self.record.itemsize)
        self._parts = [np.frombuffer(b"".join(self._log.records), self.record)]

    def append(self, rows: np.ndarray, classes: np.ndarray, scores: np.ndarray) -> None:
        """Add results; they are in the file when this returns."""
        records = np.empty(len(rows), self.record)
        records["row"], records["classes"], records["scores"] = rows, classes, scores
        self._parts.append(records)
        self._log.append(record.tobytes() for record in records)

    def records(self) -> np.ndarray:
        """All results, in order of their rows."""
        records = np.concatenate(self._parts)
        return records[np.argsort(records["row"], kind="stable")]

    def close(self, *, remove: bool = False) -> None:
        """Let go of the file; `remove` it when its contents are in a predictions file."""
        self._log.close(remove=remove)


def restart(keys: Mapping[Path, dict]) -> None:
    """Begin the journals of these files anew; where a restart of them was killed, it is gone on with instead.

    `keys`: file -> key of its run. Nothing is dropped before every file is found free: raises `InputError` where
    another process has one.
    """
    with ExitStack() as stack:
        for target in keys:
            stack.enter_context(closing(_locked(target)))
        killed = {target: names for target, key in keys.items() if (names := _restarted(target, key))}
    made = {name for names in killed.values() for name in names}
    for number, (target, key) in enumerate(keys.items(), start=1):
        if target in killed:
            continue
        if target.name in made and target.is_file():
            with closing(_locked(target)):
                _remove(target)  # its lock alone
        else:
            # All are marked before the first is made, and each names those marked before it: what no mark names was
            # left unmarked by a kill, and its older file is not the new one.
            Log(target, key, None, restart=[one.name for one in [*keys][:number]]).close()


def restarts(target: Path) -> bool:
    """Whether the journal of a restart lies beside a predictions file, which it will replace."""
    return bool(_restarted(target))


def _restarted(target: Path, key: dict | None = None) -> list[str]:
    """The files that are made anew in the unfinished restart of a file, and with this key; none where there is none."""
    header = _begun(target)
    if not header or (key is not None and differences(header["key"], json.loads(json.dumps(key)))):
        return []
    return header["restart"]


def _begun(target: Path) -> dict:
    """The first line of a journal; empty where there is none, or it is damaged, which is told where it is opened."""
    path = path_of(target)
    if not path.is_file():
        return {}
    with path.open("rb") as stream:
        try:
            return _header(path, stream.readline().removesuffix(b"\n"))
        except DamagedFileError:
            return {}


def record(k: int) -> np.dtype:
    """How a picture's k best classes are held."""
    return np.dtype([("row", "<u4"), ("classes", "<u2", (k,)), ("scores", "<f4", (k,))])


def path_of(target: Path) -> Path:
    """Where the journal of a predictions file lies."""
    return target.parent / ".partial" / target.with_suffix(".journal").name


def shards_of(target: Path) -> Path:
    """The folder of what the workers of a cluster made of a predictions file; it goes when the journal goes."""
    return path_of(target).with_suffix("")


def begun(target: Path) -> dict:
    """The key of the unfinished run of a predictions file; empty where there is none."""
    return _begun(target).get("key", {})


def clear(target: Path) -> None:
    """Remove journal and lock of a predictions file; a kill between writing that file and this may leave either.

    Raises `InputError` where another process has it.
    """
    path = path_of(target)
    if path.exists() or path.with_suffix(".lock").exists() or shards_of(target).exists():
        with closing(_locked(target)):
            _remove(target)
    with suppress(OSError):
        path.parent.rmdir()


def _locked(target: Path) -> IO[str]:
    path = path_of(target)
    return lock(path.with_suffix(".lock"), path, "wait for it, or choose another --out")


def _remove(target: Path) -> None:
    """Remove journal and lock, by who holds the lock."""
    path = path_of(target)
    shutil.rmtree(shards_of(target), ignore_errors=True)
    for left in (path, path.with_suffix(".lock")):
        left.unlink(missing_ok=True)
    with suppress(OSError):  # it holds the journals of others
        path.parent.rmdir()


def _header(path: Path, line: bytes) -> dict:
    header: Any = None
    if _is_whole(line):
        with suppress(ValueError):
            header = parse_json(line[:-_SEAL])
    match header:
        case {"key": {}, "restart": [*names]} if all(isinstance(name, str) for name in names):
            return header
    seen = f"the first line of {path} is damaged, or of another version"
    raise DamagedFileError(f"{seen}; remove that file: what it holds is computed again")


def _sealed(record: bytes) -> bytes:
    return record + b" %08x" % zlib.crc32(record)


def _is_whole(sealed: bytes) -> bool:
    return len(sealed) > _SEAL and _sealed(sealed[:-_SEAL]) == sealed


def _split(body: bytes, size: int | None) -> list[bytes]:
    """Sealed records without what a kill cut short: lines, or of one size."""
    if size is None:
        return body.split(b"\n")[:-1]
    step = size + _SEAL
    return [body[start : start + step] for start in range(0, len(body) - step + 1, step)]


def differences(old: dict, new: dict) -> str:
    """What differs between two keys, in words; empty where they are equal.

    >>> differences({"precision": "fp32", "topk": 5}, {"precision": "bf16", "topk": 5})
    'precision was fp32, now bf16'
    """
    old, new = _BEFORE | old, _BEFORE | new
    names = [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
    return ", ".join(f"{name} was {_short(old.get(name))}, now {_short(new.get(name))}" for name in names)


def _short(value: object) -> str:
    return text if len(text := str(value)) <= 40 else f"{text[:12]}…"
