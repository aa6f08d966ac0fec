"""timm's own results on V1, V2 and ReaL labels."""

import pandas as pd

from workbench.inputs import sources
from workbench.inputs.published import documents
from workbench.inputs.published.leaderboards import checkpoints

TIMM_COLUMNS = ["checkpoint", "img_size", "top1", "top5", "real", "v2", "parameters"]


def results() -> pd.DataFrame:
    """timm's results in full: ``checkpoint, img_size, top1, top5, real, v2, parameters``.

    Accuracies are fractions: top-1 and top-5 on V1, top-1 on V1 by ReaL labels, top-1 on V2; `parameters` are millions.
    A checkpoint can have several sizes. Raises `MissingSourceError` where the source is not at hand.
    """
    tables = []
    for name, path in zip(("top1", "real", "v2"), sources.locate("timm-results").values(), strict=True):
        table = pd.read_csv(path, thousands=",").rename(columns={"model": "checkpoint", "param_count": "parameters"})
        more = ["top5", "parameters"] if name == "top1" else []
        table[["top1", "top5"]] = (table[["top1", "top5"]] / 100).round(6)
        tables.append(table[["checkpoint", "img_size", "top1", *more]].rename(columns={"top1": name}))
    first, *others = tables
    for other in others:
        first = first.merge(other, on=["checkpoint", "img_size"], how="left", validate="one_to_one")
    return first[TIMM_COLUMNS]


def extract() -> pd.DataFrame:
    """The rows of :func:`results` that are named by a leaderboard or by the paper: what is committed.

    Of the paper's checkpoints, which it gives no size for, the row of the largest size.
    """
    complete = results()
    mapped = checkpoints()[["checkpoint", "img_size"]].dropna()
    of_the_paper = complete[complete["checkpoint"].isin(documents.printed("tables-04-10-checkpoints")["timm_name"])]
    largest = of_the_paper.sort_values("img_size").drop_duplicates("checkpoint", keep="last")
    wanted = complete.merge(mapped.drop_duplicates().astype({"img_size": int}), on=["checkpoint", "img_size"])
    return (
        pd.concat([wanted, largest])
        .drop_duplicates(["checkpoint", "img_size"])
        .sort_values(["checkpoint", "img_size"], ignore_index=True)
    )
