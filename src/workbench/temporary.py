"""Temporary files and folders: what a killed process leaves of them, the next one that works beside it removes.

Whoever works on one holds its lock, which ends with the process: what is locked is in use, by any process or machine,
and what is not was left behind. Where locks cannot be had, as for folders on Windows, nothing is removed.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def part_file(folder: Path, prefix: str = ".part-") -> Iterator[tuple[BinaryIO, Path]]:
    """A stream to write a new file in `folder`, and its path; it is removed when the block ends unless renamed."""

    def make() -> Path:
        descriptor, name = tempfile.mkstemp(dir=folder, prefix=prefix)
        os.close(descriptor)
        return Path(name)

    with _kept(make, folder, prefix) as path:
        try:
            with path.open("wb") as stream:
                yield stream, path
        finally:
            path.unlink(missing_ok=True)


@contextmanager
def part_folder(folder: Path, prefix: str = ".part-") -> Iterator[Path]:
    """A new folder in `folder`; it is removed, with all that is in it, when the block ends unless it was renamed."""
    with _kept(lambda: Path(tempfile.mkdtemp(dir=folder, prefix=prefix)), folder, prefix) as path:
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _kept(make: Callable[[], Path], folder: Path, prefix: str) -> Iterator[Path]:
    """What `make` gives, locked during the block, after what was left of its kind is gone."""
    _remove_left(folder, prefix)
    while True:
        path = make()
        # Until the lock is on it, another process may take it for left behind: it is removing it, or has.
        with suppress(BlockingIOError, FileNotFoundError):
            descriptor = _lock(path)
            if path.exists():
                break
            _close(descriptor)
    try:
        yield path
    finally:
        _close(descriptor)


def _remove_left(folder: Path, prefix: str) -> None:
    """Remove the files and folders of this prefix that nobody holds."""
    for path in folder.glob(f"{prefix}*"):
        # What does not end as tempfile ends a name is somebody's own.
        if re.fullmatch("[a-z0-9_]{8}", path.name.removeprefix(prefix)):
            with suppress(OSError):  # held by a living process, of another user, or gone meanwhile
                descriptor = _lock(path)
                try:
                    if descriptor is not None:
                        shutil.rmtree(path) if path.is_dir() else path.unlink()
                finally:
                    _close(descriptor)


def _lock(path: Path) -> int | None:
    """A descriptor with the lock of a file or folder, None where there are no locks; raises `OSError` otherwise."""
    from filelock import lock_descriptor

    if os.name == "nt":  # a folder cannot be opened there, and a file that is open cannot be renamed
        return None
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if lock_descriptor(descriptor, blocking=False):
            return descriptor
    except OSError:  # a disk without locks
        os.close(descriptor)
        return None
    os.close(descriptor)
    raise BlockingIOError(f"{path} is in use")


def _close(descriptor: int | None) -> None:
    if descriptor is not None:
        os.close(descriptor)
