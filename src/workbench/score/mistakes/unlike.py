"""What one checkpoint gets wrong that others get right, and the reverse: by class, and among its errors.

A picture is as hard as the other checkpoints find it. Given that, and its own level over all pictures, how many of a
class should it get right? What differs from that beyond chance is its own.
"""

from collections import Counter
from itertools import chain, takewhile

import numpy as np
import pandas as pd

from workbench.inputs import classes, committed, labels, sources
from workbench.inputs.published import mistakes
from workbench.predict.imports import recht2019
from workbench.predict.store import Predictions
from workbench.score import intervals
from workbench.score.mistakes import failing
from workbench.score.paired import significance
from workbench.score.paired.correctness import Correctness
from workbench.score.reported.standing import Standing

STEPS = 25  # of Newton's method, which needs about five


def by_class(correct: Correctness, checkpoint: str, metric: str = "top1") -> pd.DataFrame:
    """Each class by ``top1`` or ``real`` (pictures with a label), the least expected first.

    Columns: ``name, n_images, right, value, ci_low, ci_high`` (95 % Wilson), ``median`` accuracy of the other
    checkpoints there, ``expected`` number right, ``p``, and ``p_holm, p_bh`` adjusted for all classes.

    `expected` is from the share of the others that get each picture right, all shifted by one amount on the logistic
    scale, so that they add up to what the checkpoint gets right in all. `p` is two-sided, by the exact distribution
    (Poisson binomial) for pictures that are independent given these shares.
    """
    place, (group, right) = correct.checkpoints.index(checkpoint), _asked(correct, metric)
    n, k, likely, p = _tested(group, right, place)
    there = n > 0
    medians = pd.DataFrame(np.delete(right, place, axis=1)).groupby(group).mean().median(axis=1).to_numpy()
    low, high = intervals.wilson(k[there], n[there])
    columns = {"name": np.array(classes.names())[there], "n_images": n[there], "right": k[there]}
    columns |= {"value": k[there] / n[there], "ci_low": low, "ci_high": high, "median": medians}
    columns |= {"expected": likely[there], "p": p[there]}
    adjusted = {"p_holm": significance.holm(p[there]), "p_bh": significance.benjamini_hochberg(p[there])}
    return pd.DataFrame(columns | adjusted).sort_values(["p", "name"], ignore_index=True)


def counts(correct: Correctness, metric: str = "top1", *, level: float = 0.05) -> pd.Series:
    """For how many classes each checkpoint is unlike the others, after Holm's adjustment for all classes."""
    group, right = _asked(correct, metric)
    found = [significance.holm(_tested(group, right, place)[3]) < level for place in range(right.shape[1])]
    return pd.Series([int(one.sum()) for one in found], index=list(correct.checkpoints))


def _asked(correct: Correctness, metric: str) -> tuple[np.ndarray, np.ndarray]:
    """Class and outcomes of the pictures that a metric asks."""
    kept = slice(None) if metric == "top1" else correct.label_counts > 0
    return correct.classes[kept], {"top1": correct.top1, "real": correct.real}[metric][kept]


def _tested(group: np.ndarray, right: np.ndarray, place: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Pictures, right ones, expected right ones and p-value of each of the 1000 classes."""
    mine, m = right[:, place], right.shape[1] - 1
    likely = _at_level((right.sum(axis=1) - mine + 0.5) / (m + 1), int(mine.sum()))
    n, k, sums = (np.bincount(group, weights, classes.N_CLASSES) for weights in (np.ones(len(group)), mine, likely))
    n, k = n.astype(int), k.astype(int)
    order = np.argsort(group, kind="stable")
    rank = np.arange(len(group)) - (np.cumsum(n) - n)[group[order]]  # of a picture within its class
    grid = np.zeros((classes.N_CLASSES, n.max()))
    grid[group[order], rank] = likely[order]
    return n, k, sums, two_sided(grid, k)


def _at_level(shares: np.ndarray, right: int) -> np.ndarray:
    """The shares, shifted by one amount on the logistic scale so that they add up to `right`."""
    logits, shift = np.log(shares / (1 - shares)), 0.0
    wanted = min(max(right, 0.5), len(shares) - 0.5)  # all or none have no finite shift
    likely = shares
    for _ in range(STEPS):
        shift += float(np.clip((wanted - likely.sum()) / (likely * (1 - likely)).sum(), -2, 2))
        likely = 1 / (1 + np.exp(-np.clip(logits + shift, -30, 30)))
    return likely


def two_sided(likely: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Two-sided p-values of numbers of successes `right` (m,) in independent trials of chances `likely` (m, n).

    Twice the smaller tail of the exact distribution (Poisson binomial), at most 1. Trials of chance 0 count nothing.

    >>> two_sided(np.full((1, 10), 0.5), np.array([1])).round(6).tolist()
    [0.021484]
    """
    spread = np.zeros((len(likely), likely.shape[1] + 1))
    spread[:, 0] = 1
    for chance in likely.T[..., None]:
        spread[:, 1:] = spread[:, 1:] * (1 - chance) + spread[:, :-1] * chance
        spread[:, :1] *= 1 - chance
    below = np.cumsum(spread, axis=1)[np.arange(len(right)), right]
    above = np.cumsum(spread[:, ::-1], axis=1)[np.arange(len(right)), likely.shape[1] - right]
    return np.minimum(1, 2 * np.minimum(below, above))


def pairs(one: Standing, *, most: int = 8) -> pd.DataFrame:
    """The classes of V1 that it confuses more often than public models do, by name, the least expected first.

    Columns: ``original, predicted, n_images``, ``expected`` from how many public models give that answer to each
    picture, scaled to its own number of errors, the public models' ``median``, and ``p``, one-sided as in
    :func:`by_class` and adjusted for all pairs of classes (Bonferroni). Pictures without a ReaL label, and answers that
    are one, do not count. Empty without predictions of its own, or where `recht2019` is not at hand.
    """
    columns = ["original", "predicted", "n_images", "expected", "median", "p"]
    if not one.own or not sources.available("recht2019"):
        return pd.DataFrame(columns=columns)
    real, original = labels.load("v1-real"), labels.load("v1-original")
    asked = one.own[0].images[real.rows(one.own[0].images) >= 0]
    asked = asked[real.counts[real.rows(asked)] > 0]
    truth, table = original.classes[original.indptr[original.rows(asked)]], real.table[real.rows(asked)]
    answers = [_answers(each, asked) for each in chain(one.own[:1], takewhile(_is_v1, recht2019.load()))]
    wrong = [~table[np.arange(len(asked)), best] for best in answers]
    mine, others = answers[0], np.stack(answers[1:])
    scale = wrong[0].sum() / np.mean([each.sum() for each in wrong[1:]])
    counted = Counter(zip(truth[wrong[0]].tolist(), mine[wrong[0]].tolist(), strict=True))
    names, rows = classes.names(), []
    for (label, given), n in counted.items():
        if n == 1:
            continue
        here = others[:, truth == label] == given
        same = here & ~table[truth == label, given]
        likely = np.minimum((same.sum(axis=0) + 0.5) / (len(same) + 1) * scale, 0.99)
        p = tail(likely, n) * classes.N_CLASSES * (classes.N_CLASSES - 1)
        rows.append((names[label], names[given], n, likely.sum(), np.median(same.sum(axis=1)), min(1.0, p)))
    found = pd.DataFrame(rows, columns=columns)
    return found.sort_values(["p", "n_images"], ascending=[True, False], ignore_index=True).head(most)


def _is_v1(predictions: Predictions) -> bool:
    return predictions.image_set == "v1"


def _answers(predictions: Predictions, images: pd.Index) -> np.ndarray:
    return predictions.classes[predictions.images.get_indexer(images), 0].astype(int)


def tail(likely: np.ndarray, right: int) -> float:
    """The chance of at least so many successes in independent trials of chances `likely` (n,).

    >>> round(tail(np.array([0.5, 0.5]), 1), 2)
    0.75
    """
    spread = np.eye(1, len(likely) + 1)[0]
    for chance in likely:
        spread[1:] = spread[1:] * (1 - chance) + spread[:-1] * chance
        spread[0] *= 1 - chance
    return float(spread[right:].sum())


def errors(one: Standing) -> pd.DataFrame:
    """Of its errors by the original label, those whose best class other labels accept, beside the public models.

    Columns: ``image_set, errors, accepted, share, ci_low, ci_high`` (95 % Wilson), and the public models' ``median``.
    """
    rows = []
    for side in (one.v1, one.v2):
        wrong, accepted = (~side.top1).sum(axis=0), (~side.top1 & side.real).sum(axis=0)
        n, k, shares = wrong[one.place], accepted[one.place], np.delete(accepted / np.maximum(wrong, 1), one.place)
        rows.append((side.image_set, n, k, k / max(n, 1), *intervals.wilson(k, n), np.median(shares)))
    columns = ["image_set", "errors", "accepted", "share", "ci_low", "ci_high", "median"]
    return pd.DataFrame(rows, columns=columns)


def remaining(one: Standing) -> pd.DataFrame:
    """Its share right on the pictures where ViT-3B fails, in all and by severity, beside the public models' median.

    Columns: ``labels, group, value, n_images, share, ci_low, ci_high, median``. Empty where the review is not at hand
    (`imagenet-mistakes`), or its predictions lack one of the pictures.
    """
    counted = committed.table("mistakes-recht2019")
    keys, share = ["labels", "group", "value", "n_images"], ["share", "ci_low", "ci_high"]
    if one.own:
        reviewed = mistakes.reviewed() if sources.available("imagenet-mistakes") else pd.DataFrame()
        reviewed = reviewed[reviewed["model"] == "ViT-3B"].reset_index(drop=True) if len(reviewed) else reviewed
        if reviewed.empty or not reviewed["image"].isin(one.own[0].images).all():
            return pd.DataFrame(columns=[*keys, *share, "median"])
        mine = failing.on_failing(one.own[0], reviewed, labels.load("v1-original"), labels.load("v1-real"))
        counted = pd.concat([counted, mine], ignore_index=True)
    shares = failing.shares(counted).query("group in ('overall', 'failing', 'severity') and checkpoint != 'ViT-3B'")
    own = shares["checkpoint"] == one.checkpoint
    medians = shares[~own].groupby(keys)["share"].median().rename("median")
    return shares.loc[own, [*keys, *share]].join(medians, on=keys).reset_index(drop=True)
