"""Frames to frames: percent, and computed numbers beside printed ones under names that people read."""

import pandas as pd

from workbench.show.marks import percents

RANKS = ["checkpoint", "rank_before", "rank_after", "shift"]


def percent(frame: pd.DataFrame) -> pd.DataFrame:
    """Every column of fractions in percent, two decimals; integers and text stay."""
    return frame.assign(**percents(frame, *frame.select_dtypes("float").columns))


def ranged(frame: pd.DataFrame, **ends: tuple[str, str]) -> pd.DataFrame:
    """Columns with the ends of their intervals in brackets, as text; the columns of the ends go.

    >>> ranged(pd.DataFrame({"value": [7.5], "low": [7.0], "high": [8.25]}), value=("low", "high"))["value"].tolist()
    ['7.50 [7.00, 8.25]']
    """
    whole = {name: frame[name].map(("{:.2f}" if frame[name].dtype.kind == "f" else "{}").format) for name in frame}
    told = {name: whole[name] + " [" + whole[low] + ", " + whole[high] + "]" for name, (low, high) in ends.items()}
    return frame.assign(**told).drop(columns=[name for pair in ends.values() for name in pair])


def spread(values: pd.Series) -> pd.DataFrame:
    """Smallest, quartiles and largest of a column of whole numbers, as a table of one row."""
    quantiles = {"smallest": 0, "lower quarter": 0.25, "median": 0.5, "upper quarter": 0.75, "largest": 1}
    return pd.DataFrame({name: [int(values.quantile(q, interpolation="nearest"))] for name, q in quantiles.items()})


def label_counts(counts: pd.DataFrame, printed: pd.DataFrame) -> pd.DataFrame:
    """Table 1: computed beside printed numbers of images, one row per label count."""
    computed = counts.pivot(index="label_count", columns="image_set", values="n_images")
    stated = printed.pivot(index="label_count", columns="dataset", values="n_images").astype("Int64")
    columns = {}
    for name in ("V1", "V2"):
        columns |= {f"{name} computed": computed[name.lower()], f"{name} printed": stated[f"ImageNet{name}"]}
    order = counts["label_count"].drop_duplicates()
    return pd.DataFrame(columns).reindex(order).rename_axis("labels").reset_index()


def patchml_counts(counts: pd.DataFrame, printed: pd.DataFrame) -> pd.DataFrame:
    """Table 2: composites by label count, the five printed sets beside the mean of computed ones.

    `counts`: ``set, count, label_count, composites``, as of :func:`workbench.inputs.patchml.plans.counts_by_label` for
    each set. The last two columns count only composites with as many labels as patches.
    """
    stated = printed.astype({"label_count": int}).pivot(index="label_count", columns="dataset", values="n_images")
    whole = counts[counts["count"] == counts["label_count"]]
    columns = {}
    kinds = ((counts, "computed", "differs by (%)"), (whole, "as many patches", "then differs by (%)"))
    for part, mean, differs in kinds:
        means = (part.groupby("label_count")["composites"].sum() / counts["set"].nunique()).reindex(stated.index)
        columns |= {mean: means.round().astype(int), differs: 100 * (means / stated.mean(axis=1) - 1)}
    return stated.join(pd.DataFrame(columns).round(2)).rename_axis("labels").reset_index()


def top10(shifts: pd.DataFrame, printed: pd.DataFrame) -> pd.DataFrame:
    """Table 3 as printed, with the recomputed rank by V1 top-1 and shift; joined by timm's name, as Table 3
    shortens some.
    """
    known = shifts[RANKS].rename(columns={"checkpoint": "timm_name"})
    columns = {"checkpoint": "checkpoint", "top1_v1": "V1 top-1 (%)", "top1_rank_v1": "rank, printed"}
    columns |= {"rank_before": "rank", "asma_patchml": "PatchML ASMA (%)", "rank_after": "rank by ASMA"}
    columns |= {"rank_change": "shift, printed", "shift": "shift"}
    joined = printed.merge(known, on="timm_name", how="left", validate="one_to_one")
    return joined[list(columns)].rename(columns=columns)


def all_checkpoints(printed: pd.DataFrame, shifts: pd.DataFrame) -> pd.DataFrame:
    """Tables 4-10 in one: the printed percentages and rank change, with the recomputed ranks and shift."""
    titles = {"top1": "top-1", "real": "ReaL", "asma": "ASMA"}
    columns = {"checkpoint": "checkpoint"}
    for metric, title in titles.items():
        columns |= {f"{metric}_v1": f"{title} V1", f"{metric}_v2": f"{title} V2"}
    columns |= {"asma_patchml": "ASMA PatchML", "rank_before": "rank V1 top-1", "rank_after": "rank PatchML"}
    columns |= {"shift": "shift", "rank_change": "shift, printed", "table": "table"}
    joined = printed.merge(shifts[RANKS], on="checkpoint", how="left", validate="one_to_one")
    return joined[list(columns)].rename(columns=columns)


def reconciled(table: pd.DataFrame) -> pd.DataFrame:
    """Leaderboard entries beside timm, the paper and one's own predictions; from
    :func:`workbench.score.reported.reconciliation.reconcile`. One's own columns are left out where there are none.
    """
    columns = ["leaderboard", "rank", "model", "reported", "checkpoint", "identity", "timm", "difference", "status"]
    columns += ["paper", *(["own", "own_protocol", "own_status"] if table["own"].notna().any() else [])]
    titles = {"checkpoint": "timm checkpoint", "difference": "timm - reported", "paper": "paper (resize)"}
    titles |= {"own_protocol": "own protocol", "own_status": "own status"}
    sized = table["checkpoint"].astype("string") + " at " + table["img_size"].astype("Int64").astype("string")
    return percent(table.assign(checkpoint=sized)[columns]).rename(columns=titles)


def operating_points(points: pd.DataFrame, order: pd.DataFrame) -> pd.DataFrame:
    """Every number of ``labels-operating-points`` and ``labels-order``, one row for each label set and way of counting:
    shares, accuracies and gaps in points with the ends of their bands, Kendall's tau as it is.
    """
    ends = {"value": "", "ci_low": " from", "ci_high": " to"}
    told = points.melt(["labels", "over", "quantity"], list(ends), "end", "found")
    told = told.assign(
        column=told["quantity"].str.replace("_", " ") + told["end"].map(ends), found=percents(told, "found")["found"]
    )
    keys = points[["labels", "over"]].drop_duplicates()
    columns = [
        f"{quantity.replace('_', ' ')}{end}" for quantity in points["quantity"].unique() for end in ends.values()
    ]
    wide = told.pivot(index=["labels", "over"], columns="column", values="found")[columns].reset_index()
    taus = order[["labels", "tau", "tau_low", "tau_high"]].round(3).assign(over="all images")
    joined = keys.merge(wide, validate="one_to_one").merge(taus, "left", ["labels", "over"], validate="one_to_one")
    return joined.rename(columns={"tau_low": "tau from", "tau_high": "tau to"})
