"""What is gained by comparing two models on the same images instead of comparing two accuracies."""

from itertools import pairwise

import numpy as np
import pandas as pd

from workbench.score import intervals


def neighbours(right: pd.DataFrame) -> pd.DataFrame:
    """Each model and the next one below it in accuracy: ``model, next, difference, unpaired, paired``.

    `right` has a row for each image and a column for each model: whether it is right. `unpaired` is the standard error
    of the difference as if both had seen different images; `paired` takes the images as they are, the same for both:
    an image on which both are right, or both wrong, says nothing of the difference.

    >>> two = pd.DataFrame({"a": [True, True, False, True], "b": [True, False, False, True]})
    >>> neighbours(two).round(3).to_numpy().tolist()
    [['a', 'b', 0.25, 0.331, 0.217]]
    """
    accuracy = right.mean().sort_values(ascending=False, kind="stable")
    n, names = len(right), [str(name) for name in accuracy.index]
    rows = []
    for name, other in pairwise(names):
        unpaired = np.sqrt(sum(share * (1 - share) for share in (accuracy[name], accuracy[other])) / n)
        away = right[name].to_numpy().astype(float) - right[other].to_numpy()
        rows.append((name, other, accuracy[name] - accuracy[other], unpaired, away.std() / np.sqrt(n)))
    return pd.DataFrame(rows, columns=["model", "next", "difference", "unpaired", "paired"])


def apart(pairs: pd.DataFrame) -> dict[str, int]:
    """How many neighbours differ by more than 1.96 standard errors, by either error of :func:`neighbours`."""
    return {name: int((pairs["difference"] > intervals.Z95 * pairs[name]).sum()) for name in ("unpaired", "paired")}
