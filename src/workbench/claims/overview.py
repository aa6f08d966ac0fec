"""The overview "ImageNet Classification Advances in 2025"."""

import pandas as pd

from workbench.claims.codesota import reconciled
from workbench.claims.registry import Claim, Finding, judge, records, unchecked
from workbench.inputs import committed
from workbench.inputs.published import documents

DOCUMENT = "Overview of 2025"
TABLE = "the printed table"
HUGE = "convnextv2_huge.fcmae_ft_in22k_in1k_512"


def claims() -> list[Claim]:
    """Its claims, in reading order."""
    timm = "timm's results"
    return [
        Claim("O01", "introduction", "Leading models reach around 91 % top-1, an error of about 9 %.", leading, timm),
        Claim("O02", "introduction", "Top-5 accuracies typically exceed 99 %.", top5, timm),
        Claim("O03", "table", "Five models stand in the order of their top-1 accuracy.", order, TABLE),
        Claim("O04", "table", "Each printed top-1 error is 100 minus the accuracy.", errors, TABLE),
        Claim("O05", "table", "Each estimated top-5 error is 100 minus the estimate.", top5_errors, TABLE),
        Claim("O06", "row 1", "CoCa (finetuned) reaches 91.0 %.", coca, "both leaderboards"),
        Claim("O07", "row 2", "Model Soups (BASIC-L) reaches 90.98 %.", absent, timm, ("Model Soups (BASIC-L)",)),
        Claim("O08", "row 3", "Model Soups (ViT-G/14) reaches 90.94 %.", vit_g, "both leaderboards"),
        Claim("O09", "row 4", "DaViT-Giant reaches 90.4 %.", absent, timm, ("DaViT-Giant",)),
        Claim("O10", "row 5", "ConvNeXt V2-Huge reaches 88.9 %.", convnext, timm),
        Claim(
            "O11",
            "row 5",
            "ConvNeXt V2-Huge is fifth of the current top performers.",
            fifth,
            "both leaderboards, timm's results",
        ),
        Claim("O12", "row 5", "ConvNeXt V2-Huge has 660M parameters.", parameters, timm),
        Claim("O13", "row 5", "Its top-5 accuracy is about 99.0 % (an estimate).", convnext_top5, timm),
        Claim("O14", "clarification", "By 2017 SENet's top-5 error was about 2.3 %.", senet, "top-5 of senet154, 2017"),
        Claim(
            "O15",
            "clarification",
            "Before 2012 the top-5 error was around 25 %.",
            before_2012,
            "top-5 of the Fisher-vector models",
        ),
        Claim(
            "O16",
            "last paragraph",
            "Human experts err in about 5 % by top-1, so AI has surpassed humans on this benchmark.",
            humans,
            "the document's own numbers",
        ),
    ]


def _table() -> pd.DataFrame:
    return documents.printed("leaderboard-overview-2025")


def _huge() -> dict:
    return records(committed.table("timm-results"), "checkpoint")[HUGE]


def _top5_errors() -> dict[str, float]:
    """Top-5 error of the public models, in percent."""
    table = committed.table("recht2019-top5")
    return {name: 100 * (1 - value) for name, value in zip(table["checkpoint"], table["value"], strict=True)}


def leading() -> Finding:
    """The best numbers on both leaderboards and in timm's results."""
    claimed = 100 * reconciled()["reported"].max()
    best = 100 * committed.table("timm-results")["top1"].max()
    value = f"reported: {claimed:.2f} %; best of timm's results here: {best:.2f} %"
    caveat = f"no number above {best:.2f} % could be checked against timm"
    return judge(abs(claimed - 91) <= 0.5, value, caveat=caveat)


def top5() -> Finding:
    """timm's top-5 of the checkpoints of both leaderboards above 88 % top-1."""
    table = reconciled().drop_duplicates("checkpoint")
    best = table[table["timm"] > 0.88].merge(committed.table("timm-results"), on=["checkpoint", "img_size"])
    found = best["top5"].tolist()
    above = sum(share > 0.99 for share in found)
    value = (
        f"{above} of {len(found)} leading checkpoints exceed 99 % ({100 * min(found):.2f} to {100 * max(found):.2f} %)"
    )
    return judge(2 * above > len(found), value, otherwise="most lie just below 99 %, of those that timm holds")


def order() -> Finding:
    """Ranks 1 to 5, accuracy never rising."""
    table = _table()
    true = table["rank"].tolist() == [1, 2, 3, 4, 5] and bool(table["top1"].is_monotonic_decreasing)
    return judge(true, f"{len(table)} rows, {table['top1'].iloc[0]} to {table['top1'].iloc[-1]} %, sorted")


def errors() -> Finding:
    """Top-1 error and accuracy add up to 100."""
    away = (100 - _table()["top1"] - _table()["top1_error"]).abs()
    return judge(bool((away < 0.005).all()), f"{int((away < 0.005).sum())} of {len(away)} rows")


def top5_errors() -> Finding:
    """The estimates of top-5 accuracy and error add up to 100."""
    sums = [_table()[name].str.lstrip("~<").astype(float) for name in ("top5_estimate", "top5_error_estimate")]
    fit = ((sums[0] + sums[1] - 100).abs() < 0.005).sum()
    caveat = "all five are the document's estimates (~, <), none a measurement"
    return judge(fit == 5, f"{fit} of 5 rows", caveat=caveat)


def coca() -> Finding:
    """CoCa on both leaderboards."""
    return unchecked(
        "two leaderboards agree, but timm's results hold no CoCa and no public predictions are known",
        f"{_reported('coca')}",
    )


def absent(model: str) -> Finding:
    """A model that stands on this list only."""
    table = reconciled().set_index("model")
    return unchecked(f"{table.loc[model, 'reason']}, and the other leaderboard does not list it")


def vit_g() -> Finding:
    """ViT-G/14 on both leaderboards."""
    because = (
        "the leaderboards differ, one says it is a soup of models and the other does not; timm's results hold none"
    )
    return unchecked(because, _reported("vit-g-14"))


def _reported(subject: str) -> str:
    table = reconciled().query("subject == @subject")
    return "; ".join(f"{row['leaderboard']}: {100 * row['reported']:.2f} %" for row in table.to_dict("records"))


def convnext() -> Finding:
    """The named checkpoint in timm's results."""
    one = 100 * _huge()["top1"]
    return judge(abs(one - 88.9) <= 0.1, f"timm: {one:.2f} %")


def fifth() -> Finding:
    """Models above ConvNeXt V2-Huge on the other leaderboard that timm reproduces."""
    table = reconciled()
    above = table.query("leaderboard == 'codesota' and reported > 0.889")
    known = above[above["status"] == "reproduced"]["model"].tolist()
    value = f"{len(above)} models above it on the other leaderboard; timm reproduces {', '.join(known)}"
    return judge(len(known) == 0 and len(above) <= 4, value, otherwise=f"at least {len(known)} more models are better")


def parameters() -> Finding:
    """timm's count of parameters."""
    one = _huge()["parameters"]
    return judge(abs(one - 660) < 1, f"timm: {one:.2f} million")


def convnext_top5() -> Finding:
    """timm's top-5 of the named checkpoint."""
    one = 100 * _huge()["top5"]
    caveat = f"the estimate is {99 - one:.1f} points too high, so its error of 1.0 % should read {100 - one:.2f} %"
    return judge(abs(one - 99.0) <= 0.5, f"timm: {one:.2f} %", caveat=caveat)


def senet() -> Finding:
    """The public predictions of SENet-154, one network of the kind that won in 2017."""
    because = "2.3 % is a challenge entry on the test set, whose labels are private; the value is one network on V1"
    return unchecked(because, f"senet154: {_top5_errors()['senet154']:.2f} %")


def before_2012() -> Finding:
    """The Fisher-vector models among the public predictions, the best approach before networks."""
    errors = {name: error for name, error in _top5_errors().items() if name.startswith("fv_")}
    best = min(errors, key=errors.__getitem__)
    because = "the challenge entries before 2012 are not public; the value is a later re-implementation, on V1"
    return unchecked(because, f"best of {len(errors)} Fisher-vector models: {errors[best]:.1f} % ({best})")


def humans() -> Finding:
    """The smallest top-1 error on the list against the human error that the document states."""
    best = _table()["top1_error"].min()
    value = f"smallest model error {best:.1f} %, human error as stated about 5 %, both top-1"
    otherwise = (
        "by the document's own top-1 numbers humans err less; only its top-5 range (2 to 12 %) fits the sentence"
    )
    return judge(best < 5, value, otherwise=otherwise)
