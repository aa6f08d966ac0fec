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

import pandas as pd

COLUMNS = [
    "checkpoint",
    "image_set",
    "labels",
    "protocol",
    "metric",
    "label_count",
    "value",
    "n_images",
    "ci_low",
    "ci_high",
    "source",
]
LABEL_COUNTS = (1, 2, 3, 4, 5)


def frame(rows: list[tuple]) -> pd.DataFrame:
    """A score table from rows in the order of `COLUMNS`."""
    frame = pd.DataFrame(rows, columns=COLUMNS)
    # Six decimals: finer than one image in 50,000, and the same in memory as in a committed CSV.
    numbers = {name: frame[name].astype(float).round(6) for name in ("value", "ci_low", "ci_high")}
    return frame.assign(**numbers).astype({"label_count": "Int64", "n_images": "Int64"})
