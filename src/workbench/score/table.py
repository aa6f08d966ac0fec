"""The score table: every number that the charts and tables show, in one tidy frame.

Columns: ``checkpoint, image_set, labels, protocol, metric, label_count, value, n_images, ci_low, ci_high,
source``. `value` is a fraction in [0, 1] over `n_images` images, with a 95 % interval. `labels` is the
multi-label set that was scored against; top-1 is always asked of the original label. `label_count` is empty
for a score over all images, else it is the exact number of labels of the images in question.

===========  ==========================================================================================
``top1``     best class equals the original label (section 3.3)
``real``     best class is among the labels, over images with at least one (section 3.3; Beyer et al. 2020)
``subgroup``  mean label-wise accuracy of the images with exactly `label_count` labels (section 3.3)
``asma``     unweighted mean of ``subgroup`` over the label counts asked for (section 3.3)
===========  ==========================================================================================
"""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from workbench.errors import InputError

COLUMNS = [
    *("checkpoint", "image_set", "labels", "protocol", "metric", "label_count"),
    *("value", "n_images", "ci_low", "ci_high", "source"),
]
KEYS = ["source", "protocol", "checkpoint"]  # checkpoints are compared within a source and a protocol
LABEL_COUNTS = (1, 2, 3, 4, 5)


def build(rows: Iterable[tuple] | pd.DataFrame) -> pd.DataFrame:
    """A score table from rows in the order of `COLUMNS`."""
    frame = pd.DataFrame(rows, columns=COLUMNS)
    # Six decimals: finer than one image in 50,000, and the same in memory as in a committed CSV.
    numbers = {name: frame[name].astype(float).round(6) for name in ("value", "ci_low", "ci_high")}
    return frame.assign(**numbers).astype({"label_count": "Int64", "n_images": "Int64"})


def select(
    scores: pd.DataFrame, metric: str, image_set: str | None = None, *, label_count: int | Sequence[int] | None = None
) -> pd.DataFrame:
    """The rows of one metric on one image set (on any without), over all pictures or those with so many labels.

    >>> scores = build([("net", "v1", "x", "crop", "top1", g, 0.5, 9, 0.2, 0.8, "run") for g in (None, 1, 2)])
    >>> [len(select(scores, "top1", "v1", label_count=g)) for g in (None, 2, [1, 2])]
    [1, 1, 2]
    """
    counts = scores["label_count"]
    wanted = counts.isna() if label_count is None else counts.isin(np.atleast_1d(label_count).tolist())
    if image_set is not None:
        wanted &= scores["image_set"] == image_set
    return scores[wanted & (scores["metric"] == metric)]


def narrowed(scores: pd.DataFrame, metrics: Sequence[str], best: str | None = None) -> pd.DataFrame:
    """The rows of these metrics; with `best`, the checkpoints with its highest value first, in each image set.

    A checkpoint without that metric comes last.

    >>> rest = (9, 0.2, 0.8, "run")
    >>> rows = [(name, "v1", "x", "crop", "top1", None, value, *rest) for name, value in [("a", 0.4), ("b", 0.5)]]
    >>> scores = build(rows)
    >>> narrowed(scores, ["top1"], "top1")["checkpoint"].tolist()
    ['b', 'a']
    """
    kept = scores[scores["metric"].isin(list(metrics))]
    if best is None:
        return kept
    of = [*KEYS, "image_set"]
    values = select(scores, best).drop_duplicates(of).set_index(of)["value"]
    found = values.reindex(pd.MultiIndex.from_frame(kept[of])).to_numpy()
    order = kept.assign(best=-found).sort_values(["image_set", "best"], kind="stable", na_position="last").index
    return kept.loc[order]


def check_once(scores: pd.DataFrame) -> pd.DataFrame:
    """The same scores. Raises `InputError`, naming it, where a checkpoint of one source and protocol has one twice."""
    twice = scores[scores.duplicated([*KEYS, "image_set", "metric", "label_count"])]
    if len(twice):
        one = twice.iloc[0]
        of_what = f"{one['metric']} on {one['image_set']} twice ({one['source']}, {one['protocol']})"
        raise InputError(f"{one['checkpoint']} has {of_what}; give each checkpoint once, against one label set")
    return scores
