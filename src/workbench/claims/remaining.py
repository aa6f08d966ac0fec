"""Vasudevan et al. (2022) on the remaining mistakes on ImageNet, as their abstract has it."""

import pandas as pd

from workbench.claims import evidence
from workbench.claims.registry import Claim, Finding, judge, near, share, unchecked
from workbench.inputs import committed
from workbench.inputs.published import mistakes

DOCUMENT = "Remaining mistakes on ImageNet (2022)"
REVIEW = "the public review of ViT-3B and Greedy Soups"
PLACE = "abstract"


def _counts() -> pd.DataFrame:
    return committed.table("mistakes-counts")


@Claim("V01", PLACE, "Today's largest models achieve 90 %+ top-1 accuracy.", evidence.TIMM)
def ninety() -> Finding:
    """timm's best top-1 accuracy."""
    best = evidence.timm()["top1"].max()
    return judge(best >= 90, f"timm's best here: {best:.2f} %")


@Claim("V02", PLACE, "Every remaining mistake of a few top models was reviewed and categorised.", REVIEW)
def every() -> Finding:
    """Mistakes with a category and a severity."""
    table = _counts()
    totals = table.groupby("model")["n_images"].sum()
    complete = table["category"].notna().all() and table["severity"].isin(mistakes.SEVERITIES).all()
    value = ", ".join(f"{model}: {totals[model]}" for model in mistakes.MODELS.values())
    return judge(complete and len(totals) == 2, f"{value}, each with category and severity")


@Claim("V03", PLACE, "The best models achieve upwards of 97 % multi-label accuracy.", "none")
def multilabel() -> Finding:
    """Multi-label accuracy of the two models."""
    because = "their predictions are not public; the metric is in workbench.score.mistakes.multilabel for one's own"
    return unchecked(because)


@Claim("V04", PLACE, "Nearly half of the supposed mistakes are not mistakes at all.", REVIEW)
def not_mistakes() -> Finding:
    """The mistakes that the review cleared."""
    return unchecked("the public files hold what remained after the review, not what it cleared")


@Claim("V05", PLACE, "40 % of the mistakes are obviously wrong (ViT-3B).", REVIEW, arguments=("ViT-3B",))
@Claim("V06", PLACE, "40 % of the mistakes are obviously wrong (Greedy Soups).", REVIEW, arguments=("Greedy Soups",))
def major(model: str) -> Finding:
    """Share of mistakes with severity Major, with its 95 % interval."""
    images = _counts().query("model == @model").groupby("severity")["n_images"].sum()
    k, n = int(images["Major"]), int(images.sum())
    found, low, high = share(k, n)
    caveat = f"for this model it is {100 * k / n:.0f} %; the 40 % is ViT-3B's"
    return judge(low <= 40 <= high, f"{k} of {n}: {found}", caveat="" if near(100 * k / n, 40, within=1) else caveat)


@Claim("V07", PLACE, "Without review the models are significantly underestimated.", f"{REVIEW}; ReaL")
def underestimated() -> Finding:
    """ReaL labels of the pictures that experts still call mistakes."""
    table = committed.table("mistakes-recht2019").query("checkpoint == 'ViT-3B' and group == 'failing'").iloc[0]
    k, n = table["right_real"], table["n_real"]
    found, low, _ = share(k, n)
    value = f"ReaL accepts ViT-3B's class on {k} of {n} reviewed mistakes: {found}"
    caveat = "two label sets disagree on every fourth of these pictures; which one is right only experts can say"
    return judge(low > 5, value, caveat=caveat)


@Claim("V08", PLACE, "The major-error slice has 68 examples of the obvious mistakes.", REVIEW)
def slice_size() -> Finding:
    """Number of pictures of ImageNet-M, which holds Major mistakes only."""
    table = _counts().query("severity == 'Major'").groupby("model")["n_images"].sum()
    because = "its list is in the multi-label file (workbench fetch v1-multilabel), which is not in the repository"
    return unchecked(because, f"Major mistakes: {table['ViT-3B']} of ViT-3B, {table['Greedy Soups']} of Greedy Soups")


@Claim("V09", PLACE, "Models should be near perfect on it, and are far from it.", REVIEW)
def far_from() -> Finding:
    """Major mistakes of ViT-3B that older models get right."""
    table = committed.table("mistakes-solved").query("labels == 'original' and severity == 'Major'")
    right = table.set_index("right")["n_images"]
    because = "the list of the 68 is in the multi-label file, and predictions of today's models are not public"
    value = f"of ViT-3B's {right.sum()} Major mistakes, more than half of 67 older models get {right['most']} right"
    return unchecked(because, f"{value}, none gets {right['none']}")
