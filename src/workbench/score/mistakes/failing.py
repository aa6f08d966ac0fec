"""How other models do on exactly the pictures where ViT-3B still fails, beside their accuracy on all pictures."""

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.inputs.labels import LabelSet
from workbench.predict.store import Predictions
from workbench.score import intervals, scores


def counts(predictions: list[Predictions], reviewed: pd.DataFrame, original: LabelSet, real: LabelSet) -> pd.DataFrame:
    """How checkpoints, and the model of the review itself, do on exactly the pictures where it fails.

    `reviewed` are the mistakes of one model (:func:`workbench.inputs.published.mistakes.reviewed`); columns as in
    :func:`on_failing`. The reviews hold no answer of that model on other pictures, so it has no *overall*.
    """
    parts = [on_failing(one, reviewed, original, real) for one in predictions]
    own = _judged(reviewed["image"], reviewed["predicted"].to_numpy(), original, real)
    return pd.concat([*parts, _table(reviewed["model"].iloc[0], reviewed, own)], ignore_index=True)


def on_failing(predictions: Predictions, reviewed: pd.DataFrame, original: LabelSet, real: LabelSet) -> pd.DataFrame:
    """One checkpoint's accuracy on the `reviewed` pictures, in all and by category and severity, and overall.

    ``checkpoint, group, value, n_images, right_original, n_real, right_real``: counts, over pictures with a ReaL label
    for the last two. `group` is *overall* (every picture of the predictions), *failing*, *category* or *severity*.
    Raises `InputError` where the predictions lack one of the pictures.
    """
    judged = _judged(predictions.images, predictions.classes[:, 0], original, real)
    places = _places(predictions, reviewed["image"])
    return _table(predictions.checkpoint, reviewed, judged.iloc[places], judged)


def solved(predictions: list[Predictions], reviewed: pd.DataFrame, original: LabelSet, real: LabelSet) -> pd.DataFrame:
    """For the `reviewed` pictures: how many of the checkpoints are right, by severity.

    ``labels, severity, right, n_images``: `right` is *none*, *some* or *most* (more than half) of the checkpoints. By
    ReaL, pictures without a label are left out.
    """
    ids = reviewed["image"]
    judged = [_judged(ids, one.classes[_places(one, ids), 0], original, real) for one in predictions]
    parts = []
    for labels in ("original", "real"):
        right = np.sum([one[labels] for one in judged], axis=0)
        kind = np.select([right == 0, 2 * right > len(judged)], ["none", "most"], "some")
        frame = pd.DataFrame({"labels": labels, "severity": reviewed["severity"].to_numpy(), "right": kind})
        parts.append(frame[judged[0]["labelled"] | (labels == "original")])
    sizes = pd.concat(parts).groupby(["labels", "severity", "right"], as_index=False).size()
    return sizes.rename(columns={"size": "n_images"})


def shares(counted: pd.DataFrame) -> pd.DataFrame:
    """The counts of :func:`on_failing` as shares with 95 % Wilson intervals, by original label and by ReaL.

    ``checkpoint, group, value, labels, n_images, share, ci_low, ci_high, overall``: `labels` is *original* or *real*,
    `overall` the checkpoint's accuracy on all pictures by the same labels, empty where it is not known.
    """
    parts = []
    for labels, size in (("original", "n_images"), ("real", "n_real")):
        right, n = counted[f"right_{labels}"], counted[size]
        low, high = intervals.wilson(right, n)
        part = counted[["checkpoint", "group"]].assign(value=counted["value"].fillna(""), labels=labels, n_images=n)
        part = part.assign(share=right / n, ci_low=low, ci_high=high)
        overall = part[part["group"] == "overall"].set_index("checkpoint")["share"]
        parts.append(part.assign(overall=part["checkpoint"].map(overall)))
    return pd.concat(parts, ignore_index=True)


def by_group(shared: pd.DataFrame) -> pd.DataFrame:
    """The public models' spread in each group of :func:`shares`, beside ViT-3B's own share.

    ``labels, group, value, n_images, smallest, median, largest, vit3b``.
    """
    own = shared["checkpoint"] == "ViT-3B"
    keys = ["labels", "group", "value", "n_images"]
    spread = shared[~own].groupby(keys, sort=False)["share"].agg(smallest="min", median="median", largest="max")
    vit3b = shared[own].set_index(keys)["share"].rename("vit3b")
    return spread.join(vit3b).reset_index()


def _places(predictions: Predictions, images: pd.Series) -> np.ndarray:
    place = predictions.images.get_indexer(pd.Index(images))
    if (place < 0).any():
        seen = f"{(place < 0).sum()} of the {len(images)} pictures have no prediction"
        one = images[place < 0].iloc[0]
        raise InputError(f"{predictions.checkpoint}: {seen}, {one!r} among them; predict the whole of V1")
    return place


def _table(
    name: str, reviewed: pd.DataFrame, judged: pd.DataFrame, overall: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Counts of `judged`, which is in the order of `reviewed`, and over all pictures, where that is known."""
    groups = [("failing", "", judged)] if overall is None else [("overall", "", overall), ("failing", "", judged)]
    for column in ("category", "severity"):
        groups += [(column, value, part) for value, part in judged.groupby(reviewed[column].to_numpy())]
    columns = ["checkpoint", "group", "value", "n_images", "right_original", "n_real", "right_real"]
    return pd.DataFrame([(name, *kind, len(part), *part.sum()) for *kind, part in groups], columns=columns)


def _judged(ids: pd.Index | pd.Series, best: np.ndarray, original: LabelSet, real: LabelSet) -> pd.DataFrame:
    """For each picture: is the best class its original label, has it ReaL labels, is the best class one of those."""
    right = [scores.hits(best[:, None], one.table, one.rows_of(ids))[:, 0] for one in (original, real)]
    return pd.DataFrame({"original": right[0], "labelled": real.counts[real.rows_of(ids)] > 0, "real": right[1]})
