"""Is a checkpoint sure when it is wrong? Its confidence beside its accuracy, by number of labels.

Confidence is the softmax probability of the best class, right is the original label: Guo et al. (2017), "On calibration
of modern neural networks".
"""

import numpy as np
import pandas as pd

from workbench.inputs import labels
from workbench.predict.store import Predictions
from workbench.score import intervals
from workbench.score.interactive import outcomes
from workbench.score.scores import original_of

BINS = 15  # of equal width
RESAMPLES = 200
ENOUGH = 10  # pictures
COLUMNS = ["n_images", "confidence", "accuracy", "over", "over_low", "over_high", "ece", "ece_low", "ece_high"]


def by_label_count(predictions: Predictions, *, seed: int = 0) -> pd.DataFrame:
    """Calibration on all pictures and on those of each number of labels, 0 to 5: ``label_count`` and :data:`COLUMNS`.

    `over` is mean confidence minus accuracy with its normal 95 % interval; `ece` the expected calibration error, whose
    interval is of resampled pictures: noise alone makes it larger than zero, the more so on few pictures. Empty where
    the predictions hold no scores.
    """
    joined = _joined(predictions)
    groups = {"all": joined} | {str(count): joined[joined["label_count"] == count] for count in range(6)}
    rng = np.random.default_rng(seed)
    rows = [(name, *_told(part, rng)) for name, part in groups.items() if len(part) >= ENOUGH]
    return pd.DataFrame(rows, columns=["label_count", *COLUMNS])


def reliability(predictions: Predictions) -> pd.DataFrame:
    """Accuracy at each level of confidence, of pictures with one label and of those with several.

    Columns: ``labels`` ("one label", "several labels"), ``n_images``, mean ``confidence``, accuracy as ``value`` and
    its Wilson interval ``ci_low, ci_high``. Bins of fewer than `ENOUGH` pictures are left out.
    """
    joined = _joined(predictions).query("label_count > 0")
    joined = joined.assign(labels=np.where(joined["label_count"] == 1, "one label", "several labels"))
    groups = joined.groupby(["labels", bins(joined["confidence"].to_numpy())])
    found = groups.agg(n_images=("right", "size"), confidence=("confidence", "mean"), k=("right", "sum"))
    found = found[found["n_images"] >= ENOUGH].reset_index("labels").reset_index(drop=True)
    low, high = intervals.wilson(found["k"], found["n_images"])
    return found.assign(value=found["k"] / found["n_images"], ci_low=low, ci_high=high).drop(columns="k")


def bins(confidence: np.ndarray) -> np.ndarray:
    """The bin of each confidence; an upper edge belongs to the bin below it, as in the source.

    >>> bins(np.array([0.0, 1 / 15, 0.07, 1.0])).tolist()
    [0, 0, 1, 14]
    """
    return np.clip(np.ceil(np.asarray(confidence, float) * BINS - 1e-9).astype(int) - 1, 0, BINS - 1)


def _joined(predictions: Predictions) -> pd.DataFrame:
    """A row for each picture with a confidence: ``confidence, right, label_count``."""
    labelled = labels.of(predictions.images, predictions.image_set)
    found = outcomes.of(predictions, labelled, original_of(labelled)).dropna(subset="confidence")
    return found.assign(right=found["status"] == "original")[["confidence", "right", "label_count"]]


def _told(part: pd.DataFrame, rng: np.random.Generator) -> tuple:
    away, place = (part["confidence"] - part["right"]).to_numpy(float), bins(part["confidence"].to_numpy())
    n, half = len(part), intervals.Z95 * away.std() / np.sqrt(len(part))
    drawn = (rng.integers(0, n, n) for _ in range(RESAMPLES))
    errors = np.array([_error(away, place), *(_error(away[rows], place[rows]) for rows in drawn)])
    over = away.mean()
    means = n, part["confidence"].mean(), part["right"].mean()
    return (*means, over, over - half, over + half, errors[0], *intervals.percentile(errors[1:]))


def _error(away: np.ndarray, place: np.ndarray) -> float:
    """Expected calibration error, from confidence minus outcome of each picture and its bin."""
    return float(np.abs(np.bincount(place, away, BINS)).sum() / len(away))
