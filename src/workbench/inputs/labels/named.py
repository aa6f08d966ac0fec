"""Label sets by name.

=================  ======================================================================================
``v1-original``    the single label of each of the 50,000 validation images (V1)
``v1-real``        ReaL labels of the same images (Beyer et al. 2020); 46,837 of them have at least one
``v2-original``    the single label of each of the 10,000 ImageNetV2 MatchedFrequency images (V2)
``v2-refined``     refined multi-labels of V2 (Anzaku et al. 2024); 9,871 of them have at least one
``v1-multilabel``  classes that experts judged correct or unclear, for some 20,000 V1 images (Vasudevan et al. 2022)
``imagenet-m``     the same for the 68 images of ImageNet-M
``sample-original``  the single label of the 20 sample pictures
=================  ======================================================================================
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from workbench.errors import InputError, unknown
from workbench.files import read_json
from workbench.inputs import classes, sources
from workbench.inputs.images import canonical_id, sample, v1_id
from workbench.inputs.labels import multilabel
from workbench.inputs.labels.label_set import LabelSet, from_mapping
from workbench.inputs.labels.reading import from_folders, read


def load(name_or_file: str) -> LabelSet:
    """A label set by name, or from a user's file (see :func:`read`).

    Raises `UnknownNameError` for another name, `MissingSourceError` where a public file is not at hand.
    """
    if name_or_file in NAMED:
        return _named(name_or_file)
    path = Path(name_or_file)
    if not path.suffix:
        raise unknown("label set", name_or_file, list(NAMED))
    if not path.is_file():
        raise InputError(f"there is no file {path}; give a label set's name ({', '.join(NAMED)}) or a label file")
    return read(path)


@cache
def _named(name: str) -> LabelSet:
    return from_mapping(name, NAMED[name]())


def of(images: Iterable[str], image_set: str) -> LabelSet:
    """The label set that belongs to an image set: its own by name, else what the folders of its images say.

    Raises as :func:`from_folders` where neither is known.
    """
    return load(OWN[image_set]) if image_set in OWN else from_folders(images)


def _original(source: str) -> dict[str, list[int]]:
    (path,) = sources.locate(source).values()
    listed = read_json(path)["image_filenames"]
    return {canonical_id(image): [classes.index()[wnid]] for image, wnid in listed}


def _real() -> dict[str, list[int]]:
    # timm keeps the 50,000 lists in the order of the file names.
    rows = read_json(classes.timm_info("imagenet_real_labels.json"))
    return {v1_id(number): row for number, row in enumerate(rows, start=1)}


def _refined() -> dict[str, list[int]]:
    (path,) = sources.locate("v2-refined").values()
    return {canonical_id(image): [int(label) for label in row] for image, row in read_json(path).items()}


def _sample() -> dict[str, list[int]]:
    # imagenet_<nn>_<class>.jpg
    return {image: [int(Path(image).stem.split("_")[-1])] for image in sample().images}


# The label set that an image set is scored against unless another is given.
OWN = {"v1": "v1-real", "v2": "v2-refined", "sample": "sample-original"}
NAMED = {
    "v1-original": lambda: _original("v1-images"),
    "v1-real": _real,
    "v2-original": lambda: _original("v2-images"),
    "v2-refined": _refined,
    "v1-multilabel": multilabel.accepted,
    "imagenet-m": multilabel.major,
    "sample-original": _sample,
}
