"""Pools of checkpoints to compare within, as score tables: published, of public predictions, and one's own."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.inputs import committed, sources
from workbench.inputs.checkpoints import CLIP
from workbench.inputs.images import SIZES
from workbench.inputs.published.documents import printed
from workbench.predict import store
from workbench.predict.imports.recht2019 import load
from workbench.score import intervals, table
from workbench.score.scores import score

RECHT2019_NEEDS = ("recht2019", "v1-images", "v2-images", "v2-refined")
LABELS = {"v1": "v1-real", "v2": "v2-refined", "patchml": "patchml"}
PRINTED = {  # metric -> image set -> number of images that Tables 4-10 give it for
    "top1": {"v1": 50_000, "v2": 10_000},
    "real": {"v1": 46_837, "v2": 9_871},
    "asma": {"v1": 46_693, "v2": 9_639, "patchml": None},
}


def recht2019(*, recompute: bool = False) -> pd.DataFrame:
    """Scores of the 67 public models of Recht et al. (2019) on V1 and V2: the committed ones, or computed again.

    Where a source that recomputing needs is not at hand, a warning says which and how to fetch it, and the
    committed scores are returned.
    """
    missing = [name for name in RECHT2019_NEEDS if not sources.available(name)] if recompute else []
    if missing:
        warnings.warn(f"{sources.how_to_fetch(*missing)}; the committed scores are used instead", stacklevel=2)
    if recompute and not missing:
        return score(load())
    return committed.table("recht2019").astype({"label_count": "Int64", "n_images": "Int64"})


def folder(path: str | Path, *, label_counts: Sequence[int] | None = None) -> pd.DataFrame:
    """Scores of all predictions on v1 and v2 below a folder; none for an empty path.

    The empty path lets a notebook's parameter say "no predictions of my own". Files of other image sets are left out
    with a warning; what a file is not deep enough for is, too (:func:`workbench.score.scores.score`). Raises
    `InputError` where the folder holds no predictions on v1 or v2.
    """
    if not str(path):
        return table.build([])
    read = store.read_all(path)
    wanted = [one for one in read if one.image_set in ("v1", "v2")]
    if not wanted:
        seen = f"{path} holds no predictions on v1 or v2 (*.parquet)"
        raise InputError(f"{seen}; make some with 'workbench predict' or 'workbench import'")
    if len(wanted) < len(read):
        others = sorted({one.image_set for one in read} - {"v1", "v2"})
        warnings.warn(f"{path}: predictions on {', '.join(others)} are left out here", stacklevel=2)
    return score(wanted, label_counts=label_counts)


def published() -> pd.DataFrame:
    """The 315 checkpoints of "Re-assessing ImageNet", Tables 4-10, as scores; intervals only of what is binomial."""
    percents = printed("tables-04-10-checkpoints")
    parts = []
    for metric, image_set, n in ((metric, *pair) for metric, sizes in PRINTED.items() for pair in sizes.items()):
        value = percents[f"{metric}_{image_set}"] / 100
        low, high = (np.nan, np.nan) if metric == "asma" else intervals.wilson(value * n, n)
        of_what = {"image_set": image_set, "labels": LABELS[image_set], "protocol": "resize", "metric": metric}
        values = {"label_count": None, "value": value, "n_images": n, "ci_low": low, "ci_high": high}
        parts.append(percents[["checkpoint"]].assign(**of_what, **values, source="published"))
    return table.build(pd.concat(parts, ignore_index=True))


def open_clip() -> pd.DataFrame:
    """Zero-shot top-1 of 121 CLIP models, ``clip:ARCH/TAG``, on V1 and V2, as open_clip published it."""
    results = committed.table("open-clip-results")
    checkpoint, parts = CLIP + results["name"] + "/" + results["pretrained"], []
    for image_set, n in SIZES.items():
        value = results[image_set]
        low, high = intervals.wilson(value * n, n)
        of_what = {"image_set": image_set, "labels": LABELS[image_set], "protocol": "crop", "metric": "top1"}
        values = {"label_count": None, "value": value, "n_images": n, "ci_low": low, "ci_high": high}
        parts.append(pd.DataFrame({"checkpoint": checkpoint} | of_what | values | {"source": "open_clip"}))
    return table.build(pd.concat(parts, ignore_index=True))
