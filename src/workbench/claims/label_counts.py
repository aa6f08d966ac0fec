"""The paper "Re-assessing ImageNet": how many labels its images have, in Tables 1 and 2 and the text."""

import numpy as np
import pandas as pd

from workbench.claims import evidence
from workbench.claims.registry import Claim, Finding, judge, near, share
from workbench.inputs.published import documents
from workbench.score import metrics, summaries

DOCUMENT = evidence.REASSESSING
LABELS = "ReaL labels and refined V2 labels, through the committed scores"


def _counts() -> pd.DataFrame:
    """Images by label count ("0" to "5", ">5"), a column for each of V1 and V2."""
    table = summaries.label_counts(evidence.recht2019())
    return table.pivot(index="label_count", columns="image_set", values="n_images").rename(columns=str.upper)


def _several(counts: pd.Series) -> tuple[int, int]:
    """Images with more than one label, and images with any."""
    return int(counts.drop(["0", "1"]).sum()), int(counts.drop("0").sum())


@Claim("L01", "section 1", "V2 has a notably higher proportion of multi-label images.", LABELS)
def proportion() -> Finding:
    """Share of images with more than one label, and its 95 % interval."""
    shares = (share(*_several(counts)) for _, counts in _counts().items())
    (v1, _, v1_high), (v2, v2_low, _) = shares
    return judge(v2_low > v1_high, f"V1 {v1}; V2 {v2}", caveat="two teams labelled the sets by two procedures")


@Claim("L02", "section 3.3", "Subgroups g range from 0 to the maximum number of labels.", LABELS)
def empty_group() -> Finding:
    """Label-wise accuracy of an image without labels."""
    zero = metrics.label_wise_accuracy(np.zeros((1, 5), dtype=bool), np.array([0]))
    n = ", ".join(f"{name} {images:,}" for name, images in _counts().loc["0"].items())
    value = f"images without a label: {n}; their label-wise accuracy is {zero[0]}"
    return judge(np.isfinite(zero[0]), value, otherwise="for g = 0 the definition divides by zero; g starts at 1")


@Claim("L03", "Table 1", "V1: 39,394, 5,408, 1,319, 411, 161 and 144 images.", LABELS, arguments=("v1",))
@Claim("L04", "Table 1", "V2: 5,083, 2,385, 1,306, 628, 237 and 232 images.", LABELS, arguments=("v2",))
def table1(image_set: str) -> Finding:
    """One row of Table 1 against the label files."""
    name = image_set.upper()
    printed = documents.printed("table-01-label-counts").query(f"dataset == 'ImageNet{name}'")["n_images"]
    found = _counts()[name].drop("0")
    return judge(printed.tolist() == found.tolist(), ", ".join(f"{n:,}" for n in found))


@Claim("L05", "Table 1", "It gives the total number of images across label counts.", LABELS)
def unlabelled() -> Finding:
    """Images that Table 1 leaves out."""
    value = "; ".join(f"{name}: {n.drop('0').sum():,} of {n.sum():,}" for name, n in _counts().items())
    return judge(True, value, caveat="images without any label are not in the table, and the text does not say so")


@Claim("L06", "section 4.2", "Over 48 % of the V2 images have more than one label.", LABELS, arguments=("v2", 48))
@Claim("L07", "section 4.2", "Around 16 % of the V1 images do.", LABELS, arguments=("v1", 16))
def several(image_set: str, percent: float) -> Finding:
    """Share of images with more than one label, among labelled images and among all."""
    counts = _counts()[image_set.upper()]
    more, labelled = _several(counts)
    caveat = f"of all images it is {100 * more / counts.sum():.1f} %; the printed number is lost in the text at hand"
    found = 100 * more / labelled
    return judge(near(found, percent, within=1), f"{found:.1f} % of labelled images", caveat=caveat)


@Claim("L08", "Table 2", "It counts the images of five PatchML sets, one a seed.", "Table 2")
def table2_total() -> Finding:
    """Sum of Table 2, and how much the five sets differ."""
    sums = documents.printed("table-02-patchml-counts").groupby("dataset")["n_images"].sum()
    value = f"{sums.sum():,} in all, {sums.min():,} to {sums.max():,} a set"
    return judge(len(sums) == 5 and sums.max() < 1.001 * sums.min(), value)


@Claim("L09", "section 3.2", "Each set is drawn without replacement from one pool.", "Table 2")
def table2_pool() -> Finding:
    """Pool size that each count implies, if only images of k distinct classes count and classes are equally likely."""
    table = documents.printed("table-02-patchml-counts")
    k = table["label_count"].astype(int)
    distinct = [np.prod(1 - np.arange(one) / 1000) for one in k]
    pool = table["n_images"] * k / distinct
    span = f"{pool.min():,.0f} to {pool.max():,.0f} patches, {pool.mean():,.0f} on average"
    fits = "one of about 53,500 patches, restored for each label count, explains Table 2"
    caveat = f"the pool's size is not printed: {fits}"
    return judge(np.ptp(pool) / pool.mean() < 0.02, f"the {len(pool)} counts imply pools of {span}", caveat=caveat)


@Claim("L10", "section 4.2", "The number of images with certain label counts is low.", LABELS)
def few() -> Finding:
    """Images with five labels, and the interval that they allow."""
    sizes, median = _counts().loc["5"], evidence.medians("subgroup").loc[5]
    margins = f"±{median['v1_margin']:.1f} and ±{median['v2_margin']:.1f} points"
    value = f"five labels: {sizes['V1']} on V1, {sizes['V2']} on V2; a median model's interval is {margins}"
    return judge(sizes.max() < 500, value)
