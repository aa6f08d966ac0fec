"""ReaL's rated pairs: the score of each pair of a V1 image and a label, and label sets at any threshold.

Six models proposed labels for the images where they did not all agree with the original label; five raters judged each
proposed pair, and a score was estimated from their answers (Dawid and Skene 1979). ReaL holds the pairs with a score
of at least 0.8. The images that nobody rated keep the one label that they have in ReaL. Source: Beyer et al. (2020),
"Are we done with ImageNet?", section 3.
"""

import math
from functools import cache
from typing import NamedTuple

import numpy as np

from workbench.errors import InputError
from workbench.files import read_json
from workbench.inputs import classes, sources
from workbench.inputs.images import v1_id

SET = "v1-real"
AT = f"{SET}@"  # comes before a threshold, in the name of a label set
PUBLISHED = 0.8  # ReaL's own threshold


class Rated(NamedTuple):
    """The rated pairs, shape (184962,) each: number of the V1 image (1 to 50,000), class index, score in (0, 1)."""

    number: np.ndarray
    label: np.ndarray
    score: np.ndarray


def real() -> dict[str, list[int]]:
    """ReaL as it was published: the labels of each of the 50,000 V1 images."""
    # timm keeps the 50,000 lists in the order of the file names.
    rows = read_json(classes.timm_info("imagenet_real_labels.json"))
    return {v1_id(number): row for number, row in enumerate(rows, start=1)}


@cache
def pairs() -> Rated:
    """The rated pairs, in the order of the public file. Raises `MissingSourceError` where it is not at hand."""
    (path,) = sources.locate("v1-real-scores").values()
    with np.load(path) as file:
        names, labels = file["info"].T
        # ILSVRC2012_val_00041207.JPEG
        numbers = [int(name[15:23]) for name in names]
        return Rated(np.array(numbers), labels.astype(np.int64), file["tensor"])


def answers() -> np.ndarray:
    """Every rater's answers, uint8 (184962, 5): three times the rater's number, plus 0, 1 or 2 for no, maybe or yes.

    Rows are in the order of :func:`pairs`. Raises `MissingSourceError` where the file is not at hand.
    """
    (path,) = sources.locate("v1-real-raters").values()
    with np.load(path) as file:
        given = file["tensor"]  # (raters, pairs, answers), one where a rater gave that answer
    _, rater, answer = np.nonzero(given.transpose(1, 0, 2))
    return (3 * rater + answer).astype(np.uint8).reshape(given.shape[1], -1)


def at_least(threshold: float) -> dict[str, list[int]]:
    """The labels of each V1 image where pairs count from a score of `threshold` on; 0.8 gives ReaL itself."""
    return chosen(pairs().score >= threshold)


def chosen(held: np.ndarray) -> dict[str, list[int]]:
    """The labels of each V1 image where the rated pairs in the mask `held`, shape (184962,), are labels."""
    number, label, _ = pairs()
    labels = real() | {v1_id(one): [] for one in np.unique(number).tolist()}
    for one, of in zip(number[held].tolist(), label[held].tolist(), strict=True):
        labels[v1_id(one)].append(of)
    return labels


def threshold(name: str) -> float:
    """The threshold in a name such as ``v1-real@0.5``. Raises `InputError` unless it is above 0 and up to 1.

    >>> threshold("v1-real@0.5")
    0.5
    """
    text = name.removeprefix(AT)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= 1:
        seen = f"{name!r} has {text!r} after the @"
        raise InputError(f"{seen}; expected a threshold above 0 and up to 1, as in {AT}0.5 ({AT}{PUBLISHED} is {SET})")
    return value
