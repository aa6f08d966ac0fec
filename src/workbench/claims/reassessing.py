"""The paper "Re-assessing ImageNet": the accuracy gap between V1 and V2, and what it goes with."""

from collections.abc import Hashable

import pandas as pd

from workbench.claims import evidence
from workbench.claims.evidence import PUBLIC, TABLES
from workbench.claims.registry import CAVEAT, FAILS, OTHERS, Claim, Finding, judge, unchecked
from workbench.score import gaps

DOCUMENT = evidence.REASSESSING
BOTH = f"{PUBLIC}; {TABLES}"
GAPS, PARTS = "mean gaps of the 315", "decomposition"
TEAMS = "two teams labelled the sets, V2 with more labels an image"
LARGEST = 1  # points: a difference that still counts as none


def _drops() -> dict[str, pd.Series]:
    """The top-1 gaps of the public and of the published checkpoints, in points."""
    pools = {"public": evidence.recht2019(), "published": evidence.published()}
    return {name: 100 * gaps.gap(scores, "top1")["gap"] for name, scores in pools.items()}


@Claim(
    "P01",
    "abstract",
    "Studies reported accuracy drops of 11 % to 14 % on V2.",
    BOTH,
    quote="Studies in the literature have reported unexpected accuracy drops of to on ImageNetV2.",
    threshold="most models of both pools lie between 11 and 14 points",
    evidence="top-1 gaps",
)
def drops() -> Finding:
    """The top-1 gaps of the models whose drops were reported, and of the paper's own."""
    found = _drops()
    inside = {name: drop.between(11, 14) for name, drop in found.items()}
    value = ", ".join(f"{each.sum()} of {len(each)} {name} models lie between" for name, each in inside.items())
    spans = " and ".join(f"{drop.min():.1f} to {drop.max():.1f}" for drop in found.values())
    lost = "both ends of the range are lost in the text at hand; 11 and 14 are those of Recht et al. (2019), its source"
    caveat = f"{lost}; single models lose {spans} points"
    return judge(all(each.mean() > 0.5 for each in inside.values()), value, caveat=caveat)


def _at(standard: str) -> dict[Hashable, dict]:
    """Gap, composition and within at one standard."""
    return evidence.mean_parts().query("standard == @standard").set_index("part").to_dict("index")


@Claim(
    "P02",
    "abstract",
    "The reported declines are largely attributable to the proportion of multi-label images.",
    PUBLIC,
    quote="Our findings show that these reported declines are largely attributable to a characteristic of the dataset "
    "that has not received sufficient attention – the proportion of images with multiple labels.",
    threshold="the larger part of the mean gap goes with label counts at every standard: holds; at none: does not",
    evidence=PARTS,
)
def attributable() -> Finding:
    """The decomposition of the mean gap at its three standards."""
    v1, midpoint, v2 = (_at(name) for name in ("v1", "midpoint", "v2"))
    sides = v1, midpoint, v2
    larger = [each["composition"]["share_of_gap"] > 50 for each in sides]
    goes, left = ([_interval(each[name]) for each in sides] for name in ("composition", "within"))
    whole, models = _interval(midpoint["gap"]), [each["gap"]["larger"] for each in sides]
    value = (
        f"of {whole} points go with label counts: {goes[0]} at V1's shares, {goes[1]} at the midpoint, {goes[2]} at "
        f"V2's; at equal label counts remain {left[0]}, {left[1]} and {left[2]}"
    )
    because = f"it is the larger part for {models[0]}, {models[1]} and {models[2]} of {len(evidence.top5())} models"
    if all(larger):
        return judge(True, value, caveat="an association, not a cause")
    return Finding(
        value,
        CAVEAT if any(larger) else FAILS,
        f"the answer depends on the standard: {because}; an association, not a cause",
    )


def _interval(row: dict) -> str:
    return f"{row['value']:.2f} [{row['ci_low']:.1f}, {row['ci_high']:.1f}]"


@Claim(
    "P21",
    "section 1",
    "The difference in label structure is a key factor of the discrepancies.",
    PUBLIC,
    quote="This difference in label structure is a key factor that contributes to model performance discrepancies in "
    "ImageNetV2.",
    threshold="at every standard, the interval of the part that goes with label counts lies above zero",
    evidence=PARTS,
)
def factor() -> Finding:
    """The part that goes with label counts at its smallest."""
    parts = evidence.mean_parts().query("part == 'composition'")
    least = parts.nsmallest(1, "value").iloc[0].to_dict()
    value = f"at the standard least in favour {_interval(least)} points, {least['share_of_gap']:.0f} % of the gap"
    caveat = "an association, not a cause; whether that much makes a key factor, no number says"
    return judge((parts["ci_low"] > 0).all(), value, caveat=caveat, otherwise="it may be nothing at some standard")


@Claim(
    "P03",
    "abstract",
    "There is no substantial degradation in effectiveness on V2.",
    TABLES,
    quote="the results of our experiments provide evidence that there is no substantial degradation in effectiveness "
    "on ImageNetV2",
    threshold=f"a mean gap of at most {LARGEST} point by ReaL and by ASMA is not substantial",
    evidence=GAPS,
)
def degradation() -> Finding:
    """Mean gap by the paper's own multi-label measures."""
    real, asma = evidence.mean_gaps().loc["real"], evidence.mean_gaps().loc["asma"]
    value = f"mean gap of 315 checkpoints: {real['gap']:.2f} points by ReaL, {asma['gap']:.2f} by ASMA"
    lower = f"{real['lower_on_v2']} of 315 are lower on V2 by ReaL beyond their 95 % interval"
    line = f"it would hold from a line of {max(real['gap'], asma['gap']):.2f} points on"
    otherwise = f"{lower}; {real['not_lower']} are at least as good; {line}"
    return judge(max(real["gap"], asma["gap"]) <= LARGEST, value, otherwise=otherwise)


@Claim(
    "P04",
    "section 1",
    "Effectiveness on V2 is more consistent with V1 than reported.",
    TABLES,
    quote="Accounting for multi-label attributes reveals that model effectiveness on ImageNetV2 remains more "
    "consistent with ImageNetV1 than previously reported in [18].",
    evidence=GAPS,
)
def consistent() -> Finding:
    """Mean gap by ReaL and ASMA against the one by top-1."""
    gap = evidence.mean_gaps()["gap"]
    value = f"mean gap {gap['top1']:.2f} points by top-1, {gap['real']:.2f} by ReaL, {gap['asma']:.2f} by ASMA"
    caveat = f"{TEAMS}: more answers count there for that reason alone"
    return judge(gap[["real", "asma"]].abs().max() < abs(gap["top1"]), value, caveat=caveat)


@Claim(
    "P05",
    "section 2",
    "Nearly half of the remaining errors are valid predictions (cited).",
    "none",
    quote="They found that nearly half of these errors were not actual errors but valid predictions that were "
    "penalized due to the single-label assumption, label noise, and fine-grained object confusion.",
)
def cited() -> Finding:
    """The review before its labels were mended."""
    return unchecked("the public files hold the mistakes that remained after the review, not those that it cleared")


@Claim(
    "P06",
    "section 4.2",
    "By top-1 the models are worse on V2.",
    BOTH,
    quote="This plot confirms the observed degradation on ImageNetV2, as discussed in Section 2.",
    threshold="every model",
    evidence="top-1 gaps",
)
def worse() -> Finding:
    """Checkpoints with a lower top-1 accuracy on V2."""
    lower = {name: drop > 0 for name, drop in _drops().items()}
    value = ", ".join(f"{each.sum()} of {len(each)} {name}" for name, each in lower.items())
    return judge(all(each.all() for each in lower.values()), value)


def _figure5(id: str, name: str) -> Claim:
    return Claim(
        id,
        "section 4.2",
        f"By {name} the gap narrows and sometimes disappears.",
        TABLES,
        ({"ReaL": "real", "ASMA": "asma"}[name],),
        quote="the gap between the datasets narrows and sometimes disappears",
        threshold="the mean gap is smaller than by top-1, and one checkpoint or more is at least as good on V2",
        evidence=GAPS,
    )


@_figure5("P07", "ReaL")
@_figure5("P08", "ASMA")
def narrows(metric: str) -> Finding:
    """Mean gap and number of checkpoints without one, by another measure than top-1."""
    row, top1 = evidence.mean_gaps().loc[metric], evidence.mean_gaps().loc["top1"]
    value = f"{row['gap']:.2f} instead of {top1['gap']:.2f} points"
    caveat = f"it disappears for {row['not_lower']} of {row['checkpoints']} checkpoints"
    return judge(row["gap"] < top1["gap"] and row["not_lower"] > 0, value, caveat=caveat)


@Claim(
    "P14",
    "section 5",
    "Models perform equally well or better on V2 on average.",
    TABLES,
    quote="In contrast, we found that ImageNet pre-trained DNNs, on average, perform equally well or even better on "
    "ImageNetV2.",
    threshold=f"on average at most {LARGEST} point lower on V2, by ReaL and by ASMA",
    evidence=GAPS,
)
def on_average() -> Finding:
    """Mean of V2 and V1 over the published checkpoints."""
    means = evidence.mean_gaps().loc[["real", "asma"], ["v1", "v2"]].set_axis(["ReaL", "ASMA"])
    value = "; ".join(f"{row.Index}: V1 {row.v1:.2f}, V2 {row.v2:.2f} %" for row in means.itertuples())
    true = (means["v1"] - means["v2"] <= LARGEST).all()
    return judge(true, value, otherwise="on average they are lower on V2 by both measures")


@Claim(
    "P19",
    "section 1",
    "Top-1 penalizes valid alternative labels, which overstates the drop on V2.",
    PUBLIC,
    quote="the single-label assumption, coupled with top-1 accuracy, penalizes models for selecting valid alternative "
    "labels, leading to an overstated performance drop on ImageNetV2",
    threshold="a larger share of V2's images than of V1's is wrong by the original label and right by another",
    about=OTHERS,
)
def penalized() -> Finding:
    """Images that are wrong by top-1 and right by ReaL."""
    found = evidence.accepted()
    value = f"wrong by the original label, right by another: {found['v1']:.1f} % of V1, {found['v2']:.1f} % of V2"
    caveat = f"{TEAMS}: more answers count there for that reason alone"
    return judge(found["v2"] > found["v1"] > 0, value, caveat=caveat)
