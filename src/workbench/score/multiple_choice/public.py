"""The 67 public models as if they had been asked: four tables, computed from public files and committed.

``multiple-choice``: bounds for each model; ``multiple-choice-pool``: how they spread; ``multiple-choice-pairs``: how
many pairs are ordered; ``multiple-choice-ceiling``: what the valid labels say of the questions. Class names do not
matter to a classifier, so the questions here have WordNet's.
"""

from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import pandas as pd

from workbench.inputs import classes, committed, labels, questions
from workbench.inputs.labels import LabelSet
from workbench.inputs.prompts import Prompts
from workbench.inputs.questions import SEED, Questions
from workbench.predict.imports import recht2019
from workbench.predict.store import Predictions
from workbench.score import scores
from workbench.score.multiple_choice import ceiling, classifiers, expected, pool
from workbench.score.multiple_choice.answered import share
from workbench.score.multiple_choice.ceiling import EXPECTED
from workbench.score.multiple_choice.pool import Credits

NEEDS = ("recht2019", "v1-images", "v2-images", "v2-refined")
SETS = {"v1": ("v1-original", "v1-real"), "v2": ("v2-original", "v2-refined")}
SEEDS = (SEED, 1, 2, 3)
REVERSED = "fv_16k"  # its public array of V2 is stored worst class first
COLUMNS = [
    *("checkpoint", "image_set", "distractors", "draws", "pictures"),
    *("low", "high", "ci_low", "ci_high", "n_images"),
]


def load(*, recompute: bool = False) -> dict[str, pd.DataFrame]:
    """The four tables by name, as committed, or computed again; a warning says where files for that are not at hand."""
    return committed.tables(computations(), NEEDS, recompute=recompute)


def computations() -> dict[str, Callable[[], pd.DataFrame]]:
    """How each table is computed. Each raises `MissingSourceError` where a public file is not at hand."""
    return {
        "multiple-choice": bounds,
        "multiple-choice-pool": pools,
        "multiple-choice-pairs": pairs,
        "multiple-choice-ceiling": ceilings,
    }


def bounds() -> pd.DataFrame:
    """Each model's score at least and at most, :data:`COLUMNS`.

    `draws` are ``expected`` or a seed; `pictures` are ``all`` or, in expectation, those whose right option is a valid
    label (``confirmed``) or none (``rejected``), and those that have none (``unlabelled``).

    The interval covers both bounds: from the lower end of the one's to the upper end of the other's.
    """
    rows = [row for image_set in SETS for row in (*_expected_rows(image_set), *_drawn_rows(image_set))]
    return pd.DataFrame(rows, columns=COLUMNS).round(6)


def pools() -> pd.DataFrame:
    """The spread of the models, ``image_set, distractors, over`` and the columns of :func:`pool.summary`."""
    parts = []
    for image_set, distractors, over, credited in _pools():
        of_what = {"image_set": image_set, "distractors": distractors, "over": over}
        parts.append(pool.summary(credited).assign(**of_what))
    frame = pd.concat(parts, ignore_index=True).round(6)
    return frame[["image_set", "distractors", "over", "quantity", "value", "ci_low", "ci_high"]]


def pairs() -> pd.DataFrame:
    """How many pairs of models are ordered, ``image_set, distractors, over`` and those of :func:`pool.pairs`."""
    rows = [
        {"image_set": image_set, "distractors": distractors, "over": over} | pool.pairs(credited)
        for image_set, distractors, over, credited in _pools()
    ]
    return pd.DataFrame(rows)


def ceilings() -> pd.DataFrame:
    """What the valid labels say of the questions of each image set, :data:`ceiling.COLUMNS`."""
    parts = [ceiling.facts(drawn(name), labels.load(valid)) for name, (_, valid) in SETS.items()]
    return pd.concat(parts, ignore_index=True)


def side_by_side(bounds: pd.DataFrame, scored: pd.DataFrame) -> pd.DataFrame:
    """Multiple choice of each model beside its top-1 and ReaL accuracy, best by top-1 first.

    Takes ``multiple-choice``, of which the expectation over draws from all other classes is shown, and the score table
    of the same models. Columns: ``checkpoint, image_set, top1, real, low, high, ci_low, ci_high``.
    """
    rows = bounds.query(f"draws == '{EXPECTED}' and distractors == 'any' and pictures == 'all'")
    whole = scored[scored["label_count"].isna() & scored["metric"].isin(["top1", "real"])]
    keys = ["checkpoint", "image_set"]
    wide = whole.pivot(index=keys, columns="metric", values="value").reset_index()
    columns = [*keys, "top1", "real", "low", "high", "ci_low", "ci_high"]
    joined = wide.merge(rows, on=keys, validate="one_to_one")[columns]
    return joined.sort_values(["image_set", "top1"], ascending=[True, False], ignore_index=True)


@cache
def drawn(image_set: str, seed: int = SEED, distractors: str = "any") -> Questions:
    """Questions about all pictures of V1 or V2."""
    original, valid = (labels.load(name) for name in SETS[image_set])
    names = Prompts(classes.names(), (), "wordnet")
    return questions.draw(image_set, original, names, seed=seed, distractors=distractors, valid=valid)


def _pools() -> Iterator[tuple[str, str, str, Credits]]:
    for image_set in SETS:
        for distractors in questions.DISTRACTORS:
            credited = _credits(image_set, distractors)
            yield image_set, distractors, "all models", credited
            yield image_set, distractors, f"without {REVERSED}", credited.without(REVERSED)


def _expected_rows(image_set: str) -> Iterator[tuple]:
    original, valid = (labels.load(name) for name in SETS[image_set])
    images = _models(image_set)[0].images
    rows, right = valid.rows_of(images), _right(original, images)
    labelled, confirmed = valid.counts[rows] > 0, valid.table[rows, right]
    parts = {"all": np.ones(len(rows), bool), "confirmed": confirmed}
    parts |= {"rejected": labelled & ~confirmed, "unlabelled": ~labelled}
    for distractors in questions.DISTRACTORS:
        credited = _credits(image_set, distractors)
        for name, of in parts.items() if distractors == "any" else [("all", parts["all"])]:
            for column, checkpoint in enumerate(credited.checkpoints):
                both = credited.low[of, column], credited.high[of, column]
                yield checkpoint, image_set, distractors, EXPECTED, name, *_span(*both)


def _drawn_rows(image_set: str) -> Iterator[tuple]:
    for distractors, seeds in zip(questions.DISTRACTORS, (SEEDS, [SEED]), strict=True):
        for seed in seeds:
            asked = drawn(image_set, seed, distractors)
            for one in _models(image_set):
                both = classifiers.bounds(one, asked)
                yield one.checkpoint, image_set, distractors, str(seed), "all", *_span(*both)


def _span(low: np.ndarray, high: np.ndarray) -> tuple:
    """Both bounds of a score, the ends of their intervals, and the number of pictures."""
    (least, n, start, _), (most, _, _, end) = share(low.astype("f8")), share(high.astype("f8"))
    return least, most, start, end, n


@cache
def _models(image_set: str) -> list[Predictions]:
    return [one for one in recht2019.load() if one.image_set == image_set]


@cache
def _credits(image_set: str, distractors: str) -> Credits:
    original, valid = (labels.load(name) for name in SETS[image_set])
    several = _models(image_set)
    images = several[0].images
    rows, right = valid.rows_of(images), _right(original, images)
    spare = valid.table[rows] if distractors == "invalid" else None
    both = [expected.bounds(one.classes, right, spare) for one in several]
    low, high = (np.stack(part, axis=1).astype("f4") for part in zip(*both, strict=True))
    best = np.stack([one.classes[:, 0] for one in several], axis=1)
    real = scores.hits(best, valid.table, rows).astype("f4")
    top1 = (best == right[:, None]).astype("f4")
    names = tuple(one.checkpoint for one in several)
    return Credits(image_set, names, valid.counts[rows] > 0, top1, real, low, high)


def _right(original: LabelSet, images: pd.Index) -> np.ndarray:
    return original.classes[original.indptr[original.rows_of(images)]]
