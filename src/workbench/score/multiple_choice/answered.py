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
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.inputs import questions
from workbench.inputs.questions import LETTERS, Questions
from workbench.predict.asking import answers
from workbench.predict.asking.answers import Answers
from workbench.score import intervals, table

GUESS = 1 / len(LETTERS)
METRICS = ("mc", "mc_guessed", "parse_rate")
LEFT_OUT = ["checkpoint", "image_set", "protocol", "questions", "answers", "no_reply", "no_picture", "not_recorded"]


def score(given: Answers, asked: Questions) -> pd.DataFrame:
    """Score table of one model's answers: a row for each of `METRICS`, over the questions that were answered.

    Texts that an earlier version's parser read are read again.

    Warns where some were not. Raises `InputError` for answers to other questions.
    """
    if given.questions != asked.digest:
        seen = f"{given.model} answered the questions {given.questions[:12]}, not {asked.digest[:12]}"
        raise InputError(f"{seen}; give the file of questions that lies beside the answers")
    rows = pd.Index(asked.images).get_indexer(pd.Index(given.images))
    if (rows < 0).any():
        raise InputError(f"{given.model} answered about {int((rows < 0).sum())} pictures that no question shows")
    if len(rows) < len(asked):
        seen = f"{len(rows):,} of the {len(asked):,} questions are answered"
        warnings.warn(f"{given.model} on {given.image_set}: {seen}; scores are over these", stacklevel=2)
    gained = credit(answers.reread(given, asked).letters, asked.answers[rows])
    of_what = (given.model, given.image_set, f"questions-{asked.digest[:12]}", given.mode)
    return table.build([(*of_what, name, None, *share(one), "run") for name, one in gained.items()])


def folder(path: str | Path) -> pd.DataFrame:
    """Scores of all answers below a folder, by the questions that lie there, too; none for an empty path.

    Raises `InputError` where the folder holds no answers, or the questions of some are not there.
    """
    if not str(path):
        return table.build([])
    return pd.concat([score(*pair) for pair in _below(path)], ignore_index=True)


def left_out(path: str | Path) -> pd.DataFrame:
    """How many questions no score below a folder counts: `LEFT_OUT`, a row for each file of answers.

    ``no_reply``: the model's server gave none, or refused to; ``no_picture``: it was missing or could not be decoded;
    ``not_recorded``: neither. Raises as :func:`folder`.
    """
    rows = []
    for given, asked in _below(path) if str(path) else []:
        known = len(given), len(given.unanswered), len(given.failures)
        rest = len(asked) - sum(known)
        rows.append((given.model, given.image_set, given.mode, len(asked), *known, rest))
    return pd.DataFrame(rows, columns=LEFT_OUT)


def _below(path: str | Path) -> list[tuple[Answers, Questions]]:
    """All answers below a folder, each with its questions."""
    files = sorted(Path(path).rglob("*.parquet"))
    by_digest = {one.digest: one for one in map(questions.read, filter(questions.is_questions, files))}
    given = [answers.read(file) for file in files if answers.is_answers(file)]
    if not given:
        raise InputError(f"{path} holds no answers (*.parquet); make some with 'workbench ask'")
    for one in given:
        if one.questions not in by_digest:
            seen = f"{path} holds answers of {one.model}, but not their questions, {one.questions[:12]}"
            raise InputError(f"{seen}; keep the file of questions beside its answers")
    return [(one, by_digest[one.questions]) for one in given]


def credit(letters: np.ndarray, key: np.ndarray) -> dict[str, np.ndarray]:
    """What each question gives by each of `METRICS`, 0 to 1, shape (n,), from letters (-1: none) and the right ones.

    >>> {name: one.tolist() for name, one in credit(np.array([3, 1, -1]), np.array([3, 2, 0])).items()}
    {'mc': [1.0, 0.0, 0.0], 'mc_guessed': [1.0, 0.0, 0.1], 'parse_rate': [1.0, 1.0, 0.0]}
    """
    right, parsed = (letters == key).astype(float), (letters >= 0).astype(float)
    return dict(zip(METRICS, (right, np.where(parsed, right, GUESS), parsed), strict=True))


def share(gained: np.ndarray) -> tuple[Any, int, Any, Any]:
    """Mean credit, number of questions and the ends of its interval.

    Wilson's, as for a share of right answers: where a letter is drawn at random each question is right with the
    probability that its credit says, and the number of right ones varies as much as that.
    """
    n = len(gained)
    value = gained.sum() / n if n else np.nan
    return value, n, *intervals.wilson(gained.sum(), n)
