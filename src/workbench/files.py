"""Files that are whole or not there, and tables that are read strictly."""

import json
import os
import socket
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO

from workbench.errors import DamagedFileError, InputError

if TYPE_CHECKING:
    import pandas as pd


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """A stream whose contents appear as `path` when the block ends, and never if it fails.

    A temporary file beside it, fsync, rename: a killed process or a full disk leaves the older file as it was.
    """
    try:
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
    except OSError as error:
        # Name the file that the user asked for, not the temporary one.
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error


def write_file(path: Path, contents: str | bytes) -> None:
    """Write a whole file, text as UTF-8, as :func:`writing` does."""
    with writing(path) as stream:
        stream.write(contents.encode() if isinstance(contents, str) else contents)


def lock(path: Path, target: Path, advice: str) -> IO[str]:
    """Take the lock file `path` for writing `target`; closing the stream, or the end of the process, gives it back.

    Raises `InputError` that names the holder and gives `advice` where another process has it.
    """
    from filelock import lock_descriptor

    stream = path.open("a+")
    if not lock_descriptor(stream.fileno(), blocking=False):
        stream.seek(1)  # Windows lets nobody read the first byte, which is what is locked
        holder = stream.read().strip() or "another process"
        stream.close()
        raise InputError(f"{target} is being written by {holder}; {advice}")
    stream.truncate(0)
    since = datetime.now().astimezone().isoformat(timespec="seconds")
    print(f" process {os.getpid()} on {socket.gethostname()} since {since}", end="", file=stream, flush=True)
    return stream


def read_lines(path: Path) -> list[str]:
    """The lines of a text file that are not empty. Raises as :func:`read_json`."""
    if not path.is_file():
        raise InputError(f"there is no file {path}; expected a text file with one entry a line")
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise DamagedFileError(f"{path} is no UTF-8 text ({error.reason}); expected one entry a line") from error
    return [line.strip() for line in lines if line.strip()]


def read_json(path: Path) -> Any:
    """What a JSON file holds. Raises `InputError` where there is none, `DamagedFileError` where it cannot be read."""
    if not path.is_file():
        raise InputError(f"there is no file {path}")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise DamagedFileError(f"{path} cannot be read ({error}); is it truncated or in another format?") from error


def read_table(path: Path, *, text: Collection[str] = ("image", "imageid")) -> "pd.DataFrame":
    """A CSV or Parquet file as it stands: every row as wide as the header, and "NA" is a name like any other.

    Columns of a CSV whose name in small letters is among `text` are read as text, and 007 stays 007. Raises as
    :func:`read_json`, and `InputError` for a row of another width.
    """
    import pyarrow as pa
    from pyarrow import csv, parquet

    if not path.is_file():
        raise InputError(f"there is no file {path}")
    try:
        if path.suffix == ".parquet":
            return parquet.read_table(path).to_pandas()
        with csv.open_csv(path) as header:
            named = [name for name in header.schema.names if name.strip().lower() in text]
        options = csv.ConvertOptions(column_types=dict.fromkeys(named, pa.string()))
        return csv.read_csv(path, convert_options=options).to_pandas()
    except (pa.ArrowException, OSError) as error:
        if "columns, got" in str(error):
            raise InputError(f"{path}: {error}; every row must be as wide as the header") from error
        raise DamagedFileError(f"{path} cannot be read ({error}); is it truncated or in another format?") from error
