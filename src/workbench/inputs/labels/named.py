"""Label sets by name.

===================  =====================================================================================
``v1-original``      the single label of each of the 50,000 validation images (V1)
``v1-real``          ReaL labels of the same images (Beyer et al. 2020); 46,837 of them have at least one
``v1-real@T``        the same from a score of T on, 0 < T <= 1: of 24,889 rated images; ``v1-real`` is T = 0.8
``v1-mturk``         the given label, the guessed one, both or none, by five crowd workers for each of 5,440
                     suspected errors (Northcutt et al. 2021); the other V1 images keep their single label
``v1-multilabel``    classes that experts judged correct or unclear, for some 20,000 V1 images (Vasudevan et al. 2022)
``imagenet-m``       the same for the 68 images of ImageNet-M
``v2-original``      the single label of each of the 10,000 ImageNetV2 MatchedFrequency images (V2)
``v2-threshold``     the single label of each of the 10,000 ImageNetV2 Threshold0.7 images (``a-44``)
``v2-top``           the single label of each of the 10,000 ImageNetV2 TopImages images (``c-12``)
``v2-refined``       refined multi-labels of V2 (Anzaku et al. 2024); 9,871 of them have at least one
``v2-multilabel``    what ``v1-multilabel`` is, by the same experts, for the ImageNetV2 images that they annotated
``sample-original``  the single label of the 20 sample pictures
===================  =====================================================================================
"""

from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

from workbench.errors import InputError, unknown
from workbench.files import read_json
from workbench.inputs import sources
from workbench.inputs.images import canonical_id, sample
from workbench.inputs.labels import crowd, multilabel, rated, reading
from workbench.inputs.labels.label_set import LabelSet, from_mapping
from workbench.inputs.labels.reading import from_folders, read


def load(name_or_file: str) -> LabelSet:
    """A label set by name, or from a user's file (see :func:`read`).

    Raises `UnknownNameError` for another name, `MissingSourceError` where a public file is not at hand.
    """
    if name_or_file in NAMED:
        return _named(name_or_file)
    if name_or_file.startswith(rated.AT):
        return _at(rated.threshold(name_or_file))
    path = Path(name_or_file)
    # The point in v1-reel@0.5 begins no suffix.
    if not path.suffix or ("@" in name_or_file and path.suffix not in reading.SUFFIXES):
        raise unknown("label set", name_or_file, names())
    if not path.is_file():
        raise InputError(f"there is no file {path}; give a label set's name ({', '.join(names())}) or a label file")
    return read(path)


def names() -> list[str]:
    """What :func:`load` takes for a name; the T of the last stands for a threshold."""
    return [*NAMED, f"{rated.AT}T"]


@cache
def _named(name: str) -> LabelSet:
    return from_mapping(name, NAMED[name]())


@lru_cache(maxsize=2)  # a membership table is 50 MB: do not keep one for each threshold
def _at(threshold: float) -> LabelSet:
    return from_mapping(f"{rated.AT}{threshold:.15g}", rated.at_least(threshold))


def of(images: Iterable[str], image_set: str) -> LabelSet:
    """The label set that belongs to an image set: its own by name, else what the folders of its images say.

    Raises as :func:`from_folders` where neither is known.
    """
    return load(OWN[image_set]) if image_set in OWN else from_folders(images)


def _original(source: str) -> dict[str, list[int]]:
    (path,) = sources.locate(source).values()
    return reading.dataset(path)


def _refined() -> dict[str, list[int]]:
    (path,) = sources.locate("v2-refined").values()
    return {canonical_id(image): [int(label) for label in row] for image, row in read_json(path).items()}


def _sample() -> dict[str, list[int]]:
    # imagenet_<nn>_<class>.jpg
    return {image: [int(Path(image).stem.split("_")[-1])] for image in sample().images}


# The label set that an image set is scored against unless another is given.
OWN = {
    "v1": "v1-real",
    "v2": "v2-refined",
    "v2-threshold": "v2-threshold",
    "v2-top": "v2-top",
    "sample": "sample-original",
}
NAMED = {
    "v1-original": lambda: _original("v1-images"),
    "v1-real": rated.real,
    "v1-mturk": crowd.labels,
    "v1-multilabel": lambda: multilabel.accepted("v1"),
    "imagenet-m": multilabel.major,
    "v2-original": lambda: _original("v2-images"),
    "v2-threshold": lambda: _original("v2-threshold-images"),
    "v2-top": lambda: _original("v2-top-images"),
    "v2-refined": _refined,
    "v2-multilabel": lambda: multilabel.accepted("v2"),
    "sample-original": _sample,
}
