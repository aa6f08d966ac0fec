"""Image sets: a name, image ids in order, and the bytes of each image.

An id never depends on a position: V1 images are ``ILSVRC2012_val_00000293``, V2 images their sha1, all others
their path relative to the folder they were read from.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from workbench.errors import InputError, MissingSourceError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"})
_V1 = re.compile(r"ILSVRC2012_val_\d{8}")
_V2 = re.compile(r"[0-9a-f]{40}")


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
    >>> canonical_id("birds/robin.jpg")
    'birds/robin.jpg'
    """
    stem = PurePosixPath(path).name.split(".")[0]
    return stem if _V1.fullmatch(stem) or _V2.fullmatch(stem) else str(path)


def v1_id(number: int) -> str:
    """Id of a V1 validation image from its number, 1 to 50,000."""
    return f"ILSVRC2012_val_{number:08d}"


def folder(path: str | Path, name: str | None = None) -> ImageSet:
    """All pictures below a folder, sorted by path. Raises `InputError` where there are none."""
    root = Path(path)
    if not root.is_dir():
        raise InputError(f"{path} is no folder; give a folder with pictures")
    files = sorted(file for file in root.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
    if not files:
        raise InputError(f"{path} holds no picture ({', '.join(sorted(SUFFIXES))}) at any depth")
    return _image_set(name or root.resolve().name, root, files)


def sample() -> ImageSet:
    """The 20 ImageNet pictures of the package foolbox (the extra ``sample``), read without importing foolbox."""
    spec = find_spec("foolbox")
    if not spec or not spec.origin:
        raise MissingSourceError("the sample pictures are in the package foolbox; pip install -e '.[sample]'")
    root = Path(spec.origin).parent / "data"
    return _image_set("sample", root, sorted(root.glob("imagenet_*.jpg")))


def _image_set(name: str, root: Path, files: list[Path]) -> ImageSet:
    by_id = {canonical_id(file.relative_to(root).as_posix()): file for file in files}
    if len(by_id) != len(files):
        raise InputError(
            f"{root}: {len(files) - len(by_id)} image ids occur twice; each V1 or V2 image may be there once"
        )
    return ImageSet(name, tuple(by_id), lambda image: by_id[image].read_bytes())
