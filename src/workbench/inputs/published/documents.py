"""Tables as documents print them, typos included: ``data/published``."""

import pandas as pd

from workbench.errors import unknown
from workbench.inputs import sources


def printed(table: str) -> pd.DataFrame:
    """A table of the paper as it is printed, typos included: the name of a file in ``data/published`` without
    its extension.
    """
    folder = sources.data_dir() / "published"
    known = sorted(path.stem for path in folder.glob("*.csv"))
    if table not in known:
        raise unknown("published table", table, known)
    return pd.read_csv(folder / f"{table}.csv", dtype={"label_count": str})
