"""Image sets: a name, image ids in order, and the bytes of each image.

An id never depends on a position: V1 images are ``ILSVRC2012_val_00000293``, V2 images their sha1, all others
their path relative to the folder they were read from.
"""

import io
import re
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import TypeVar

from PIL import Image

from workbench.errors import DamagedFileError, InputError, MissingSourceError
from workbench.files import read_lines

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"})
PLAN = "patchml:"  # comes before the path of a plan, where pictures are asked for
_V1 = re.compile(r"ILSVRC2012_val_\d{8}(?=$|_)")
_V2 = re.compile(r"[0-9a-f]{40}")


Place = TypeVar("Place")


@dataclass(frozen=True)
class ImageSet:
    """`images`: the ids in order; ``read(id)``: the encoded bytes of one image."""

    name: str
    images: tuple[str, ...]
    read: Callable[[str], bytes]

    def __len__(self) -> int:
        return len(self.images)


def canonical_id(path: str) -> str:
    """The id of an image from a file name or path.

    >>> canonical_id("val/n01440764/ILSVRC2012_val_00000293.JPEG")
    'ILSVRC2012_val_00000293'
    >>> canonical_id("ILSVRC2012_val_00000293_n01440764.JPEG")
    'ILSVRC2012_val_00000293'
    >>> canonical_id("birds/robin.jpg")
    'birds/robin.jpg'
    """
    stem = PurePosixPath(path).name.split(".")[0]
    known = _V1.match(stem) or _V2.fullmatch(stem)
    return known.group() if known else str(path) and str(PurePosixPath(path))


def decode(data: bytes, image: str) -> Image.Image:
    """A picture as RGB, as timm reads it: palette, grey, CMYK and alpha converted, EXIF rotation not applied.

    Raises `InputError`, naming the image, where the bytes are no whole picture or a decompression bomb.
    """
    try:
        return Image.open(io.BytesIO(data)).convert("RGB")
    except Exception as error:  # Pillow's plugins raise whatever a damaged header leads them to
        reason = (
            "no picture that Pillow knows" if "cannot identify" in str(error) else str(error) or type(error).__name__
        )
        raise InputError(f"image {image!r} cannot be decoded: {reason}") from error


def v1_id(number: int) -> str:
    """Id of a V1 validation image from its number, 1 to 50,000."""
    return f"ILSVRC2012_val_{number:08d}"


def open_set(path: str | Path, name: str | None = None) -> ImageSet:
    """An image set from whatever holds pictures: a folder, tar shards, a Parquet file, a text file that lists
    pictures, or ``patchml:PLAN``.

    Raises `InputError` for anything else.
    """
    if str(path).startswith(PLAN):
        from workbench.inputs import composites

        return composites.open_plan(str(path).removeprefix(PLAN), name)
    path = Path(path)
    if path.is_dir():
        shards = sorted(path.glob("*.tar"))
        return tar_shards(shards, name or path.resolve().name) if shards else folder(path, name)
    openers = {
        ".tar": lambda: tar_shards([path], name),
        ".parquet": lambda: parquet(path, name),
        ".txt": lambda: listed(path, name),
    }
    if path.suffix not in openers:
        raise InputError(f"{path} is no folder, tar shard (.tar), Parquet file (.parquet) or list of pictures (.txt)")
    if not path.is_file():
        raise InputError(f"there is no file {path}")
    return openers[path.suffix]()


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
    by_id = _unique(path, [(canonical_id(line), path.parent / line) for line in lines])
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
    by_id = _unique(paths[0], places)

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
    by_id = _unique(path, [(canonical_id(str(image)), place) for image, place in zip(ids, places, strict=True)])
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


def absolute(path: str) -> str:
    """What :func:`open_set` takes, so that it can be opened from another folder, too."""
    plain = path.removeprefix(PLAN)
    return f"{PLAN if plain != path else ''}{Path(plain).resolve()}"


def together(name: str, sets: Sequence[ImageSet]) -> ImageSet:
    """Several image sets as one, so that checkpoints are made ready once. Raises `InputError` where ids repeat."""
    by_id = {image: one for one in sets for image in one.images}
    if len(by_id) < sum(map(len, sets)):
        raise InputError(f"the image sets {', '.join(one.name for one in sets)} share ids; expected each picture once")
    return ImageSet(name, tuple(by_id), lambda image: by_id[image].read(image))


def sample() -> ImageSet:
    """The 20 ImageNet pictures of the package foolbox (the extra ``sample``), read without importing foolbox."""
    spec = find_spec("foolbox")
    if not spec or not spec.origin:
        raise MissingSourceError("the sample pictures are in the package foolbox; pip install -e '.[sample]'")
    root = Path(spec.origin).parent / "data"
    return _image_set("sample", root, sorted(root.glob("imagenet_*.jpg")))


def _image_set(name: str, root: Path, files: list[Path]) -> ImageSet:
    by_id = _unique(root, [(canonical_id(file.relative_to(root).as_posix()), file) for file in files])
    return ImageSet(name, tuple(by_id), lambda image: by_id[image].read_bytes())


def _unique(where: Path, pairs: list[tuple[str, Place]]) -> dict[str, Place]:
    by_id = dict(pairs)
    if len(by_id) != len(pairs):
        twice = len(pairs) - len(by_id)
        raise InputError(f"{where}: {twice} image ids occur twice; each V1 or V2 image may be there once")
    return by_id
