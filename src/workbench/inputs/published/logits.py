"""What the two reviewed models of Vasudevan et al. (2022) answer on all of V1, not on their mistakes alone.

Upstream's notebook names two files, `vit3b.npz` and `greedysoups.npz`: one row of 1000 outputs for each picture, in the
order of the file names. Nobody published their checksums, so a file is known by what it holds: its best classes must
be those that the reviews (:mod:`workbench.inputs.published.mistakes`) name.
"""

from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from workbench.errors import DamagedFileError
from workbench.inputs import classes, labels, sources
from workbench.inputs.published import mistakes

FILES = {"logits/vit3b": "ViT-3B", "logits/greedysoups": "Greedy Soups"}
# On ViT-3B's 378 reviewed mistakes Greedy Soups answers the same on 143: the other model's file agrees on 38 %.
AGREEMENT = 0.95


def best_classes() -> pd.DataFrame:
    """Best class of both models for every picture of V1: a row for each image id, a column for each model.

    Raises `MissingSourceError` where `mistakes-logits`, the reviews or the original labels are not at hand, and
    `DamagedFileError` for a file of another shape, or one that disagrees with the reviews.
    """
    paths = sources.locate("mistakes-logits")
    images, reviewed = labels.load("v1-original").images, mistakes.reviewed()
    found = {FILES[key]: pd.Series(_best(path, len(images)), index=images) for key, path in paths.items()}
    for (model, best), path in zip(found.items(), paths.values(), strict=True):
        _verify(best, reviewed[reviewed["model"] == model], path)
    return pd.DataFrame(found)


def _best(path: Path, n_images: int) -> np.ndarray:
    """The best class of each row; of an archive, its one array is read."""
    try:
        loaded = np.load(path, allow_pickle=False)
        outputs = loaded if isinstance(loaded, np.ndarray) else loaded[loaded.files[0]]
    except (ValueError, OSError, EOFError, IndexError, BadZipFile) as error:
        raise DamagedFileError(f"{path} cannot be read ({error}); fetch it again") from error
    if outputs.shape != (n_images, classes.N_CLASSES):
        expected = f"{n_images} rows, one for each picture of V1, of {classes.N_CLASSES} outputs"
        raise DamagedFileError(f"{path} holds an array of shape {outputs.shape}; expected {expected}")
    return outputs.argmax(axis=1)


def _verify(best: pd.Series, reviewed: pd.DataFrame, path: Path) -> None:
    same = int((best.loc[reviewed["image"]].to_numpy() == reviewed["predicted"].to_numpy()).sum())
    if same < AGREEMENT * len(reviewed):
        model = reviewed["model"].iloc[0]
        seen = f"{path} gives the reviewed class on {same} of the {len(reviewed)} reviewed mistakes of {model}"
        raise DamagedFileError(f"{seen}; expected nearly all: it is another model's, or in another order")
