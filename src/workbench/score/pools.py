"""Pools of checkpoints to compare within, as score tables: published, of public predictions, and one's own."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.errors import DamagedFileError, InputError
from workbench.inputs import sources
from workbench.inputs.published.documents import printed
from workbench.predict import recht2019 as public
from workbench.predict import store
from workbench.score import intervals
from workbench.score.scores import score
from workbench.score.table import COLUMNS, LABEL_COUNTS, frame

RECHT2019_NEEDS = ("recht2019", "v1-images", "v2-images", "v2-refined")


def recht2019(*, recompute: bool = False) -> pd.DataFrame:
    """Scores of the 67 public models of Recht et al. (2019) on V1 and V2: the committed ones, or computed again.

    Where a source that recomputing needs is not at hand, a warning says which and how to fetch it, and the
    committed scores are returned.
    """
    missing = [name for name in RECHT2019_NEEDS if not sources.available(name)] if recompute else []
    if missing:
        warnings.warn(f"{sources.how_to_fetch(*missing)}; the committed scores are used instead", stacklevel=2)
    if recompute and not missing:
        return score(public.load())
    return read(sources.data_dir() / "scores" / "recht2019.csv")


def folder(path: str | Path, *, label_counts: Sequence[int] = LABEL_COUNTS) -> pd.DataFrame:
    """Scores of all predictions on v1 and v2 below a folder; none for an empty path.

    The empty path lets a notebook's parameter say "no predictions of my own". Files of other image sets are left out
    with a warning. Raises `InputError` where the folder holds no predictions on v1 or v2.
    """
    if not str(path):
        return frame([])
    read = [store.read(file) for file in sorted(Path(path).rglob("*.parquet"))]
    wanted = [one for one in read if one.image_set in ("v1", "v2")]
    if not wanted:
        raise InputError(
            f"{path} holds no predictions on v1 or v2 (*.parquet); make some with 'workbench predict' "
            "or 'workbench import'"
        )
    if len(wanted) < len(read):
        others = sorted({one.image_set for one in read} - {"v1", "v2"})
        warnings.warn(f"{path}: predictions on {', '.join(others)} are left out here", stacklevel=2)
    return score(wanted, label_counts=label_counts)


def published() -> pd.DataFrame:
    """The 315 checkpoints of "Re-assessing ImageNet", Tables 4-10, as scores; intervals only where they are
    binomial.
    """
    table = printed("tables-04-10-checkpoints")
    columns = {
        "top1_v1": ("v1", "v1-real", 50_000),
        "top1_v2": ("v2", "v2-refined", 10_000),
        "real_v1": ("v1", "v1-real", 46_837),
        "real_v2": ("v2", "v2-refined", 9_871),
        "asma_v1": ("v1", "v1-real", 46_693),
        "asma_v2": ("v2", "v2-refined", 9_639),
        "asma_patchml": ("patchml", "patchml", None),
    }
    return frame([row for column, facts in columns.items() for row in _published_rows(table, column, *facts)])


def read(path: str | Path) -> pd.DataFrame:
    """Read a score table from CSV. Raises `InputError` where columns are missing, `DamagedFileError` where it
    is damaged.
    """
    try:
        frame = pd.read_csv(path, dtype={"label_count": "Int64", "n_images": "Int64"})
    except (ValueError, OSError) as error:
        raise DamagedFileError(f"the score table {path} cannot be read ({error})") from error
    if missing := set(COLUMNS) - set(frame.columns):
        raise InputError(
            f"{path} lacks the columns {', '.join(sorted(missing))}; expected a table of 'workbench score --format csv'"
        )
    return frame[COLUMNS]


def _published_rows(table: pd.DataFrame, column: str, image_set: str, labels: str, n: int | None) -> list[tuple]:
    metric = column.split("_")[0]
    rows = []
    for checkpoint, percent in zip(table["checkpoint"], table[column], strict=True):
        value = percent / 100
        interval = intervals.wilson(value * n, n) if n and metric in ("top1", "real") else (np.nan, np.nan)
        rows.append((checkpoint, image_set, labels, "resize", metric, None, value, n, *interval, "published"))
    return rows
