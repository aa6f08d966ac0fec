"""The remaining mistakes of two of the best models, reviewed one by one by experts (Vasudevan et al. 2022).

ViT-3B and Greedy Soups were judged on the part of V1 that has expert multi-labels: a mistake is a picture whose best
class no expert accepts. Each has a category and a severity; the paper folds *Borderline* into *Minor*.
"""

import json

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.inputs import classes, images, sources
from workbench.inputs import labels as label_sets
from workbench.inputs.labels import LabelSet
from workbench.predict import recht2019 as public
from workbench.predict.store import Predictions
from workbench.score import metrics

MODELS = {"vit3b_mistakes": "ViT-3B", "greedy_soups_mistakes": "Greedy Soups"}
SEVERITIES = ("Major", "Minor", "Borderline")
# One category has two spellings in the public files.
SPELLINGS = {"Fine-grained with OOV": "Fine-grained error with OOV"}
SPELLINGS |= {"Spurious Correlation": "Spurious correlation"}


def reviewed() -> pd.DataFrame:
    """Every reviewed mistake: ``model, image, original, predicted, category, severity``; classes are indices.

    Raises `MissingSourceError` where `imagenet-mistakes` or the original labels are not at hand.
    """
    frames = []
    for key, path in sources.locate("imagenet-mistakes").items():
        rows = json.loads(path.read_text(encoding="utf-8"))
        frames.append(
            pd.DataFrame(
                {
                    "model": MODELS[key.split("/")[1]],
                    "image": [images.canonical_id(name) for name in rows],
                    "predicted": [row["top_prediction"] for row in rows.values()],
                    "category": [_category(row["failure category"]) for row in rows.values()],
                    "severity": [row["failure severity"] for row in rows.values()],
                }
            )
        )
    frame = pd.concat(frames, ignore_index=True)
    original = label_sets.load("v1-original")
    frame.insert(2, "original", original.classes[_rows(original, frame["image"])].astype(int))
    return frame


def _category(name: str) -> str:
    return SPELLINGS.get(name, name)


def by_image() -> pd.DataFrame:
    """Category and severity of each reviewed picture, for joining: ``image, category, severity, models``.

    Where both models fail on a picture and were judged differently, ViT-3B's review stands; `models` names who fails.
    """
    frame = reviewed()
    failing = frame.groupby("image", sort=False)["model"].agg(", ".join).rename("models").reset_index()
    first = frame.drop_duplicates("image")[["image", "category", "severity"]]
    return first.merge(failing, on="image", validate="one_to_one")


def counts(frame: pd.DataFrame) -> pd.DataFrame:
    """Number of mistakes by ``model, category, severity``: column ``n_images``, zeros left out."""
    sizes = frame.groupby(["model", "category", "severity"], as_index=False).size()
    order = {name: place for place, name in enumerate([*MODELS.values(), *SEVERITIES])}
    sizes = sizes.rename(columns={"size": "n_images"})
    return sizes.sort_values(
        ["model", "category", "severity"],
        key=lambda column: column if column.name == "category" else column.map(order),
        ignore_index=True,
    )


def folded(counted: pd.DataFrame) -> pd.DataFrame:
    """The same counts with Borderline as Minor, as the paper has it."""
    merged = counted.assign(severity=counted["severity"].replace("Borderline", "Minor"))
    return merged.groupby(["model", "category", "severity"])["n_images"].sum().reset_index()


def severities(counted: pd.DataFrame) -> pd.DataFrame:
    """Number and share of each severity: ``model, severity, n_images, share, ci_low, ci_high`` (95 % Wilson)."""
    sizes = counted.groupby(["model", "severity"], sort=False)["n_images"].sum().reset_index()
    totals = sizes.groupby("model")["n_images"].transform("sum")
    interval = [metrics.wilson(k, n) for k, n in zip(sizes["n_images"], totals, strict=True)]
    sizes["share"] = sizes["n_images"] / totals
    sizes[["ci_low", "ci_high"]] = interval
    return sizes


def shared(frame: pd.DataFrame) -> pd.DataFrame:
    """The pictures that both models get wrong, by how the two reviews agree: ``comparison, n_images``."""
    first, second = (frame[frame["model"] == model] for model in MODELS.values())
    both = first.merge(second, on="image", suffixes=("_1", "_2"), validate="one_to_one")
    rows = {
        "both fail": len(both),
        "same predicted class": int((both["predicted_1"] == both["predicted_2"]).sum()),
        "same category": int((both["category_1"] == both["category_2"]).sum()),
        "same severity": int((both["severity_1"] == both["severity_2"]).sum()),
    }
    return pd.DataFrame({"comparison": list(rows), "n_images": list(rows.values())})


def pairs(frame: pd.DataFrame) -> pd.DataFrame:
    """Confused classes, original then predicted, with the number of pictures: ``original, predicted, n_images``.

    A picture that both models confuse in the same way counts once. Only pairs seen on two pictures or more; classes
    are named, most frequent first.
    """
    once = frame.drop_duplicates(["image", "predicted"])
    sizes = once.groupby(["original", "predicted"], as_index=False).size()
    names = dict(enumerate(classes.names()))
    named = sizes.assign(original=sizes["original"].map(names), predicted=sizes["predicted"].map(names))
    named = named.rename(columns={"size": "n_images"})
    frequent = named[named["n_images"] > 1]
    return frequent.sort_values(["n_images", "original", "predicted"], ascending=[False, True, True], ignore_index=True)


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
    rows = _rows(real, ids)
    return pd.DataFrame(
        {
            "original": metrics.hits(best[:, None], original.table, _rows(original, ids))[:, 0],
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
        interval = [metrics.wilson(k, n) for k, n in zip(right, counted[size], strict=True)]
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
    frame = reviewed()
    return frame[frame["model"] == model].reset_index(drop=True)


def _rows(labels: LabelSet, ids) -> np.ndarray:
    rows = labels.rows(pd.Index(ids, dtype="str"))
    if (rows < 0).any():
        raise InputError(f"{int((rows < 0).sum())} pictures are not in label set {labels.name!r}")
    return rows
