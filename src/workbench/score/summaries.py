"""Summaries of a score table: its contents, images and medians by label count, means over PatchML's seeds."""

from collections.abc import Sequence

import pandas as pd

from workbench.errors import InputError
from workbench.score import table


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
    sizes = strata.drop_duplicates(["image_set", "label_count"]).astype({"label_count": int})
    pooled = sizes.assign(label_count=sizes["label_count"].clip(upper=most + 1))
    counted = pooled.groupby(["image_set", "label_count"], as_index=False)["n_images"].sum()
    labelled = counted["n_images"].where(counted["label_count"] > 0)
    share = labelled / labelled.groupby(counted["image_set"]).transform("sum")
    names = counted["label_count"].astype(str).mask(counted["label_count"] > most, f">{most}")
    return counted.assign(label_count=names, share=share.astype(float))


def by_label_count(scores: pd.DataFrame, metric: str, label_counts: Sequence[int] = table.LABEL_COUNTS) -> pd.DataFrame:
    """Median over checkpoints of a score at each label count, V1 beside V2, for each source and protocol.

    ``v1_margin`` and ``v2_margin`` are the median checkpoint's half interval; ``v2_higher`` counts the
    checkpoints that are better on V2, among ``checkpoints``.
    """
    rows = table.select(scores, metric, label_count=label_counts)
    rows = rows.assign(margin=(rows["ci_high"] - rows["ci_low"]) / 2)
    keys = ["source", "protocol", "label_count"]
    wide = rows.pivot_table(["value", "margin"], [*keys, "checkpoint"], "image_set").dropna()
    wide.columns = [image_set if of == "value" else f"{image_set}_margin" for of, image_set in wide.columns]
    medians = wide.groupby(level=keys)[["v1", "v1_margin", "v2", "v2_margin"]].median()
    higher = (wide["v2"] > wide["v1"]).groupby(level=keys).agg(["sum", "size"])
    return medians.join(higher.set_axis(["v2_higher", "checkpoints"], axis=1)).reset_index()


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
    rows = table.check_once(scores[scores["image_set"].str.fullmatch(r"patchml-\d+")])
    seeds = rows.groupby(["checkpoint", "protocol", "source"])["image_set"].agg(lambda names: tuple(sorted(set(names))))
    most = max(seeds, key=len, default=())
    for (checkpoint, protocol, _), names in zip(seeds.index.tolist(), seeds, strict=True):
        if names != most:
            seen = f"{checkpoint} ({protocol}) is scored on {', '.join(names)}, others on {', '.join(most)}"
            raise InputError(f"{seen}; predict each PatchML set with every checkpoint")
    keys = ["checkpoint", "protocol", "metric", "label_count", "source"]
    groups = rows.groupby(keys, sort=False, dropna=False)
    subgroups = rows[rows["metric"] == "subgroup"].groupby(keys)["image_set"].size()
    if (subgroups < len(most)).any():
        raise InputError("the PatchML sets are scored over different label counts; score them all with the same")
    how = {"value": lambda values: values.mean(skipna=False), "n_images": "sum", "ci_low": "mean", "ci_high": "mean"}
    return groups.agg(how).round(6).reset_index().assign(image_set="patchml", labels="patchml")[scores.columns]


def left_out(scores: pd.DataFrame) -> pd.DataFrame:
    """Composites whose number of labels is not among those asked for, so that they are in no subgroup: ``image_set,
    composites, left_out``; only of sets that were scored for every number that was asked for.
    """
    composites = scores[scores["image_set"].str.fullmatch(r"patchml-\d+")]
    n = {name: table.select(composites, name).groupby("image_set")["n_images"].first() for name in ("real", "asma")}
    return pd.DataFrame({"composites": n["real"], "left_out": n["real"] - n["asma"]}).dropna().astype(int).reset_index()
