"""Tables computed here from public files and kept in ``data/scores``: notebooks need none of those files."""

from pathlib import Path

import pandas as pd

from workbench.inputs import sources


def folder() -> Path:
    """Where the tables lie."""
    return sources.data_dir() / "scores"


def table(name: str) -> pd.DataFrame:
    """One committed table. Raises `UnknownNameError`, naming the nearest, for another name."""
    return pd.read_csv(sources.table_path("scores", "committed table", name))
