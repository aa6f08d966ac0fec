"""PatchML is drawn several times, with several seeds; a checkpoint's score is the mean over them (Table 3)."""

import pandas as pd

from workbench.errors import InputError


def mean(scores: pd.DataFrame) -> pd.DataFrame:
    """Scores on ``patchml-<seed>``, averaged over the seeds into one score on ``patchml``, in the same columns.

    The interval is as wide as one seed's, on average: it covers which composites were drawn, not which patches the
    pool holds, for all seeds share it. Raises `InputError` where a checkpoint lacks a seed that another has, has
    one twice, or the sets have different label counts.

    >>> rows = {"checkpoint": "a", "image_set": ["patchml-1", "patchml-2"], "metric": "asma", "protocol": "resize"}
    >>> rows |= {"labels": "x", "label_count": pd.NA, "value": [0.2, 0.4], "n_images": 9, "source": "run"}
    >>> mean(pd.DataFrame(rows | {"ci_low": [0.1, 0.3], "ci_high": [0.3, 0.5]}))["value"].tolist()
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
