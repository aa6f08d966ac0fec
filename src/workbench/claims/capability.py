"""The paper "Re-assessing ImageNet": what models know of several labels, and what its tables show."""

import numpy as np
import pandas as pd

from workbench.claims import evidence
from workbench.claims.evidence import PUBLIC, TABLES
from workbench.claims.registry import OTHERS, Claim, Finding, judge, unchecked
from workbench.score import gaps

DOCUMENT = evidence.REASSESSING
MEDIANS, ASMA = "medians by label count", "printed ASMA"
LARGEST = 1  # points: a difference that still counts as none
SUBGROUPS = {"v1": range(1, 6), "v2": range(1, 6), "patchml": (2, 3, 4, 6, 9)}


def _apart(table: pd.DataFrame) -> str:
    """V1 minus V2 of the medians, with joint intervals."""
    rows = table.reset_index().itertuples()
    return ", ".join(
        f"{row.difference:+.1f} [{row.difference_low:.1f}, {row.difference_high:.1f}] at {row.label_count}"
        for row in rows
    )


@Claim(
    "P09",
    "section 4.2",
    "By ReaL the medians on V2 are higher for more than two labels.",
    PUBLIC,
    quote="with a higher median accuracy for ImageNetV2 under ReaL accuracy for label counts greater than two",
    threshold="no median of V1 is higher; a joint interval that holds zero makes a caveat",
    about=OTHERS,
    evidence=MEDIANS,
)
def medians() -> Finding:
    """Median ReaL accuracy of the public models by label count."""
    table = evidence.medians("real").query("label_count > 2")
    value = f"V1 minus V2 of the medians: {_apart(table)} labels"
    sure = ", ".join(map(str, table.index[table["difference_high"] < 0])) or "no number of labels"
    caveat = f"beyond the joint interval at {sure}; the paper prints no accuracy by label count"
    return judge((table["difference"] < 0).all(), value, caveat=caveat)


@Claim(
    "P10",
    "section 4.2",
    "The accuracy distributions of both sets are similar.",
    PUBLIC,
    quote="First, the accuracy distributions for both datasets are similar",
    threshold=f"no joint interval of the difference of medians lies wholly beyond {LARGEST} point, by ReaL or subgroup "
    "accuracy at 1 to 5 labels",
    about=OTHERS,
    evidence=MEDIANS,
)
def distributions() -> Finding:
    """Medians by label count for the public models, by both measures of the figure."""
    several = evidence.medians("subgroup").query("label_count > 1")  # of one label, both measures are the same
    tables = {"ReaL": evidence.medians("real"), "subgroup accuracy": several}
    near = pd.concat([table[["difference_low", "difference_high"]] for table in tables.values()])
    away = np.maximum(near["difference_low"], -near["difference_high"])  # how far the nearer end is from zero
    value = "; ".join(f"{name}: {_apart(table)}" for name, table in tables.items())
    still = f"{(away > 5).sum()} beyond 5 points"
    otherwise = f"{(away > LARGEST).sum()} of {len(away)} medians differ by more than {LARGEST} point, {still}"
    return judge((away <= LARGEST).all(), f"V1 minus V2 of the medians by {value} labels", otherwise=otherwise)


@Claim(
    "P11",
    "section 4.2",
    "The range of multi-label capability between models is wide.",
    TABLES,
    quote="the range of MLPC between models varies widely, indicating that the MLPC assessment captures substantial "
    "differences in effectiveness among the models",
    threshold="largest and smallest ASMA are more than 20 points apart on each set",
    evidence=ASMA,
)
def ranges() -> Finding:
    """Smallest and largest ASMA, the middle nine tenths, and the range of top-1 accuracy."""
    asma, top1 = evidence.asma(), evidence.checkpoints()[["top1_v1", "top1_v2"]]
    table = asma.agg(["min", "max"]).T
    value = "; ".join(f"{row.Index}: {row.min:.1f} to {row.max:.1f} %" for row in table.itertuples())
    nine = asma.quantile(0.95) - asma.quantile(0.05)
    middle = ", ".join(f"{points:.0f}" for points in nine)
    ends = " and ".join(f"{points:.0f}" for points in top1.max() - top1.min())
    caveat = f"nine tenths of the models lie within {middle} points; top-1 on V1 and V2 ranges over {ends}, no less"
    return judge((table["max"] - table["min"] > 20).all(), f"ASMA {value}", caveat=caveat)


@Claim(
    "P12",
    "section 4.2",
    "Accuracies on PatchML are lower than on V1 and V2.",
    TABLES,
    quote="Compared to Figure 6, Figure 7 shows lower median accuracies",
    evidence=ASMA,
)
def patchml_lower() -> Finding:
    """Median ASMA on the three sets."""
    median = evidence.asma().median()
    value = ", ".join(f"{name} {number:.1f} %" for name, number in median.items())
    caveat = (
        "the medians by label count are not printed; PatchML's ASMA is over 2, 3, 4, 6, 9 labels, others' over 1 to 5"
    )
    return judge(median["patchml"] < median[["v1", "v2"]].min(), f"median ASMA: {value}", caveat=caveat)


@Claim(
    "P13",
    "section 4.2",
    "Each point is a model on one of five PatchML sets.",
    "none",
    quote="In the plot, each dot represents the subgroup accuracy of a model for one of the PatchML datasets, "
    "resulting in five dots per label count for each model.",
)
def seeds() -> Finding:
    """Accuracy on each of the five PatchML sets."""
    lost = "patch and canvas sizes, with which the sets could be built again, are lost in the text at hand"
    return unchecked(f"only the mean over the five sets is printed; {lost}")


DETAILED = (
    "The checkpoint assessment results for all checkpoints are detailed in Tables 4 through 10, showing model "
    "effectiveness using three metrics (top- accuracy, ReaL accuracy, and ASMA) across the ImageNetV1, ImageNetV2, "
    "and PatchML datasets."
)


@Claim(
    "P15",
    "appendix B",
    "Tables 4-10 give the ReaL accuracy of each checkpoint on V1.",
    f"{TABLES}; timm's results",
    quote=DETAILED,
    threshold="rank correlation with timm's own ReaL accuracy above 0.95",
)
def real_column() -> Finding:
    """The printed ReaL accuracies on V1 against timm's own."""
    both = evidence.checkpoints().merge(evidence.timm(), left_on="timm_name", right_index=True)
    away = both["real_v1"] - both["real"]
    order = both["real_v1"].rank().corr(both["real"].rank())  # Spearman's
    value = f"printed minus timm's, {len(both)} checkpoints: mean {away.mean():+.2f} points"
    caveat = f"the paper resizes, timm crops: single values differ by {away.min():+.1f} to {away.max():+.1f} points"
    return judge(order > 0.95, f"{value}, rank correlation {order:.3f}", caveat=caveat)


@Claim(
    "P16",
    "section 4.1",
    "The names of all the checkpoints are given, and key characteristics.",
    f"{TABLES}; timm's results",
    quote="We provide the names of all the checkpoints and highlight some key characteristics in Section 7 in the "
    "supplementary material.",
    threshold="every name stands once and is a checkpoint of timm, the tag aside",
)
def named() -> Finding:
    """The printed names against timm's."""
    names, known = evidence.checkpoints()["checkpoint"], evidence.timm().index
    whole, untagged = names.isin(known), names.isin(known.str.partition(".").get_level_values(0))
    value = f"{len(names)} rows, {names.nunique()} names, {whole.sum()} of them timm's in full"
    characteristics = "the tables hold accuracies and a shift, no other characteristic"
    caveat = f"{(~whole).sum()} without its tag; how many were assessed is lost in the text at hand; {characteristics}"
    otherwise = f"{(~whole & ~untagged).sum()} are no checkpoints of timm, {names.duplicated().sum()} stand twice"
    return judge(names.is_unique and (whole | untagged).all(), value, caveat=caveat, otherwise=otherwise)


@Claim(
    "P17",
    "appendix B",
    "Tables 4-10 show three metrics across three data sets.",
    TABLES,
    quote=DETAILED,
)
def columns() -> Finding:
    """Which pairs of metric and data set have a column."""
    pairs = [f"{metric}_{name}" for metric in ("top1", "real", "asma") for name in ("v1", "v2", "patchml")]
    there = [pair for pair in pairs if pair in evidence.checkpoints()]
    otherwise = "PatchML has a column of ASMA only"
    return judge(len(there) == len(pairs), f"{len(there)} of {len(pairs)} columns", otherwise=otherwise)


@Claim(
    "P18",
    "section 3.1",
    "Top-5 and ReaL accuracy only look at whether the top prediction is in the label set.",
    f"top-5 and top-1 of {PUBLIC}",
    quote="Both approaches only determine whether the top prediction is in the valid label set for a datapoint; the "
    "other possible valid predictions are not taken into account.",
    threshold="top-5 accuracy is nowhere above top-1 accuracy, for both have one valid label",
)
def top_prediction() -> Finding:
    """Top-5 accuracy against top-1 accuracy, by the same single label."""
    top1 = 100 * gaps.gap(evidence.recht2019(), "top1").set_index("checkpoint")["v1"]
    more = evidence.top5().reindex(top1.index) - top1
    value = f"top-5 is above top-1 for {(more > 0).sum()} of {len(more)} models, by {more.mean():.1f} points on average"
    otherwise = "right of ReaL; top-5 counts a label that any of five predictions names"
    return judge((more <= 0).all(), value, otherwise=otherwise)


@Claim(
    "P20",
    "abstract",
    "ImageNet models exhibit some capability at several labels.",
    TABLES,
    quote="ImageNet pre-trained models exhibit some capability at capturing the multi-label nature of the dataset even "
    "though they were trained under the single-label assumption",
    threshold="on each set most ASMA are above that of a model which finds one label of every image, and no more",
    evidence=ASMA,
)
def capability() -> Finding:
    """ASMA against what one right label an image gives: on images with g labels, 1/g."""
    asma = evidence.asma()
    one = {name: 100 * np.mean([1 / g for g in counts]) for name, counts in SUBGROUPS.items()}
    above = {name: (asma[name] > line).sum() for name, line in one.items()}
    value = ", ".join(f"{above[name]} of {len(asma)} above {line:.1f} % on {name}" for name, line in one.items())
    caveat = "above that line, more than one label is found on some images; below it, none need be"
    return judge(all(n > len(asma) / 2 for n in above.values()), value, caveat=caveat)
