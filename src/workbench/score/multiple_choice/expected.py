"""The score that a classifier has in expectation over all draws of distractors, in closed form.

A question is answered right where none of its nine distractors is ranked above the right class: they are drawn without
replacement, so the chance is hypergeometric. Where only the best k classes are stored and the right one is not among
them, it is ranked (k + 1)st at best and last at worst.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from workbench.inputs.classes import N_CLASSES
from workbench.inputs.questions import LETTERS
from workbench.score import scores

DISTRACTORS = len(LETTERS) - 1


def spared(bad: Any, others: Any = N_CLASSES - 1) -> np.ndarray:
    """Chance that none of nine distractors, drawn from `others` classes, is one of the `bad` among these.

    >>> spared([0, 1, 74, 990, 991]).round(3).tolist()
    [1.0, 0.991, 0.499, 0.0, 0.0]
    """
    bad, others = (np.asarray(one, float)[..., None] for one in (bad, others))
    drawn = np.arange(DISTRACTORS)
    return np.clip((others - bad - drawn) / (others - drawn), 0, None).prod(axis=-1)


def bounds(classes: np.ndarray, right: np.ndarray, spare: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Chance of a right answer to each picture's question, at least and at most: each of shape (n,).

    `classes` are the stored ones (n, k), best first; `right` the right ones (n,). Valid labels are no distractors where
    their membership table (n, 1000) is given as `spare`. The two bounds are equal where the right class is stored.
    """
    hit, rows = classes == right[:, None], np.arange(len(right))
    above = np.cumsum(hit, axis=1) == 0
    others = np.full(len(right), N_CLASSES - 1)
    if spare is not None:
        above &= ~scores.hits(classes, spare, rows)
        others = N_CLASSES - spare.sum(axis=1) - ~spare[rows, right]
    best = spared(above.sum(axis=1), others)
    return np.where(hit.any(axis=1), best, 0.0), best


def by_rank(ranks: Sequence[int]) -> pd.DataFrame:
    """Chance of a right answer where the right class is ranked so: ``rank, chance``.

    >>> by_rank([1, 2, 74]).round(3).to_numpy().tolist()
    [[1.0, 1.0], [2.0, 0.991], [74.0, 0.504]]
    """
    return pd.DataFrame({"rank": ranks, "chance": spared(np.asarray(ranks) - 1)})


def rank_half() -> int:
    """The last rank of the right class at which its question is answered right at least every second time.

    >>> rank_half()
    74
    """
    return int((spared(np.arange(N_CLASSES)) >= 0.5).sum())
