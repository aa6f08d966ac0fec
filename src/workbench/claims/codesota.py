"""The ranked leaderboard of CodeSOTA, fetched on 2026-04-20."""

from functools import cache

import pandas as pd

from workbench.claims.registry import Claim, Finding, judge, records, unchecked
from workbench.inputs import committed
from workbench.inputs.published import documents
from workbench.score import pools, reconciliation

DOCUMENT = "CodeSOTA leaderboard (2026)"
TIMM = "timm's results, and data/published/leaderboard_checkpoints.csv"


def claims() -> list[Claim]:
    """Its claims, in reading order."""
    table = "the ranked table"
    verified = documents.printed("leaderboard-codesota").query("verified == 'yes'")
    return [
        Claim("C01", table, "22 models stand in the order of their top-1 accuracy.", order, "the printed table"),
        Claim("C02", "title", "Top-1 accuracy ranks vision backbones.", neighbours, "the printed table, 50,000 images"),
        *[
            Claim(
                f"C{number:02d}",
                f"row {rank:02d}, verified",
                f"{model} reaches {top1:.2f} %, matched against an independent reproduction.",
                row,
                TIMM,
                (model,),
            )
            for number, (rank, model, top1) in enumerate(
                zip(verified["rank"], verified["model"], verified["top1"], strict=True), start=3
            )
        ],
        Claim("C09", "rows without the mark", 'Sixteen rows are marked "—": not verified.', unverified, TIMM),
        Claim("C10", "row 19", "resnet-50-a3 reaches 80.40 %.", recipe_a3, TIMM),
        Claim("C11", "row 21", "efficientnet-b0 reaches 77.10 %.", row, TIMM, ("efficientnet-b0",)),
        Claim(
            "C12",
            "below the table",
            "Top-5 has been essentially solved since 2018.",
            top5_solved,
            "top-5 of the public predictions of Recht et al. (2019)",
        ),
        Claim(
            "C13",
            "below the table",
            "A meaningful share of the error at this point comes from label noise.",
            label_noise,
            "timm's results by original and by ReaL labels",
        ),
        Claim(
            "C14",
            "dataset",
            "1,000 categories and 50K validation images.",
            size,
            "the committed scores of the public predictions; the class list",
        ),
        Claim("C15", "dataset", "1.28 million training images and 100,000 test images.", other_splits, "none"),
        Claim("C16", "verification", "Each row is the headline number its authors highlight.", headline, "none"),
    ]


@cache
def reconciled() -> pd.DataFrame:
    """One row per entry of both leaderboards, beside its nearest checkpoint."""
    return reconciliation.entries(reconciliation.reconcile())


def _entries() -> pd.DataFrame:
    return reconciled().query("leaderboard == 'codesota'")


def order() -> Finding:
    """Ranks 1 to 22, accuracy never rising."""
    table = documents.printed("leaderboard-codesota")
    true = table["rank"].tolist() == list(range(1, 23)) and bool(table["top1"].is_monotonic_decreasing)
    return judge(true, f"{len(table)} rows, {table['top1'].iloc[0]:.2f} to {table['top1'].iloc[-1]:.2f} %, sorted")


def neighbours() -> Finding:
    """How many neighbours a share of 50,000 images can tell apart."""
    pairs = reconciliation.neighbours(_entries())
    apart = int(pairs["apart"].sum())
    return judge(
        apart > 0,
        f"{apart} of {len(pairs)} neighbours differ by more than ±1.96 standard errors",
        caveat=f"{len(pairs) - apart} pairs cannot be told apart by these numbers; a paired test on predictions could",
    )


def row(model: str) -> Finding:
    """One row against timm's own result for its checkpoint."""
    one = records(_entries(), "model")[model]
    if one["status"] == "no counterpart":
        return unchecked(f"{one['reason']}, and no public predictions are known")
    value = f"timm: {100 * one['timm']:.2f} % for {one['checkpoint']} at {one['img_size']} px"
    if one["status"] == "reproduced":
        return judge(True, value)
    other = f"the nearest of {one['candidates']} checkpoints is {100 * one['difference']:+.2f} points away"
    return judge(False, value, otherwise=other)


def unverified() -> Finding:
    """What timm says to the rows without a mark."""
    rest = _entries().query("verified == 'no'")
    counts = rest["status"].value_counts()
    found = ", ".join(f"{n} {status}" for status, n in counts.items())
    several = int(((rest["status"] == "reproduced") & (rest["identity"] == "candidate")).sum())
    caveat = f"{counts['reproduced']} of them do agree with timm; in {several} the name leaves the checkpoint open"
    return judge(len(rest) == 16, f"of {len(rest)}: {found}", caveat=caveat)


def recipe_a3() -> Finding:
    """ResNet-50 by recipe A3, and by the recipe that gives the printed number."""
    results = committed.table("timm-results").set_index(["checkpoint", "img_size"])["top1"]
    a3, a1 = (100 * results[(f"resnet50.{recipe}_in1k", 224)] for recipe in ("a3", "a1"))
    value = f"timm at 224 px: recipe A3 {a3:.2f} %, recipe A1 {a1:.2f} %"
    return judge(abs(a3 - 80.40) <= 0.1, value, otherwise="80.40 % is what recipe A1 gives, not A3")


def top5_solved() -> Finding:
    """Best top-5 accuracy among the public models, all of 2018 or before."""
    table = committed.table("recht2019-top5").sort_values("value")
    best = table.iloc[-1]
    value = f"best of {len(table)} models up to 2018: {100 * best['value']:.1f} % ({best['checkpoint']})"
    caveat = f"{100 * (1 - best['value']):.1f} % of the pictures were still missed"
    return judge(best["value"] > 0.95, value, caveat=caveat)


def label_noise() -> Finding:
    """Share of the top entry's error that goes away when any ReaL label counts."""
    one = records(_entries(), "model")["EVA-02-L"]
    error, real = 100 * (1 - one["timm"]), 100 * (1 - one["real"])
    value = f"EVA-02-L: {error:.2f} % error by the original label, {real:.2f} % by ReaL"
    caveat = (
        f"{100 * (error - real) / error:.0f} % of the error goes away by this count, which leaves out images without a "
        "ReaL label; expert labels may accept more"
    )
    return judge(error - real > 1, value, caveat=caveat)


def size() -> Finding:
    """Number of images and classes."""
    from workbench.inputs import classes

    top1 = pools.recht2019().query("image_set == 'v1' and metric == 'top1' and label_count.isna()")
    images = set(top1["n_images"])
    value = f"{', '.join(f'{n:,}' for n in images)} images, {len(classes.wnids()):,} classes"
    return judge(images == {50_000} and len(set(classes.wnids())) == 1000, value)


def other_splits() -> Finding:
    """Training and test images."""
    return unchecked("the workbench reads validation images only")


def headline() -> Finding:
    """What authors highlight."""
    return unchecked("the reporting papers are not among the sources; several names leave size and pretraining open")
