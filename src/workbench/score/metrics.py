"""Per-image metrics of "Re-assessing ImageNet", section 3.3.

All take arrays over the same n images. `classes` are the predicted classes (n, k), best first; `table` is a
label set's membership table (n, 1000); `counts` are the numbers of labels (n,).
"""

import numpy as np


def hits(classes: np.ndarray, table: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Whether each predicted class is among the labels of its image: boolean, shape (n, k).

    `rows` gives the row of `table` for each image.
    """
    return table.ravel().take(rows[:, None] * table.shape[1] + classes)


def label_wise_accuracy(hit: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Share of the top-k_i classes that are labels, k_i being the number of labels of image i; NaN where it
    is 0. Shape (n,).

    Source: "Re-assessing ImageNet", section 3.3. Raises IndexError where an image has more labels than `hit`
    has columns: a deeper top-k is never silently truncated.

    >>> label_wise_accuracy(np.array([[True, False, True]] * 2), np.array([1, 2])).tolist()
    [1.0, 0.5]
    """
    found = np.concatenate([np.zeros((len(hit), 1), dtype=int), hit.cumsum(axis=1)], axis=1)
    with np.errstate(invalid="ignore"):
        return found[np.arange(len(hit)), counts] / counts
