"""The paper "Re-assessing ImageNet": how many labels its images have, in Tables 1 and 2 and the text."""

import numpy as np
import pandas as pd

from workbench.claims.reassessing import DOCUMENT
from workbench.claims.registry import Claim, Finding, judge
from workbench.inputs.published import documents
from workbench.score import intervals, metrics, pools, summaries

__all__ = ["DOCUMENT", "claims"]


LABELS = "ReaL labels and refined V2 labels, through the committed scores"
SET = {"v1": "ImageNetV1", "v2": "ImageNetV2"}


def claims() -> list[Claim]:
    """Its claims on label counts, in reading order."""
    return [
        Claim("L01", "section 1", "V2 has a notably higher proportion of multi-label images.", proportion, LABELS),
        Claim("L02", "section 3.3", "Subgroups g range from 0 to the maximum number of labels.", empty_group, LABELS),
        Claim("L03", "Table 1", "V1: 39,394, 5,408, 1,319, 411, 161 and 144 images.", table1, LABELS, ("v1",)),
        Claim("L04", "Table 1", "V2: 5,083, 2,385, 1,306, 628, 237 and 232 images.", table1, LABELS, ("v2",)),
        Claim("L05", "Table 1", "It gives the total number of images across label counts.", unlabelled, LABELS),
        Claim(
            "L06", "section 4.2", "Over 48 % of the V2 images have more than one label.", several, LABELS, ("v2", 48)
        ),
        Claim("L07", "section 4.2", "Around 16 % of the V1 images do.", several, LABELS, ("v1", 16)),
        Claim("L08", "Table 2", "It counts the images of five PatchML sets, one a seed.", table2_total, "Table 2"),
        Claim("L09", "section 3.2", "Each set is drawn without replacement from one pool.", table2_pool, "Table 2"),
        Claim("L10", "section 4.2", "The number of images with certain label counts is low.", few, LABELS),
    ]


def _counts(image_set: str) -> pd.Series:
    table = summaries.label_counts(pools.recht2019())
    return table[table["image_set"] == image_set].set_index("label_count")["n_images"]


def proportion() -> Finding:
    """Share of images with more than one label, and its 95 % interval."""
    shares = {}
    for image_set in SET:
        counts = _counts(image_set).drop("0")
        more, n = int(counts.drop("1").sum()), int(counts.sum())
        shares[image_set] = more / n, *intervals.wilson(more, n)
    value = "; ".join(
        f"{name.upper()} {100 * s:.1f} % [{100 * a:.1f}, {100 * b:.1f}]" for name, (s, a, b) in shares.items()
    )
    return judge(shares["v2"][1] > shares["v1"][2], value, caveat="two teams labelled the sets by two procedures")


def empty_group() -> Finding:
    """Label-wise accuracy of an image without labels."""
    zero = metrics.label_wise_accuracy(np.zeros((1, 5), dtype=bool), np.array([0]))
    n = ", ".join(f"{name.upper()} {_counts(name)['0']:,}" for name in SET)
    value = f"images without a label: {n}; their label-wise accuracy is {zero[0]}"
    return judge(bool(np.isfinite(zero[0])), value, otherwise="for g = 0 the definition divides by zero; g starts at 1")


def table1(image_set: str) -> Finding:
    """One row of Table 1 against the label files."""
    printed = documents.printed("table-01-label-counts").query("dataset == @SET[@image_set]")
    printed = printed.set_index("label_count")["n_images"]
    found = _counts(image_set).drop("0")
    true = printed.tolist() == found.tolist()
    return judge(true, ", ".join(f"{n:,}" for n in found))


def unlabelled() -> Finding:
    """Images that Table 1 leaves out."""
    sums = {name: (int(_counts(name).drop("0").sum()), int(_counts(name)["0"])) for name in SET}
    value = "; ".join(f"{name.upper()}: {whole:,} of {whole + none:,}" for name, (whole, none) in sums.items())
    return judge(True, value, caveat="images without any label are not in the table, and the text does not say so")


def several(image_set: str, percent: float) -> Finding:
    """Share of images with more than one label, among labelled images and among all."""
    counts = _counts(image_set)
    more = counts.drop(["0", "1"]).sum()
    labelled, every = 100 * more / counts.drop("0").sum(), 100 * more / counts.sum()
    value = f"{labelled:.1f} % of labelled images"
    caveat = f"of all images it is {every:.1f} %; the printed number is lost in the text at hand"
    return judge(abs(labelled - percent) < 1, value, caveat=caveat)


def table2_total() -> Finding:
    """Sum of Table 2, and how much the five sets differ."""
    sums = documents.printed("table-02-patchml-counts").groupby("dataset")["n_images"].sum()
    value = f"{sums.sum():,} in all, {sums.min():,} to {sums.max():,} a set"
    return judge(len(sums) == 5 and sums.max() < 1.001 * sums.min(), value)


def table2_pool() -> Finding:
    """Pool size that each count implies, if only images of k distinct classes count and classes are equally likely."""
    table = documents.printed("table-02-patchml-counts")
    k = table["label_count"].astype(int)
    distinct = np.array([np.prod(1 - np.arange(one) / 1000) for one in k])
    pool = table["n_images"] * k / distinct
    value = (
        f"the 25 counts imply pools of {pool.min():,.0f} to {pool.max():,.0f} patches, {pool.mean():,.0f} on average"
    )
    caveat = (
        "the pool's size is not printed: one of about 53,500 patches, restored for each label count, explains Table 2"
    )
    return judge(bool((pool.max() - pool.min()) / pool.mean() < 0.02), value, caveat=caveat)


def few() -> Finding:
    """Images with five labels, and the interval that they allow."""
    sizes = {name: int(_counts(name)["5"]) for name in SET}
    margin = summaries.by_label_count(pools.recht2019(), "subgroup").set_index("label_count").loc[5]
    value = f"five labels: {sizes['v1']} on V1, {sizes['v2']} on V2"
    value += (
        f"; a median model's interval is ±{100 * margin['v1_margin']:.1f} and ±{100 * margin['v2_margin']:.1f} points"
    )
    return judge(max(sizes.values()) < 500, value)
