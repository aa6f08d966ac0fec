"""Files that are whole or not there, and tables that are read strictly."""

import errno
import hashlib
import json
import os
import re
import socket
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO

from workbench.errors import DamagedFileError, InputError, WorkbenchError, reason
from workbench.temporary import part_file

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

PAGES = "workbench.pages"  # in the foot of a Parquet file: the digest of all that comes before that
DENSEST = 1000  # values of a Parquet file in a byte: ids alone take more than that, however well they are packed


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """A stream whose contents appear as `path` when the block ends, and never if it fails.

    A temporary file beside it, fsync, rename: a killed process or a full disk leaves the older file as it was.
    """
    with naming(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with part_file(path.parent) as (stream, part):
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
            if os.name == "nt":
                stream.close()  # a file that is open cannot be renamed there
            part.chmod(0o644)  # the temporary file's 0600 would hide the file from others who share the folder
            part.replace(path)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """What the disk refuses in this block is told of `path`, which the user knows, not of a temporary file."""
    try:
        yield
    except OSError as error:
        if isinstance(error, WorkbenchError) or error.errno is None:  # it says what it means
            raise
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error


def write_file(path: Path, contents: str | bytes) -> None:
    """Write a whole file, text as UTF-8, as :func:`writing` does."""
    with writing(path) as stream:
        stream.write(contents.encode() if isinstance(contents, str) else contents)


def digest(*parts: Any) -> str:
    """SHA-256 of arrays, by type, shape and bytes, and of whatever else as JSON; 64 hexadecimal digits."""
    whole = hashlib.sha256()
    for part in parts:
        is_array = hasattr(part, "tobytes")
        data = part.tobytes() if is_array else json.dumps(part, sort_keys=True).encode()
        kind = f"{part.dtype.str} {part.shape}" if is_array else "json"
        whole.update(f"{kind} {len(data)}\n".encode() + data)
    return whole.hexdigest()


def lock(path: Path, target: Path, advice: str) -> IO[str]:
    """Take the lock file `path` for writing `target`; closing the stream, or the end of the process, gives it back.

    Raises `InputError` that names the holder and gives `advice` where another process has it.
    """
    from filelock import lock_descriptor

    path.parent.mkdir(parents=True, exist_ok=True)
    stream = path.open("a+")
    if not lock_descriptor(stream.fileno(), blocking=False):
        stream.seek(1)  # Windows lets nobody read the first byte, which is what is locked
        holder = stream.read().strip() or "another process"
        stream.close()
        raise InputError(f"{target} is being written by {holder}; {advice}")
    if not path.exists() or not os.path.samestat(os.fstat(stream.fileno()), path.stat()):
        stream.close()  # who had it has just removed it: what is locked here, others do not see
        return lock(path, target, advice)
    stream.truncate(0)
    since = datetime.now().astimezone().isoformat(timespec="seconds")
    print(f" process {os.getpid()} on {socket.gethostname()} since {since}", end="", file=stream, flush=True)
    return stream


def files_below(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """All files below a folder whose suffix in small letters is among these, by path.

    What cannot be looked at (a link to nothing, say) is among them: reading it says why. Raises `InputError` where a
    folder cannot be listed.
    """

    def unlisted(error: OSError) -> None:
        seen = f"the folder {error.filename} cannot be listed: {error.strerror}"
        raise InputError(f"{seen}; make it readable, or move it elsewhere") from error

    walked = os.walk(folder, onerror=unlisted)
    files = [Path(place, name) for place, _, names in walked for name in names]
    return sorted(file for file in files if file.suffix.lower() in suffixes and _holds_bytes(file))


def _holds_bytes(file: Path) -> bool:
    """Whether this is a file, not a pipe or a socket."""
    try:
        return stat.S_ISREG(file.stat().st_mode)
    except OSError:
        return True


@contextmanager
def parsing(path: Path, advice: str = "is it truncated or in another format?") -> Iterator[None]:
    """Whatever a parser makes of the contents of `path` becomes a `DamagedFileError`; what the disk refuses, `OSError`.

    For calls of other libraries: they raise what damaged bytes lead them to, `KeyError` and `MemoryError` among it.
    """
    try:
        yield
    except WorkbenchError:
        raise
    except Exception as error:
        # pyarrow's own OSErrors have no number, and a damaged offset is an invalid argument.
        number = error.errno if isinstance(error, OSError) else None
        if number not in (None, errno.EINVAL):
            raise OSError(number, os.strerror(number), str(path)) from error
        raise DamagedFileError(f"{path} cannot be read ({reason(error)}); {advice}") from error


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
    with parsing(path):
        return parse_json(path.read_bytes())


def parse_json(text: str | bytes) -> Any:
    """What JSON says, read strictly. Raises `ValueError` for a key twice, half a surrogate pair and too many levels.

    >>> parse_json('{"a": 1, "a": 2}')
    Traceback (most recent call last):
    ValueError: the key 'a' occurs twice in an object
    """
    text = text if isinstance(text, str) else text.decode("utf-8-sig")
    try:
        contents = json.loads(text, object_pairs_hook=_each_once)
        if re.search(r"\\u[dD][89a-fA-F]", text):  # half of a pair is no character: no file could keep it
            json.dumps(contents, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    return contents


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    contents = dict(pairs)
    if len(contents) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(name for name in names if names.count(name) > 1)!r} occurs twice in an object")
    return contents


def read_table(path: Path, *, text: Collection[str] = ("image", "imageid")) -> "pd.DataFrame":
    """A CSV or Parquet file as it stands: every row as wide as the header, and "NA" is a name like any other.

    Columns of a CSV whose name in small letters is among `text` are read as text, and 007 stays 007. Raises as
    :func:`read_json`, and `InputError` for a row of another width and a column that occurs twice.
    """
    if not path.is_file():
        raise InputError(f"there is no file {path}")
    with parsing(path):
        frame = (read_parquet(path) if path.suffix == ".parquet" else _read_csv(path, text)).to_pandas()
    if not frame.columns.is_unique:
        seen = list(map(str, frame.columns))
        raise InputError(f"{path} has a column twice: {seen}; expected each once")
    return frame


def write_parquet(table: "pa.Table", path: Path, **options: Any) -> None:
    """Write a Parquet file as :func:`writing` does, with the digest of its pages in its foot; options as of pyarrow."""
    from pyarrow import parquet

    with writing(path) as stream, parquet.ParquetWriter(stream, table.schema, **options) as writer:
        writer.write_table(table)
        stream.flush()
        writer.add_key_value_metadata({PAGES: _sha256(Path(stream.name), stream.tell())})


def read_parquet(path: Path, columns: list[str] | None = None) -> "pa.Table":
    """The table in a Parquet file, every value of it checked; to be called within :func:`parsing`.

    Where the digest of its pages is known, damaged ones are not decoded: a length in them may claim any memory.
    """
    from pyarrow import parquet

    _check_foot(path, parquet.read_metadata(path))
    table = parquet.read_table(path, columns=columns)
    table.validate(full=True)  # else text that is no UTF-8 fails where it is used
    return table


def _check_foot(path: Path, foot: Any) -> None:
    """Raise `ValueError` where the foot of a Parquet file claims more than it can hold, or other pages than are there.

    Room for all that is claimed is taken before any of it is read.
    """
    size = path.stat().st_size
    lists = [getattr(field.type, "list_size", 1) for field in foot.schema.to_arrow_schema()]
    # What a column claims is not looked at: pyarrow ends the process over some damage there.
    groups = [foot.row_group(at).num_rows for at in range(foot.num_row_groups)]
    claimed = [foot.num_rows, *groups, *(foot.num_rows * each for each in lists)]
    if max(claimed) > DENSEST * size or min(claimed) < 0:
        raise ValueError(f"it claims {max(claimed):,} values in {size:,} bytes")
    written = (foot.metadata or {}).get(PAGES.encode())
    if written is not None and written.decode() != _sha256(path, size - foot.serialized_size - 8):
        raise ValueError("its pages have another digest than what was written")


def _sha256(path: Path, n_bytes: int) -> str:
    """The digest of the first bytes of a file."""
    whole = hashlib.sha256()
    with path.open("rb") as stream:
        while part := stream.read(min(n_bytes, 2**20)):
            whole.update(part)
            n_bytes -= len(part)
    return whole.hexdigest()


def _read_csv(path: Path, text: Collection[str]) -> "pa.Table":
    import pyarrow as pa
    from pyarrow import csv

    with path.open("rb") as stream:
        if stream.read(2) in (b"\xff\xfe", b"\xfe\xff"):
            raise InputError(f"{path} is UTF-16 text, as some spreadsheets write it; save it as UTF-8")
    try:
        with csv.open_csv(path) as header:
            named = [name for name in header.schema.names if name.strip().lower() in text]
        options = csv.ConvertOptions(column_types=dict.fromkeys(named, pa.string()))
        table = csv.read_csv(path, convert_options=options)
    except pa.ArrowInvalid as error:
        if "columns, got" not in str(error):
            raise
        raise InputError(f"{path}: {error}; every row must be as wide as the header") from error
    if odd := [field.name for field in table.schema if pa.types.is_binary(field.type)]:
        raise InputError(f"{path}: the column {odd[0]!r} is no UTF-8 text; save it as UTF-8")
    return table


def is_plain(column: "pd.Series") -> bool:
    """Whether a column holds numbers or text: no truth values, dates or lists."""
    known = (str, int, float, type(None))
    return all(isinstance(value, known) and not isinstance(value, bool) for value in column.tolist())
