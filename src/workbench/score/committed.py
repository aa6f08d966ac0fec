"""Tables that were computed here from public files and are kept in ``data/scores``: what notebooks show needs none of
those files, and a test computes every table again wherever they are at hand.
"""

from collections.abc import Callable
from pathlib import Path

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
    from workbench.score import leaderboards, mistakes, names, scores

    return {
        "recht2019": lambda: scores.recht2019(recompute=True),
        "timm-results": leaderboards.timm_extract,
        "mistakes-counts": lambda: mistakes.counts(mistakes.reviewed()),
        "mistakes-shared": lambda: mistakes.shared(mistakes.reviewed()),
        "mistakes-pairs": lambda: mistakes.pairs(mistakes.reviewed()),
        "mistakes-recht2019": mistakes.recht2019,
        "mistakes-solved": mistakes.solved,
        "openai-class-names": names.facts,
    }


def write(*names: str) -> None:
    """Compute tables again and write them; all of them by default."""
    for name in names or computations():
        with writing(folder() / f"{name}.csv") as stream:
            stream.write(computations()[name]().to_csv(index=False, lineterminator="\n").encode())
