"""Answers to multiple-choice questions become rows of a score table (:mod:`workbench.score.table`).

==============  ==================================================================================================
``mc``          share of questions answered right; an answer without a letter is wrong
``mc_guessed``  the same where an answer without a letter counts 1/10: what a random letter gives in expectation
``parse_rate``  share of answers in which a letter was found
==============  ==================================================================================================

`labels` names the questions, ``questions-<digest>``, and `protocol` is the way of answering, ``generate`` or
``likelihood``.
"""

import warnings
from typing import Any, Protocol

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.inputs.questions import LETTERS, Questions
from workbench.score import intervals, table

GUESS = 1 / len(LETTERS)
METRICS = ("mc", "mc_guessed", "parse_rate")


class Answered(Protocol):
    """What is scored of a file of answers: one row a picture, letters as positions 0 to 9, -1 where there is none."""

    @property
    def model(self) -> str: ...
    @property
    def image_set(self) -> str: ...
    @property
    def mode(self) -> str: ...
    @property
    def images(self) -> tuple[str, ...]: ...
    @property
    def letters(self) -> np.ndarray: ...
    @property
    def questions(self) -> str: ...


def score(answers: Answered, questions: Questions) -> pd.DataFrame:
    """Score table of one model's answers: a row for each of `METRICS`, over the questions that were answered.

    Warns where some were not. Raises `InputError` for answers to other questions.
    """
    if answers.questions != questions.digest:
        seen = f"{answers.model} answered the questions {answers.questions[:12]}, not {questions.digest[:12]}"
        raise InputError(f"{seen}; give the file of questions that lies beside the answers")
    rows = pd.Index(questions.images).get_indexer(pd.Index(answers.images))
    if (rows < 0).any():
        raise InputError(f"{answers.model} answered about {int((rows < 0).sum())} pictures that no question shows")
    if len(rows) < len(questions):
        seen = f"{len(rows):,} of the {len(questions):,} questions are answered"
        warnings.warn(f"{answers.model} on {answers.image_set}: {seen}; scores are over these", stacklevel=2)
    gained = credit(answers.letters, questions.answers[rows])
    of_what = (answers.model, answers.image_set, f"questions-{questions.digest[:12]}", answers.mode)
    return table.build([(*of_what, name, None, *share(one), "run") for name, one in gained.items()])


def credit(letters: np.ndarray, answers: np.ndarray) -> dict[str, np.ndarray]:
    """What each question gives by each of `METRICS`, 0 to 1, shape (n,), from letters (-1: none) and right answers.

    >>> {name: one.tolist() for name, one in credit(np.array([3, 1, -1]), np.array([3, 2, 0])).items()}
    {'mc': [1.0, 0.0, 0.0], 'mc_guessed': [1.0, 0.0, 0.1], 'parse_rate': [1.0, 1.0, 0.0]}
    """
    right, parsed = (letters == answers).astype(float), (letters >= 0).astype(float)
    return dict(zip(METRICS, (right, np.where(parsed, right, GUESS), parsed), strict=True))


def share(gained: np.ndarray) -> tuple[Any, int, Any, Any]:
    """Mean credit, number of questions and the ends of its interval.

    Wilson's, as for a share of right answers: where a letter is drawn at random each question is right with the
    probability that its credit says, and the number of right ones varies as much as that.
    """
    n = len(gained)
    value = gained.sum() / n if n else np.nan
    return value, n, *intervals.wilson(gained.sum(), n)
