"""timm's own results on V1, V2 and ReaL labels."""

import pandas as pd

from workbench.inputs import sources
from workbench.inputs.published import documents
from workbench.inputs.published.leaderboards import checkpoints


def results() -> pd.DataFrame:
    """timm's results in full: ``checkpoint, img_size, top1, top5, real, v2, parameters``.

    Accuracies are fractions: top-1 and top-5 on V1, top-1 on V1 by ReaL labels, top-1 on V2; `parameters` are millions.
    A checkpoint can have several sizes. Raises `MissingSourceError` where the source is not at hand.
    """
    keys, accuracies = ["checkpoint", "img_size"], ["top1", "top5", "real", "v2"]
    files = [pd.read_csv(path, thousands=",") for path in sources.locate("timm-results").values()]
    v1, real, v2 = (table.rename(columns={"model": "checkpoint", "param_count": "parameters"}) for table in files)
    found = v1[[*keys, "top1", "top5", "parameters"]]
    for name, table in (("real", real), ("v2", v2)):
        other = table[[*keys, "top1"]].rename(columns={"top1": name})
        found = found.merge(other, on=keys, how="left", validate="one_to_one")
    found[accuracies] = (found[accuracies] / 100).round(6)
    return found[[*keys, *accuracies, "parameters"]]


def extract() -> pd.DataFrame:
    """The rows of :func:`results` that are named by a leaderboard or by the paper: what is committed.

    Of the paper's checkpoints, which it gives no size for, the row of the largest size.
    """
    complete = results()
    mapped = checkpoints()[["checkpoint", "img_size"]].dropna()
    of_the_paper = complete[complete["checkpoint"].isin(documents.printed("tables-04-10-checkpoints")["timm_name"])]
    largest = of_the_paper.sort_values("img_size").drop_duplicates("checkpoint", keep="last")
    keys = ["checkpoint", "img_size"]
    wanted = complete.merge(mapped.drop_duplicates().astype({"img_size": int}), on=keys)
    return pd.concat([wanted, largest]).drop_duplicates(keys).sort_values(keys, ignore_index=True)
