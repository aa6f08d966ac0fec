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
    frame.insert(2, "original", original.classes[rows_in(original, frame["image"])].astype(int))
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


def rows_in(labels: LabelSet, ids) -> np.ndarray:
    """Row of each picture in a label set. Raises `InputError` where one is missing."""
    rows = labels.rows(pd.Index(ids, dtype="str"))
    if (rows < 0).any():
        raise InputError(f"{int((rows < 0).sum())} pictures are not in label set {labels.name!r}")
    return rows
