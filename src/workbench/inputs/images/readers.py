"""Readers of image sets: folders, tar shards, Parquet files, lists of files, and the sample."""

import tarfile
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from threading import Lock

from workbench.errors import DamagedFileError, InputError, MissingSourceError
from workbench.files import read_lines
from workbench.inputs.images.image_set import ImageSet, canonical_id, unique_ids

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"})


def folder(path: str | Path, name: str | None = None) -> ImageSet:
    """All pictures below a folder, flat or in folders per class, sorted by path. Raises `InputError` where
    there are none.
    """
    root = Path(path)
    if not root.is_dir():
        raise InputError(f"{path} is no folder; give a folder with pictures")
    files = sorted(file for file in root.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
    if not files:
        raise InputError(f"{path} holds no picture ({', '.join(sorted(SUFFIXES))}) at any depth")
    return _image_set(name or root.resolve().name, root, files)


def listed(path: str | Path, name: str | None = None) -> ImageSet:
    """The pictures that a text file lists, one path a line, relative to the file's folder."""
    path = Path(path)
    lines = read_lines(path)
    missing = [line for line in lines if not (path.parent / line).is_file()]
    if missing or not lines:
        seen = (
            f"{len(missing)} of the {len(lines)} pictures, {missing[0]!r} among them, are not there"
            if missing
            else "is empty"
        )
        raise InputError(f"{path}: {seen}; expected one path a line, relative to {path.parent}")
    by_id = unique_ids(path, [(canonical_id(line), path.parent / line) for line in lines])
    return ImageSet(name or path.stem, tuple(by_id), lambda image: by_id[image].read_bytes())


def tar_shards(paths: Sequence[Path], name: str | None = None) -> ImageSet:
    """The pictures in tar files (WebDataset shards), in order; read by offset, without unpacking."""
    places = []
    for path in paths:
        try:
            with tarfile.open(path, "r:") as shard:
                members = [m for m in shard if m.isfile() and PurePosixPath(m.name).suffix.lower() in SUFFIXES]
                end = shard.offset
        except (tarfile.TarError, OSError) as error:
            raise DamagedFileError(f"{path} cannot be read as an uncompressed tar file ({error})") from error
        _check_end(path, end)
        places += [(canonical_id(m.name), (path, m.offset_data, m.size)) for m in members]
    if not places:
        raise InputError(f"{', '.join(map(str, paths))}: no picture in it")
    by_id = unique_ids(paths[0], places)

    def read(image: str) -> bytes:
        path, offset, size = by_id[image]
        with path.open("rb") as stream:
            stream.seek(offset)
            return stream.read(size)

    return ImageSet(name or paths[0].stem, tuple(by_id), read)


def _check_end(path: Path, end: int) -> None:
    """A whole tar file closes with blocks of zeros; tarfile takes a cut between two members for the end."""
    with path.open("rb") as stream:
        stream.seek(end)
        if stream.read(512) != bytes(512):
            raise DamagedFileError(
                f"{path} is truncated: it ends without the closing block of a tar file; fetch it again"
            )


def parquet(path: str | Path, name: str | None = None) -> ImageSet:
    """The pictures of a Parquet file: a column ``image`` with encoded bytes, or with ``{bytes, path}`` as
    data sets on hubs have it.

    Ids come from ``path``, else from a column ``id``, ``image_id`` or ``file_name``. Row groups are read as
    they are needed.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = Path(path)
    try:
        file = pq.ParquetFile(path)
        schema = file.schema_arrow
        nested = "image" in schema.names and pa.types.is_struct(schema.field("image").type)
        fields = {field.name for field in schema.field("image").type} if nested else set()
        named = ["image.path"] if "path" in fields else []
        keys = named + [key for key in ("id", "image_id", "file_name") if key in schema.names]
        if "image" not in schema.names or not keys or (nested and "bytes" not in fields):
            raise InputError(
                f"{path} has the columns {schema.names}; "
                "expected 'image' with bytes and 'id', or 'image' with bytes and path"
            )
        found = pq.read_table(path, columns=keys[:1]).column(0).combine_chunks()
        ids = (found.field("path") if pa.types.is_struct(found.type) else found).to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise DamagedFileError(f"{path} cannot be read as Parquet ({error}); is it truncated?") from error
    if any(not image for image in ids):
        raise InputError(f"{path} has pictures without an id; expected a name for each")
    sizes = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
    places = [(group, row) for group, size in enumerate(sizes) for row in range(size)]
    by_id = unique_ids(path, [(canonical_id(str(image)), place) for image, place in zip(ids, places, strict=True)])
    lock = Lock()

    @lru_cache(maxsize=2)
    def row_group(group: int):
        column = file.read_row_group(group, columns=["image"]).column(0).combine_chunks()
        return column.field("bytes") if nested else column

    def read(image: str) -> bytes:
        group, row = by_id[image]
        with lock:
            return row_group(group)[row].as_py()

    return ImageSet(name or path.stem, tuple(by_id), read)


def sample() -> ImageSet:
    """The 20 ImageNet pictures of the package foolbox (the extra ``sample``), read without importing foolbox."""
    spec = find_spec("foolbox")
    if not spec or not spec.origin:
        raise MissingSourceError("the sample pictures are in the package foolbox; pip install -e '.[sample]'")
    root = Path(spec.origin).parent / "data"
    return _image_set("sample", root, sorted(root.glob("imagenet_*.jpg")))


def _image_set(name: str, root: Path, files: list[Path]) -> ImageSet:
    by_id = unique_ids(root, [(canonical_id(file.relative_to(root).as_posix()), file) for file in files])
    return ImageSet(name, tuple(by_id), lambda image: by_id[image].read_bytes())
