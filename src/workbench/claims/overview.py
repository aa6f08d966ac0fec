"""The overview "ImageNet Classification Advances in 2025"."""

from collections.abc import Iterator

import pandas as pd

from workbench.claims import evidence
from workbench.claims.evidence import TIMM, TOP1, TOP5
from workbench.claims.registry import OTHERS, Claim, Finding, each, judge, near, unchecked
from workbench.inputs.published import documents

DOCUMENT = "Overview of 2025"
TABLE, BOARDS, REPORTED = "the printed table", "both leaderboards", "data/published/reported.csv"
HUGE = "convnextv2_huge.fcmae_ft_in22k_in1k_512"
# What the authors of the five models report stands in reported.csv under these names.
AUTHORS = {"CoCa (finetuned)": "CoCa", "Model Soups (BASIC-L)": "BASIC", "DaViT-Giant": "DaViT-Giant"}
AUTHORS |= {"Model Soups (ViT-G/14)": "Soup of ViT-G", "ConvNeXt V2-Huge": "ConvNeXt V2-Huge"}
SOTA = "Modern SOTA models have pushed it below 1%"
COCA = "excels in zero-shot (86.3% top-1) and frozen-encoder settings (90.6% top-1)"


def _table() -> pd.DataFrame:
    return documents.printed("leaderboard-overview-2025")


def _entries() -> pd.DataFrame:
    return evidence.entries().query("leaderboard == 'overview-2025'").set_index("model")


def _theirs(subject: str, fact: str) -> str:
    """What authors report, or nothing where it is not at hand."""
    rows = documents.printed("reported").query("subject == @subject and fact == @fact")
    return str(rows["value"].iloc[0]) if len(rows) else ""


def _top5_errors(names: pd.Index) -> pd.Series:
    """timm's top-5 error of its checkpoints."""
    return 100 - evidence.timm().loc[names, "top5"]


@Claim(
    "O01",
    "introduction",
    "Leading models reach around 91 % top-1, an error of about 9 %.",
    f"{TIMM}; {REPORTED}",
    quote="the leading models achieve top-1 accuracies around 91%, corresponding to a top-1 error rate of ~9%",
)
def leading() -> Finding:
    """What the authors of the models above 90.5 % report, and the best that timm measured."""
    best = evidence.timm()["top1"].max()
    theirs = [f"{model} {_theirs(subject, 'top1') or 'not at hand'}" for model, subject in AUTHORS.items()]
    because = f"no model above {best:.2f} % has public weights or predictions among the sources"
    return unchecked(because, f"as their authors report: {', '.join(theirs)}; best of timm's results: {best:.2f} %")


@Claim(
    "O02",
    "introduction",
    "Top-5 accuracies typically exceed 99 %.",
    TIMM,
    quote="Top-5 accuracies are even higher, typically exceeding 99%, for a top-5 error rate below 1%",
    threshold="more than half of the five listed models",
    evidence=TOP5,
)
def top5() -> Finding:
    """timm's top-5 of those of the five models that it holds, and of others above 88 % top-1."""
    listed, every = _entries(), evidence.entries().query("timm > 88")["checkpoint"].unique()
    errors, others = _top5_errors(pd.Index(listed["checkpoint"].dropna())), _top5_errors(pd.Index(every))
    below, unknown = int((errors < 1).sum()), len(listed) - len(errors)
    value = (
        f"{below} of the {len(errors)} that timm holds; of {len(others)} checkpoints above 88 % on either leaderboard"
    )
    value = f"{value} {int((others < 1).sum())} ({100 - others.max():.2f} to {100 - others.min():.2f} %)"
    if 2 * below <= len(listed) < 2 * (below + unknown):
        return unchecked(f"timm's results hold {len(errors)} of the five, and no top-5 of the others is public", value)
    return judge(2 * below > len(listed), value, otherwise="most of the five do not")


@Claim(
    "O03",
    "above the table",
    "Five models stand in the order of their top-1 accuracy.",
    TABLE,
    quote="a snapshot of the current top performers (fine-tuned on ImageNet-1K), based on top-1 accuracy",
    threshold="ranks 1 to 5, accuracy never rising",
)
def order() -> Finding:
    """Ranks 1 to 5, accuracy never rising."""
    return judge(*evidence.in_order(_table(), 5, digits=1))


@Claim(
    "O04",
    "table",
    "Each printed top-1 error is 100 minus the accuracy.",
    TABLE,
    quote="91.0% (9.0% error)",
    threshold="in every row, to the last printed digit",
)
def errors() -> Finding:
    """Top-1 error and accuracy add up to 100."""
    fit = near(_table()["top1"] + _table()["top1_error"], 100, within=0.005)
    return judge(fit.all(), f"{fit.sum()} of {len(fit)} rows")


@Claim(
    "O05",
    "table",
    "Each estimated top-5 error is 100 minus the estimate.",
    TABLE,
    quote="~99.5% (<0.5% error)",
    threshold="in every row, to the last printed digit",
)
def top5_errors() -> Finding:
    """The estimates of top-5 accuracy and error add up to 100."""
    top5, error = (_estimates(name) for name in ("top5_estimate", "top5_error_estimate"))
    fit = near(top5 + error, 100, within=0.005)
    caveat = "all five are the document's estimates (~, <), none a measurement"
    return judge(fit.all(), f"{fit.sum()} of 5 rows", caveat=caveat)


def _estimates(name: str) -> pd.Series:
    return _table()[name].str.lstrip("~<").astype(float)


def _rows() -> Iterator[Claim]:
    for number, one in enumerate(_table().itertuples(), start=6):
        top1, wrong = f"{one.top1:.2f}".removesuffix("0"), f"{one.top1_error:.2f}".removesuffix("0")
        quote = f"| {one.rank} | {one.model} | {top1}% ({wrong}% error) |"
        words = {"quote": quote, "threshold": "within 0.1 points of timm's own result", "evidence": TOP1}
        yield Claim(f"O{number:02d}", f"row {one.rank}", f"{one.model} reaches {top1} %.", TIMM, (one.model,), **words)


@each(_rows)
def row(model: str) -> Finding:
    """One row against timm's own result; without one, beside what its authors and the other leaderboard say."""
    one = _entries().to_dict("index")[model]
    if not pd.isna(one["timm"]):
        return judge(one["status"] == "reproduced", f"timm: {one['timm']:.2f} % for {one['checkpoint']}")
    theirs = _theirs(AUTHORS[model], "top1")
    other = evidence.entries().query("leaderboard != 'overview-2025' and subject == @one['subject']")
    said = [f"its authors report {theirs} %"] if theirs else []
    said += [f"{entry.leaderboard}: {entry.reported:.2f} %" for entry in other.itertuples()]
    return unchecked(f"{one['reason']}, and no public predictions are known", "; ".join(said))


@Claim(
    "O11",
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
    for number, one in enumerate(_table().itertuples(), start=12):
        threshold = "the same at the printed digits"
        words = {"quote": f"| {one.parameters} |", "threshold": threshold, "evidence": "numbers of parameters"}
        statement = f"{one.model} has {one.parameters} parameters."
        yield Claim(f"O{number:02d}", f"row {one.rank}", statement, f"{TIMM}; {REPORTED}", (one.model,), **words)


@each(_sizes)
def parameters(model: str) -> Finding:
    """timm's count of parameters, or what is reported."""
    entry = _entries().to_dict("index")[model]
    claimed = entry["stated_parameters"]
    step = 100 if claimed >= 1000 else 10  # millions: what a digit of 2.1B and of 660M stands for
    if not pd.isna(entry["parameters"]):
        return judge(near(entry["parameters"], claimed, within=step / 2), f"timm: {entry['parameters']:.2f} million")
    subject = {"Soup of ViT-G": "ViT-G/14"}.get(AUTHORS[model], AUTHORS[model])  # a soup is as large as its parts
    if subject == "BASIC":
        because = "what is reported counts its text tower too, which a soup of classifiers has not"
        return unchecked(because, f"reported: {_theirs(subject, 'parameters')} million for the largest BASIC")
    if not (theirs := _theirs(subject, "parameters")):
        return unchecked("no source at hand states it")
    fits = near(float(theirs), claimed, within=step / 2)
    return judge(fits, f"reported: {theirs} million", caveat="as reported; there are no public weights to count")


@Claim(
    "O17",
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


@Claim(
    "O18",
    "above the table",
    "The top-5 errors of all five models are under 1 %.",
    f"{TABLE}; {TIMM}",
    quote="cross-referencing with similar recent architectures suggests top-5 errors under 1% for all",
    threshold="under 1 % in every row, as printed and as far as timm measured it",
    evidence=TOP5,
)
def all_under_one() -> Finding:
    """The document's own estimates, and timm's top-5 where it holds the model."""
    printed = _table()[_estimates("top5_error_estimate") >= 1]
    measured = _top5_errors(pd.Index(_entries()["checkpoint"].dropna()))
    found = ", ".join(f"{error:.2f} % for {name}" for name, error in measured.items())
    value = f"{len(_table()) - len(printed)} of {len(_table())} rows as printed; timm: {found}"
    own = "".join(f"{one.model} is printed with {one.top5_error_estimate} %; " for one in printed.itertuples())
    otherwise = f"{own}timm measures {(measured >= 1).sum()} of {len(measured)} at 1 % or more"
    caveat = f"{len(_table()) - len(measured)} of them are estimates that nothing here can check"
    return judge(printed.empty and (measured < 1).all(), value, caveat=caveat, otherwise=otherwise)


@Claim("O19", "row 1", "CoCa reaches 86.3 % zero-shot.", REPORTED, ("zero-shot top1", 86.3), quote=COCA)
@Claim(
    "O20", "row 1", "CoCa reaches 90.6 % with a frozen encoder.", REPORTED, ("frozen-encoder top1", 90.6), quote=COCA
)
def coca(fact: str, claimed: float) -> Finding:
    """A figure of CoCa beside what its authors report."""
    theirs = evidence.stated("CoCa", fact)
    if float(theirs) == claimed:
        return unchecked("neither weights nor predictions of CoCa are public", f"its authors report {theirs} %")
    return judge(False, f"its authors report {theirs} %", otherwise="its authors report another number")


@Claim(
    "O21",
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
    "O22",
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


@Claim(
    "O23",
    "clarification",
    "By 2017 SENet's top-5 error was about 2.3 %.",
    f"{REPORTED}; top-5 of senet154",
    quote="By 2017 (SENet), it dropped to ~2.3%",
    threshold="what its authors report, at the printed digits",
)
def senet() -> Finding:
    """What its authors report of their challenge entry, and one network of its kind on V1."""
    theirs = evidence.stated("SENet, ILSVRC 2017", "top5 error")
    one = 100 - evidence.top5()["senet154"]
    caveat = f"the entry on the test set, whose labels are private; senet154 alone makes {one:.2f} % errors on V1"
    return judge(near(float(theirs), 2.3, within=0.05), f"its authors report {theirs} %", caveat=caveat)


@Claim(
    "O24",
    "clarification",
    "Before 2012 the top-5 error was around 25 %.",
    f"{REPORTED}; top-5 of the Fisher-vector models",
    quote="Pre-2012 baselines (e.g., SVMs) hovered around 25% top-5 error",
    threshold="within 2 points",
    about=OTHERS,
)
def before_networks() -> Finding:
    """The best challenge entry of 2012 without a network, and the public Fisher-vector models on V1."""
    theirs = evidence.stated("best without a network, ILSVRC 2012", "top5 error")
    fisher = 100 - evidence.top5().filter(regex="^fv_")
    value = f"best entry without a network in the challenge of 2012: {theirs} %"
    caveat = f"an entry of 2012; the best of {len(fisher)} public Fisher-vector models makes {fisher.min():.1f} % on V1"
    return judge(near(float(theirs), 25, within=2), value, caveat=caveat)


@Claim(
    "O25",
    "clarification",
    "Modern models have pushed the top-5 error below 1 %.",
    TIMM,
    quote=SOTA,
    threshold="two of timm's checkpoints or more",
    about=OTHERS,
    evidence=TOP5,
)
def below_one() -> Finding:
    """timm's checkpoints with a top-5 error below 1 %."""
    errors = _top5_errors(evidence.timm().index)
    below = errors[errors < 1].sort_values()
    value = f"{len(below)} of {len(errors)} checkpoints, the least {errors.min():.2f} % ({errors.idxmin()})"
    networks = below.index.str.split("_patch").str[0].nunique()
    caveat = f"of {networks} network{'s' if networks > 1 else ''}; none is a model of the document's list"
    return judge(len(below) >= 2, value, caveat=caveat, otherwise="fewer than two do")


@Claim(
    "O26",
    "last paragraph",
    "Human experts err in about 5 % by top-1.",
    REPORTED,
    quote="Human expert performance is estimated at ~5% top-1 error (or 2-12% top-5, varying by study)",
)
def humans() -> Finding:
    """What is reported of a trained annotator."""
    theirs = evidence.stated("trained annotator", "top5 error")
    because = "the document names no study; the error of about 5 % that is reported here is by top-5, not by top-1"
    return unchecked(because, f"a trained annotator makes {theirs} % errors by top-5, as reported")


@Claim(
    "O27",
    "last paragraph",
    "So AI has surpassed humans on this benchmark.",
    "the document's own numbers",
    quote="so AI has surpassed humans on this benchmark",
    threshold="a smaller error than the human's by each of the two measures it names: 5 % by top-1, 2 % by top-5",
)
def surpassed() -> Finding:
    """The smallest errors on the list against the human errors that the document states."""
    top1, top5 = _table()["top1_error"].min(), _estimates("top5_error_estimate").min()
    value = f"smallest model errors {top1:.1f} % by top-1 and {top5:.1f} % by top-5"
    otherwise = "by the document's own top-1 numbers humans err less; only its top-5 numbers fit the sentence"
    return judge(top1 < 5 and top5 < 2, value, otherwise=otherwise if top1 >= 5 else "by top-5 humans err less")
