"""The overview "ImageNet Classification Advances in 2025"."""

import pandas as pd

from workbench.claims import evidence
from workbench.claims.evidence import TIMM
from workbench.claims.registry import Claim, Finding, judge, near, unchecked
from workbench.inputs.published import documents

DOCUMENT = "Overview of 2025"
TABLE, BOARDS = "the printed table", "both leaderboards"
HUGE = "convnextv2_huge.fcmae_ft_in22k_in1k_512"


def _table() -> pd.DataFrame:
    return documents.printed("leaderboard-overview-2025")


def _reported(subject: str) -> str:
    table = evidence.entries().query("subject == @subject")
    return "; ".join(f"{row.leaderboard}: {row.reported:.2f} %" for row in table.itertuples())


@Claim("O01", "introduction", "Leading models reach around 91 % top-1, an error of about 9 %.", TIMM)
def leading() -> Finding:
    """The best numbers on both leaderboards and in timm's results."""
    claimed, best = evidence.entries()["reported"].max(), evidence.timm()["top1"].max()
    value = f"reported: {claimed:.2f} %; best of timm's results here: {best:.2f} %"
    caveat = f"no number above {best:.2f} % could be checked against timm"
    return judge(near(claimed, 91, within=0.5), value, caveat=caveat)


@Claim("O02", "introduction", "Top-5 accuracies typically exceed 99 %.", TIMM)
def top5() -> Finding:
    """timm's top-5 of the checkpoints of both leaderboards above 88 % top-1."""
    best = evidence.entries().query("timm > 88")["checkpoint"].unique()
    found = evidence.timm().loc[best, "top5"]
    above = int((found > 99).sum())
    value = f"{above} of {len(found)} leading checkpoints exceed 99 % ({found.min():.2f} to {found.max():.2f} %)"
    return judge(above > len(found) / 2, value, otherwise="most lie just below 99 %, of those that timm holds")


@Claim("O03", "table", "Five models stand in the order of their top-1 accuracy.", TABLE)
def order() -> Finding:
    """Ranks 1 to 5, accuracy never rising."""
    return judge(*evidence.in_order(_table(), 5, digits=1))


@Claim("O04", "table", "Each printed top-1 error is 100 minus the accuracy.", TABLE)
def errors() -> Finding:
    """Top-1 error and accuracy add up to 100."""
    fit = near(_table()["top1"] + _table()["top1_error"], 100, within=0.005)
    return judge(fit.all(), f"{fit.sum()} of {len(fit)} rows")


@Claim("O05", "table", "Each estimated top-5 error is 100 minus the estimate.", TABLE)
def top5_errors() -> Finding:
    """The estimates of top-5 accuracy and error add up to 100."""
    top5, error = (_table()[name].str.lstrip("~<").astype(float) for name in ("top5_estimate", "top5_error_estimate"))
    fit = near(top5 + error, 100, within=0.005)
    caveat = "all five are the document's estimates (~, <), none a measurement"
    return judge(fit.all(), f"{fit.sum()} of 5 rows", caveat=caveat)


@Claim("O06", "row 1", "CoCa (finetuned) reaches 91.0 %.", BOARDS)
def coca() -> Finding:
    """CoCa on both leaderboards."""
    because = "two leaderboards agree, but timm's results hold no CoCa and no public predictions are known"
    return unchecked(because, _reported("coca"))


@Claim("O07", "row 2", "Model Soups (BASIC-L) reaches 90.98 %.", TIMM, arguments=("Model Soups (BASIC-L)",))
@Claim("O09", "row 4", "DaViT-Giant reaches 90.4 %.", TIMM, arguments=("DaViT-Giant",))
def absent(model: str) -> Finding:
    """A model that stands on this list only."""
    reason = evidence.entries().set_index("model").loc[model, "reason"]
    return unchecked(f"{reason}, and the other leaderboard does not list it")


@Claim("O08", "row 3", "Model Soups (ViT-G/14) reaches 90.94 %.", BOARDS)
def vit_g() -> Finding:
    """ViT-G/14 on both leaderboards."""
    because = "the leaderboards differ, one says it is a soup of models and the other does not"
    return unchecked(f"{because}; timm's results hold none", _reported("vit-g-14"))


@Claim("O10", "row 5", "ConvNeXt V2-Huge reaches 88.9 %.", TIMM)
def convnext() -> Finding:
    """The named checkpoint in timm's results."""
    top1 = evidence.timm()["top1"][HUGE]
    return judge(near(top1, 88.9, within=0.1), f"timm: {top1:.2f} %")


@Claim("O11", "row 5", "ConvNeXt V2-Huge is fifth of the current top performers.", f"{BOARDS}, {TIMM}")
def fifth() -> Finding:
    """Models above ConvNeXt V2-Huge on the other leaderboard that timm reproduces."""
    above = evidence.entries().query("leaderboard == 'codesota' and reported > 88.9")
    known = above.query("status == 'reproduced'")["model"]
    value = f"{len(above)} models above it on the other leaderboard; timm reproduces {', '.join(known)}"
    return judge(len(known) == 0 and len(above) <= 4, value, otherwise=f"at least {len(known)} more models are better")


@Claim("O12", "row 5", "ConvNeXt V2-Huge has 660M parameters.", TIMM)
def parameters() -> Finding:
    """timm's count of parameters."""
    one = evidence.timm()["parameters"][HUGE]
    return judge(near(one, 660, within=1), f"timm: {one:.2f} million")


@Claim("O13", "row 5", "Its top-5 accuracy is about 99.0 % (an estimate).", TIMM)
def convnext_top5() -> Finding:
    """timm's top-5 of the named checkpoint."""
    one = evidence.timm()["top5"][HUGE]
    caveat = f"the estimate is {99 - one:.1f} points too high, so its error of 1.0 % should read {100 - one:.2f} %"
    return judge(near(one, 99, within=0.5), f"timm: {one:.2f} %", caveat=caveat)


@Claim("O14", "clarification", "By 2017 SENet's top-5 error was about 2.3 %.", "top-5 of senet154, 2017")
def senet() -> Finding:
    """The public predictions of SENet-154, one network of the kind that won in 2017."""
    because = "2.3 % is a challenge entry on the test set, whose labels are private; the value is one network on V1"
    return unchecked(because, f"senet154: {100 - evidence.top5()['senet154']:.2f} %")


@Claim("O15", "clarification", "Before 2012 the top-5 error was around 25 %.", "top-5 of the Fisher-vector models")
def before_2012() -> Finding:
    """The Fisher-vector models among the public predictions, the best approach before networks."""
    errors = 100 - evidence.top5().filter(regex="^fv_")
    because = "the challenge entries before 2012 are not public; the value is a later re-implementation, on V1"
    return unchecked(because, f"best of {len(errors)} Fisher-vector models: {errors.min():.1f} % ({errors.idxmin()})")


@Claim(
    "O16",
    "last paragraph",
    "Human experts err in about 5 % by top-1, so AI has surpassed humans on this benchmark.",
    "the document's own numbers",
)
def humans() -> Finding:
    """The smallest top-1 error on the list against the human error that the document states."""
    best = _table()["top1_error"].min()
    value = f"smallest model error {best:.1f} %, human error as stated about 5 %, both top-1"
    otherwise = "by the document's own top-1 numbers humans err less"
    return judge(best < 5, value, otherwise=f"{otherwise}; only its top-5 range (2 to 12 %) fits the sentence")
