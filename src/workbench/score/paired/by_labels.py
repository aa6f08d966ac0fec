"""The 67 public models against V1's labels at ten thresholds, by a crowd, and as they came: four tables.

They are computed from public files and committed, as they take a minute: ``labels-operating-points``,
``labels-order``, ``labels-shifts`` and ``labels-raters``.
"""

from collections.abc import Callable
from functools import cache
from itertools import chain

import pandas as pd

from workbench.inputs import committed, labels
from workbench.inputs.labels import rated
from workbench.predict.imports import recht2019
from workbench.predict.store import Predictions
from workbench.score.paired import correctness, decomposition, operating_points, places, raters, significance
from workbench.score.paired.bootstrap import Resampling
from workbench.score.paired.correctness import Correctness
from workbench.score.paired.operating_points import Resampled

NEEDS = ("recht2019", "v1-images", "v2-images", "v2-refined", "v1-real-scores", "v1-real-raters", "v1-mturk")
THRESHOLDS = {f"{rated.AT}{at}": at for at in (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99)}
PUBLISHED = f"{rated.AT}{rated.PUBLISHED}"
OTHERS = ("v1-original", "v1-mturk")
DIGITS = 6  # of what is committed
REVERSED = "fv_16k"  # its public array of V2 is stored worst class first


def load(*, recompute: bool = False) -> dict[str, pd.DataFrame]:
    """The four tables by name, as committed, or computed again; a warning says where files for that are not at hand."""
    return committed.tables(computations(), NEEDS, recompute=recompute)


def computations() -> dict[str, Callable[[], pd.DataFrame]]:
    """How each table is computed. Each raises `MissingSourceError` where a public file is not at hand."""
    return {
        "labels-operating-points": operating_point_rows,
        "labels-order": order,
        "labels-shifts": shifts,
        "labels-raters": rater_rows,
    }


def operating_point_rows() -> pd.DataFrame:
    """Rows of :data:`operating_points.COLUMNS`: every label set, all images; every threshold, three ways of counting.

    The three are all images, labelled images only, and all images without the checkpoint whose V2 array is reversed.
    """
    v1, v2 = _resampled_v1(), _resampled_v2()
    single = {name: operating_points.accuracies(v1[name]) for name in OTHERS}
    refined = {"v2-refined": operating_points.accuracies(v2)}
    told = [
        operating_points.rows(single | refined, published=PUBLISHED, over="all images"),
        *(_gaps(v1, v2, over) for over in ("all images", operating_points.LABELLED)),
        _gaps(*_without_reversed(), f"without {REVERSED}"),
    ]
    return pd.concat(told, ignore_index=True).round(DIGITS)


def order() -> pd.DataFrame:
    """How far the order of checkpoints by each label set is from that by ReaL: ``labels``, :func:`places.summary`."""
    before, names = _resampled_v1()[PUBLISHED].real, _correct_v1()[PUBLISHED].checkpoints
    told = [{"labels": name} | places.summary(before, one.real, names) for name, one in _resampled_v1().items()]
    return pd.DataFrame(told).round(DIGITS)


def shifts() -> pd.DataFrame:
    """Each checkpoint's rank by ReaL and by each other label set: ``labels``, :func:`places.shifts` and ``p_holm``,
    adjusted for all rows.
    """
    before, names = _resampled_v1()[PUBLISHED].real, _correct_v1()[PUBLISHED].checkpoints
    others = {name: one.real for name, one in _resampled_v1().items() if name != PUBLISHED}
    told = [places.shifts(before, after, names).assign(labels=name) for name, after in others.items()]
    frame = pd.concat(told, ignore_index=True)
    frame = frame.assign(p_holm=significance.holm(frame["p"].to_numpy()))
    return frame[["labels", *frame.columns.drop("labels")]].round(DIGITS)


def rater_rows() -> pd.DataFrame:
    """Rows of :data:`operating_points.COLUMNS` by scores that are estimated again; bands are over the raters.

    The quantity ``agree`` is the share of rated pairs that are on the side where ReaL's own scores put them.
    """
    pairs, estimated = rated.pairs(), raters.estimates(rated.answers())
    first = next(estimated)
    found = raters.judged(pairs, _seen("v1"), labels.load("v1-original"))
    again = raters.resample(found, chain([first], estimated), THRESHOLDS)
    agree = [((first >= at) == (pairs.score >= at)).mean() for at in THRESHOLDS.values()]
    agreeing = pd.DataFrame({"labels": list(THRESHOLDS), "over": "raters", "quantity": "agree", "value": agree})
    return pd.concat([_gaps(again, _resampled_v2().as_it_is(), "raters"), agreeing], ignore_index=True).round(DIGITS)


def largest(points: pd.DataFrame) -> pd.DataFrame:
    """By each way of counting and each standard, the threshold with the largest composition, beside ReaL's own.

    Takes ``labels-operating-points``. Columns: ``over, standard, threshold, composition``; ``lead, lead_low,
    lead_high`` over the composition at ReaL's threshold, which is ``published``; and ``like_published``, the thresholds
    where it may be the same: the band of the difference holds zero.
    """
    told = []
    for over, rows in points[points["labels"].isin(list(THRESHOLDS))].groupby("over", sort=False):
        for standard in decomposition.STANDARDS:
            one = rows[rows["quantity"] == f"composition_{standard}"].set_index("labels")
            name = str(one["value"].idxmax())
            lead = one.loc[name, ["value", "change", "change_low", "change_high"]]
            alike = one[(one["change_low"] <= 0) & (one["change_high"] >= 0)].index.drop(PUBLISHED)
            like = ", ".join(f"{THRESHOLDS[at]:g}" for at in alike)
            told.append((over, standard, THRESHOLDS[name], *lead, one.loc[PUBLISHED, "value"], like))
    columns = ["over", "standard", "threshold", "composition", "lead", "lead_low", "lead_high", "published"]
    return pd.DataFrame(told, columns=[*columns, "like_published"])


def _gaps(v1: dict[str, Resampled], v2: Resampled, over: str) -> pd.DataFrame:
    chosen = {name: v1[name] for name in THRESHOLDS}
    return operating_points.gaps(chosen, v2, published=PUBLISHED, over=over)


@cache
def _seen(image_set: str) -> tuple[Predictions, ...]:
    return tuple(one for one in recht2019.load() if one.image_set == image_set)


@cache
def _correct_v1() -> dict[str, Correctness]:
    original = labels.load("v1-original")
    return {name: correctness.of(_seen("v1"), labels.load(name), original) for name in (*OTHERS, *THRESHOLDS)}


@cache
def _resampled_v1() -> dict[str, Resampled]:
    return operating_points.resample(_correct_v1(), Resampling())


@cache
def _resampled_v2() -> Resampled:
    return operating_points.resample({"v2": correctness.of(_seen("v2"))}, Resampling())["v2"]


def _without_reversed() -> tuple[dict[str, Resampled], Resampled]:
    kept = [name for name in _correct_v1()[PUBLISHED].checkpoints if name != REVERSED]
    v1 = {name: _correct_v1()[name].take(kept) for name in THRESHOLDS}
    v2 = {"v2": correctness.of(_seen("v2")).take(kept)}
    return operating_points.resample(v1, Resampling()), operating_points.resample(v2, Resampling())["v2"]
