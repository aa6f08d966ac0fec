"""The paper "Re-assessing ImageNet": accuracy on V1, V2 and PatchML."""

import pandas as pd

from workbench.claims import evidence
from workbench.claims.evidence import PUBLIC, TABLES
from workbench.claims.registry import Claim, Finding, judge, unchecked
from workbench.score import gaps

DOCUMENT = evidence.REASSESSING


def _asma() -> pd.DataFrame:
    """The printed ASMA of each checkpoint on ``v1, v2, patchml``."""
    return evidence.checkpoints().filter(like="asma_").rename(columns=lambda name: name.removeprefix("asma_"))


@Claim("P01", "abstract", "Studies reported accuracy drops of 11 % to 14 % on V2.", PUBLIC)
def drops() -> Finding:
    """The top-1 gaps of the models whose drops were reported."""
    found = 100 * gaps.gap(evidence.recht2019(), "top1")["gap"]
    inside = found.between(11, 14).sum()
    value = f"mean {found.mean():.1f} points; {inside} of {len(found)} models lie between 11 and 14"
    caveat = f"single models lose {found.min():.1f} to {found.max():.1f} points"
    return judge(11 <= found.mean() <= 14, value, caveat=f"{caveat} (the largest: an array stored worst first)")


@Claim("P02", "abstract", "The declines are largely attributable to multi-label images.", PUBLIC)
def attributable() -> Finding:
    """Kitagawa's decomposition of the mean gap, with its cautious interval."""
    whole, part, rest = evidence.mean_parts().query("standard == 'midpoint'").to_dict("records")
    value = f"{part['value']:.1f} of {whole['value']:.1f} points go with label counts"
    interval = f"[{rest['ci_low']:.1f} to {rest['ci_high']:.1f}]"
    caveat = f"an association, not a cause, and {rest['value']:.1f} points remain at equal label counts {interval}"
    return judge(part["share_of_gap"] > 50, value, caveat=caveat)


@Claim("P03", "abstract", "There is no substantial degradation in effectiveness on V2.", TABLES)
def degradation() -> Finding:
    """Mean gap by the paper's own multi-label measures; more than one point on average counts as substantial."""
    real, asma = evidence.mean_gaps().loc["real"], evidence.mean_gaps().loc["asma"]
    value = f"mean gap of 315 checkpoints: {real['gap']:.2f} points by ReaL, {asma['gap']:.2f} by ASMA"
    lower = f"{real['lower_on_v2']} of 315 are lower on V2 by ReaL beyond their 95 % interval"
    otherwise = f"{lower}; {real['not_lower']} are at least as good; more than one point was taken as substantial"
    return judge(max(real["gap"], asma["gap"]) <= 1, value, otherwise=otherwise)


@Claim("P04", "section 1", "Effectiveness on V2 is more consistent with V1 than reported.", TABLES)
def consistent() -> Finding:
    """Mean gap by ReaL and ASMA against the one by top-1."""
    gap = evidence.mean_gaps()["gap"]
    value = f"mean gap {gap['top1']:.2f} points by top-1, {gap['real']:.2f} by ReaL, {gap['asma']:.2f} by ASMA"
    return judge(max(gap["real"], gap["asma"]) < gap["top1"], value)


@Claim("P05", "section 2", "Nearly half of the remaining errors are valid predictions (cited).", "none")
def cited() -> Finding:
    """The review before its labels were mended."""
    return unchecked("the public files hold the mistakes that remained after the review, not those that it cleared")


@Claim("P06", "Figure 5a", "Every model is worse on V2 by top-1.", f"{TABLES}; {PUBLIC}")
def worse() -> Finding:
    """Checkpoints with a lower top-1 accuracy on V2."""
    pools = {"published": evidence.published(), "public": evidence.recht2019()}
    lower = {name: gaps.gap(scores, "top1")["gap"] > 0 for name, scores in pools.items()}
    value = ", ".join(f"{each.sum()} of {len(each)} {name}" for name, each in lower.items())
    return judge(all(each.all() for each in lower.values()), value)


@Claim("P07", "Figure 5", "By ReaL the gap narrows and sometimes disappears.", TABLES, arguments=("real",))
@Claim("P08", "Figure 5", "By ASMA the gap narrows and sometimes disappears.", TABLES, arguments=("asma",))
def narrows(metric: str) -> Finding:
    """Mean gap and number of checkpoints without one, by another measure than top-1."""
    row, top1 = evidence.mean_gaps().loc[metric], evidence.mean_gaps().loc["top1"]
    value = f"{row['gap']:.2f} instead of {top1['gap']:.2f} points"
    caveat = f"it disappears for {row['not_lower']} of {row['checkpoints']} checkpoints"
    return judge(row["gap"] < top1["gap"] and row["not_lower"] > 0, value, caveat=caveat)


@Claim("P09", "Figure 6", "By ReaL the medians on V2 are higher for more than two labels.", PUBLIC)
def medians() -> Finding:
    """Median ReaL accuracy of the public models by label count."""
    table = evidence.medians("real").query("label_count > 2")
    value = "; ".join(f"{row.Index} labels: V1 {row.v1:.1f}, V2 {row.v2:.1f} %" for row in table.itertuples())
    caveat = "seen on 67 other models: the paper prints no accuracy by label count"
    true = (table["v2"] > table["v1"]).all()
    return judge(true, value, caveat=f"{caveat}; with two labels V2 is higher as well")


@Claim("P10", "Figure 6", "The accuracy distributions of both sets are similar.", PUBLIC)
def distributions() -> Finding:
    """Medians of subgroup accuracy by label count for the public models; ASMA, their mean, for the published ones."""
    table = evidence.medians("subgroup")
    away = table["v1"] - table["v2"]
    asma = evidence.mean_gaps().loc["asma"]
    value = f"V1 minus V2 of the medians: {', '.join(f'{x:+.1f}' for x in away)} points for 1 to 5 labels (67 models)"
    n = asma["checkpoints"]
    lower = f"the published ASMA, its mean, is lower for {n - asma['not_lower']} of {n}"
    otherwise = f"subgroup accuracy is lower on V2 at every label count; {lower}"
    return judge((away.abs() <= 1).all(), value, otherwise=otherwise)


@Claim("P11", "Figure 6", "The range of multi-label capability between models is wide.", TABLES)
def ranges() -> Finding:
    """Smallest and largest ASMA."""
    table = _asma().agg(["min", "max"]).T
    value = "; ".join(f"{row.Index}: {row.min:.1f} to {row.max:.1f} %" for row in table.itertuples())
    return judge((table["max"] - table["min"] > 20).all(), f"ASMA {value}")


@Claim("P12", "Figure 7", "Accuracies on PatchML are lower than on V1 and V2.", TABLES)
def patchml_lower() -> Finding:
    """Median ASMA on the three sets."""
    median = _asma().median()
    value = ", ".join(f"{name} {number:.1f} %" for name, number in median.items())
    caveat = "PatchML's ASMA is over 2, 3, 4, 6 and 9 labels, the others' over 1 to 5"
    return judge(median["patchml"] < median[["v1", "v2"]].min(), f"median ASMA: {value}", caveat=caveat)


@Claim("P13", "Figure 7", "Each point is a model on one of five PatchML sets.", "none")
def seeds() -> Finding:
    """Accuracy on each of the five PatchML sets."""
    return unchecked("only the mean over the five sets is printed, and their patch and canvas sizes are not public")


@Claim("P14", "section 5", "Models perform equally well or better on V2 on average.", TABLES)
def on_average() -> Finding:
    """Mean of V2 and V1 over the published checkpoints."""
    means = evidence.mean_gaps().loc[["real", "asma"], ["v1", "v2"]].set_axis(["ReaL", "ASMA"])
    value = "; ".join(f"{row.Index}: V1 {row.v1:.2f}, V2 {row.v2:.2f} %" for row in means.itertuples())
    true = (means["v2"] >= means["v1"]).all()
    return judge(true, value, otherwise="on average they are lower on V2 by both measures")


@Claim("P15", "Tables 4-10", "They give the ReaL accuracy of each checkpoint on V1.", f"{TABLES}; timm's results")
def real_column() -> Finding:
    """The printed ReaL accuracies on V1 against timm's own."""
    both = evidence.checkpoints().merge(evidence.timm(), left_on="timm_name", right_index=True)
    away = both["real_v1"] - both["real"]
    order = both["real_v1"].corr(both["real"], "spearman")
    value = f"printed minus timm's, {len(both)} checkpoints: mean {away.mean():+.2f} points"
    caveat = f"the paper resizes, timm crops: single values differ by {away.min():+.1f} to {away.max():+.1f} points"
    return judge(order > 0.95, f"{value}, rank correlation {order:.3f}", caveat=caveat)


@Claim("P16", "section 7", "All assessed checkpoints are named.", TABLES)
def named() -> Finding:
    """Distinct checkpoints in Tables 4-10."""
    names = evidence.checkpoints()["checkpoint"]
    return judge(names.is_unique, f"{len(names)} rows, {names.nunique()} names")
