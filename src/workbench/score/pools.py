"""Pools of checkpoints to compare within, as score tables: published, of public predictions, and one's own."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.errors import InputError, MissingSourceError, WorkbenchError
from workbench.inputs import committed, questions, sources
from workbench.inputs.checkpoints import CLIP
from workbench.inputs.images import SIZES
from workbench.inputs.published.documents import printed
from workbench.predict import store
from workbench.predict.asking import answers
from workbench.predict.imports.recht2019 import load
from workbench.score import intervals, table
from workbench.score.multiple_choice import answered
from workbench.score.scores import score

RECHT2019_NEEDS = ("recht2019", "v1-images", "v2-images", "v2-refined")
LABELS = {"v1": "v1-real", "v2": "v2-refined", "patchml": "patchml"}
PRINTED = {  # metric -> image set -> number of images that Tables 4-10 give it for
    "top1": {"v1": 50_000, "v2": 10_000},
    "real": {"v1": 46_837, "v2": 9_871},
    "asma": {"v1": 46_693, "v2": 9_639, "patchml": None},
}


def recht2019(*, recompute: bool = False) -> pd.DataFrame:
    """Scores of the 67 public models of Recht et al. (2019) on V1 and V2: the committed ones, or computed again.

    Where a source that recomputing needs is not at hand, a warning says which and how to fetch it, and the
    committed scores are returned.
    """
    missing = [name for name in RECHT2019_NEEDS if not sources.available(name)] if recompute else []
    if missing:
        warnings.warn(f"{sources.how_to_fetch(*missing)}; the committed scores are used instead", stacklevel=2)
    if recompute and not missing:
        return score(load())
    return committed.table("recht2019").astype({"label_count": "Int64", "n_images": "Int64"})


def folder(path: str | Path, *, label_counts: Sequence[int] | None = None) -> pd.DataFrame:
    """Scores of all predictions on v1 and v2 below a folder; none for an empty path.

    The empty path lets a notebook's parameter say "no predictions of my own". Files of other image sets are left out
    with a warning; what a file is not deep enough for is, too (:func:`workbench.score.scores.score`). Raises
    `InputError` where the folder holds no predictions on v1 or v2.
    """
    if not str(path):
        return table.build([])
    if not Path(path).exists():
        raise InputError(f"there is no folder {path}; give one with predictions on v1 or v2")
    read = store.read_all(path)
    wanted = [one for one in read if one.image_set in ("v1", "v2")]
    if not wanted:
        seen = f"{path} holds no predictions on v1 or v2 (*.parquet)"
        raise InputError(f"{seen}; make some with 'workbench predict' or 'workbench import'")
    if len(wanted) < len(read):
        others = sorted({one.image_set for one in read} - {"v1", "v2"})
        warnings.warn(f"{path}: predictions on {', '.join(others)} are left out here", stacklevel=2)
    return score(wanted, label_counts=label_counts)


@dataclass(frozen=True)
class Collected:
    """What lies below a folder: `scores`, files that gave none with the reason, and files whose runs have not ended."""

    scores: pd.DataFrame
    left_out: dict[Path, str]
    unfinished: list[Path]


def collect(path: str | Path, labels: str | None = None, *, original: str | None = None) -> Collected:
    """Scores of every file of predictions and of answers below a folder, or of one file.

    Predictions are scored against their image set's own labels, or `labels`; answers by the questions of their digest,
    wherever those lie below the folder (beside the one file). What cannot be read or scored ends nothing. Warns of what
    is there twice. Raises `InputError` where there is no such folder or file.
    """
    found = Path(path)
    if not found.exists():
        raise InputError(f"there is no folder {found}; expected one with predictions or answers")
    folder = found if found.is_dir() else found.parent
    files = [one for one in sorted(folder.rglob("*.parquet")) if one.is_file()]
    asked, left_out, parts = {}, {}, []
    for file in [one for one in files if questions.is_questions(one)]:
        try:
            asked[questions.read(file).digest] = file
        except WorkbenchError as error:
            left_out[file] = str(error)
    for file in [one for one in files if not questions.is_questions(one)] if found.is_dir() else [found]:
        try:
            by_questions = answers.is_answers(file)
            parts.append(_answered(file, asked) if by_questions else score(store.read(file), labels, original=original))
        except (WorkbenchError, OSError) as error:
            left_out[file] = str(error)
    unfinished = [one.parent.parent / f"{one.stem}.parquet" for one in sorted(folder.rglob(".partial/*.journal"))]
    scores = pd.concat(parts, ignore_index=True) if parts else table.build([])
    _tell_twice(scores)
    return Collected(scores, left_out, [one for one in unfinished if not one.exists()])


def _answered(file: Path, asked: dict[str, Path]) -> pd.DataFrame:
    """Scores of a file of answers by the questions of their digest; raises `MissingSourceError` where those are not."""
    one = answers.read(file)
    if one.questions not in asked:
        seen = f"the questions {one.questions[:12]} that {one.model} answered are not at hand"
        raise MissingSourceError(f"{seen}; put questions--{one.image_set}--{one.questions[:12]}.parquet beside {file}")
    return answered.score(one, questions.read(asked[one.questions]))


def _tell_twice(scores: pd.DataFrame) -> None:
    keys = [*table.KEYS, "image_set", "labels"]
    whole = scores[scores["label_count"].isna()]
    for _, one in whole[whole.duplicated([*keys, "metric"])].drop_duplicates(keys).iterrows():
        seen = f"{one['checkpoint']} on {one['image_set']} ({one['protocol']}, {one['source']})"
        warnings.warn(f"{seen} is there more than once, in several files", stacklevel=3)


def published() -> pd.DataFrame:
    """The 315 checkpoints of "Re-assessing ImageNet", Tables 4-10, as scores; intervals only of what is binomial."""
    percents = printed("tables-04-10-checkpoints")
    parts = []
    for metric, image_set, n in ((metric, *pair) for metric, sizes in PRINTED.items() for pair in sizes.items()):
        value = percents[f"{metric}_{image_set}"] / 100
        low, high = (np.nan, np.nan) if metric == "asma" else intervals.wilson(value * n, n)
        of_what = {"image_set": image_set, "labels": LABELS[image_set], "protocol": "resize", "metric": metric}
        values = {"label_count": None, "value": value, "n_images": n, "ci_low": low, "ci_high": high}
        parts.append(percents[["checkpoint"]].assign(**of_what, **values, source="published"))
    return table.build(pd.concat(parts, ignore_index=True))


def open_clip() -> pd.DataFrame:
    """Zero-shot top-1 of 121 CLIP models, ``clip:ARCH/TAG``, on V1 and V2, as open_clip published it."""
    results = committed.table("open-clip-results")
    checkpoint, parts = CLIP + results["name"] + "/" + results["pretrained"], []
    for image_set, n in SIZES.items():
        value = results[image_set]
        low, high = intervals.wilson(value * n, n)
        of_what = {"image_set": image_set, "labels": LABELS[image_set], "protocol": "crop", "metric": "top1"}
        values = {"label_count": None, "value": value, "n_images": n, "ci_low": low, "ci_high": high}
        parts.append(pd.DataFrame({"checkpoint": checkpoint} | of_what | values | {"source": "open_clip"}))
    return table.build(pd.concat(parts, ignore_index=True))
