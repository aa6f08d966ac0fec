"""The table of the overview, row by row."""

from collections.abc import Iterator

import pandas as pd

from workbench.claims import evidence, experts
from workbench.claims.evidence import TIMM, TOP1, TOP5
from workbench.claims.registry import Claim, Finding, each, judge, near, unchecked
from workbench.inputs.published import documents

DOCUMENT = "Overview of 2025"
TABLE, BOARDS, REPORTED = "the printed table", "both leaderboards", "data/published/reported.csv"
HUGE = "convnextv2_huge.fcmae_ft_in22k_in1k_512"
# What the authors of the five models report stands in reported.csv under these names.
AUTHORS = {"CoCa (finetuned)": "CoCa", "Model Soups (BASIC-L)": "BASIC", "DaViT-Giant": "DaViT-Giant"}
SOUP, GREEDY = "Soup of ViT-G", "Greedy Soups"
AUTHORS |= {"Model Soups (ViT-G/14)": SOUP, "ConvNeXt V2-Huge": "ConvNeXt V2-Huge"}
COCA = "excels in zero-shot (86.3% top-1) and frozen-encoder settings (90.6% top-1)"


def listing() -> pd.DataFrame:
    """The table as it is printed."""
    return documents.printed("leaderboard-overview-2025")


def entries() -> pd.DataFrame:
    """Its rows beside their nearest checkpoints, by model."""
    return evidence.entries().query("leaderboard == 'overview-2025'").set_index("model")


def reported(subject: str, fact: str) -> str:
    """What authors report, or nothing where it is not at hand."""
    rows = documents.printed("reported").query("subject == @subject and fact == @fact")
    return str(rows["value"].iloc[0]) if len(rows) else ""


def estimates(name: str) -> pd.Series:
    """A column of estimates as numbers, without their signs."""
    return listing()[name].str.lstrip("~<").astype(float)


@Claim(
    "T01",
    "above the table",
    "Five models stand in the order of their top-1 accuracy.",
    TABLE,
    quote="a snapshot of the current top performers (fine-tuned on ImageNet-1K), based on top-1 accuracy",
    threshold="ranks 1 to 5, accuracy never rising",
)
def order() -> Finding:
    """Ranks 1 to 5, accuracy never rising."""
    return judge(*evidence.in_order(listing(), 5, digits=1))


@Claim(
    "T02",
    "table",
    "Each printed top-1 error is 100 minus the accuracy.",
    TABLE,
    quote="91.0% (9.0% error)",
    threshold="in every row, to the last printed digit",
)
def errors() -> Finding:
    """Top-1 error and accuracy add up to 100."""
    fit = near(listing()["top1"] + listing()["top1_error"], 100, within=0.005)
    return judge(fit.all(), f"{fit.sum()} of {len(fit)} rows")


@Claim(
    "T03",
    "table",
    "Each estimated top-5 error is 100 minus the estimate.",
    TABLE,
    quote="~99.5% (<0.5% error)",
    threshold="in every row, to the last printed digit",
)
def top5_errors() -> Finding:
    """The estimates of top-5 accuracy and error add up to 100."""
    top5, error = (estimates(name) for name in ("top5_estimate", "top5_error_estimate"))
    fit = near(top5 + error, 100, within=0.005)
    caveat = "all five are the document's estimates (~, <), none a measurement"
    return judge(fit.all(), f"{fit.sum()} of 5 rows", caveat=caveat)


def _rows() -> Iterator[Claim]:
    for number, one in enumerate(listing().itertuples(), start=4):
        top1, wrong = f"{one.top1:.2f}".removesuffix("0"), f"{one.top1_error:.2f}".removesuffix("0")
        quote = f"| {one.rank} | {one.model} | {top1}% ({wrong}% error) |"
        words = {"quote": quote, "threshold": "within 0.1 points of timm's own result", "evidence": TOP1}
        yield Claim(f"T{number:02d}", f"row {one.rank}", f"{one.model} reaches {top1} %.", TIMM, (one.model,), **words)


@each(_rows)
def row(model: str) -> Finding:
    """One row against timm's own result; without one, beside what its authors and the other leaderboard say."""
    one = entries().to_dict("index")[model]
    if not pd.isna(one["timm"]):
        return judge(one["status"] == "reproduced", f"timm: {one['timm']:.2f} % for {one['checkpoint']}")
    theirs = reported(AUTHORS[model], "top1")
    other = evidence.entries().query("leaderboard != 'overview-2025' and subject == @one['subject']")
    if AUTHORS[model] == SOUP and (found := experts.top1()) is not None and near(found[GREEDY], one["reported"], 0.1):
        caveat = f"by the public outputs of {GREEDY}, taken to be this soup"
        return judge(True, f"{GREEDY}: {found[GREEDY]:.2f} %", caveat=caveat)
    said = [f"its authors report {theirs} %"] if theirs else []
    said += [f"{entry.leaderboard}: {entry.reported:.2f} %" for entry in other.itertuples()]
    none = "the public outputs of Greedy Soups may be this soup's: workbench fetch mistakes-logits"
    none = none if AUTHORS[model] == SOUP else "no public predictions are known"
    return unchecked(f"{one['reason']}; {none}", "; ".join(said))


@Claim(
    "T09",
    "row 5",
    "ConvNeXt V2-Huge is fifth of the current top performers.",
    f"{BOARDS}, {TIMM}",
    quote="| 5 | ConvNeXt V2-Huge |",
    threshold="no further model above it that timm reproduces",
    evidence=TOP1,
)
def fifth() -> Finding:
    """Models above ConvNeXt V2-Huge on the other leaderboard that timm reproduces."""
    above = evidence.entries().query("leaderboard == 'codesota' and reported > 88.9")
    known = above.query("status == 'reproduced'")["model"]
    value = f"{len(above)} models above it on the other leaderboard; timm reproduces {', '.join(known)}"
    return judge(len(known) == 0 and len(above) <= 4, value, otherwise=f"at least {len(known)} more models are better")


def _sizes() -> Iterator[Claim]:
    for number, one in enumerate(listing().itertuples(), start=10):
        threshold = "the same at the printed digits"
        words = {"quote": f"| {one.parameters} |", "threshold": threshold, "evidence": "numbers of parameters"}
        statement = f"{one.model} has {one.parameters} parameters."
        yield Claim(f"T{number:02d}", f"row {one.rank}", statement, f"{TIMM}; {REPORTED}", (one.model,), **words)


@each(_sizes)
def parameters(model: str) -> Finding:
    """timm's count of parameters, or what is reported."""
    entry = entries().to_dict("index")[model]
    claimed = entry["stated_parameters"]
    step = 100 if claimed >= 1000 else 10  # millions: what a digit of 2.1B and of 660M stands for
    if not pd.isna(entry["parameters"]):
        return judge(near(entry["parameters"], claimed, within=step / 2), f"timm: {entry['parameters']:.2f} million")
    subject = {SOUP: "ViT-G/14"}.get(AUTHORS[model], AUTHORS[model])  # a soup is as large as its parts
    if subject == "BASIC":
        because = "what is reported counts its text tower too, which a soup of classifiers has not"
        return unchecked(because, f"reported: {reported(subject, 'parameters')} million for the largest BASIC")
    if not (theirs := reported(subject, "parameters")):
        return unchecked("no source at hand states it")
    fits = near(float(theirs), claimed, within=step / 2)
    return judge(fits, f"reported: {theirs} million", caveat="as reported; there are no public weights to count")


@Claim(
    "T15",
    "row 5",
    "The top-5 accuracy of ConvNeXt V2-Huge is about 99.0 % (an estimate).",
    TIMM,
    quote="~99.0% (~1.0% error)",
    threshold="within 0.1 points, the step between the document's estimates",
    evidence=TOP5,
)
def convnext_top5() -> Finding:
    """timm's top-5 of the named checkpoint."""
    one = evidence.timm()["top5"][HUGE]
    otherwise = (
        f"the estimate is {99 - one:.2f} points from it: of its errors it leaves out {100 - 100 / (100 - one):.0f} %"
    )
    return judge(near(one, 99, within=0.1), f"timm: {one:.2f} %", otherwise=otherwise)


@Claim("T16", "row 1", "CoCa reaches 86.3 % zero-shot.", REPORTED, ("zero-shot top1", 86.3), quote=COCA)
@Claim(
    "T17", "row 1", "CoCa reaches 90.6 % with a frozen encoder.", REPORTED, ("frozen-encoder top1", 90.6), quote=COCA
)
def coca(fact: str, claimed: float) -> Finding:
    """A figure of CoCa beside what its authors report."""
    theirs = evidence.stated("CoCa", fact)
    if float(theirs) == claimed:
        return unchecked(
            "neither weights nor predictions of CoCa are among the sources", f"its authors report {theirs} %"
        )
    return judge(False, f"its authors report {theirs} %", otherwise="its authors report another number")


@Claim(
    "T20",
    "row 2",
    "Model soups are an ensemble average of fine-tuned models.",
    REPORTED,
    quote="Ensemble averaging of fine-tuned models for improved robustness.",
    threshold="what their authors average: an ensemble averages outputs",
)
def averaging() -> Finding:
    """What the authors of model soups average."""
    averaged = evidence.stated(SOUP, "what is averaged")
    otherwise = "they set their soups against ensembles, whose every part must run"
    return judge(averaged == "outputs", f"their authors average {averaged}", otherwise=otherwise)


@Claim(
    "T18",
    "row 4",
    "DaViT-Giant was trained on 1.5 billion image-text pairs.",
    REPORTED,
    quote="trained on 1.5B image-text pairs",
    threshold="the number that its authors report",
)
def pairs() -> Finding:
    """What its authors report."""
    theirs = evidence.stated("DaViT-Giant", "image-text pairs")
    caveat = "as its authors report; the pairs are not public"
    return judge(near(float(theirs), 1500, within=50), f"{theirs} million pairs", caveat=caveat)


@Claim(
    "T19",
    "row 5",
    "ConvNeXt V2-Huge is efficient for edge devices.",
    f"{TIMM}; {REPORTED}",
    quote="efficient for edge devices",
    threshold="no more parameters than the median of timm's committed checkpoints",
    evidence="numbers of parameters",
)
def edge() -> Finding:
    """Its parameters beside those of timm's other checkpoints, and the sibling that its authors call efficient."""
    every = evidence.timm()["parameters"]
    own, small = every[HUGE], evidence.stated("ConvNeXt V2-Atto", "parameters")
    value = f"{own:.0f} million parameters, more than {int((every < own).sum())} of {len(every)} checkpoints have"
    otherwise = (
        f"their median is {every.median():.0f}; the one its authors call efficient, the Atto, has {small} million"
    )
    return judge(own <= every.median(), value, otherwise=otherwise)
