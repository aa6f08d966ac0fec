"""Tables as documents print them, typos included: ``data/published``."""

import pandas as pd

from workbench.inputs import sources


def printed(table: str) -> pd.DataFrame:
    """A table as it is printed: the name of a file in ``data/published`` without its extension.

    Raises `UnknownNameError`, naming the nearest, for another name.
    """
    return pd.read_csv(sources.table_path("published", "published table", table), dtype={"label_count": str})
