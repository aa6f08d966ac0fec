"""Tables computed here from public files and kept in ``data/scores``: notebooks need none of those files."""

import warnings
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.errors import DamagedFileError, unknown
from workbench.inputs import sources


def folder() -> Path:
    """Where the tables lie."""
    return sources.data_dir() / "scores"


def table(name: str) -> pd.DataFrame:
    """One committed table. Raises `UnknownNameError`, naming the nearest, for another name."""
    return pd.read_csv(sources.table_path("scores", "committed table", name))


def arrays(name: str) -> dict[str, np.ndarray]:
    """The arrays of one committed ``.npz``. Raises `UnknownNameError` for another name, `DamagedFileError` else."""
    known = sorted(path.stem for path in folder().glob("*.npz"))
    if name not in known:
        raise unknown("committed file of arrays", name, known)
    path = folder() / f"{name}.npz"
    try:
        with np.load(path, allow_pickle=False) as stored:
            return dict(stored)
    except (ValueError, OSError, zipfile.BadZipFile, zlib.error) as error:
        raise DamagedFileError(
            f"{path} cannot be read ({error}); restore it, or compute it again: make scores"
        ) from error


def tables(
    computations: Mapping[str, Callable[[], pd.DataFrame]], needs: Sequence[str], *, recompute: bool
) -> dict[str, pd.DataFrame]:
    """Tables by name, as committed; or computed again, unless sources that this `needs` are not at hand: a warning
    says which, and the committed ones are used.
    """
    missing = [name for name in needs if not sources.available(name)] if recompute else []
    if missing:
        warnings.warn(f"{sources.how_to_fetch(*missing)}; the committed tables are used instead", stacklevel=3)
    again = recompute and not missing
    return {name: compute() if again else table(name) for name, compute in computations.items()}
