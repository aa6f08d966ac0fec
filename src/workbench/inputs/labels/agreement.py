"""From the decisions of one or several annotators to a label set, with their agreement and what they dispute."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.inputs.labels import decisions
from workbench.inputs.labels.label_set import LabelSet, from_mapping


class Merged(NamedTuple):
    """What several annotators say together.

    `labels` is a label set like any other. `alpha` is Krippendorff's (nominal), NaN where it is not defined.
    `disputed` has one row per picture and class with unlike verdicts: ``image, label`` and a column per
    annotator. `judged` counts the pictures that somebody judged.
    """

    labels: LabelSet
    alpha: float
    disputed: pd.DataFrame
    judged: int


def merge(
    made: Sequence[str | Path | Sequence[decisions.Decision]], base: LabelSet | None = None, *, name: str = "relabelled"
) -> Merged:
    """Merge decisions, given as files or as lists, into a label set.

    A class is a label of a picture where more than half of the annotators that judged it say ``correct``, and
    none where they do not. What nobody judged stays as `base` has it; without `base` the set holds the judged
    pictures only. Raises `InputError` where there is no decision, or none on a picture of `base`.
    """
    found = [decisions.read(each) if isinstance(each, str | Path) else each for each in made]
    table = verdict_table([one for each in found for one in each])
    judged = table.index.unique("image")
    before = {image: [] for image in judged} if base is None else base.mapping()
    chosen = {image: set(before[image]) for image in judged if image in before}
    if base is not None and not chosen:
        seen = f"none of the {len(judged)} judged pictures, {judged[0]!r} among them, is in label set {base.name!r}"
        raise InputError(f"{seen}; are the decisions on another image set?")
    is_label = (table == "correct").sum(axis=1) * 2 > table.notna().sum(axis=1)
    for (image, label), holds in zip(table.index, is_label, strict=True):
        if image in chosen:
            (chosen[image].add if holds else chosen[image].discard)(label)
    disputed = table[[len(set(row.dropna())) > 1 for _, row in table.iterrows()]].reset_index()
    return Merged(from_mapping(name, before | chosen), alpha(table), disputed, len(chosen))


def verdict_table(made: Sequence[decisions.Decision]) -> pd.DataFrame:
    """The last verdict of every annotator (columns) on every picture and class (rows); empty where there is none.

    Raises `InputError` for no decisions at all.
    """
    if not made:
        raise InputError("there is no decision to merge; judge some pictures with workbench.show.relabel")
    frame = pd.DataFrame([one.__dict__ for one in made]).sort_values("time", kind="stable")
    last = frame.drop_duplicates(["image", "label", "annotator"], keep="last")
    table = last.pivot(index=["image", "label"], columns="annotator", values="verdict")
    order = list(dict.fromkeys(zip(frame["image"], frame["label"], strict=True)))
    return table.reindex(pd.MultiIndex.from_tuples(order, names=["image", "label"]))


def alpha(table: pd.DataFrame) -> float:
    """Krippendorff's alpha of a table of verdicts: 1 is perfect agreement, 0 that of chance.

    NaN where no two annotators judged the same thing, or where only one verdict occurs. Source: Krippendorff (2011),
    "Computing Krippendorff's alpha-reliability"; nominal level.
    """
    code = {verdict: float(place) for place, verdict in enumerate(decisions.VERDICTS)}
    codes = table.apply(lambda column: column.map(code)).astype(float)
    paired = codes[codes.notna().sum(axis=1) > 1].to_numpy()
    if len(np.unique(paired[~np.isnan(paired)])) < 2:
        return float("nan")
    import krippendorff

    return float(krippendorff.alpha(reliability_data=paired.T, level_of_measurement="nominal"))
