"""Expert multi-label annotations of V1 and V2, version 3 (Shankar et al. 2020; Vasudevan et al. 2022).

A picture's ``initial_annots`` list WordNet ids that experts judged ``correct``, ``wrong`` or ``unclear``; any of the
three may be missing. ``problematic_images`` are left out of every score. ``imagenet_m`` names ImageNet-M's pictures.
"""

from pathlib import Path

from workbench.errors import DamagedFileError
from workbench.files import read_json
from workbench.inputs import classes, sources
from workbench.inputs.images import canonical_id


def accepted(image_set: str = "v1") -> dict[str, list[int]]:
    """Classes that count as right, for each picture that is not problematic: those judged correct or unclear.

    The file annotates pictures of both image sets, told apart by their names; `image_set` is ``v1``, or ``v2`` for
    those of ImageNetV2, whichever of its three sets they are from.
    """
    contents = _contents()
    dropped = {canonical_id(name) for name in contents["problematic_images"]}
    known = {canonical_id(name): _accepted(annotation) for name, annotation in contents["initial_annots"].items()}
    wanted = {image for image in known if image.startswith("ILSVRC2012_val_") == (image_set == "v1")}
    return {image: row for image, row in known.items() if image in wanted - dropped}


def major() -> dict[str, list[int]]:
    """The same for the pictures of ImageNet-M, problematic or not."""
    contents = _contents()
    return {canonical_id(name): _accepted(contents["initial_annots"][name]) for name in contents["imagenet_m"]}


def _accepted(annotation: dict) -> list[int]:
    return [classes.index()[wnid] for kind in ("correct", "unclear") for wnid in annotation.get(kind, [])]


def _contents() -> dict:
    (path,) = sources.locate("v1-multilabel").values()
    return read(path)


def read(path: Path) -> dict:
    """The parsed file. Raises `DamagedFileError` where it is no JSON or lacks one of the three parts."""
    contents = read_json(path)
    present = contents.keys() if isinstance(contents, dict) else set()
    if missing := {"initial_annots", "problematic_images", "imagenet_m"} - present:
        seen = f"{path} lacks {', '.join(sorted(missing))}"
        raise DamagedFileError(f"{seen}; expected human_accuracy_v3.0.0.json, is it truncated or in another format?")
    return contents
