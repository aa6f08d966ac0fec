"""The same classifiers with all and with fewer classes stored: where the truth lies between the bounds."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from workbench.inputs.questions import Questions
from workbench.predict.store import Predictions
from workbench.score.multiple_choice import classifiers, expected
from workbench.score.multiple_choice.answered import share

COLUMNS = ["checkpoint", "stored", "top1", "drawn_low", "drawn_high", "low", "high", "ci_low", "ci_high", "n_images"]


def by_depth(several: Iterable[Predictions], asked: Questions, depths: Sequence[int]) -> pd.DataFrame:
    """Multiple choice of each checkpoint with its best 5, 100, ... classes: :data:`COLUMNS`.

    `drawn_low` and `drawn_high` are over the questions `asked`; `low` and `high` in expectation over all draws from all
    other classes, with an interval that covers both. Depths that a checkpoint has not stored are left out. Raises as
    :func:`classifiers.answer`.
    """
    right = asked.options[np.arange(len(asked)), asked.answers]
    rows = []
    for one in several:
        for depth in (depth for depth in depths if depth <= one.topk):
            classes = classifiers.classes_of(one, asked)[:, :depth]
            answered = classifiers.best_option(classes, asked.options)
            drawn = (answered == asked.answers).mean(), ((answered == asked.answers) | (answered < 0)).mean()
            (low, n, start, _), (high, _, _, end) = map(share, expected.bounds(classes, right))
            top1 = (classes[:, 0] == right).mean()
            rows.append((one.checkpoint, depth, top1, *drawn, low, high, start, end, n))
    return pd.DataFrame(rows, columns=COLUMNS)
