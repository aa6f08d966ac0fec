"""The sentences of the overview around its table."""

import pandas as pd

from workbench.claims import evidence
from workbench.claims.evidence import TIMM, TOP5
from workbench.claims.overview.table import AUTHORS, DOCUMENT, REPORTED, TABLE, entries, estimates, listing, reported
from workbench.claims.registry import OTHERS, Claim, Finding, judge, near, unchecked

__all__ = ["DOCUMENT"]


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
    """What the authors of the five models report, and the best that timm measured."""
    best = evidence.timm()["top1"].max()
    theirs = [f"{model} {reported(subject, 'top1') or 'not at hand'}" for model, subject in AUTHORS.items()]
    because = (
        f"committed data hold no measurement above {best:.2f} %; the public outputs of Greedy Soups could give one"
    )
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
    listed, every = entries(), evidence.entries().query("timm > 88")["checkpoint"].unique()
    errors, others = _top5_errors(pd.Index(listed["checkpoint"].dropna())), _top5_errors(pd.Index(every))
    below, unknown = int((errors < 1).sum()), len(listed) - len(errors)
    value = (
        f"{below} of the {len(errors)} that timm holds; of {len(others)} checkpoints above 88 % on either leaderboard"
    )
    value = f"{value} {int((others < 1).sum())} ({100 - others.max():.2f} to {100 - others.min():.2f} %)"
    if 2 * below <= len(listed) < 2 * (below + unknown):
        return unchecked(
            f"timm's results hold {len(errors)} of the five, and no top-5 of the others is among the sources", value
        )
    return judge(2 * below > len(listed), value, otherwise="most of the five do not")


@Claim(
    "O03",
    "above the table",
    "The top-5 errors of all five models are under 1 %.",
    f"{TABLE}; {TIMM}",
    quote="cross-referencing with similar recent architectures suggests top-5 errors under 1% for all",
    threshold="under 1 % in every row, as printed and as far as timm measured it",
    evidence=TOP5,
)
def all_under_one() -> Finding:
    """The document's own estimates, and timm's top-5 where it holds the model."""
    printed = listing()[estimates("top5_error_estimate") >= 1]
    measured = _top5_errors(pd.Index(entries()["checkpoint"].dropna()))
    found = ", ".join(f"{error:.2f} % for {name}" for name, error in measured.items())
    value = f"{len(listing()) - len(printed)} of {len(listing())} rows as printed; timm: {found}"
    own = "".join(f"{one.model} is printed with {one.top5_error_estimate} %; " for one in printed.itertuples())
    otherwise = f"{own}timm measures {(measured >= 1).sum()} of {len(measured)} at 1 % or more"
    caveat = f"{len(listing()) - len(measured)} of them are estimates that nothing here can check"
    return judge(printed.empty and (measured < 1).all(), value, caveat=caveat, otherwise=otherwise)


@Claim(
    "O04",
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
    "O05",
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
    "O06",
    "clarification",
    "Modern models have pushed the top-5 error below 1 %.",
    TIMM,
    quote="Modern SOTA models have pushed it below 1%",
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
    "O07",
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
    "O08",
    "last paragraph",
    "So AI has surpassed humans on this benchmark.",
    "the document's own numbers",
    quote="so AI has surpassed humans on this benchmark",
    threshold="a smaller error than the human's by each of the two measures it names: 5 % by top-1, 2 % by top-5",
)
def surpassed() -> Finding:
    """The smallest errors on the list against the human errors that the document states."""
    top1, top5 = listing()["top1_error"].min(), estimates("top5_error_estimate").min()
    value = f"smallest model errors {top1:.1f} % by top-1 and {top5:.1f} % by top-5"
    otherwise = "by the document's own top-1 numbers humans err less; only its top-5 numbers fit the sentence"
    return judge(top1 < 5 and top5 < 2, value, otherwise=otherwise if top1 >= 5 else "by top-5 humans err less")
