"""The remaining mistakes of two of the best models, reviewed one by one by experts (Vasudevan et al. 2022).

ViT-3B and Greedy Soups were judged on the part of V1 that has expert multi-labels: a mistake is a picture whose best
class no expert accepts. Each has a category and a severity; the paper folds *Borderline* into *Minor*.
"""

import pandas as pd

from workbench.files import read_json
from workbench.inputs import labels, sources
from workbench.inputs.images import canonical_id

MODELS = {"vit3b_mistakes": "ViT-3B", "greedy_soups_mistakes": "Greedy Soups"}
SEVERITIES = ("Major", "Minor", "Borderline")
FIELDS = {"top_prediction": "predicted", "failure category": "category", "failure severity": "severity"}
# Categories have two spellings in the public files.
SPELLINGS = {"Fine-grained with OOV": "Fine-grained error with OOV", "Spurious Correlation": "Spurious correlation"}


def reviewed() -> pd.DataFrame:
    """Every reviewed mistake: ``model, image, original, predicted, category, severity``; classes are indices.

    Raises `MissingSourceError` where `imagenet-mistakes` or the original labels are not at hand.
    """
    rows = [
        (MODELS[key.split("/")[1]], canonical_id(name), *(row[field] for field in FIELDS))
        for key, path in sources.locate("imagenet-mistakes").items()
        for name, row in read_json(path).items()
    ]
    frame = pd.DataFrame(rows, columns=["model", "image", *FIELDS.values()]).replace({"category": SPELLINGS})
    original = labels.load("v1-original")
    frame.insert(2, "original", original.classes[original.rows_of(frame["image"])].astype(int))
    return frame


def by_image() -> pd.DataFrame:
    """Category and severity of each reviewed picture, for joining: ``image, category, severity, models``.

    Where both models fail on a picture and were judged differently, ViT-3B's review stands; `models` names who fails.
    """
    pictures = reviewed().groupby("image", sort=False)
    first = {column: (column, "first") for column in ("category", "severity")}
    return pictures.agg(**first, models=("model", ", ".join)).reset_index()
