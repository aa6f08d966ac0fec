"""Files that are whole or not there."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """A stream whose contents appear as `path` when the block ends, and never if it fails.

    A temporary file beside it, fsync, rename: a killed process or a full disk leaves the older file as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.chmod(0o644)  # mkstemp's 0600 would hide the file from others who share the folder
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
