"""The record of pictures: a name, image ids in order, and the bytes of each image.

An id never depends on a position: V1 images are ``ILSVRC2012_val_00000293``, V2 images their sha1, all others
their path relative to the folder they were read from. In a set with a name of its own a picture of V1 or V2 keeps
the class folder that it lies in, ``7/<sha1>``, since nothing else says what it shows.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from workbench.errors import InputError, counted
from workbench.inputs import classes

# How the pictures of a set are named: those of V1 by numbers from 1 to 50,000.
NAMES = {"v1": r"ILSVRC2012_val_000(?!00000)(?:[0-4]\d{4}|50000)", "v2": r"[0-9a-f]{40}"}
SIZES = {"v1": 50_000, "v2": 10_000}  # the image sets that are known by the names of their pictures


@dataclass(frozen=True)
class ImageSet:
    """`images`: the ids in order; ``read(id)``: the encoded bytes of one image."""

    name: str
    images: tuple[str, ...]
    read: Callable[[str], bytes]

    def __len__(self) -> int:
        return len(self.images)


def canonical_id(path: str) -> str:
    """The id of an image from a file name or path, whatever set it is in.

    >>> canonical_id("val/n01440764/ILSVRC2012_val_00000293.JPEG")
    'ILSVRC2012_val_00000293'
    >>> canonical_id("ILSVRC2012_val_00000293_n01440764.JPEG")
    'ILSVRC2012_val_00000293'
    >>> canonical_id("birds/robin.jpg")
    'birds/robin.jpg'
    """
    stem = PurePosixPath(path).name.split(".")[0]
    known = re.match(r"ILSVRC2012_val_\d{8}(?=$|_)|[0-9a-f]{40}$", stem)
    return known.group() if known else path and str(PurePosixPath(path))


def id_in(image_set: str, path: str) -> str:
    """The id of an image of an image set: it keeps the class folder unless the set is V1 or V2 itself.

    >>> id_in("mine", "val/n01440764/ILSVRC2012_val_00000293.JPEG"), id_in("v1", "7/ILSVRC2012_val_00000293.JPEG")
    ('n01440764/ILSVRC2012_val_00000293', 'ILSVRC2012_val_00000293')
    """
    image, folder = canonical_id(path), PurePosixPath(path).parent.name
    kept = image_set not in SIZES and "/" not in image and classes.parse(folder) is not None
    return f"{folder}/{image}" if kept else image


def check_names(image_set: str, ids: Sequence[str]) -> None:
    """Raise `InputError` where pictures that are given as V1 or V2 are not named like these.

    >>> check_names("v1", ["ILSVRC2012_val_00000293"]), check_names("mine", ["a.jpg"])
    (None, None)
    """
    odd = [one for one in ids if not re.fullmatch(NAMES.get(image_set, ".*"), one, re.DOTALL)]
    if odd:
        which = f"{odd[0]!r}, is" if len(odd) == 1 else f"{odd[0]!r} among them, are"
        seen = f"{len(odd)} of {counted(len(ids), 'picture', 'pictures')}, {which} not named like {image_set.upper()}'s"
        raise InputError(f"{seen}; leave them out, or give the image set another name")


def v1_id(number: int) -> str:
    """Id of a V1 validation image from its number, 1 to 50,000."""
    return f"ILSVRC2012_val_{number:08d}"


def together(name: str, sets: Sequence[ImageSet]) -> ImageSet:
    """Several image sets as one, so that checkpoints are made ready once. Raises `InputError` where ids repeat."""
    by_id = {image: one for one in sets for image in one.images}
    if len(by_id) < sum(map(len, sets)):
        raise InputError(f"the image sets {', '.join(one.name for one in sets)} share ids; expected each picture once")
    return ImageSet(name, tuple(by_id), lambda image: by_id[image].read(image))
