"""What the two reviewed models' outputs and the experts' labels say, on machines that have these public files.

Neither may be copied into the repository, so the committed ledger does without them: here is nothing, then.
"""

from functools import cache

import numpy as np
import pandas as pd

from workbench.inputs import labels, sources
from workbench.inputs.published import logits, mistakes
from workbench.predict.store import from_arrays
from workbench.score import scores
from workbench.score.mistakes import multilabel

LABELS, OUTPUTS = "v1-multilabel", "mistakes-logits"


def _at_hand(*names: str) -> bool:
    return all(sources.available(name) for name in (*names, "imagenet-mistakes", "v1-images"))


@cache
def top1() -> pd.Series | None:
    """Top-1 accuracy of both reviewed models in percent, or None where their outputs are not at hand.

    Raises `DamagedFileError` for outputs that disagree with the review.
    """
    if not _at_hand(OUTPUTS):
        return None
    original, best = labels.load("v1-original"), logits.best_classes()
    right = {
        str(name): scores.hits(one.to_numpy()[:, None], original.table, original.rows_of(one.index))[:, 0]
        for name, one in best.items()
    }
    return 100 * pd.DataFrame(right).mean()


@cache
def models() -> pd.DataFrame | None:
    """Both models by the experts' labels: ``multilabel`` (percent), ``right_m`` (of ImageNet-M), ``unreviewed``.

    `unreviewed` counts mistakes by these labels that the review does not list. None where a file is not at hand.
    Raises `DamagedFileError` for outputs that disagree with the review.
    """
    if not _at_hand(LABELS, OUTPUTS):
        return None
    accepted, major, original = (labels.load(name) for name in (LABELS, "imagenet-m", "v1-original"))
    reviewed, rows = mistakes.reviewed(), {}
    for model, best in logits.best_classes().items():
        one = from_arrays(str(model), "v1", best.index, best.to_numpy()[:, None], protocol="crop")
        value, share, size = multilabel.accuracy(one, accepted, original)[0], *multilabel.count(one, major)[:2]
        listed = reviewed.loc[reviewed["model"] == model, "image"]
        missing = ~np.isin(multilabel.wrong(one, accepted), listed)
        rows[model] = {"multilabel": 100 * value, "right_m": round(share * size), "unreviewed": int(missing.sum())}
    return pd.DataFrame.from_dict(rows, orient="index")


@cache
def major_slice() -> tuple[int, int, int] | None:
    """Pictures of ImageNet-M, and how many of them a review lists at all, and as a Major mistake; None without them."""
    if not _at_hand(LABELS):
        return None
    images, reviewed = labels.load("imagenet-m").images, mistakes.reviewed()
    major = reviewed[reviewed["severity"] == "Major"]
    return len(images), int(images.isin(reviewed["image"]).sum()), int(images.isin(major["image"]).sum())
