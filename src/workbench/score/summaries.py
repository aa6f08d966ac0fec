"""Summaries of a score table: what it holds, images by label count, medians by label count, means over PatchML's seeds."""

from collections.abc import Sequence

import pandas as pd

from workbench.errors import InputError
from workbench.score.table import LABEL_COUNTS


def contents(scores: pd.DataFrame) -> pd.DataFrame:
    """What a score table holds: the number of checkpoints for each source, protocol and image set."""
    counted = scores.groupby(["source", "protocol", "image_set", "labels"])["checkpoint"].nunique()
    return counted.rename("checkpoints").reset_index()


def label_counts(scores: pd.DataFrame, *, most: int = 5) -> pd.DataFrame:
    """Number and share of images by label count (Table 1): ``image_set, label_count, n_images, share``.

    Counts above `most` are pooled as ``>most``. The share is of the images with at least one label, empty for
    those with none.
    """
    strata = scores[(scores["metric"] == "top1") & scores["label_count"].notna()]
    sizes = strata.drop_duplicates(["image_set", "label_count"])
    pooled = sizes["label_count"].astype(int).map(lambda g: str(g) if g <= most else f">{most}")
    counted = sizes.assign(label_count=pooled).groupby(["image_set", "label_count"], as_index=False)["n_images"].sum()
    labelled = counted[counted["label_count"] != "0"].groupby("image_set")["n_images"].sum()
    share = (counted["n_images"] / counted["image_set"].map(labelled)).where(counted["label_count"] != "0")
    order = counted["label_count"].map(lambda g: most + 1 if g.startswith(">") else int(g))
    return (
        counted.assign(share=share.astype(float), order=order)
        .sort_values(["image_set", "order"], ignore_index=True)
        .drop(columns="order")
    )


def by_label_count(scores: pd.DataFrame, metric: str, label_counts: Sequence[int] = LABEL_COUNTS) -> pd.DataFrame:
    """Median over checkpoints of a score at each label count, V1 beside V2, for each source and protocol.

    ``v1_margin`` and ``v2_margin`` are the median checkpoint's half interval; ``v2_higher`` counts the
    checkpoints that are better on V2, among ``checkpoints``.
    """
    rows = scores[(scores["metric"] == metric) & scores["label_count"].isin(list(label_counts))]
    rows = rows.assign(margin=(rows["ci_high"] - rows["ci_low"]) / 2)
    keys = ["source", "protocol", "label_count"]
    wide = rows.pivot_table(
        index=[*keys, "checkpoint"], columns="image_set", values=["value", "margin"], observed=True
    ).dropna()
    medians = wide.groupby(level=keys).median()
    higher = (wide["value"]["v2"] > wide["value"]["v1"]).groupby(level=keys).agg(["sum", "size"])
    return pd.DataFrame(
        {
            "v1": medians["value"]["v1"],
            "v1_margin": medians["margin"]["v1"],
            "v2": medians["value"]["v2"],
            "v2_margin": medians["margin"]["v2"],
            "v2_higher": higher["sum"],
            "checkpoints": higher["size"],
        }
    ).reset_index()


def mean_over_seeds(scores: pd.DataFrame) -> pd.DataFrame:
    """Scores on ``patchml-<seed>``, averaged over the seeds into one score on ``patchml``, in the same columns.

    The interval is as wide as one seed's, on average: it covers which composites were drawn, not which patches the
    pool holds, for all seeds share it. Raises `InputError` where a checkpoint lacks a seed that another has, has
    one twice, or the sets have different label counts.

    >>> rows = {"checkpoint": "a", "image_set": ["patchml-1", "patchml-2"], "metric": "asma", "protocol": "resize"}
    >>> rows |= {"labels": "x", "label_count": pd.NA, "value": [0.2, 0.4], "n_images": 9, "source": "run"}
    >>> mean_over_seeds(pd.DataFrame(rows | {"ci_low": [0.1, 0.3], "ci_high": [0.3, 0.5]}))["value"].tolist()
    [0.3]
    """
    rows = scores[scores["image_set"].str.fullmatch(r"patchml-\d+")]
    keys = ["checkpoint", "protocol", "metric", "label_count", "source"]
    if rows.duplicated([*keys, "image_set"]).any():
        raise InputError("a PatchML set is scored twice for one checkpoint; score against one label set at a time")
    seeds = rows.groupby(["checkpoint", "protocol", "source"])["image_set"].agg(lambda names: tuple(sorted(set(names))))
    most = max(seeds, key=len, default=())
    for (checkpoint, protocol, _), names in zip(seeds.index.tolist(), seeds, strict=True):
        if names != most:
            seen = f"{checkpoint} ({protocol}) is scored on {', '.join(names)}, others on {', '.join(most)}"
            raise InputError(f"{seen}; predict each PatchML set with every checkpoint")
    groups = rows.groupby(keys, sort=False, dropna=False)
    subgroups = rows[rows["metric"] == "subgroup"].groupby(keys[:-1])["image_set"].size()
    if (subgroups < len(most)).any():
        raise InputError("the PatchML sets are scored over different label counts; score them all with the same")
    averaged = groups.agg(
        value=("value", lambda values: values.mean(skipna=False)),
        n_images=("n_images", "sum"),
        ci_low=("ci_low", "mean"),
        ci_high=("ci_high", "mean"),
    )
    return averaged.round(6).reset_index().assign(image_set="patchml", labels="patchml")[scores.columns]


def left_out(scores: pd.DataFrame) -> pd.DataFrame:
    """Composites whose number of labels is not among those asked for, so that they are in no subgroup: ``image_set,
    composites, left_out``.
    """
    rows = scores[scores["image_set"].str.fullmatch(r"patchml-\d+") & scores["label_count"].isna()]
    n = {metric: part.groupby("image_set")["n_images"].first() for metric, part in rows.groupby("metric")}
    if not n:
        return pd.DataFrame(columns=["image_set", "composites", "left_out"])
    return pd.DataFrame({"composites": n["real"], "left_out": n["real"] - n["asma"]}).astype(int).reset_index()
