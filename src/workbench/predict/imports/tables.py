"""Tables of predictions: one row a picture with one class, several or 1000 outputs, or one row a class."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api import types

from workbench.errors import InputError, counted
from workbench.files import is_plain, read_table
from workbench.inputs import classes
from workbench.predict.imports import columns
from workbench.predict.imports.arrays import Contents
from workbench.predict.imports.columns import Columns

ROW_NUMBERS = ("", "unnamed:_0", "index")  # as pandas writes them
EXACT = 2**53  # whole numbers beyond it are not exact as floats


def read(path: Path) -> Contents:
    """Classes and scores of a ``.csv`` or ``.parquet``, its columns known by :func:`workbench.predict.imports.columns`.

    Classes are indices, WordNet ids or names that one class alone bears. Warns of columns that are not used. Raises
    `InputError`, naming what was seen and what would do, for a table that is none of these.
    """
    frame = read_table(path, text=columns.IMAGE)
    if frame.index.names != [None]:  # what pandas wrote as an index
        frame = frame.reset_index()
    frame.columns = frame.columns.map(str)
    seen = _listed([str(name) for name in frame.columns])
    if frame.empty:
        raise InputError(f"{path} has no row (columns: {seen}); expected {columns.EXPECTED}")
    found = columns.find(frame.columns)
    if not found.classes and not found.outputs:
        raise InputError(f"{path} has the columns {seen}; expected {columns.EXPECTED}")
    try:
        contents = _contents(frame, found)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    aside = [name for name in frame.columns if name not in found.used and columns.plain(name) not in ROW_NUMBERS]
    if aside:
        taken = _listed([*found.classes, *found.outputs])
        warnings.warn(f"{path}: the classes are read from {taken}; {_listed(aside)} not used", stacklevel=3)
    return contents


def _contents(frame: pd.DataFrame, found: Columns) -> Contents:
    images = None if found.image is None else _names(frame[found.image])
    outputs = found.outputs or (found.classes if _are_outputs(frame[[*found.classes]]) else ())
    if outputs:
        return Contents(_numbers(frame, outputs), None, images)
    if isinstance(frame[found.classes[0]].iloc[0], list | np.ndarray):
        lists = [_lists(frame[name]) for name in (*found.classes, *found.scores)]
        return Contents(lists[0], lists[1] if len(lists) > 1 else None, images)
    best = np.column_stack([_indices(frame[name]) for name in found.classes])
    empty = not found.scores or frame[[*found.scores]].isna().all(axis=None)
    scores = None if empty else _numbers(frame, found.scores)
    rank = None if found.rank is None else _numbers(frame, (found.rank,))
    if images is not None and best.shape[1] == 1 and len(set(images)) < len(images):
        best, scores, images = _gathered(images, best, scores, rank)
    return Contents(best, _probabilities(scores), images)


def _gathered(images: list[str], best: np.ndarray, scores: np.ndarray | None, rank: np.ndarray | None) -> tuple:
    """One row a picture, in the order of their first rows, from one row a class."""
    place, names = pd.factorize(np.array(images, dtype=object))
    rows = np.bincount(place)
    first = names[rows.argmax()]
    key = rank[:, 0] if rank is not None else None if scores is None else -scores[:, 0]
    if key is None:
        several = int((rows > 1).sum())
        seen = counted(several, "image has", "images have") + f" several rows, {first!r}{' among them' * (several > 1)}"
        raise InputError(f"{seen}, and neither a 'rank' nor a 'score' says which class is best")
    if (k := int(rows.max())) > rows.min():
        seen = f"images have {rows.min()} to {k} rows, {first!r} the most; expected the same number for each"
        raise InputError(f"{seen}: leave out what is below the last rank that all have")
    order = np.lexsort((key, place))
    if rank is not None:
        ranks = rank[order, 0].reshape(-1, k)
        if ranks[0, 0] not in (0, 1) or (ranks != ranks[0, 0] + np.arange(k)).any():
            raise InputError(f"the ranks of each image must be 1 to {k}, or 0 to {k - 1}, each once; some are not")
    return best[order].reshape(-1, k), None if scores is None else scores[order].reshape(-1, k), names.tolist()


def _names(column: pd.Series) -> list[str]:
    if types.is_numeric_dtype(column):
        raise InputError(f"column {column.name!r} holds {column.dtype} values; expected the names of the pictures")
    names = column.tolist()
    if not all(isinstance(name, str) and name for name in names):
        raise InputError(f"a row has no image id in column {column.name!r}; expected a name for each image")
    return names


def _are_outputs(frame: pd.DataFrame) -> bool:
    """Whether columns that may hold classes hold outputs: 1000 of them, or fractions."""
    if frame.shape[1] < 2 or not all(map(types.is_numeric_dtype, frame.dtypes)):
        return False
    floats = [name for name in frame if types.is_float_dtype(frame[name])]
    return len(floats) == classes.N_CLASSES or bool((frame[floats] % 1).gt(0).any(axis=None))


def _indices(column: pd.Series) -> np.ndarray:
    """Class indices (n,) of what a column writes as numbers, WordNet ids or names."""
    if missing := int(column.isna().sum()):
        seen = f"{counted(missing, 'row has', 'rows have')} no class in column {column.name!r}"
        raise InputError(f"{seen}; expected one in each")
    if types.is_integer_dtype(column):
        return column.to_numpy(dtype=np.int64)
    if types.is_float_dtype(column):
        numbers = column.to_numpy(dtype=float)
        wrong = ~(np.abs(numbers) <= EXACT) | (np.floor(numbers) != numbers)
        if wrong.any():
            raise InputError(f"column {column.name!r} has {numbers[wrong][0]}, which is no class index")
        return numbers.astype(np.int64)
    if not types.is_bool_dtype(column) and not is_plain(column):
        raise InputError(
            f"column {column.name!r} holds {column.dtype} values; expected class indices, WordNet ids or names"
        )
    places, written = pd.factorize(column.astype(object))
    return np.array([_index(one, str(column.name)) for one in written])[places]


def _index(written: object, column: str) -> int:
    text = str(written).strip()
    label = classes.parse(text)
    called = classes.called(text) if label is None else (label,)
    if len(called) != 1:
        seen = f"which {' and '.join(map(str, called))} are called" if called else "which names no class"
        raise InputError(f"column {column!r} has {written!r}, {seen}; expected an index from 0 to 999 or a WordNet id")
    return called[0]


def _numbers(frame: pd.DataFrame, names: tuple[str, ...]) -> np.ndarray:
    for name in names:
        if not types.is_numeric_dtype(frame[name]) or types.is_bool_dtype(frame[name]):
            raise InputError(f"column {name!r} holds {frame[name].dtype} values; expected numbers")
    numbers = frame[[*names]].to_numpy(dtype=float, na_value=np.nan)
    if not np.isfinite(numbers).all():
        wrong = int((~np.isfinite(numbers)).any(axis=1).sum())
        seen = f"{counted(wrong, 'row holds', 'rows hold')} NaN or infinity in {_listed([*names])}"
        raise InputError(f"{seen}; expected numbers")
    return numbers


def _lists(column: pd.Series) -> np.ndarray:
    try:
        array = np.array(column.tolist())
    except ValueError as error:
        raise InputError(f"the lists in {column.name!r} differ in length; expected one length") from error
    if array.dtype.kind not in "iuf":
        raise InputError(f"the lists in {column.name!r} hold {array.dtype} values; expected numbers")
    return array


def _probabilities(scores: np.ndarray | None) -> np.ndarray | None:
    """The scores if they can be probabilities of one picture; others order the classes, and are not kept."""
    if scores is None or (scores.min() >= 0 and scores.sum(axis=1).max() <= 1 + 1e-3):
        return scores
    warnings.warn("the scores are no softmax probabilities (0 to 1, at most 1 in all); they are not kept", stacklevel=5)
    return None


def _listed(names: list[str], most: int = 8) -> str:
    """Names in quotes, the first few of many."""
    return ", ".join(map(repr, names[:most])) + (f" and {len(names) - most} more" if len(names) > most else "")
