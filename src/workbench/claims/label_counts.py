"""The paper "Re-assessing ImageNet": how many labels its images have, in Tables 1 and 2 and the text."""

import numpy as np
import pandas as pd

from workbench.claims import evidence
from workbench.claims.registry import Claim, Finding, judge, share, unchecked
from workbench.inputs.published import documents
from workbench.score import summaries

DOCUMENT = evidence.REASSESSING
LABELS = "ReaL labels and refined V2 labels, through the committed scores"
COUNTS, TABLE2 = "label counts", "Table 2"
FEW = 500  # images
N_CLASSES = 1000
PATCHES = [2, 3, 4, 6, 9]


def _counts() -> pd.DataFrame:
    """Images by label count ("0" to "5", ">5"), a column for each of V1 and V2."""
    table = summaries.label_counts(evidence.recht2019())
    return table.pivot(index="label_count", columns="image_set", values="n_images").rename(columns=str.upper)


def _printed(name: str) -> list[int]:
    """One row of Table 1."""
    return documents.printed("table-01-label-counts").query("dataset == @name")["n_images"].tolist()


def _several(counts: pd.Series) -> tuple[int, int]:
    """Images with more than one label, and images with any."""
    return int(counts.drop(["0", "1"]).sum()), int(counts.drop("0").sum())


@Claim(
    "L01",
    "section 1",
    "V2 has a notably higher proportion of multi-label images.",
    LABELS,
    quote="with ImageNetV2 containing a notably higher proportion of images with multiple valid labels",
    threshold="the 95 % intervals of the two shares do not touch",
    evidence=COUNTS,
)
def proportion() -> Finding:
    """Share of images with more than one label, and its 95 % interval."""
    shares = (share(*_several(counts)) for _, counts in _counts().items())
    (v1, _, v1_high), (v2, v2_low, _) = shares
    return judge(v2_low > v1_high, f"V1 {v1}; V2 {v2}", caveat="two teams labelled the sets by two procedures")


@Claim(
    "L02",
    "section 3.3",
    "Subgroups g range from 0 to the maximum number of labels.",
    LABELS,
    quote="Each subgroup g contains all datapoints with exactly g labels, where g ranges from 0 to the maximum number "
    "of labels in any datapoint.",
)
def empty_group() -> Finding:
    """Label-wise accuracy of an image without labels, as section 3.3 defines it."""
    (zero,) = evidence.without_labels()
    n = ", ".join(f"{name} {images:,}" for name, images in _counts().loc["0"].items())
    value = f"images without a label: {n}; their label-wise accuracy is {zero}"
    return judge(np.isfinite(zero), value, otherwise="for g = 0 the definition divides by zero; g starts at 1")


@Claim(
    "L03",
    "Table 1",
    "V1: 39,394, 5,408, 1,319, 411, 161 and 144 images.",
    LABELS,
    ("v1",),
    quote="| ImageNetV1 | 39,394 | 5,408 | 1,319 | 411 | 161 | 144 |",
    evidence=COUNTS,
)
@Claim(
    "L04",
    "Table 1",
    "V2: 5,083, 2,385, 1,306, 628, 237 and 232 images.",
    LABELS,
    ("v2",),
    quote="| ImageNetV2 | 5,083 | 2,385 | 1,306 | 628 | 237 | 232 |",
    evidence=COUNTS,
)
def table1(image_set: str) -> Finding:
    """One row of Table 1 against the label files."""
    name = image_set.upper()
    found = _counts()[name].drop("0")
    return judge(_printed(f"ImageNet{name}") == found.tolist(), ", ".join(f"{n:,}" for n in found))


@Claim(
    "L05",
    "section 4.1",
    "Table 1 gives the total number of images across label counts.",
    LABELS,
    quote="The total number of images of the ImageNet-related datasets across different label counts is provided in "
    "Table 1.",
    threshold="the rows add up to the images with a label; to fewer than all of the set makes a caveat",
    evidence=COUNTS,
)
def unlabelled() -> Finding:
    """The sums of the rows of Table 1 against the images with a label, and against all."""
    counts = _counts()
    sums = pd.Series([sum(_printed(f"ImageNet{name}")) for name in counts], index=counts.columns)
    pairs = zip(counts.columns, sums, counts.sum(), strict=True)
    value = "; ".join(f"{name}: {part:,} of {whole:,}" for name, part, whole in pairs)
    left = "images without any label are not in the table, and the text does not say so"
    true = (sums == counts.drop("0").sum()).all()
    return judge(true, value, caveat=left if (sums < counts.sum()).any() else "")


LOST = (
    "The results clearly show that ImageNetV2 contains a higher proportion of multi-label images, with approximately "
)
LOST += "of its images having more than one label, compared to around for ImageNetV1."


@Claim(
    "L06", "section 4.2", "Approximately [lost] of V2's images have more than one label.", LABELS, ("v2",), quote=LOST
)
@Claim("L07", "section 4.2", "Around [lost] of V1's images do.", LABELS, ("v1",), quote=LOST)
def several(image_set: str) -> Finding:
    """Share of images with more than one label, among labelled images and among all."""
    counts = _counts()[image_set.upper()]
    more, labelled = _several(counts)
    value = f"{100 * more / labelled:.1f} % of labelled images, {100 * more / counts.sum():.1f} % of all"
    return unchecked("the number is lost in the text at hand", value)


@Claim(
    "L08",
    "section 4.1",
    "Table 2 counts the images of five PatchML sets, one a seed.",
    "Table 2",
    quote="Table 2 presents the information for the generated PatchML datasets using five different seeds.",
    threshold="five sets, no two of them alike, of sizes within 0.1 %",
    evidence=TABLE2,
)
def table2_total() -> Finding:
    """Sum of Table 2, and how much the five sets differ."""
    table = documents.printed("table-02-patchml-counts").pivot(
        index="dataset", columns="label_count", values="n_images"
    )
    sums = table.sum(axis=1)
    value = f"{sums.sum():,} in all, {sums.min():,} to {sums.max():,} a set"
    apart = len(table.drop_duplicates()) == len(table) == 5
    return judge(apart and sums.max() < 1.001 * sums.min(), value)


@Claim(
    "L09",
    "section 3.2",
    "For each number of patches, all of one pool are drawn without replacement.",
    "Table 2",
    quote="In stage 2, for each predefined patch count , we iteratively create multi-label images by randomly sampling "
    "patches without replacement from the pool.",
    threshold="the pools that the five label counts imply differ by less than 2 %",
    evidence=TABLE2,
)
def table2_pool() -> Finding:
    """Pool size that each label count implies, if composites count by their labels and classes are equally likely.

    A composite of k patches of one class each has g labels, if g of its classes differ: one of 3 patches with 2 labels
    counts in the column of 2. A pool of N patches gives N / k composites of k patches.
    """
    table = documents.printed("table-02-patchml-counts")
    rates = np.sum([_distinct(k) / k for k in PATCHES], axis=0)
    pool = table.groupby(table["label_count"].astype(int))["n_images"].mean().pipe(lambda n: n / rates[n.index])
    by_count = ", ".join(f"{n:,.0f}" for n in pool)
    value = f"2, 3, 4, 6 and 9 labels imply pools of {by_count} patches"
    caveat = "the pool's size is not printed, and classes were taken as equally frequent: likely, not shown"
    return judge(np.ptp(pool) / pool.mean() < 0.02, value, caveat=caveat)


def _distinct(k: int) -> np.ndarray:
    """Probability of 0, 1, ..., 9 different classes among those of k patches, each class equally likely."""
    chance = np.zeros(max(PATCHES) + 1)
    chance[0] = 1
    known = np.arange(len(chance)) / N_CLASSES
    for _ in range(k):
        chance = chance * known + np.concatenate([[0], (chance * (1 - known))[:-1]])
    return chance


@Claim(
    "L10",
    "section 4.2",
    "The number of images with certain label counts is low.",
    LABELS,
    quote="However, Table 1 shows that the number of images with certain label counts is low, potentially introducing "
    "uncertainty in the results.",
    threshold=f"fewer than {FEW} images of each set have five labels",
    evidence=COUNTS,
)
def few() -> Finding:
    """Images with five labels, and the interval that they allow."""
    sizes, median = _counts().loc["5"], evidence.medians("subgroup").loc[5]
    ends = (f"[{median[f'{name}_low']:.1f}, {median[f'{name}_high']:.1f}]" for name in ("v1", "v2"))
    value = f"five labels: {sizes['V1']} on V1, {sizes['V2']} on V2; median subgroup accuracy {' and '.join(ends)} %"
    return judge(sizes.max() < FEW, value)
