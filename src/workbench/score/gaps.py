"""The accuracy gap between V1 and V2, checkpoint by checkpoint, from a score table."""

from collections.abc import Sequence

import pandas as pd

from workbench.errors import InputError
from workbench.score import intervals, table

KEYS = ["checkpoint", "protocol", "source"]


def gap(scores: pd.DataFrame, metric: str = "top1") -> pd.DataFrame:
    """V1 minus V2 for every checkpoint that has both: ``checkpoint, protocol, source, v1, v2, gap, ci_low, ci_high``.

    The interval of the difference is Newcombe's, from the intervals of the two; empty where those are. Sorted by V1,
    best last. Raises `InputError` where no checkpoint has both image sets, or one has a score twice.
    """
    sides = (table.check_once(table.select(scores, metric, name)).set_index(KEYS) for name in ("v1", "v2"))
    v1, v2 = (side[["value", "ci_low", "ci_high"]].astype(float) for side in sides)
    v1, v2 = v1.align(v2, join="inner", axis=0)
    if v1.empty:
        raise InputError(f"no checkpoint has {metric!r} on both v1 and v2; score its predictions on both image sets")
    low, high = intervals.newcombe(v1.to_numpy().T, v2.to_numpy().T)
    columns = {"v1": v1["value"], "v2": v2["value"], "gap": v1["value"] - v2["value"], "ci_low": low, "ci_high": high}
    return pd.DataFrame(columns).sort_values(["source", "v1", "v2"]).reset_index()


def mean_gaps(scores: pd.DataFrame, metrics: Sequence[str] = ("top1", "real", "asma")) -> pd.DataFrame:
    """Mean gap over the checkpoints of each source and protocol, one row per metric.

    ``lower_on_v2`` and ``higher_on_v2`` count the checkpoints whose whole interval lies above and below zero (empty
    where none has an interval), ``not_lower`` those with V2 >= V1, whatever the interval.
    """
    each = pd.concat([gap(scores, metric).assign(metric=metric) for metric in metrics])
    beyond = {"lower_on_v2": each["ci_low"] > 0, "higher_on_v2": each["ci_high"] < 0}
    beyond = {name: found.astype("Int64").where(each["ci_low"].notna()) for name, found in beyond.items()}
    each = each.assign(**beyond, not_lower=each["v2"] >= each["v1"])
    groups = each.groupby(["source", "protocol", "metric"], sort=False)
    spread = groups["gap"].agg(smallest="min", largest="max")
    lower = groups[list(beyond)].sum(min_count=1).join(groups["not_lower"].sum())
    means = groups.size().to_frame("checkpoints").join([groups[["v1", "v2", "gap"]].mean(), spread, lower])
    return means.reset_index().sort_values(["source", "protocol"], kind="stable", ignore_index=True)
