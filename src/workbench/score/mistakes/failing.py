"""How other models do on exactly the pictures where ViT-3B still fails, beside their accuracy on all pictures."""

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.inputs import labels as label_sets
from workbench.inputs.labels import LabelSet
from workbench.inputs.published import mistakes
from workbench.predict import recht2019 as public
from workbench.predict.store import Predictions
from workbench.score import intervals, metrics


def recht2019() -> pd.DataFrame:
    """How the 67 public models, and ViT-3B itself, do on exactly the pictures where it fails; see :func:`on_failing`.

    ViT-3B's predictions on other pictures are not public, so it has no *overall*.
    """
    failing = _failing("ViT-3B")
    parts = [on_failing(one, failing) for one in public.load() if one.image_set == "v1"]
    own = _judged(failing["image"], failing["predicted"].to_numpy(), *_labels("v1-original", "v1-real"))
    return pd.concat([*parts, _table("ViT-3B", _groups(failing, own))], ignore_index=True)


def on_failing(
    predictions: Predictions,
    failing: pd.DataFrame,
    *,
    original: LabelSet | str = "v1-original",
    real: LabelSet | str = "v1-real",
) -> pd.DataFrame:
    """One checkpoint's accuracy on the pictures of `failing`, in all and by category and severity, and overall.

    ``checkpoint, group, value, n_images, right_original, n_real, right_real``: counts, over pictures with a ReaL label
    for the last two. `group` is *overall* (every picture of the predictions), *failing*, *category* or *severity*.
    Raises `InputError` where the predictions lack one of the pictures.
    """
    place = predictions.images.get_indexer(pd.Index(failing["image"]))
    if (place < 0).any():
        raise InputError(
            f"{predictions.checkpoint}: {int((place < 0).sum())} of the {len(failing)} pictures have no prediction, "
            f"{failing['image'][place < 0].iloc[0]!r} among them; predict the whole of V1"
        )
    judged = _judged(predictions.images, predictions.classes[:, 0], *_labels(original, real))
    return _table(predictions.checkpoint, [("overall", "", judged), *_groups(failing, judged.iloc[place])])


def _labels(*wanted: LabelSet | str) -> list[LabelSet]:
    return [label_sets.load(one) if isinstance(one, str) else one for one in wanted]


def _groups(failing: pd.DataFrame, judged: pd.DataFrame) -> list[tuple]:
    """The rows of `judged` (in the order of `failing`) together, by category, and by severity."""
    groups = [("failing", "", judged)]
    for column in ("category", "severity"):
        groups += [(column, value, part) for value, part in judged.groupby(failing[column].to_numpy())]
    return groups


def _table(checkpoint: str, groups: list[tuple]) -> pd.DataFrame:
    rows = []
    for group, value, part in groups:
        real = part.loc[part["labelled"], "real"]
        rows.append((checkpoint, group, value, len(part), int(part["original"].sum()), len(real), int(real.sum())))
    columns = ["checkpoint", "group", "value", "n_images", "right_original", "n_real", "right_real"]
    return pd.DataFrame(rows, columns=columns)


def _judged(ids: pd.Index | pd.Series, best: np.ndarray, original: LabelSet, real: LabelSet) -> pd.DataFrame:
    """For each picture: is the best class its original label, is it a ReaL label, does the picture have any."""
    rows = real.rows_of(ids)
    return pd.DataFrame(
        {
            "original": metrics.hits(best[:, None], original.table, original.rows_of(ids))[:, 0],
            "real": metrics.hits(best[:, None], real.table, rows)[:, 0],
            "labelled": real.counts[rows] > 0,
        }
    )


def shares(counted: pd.DataFrame) -> pd.DataFrame:
    """The counts of :func:`on_failing` as shares with 95 % Wilson intervals, by original label and by ReaL.

    ``checkpoint, group, value, labels, n_images, share, ci_low, ci_high, overall``: `labels` is *original* or *real*,
    `overall` the checkpoint's accuracy on all pictures by the same labels, empty where it is not known.
    """
    parts = []
    for labels, size in (("original", "n_images"), ("real", "n_real")):
        right = counted[f"right_{labels}"]
        interval = [intervals.wilson(k, n) for k, n in zip(right, counted[size], strict=True)]
        part = counted[["checkpoint", "group"]].assign(value=counted["value"].fillna(""), labels=labels)
        part["n_images"] = counted[size]
        part["share"] = right / counted[size]
        part[["ci_low", "ci_high"]] = interval
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


def solved() -> pd.DataFrame:
    """For the pictures where ViT-3B fails: how many of the 67 public models are right, by severity.

    ``labels, severity, right, n_images``: `right` is *none*, *some* or *most* (more than half) of the models. By ReaL,
    pictures without a label are left out.
    """
    failing, labels = _failing("ViT-3B"), _labels("v1-original", "v1-real")
    ids = pd.Index(failing["image"])
    judged = [
        _judged(ids, one.classes[one.images.get_indexer(ids), 0], *labels)
        for one in public.load()
        if one.image_set == "v1"
    ]
    parts = []
    for name in ("original", "real"):
        right = np.sum([one[name] for one in judged], axis=0)
        kind = np.select([right == 0, 2 * right > len(judged)], ["none", "most"], "some")
        frame = pd.DataFrame({"labels": name, "severity": failing["severity"], "right": kind})
        parts.append(frame[judged[0]["labelled"] | (name == "original")])
    return (
        pd.concat(parts)
        .groupby(["labels", "severity", "right"], as_index=False)
        .size()
        .rename(columns={"size": "n_images"})
    )


def _failing(model: str) -> pd.DataFrame:
    frame = mistakes.reviewed()
    return frame[frame["model"] == model].reset_index(drop=True)
