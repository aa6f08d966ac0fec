"""The joint bootstrap: images are drawn once for all checkpoints, as the checkpoints saw the same images.

Source: Efron (1979), "Bootstrap methods: another look at the jackknife". Given the images, nothing else is random:
intervals say how far a number would move with other images of the same kind, not with other models or other labels.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from threadpoolctl import threadpool_limits

from workbench.inputs.classes import N_CLASSES
from workbench.score import intervals
from workbench.score.paired.correctness import Correctness
from workbench.score.table import LABEL_COUNTS

STRATA = max(LABEL_COUNTS) + 2  # 0, 1, ..., 5 labels, and more
BLOCK = 50  # resamples at a time: 50 times 50,000 weights are 10 MB


@dataclass(frozen=True)
class Resampling:
    """How often to draw, from which seed, and what: images (of each image set by itself) or whole classes.

    Classes are drawn jointly for all image sets: a class that is drawn twice counts twice in V1 and in V2.
    """

    n: int = 1000
    seed: int = 0
    by: str = "image"

    def weights(self, correct: Correctness) -> Iterator[np.ndarray]:
        """How often each image counts, float32, shape (block, n images) at a time; first once, once for each image.

        The same resampling and image set give the same weights: what is computed from them is paired.
        """
        yield np.ones((1, len(correct)), "f4")
        jointly = self.by == "class"
        rng = np.random.default_rng([self.seed] if jointly else [self.seed, *correct.image_set.encode()])
        n = N_CLASSES if jointly else len(correct)
        for start in range(0, self.n, BLOCK):
            size = min(BLOCK, self.n - start)
            drawn = np.stack([np.bincount(rng.integers(0, n, n, dtype=np.int32), minlength=n) for _ in range(size)])
            yield (drawn[:, correct.classes] if jointly else drawn).astype("f4")


@dataclass(frozen=True)
class Totals:
    """Images and credit by number of labels, for the images as they are (row 0) and for each resample.

    `images` has the shape (1 + resamples, 7): images with 0, 1, ..., 5 and more labels; `credit` (1 + resamples,
    7, checkpoints) what they give each checkpoint by one metric.
    """

    images: np.ndarray
    credit: np.ndarray

    def accuracy(self) -> np.ndarray:
        """Accuracy at each number of labels, the shape of `credit`; NaN where there is no image."""
        with np.errstate(invalid="ignore"):
            return self.credit / self.images[..., None]


@lru_cache(maxsize=8)  # of the same images and resamples several tables and charts are made
def totals(correct: Correctness, metric: str, resampling: Resampling) -> Totals:
    """Resampled images and credit by number of labels, of ``top1``, ``real`` or ``subgroup``."""
    strata = np.minimum(correct.label_counts, STRATA - 1)
    order = np.argsort(strata, kind="stable")
    ends = np.searchsorted(strata[order], np.arange(1, STRATA))
    # A last column of ones: the number of images is the credit of a model that is always right.
    whole = np.column_stack([correct.credit(metric), np.ones(len(correct), "f4")])[order]
    parts = np.split(whole, ends)
    blocks = []
    # Products this small gain nothing from threads, and waiting threads take the time of other processes: 1.1 s instead
    # of 5.6 s of processor time on two busy cores.
    with threadpool_limits(1, "blas"):
        for weights in resampling.weights(correct):
            sides = np.split(weights[:, order], ends, axis=1)
            blocks.append(np.stack([side @ part for side, part in zip(sides, parts, strict=True)], axis=1))
    summed = np.concatenate(blocks).astype("f8")
    summed.flags.writeable = False
    return Totals(summed[..., -1], summed[..., :-1])


def scores(correct: Correctness, metric: str, resampling: Resampling) -> np.ndarray:
    """Each checkpoint's ``top1``, ``real`` or ``asma``, shape (1 + resamples, checkpoints), as it is and resampled."""
    found = totals(correct, "subgroup" if metric == "asma" else metric, resampling)
    if metric == "asma":
        return found.accuracy()[:, list(LABEL_COUNTS)].mean(axis=1)
    asked = slice(1 if metric == "real" else 0, None)
    return found.credit[:, asked].sum(axis=1) / found.images[:, asked].sum(axis=1, keepdims=True)


def interval(resampled: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The value of row 0 and the percentile interval of the rows after it, at the 95 % level or another."""
    return resampled[0], *intervals.percentile(resampled[1:], level)
