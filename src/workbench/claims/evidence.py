"""What claims are checked on, read once and in percent, as documents print it."""

from functools import cache

import numpy as np
import pandas as pd

from workbench.inputs import committed
from workbench.inputs.published import documents
from workbench.score import gaps, pools, scores
from workbench.score.multiple_choice import fallback
from workbench.score.paired import correctness, decomposition, over_models
from workbench.score.reported import reconciliation
from workbench.score.table import select

REASSESSING = "Re-assessing ImageNet (2024)"  # the document of three modules
TIMM, SCORES = "timm's results", "the committed scores of the public predictions"
TOP1, TOP5 = "timm's top-1 results", "timm's top-5 results"  # what several sentences rest on
TABLES = "Tables 4-10 (315 checkpoints)"
PUBLIC = "the 67 public models"

published = cache(pools.published)  # scores, as fractions
recht2019 = cache(pools.recht2019)


@cache
def mean_gaps() -> pd.DataFrame:
    """Mean V1, V2 and gap of the published checkpoints, and how many have none, by metric."""
    return in_percent(gaps.mean_gaps(published()), "v1", "v2", "gap").set_index("metric")


@cache
def mean_parts() -> pd.DataFrame:
    """The mean top-1 gap of the public models in two parts, at each standard: ``standard, part, value, ci_low, ci_high,
    share_of_gap``, and `larger`, for how many models composition is the larger part.
    """
    found = decomposition.decompose(*correctness.recht2019())
    table = found.means.merge(found.larger.rename(columns={"checkpoints": "larger"}), on="standard")
    return in_percent(table, "value", "ci_low", "ci_high", "share_of_gap")


@cache
def accepted() -> pd.Series:
    """Mean share of the images of each set that the public models get wrong by the original label, right by another."""
    sides = correctness.recht2019()
    return pd.Series({side.image_set: 100 * float((side.real & ~side.top1).mean()) for side in sides})


@cache
def entries() -> pd.DataFrame:
    """One row per entry of both leaderboards, beside its nearest checkpoint."""
    table = reconciliation.entries(reconciliation.reconcile())
    return in_percent(table, "reported", "timm", "difference", "real")


@cache
def timm() -> pd.DataFrame:
    """timm's own results, by checkpoint."""
    table = committed.table("timm-results").set_index("checkpoint")
    return in_percent(table, "top1", "top5", "real")


def stated(subject: str, fact: str) -> str:
    """What authors or projects state about their own, as it stands in ``data/published/reported.csv``."""
    return str(documents.printed("reported").set_index(["subject", "fact"]).loc[(subject, fact), "value"])


def open_clip(name: str, pretrained: str) -> float:
    """What open_clip reports for one of its models on V1."""
    table = committed.table("open-clip-results").set_index(["name", "pretrained"])
    return 100 * float(table["v1"].loc[(name, pretrained)])


def ceiling(fact: str) -> str:
    """A share of V1's labelled pictures in multiple choice, in expectation over draws, with its interval in words."""
    table = committed.table("multiple-choice-ceiling").set_index(["image_set", "draws", "fact"])
    value, low, high = 100 * table.loc[("v1", "expected", fact), ["value", "ci_low", "ci_high"]].astype(float)
    return f"{value:.2f} % [{low:.2f}, {high:.2f}]"


def guessed(*, parse_rate: float) -> str:
    """Points that a random letter for each unparsed answer adds on V1, and where 95 % of the seeds are, in words."""
    value, low, high = 100 * fallback.added(50_000, [parse_rate]).loc[0, ["added", "low", "high"]].astype(float)
    return f"{value:.1f} points [{low:.1f}, {high:.1f}]"


@cache
def top5() -> pd.Series:
    """Top-5 accuracy of the public models."""
    return 100 * committed.table("recht2019-top5").set_index("checkpoint")["value"]


@cache
def medians(metric: str) -> pd.DataFrame:
    """Median score of the public models by label count on V1 and V2, and V1 minus V2, with joint intervals."""
    table = over_models.by_label_count(*correctness.recht2019(), metric).set_index("label_count")
    names = (f"{name}{end}" for name in ("v1", "v2", "difference") for end in ("", "_low", "_high"))
    return in_percent(table, *names)


def without_labels() -> np.ndarray:
    """Label-wise accuracy of one image without labels, shape (1,)."""
    return scores.label_wise_accuracy(np.zeros((1, 5), dtype=bool), np.array([0]))


def v1_images() -> set[int]:
    """On how many images of V1 the public models were scored."""
    return set(select(recht2019(), "top1", "v1")["n_images"])


def checkpoints() -> pd.DataFrame:
    """Tables 4-10 as they are printed."""
    return documents.printed("tables-04-10-checkpoints")


def asma() -> pd.DataFrame:
    """The printed ASMA of each checkpoint on ``v1, v2, patchml``."""
    return checkpoints().filter(like="asma_").rename(columns=lambda name: name.removeprefix("asma_"))


def in_order(ranked: pd.DataFrame, n: int, *, digits: int) -> tuple[bool, str]:
    """Whether a printed table has the ranks 1 to n, and its top-1 accuracy never rises; and its rows in words."""
    top1, ranks = ranked["top1"], ranked["rank"].tolist()
    text = f"{len(ranks)} rows, {top1.iloc[0]:.{digits}f} to {top1.iloc[-1]:.{digits}f} %, sorted"
    return ranks == list(range(1, n + 1)) and top1.is_monotonic_decreasing, text


def in_percent(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The table with fractions times 100.

    >>> in_percent(pd.DataFrame({"n": [7], "top1": [0.5]}), "top1").to_numpy().tolist()
    [[7.0, 50.0]]
    """
    return table.assign(**{name: 100 * table[name] for name in columns})
