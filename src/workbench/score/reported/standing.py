"""Where one checkpoint stands: beside the 67 public models on the same pictures, and among the 315 published ones.

Public models and the checkpoint saw the same pictures, so places and differences come from drawing those jointly. Of
the published ones only accuracies are known: a place among them takes theirs as they stand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import ndtr

from workbench.errors import InputError, unknown
from workbench.inputs import labels
from workbench.predict import store
from workbench.predict.store import Predictions
from workbench.score import intervals, pools, table
from workbench.score.paired import bootstrap, correctness, decomposition, ranking, significance
from workbench.score.paired.bootstrap import Resampling
from workbench.score.paired.correctness import DEEPEST, Correctness
from workbench.score.ranks import Score
from workbench.score.scores import original_of
from workbench.score.table import LABEL_COUNTS

DEFAULT = "resnet50"  # of the public models
PUBLIC = "crop"  # the protocol of the public predictions; that of the published scores is resize
ENOUGH = 10  # pictures of each number of labels without which ASMA is left out
CHOICES = {  # what is asked, and of pictures with how many labels (the last stands for six and more)
    "top-1, all pictures": ("top1", slice(0, None)),
    "top-1, labelled pictures": ("top1", slice(1, None)),
    "top-1, one label": ("top1", slice(1, 2)),
    "top-1, several labels": ("top1", slice(2, None)),
    "ReaL, several labels": ("real", slice(2, None)),
    "all labels, pictures count alike": ("subgroup", slice(1, DEEPEST + 1)),
}


@dataclass(frozen=True, eq=False)
class Standing:
    """One checkpoint among the public models: `v1` and `v2` hold what all of them get right on its pictures.

    `own` are its predictions on V1 and V2, none for a public model; `other` those by the other protocol, where both
    sets have them.
    """

    checkpoint: str
    protocol: str
    v1: Correctness
    v2: Correctness
    own: tuple[Predictions, ...] = ()
    other: tuple[Predictions, ...] = ()

    @property
    def place(self) -> int:
        """Its column in `v1` and `v2`."""
        return self.v1.checkpoints.index(self.checkpoint)

    @property
    def others(self) -> list[str]:
        """The public models without it."""
        return [name for name in self.v1.checkpoints if name != self.checkpoint]

    @property
    def metrics(self) -> tuple[str, ...]:
        """What can be told of it: ASMA needs five stored classes, and pictures of every number of labels."""
        counts = [np.bincount(side.label_counts, minlength=DEEPEST + 1)[1 : DEEPEST + 1] for side in (self.v1, self.v2)]
        deep = self.v1.depth == self.v2.depth == DEEPEST
        return ranking.METRICS if deep and min(map(np.min, counts)) >= ENOUGH else ("top1", "real")


def load(checkpoint: str, predictions: str | Path = "", protocol: str = "") -> Standing:
    """A public model by its name, or a checkpoint of a folder of predictions, on the pictures that it has.

    Of two protocols that of the public predictions is taken unless another is asked for. A checkpoint that is called
    like a public model gets "(own)" behind its name. For :data:`DEFAULT`, where the folder holds no such one, its first
    checkpoint that is whole is taken. Raises `UnknownNameError` for another name, `InputError` where
    V1 or V2 is missing, `MissingSourceError` where labels are not at hand.
    """
    public = correctness.recht2019()
    if not str(predictions):
        if checkpoint not in public[0].checkpoints:
            raise unknown("public model", checkpoint, list(public[0].checkpoints))
        return Standing(checkpoint, PUBLIC, *public)
    own, other = _chosen(store.read_all(predictions), checkpoint, protocol)
    name = own[0].checkpoint
    name = f"{name} (own)" if name in public[0].checkpoints else name
    own = tuple(replace(one, checkpoint=name) for one in own)
    v1, v2 = (_beside(side, [one]) for side, one in zip(public, own, strict=True))
    return Standing(name, own[0].protocol, v1, v2, own, other)


def among_public(predictions: str | Path) -> tuple[Correctness, Correctness, list[str]]:
    """What the public models and the checkpoints of a folder that have V1 and V2 get right there, and these' names.

    Without a folder, the public models alone. Checkpoints are named as by :func:`correctness.on_both`, and those that
    are called like a public model get "(own)" behind their names. Raises as :func:`load`.
    """
    public = correctness.recht2019()
    if not str(predictions):
        return *public, []
    own = correctness.paired(store.read_all(predictions))
    names = {name: f"{name} (own)" if name in public[0].checkpoints else name for name in own["v1"]}
    v1, v2 = (
        _beside(side, [replace(one, checkpoint=names[name]) for name, one in own[side.image_set].items()])
        for side in public
    )
    return v1, v2, [*names.values()]


def _chosen(
    found: Sequence[Predictions], checkpoint: str, protocol: str
) -> tuple[tuple[Predictions, ...], tuple[Predictions, ...]]:
    """The predictions on V1 and V2 by the asked protocol, and those by the other one, which may be none."""
    names = sorted({one.checkpoint for one in found if one.image_set in ("v1", "v2")})
    if names and checkpoint == DEFAULT and checkpoint not in names:
        sets = {name: {one.image_set for one in found if one.checkpoint == name} for name in names}
        checkpoint = next((name for name in names if sets[name] >= {"v1", "v2"}), names[0])
    mine = {(one.protocol, one.image_set): one for one in found if one.checkpoint == checkpoint}
    if not mine:
        raise unknown("checkpoint", checkpoint, names)
    order = [protocol] if protocol else sorted(store.PROTOCOLS, key=PUBLIC.__ne__)
    whole = [name for name in order if {(name, "v1"), (name, "v2")} <= set(mine)]
    if not whole:
        seen = ", ".join(f"{image_set} by {how}" for how, image_set in sorted(mine))
        raise InputError(f"{checkpoint} has predictions on {seen}; expected v1 and v2 by one protocol")
    pairs = {name: tuple(mine[name, side] for side in ("v1", "v2") if (name, side) in mine) for name in store.PROTOCOLS}
    other = next(pair for name, pair in pairs.items() if name != whole[0])
    return pairs[whole[0]], other if len(other) == len(pairs[whole[0]]) else ()


def _beside(public: Correctness, several: Sequence[Predictions]) -> Correctness:
    """The public models and checkpoints on the same pictures, on those that these have, in the order of the record."""
    one = several[0]
    labelled = labels.of(one.images, one.image_set)
    original = original_of(labelled)
    assert original is not None  # of V1 and V2 it is known
    images = original.images[labelled.rows(original.images) >= 0]
    single = original.classes[original.indptr[original.rows(images)]]
    there = images[np.lexsort((images.to_numpy(dtype=str), single))].isin(one.images)
    if not there.any() or len(there) != len(public):
        raise InputError(f"{one.checkpoint}: none of its {len(one)} pictures is of {one.image_set}; are the ids alike?")
    own, known = correctness.of(several), public.only(there)
    parts = {name: np.hstack([getattr(known, name), getattr(own, name)]) for name in correctness.OUTCOMES}
    names = (*known.checkpoints, *own.checkpoints)
    return replace(known, checkpoints=names, depth=min(known.depth, own.depth), **parts)


def scores(one: Standing, *, resampling: Resampling | None = None) -> dict[Score, np.ndarray]:
    """Its scores and the public models', as they are and resampled, as :func:`ranking.resampled` gives them."""
    return ranking.resampled(one.v1, one.v2, one.metrics, resampling=resampling)


def places(one: Standing, drawn: Mapping[Score, np.ndarray]) -> pd.DataFrame:
    """Its scores and places, with 95 % intervals: ``image_set, metric, n_images, value, ci_low, ci_high``,

    ``place, best, worst, of`` among the public models, and ``published, published_best, published_worst,
    published_of`` among the published ones: those ahead of its value and of the ends of its interval, and one.
    """
    printed, rows = pools.published(), []
    for (image_set, metric), resampled in drawn.items():
        size = _asked(one, image_set, metric)
        value, low, high = bootstrap.interval(resampled[:, one.place])
        if metric != "asma":  # a share: Wilson's interval, which has a width at none and at all of the pictures, too
            low, high = (float(end) for end in intervals.wilson(value * size, size))
        known = table.select(printed, metric, image_set)["value"].to_numpy()
        among = [1 + int((known > end).sum()) for end in (value, high, low)]
        place = ranking.intervals_of(resampled).iloc[one.place]
        row = (image_set, metric, size, value, low, high, *place, resampled.shape[1], *among, len(known) + 1)
        rows.append(row)
    ends = [f"{name}{end}" for name, end in (("published", ""), ("published", "_best"), ("published", "_worst"))]
    columns = ["image_set", "metric", "n_images", "value", "ci_low", "ci_high", "place", "best", "worst", "of"]
    return pd.DataFrame(rows, columns=[*columns, *ends, "published_of"])


def _asked(one: Standing, image_set: str, metric: str) -> int:
    """How many pictures a metric asks."""
    counts = {"v1": one.v1, "v2": one.v2}[image_set].label_counts
    asked = {"top1": counts >= 0, "real": counts > 0, "asma": (counts > 0) & (counts <= DEEPEST)}
    return int(asked[metric].sum())


def neighbours(one: Standing, drawn: Mapping[Score, np.ndarray]) -> pd.DataFrame:
    """It against each public model, on the same pictures: ``image_set, metric, checkpoint, value, difference, ci_low,
    ci_high, p, p_holm``, best first.

    `difference` is its score minus the other's. `p` is McNemar's, by ASMA from the resampled differences; `p_holm` is
    adjusted for all public models.
    """
    parts = []
    for (image_set, metric), resampled in drawn.items():
        others = np.delete(resampled, one.place, axis=1)
        away = resampled[:, [one.place]] - others
        difference, low, high = bootstrap.interval(away)
        p = _exact({"v1": one.v1, "v2": one.v2}[image_set], metric, one.place) if metric != "asma" else _by_draw(away)
        columns = {"image_set": image_set, "metric": metric, "checkpoint": one.others, "value": others[0]}
        columns |= {"difference": difference, "ci_low": low, "ci_high": high, "p": p, "p_holm": significance.holm(p)}
        parts.append(pd.DataFrame(columns).sort_values("value", ascending=False, kind="stable"))
    return pd.concat(parts, ignore_index=True)


def _exact(correct: Correctness, metric: str, place: int) -> np.ndarray:
    """McNemar's p-value of one checkpoint against each other, shape (m - 1,)."""
    right = {"top1": correct.top1, "real": correct.real[correct.label_counts > 0]}[metric]
    mine, others = right[:, [place]], np.delete(right, place, axis=1)
    only = zip((mine & ~others).sum(axis=0), (~mine & others).sum(axis=0), strict=True)
    return np.array([significance.mcnemar(int(first), int(second)) for first, second in only])


def _by_draw(away: np.ndarray) -> np.ndarray:
    """Two-sided p-values from differences and the standard deviations of the resampled ones."""
    return 2 * ndtr(-np.abs(away[0]) / np.maximum(away[1:].std(axis=0), 1e-12))


def standards(one: Standing, *, resampling: Resampling | None = None) -> pd.DataFrame:
    """Its top-1 gap in two parts by each standard, with intervals, beside the medians of the public models.

    Columns: ``standard``, ``gap, composition, within`` (with ``gap_low``, ``gap_high``, ...), ``median_gap, ...``.
    """
    each = decomposition.decompose(one.v1, one.v2, resampling=resampling).each
    mine = each["checkpoint"] == one.checkpoint
    medians = each[~mine].groupby("standard")[decomposition.PARTS].median().add_prefix("median_")
    return each[mine].drop(columns=["checkpoint", "v1"]).join(medians, on="standard").reset_index(drop=True)


def by_label_count(one: Standing, metric: str, *, resampling: Resampling | None = None) -> pd.DataFrame:
    """Its accuracy at each number of labels beside the median of the public models: ``image_set, label_count,
    n_images, value, ci_low, ci_high, median``, and ``difference, difference_low, difference_high`` from it.
    """
    rows = []
    for side in (one.v1, one.v2):
        found = bootstrap.totals(side, metric, resampling or Resampling())
        accuracy, n = found.accuracy(), found.images[0].astype(int)
        for count in LABEL_COUNTS:
            if n[count] < ENOUGH or (metric == "subgroup" and count > side.depth):
                continue
            mine = accuracy[:, count, one.place]
            median = np.median(np.delete(accuracy[:, count], one.place, axis=1), axis=1)
            away = bootstrap.interval(mine - median)
            rows.append((side.image_set, count, n[count], *bootstrap.interval(mine), median[0], *away))
    columns = ["image_set", "label_count", "n_images", "value", "ci_low", "ci_high", "median", "difference"]
    return pd.DataFrame(rows, columns=[*columns, "difference_low", "difference_high"])


def choices(one: Standing, *, resampling: Resampling | None = None) -> pd.DataFrame:
    """Its place among the public models when other pictures, or another question, count: :data:`CHOICES`.

    Columns: ``choice, image_set, n_images, value, ci_low, ci_high, place, best, worst``.
    """
    rows = []
    for choice, (metric, counts) in CHOICES.items():
        for side in (one.v1, one.v2):
            if metric == "subgroup" and side.depth < DEEPEST:
                continue
            found = bootstrap.totals(side, metric, resampling or Resampling())
            n = found.images[:, counts].sum(axis=1, keepdims=True)
            if n[0] < ENOUGH:
                continue
            accuracy = found.credit[:, counts].sum(axis=1) / n
            place = ranking.intervals_of(accuracy).iloc[one.place]
            rows.append((choice, side.image_set, int(n[0, 0]), *bootstrap.interval(accuracy[:, one.place]), *place))
    columns = ["choice", "image_set", "n_images", "value", "ci_low", "ci_high", "place", "best", "worst"]
    return pd.DataFrame(rows, columns=columns)
