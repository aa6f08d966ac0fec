"""Tables that were computed here from public files and are kept in ``data/scores``: what notebooks show needs none of
those files, and a test computes every table again wherever they are at hand.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.errors import unknown
from workbench.files import writing
from workbench.inputs import sources


def folder() -> Path:
    """Where the tables lie."""
    return sources.data_dir() / "scores"


def table(name: str) -> pd.DataFrame:
    """One committed table. Raises `UnknownNameError`, naming the nearest, for another name."""
    if name not in computations():
        raise unknown("committed table", name, list(computations()))
    return pd.read_csv(folder() / f"{name}.csv")


def computations() -> dict[str, Callable[[], pd.DataFrame]]:
    """How each table is computed. Each raises `MissingSourceError` where a public file is not at hand."""
    from workbench.score import failing, leaderboards, mistakes, names, scores

    return {
        "recht2019": lambda: scores.recht2019(recompute=True),
        "recht2019-top5": _top5,
        "recht2019-neighbours": _neighbours,
        "timm-results": leaderboards.timm_extract,
        "mistakes-counts": lambda: mistakes.counts(mistakes.reviewed()),
        "mistakes-shared": lambda: mistakes.shared(mistakes.reviewed()),
        "mistakes-pairs": lambda: mistakes.pairs(mistakes.reviewed()),
        "mistakes-recht2019": failing.recht2019,
        "mistakes-solved": failing.solved,
        "openai-class-names": names.facts,
    }


def _neighbours() -> pd.DataFrame:
    """The 67 public models in the order of V1 top-1, each beside the next; see :mod:`workbench.score.pairing`."""
    from workbench.inputs import labels
    from workbench.predict import recht2019
    from workbench.score import metrics, pairing

    original = labels.load("v1-original")
    right = {
        one.checkpoint: metrics.hits(one.classes[:, :1], original.table, original.rows(one.images))[:, 0]
        for one in recht2019.load()
        if one.image_set == "v1"
    }
    return pairing.neighbours(pd.DataFrame(right)).round(6)


def _top5() -> pd.DataFrame:
    """Top-5 accuracy of the 67 public models on V1, by the original label: ``checkpoint, value, n_images``."""
    from workbench.inputs import labels
    from workbench.predict import recht2019
    from workbench.score import metrics

    original = labels.load("v1-original")
    rows = []
    for one in recht2019.load():
        if one.image_set == "v1":
            hit = metrics.hits(one.classes[:, :5], original.table, original.rows(one.images)).any(axis=1)
            rows.append((one.checkpoint, float(np.mean(hit)), len(one)))
    return pd.DataFrame(rows, columns=["checkpoint", "value", "n_images"])


def write(*names: str) -> None:
    """Compute tables again and write them; all of them by default."""
    for name in names or computations():
        with writing(folder() / f"{name}.csv") as stream:
            stream.write(computations()[name]().to_csv(index=False, lineterminator="\n").encode())
