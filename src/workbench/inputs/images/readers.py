"""Readers of image sets: folders, tar shards, Parquet files, lists of files, and the sample."""

import tarfile
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.errors import DamagedFileError, InputError, MissingSourceError, counted
from workbench.files import files_below, parsing, read_lines, read_parquet
from workbench.inputs.images.image_set import ImageSet, canonical_id, id_in
from workbench.inputs.images.memory import LIMIT

Place = TypeVar("Place")
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"})


def folder(path: str | Path, name: str | None = None) -> ImageSet:
    """All pictures below a folder, flat or in folders per class, by path.

    Raises `InputError` where there are none, or a folder cannot be listed.
    """
    root = Path(path)
    if not root.is_dir():
        raise InputError(f"{path} is no folder; give a folder with pictures")
    files = files_below(root, SUFFIXES)
    if not files:
        raise InputError(f"{path} holds no picture ({', '.join(sorted(SUFFIXES))}) at any depth")
    return _of_files(name, root.resolve().name, root, files)


def listed(path: str | Path, name: str | None = None) -> ImageSet:
    """The pictures that a text file lists, one path a line, relative to the file's folder."""
    path = Path(path)
    lines = read_lines(path)
    advice = f"expected one path a line, relative to {path.parent}"
    if not lines:
        raise InputError(f"{path} is empty; {advice}")
    if missing := [line for line in lines if not (path.parent / line).is_file()]:
        which = f"{missing[0]!r}, is" if len(missing) == 1 else f"{missing[0]!r} among them, are"
        seen = f"{len(missing)} of {counted(len(lines), 'picture', 'pictures')}, {which} not there"
        raise InputError(f"{path}: {seen}; {advice}")
    return _gathered(name, path.stem, path, [(line, path.parent / line) for line in lines], _bytes)


def tar_shards(paths: Sequence[Path], name: str | None = None) -> ImageSet:
    """The pictures in tar files (WebDataset shards), in order; read by offset, without unpacking."""
    places = []
    for path in paths:
        with parsing(path, "is it a whole, uncompressed tar file?"), path.open("rb") as stream:
            with tarfile.open(fileobj=stream, mode="r:") as shard:
                members = [m for m in shard if m.isfile() and PurePosixPath(m.name).suffix.lower() in SUFFIXES]
            stream.seek(shard.offset)
            end = stream.read(512)
        if end != bytes(512):  # tarfile takes a cut between two members for the end
            seen = "it ends without the closing block of a tar file"
            raise DamagedFileError(f"{path} is truncated: {seen}; fetch it again")
        places += [(m.name, (path, m.offset_data, m.size)) for m in members]
    if not places:
        raise InputError(f"{', '.join(map(str, paths))}: no picture in it")

    def read(place: tuple[Path, int, int]) -> bytes:
        path, offset, size = place
        with path.open("rb") as stream:
            stream.seek(offset)
            return stream.read(size)

    return _gathered(name, paths[0].stem, paths[0], places, read)


def parquet(path: str | Path, name: str | None = None) -> ImageSet:
    """The pictures of a Parquet file: a column ``image`` with encoded bytes, or with ``{bytes, path}`` as
    data sets on hubs have it.

    Ids come from ``path``, else from a column ``id``, ``image_id`` or ``file_name``. Row groups are read as
    they are needed.
    """
    path = Path(path)
    with parsing(path):
        file = pq.ParquetFile(path)
        schema = file.schema_arrow
        image = schema.field("image").type if "image" in schema.names else pa.null()
        fields = {field.name for field in image} if pa.types.is_struct(image) else set()
        keys = ["image.path"] if "path" in fields else []
        keys += [key for key in ("id", "image_id", "file_name") if key in schema.names]
        if pa.types.is_null(image) or not keys or (fields and "bytes" not in fields):
            expected = "'image' with bytes and 'id', or 'image' with bytes and path"
            raise InputError(f"{path} has the columns {schema.names}; expected {expected}")
        ids = read_parquet(path, keys[:1]).flatten().column(0).to_pylist()
    if not all(isinstance(one, str | int) and one != "" for one in ids):
        raise InputError(f"{path} has pictures without an id in {keys[0]!r}; expected a name or a number for each")
    sizes = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
    places = [(group, row) for group, size in enumerate(sizes) for row in range(size)]
    lock = Lock()

    @lru_cache(maxsize=2)
    def row_group(group: int) -> pa.ChunkedArray:
        return file.read_row_group(group, columns=["image.bytes" if fields else "image"]).flatten().column(0)

    def read(place: tuple[int, int]) -> bytes:
        with lock, parsing(path):
            return row_group(place[0])[place[1]].as_py()

    return _gathered(name, path.stem, path, list(zip(map(str, ids), places, strict=True)), read)


def sample() -> ImageSet:
    """The 20 ImageNet pictures of the package foolbox (the extra ``sample``), read without importing foolbox."""
    spec = find_spec("foolbox")
    if not spec or not spec.origin:
        raise MissingSourceError("the sample pictures are in the package foolbox; pip install -e '.[sample]'")
    root = Path(spec.origin).parent / "data"
    return _of_files("sample", "", root, sorted(root.glob("imagenet_*.jpg")))


def _of_files(name: str | None, otherwise: str, root: Path, files: list[Path]) -> ImageSet:
    return _gathered(name, otherwise, root, [(file.relative_to(root).as_posix(), file) for file in files], _bytes)


def _bytes(file: Path) -> bytes:
    if (size := file.stat().st_size) > LIMIT:
        raise InputError(f"{file} is a file of {size / 1e6:,.0f} MB; a picture may take {LIMIT / 1e6:.0f} MB")
    return file.read_bytes()


def _gathered(
    name: str | None, otherwise: str, where: Path, places: list[tuple[str, Place]], read: Callable[[Place], bytes]
) -> ImageSet:
    """An image set from the path of each picture with the place that `read` takes, called `name`, or `otherwise`.

    Pictures of a set without a name of its own are looked up, not scored, and go by their names alone. Raises
    `InputError`, naming `where` they come from, for an id that occurs twice; reading raises it where the system does
    not give the bytes.
    """
    by_id = {id_in(name, path) if name else canonical_id(path): place for path, place in places}
    if len(by_id) < len(places):
        twice = len(places) - len(by_id)
        seen = f"{where}: {counted(twice, 'image id occurs', 'image ids occur')} twice"
        raise InputError(f"{seen}; each V1 or V2 image may be there once")
    if odd := next((image for image in by_id if not _is_text(image)), None):
        raise InputError(f"{where}: the name {odd!r} of a picture is no UTF-8; rename it")

    def read_one(image: str) -> bytes:
        try:
            return read(by_id[image])
        except OSError as error:
            seen = f"{error.filename or where}: {error.strerror or error}"
            raise InputError(f"image {image!r} cannot be read: {seen}") from error

    return ImageSet(name or otherwise, tuple(by_id), read_one)


def _is_text(image: str) -> bool:
    try:
        return bool(image.encode())
    except UnicodeEncodeError:
        return False
