"""The paper "Re-assessing ImageNet": accuracy on V1, V2 and PatchML."""

from functools import cache

import pandas as pd

from workbench.claims.registry import Claim, Finding, judge, records, unchecked
from workbench.inputs import committed
from workbench.inputs.published import documents
from workbench.score import gaps, pools, summaries

DOCUMENT = "Re-assessing ImageNet (2024)"
TABLES = "Tables 4-10 (315 checkpoints)"
PUBLIC = "the 67 public models"


def claims() -> list[Claim]:
    """Its claims on accuracy, in reading order."""
    return [
        Claim("P01", "abstract", "Studies reported accuracy drops of 11 % to 14 % on V2.", drops, PUBLIC),
        Claim("P02", "abstract", "The declines are largely attributable to multi-label images.", attributable, PUBLIC),
        Claim("P03", "abstract", "There is no substantial degradation in effectiveness on V2.", degradation, TABLES),
        Claim("P04", "section 1", "Effectiveness on V2 is more consistent with V1 than reported.", consistent, TABLES),
        Claim("P05", "section 2", "Nearly half of the remaining errors are valid predictions (cited).", cited, "none"),
        Claim("P06", "Figure 5a", "Every model is worse on V2 by top-1.", worse, f"{TABLES}; {PUBLIC}"),
        Claim("P07", "Figure 5", "By ReaL the gap narrows and sometimes disappears.", narrows, TABLES, ("real",)),
        Claim("P08", "Figure 5", "By ASMA the gap narrows and sometimes disappears.", narrows, TABLES, ("asma",)),
        Claim("P09", "Figure 6", "By ReaL the medians on V2 are higher for more than two labels.", medians, PUBLIC),
        Claim("P10", "Figure 6", "The accuracy distributions of both sets are similar.", distributions, PUBLIC),
        Claim("P11", "Figure 6", "The range of multi-label capability between models is wide.", ranges, TABLES),
        Claim("P12", "Figure 7", "Accuracies on PatchML are lower than on V1 and V2.", patchml_lower, TABLES),
        Claim("P13", "Figure 7", "Each point is a model on one of five PatchML sets.", seeds, "none"),
        Claim("P14", "section 5", "Models perform equally well or better on V2 on average.", on_average, TABLES),
        Claim(
            "P15",
            "Tables 4-10",
            "They give the ReaL accuracy of each checkpoint on V1.",
            real_column,
            f"{TABLES}; timm's results",
        ),
        Claim("P16", "section 7", "All assessed checkpoints are named.", named, TABLES),
    ]


@cache
def _published() -> pd.DataFrame:
    return pools.published()


@cache
def _recht() -> pd.DataFrame:
    return pools.recht2019()


@cache
def _means() -> dict[str, dict]:
    """Mean V1, V2 and gap of the published checkpoints, in points, by metric."""
    table = gaps.mean_gaps(_published())
    return records(table.assign(**{name: 100 * table[name] for name in ("v1", "v2", "gap")}), "metric")


def drops() -> Finding:
    """The top-1 gaps of the models whose drops were reported."""
    found = 100 * gaps.gap(_recht(), "top1")["gap"]
    inside = int(found.between(11, 14).sum())
    value = f"mean {found.mean():.1f} points; {inside} of {len(found)} models lie between 11 and 14"
    caveat = (
        f"single models lose {found.min():.1f} to {found.max():.1f} points (the largest: an array stored worst first)"
    )
    return judge(11 <= found.mean() <= 14, value, caveat=caveat)


def attributable() -> Finding:
    """Kitagawa's decomposition of the mean gap, with its cautious interval."""
    parts = gaps.mean_parts(gaps.decompose(_recht(), seed=0))
    whole, part, rest = (records(parts, "part")[name] for name in ("gap", "composition", "within"))
    value = f"{100 * part['value']:.1f} of {100 * whole['value']:.1f} points go with label counts"
    caveat = (
        f"an association, not a cause, and {100 * rest['value']:.1f} points remain at equal label counts "
        f"[{100 * rest['ci_low']:.1f} to {100 * rest['ci_high']:.1f}]"
    )
    return judge(part["share_of_gap"] > 0.5, value, caveat=caveat)


def degradation() -> Finding:
    """Mean gap by the paper's own multi-label measures; more than one point on average counts as substantial."""
    real, asma = _means()["real"], _means()["asma"]
    value = f"mean gap of 315 checkpoints: {real['gap']:.2f} points by ReaL, {asma['gap']:.2f} by ASMA"
    otherwise = (
        f"{real['lower_on_v2']} of 315 are lower on V2 by ReaL beyond their 95 % interval; {real['not_lower']} are at "
        "least as good; more than one point was taken as substantial"
    )
    return judge(max(real["gap"], asma["gap"]) <= 1, value, otherwise=otherwise)


def consistent() -> Finding:
    """Mean gap by ReaL and ASMA against the one by top-1."""
    gap = {metric: row["gap"] for metric, row in _means().items()}
    value = f"mean gap {gap['top1']:.2f} points by top-1, {gap['real']:.2f} by ReaL, {gap['asma']:.2f} by ASMA"
    return judge(bool(max(gap["real"], gap["asma"]) < gap["top1"]), value)


def cited() -> Finding:
    """The review before its labels were mended."""
    return unchecked("the public files hold the mistakes that remained after the review, not those that it cleared")


def worse() -> Finding:
    """Checkpoints with a lower top-1 accuracy on V2."""
    tables = {"published": gaps.gap(_published(), "top1"), "public": gaps.gap(_recht(), "top1")}
    value = ", ".join(f"{int((table['gap'] > 0).sum())} of {len(table)} {name}" for name, table in tables.items())
    return judge(all((table["gap"] > 0).all() for table in tables.values()), value)


def narrows(metric: str) -> Finding:
    """Mean gap and number of checkpoints without one, by another measure than top-1."""
    row, top1 = _means()[metric], _means()["top1"]
    value = f"{row['gap']:.2f} instead of {top1['gap']:.2f} points"
    caveat = f"it disappears for {row['not_lower']} of {row['checkpoints']} checkpoints"
    return judge(row["gap"] < top1["gap"] and row["not_lower"] > 0, value, caveat=caveat)


def medians() -> Finding:
    """Median ReaL accuracy of the public models by label count."""
    table = summaries.by_label_count(_recht(), "real").query("label_count > 2")
    value = "; ".join(
        f"{r['label_count']} labels: V1 {100 * r['v1']:.1f}, V2 {100 * r['v2']:.1f} %" for r in table.to_dict("records")
    )
    caveat = (
        "seen on 67 other models: the paper prints no accuracy by label count; with two labels V2 is higher as well"
    )
    return judge(bool((table["v2"] > table["v1"]).all()), value, caveat=caveat)


def distributions() -> Finding:
    """Medians of subgroup accuracy by label count for the public models; ASMA, their mean, for the published ones."""
    table = summaries.by_label_count(_recht(), "subgroup")
    away = 100 * (table["v1"] - table["v2"])
    asma = _means()["asma"]
    value = f"V1 minus V2 of the medians: {', '.join(f'{x:+.1f}' for x in away)} points for 1 to 5 labels (67 models)"
    otherwise = (
        f"subgroup accuracy is lower on V2 at every label count; the published ASMA, its mean, is lower for "
        f"{asma['checkpoints'] - asma['not_lower']} of {asma['checkpoints']}"
    )
    return judge(bool((away.abs() <= 1).all()), value, otherwise=otherwise)


def ranges() -> Finding:
    """Smallest and largest ASMA."""
    table = documents.printed("tables-04-10-checkpoints")
    spans = {name: (table[f"asma_{name}"].min(), table[f"asma_{name}"].max()) for name in ("v1", "v2", "patchml")}
    value = "ASMA " + "; ".join(f"{name}: {low:.1f} to {high:.1f} %" for name, (low, high) in spans.items())
    return judge(all(high - low > 20 for low, high in spans.values()), value)


def patchml_lower() -> Finding:
    """Median ASMA on the three sets."""
    median = documents.printed("tables-04-10-checkpoints")[["asma_v1", "asma_v2", "asma_patchml"]].median()
    value = ", ".join(f"{str(name).split('_')[1]} {number:.1f} %" for name, number in median.items())
    caveat = "PatchML's ASMA is over 2, 3, 4, 6 and 9 labels, the others' over 1 to 5"
    return judge(
        bool(median["asma_patchml"] < median[["asma_v1", "asma_v2"]].min()), f"median ASMA: {value}", caveat=caveat
    )


def seeds() -> Finding:
    """Accuracy on each of the five PatchML sets."""
    return unchecked("only the mean over the five sets is printed, and their patch and canvas sizes are not public")


def on_average() -> Finding:
    """Mean of V2 and V1 over the published checkpoints."""
    means = _means()
    names = {"real": "ReaL", "asma": "ASMA"}
    value = "; ".join(f"{text}: V1 {means[key]['v1']:.2f}, V2 {means[key]['v2']:.2f} %" for key, text in names.items())
    true = all(means[key]["v2"] >= means[key]["v1"] for key in names)
    return judge(true, value, otherwise="on average they are lower on V2 by both measures")


def real_column() -> Finding:
    """The printed ReaL accuracies on V1 against timm's own."""
    results = committed.table("timm-results").sort_values("img_size").drop_duplicates("checkpoint")
    both = documents.printed("tables-04-10-checkpoints").merge(results, left_on="timm_name", right_on="checkpoint")
    away = both["real_v1"] - 100 * both["real"]
    order = float(both[["real_v1", "real"]].corr("spearman").to_numpy()[0, 1])
    value = (
        f"printed minus timm's, {len(both)} checkpoints: mean {away.mean():+.2f} points, rank correlation {order:.3f}"
    )
    caveat = f"the paper resizes, timm crops: single values differ by {away.min():+.1f} to {away.max():+.1f} points"
    return judge(order > 0.95, value, caveat=caveat)


def named() -> Finding:
    """Distinct checkpoints in Tables 4-10."""
    table = documents.printed("tables-04-10-checkpoints")
    return judge(table["checkpoint"].is_unique, f"{len(table)} rows, {table['checkpoint'].nunique()} names")
