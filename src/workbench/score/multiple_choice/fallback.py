"""What a random letter for every answer without one adds to a score: a tenth of these answers, and chance."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import binom

from workbench.score.multiple_choice.answered import GUESS

PARSE_RATES = tuple(round(rate / 100, 2) for rate in range(0, 101, 5))


def added(n_questions: int, parse_rates: Sequence[float] = PARSE_RATES) -> pd.DataFrame:
    """Share of all questions that guessing adds at each parse rate: ``parse_rate, added, low, high, n_questions``.

    `added` is the expectation, a tenth of the unparsed; from `low` to `high` are 95 % of the random seeds.

    >>> added(1000, [0.9]).to_dict("records")
    [{'parse_rate': 0.9, 'added': 0.01, 'low': 0.005, 'high': 0.016, 'n_questions': 1000}]
    """
    unparsed = np.rint((1 - np.asarray(parse_rates, float)) * n_questions)
    low, high = (binom.ppf(end, unparsed, GUESS) / n_questions for end in (0.025, 0.975))
    columns = {"parse_rate": parse_rates, "added": GUESS * unparsed / n_questions, "low": low, "high": high}
    return pd.DataFrame(columns).round(6).assign(n_questions=n_questions)
