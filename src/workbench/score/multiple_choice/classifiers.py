"""What a classifier answers to questions of ten options: the option that it ranks best.

Where all 1000 classes are stored, that is known. Where only the best k are, it is known for every question of which an
option is among them; the others are counted as wrong by one bound and as right by the other.
"""

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.inputs.questions import Questions
from workbench.predict.store import Predictions


def classes_of(predictions: Predictions, questions: Questions) -> np.ndarray:
    """The stored classes of the pictures that are asked about, best first, shape (n questions, k).

    Raises `InputError` where the predictions lack one of the pictures.
    """
    rows = predictions.images.get_indexer(pd.Index(questions.images))
    if lost := int((rows < 0).sum()):
        seen = f"{predictions.checkpoint} on {predictions.image_set} lacks {lost} of the {len(questions)} pictures"
        raise InputError(f"{seen} that are asked about; draw questions for its own pictures")
    return predictions.classes[rows]


def answer(predictions: Predictions, questions: Questions) -> np.ndarray:
    """Position of the option that is answered, -1 where the stored classes do not tell: int8, shape (n questions,).

    Raises as :func:`classes_of`.
    """
    return best_option(classes_of(predictions, questions), questions.options)


def best_option(classes: np.ndarray, options: np.ndarray) -> np.ndarray:
    """Position of the best-ranked of the options (n, 10), int8 (n,); -1 where none is among the `classes` (n, k).

    >>> best_option(np.array([[7, 3, 5]] * 2), np.array([[1, 5, 3], [0, 1, 2]])).tolist()
    [2, -1]
    """
    depth = classes.shape[1]
    place = np.full(options.shape, depth)
    for rank in range(depth):
        place[options == classes[:, rank, None]] = rank
    return np.where(place.min(axis=1) < depth, place.argmin(axis=1), -1).astype(np.int8)


def bounds(predictions: Predictions, questions: Questions) -> tuple[np.ndarray, np.ndarray]:
    """Whether each question is answered right, at least and at most: boolean, each of shape (n questions,).

    They differ where :func:`answer` is not known.
    """
    answered = answer(predictions, questions)
    right = answered == questions.answers
    return right, right | (answered < 0)
