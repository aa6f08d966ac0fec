"""The ranked leaderboard of CodeSOTA, fetched on 2026-04-20."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.special import ndtr

from workbench.claims import evidence
from workbench.claims.registry import HOLDS, OTHERS, Claim, Finding, each, judge, near, unchecked
from workbench.inputs import classes
from workbench.inputs.published import documents
from workbench.score.reported import reconciliation

DOCUMENT = "CodeSOTA leaderboard (2026)"
TABLE = "the printed table"
MAPPED = "timm's results, and data/published/leaderboard_checkpoints.csv"
BY_LABELS = "timm's results by original and by ReaL labels"
RECHT2019 = "top-5 of the public predictions of Recht et al. (2019), and of timm's results"
WITHIN = f"within {100 * reconciliation.TOLERANCE:.1f} points of timm's own result"
AUTHORS = {"coca-finetuned": "CoCa", "vit-g-14": "ViT-G/14", "EVA-02-L": "EVA-02-L", "EVA-Giant": "EVA-Giant"}
AUTHORS |= {"convnext-v2-huge": "ConvNeXt V2-Huge"}  # models whose authors' own number stands in reported.csv
SEPARABLE = (
    6  # pictures: an exact paired test has p = 2 * 0.5 ** 5 > 0.05 for five, even if one model contains the other
)


def _printed() -> pd.DataFrame:
    return documents.printed("leaderboard-codesota")


def _entries() -> pd.DataFrame:
    return evidence.entries().query("leaderboard == 'codesota'").set_index("model")


def _rows(mark: str) -> Iterator[Claim]:
    """The claims of the rows with a mark: *yes* or *no*."""
    rows = [(f"C{number:02d}", one) for number, one in enumerate(_printed().itertuples(), start=1)]
    for name, one in (row for row in rows if row[1].verified == mark):
        sign, place = {"yes": ("yes", "verified"), "no": ("—", "no mark")}[mark]
        quote = f"| {one.rank:02d} | {one.model} Fetched from CodeSOTA API on {one.fetched} | {one.top1:.2f} | {sign} |"
        statement = f"{one.model} reaches {one.top1:.2f} %"
        statement += ", matched against an independent reproduction." if mark == "yes" else "."
        place = f"row {one.rank:02d}, {place}"
        words = {"quote": quote, "threshold": WITHIN, "evidence": evidence.TOP1}
        yield Claim(name, place, statement, MAPPED, (one.model,), **words)


@each(lambda: _rows("yes"))
def verified(model: str) -> Finding:
    """One row with the mark against timm's own result for its checkpoint, to the last printed digit."""
    one, found = _entries().to_dict("index")[model], row(model)
    copied = near(round(one["timm"], 2), one["reported"], within=0)
    caveat = "the printed number is timm's to the last digit: whether anybody else measured it, the page does not say"
    return judge(True, found.value, caveat=caveat) if found.verdict == HOLDS and copied else found


@each(lambda: _rows("no"))
def row(model: str) -> Finding:
    """One row against timm's own result for the nearest checkpoint that its name fits."""
    one = _entries().to_dict("index")[model]
    if pd.isna(one["timm"]):
        theirs = f"its authors report {evidence.stated(AUTHORS[model], 'top1')} %" if model in AUTHORS else ""
        return unchecked(f"{one['reason']}; no public predictions are known", theirs)
    several = one["identity"] == "candidate"
    value = f"timm: {one['timm']:.2f} % for {one['checkpoint']} at {one['img_size']} px"
    of = f"the nearest of the {one['candidates']} checkpoints that the name fits" if several else "its checkpoint"
    caveat = f"{of} agrees; the name does not say which is meant" if several else ""
    otherwise = f"{of} is {one['difference']:+.2f} points away{_elsewhere(model)}"
    otherwise += "; one that timm lacks may be meant" if several else ""
    return judge(one["status"] == "reproduced", value, caveat=caveat, otherwise=otherwise)


def _elsewhere(model: str) -> str:
    """Which checkpoint gives the printed number although the name rules it out, if one is listed."""
    every = reconciliation.reconcile().query("model == @model and identity == 'other'").to_dict("records")
    return "".join(f"; {one['checkpoint']} gives {100 * one['timm']:.2f} %: {one['reason']}" for one in every)


@Claim(
    "C23",
    "heading",
    "22 models stand in the order of their top-1 accuracy.",
    TABLE,
    quote="Top-1 accuracy, ranked.",
    threshold="ranks 1 to 22, accuracy never rising",
)
def order() -> Finding:
    """Ranks 1 to 22, accuracy never rising."""
    return judge(*evidence.in_order(_printed(), 22, digits=2))


@Claim(
    "C24",
    "introduction",
    "Top-1 accuracy ranks vision backbones.",
    f"{TABLE}, 50,000 pictures",
    quote="It ranks vision backbones on Top-1 accuracy across 1,000 categories",
    threshold="every two neighbours apart by Holm's test holds, half of them too close for any test does not",
)
def neighbours() -> Finding:
    """How many neighbours are told apart as independent shares of 50,000 pictures, and how many by no test at all."""
    pairs = reconciliation.neighbours(_printed().assign(reported=lambda table: table["top1"] / 100))
    apart = int((holm(2 * ndtr(-(pairs["difference"] / pairs["error"]).to_numpy())) < 0.05).sum())
    close = int(((pairs["difference"] * reconciliation.N_IMAGES).round() < SEPARABLE).sum())
    value = f"of {len(pairs)} neighbours {apart} are apart by Holm's test of independent shares"
    rest = f"{len(pairs) - apart} are not: {close} no test could part, the others perhaps a paired one on predictions"
    caveat = "" if apart == len(pairs) else rest
    return judge(2 * close < len(pairs), value, caveat=caveat, otherwise=f"{close} are too close for any test")


def holm(p: np.ndarray) -> np.ndarray:
    """p-values adjusted for their number by Holm's step-down method, in the order given.

    >>> holm(np.array([0.04, 0.01, 0.5])).round(2).tolist()
    [0.08, 0.03, 0.5]
    """
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)).clip(max=1)
    return stepped[np.argsort(order)]


@Claim(
    "C25",
    "below the table",
    "Top-5 has been essentially solved since 2018.",
    RECHT2019,
    quote="Top-5 (any of the top five predictions being correct) has been essentially solved since 2018",
    threshold="fewer errors than a trained annotator is reported to make; fewer than 1 % without a caveat",
    about=OTHERS,
)
def top5_solved() -> Finding:
    """The smallest top-5 error of the public models, all of 2018 or before, and of timm's results."""
    top5, human = evidence.top5(), float(evidence.stated("trained annotator", "top5 error"))
    error, today = 100 - top5.max(), 100 - evidence.timm()["top5"].max()
    value = f"best of {len(top5)} public models up to 2018: {error:.1f} % error ({top5.idxmax()})"
    caveat = f"a trained annotator is reported at {human} %, but timm's best has {today:.2f} %"
    caveat = f"{caveat}: {100 - 100 * today / error:.0f} % of that error has gone since" if error >= 1 else ""
    return judge(error < human, value, caveat=caveat, otherwise=f"a trained annotator is reported at {human} %")


@Claim(
    "C26",
    "below the table",
    "A meaningful share of the error at this point comes from label noise.",
    BY_LABELS,
    quote="A meaningful share of the ImageNet error rate at this point comes from label noise",
    threshold="at least a tenth of the wrong pictures, in every row that timm reproduces",
)
def label_noise() -> Finding:
    """At least which share of the wrong pictures is right by ReaL or has no ReaL label, in every reproduced row.

    Wrong by the original label less wrong by ReaL is a lower bound: pictures wrong by ReaL alone only lessen it.
    """
    known = _entries().query("status == 'reproduced'").sort_values("rank")
    wrong = (100 - known["timm"]) * reconciliation.N_IMAGES
    gone = 100 - 100 * (100 - known["real"]) * reconciliation.N_REAL / wrong
    value = f"at least {gone.min():.1f} to {gone.max():.1f} % in {len(gone)} rows, {gone.iloc[0]:.1f} % in the best"
    value = f"{value} ({gone.index[0]}), are right by ReaL or have no ReaL label"
    caveat = "timm's results do not say how many have none; ReaL also accepts further objects, which is no noise"
    return judge(gone.min() >= 10, value, caveat=caveat, otherwise="in a row it is less than a tenth")


@Claim(
    "C27",
    "dataset",
    "1,000 categories and 50,000 validation images.",
    f"{evidence.SCORES}; the class list",
    quote="50,000 validation images and 100,000 test images spread across 1,000 categories",
    threshold="exactly",
)
def size() -> Finding:
    """Number of images and classes."""
    images, wnids = evidence.v1_images(), classes.wnids()
    value = f"{', '.join(f'{n:,}' for n in images)} images, {len(wnids):,} classes"
    return judge(images == {50_000} and len(set(wnids)) == 1000, value)


@Claim(
    "C28",
    "dataset",
    "1.28 million training images and 100,000 test images.",
    "none",
    quote="1.28 million training images, 50,000 validation images and 100,000 test images",
)
def other_splits() -> Finding:
    """Training and test images."""
    return unchecked("the workbench reads validation images only")


@Claim(
    "C29",
    "verification",
    "Each row is the headline number its authors highlight.",
    "data/published/reported.csv",
    quote="the row reflects the single headline number the authors highlight in their abstract or table",
    threshold="equal at the digits that the authors print, in every row whose authors' number is at hand",
)
def headline() -> Finding:
    """Rows beside what their authors report."""
    top1 = _printed().set_index("model")["top1"]
    theirs = {model: evidence.stated(subject, "top1") for model, subject in AUTHORS.items()}
    other = [name for name, text in theirs.items() if round(top1[name], len(text.split(".")[1])) != float(text)]
    value = f"{len(theirs) - len(other)} of {len(theirs)} rows whose authors' number is at hand"
    caveat = f"the papers of the other {len(top1) - len(theirs)} are not among the sources"
    unlike = ", ".join(f"{name} {top1[name]:.2f}, its authors {theirs[name]}" for name in other)
    return judge(not other, value, caveat=caveat, otherwise=unlike)


@Claim(
    "C30",
    "dataset",
    "Numbers computed against an external dataset are surfaced in a notes column.",
    TABLE,
    quote="When an entry reports a number computed against an external dataset, we surface that in the notes column.",
    threshold="the table has such a column",
)
def notes() -> Finding:
    """The columns of the table as fetched."""
    columns = [name for name in _printed().columns if name != "fetched"]  # which is printed below each name
    otherwise = "the table as fetched has no such column; whether an entry would need one, the page does not say"
    return judge("notes" in columns, f"columns: {', '.join(columns)}", otherwise=otherwise)


@Claim(
    "C31",
    "verification",
    "Each row is imported verbatim from benchmarks.json.",
    TABLE,
    quote="Each row above is imported verbatim from benchmarks.json.",
    threshold="every row names it as its source",
)
def imported() -> Finding:
    """The source that each row names."""
    counts = _printed()["source"].value_counts()
    value = ", ".join(f"{source}: {n} rows" for source, n in counts.items())
    otherwise = "the page names two origins, and each row the other one; neither is at hand"
    return judge(set(counts.index) == {"benchmarks.json"}, value, otherwise=otherwise)
