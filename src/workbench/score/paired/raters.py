"""How much the raters alone move ReaL: their answers' scores estimated again, with raters weighted anew.

The scores are estimated as Dawid and Skene (1979) do, with two states of a pair (the label holds or not), three answers
(no, maybe, yes), and for each rater how often each answer comes in each state. ReaL's own scores stem from the same
answers and the same method, in a variant that the files do not tell; at 0.8 both say the same of 98.3 % of the pairs.

The raters are weighted anew by the Bayesian bootstrap (Rubin 1981): exponential weights with mean 1, one for all
answers of a rater. The images stay as they are. Unequal weights make every estimate noisier than the one with all
raters alike, so that a band need not lie around it: it says how much depends on the raters, not where the truth lies.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from workbench.inputs.images import v1_id
from workbench.inputs.labels import LabelSet
from workbench.inputs.labels.rated import Rated
from workbench.predict.store import Predictions
from workbench.score.paired.bootstrap import STRATA
from workbench.score.paired.operating_points import Resampled

ANSWERS = 3  # no, maybe, yes
START = np.array([0.0, 0.5, 1.0])  # what each answer counts before anything is known of the raters
ROUNDS = 40  # of the first estimate, which then moves by less than 1e-6
AGAIN = 20  # of each other one, which starts from the first: shares then move by some 0.1 points


class Judged(NamedTuple):
    """What is needed to score checkpoints against any choice among the rated pairs.

    `image`, shape (pairs,): place of each pair's image among the n images; `votes`: how many checkpoints see its label
    as the best class. `right`, shape (n,): how many checkpoints are right by the original label; `rated`, boolean (n,).
    """

    image: np.ndarray
    votes: np.ndarray
    right: np.ndarray
    rated: np.ndarray
    checkpoints: int


def judged(pairs: Rated, predictions: Sequence[Predictions], original: LabelSet) -> Judged:
    """What checkpoints see in V1, sorted by rated pair and by image. The images that nobody rated keep their label."""
    images = original.images
    numbers, inverse = np.unique(pairs.number, return_inverse=True)
    image = images.get_indexer(pd.Index([v1_id(number) for number in numbers.tolist()]))[inverse]
    best = np.stack([one.classes[one.images.get_indexer(images), 0] for one in predictions], axis=1)
    right = (best == original.classes[:, None]).sum(axis=1)
    votes = (best[image] == pairs.label[:, None]).sum(axis=1)
    rated = np.zeros(len(images), dtype=bool)
    rated[image] = True
    return Judged(image, votes, right, rated, len(predictions))


def estimates(answers: np.ndarray, *, n: int = 100, seed: int = 0) -> Iterator[np.ndarray]:
    """Scores of all pairs, shape (pairs,): first with all raters alike, then `n` times with raters weighted anew.

    `answers`, shape (pairs, 5): three times the rater's number plus 0, 1 or 2 for no, maybe or yes.
    """
    # Many pairs were answered alike by the same raters: they have one score.
    alike, place, times = np.unique(np.sort(answers, axis=1), axis=0, return_inverse=True, return_counts=True)
    place, alike = place.ravel(), np.ascontiguousarray(alike.T)  # one row for each of the five: sums are fast
    raters = int(answers.max()) // ANSWERS + 1
    first = _estimate(alike, times, np.ones(raters), START[alike % ANSWERS].mean(axis=0), ROUNDS)
    yield first[place]
    rng = np.random.default_rng(seed)
    for _ in range(n):
        weights = rng.exponential(size=raters)
        yield _estimate(alike, times, weights * raters / weights.sum(), first, AGAIN)[place]


def _estimate(alike: np.ndarray, times: np.ndarray, weights: np.ndarray, scores: np.ndarray, rounds: int) -> np.ndarray:
    """Expectation and maximization in turn; `times` is how many pairs have each column of answers."""
    kinds, flat, width = ANSWERS * len(weights), alike.ravel(), len(alike)
    given = np.bincount(flat, np.tile(times, width), kinds)
    for _ in range(rounds):
        held = np.bincount(flat, np.tile(times * scores, width), kinds)
        logs = []
        for counts in (held, given - held):
            habits = counts.reshape(-1, ANSWERS) + 1  # one answer more of each kind: none is impossible
            logs.append(np.log(habits / habits.sum(axis=1, keepdims=True)).ravel())
        share = (times * scores).sum() / times.sum()
        evidence = np.repeat(weights, ANSWERS) * (logs[0] - logs[1])
        scores = 1 / (1 + np.exp(-(evidence[alike].sum(axis=0) + np.log(share / (1 - share)))))
    return scores


def resample(found: Judged, estimated: Iterable[np.ndarray], thresholds: Mapping[str, float]) -> dict[str, Resampled]:
    """The label set at each threshold, by name; row 0 from the first estimate, the rows after it from the others."""
    told: dict[str, list] = {name: [] for name in thresholds}
    for scores in estimated:
        for name, threshold in thresholds.items():
            told[name].append(_totals(found, scores >= threshold))
    return {name: Resampled(*(np.stack(part) for part in zip(*each, strict=True))) for name, each in told.items()}


def _totals(found: Judged, held: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images and right ones by number of labels, and mean ReaL accuracy, where the pairs in a mask are labels."""
    counts = np.bincount(found.image[held], minlength=len(found.rated)) + ~found.rated
    strata = np.minimum(counts, STRATA - 1)
    images = np.bincount(strata, minlength=STRATA).astype(float)
    right = np.bincount(strata, found.right, STRATA) / found.checkpoints
    votes = found.votes[held].sum() + found.right[~found.rated].sum()
    return images, right, np.array([votes / (found.checkpoints * (counts > 0).sum())])
