"""Questions whose right option is not the only valid one, or is not valid at all, by the labels of others."""

from math import comb

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.inputs.classes import N_CLASSES
from workbench.inputs.labels import LabelSet
from workbench.inputs.questions import Questions
from workbench.score.multiple_choice.answered import GUESS, share
from workbench.score.multiple_choice.expected import DISTRACTORS

EXPECTED = "expected"  # over all draws of distractors
COLUMNS = ["image_set", "fact", "draws", "value", "ci_low", "ci_high", "n_images"]


def facts(questions: Questions, valid: LabelSet) -> pd.DataFrame:
    """What the valid labels say of the questions, over pictures that have any: :data:`COLUMNS`.

    ``rejected``: the right option is no valid label. ``valid distractor``: one of the others is. ``clean``: neither.
    ``label follower``: the score of who answers a valid option, each equally likely, and where there is none guesses
    (``at least``) or finds the right one (``at most``). `draws` is ``expected``, over all draws from all other classes,
    or the seed of the questions. Raises `InputError` for questions whose distractors were drawn otherwise.
    """
    if questions.choices["distractors"] != "any":
        raise InputError(f"distractors are {questions.choices['distractors']!r}; the expectation is over any")
    rows = valid.rows_of(questions.images)
    labelled = valid.counts[rows] > 0
    shown = valid.table[rows[labelled, None], questions.options[labelled]]
    key = questions.answers[labelled]
    confirmed = shown[np.arange(len(key)), key]
    others = valid.counts[rows[labelled]] - confirmed
    seed = str(questions.choices["seed"])
    chances = {EXPECTED: _chances(others), seed: _drawn(shown.sum(axis=1) - confirmed)}
    told = [("rejected", EXPECTED, *share(1.0 - confirmed))]  # whatever is drawn
    for draws, chance in chances.items():
        told += [(fact, draws, *share(one)) for fact, one in _facts(chance, confirmed).items()]
    frame = pd.DataFrame(told, columns=["fact", "draws", "value", "n_images", "ci_low", "ci_high"])
    return frame.round(6).assign(image_set=questions.image_set)[COLUMNS]


def _facts(chance: np.ndarray, confirmed: np.ndarray) -> dict[str, np.ndarray]:
    """Each fact for each picture, 0 to 1, from the chances of 0, 1, ..., 9 valid distractors, shape (n, 10)."""
    alone = chance[:, 0]
    even = chance @ (1 / np.arange(1, DISTRACTORS + 2))
    return {
        "valid distractor": 1 - alone,
        "clean": np.where(confirmed, alone, 0.0),
        "label follower, at least": np.where(confirmed, even, GUESS * alone),
        "label follower, at most": np.where(confirmed, even, alone),
    }


def _chances(others: np.ndarray) -> np.ndarray:
    """Chance of 0, 1, ..., 9 valid ones among nine distractors, given how many classes besides the key are valid."""
    whole, numbers = N_CLASSES - 1, np.arange(others.max(initial=0) + 1).tolist()
    ways = [[comb(v, d) * comb(whole - v, DISTRACTORS - d) for d in range(DISTRACTORS + 1)] for v in numbers]
    return (np.array(ways, dtype=object) / comb(whole, DISTRACTORS)).astype(float)[others]


def _drawn(found: np.ndarray) -> np.ndarray:
    return np.eye(DISTRACTORS + 1)[found]
