"""Means and medians over checkpoints that saw the same images, with intervals by the joint bootstrap."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.score.paired import bootstrap
from workbench.score.paired.bootstrap import Resampling
from workbench.score.paired.correctness import Correctness
from workbench.score.table import LABEL_COUNTS


def mean_gaps(
    v1: Correctness,
    v2: Correctness,
    metrics: Sequence[str] = ("top1", "real", "asma"),
    *,
    resampling: Resampling | None = None,
) -> pd.DataFrame:
    """Mean and median over checkpoints of V1 minus V2: ``metric, over, gap, ci_low, ci_high`` and
    ``closed, closed_low, closed_high``.

    `closed` is the share of the first metric's mean (or median) gap that is gone. Raises `InputError` where the
    checkpoints of the two sets differ.
    """
    check_same(v1, v2)
    resampling = resampling or Resampling()
    gaps = {name: np.subtract(*(bootstrap.scores(side, name, resampling) for side in (v1, v2))) for name in metrics}
    rows = []
    for over, statistic in (("mean", np.mean), ("median", np.median)):
        found = {name: statistic(gap, axis=1) for name, gap in gaps.items()}
        for name, gap in found.items():
            closed = 1 - gap / found[metrics[0]]
            rows.append((name, over, *bootstrap.interval(gap), *bootstrap.interval(closed)))
    ends = ["", "_low", "_high"]
    return pd.DataFrame(rows, columns=["metric", "over", "gap", "ci_low", "ci_high", *(f"closed{end}" for end in ends)])


def by_label_count(
    v1: Correctness,
    v2: Correctness,
    metric: str,
    label_counts: Sequence[int] = LABEL_COUNTS,
    *,
    level: float = 0.95,
    resampling: Resampling | None = None,
) -> pd.DataFrame:
    """Median over checkpoints of ``real``, ``top1`` or ``subgroup`` at each number of labels, and V1 minus V2.

    Columns: ``label_count, v1, v1_low, v1_high, v2, ..., difference, ...`` (of the medians), ``v2_higher`` with its
    interval, the number of checkpoints that are better on V2 (rounded outwards), among ``checkpoints``; and
    ``direction``, open where the interval of the difference holds zero. They saw the same images: as
    many facts as checkpoints these are not, and the interval of the number says so. `level` is that of every
    interval: 1 - 0.05 / c adjusts c comparisons after Bonferroni (with 0.995, take more than 1,000 resamples).
    """
    check_same(v1, v2)
    resampling = resampling or Resampling()
    one, two = (bootstrap.totals(side, metric, resampling).accuracy() for side in (v1, v2))
    rows = []
    for count in label_counts:
        at1, at2 = one[:, count], two[:, count]
        medians = np.median(at1, axis=1), np.median(at2, axis=1)
        told = (*medians, medians[0] - medians[1], (at2 > at1).sum(axis=1))
        rows.append((count, *(part for each in told for part in bootstrap.interval(each, level)), len(v1.checkpoints)))
    names = [f"{name}{end}" for name in ("v1", "v2", "difference", "v2_higher") for end in ("", "_low", "_high")]
    found = pd.DataFrame(rows, columns=["label_count", *names, "checkpoints"])
    whole = {"v2_higher_low": np.floor(found["v2_higher_low"]), "v2_higher_high": np.ceil(found["v2_higher_high"])}
    above, below = found["difference_low"] > 0, found["difference_high"] < 0
    direction = np.select([above, below], ["lower on V2", "higher on V2"], "open")
    return found.assign(**whole, direction=direction).astype(dict.fromkeys(whole, int))


def questions(v1: Correctness, v2: Correctness, *, resampling: Resampling | None = None) -> pd.DataFrame:
    """V1 minus V2 at each number of labels by three questions, mean over checkpoints with joint intervals.

    Columns: ``label_count``, then with the ends of their intervals ``top1`` (is the best class the original label),
    ``real`` (is it any label) and ``subgroup`` (how many labels are among as many classes); ``asked_v1, asked_v2``:
    where the best class is a label, how often it is the original one, which is what top-1 asks for.
    """
    check_same(v1, v2)
    resampling = resampling or Resampling()
    counts, columns = list(LABEL_COUNTS), {"label_count": list(LABEL_COUNTS)}
    found = {
        name: [bootstrap.totals(side, name, resampling) for side in (v1, v2)]
        for name in ("top1", "real", "subgroup", "original")
    }
    for name in ("top1", "real", "subgroup"):
        one, two = (side.accuracy()[:, counts].mean(axis=2) for side in found[name])
        columns |= dict(zip((name, f"{name}_low", f"{name}_high"), bootstrap.interval(one - two), strict=True))
    for place, side in enumerate(("v1", "v2")):
        original, valid = (found[name][place].credit[0, counts].sum(axis=1) for name in ("original", "real"))
        columns[f"asked_{side}"] = original / valid
    return pd.DataFrame(columns)


def check_same(v1: Correctness, v2: Correctness) -> None:
    """Raises `InputError` where two image sets were not seen by the same checkpoints, in one order."""
    if v1.checkpoints != v2.checkpoints:
        seen = f"{len(v1.checkpoints)} checkpoints on {v1.image_set}, {len(v2.checkpoints)} on {v2.image_set}"
        raise InputError(f"{seen}, and they are not the same; take those that have both")
