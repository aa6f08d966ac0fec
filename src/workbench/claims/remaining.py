"""Vasudevan et al. (2022) on the remaining mistakes on ImageNet, as their abstract has it.

Two public sources that the repository does not hold decide three of its statements: the experts' labels
(`v1-multilabel`) and what the two reviewed models answer on all of V1 (`mistakes-logits`). Where both are at hand
they are asked; committed data alone leave these statements open.
"""

import pandas as pd

from workbench.claims import evidence, experts
from workbench.claims.registry import OTHERS, Claim, Finding, judge, near, share, unchecked
from workbench.inputs import committed
from workbench.inputs.published import mistakes

DOCUMENT = "Remaining mistakes on ImageNet (2022)"
REVIEW = "the public review of ViT-3B and Greedy Soups"
EXPERTS = "the experts' labels and the outputs of both models, where they are at hand"
PLACE = "abstract"
MAJOR = 68  # pictures of ImageNet-M


def _counts() -> pd.DataFrame:
    return committed.table("mistakes-counts")


def _needed(*names: str) -> str:
    """Why a statement stays open."""
    return f"it takes public files that are not the repository's to copy: workbench fetch {' '.join(names)}"


@Claim(
    *("V01", PLACE, "Today's largest models achieve 90 %+ top-1 accuracy.", evidence.TIMM),
    quote="today's largest models achieving 90%+ top-1 accuracy",
    threshold="90 % for the best",
    about=OTHERS,
    evidence=evidence.TOP1,
)
def ninety() -> Finding:
    """timm's best top-1 accuracy, and what is reported of the models that the paper reviews."""
    best = evidence.timm()["top1"]
    reviewed, soup = evidence.stated("ViT-3B", "top1"), evidence.stated("Soup of ViT-G", "top1")
    caveat = f"of a later model; as reported, ViT-3B reaches {reviewed} % and a soup of ViT-G {soup} %"
    return judge(best.max() >= 90, f"timm's best: {best.max():.2f} % ({best.idxmax()})", caveat=caveat)


@Claim(
    *(
        "V02",
        PLACE,
        "Every remaining mistake of a few top models was reviewed and categorised.",
        f"{REVIEW}; {EXPERTS}",
    ),
    quote="we manually review and categorize every remaining mistake that a few top models make",
    threshold="each listed mistake has a category and a severity, and no mistake by the experts' labels is missing",
    evidence=REVIEW,
)
def every() -> Finding:
    """Mistakes with a category and a severity; and, where outputs and labels are at hand, mistakes without a review."""
    table, asked = _counts(), experts.models()
    totals = table.groupby("model")["n_images"].sum()
    complete = table["category"].notna().all() and table["severity"].isin(mistakes.SEVERITIES).all()
    value = ", ".join(f"{model}: {totals[model]}" for model in mistakes.MODELS.values())
    value = f"{value}, each with category and severity" if complete else f"{value}, some without category or severity"
    if asked is None:
        caveat = "of two models; that none was left out shows only with their outputs and the experts' labels"
        return judge(complete and len(totals) == 2, value, caveat=caveat, otherwise="the review is not complete")
    missing = int(asked["unreviewed"].sum())
    otherwise = f"{missing} mistakes by the experts' labels have no review"
    fits = complete and len(totals) == 2 and missing == 0
    return judge(fits, value, caveat="of two models", otherwise=otherwise if missing else "the review is not complete")


@Claim(
    *("V03", PLACE, "The best models achieve upwards of 97 % on the multi-label subset.", EXPERTS),
    quote="We focus on the multi-label subset evaluation of ImageNet, where today's best models achieve upwards of 97% "
    "top-1 accuracy.",
    threshold="97 % for each of the two reviewed models",
    evidence="the outputs of both models",
)
def multilabel() -> Finding:
    """Multi-label accuracy of the two models."""
    asked = experts.models()
    if asked is None:
        return unchecked(_needed("v1-multilabel", "mistakes-logits"))
    value = ", ".join(f"{model}: {one:.2f} %" for model, one in asked["multilabel"].items())
    return judge((asked["multilabel"] >= 97).all(), value, otherwise="not for each")


@Claim(
    *("V04", PLACE, "Nearly half of the supposed mistakes are not mistakes at all.", REVIEW),
    quote="nearly half of the supposed mistakes are not mistakes at all",
)
def not_mistakes() -> Finding:
    """The mistakes that the review cleared."""
    return unchecked("the public files hold what remained after the review, not what it cleared")


@Claim(
    *("V05", PLACE, "40 % of the mistakes of today's best models are obviously wrong.", REVIEW),
    quote="today's best models still make a significant number of mistakes (40%) that are obviously wrong to human "
    "reviewers",
    threshold="40 % within the 95 % interval of each model; without a caveat, each within a point of it",
    evidence=REVIEW,
)
def major() -> Finding:
    """Share of mistakes with severity Major for both models, with 95 % intervals."""
    images = _counts().groupby(["model", "severity"])["n_images"].sum().unstack(fill_value=0)
    k, n = images["Major"].astype(int), images.sum(axis=1).astype(int)
    shares = {model: share(k[model], n[model]) for model in mistakes.MODELS.values()}
    value = "; ".join(f"{model}: {k[model]} of {n[model]}, {text}" for model, (text, *_) in shares.items())
    inside = all(low <= 40 <= high for _, low, high in shares.values())
    far = [model for model in shares if not near(100 * k[model] / n[model], 40, within=1)]
    caveat = f"not the share of {' and '.join(far)}, whose interval includes it all the same" if far else ""
    return judge(inside, value, caveat=caveat, otherwise="40 % is outside the interval of a model")


@Claim(
    *("V06", PLACE, "New valid multi-labels were uncovered.", "none"),
    quote="we uncover new valid multi-labels",
)
def new_labels() -> Finding:
    """What the third version of the experts' labels adds."""
    return unchecked("it takes two versions of the experts' labels, and only the third is registered")


@Claim(
    *("V07", PLACE, "Without careful review the models are significantly underestimated.", "none"),
    quote="without careful review, we are significantly underestimating the performance of these models",
)
def underestimated() -> Finding:
    """The models' accuracy before and after the review."""
    because = "it takes the labels, or the mistakes, of before the review: the public files are of after it"
    return unchecked(because)


@Claim(
    *("V08", PLACE, "The major-error slice has 68 examples of the obvious mistakes of top models.", EXPERTS),
    quote='a 68-example "major error" slice of the obvious mistakes made by today\'s top models',
    threshold="68 pictures, each a reviewed mistake of one of the two models; without a caveat, each a Major one",
    evidence="the experts' labels",
)
def slice_size() -> Finding:
    """Number of pictures of ImageNet-M, and how many of them are Major mistakes of a reviewed model."""
    asked = experts.major_slice()
    if asked is None:
        images = _counts().query("severity == 'Major'").groupby("model")["n_images"].sum()
        value = f"Major mistakes: {images['ViT-3B']} of ViT-3B, {images['Greedy Soups']} of Greedy Soups"
        return unchecked(_needed("v1-multilabel"), value)
    n, reviewed, major = asked
    value = f"{n} pictures, {reviewed} of them reviewed mistakes of the two models, {major} Major ones"
    return judge(
        n == reviewed == MAJOR, value, caveat="" if major == n else f"{n - major} are not Major in either review"
    )


@Claim(
    *("V09", PLACE, "Models should be near perfect on it, and are far from it.", EXPERTS),
    quote="a slice where models should achieve near perfection, but today are far from doing so",
    threshold="at most half of the slice right, for each of the two reviewed models",
    evidence="the outputs of both models",
)
def far_from() -> Finding:
    """How much of the slice the two models get right."""
    asked = experts.models()
    if asked is None:
        right = {model: evidence.stated(model, "right on ImageNet-M") for model in mistakes.MODELS.values()}
        value = ", ".join(f"{model} {n}" for model, n in right.items())
        return unchecked(
            _needed("v1-multilabel", "mistakes-logits"), f"as upstream's notebook says: {value} of {MAJOR}"
        )
    value = ", ".join(f"{model}: {n:.0f} of {MAJOR}" for model, n in asked["right_m"].items())
    caveat = "the slice was picked from mistakes of such models, so a low score is its making"
    return judge((2 * asked["right_m"] <= MAJOR).all(), value, caveat=caveat, otherwise="one gets more than half right")
