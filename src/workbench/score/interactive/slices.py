"""Accuracy by slices of the pictures, and the classes that are confused: where a checkpoint is weak."""

from collections.abc import Sequence

import pandas as pd

from workbench.errors import InputError
from workbench.inputs import classes
from workbench.score import intervals
from workbench.score.interactive.outcomes import RIGHT

LEAST = 10  # groups of fewer pictures are folded into one
MOST_VALUES = 40  # numbers of more values are cut into ranges
RANGES = 5
FOLDED = "smaller groups"
CLASSES = ("label", "best")  # columns of class indices


def grouped(pictures: pd.DataFrame, by: Sequence[str], *, least: int = LEAST) -> pd.Series:
    """The group of each picture that has a label, in words; `by` names one or more columns of the outcomes.

    Numbers of many values are cut into ranges of about equally many pictures. Groups of fewer than `least` pictures are
    ``smaller groups``. Pictures without a label have no accuracy and are left out. Raises `InputError` where a column
    is not there.
    """
    if missing := [name for name in by if name not in pictures.columns]:
        raise InputError(f"there is no column {missing[0]!r}; there are {', '.join(map(str, pictures.columns))}")
    labelled = pictures[pictures["status"] != "unlabelled"]
    words = [_in_words(labelled[name], name) for name in by]
    groups = words[0]
    for more in words[1:]:
        groups = groups + ", " + more
    sizes = groups.map(groups.value_counts())
    return groups.where(sizes >= least, FOLDED).rename("group")


def accuracy(pictures: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Accuracy of each group, the lowest upper end first: ``group, n_images, n_right, value, ci_low, ci_high``.

    A picture is right where the best class is any of its labels (ReaL accuracy; top-1 where each has one label). The
    ends are of 95 % Wilson intervals, each group for itself: of many groups one in twenty lies outside by chance.
    """
    right = pictures.loc[groups.index, "status"].isin(RIGHT)
    table = right.groupby(groups).agg(n_images="size", n_right="sum").reset_index()
    return _with_interval(table, "n_right", "n_images").sort_values(["ci_high", "group"], ignore_index=True)


def confused(pictures: pd.DataFrame) -> pd.Series:
    """For each wrong picture with a label, its class and the best class in words: ``tench → goldfish``."""
    wrong = pictures[pictures["status"] == "wrong"]
    names = classes.names()
    pairs = zip(wrong["label"], wrong["best"], strict=True)
    return pd.Series([f"{names[one]} → {names[other]}" for one, other in pairs], wrong.index, dtype="str", name="group")


def confusions(pictures: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """How often each pair of `groups` is confused, the most first.

    The columns are ``group, n_images, n_class, value, ci_low, ci_high``; `value` is the share of the pictures of the
    class, `n_class`, with its 95 % Wilson interval.
    """
    labelled = pictures.loc[pictures["status"] != "unlabelled", "label"]
    of_class = pictures.loc[groups.index, "label"].map(labelled.value_counts())
    table = of_class.groupby(groups).agg(n_images="size", n_class="first").reset_index()
    table = _with_interval(table, "n_images", "n_class")
    return table.sort_values(["n_images", "value", "group"], ascending=[False, False, True], ignore_index=True)


def _with_interval(table: pd.DataFrame, hits: str, n: str) -> pd.DataFrame:
    low, high = intervals.wilson(table[hits].to_numpy(), table[n].to_numpy())
    return table.assign(value=table[hits] / table[n], ci_low=low, ci_high=high)


def _in_words(column: pd.Series, name: str) -> pd.Series:
    if name in CLASSES:
        names = classes.names()
        return pd.Series([names[label] if label >= 0 else "none" for label in column], column.index, dtype="str")
    if pd.api.types.is_numeric_dtype(column) and column.nunique() > MOST_VALUES:
        column = pd.qcut(column, RANGES, duplicates="drop")
        ranges = {one: f"{one.left:.3g} to {one.right:.3g}" for one in column.cat.categories}
        column = column.astype(object).map(ranges)
    title = name.removeprefix("fact ").replace("_", " ")
    return title + " " + column.astype(object).where(column.notna(), "unknown").astype("str")
