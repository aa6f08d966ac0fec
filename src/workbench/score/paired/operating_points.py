"""What depends on the operating point of a label set: the same predictions against V1's labels at each threshold.

V2's labels stay as they are. The resamples of the images are the same for every label set, so that two of them can be
compared: a difference between thresholds has a band of its own, narrower than the bands of the two suggest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from workbench.score.paired import bootstrap, decomposition
from workbench.score.paired.bootstrap import STRATA, Resampling
from workbench.score.paired.correctness import Correctness

COLUMNS = ["labels", "over", "quantity", *("value", "ci_low", "ci_high"), *("change", "change_low", "change_high")]
LABELLED = "labelled images"  # leaves images without a label out of the gap and its parts


@dataclass(frozen=True)
class Resampled:
    """One label set on one image set; row 0 is the images as they are, the rows after it are resamples.

    `images`, shape (1 + resamples, 7): images with 0, 1, ..., 5 and more labels; `top1`, the same shape: how many of
    them are right by the original label, a mean over checkpoints; `real` (1 + resamples, checkpoints): ReaL accuracy.
    """

    images: np.ndarray
    top1: np.ndarray
    real: np.ndarray

    @property
    def several(self) -> np.ndarray:
        """Share of the images with more than one label among those with any."""
        return self.images[:, 2:].sum(axis=1) / self.images[:, 1:].sum(axis=1)

    @property
    def none(self) -> np.ndarray:
        """Share of the images without a label."""
        return self.images[:, 0] / self.images.sum(axis=1)

    def as_it_is(self) -> "Resampled":
        """Row 0 alone, for what is set against resamples of something else."""
        return Resampled(self.images[:1], self.top1[:1], self.real[:1])


class Parts(NamedTuple):
    """The mean top-1 gap and its two parts by one standard, each of shape (1 + resamples,)."""

    gap: np.ndarray
    composition: np.ndarray
    within: np.ndarray


def resample(named: Mapping[str, Correctness], resampling: Resampling) -> dict[str, Resampled]:
    """Each label set of one image set, resampled with the same weights.

    All must be of the same images in the same order, as :func:`workbench.score.paired.correctness.of` makes them of
    one list of predictions.
    """
    designs = {name: _design(one) for name, one in named.items()}
    summed: dict[str, list] = {name: [] for name in named}
    with threadpool_limits(1, "blas"):  # as in `bootstrap.totals`
        for weights in resampling.weights(next(iter(named.values()))):
            for name, design in designs.items():
                summed[name].append(weights @ design)
    return {name: _resampled(np.concatenate(blocks).astype("f8")) for name, blocks in summed.items()}


def _design(correct: Correctness) -> np.ndarray:
    """Columns whose weighted sums are wanted: images and right answers in each stratum, ReaL of each checkpoint.

    All are whole numbers whose sums stay below 2**24, so that float32 holds them exactly.
    """
    strata = np.minimum(correct.label_counts, STRATA - 1)[:, None] == np.arange(STRATA)
    right = correct.top1.sum(axis=1, keepdims=True)
    return np.hstack([strata, strata * right, correct.real & ~strata[:, :1]]).astype("f4")


def _resampled(summed: np.ndarray) -> Resampled:
    images, right, real = np.split(summed, [STRATA, 2 * STRATA], axis=1)
    return Resampled(images, right / real.shape[1], real / images[:, 1:].sum(axis=1, keepdims=True))


def parts(v1: Resampled, v2: Resampled, standard: str, *, labelled_only: bool = False) -> Parts:
    """The mean top-1 gap in two parts, over the strata of 0, 1, ..., 5 and more labels, or of 1 and more.

    `standard` is one of :data:`workbench.score.paired.decomposition.STANDARDS`. A stratum that one set lacks takes the
    other's accuracy, so that it counts as composition only.
    """
    (p1, a1), (p2, a2) = (_strata(side, slice(1 if labelled_only else 0, None)) for side in (v1, v2))
    a1, a2 = (np.nan_to_num(np.where(np.isnan(a), b, a)) for a, b in ((a1, a2), (a2, a1)))
    composition, within = decomposition.split(p1, a1, p2, a2, decomposition.STANDARDS[standard])
    return Parts((composition + within).sum(axis=1), composition.sum(axis=1), within.sum(axis=1))


def _strata(side: Resampled, kept: slice) -> tuple[np.ndarray, np.ndarray]:
    """Share of the images and accuracy of each stratum, NaN where it is empty."""
    images = side.images[:, kept]
    with np.errstate(invalid="ignore"):
        return images / images.sum(axis=1, keepdims=True), side.top1[:, kept] / images


def gaps(v1: Mapping[str, Resampled], v2: Resampled, *, published: str, over: str = "all images") -> pd.DataFrame:
    """The gap between V1 and V2 by each label set of V1, in rows of :data:`COLUMNS`.

    Quantities: those of :func:`accuracies`, ``real_gap`` (V1 minus V2, mean over checkpoints), ``gap`` (of top-1),
    ``composition_<standard>`` and ``within_<standard>``. `over` says what the rows are over; :data:`LABELLED` has a
    meaning of its own.
    """

    def found(one: Resampled) -> dict[str, np.ndarray]:
        real_gap = one.real.mean(axis=1) - v2.real.mean(axis=1)
        split = {name: parts(one, v2, name, labelled_only=over == LABELLED) for name in decomposition.STANDARDS}
        numbers = accuracies(one) | {"real_gap": real_gap, "gap": split["midpoint"].gap}
        for part in ("composition", "within"):
            numbers |= {f"{part}_{name}": getattr(split[name], part) for name in split}
        return numbers

    return rows({name: found(one) for name, one in v1.items()}, published=published, over=over)


def accuracies(one: Resampled) -> dict[str, np.ndarray]:
    """What a label set says without another image set: ``several``, ``none``, ``real`` and ``top1_none``.

    The last is the mean top-1 of the images without a label, by the original one; NaN where there is no such image.
    """
    with np.errstate(invalid="ignore"):
        unlabelled = one.top1[:, 0] / one.images[:, 0]
    return {"several": one.several, "none": one.none, "real": one.real.mean(axis=1), "top1_none": unlabelled}


def rows(named: Mapping[str, Mapping[str, np.ndarray]], *, published: str, over: str) -> pd.DataFrame:
    """Resampled numbers, by label set and quantity, in rows of :data:`COLUMNS`: value and change, each with its band.

    The change is the value minus that at the label set `published`, in each resample; it is empty without that one.
    """
    there, told = named.get(published), []
    for name, numbers in named.items():
        for quantity, here in numbers.items():
            change = here - there[quantity] if there else np.full_like(here, np.nan)
            told.append((name, over, quantity, *bootstrap.interval(here), *bootstrap.interval(change)))
    return pd.DataFrame(told, columns=COLUMNS)
