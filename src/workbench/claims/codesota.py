"""The ranked leaderboard of CodeSOTA, fetched on 2026-04-20."""

from collections.abc import Iterator

import pandas as pd

from workbench.claims import evidence
from workbench.claims.registry import Claim, Finding, each, judge, near, unchecked
from workbench.inputs import classes
from workbench.inputs.published import documents
from workbench.score import reconciliation

DOCUMENT = "CodeSOTA leaderboard (2026)"
MAPPED = "timm's results, and data/published/leaderboard_checkpoints.csv"
BY_LABELS = "timm's results by original and by ReaL labels"
RECHT2019 = "top-5 of the public predictions of Recht et al. (2019)"


def _printed() -> pd.DataFrame:
    return documents.printed("leaderboard-codesota")


def _entries() -> pd.DataFrame:
    return evidence.entries().query("leaderboard == 'codesota'").set_index("model")


@Claim("C01", "the ranked table", "22 models stand in the order of their top-1 accuracy.", "the printed table")
def order() -> Finding:
    """Ranks 1 to 22, accuracy never rising."""
    return judge(*evidence.in_order(_printed(), 22, digits=2))


@Claim("C02", "title", "Top-1 accuracy ranks vision backbones.", "the printed table, 50,000 images")
def neighbours() -> Finding:
    """How many neighbours a share of 50,000 images can tell apart."""
    pairs = reconciliation.neighbours(_printed().assign(reported=lambda table: table["top1"] / 100))
    apart = int(pairs["apart"].sum())
    value = f"{apart} of {len(pairs)} neighbours differ by more than ±1.96 standard errors"
    caveat = f"{len(pairs) - apart} pairs cannot be told apart by these numbers; a paired test on predictions could"
    return judge(apart > 0, value, caveat=caveat)


def _verified() -> Iterator[Claim]:
    for number, one in enumerate(_printed().query("verified == 'yes'").itertuples(), start=3):
        statement = f"{one.model} reaches {one.top1:.2f} %, matched against an independent reproduction."
        yield Claim(f"C{number:02d}", f"row {one.rank:02d}, verified", statement, MAPPED, (one.model,))


@each(_verified)
@Claim("C11", "row 21", "efficientnet-b0 reaches 77.10 %.", MAPPED, arguments=("efficientnet-b0",))
def row(model: str) -> Finding:
    """One row against timm's own result for its checkpoint."""
    one = _entries().to_dict("index")[model]
    if one["status"] == "no counterpart":
        return unchecked(f"{one['reason']}, and no public predictions are known")
    value = f"timm: {one['timm']:.2f} % for {one['checkpoint']} at {one['img_size']} px"
    other = f"the nearest of {one['candidates']} checkpoints is {one['difference']:+.2f} points away"
    return judge(one["status"] == "reproduced", value, otherwise=other)


@Claim("C09", "rows without the mark", 'Sixteen rows are marked "—": not verified.', MAPPED)
def unverified() -> Finding:
    """What timm says to the rows without a mark."""
    rest = _entries().query("verified == 'no'")
    counts = rest["status"].value_counts()
    found = ", ".join(f"{n} {status}" for status, n in counts.items())
    several = len(rest.query("status == 'reproduced' and identity == 'candidate'"))
    caveat = f"{counts['reproduced']} of them do agree with timm; in {several} the name leaves the checkpoint open"
    return judge(len(rest) == 16, f"of {len(rest)}: {found}", caveat=caveat)


@Claim("C10", "row 19", "resnet-50-a3 reaches 80.40 %.", MAPPED)
def recipe_a3() -> Finding:
    """ResNet-50 by recipe A3, and by the recipe that gives the printed number."""
    a3, a1 = (evidence.timm()["top1"][f"resnet50.{recipe}_in1k"] for recipe in ("a3", "a1"))
    value = f"timm at 224 px: recipe A3 {a3:.2f} %, recipe A1 {a1:.2f} %"
    return judge(near(a3, 80.40, within=0.1), value, otherwise="80.40 % is what recipe A1 gives, not A3")


@Claim("C12", "below the table", "Top-5 has been essentially solved since 2018.", RECHT2019)
def top5_solved() -> Finding:
    """Best top-5 accuracy among the public models, all of 2018 or before."""
    top5 = evidence.top5()
    value = f"best of {len(top5)} models up to 2018: {top5.max():.1f} % ({top5.idxmax()})"
    return judge(top5.max() > 95, value, caveat=f"{100 - top5.max():.1f} % of the pictures were still missed")


@Claim("C13", "below the table", "A meaningful share of the error at this point comes from label noise.", BY_LABELS)
def label_noise() -> Finding:
    """Share of the top entry's error that goes away when any ReaL label counts."""
    error, real = 100 - _entries().loc["EVA-02-L", ["timm", "real"]].to_numpy(float)
    value = f"EVA-02-L: {error:.2f} % error by the original label, {real:.2f} % by ReaL"
    count = "this count, which leaves out images without a ReaL label; expert labels may accept more"
    caveat = f"{100 * (error - real) / error:.0f} % of the error goes away by {count}"
    return judge(error - real > 1, value, caveat=caveat)


@Claim("C14", "dataset", "1,000 categories and 50K validation images.", f"{evidence.SCORES}; the class list")
def size() -> Finding:
    """Number of images and classes."""
    images, wnids = evidence.v1_images(), classes.wnids()
    value = f"{', '.join(f'{n:,}' for n in images)} images, {len(wnids):,} classes"
    return judge(images == {50_000} and len(set(wnids)) == 1000, value)


@Claim("C15", "dataset", "1.28 million training images and 100,000 test images.", "none")
def other_splits() -> Finding:
    """Training and test images."""
    return unchecked("the workbench reads validation images only")


@Claim("C16", "verification", "Each row is the headline number its authors highlight.", "none")
def headline() -> Finding:
    """What authors highlight."""
    return unchecked("the reporting papers are not among the sources; several names leave size and pretraining open")
