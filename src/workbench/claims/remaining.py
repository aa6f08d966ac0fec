"""Vasudevan et al. (2022) on the remaining mistakes on ImageNet, as their abstract has it."""

import pandas as pd

from workbench.claims.registry import Claim, Finding, judge, unchecked
from workbench.inputs import committed
from workbench.inputs.published import mistakes
from workbench.score import intervals

DOCUMENT = "Remaining mistakes on ImageNet (2022)"
REVIEW = "the public review of ViT-3B and Greedy Soups"


def claims() -> list[Claim]:
    """Its claims, in reading order."""
    place = "abstract"
    return [
        Claim("V01", place, "Today's largest models achieve 90 %+ top-1 accuracy.", ninety, "timm's results"),
        Claim("V02", place, "Every remaining mistake of a few top models was reviewed and categorised.", every, REVIEW),
        Claim("V03", place, "The best models achieve upwards of 97 % multi-label accuracy.", multilabel, "none"),
        Claim("V04", place, "Nearly half of the supposed mistakes are not mistakes at all.", not_mistakes, REVIEW),
        Claim("V05", place, "40 % of the mistakes are obviously wrong (ViT-3B).", major, REVIEW, ("ViT-3B",)),
        Claim(
            "V06", place, "40 % of the mistakes are obviously wrong (Greedy Soups).", major, REVIEW, ("Greedy Soups",)
        ),
        Claim(
            "V07",
            place,
            "Without review the models are significantly underestimated.",
            underestimated,
            f"{REVIEW}; ReaL",
        ),
        Claim("V08", place, "The major-error slice has 68 examples of the obvious mistakes.", slice_size, REVIEW),
        Claim("V09", place, "Models should be near perfect on it, and are far from it.", far_from, REVIEW),
    ]


def _counts() -> pd.DataFrame:
    return committed.table("mistakes-counts")


def ninety() -> Finding:
    """timm's best top-1 accuracy."""
    best = 100 * committed.table("timm-results")["top1"].max()
    return judge(best >= 90, f"timm's best here: {best:.2f} %")


def every() -> Finding:
    """Mistakes with a category and a severity."""
    table = _counts()
    totals = table.groupby("model")["n_images"].sum()
    complete = table[["category", "severity"]].notna().to_numpy().all() and set(table["severity"]) <= {
        *mistakes.SEVERITIES
    }
    value = ", ".join(f"{model}: {totals[model]}" for model in mistakes.MODELS.values())
    return judge(bool(complete) and len(totals) == 2, f"{value}, each with category and severity")


def multilabel() -> Finding:
    """Multi-label accuracy of the two models."""
    return unchecked(
        "their predictions are not public; the metric is in workbench.score.mistakes.multilabel for one's own"
    )


def not_mistakes() -> Finding:
    """The mistakes that the review cleared."""
    return unchecked("the public files hold what remained after the review, not what it cleared")


def major(model: str) -> Finding:
    """Share of mistakes with severity Major, with its 95 % interval."""
    table = _counts().query("model == @model")
    n, k = int(table["n_images"].sum()), int(table.query("severity == 'Major'")["n_images"].sum())
    low, high = (100 * end for end in intervals.wilson(k, n))
    value = f"{k} of {n}: {100 * k / n:.1f} % [{low:.1f}, {high:.1f}]"
    caveat = "" if abs(k / n - 0.4) < 0.01 else f"for this model it is {100 * k / n:.0f} %; the 40 % is ViT-3B's"
    return judge(low <= 40 <= high, value, caveat=caveat)


def underestimated() -> Finding:
    """ReaL labels of the pictures that experts still call mistakes."""
    table = committed.table("mistakes-recht2019").query("checkpoint == 'ViT-3B' and group == 'failing'").iloc[0]
    k, n = table["right_real"], table["n_real"]
    low, high = (100 * end for end in intervals.wilson(k, n))
    value = f"ReaL accepts ViT-3B's class on {k} of {n} reviewed mistakes: {100 * k / n:.1f} % [{low:.1f}, {high:.1f}]"
    caveat = "two label sets disagree on every fourth of these pictures; which one is right only experts can say"
    return judge(low > 5, value, caveat=caveat)


def slice_size() -> Finding:
    """Number of pictures of ImageNet-M, which holds Major mistakes only."""
    table = _counts().query("severity == 'Major'").groupby("model")["n_images"].sum()
    because = "its list is in the multi-label file (workbench fetch v1-multilabel), which is not in the repository"
    return unchecked(because, f"Major mistakes: {table['ViT-3B']} of ViT-3B, {table['Greedy Soups']} of Greedy Soups")


def far_from() -> Finding:
    """Major mistakes of ViT-3B that older models get right."""
    table = committed.table("mistakes-solved").query("labels == 'original' and severity == 'Major'")
    right = table.set_index("right")["n_images"]
    because = "the list of the 68 is in the multi-label file, and predictions of today's models are not public"
    value = f"of ViT-3B's {right.sum()} Major mistakes, more than half of 67 older models get {right['most']} right"
    return unchecked(because, f"{value}, none gets {right['none']}")
