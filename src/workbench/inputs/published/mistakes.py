"""The remaining mistakes of two of the best models, reviewed one by one by experts (Vasudevan et al. 2022).

ViT-3B and Greedy Soups were judged on the part of V1 that has expert multi-labels: a mistake is a picture whose best
class no expert accepts. Each has a category and a severity; the paper folds *Borderline* into *Minor*.
"""

import json

import pandas as pd

from workbench.inputs import images, labels, sources

MODELS = {"vit3b_mistakes": "ViT-3B", "greedy_soups_mistakes": "Greedy Soups"}
SEVERITIES = ("Major", "Minor", "Borderline")
# Categories have two spellings in the public files.
SPELLINGS = {
    "Fine-grained with OOV": "Fine-grained error with OOV",
    "Spurious Correlation": "Spurious correlation",
}


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
    original = labels.load("v1-original")
    frame.insert(2, "original", original.classes[original.rows_of(frame["image"])].astype(int))
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
