"""Expert multi-label annotations of V1, version 3 (Shankar et al. 2020; Vasudevan et al. 2022).

A picture's ``initial_annots`` list WordNet ids that experts judged ``correct``, ``wrong`` or ``unclear``; any of the
three may be missing. ``problematic_images`` are left out of every score. ``imagenet_m`` names ImageNet-M's pictures.
"""

import json
from pathlib import Path

from workbench.errors import DamagedFileError
from workbench.inputs import classes, images, sources

V1_PREFIX = "ILSVRC2012_val_"  # the file annotates V2 pictures as well


def accepted() -> dict[str, list[int]]:
    """Classes that count as right, for each V1 picture that is not problematic: those judged correct or unclear."""
    contents = _contents()
    dropped = {images.canonical_id(name) for name in contents["problematic_images"]}
    known = {
        images.canonical_id(name): _accepted(annotation)
        for name, annotation in contents["initial_annots"].items()
        if name.startswith(V1_PREFIX)
    }
    return {image: row for image, row in known.items() if image not in dropped}


def major() -> dict[str, list[int]]:
    """The same for the pictures of ImageNet-M, problematic or not."""
    contents = _contents()
    return {images.canonical_id(name): _accepted(contents["initial_annots"][name]) for name in contents["imagenet_m"]}


def _accepted(annotation: dict) -> list[int]:
    return [classes.index()[wnid] for kind in ("correct", "unclear") for wnid in annotation.get(kind, [])]


def _contents() -> dict:
    (path,) = sources.locate("v1-multilabel").values()
    return read(path)


def read(path: Path) -> dict:
    """The parsed file. Raises `DamagedFileError` where it is no JSON or lacks one of the three parts."""
    try:
        contents = json.loads(path.read_text(encoding="utf-8"))
        missing = {"initial_annots", "problematic_images", "imagenet_m"} - contents.keys()
    except (ValueError, OSError, AttributeError) as error:
        raise DamagedFileError(f"{path} cannot be read ({error}); is it truncated or in another format?") from error
    if missing:
        raise DamagedFileError(f"{path} lacks {', '.join(sorted(missing))}; expected human_accuracy_v3.0.0.json")
    return contents
