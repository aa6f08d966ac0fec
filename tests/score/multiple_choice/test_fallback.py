import numpy as np
import pytest

from workbench.score.multiple_choice import fallback


def test_a_tenth_of_what_is_not_parsed_is_added():
    found = fallback.added(1000).set_index("parse_rate")
    assert found.loc[[0.0, 0.5, 0.9, 1.0], "added"].tolist() == [0.1, 0.05, 0.01, 0.0]


@pytest.mark.parametrize("n", [200, 50_000])
def test_the_interval_holds_95_of_100_random_seeds(n, rng):
    one = fallback.added(n, [0.8]).iloc[0]
    guessed = rng.binomial(round(0.2 * n), 0.1, 20_000) / n
    inside = ((guessed >= one["low"] - 1e-9) & (guessed <= one["high"] + 1e-9)).mean()
    assert 0.945 < inside < 0.985
    assert np.mean(guessed) == pytest.approx(one["added"], rel=0.02)
