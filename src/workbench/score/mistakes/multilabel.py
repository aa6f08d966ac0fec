"""Two scores from expert multi-labels: multi-label accuracy, and ImageNet-M (Vasudevan et al. 2022).

Both ask whether the best class is one that experts judged correct or unclear.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.inputs import labels
from workbench.inputs.labels import LabelSet
from workbench.predict import store
from workbench.predict.store import Predictions
from workbench.score import intervals, scores, table


def score(predictions: Predictions | Iterable[Predictions]) -> pd.DataFrame:
    """Multi-label accuracy and ImageNet-M of predictions on V1, as a score table.

    ``multilabel`` is the mean over original classes of the share of right pictures within each; ``imagenet_m`` the
    share of the 68 pictures, so that ``value * n_images`` is the count that the paper gives. Raises
    `MissingSourceError` where the annotations are not at hand, `InputError` where predictions lack one of the pictures.
    """
    several = [predictions] if isinstance(predictions, Predictions) else predictions
    annotated, major, original = (labels.load(name) for name in ("v1-multilabel", "imagenet-m", "v1-original"))
    rows = []
    for one in several:
        multilabel = (annotated.name, one.protocol, "multilabel", None, *accuracy(one, annotated, original))
        imagenet_m = (major.name, one.protocol, "imagenet_m", None, *count(one, major))
        rows += [(one.checkpoint, one.image_set, *row, one.source) for row in (multilabel, imagenet_m)]
    return table.build(rows)


def files(path: str | Path) -> pd.DataFrame:
    """The same for a file of predictions, or for all on V1 below a folder; none for an empty path."""
    if not str(path):
        return pd.DataFrame(columns=table.COLUMNS)
    return score([one for one in store.read_all(path) if one.image_set == "v1"])


def accuracy(predictions: Predictions, accepted: LabelSet, original: LabelSet) -> tuple:
    """Mean over original classes of the mean hit within each: value, number of pictures, 95 % interval.

    `accepted` holds no problematic picture. The interval is normal, classes being strata; it is empty (NaN) where a
    class has one picture.
    """
    hit = pd.Series(_hit(predictions, accepted), dtype=float)
    strata = hit.groupby(original.classes[original.indptr[original.rows(accepted.images)]])
    mean = strata.mean().mean()
    return mean, len(hit), *intervals.normal(mean, intervals.mean_error(strata.sem()))


def wrong(predictions: Predictions, accepted: LabelSet) -> pd.Index:
    """The pictures of `accepted` whose best class no expert accepts: what a review goes through."""
    return accepted.images[~_hit(predictions, accepted)]


def count(predictions: Predictions, major: LabelSet) -> tuple:
    """Share of the pictures of ImageNet-M whose best class is right, their number, and the 95 % Wilson interval."""
    hit = _hit(predictions, major)
    return hit.mean(), len(hit), *intervals.wilson(hit.sum(), len(hit))


def _hit(predictions: Predictions, accepted: LabelSet) -> np.ndarray:
    """Whether the best class is accepted, for each picture of `accepted` in its order."""
    place = predictions.images.get_indexer(accepted.images)
    if (place < 0).any():
        of = f"{predictions.checkpoint} on {predictions.image_set}"
        seen = f"{(place < 0).sum()} of the {len(accepted)} pictures of {accepted.name!r} have no prediction"
        raise InputError(f"{of}: {seen}; predict the whole of V1")
    return scores.hits(predictions.classes[place, :1], accepted.table, np.arange(len(accepted)))[:, 0]
