"""What leaderboards claim beside what timm measured for the same checkpoint, and what one's own predictions give.

Every number on a leaderboard is taken as top-1 accuracy on V1 under the model's own evaluation (protocol ``crop``), as
timm's results are. The paper's numbers follow another protocol (``resize``): they have a column of their own and decide
nothing.
"""

import warnings
from collections.abc import Iterable

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.inputs import committed, sources
from workbench.inputs.published import documents, leaderboards, timm_results
from workbench.predict.store import Predictions
from workbench.score import intervals, ranks, scores, table

TOLERANCE = 0.001  # of a fraction: 0.1 points
N_IMAGES = 50_000  # of V1
N_REAL = 46_837  # of V1, with at least one ReaL label
COLUMNS = [
    *("leaderboard", "rank", "model", "reported", "verified", "stated_parameters", "subject", "checkpoint", "img_size"),
    *("identity", "timm", "difference", "paper", "own", "own_protocol", "own_difference", "status", "own_status"),
    *("real", "parameters", "reason"),
]


def reconcile(
    claimed: pd.DataFrame | None = None,
    own: pd.DataFrame | None = None,
    *,
    results: pd.DataFrame | None = None,
    tolerance: float = TOLERANCE,
) -> pd.DataFrame:
    """Every leaderboard entry beside its timm checkpoints, timm's result, the paper's, and one's own.

    One row per entry and checkpoint, with the columns `COLUMNS`. `claimed` are the committed leaderboards by default,
    `results` timm's committed ones, `own` scores of one's own predictions.

    `difference` is timm minus reported. `status` is *reproduced* (at most `tolerance` away), *differs*, *no
    counterpart*, or *conflict between sources*: not reproduced, and two leaderboards give the same model different
    numbers. It is empty for a checkpoint of identity *other*, which the model's name rules out. `own_status` is
    *reproduced*, *missed*, *another protocol* or empty: only protocol ``crop`` is compared.
    """
    claimed = leaderboards.published() if claimed is None else claimed
    results = committed.table("timm-results") if results is None else results
    tolerance = round(tolerance, 6)  # as the differences are: a binary fraction is not to decide
    joined = _with_own(_with_checkpoints(claimed, results), own)
    measured = results.rename(columns={"top1": "timm"})
    rows = joined.merge(measured, on=["checkpoint", "img_size"], how="left", validate="many_to_one")
    paper = documents.printed("tables-04-10-checkpoints").set_index("timm_name")["top1_v1"] / 100
    rows["paper"] = rows["checkpoint"].map(paper)
    rows["difference"] = (rows["timm"] - rows["reported"]).round(6)
    rows["own_difference"] = (rows["own"] - rows["reported"]).round(6)
    rows["status"] = _status(rows, tolerance)
    rows["own_status"] = _own_status(rows, tolerance)
    return rows.sort_values(["leaderboard", "rank", "_order"], ignore_index=True)[COLUMNS]


def _with_checkpoints(claimed: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """Each entry with the checkpoints of the mapping; without one there, an entry that is itself a name of timm's."""
    claimed = claimed.rename(columns={"top1": "reported", "parameters": "stated_parameters"})
    mapping = leaderboards.checkpoints().assign(_order=lambda frame: range(len(frame)))
    mapped = claimed.merge(mapping, on=["leaderboard", "model"], how="left")
    known, rest = mapped[mapped["subject"].notna()], mapped[mapped["subject"].isna()]
    rest = rest.drop(columns=["checkpoint", "img_size"]).assign(subject=rest["model"])
    rest = rest.merge(results[["checkpoint", "img_size"]], left_on="model", right_on="checkpoint", how="left")
    named = rest["checkpoint"].notna()
    rest["identity"] = np.where(named, "named", "none")
    rest["reason"] = np.where(named, "the model's name is timm's", "timm's results hold no checkpoint of this name")
    both = [part.astype({"img_size": "Int64"}) for part in (known, rest) if len(part)]
    return pd.concat(both)


def _with_own(rows: pd.DataFrame, own: pd.DataFrame | None) -> pd.DataFrame:
    """One's own top-1 beside each row, joined by the checkpoint's name, or by the model's where there is none."""
    if own is None:
        return rows.assign(own=np.nan, own_protocol=None)
    top1 = table.select(own, "top1", "v1")[["checkpoint", "value", "protocol"]]
    renamed = top1.set_axis(["_name", "own", "own_protocol"], axis=1)
    return rows.assign(_name=rows["checkpoint"].fillna(rows["model"])).merge(renamed, on="_name", how="left")


def _status(rows: pd.DataFrame, tolerance: float) -> np.ndarray:
    close = rows["difference"].abs() <= tolerance
    reported = rows.groupby("subject")["reported"]
    spread = (reported.transform("max") - reported.transform("min")).round(6)
    return np.select(
        [rows["identity"] == "other", close, spread > tolerance, rows["timm"].notna()],
        ["", "reproduced", "conflict between sources", "differs"],
        "no counterpart",
    )


def _own_status(rows: pd.DataFrame, tolerance: float) -> np.ndarray:
    close = rows["own_difference"].abs() <= tolerance
    return np.select(
        [rows["own"].isna(), rows["own_protocol"] != "crop", close], ["", "another protocol", "reproduced"], "missed"
    )


def entries(reconciled: pd.DataFrame) -> pd.DataFrame:
    """One row per entry of a leaderboard: the checkpoint nearest to the reported number, and how many were possible.

    Adds ``candidates``. Where several checkpoints fit a name, that the nearest one agrees is weak evidence.
    """
    keys = ["leaderboard", "model"]
    possible = reconciled[reconciled["identity"] != "other"]
    sizes = possible.groupby(keys)["checkpoint"].transform("nunique")
    nearest = possible.assign(candidates=sizes).sort_values("difference", key=abs, kind="stable")
    return nearest.drop_duplicates(keys).sort_values(["leaderboard", "rank"], ignore_index=True)


def with_errors(frame: pd.DataFrame, *, column: str = "reported", n_images: int = N_IMAGES) -> pd.DataFrame:
    """Adds the standard error of a share of `n_images` images and its normal interval: ``error, ci_low, ci_high``."""
    error = np.sqrt(frame[column] * (1 - frame[column]) / n_images)
    low, high = intervals.normal(frame[column], error)
    return frame.assign(error=error, ci_low=low, ci_high=high)


def neighbours(frame: pd.DataFrame, *, column: str = "reported", n_images: int = N_IMAGES) -> pd.DataFrame:
    """Each model and the next one below it: ``model, next, difference, error, apart``.

    `error` is the standard error of the difference of two independent shares; `apart` says whether the difference is
    more than 1.96 of it. All models saw the same images and mostly fail on the same ones, so a paired test on
    predictions can tell closer pairs apart: without predictions this is the cautious answer.
    """
    ordered = with_errors(frame, column=column, n_images=n_images).sort_values(column, ascending=False, kind="stable")
    upper, lower = ordered.iloc[:-1].reset_index(drop=True), ordered.iloc[1:].reset_index(drop=True)
    error = np.hypot(upper["error"], lower["error"])
    difference = upper[column] - lower[column]
    pairs = {"model": upper["model"], "next": lower["model"], "difference": difference, "error": error}
    return pd.DataFrame(pairs).assign(apart=difference > intervals.Z95 * error)


def under_real(reconciled: pd.DataFrame) -> pd.DataFrame:
    """How the order of one leaderboard's reproduced entries changes when any valid label counts (timm's ReaL results).

    ``model, checkpoint, timm, real, rank_top1, rank_real, best, worst``: ranks by timm's top-1 and by ReaL among
    these entries, and their unpaired span by ReaL: the best and worst rank that +-1.96 standard errors (46,837 images)
    leave open.
    """
    known = entries(reconciled)
    known = known[(known["status"] == "reproduced") & known["real"].notna()]
    span = with_errors(known, column="real", n_images=N_REAL)
    ranked = known[["model", "checkpoint", "identity", "timm", "real"]].assign(
        rank_top1=ranks.rank(known["timm"]), rank_real=ranks.rank(known["real"])
    )
    ranked = ranked.join(ranks.unpaired_span(span["ci_low"], span["ci_high"]))
    return ranked.sort_values(["rank_real", "rank_top1"], ignore_index=True)


def own_scores(predictions: Iterable[Predictions]) -> pd.DataFrame:
    """Scores of predictions on the whole of V1, for :func:`reconcile` and :func:`verify`.

    Those on other image sets are left out with a warning. Raises `InputError` where none is left, or one is on a part
    of V1.
    """
    given = list(predictions)
    several = [one for one in given if one.image_set == "v1"]
    others = sorted({one.image_set for one in given} - {"v1"})
    if not several:
        seen = f"the predictions are on {', '.join(others)}" if others else "no predictions were given"
        raise InputError(f"{seen}; a leaderboard's numbers are about v1")
    if others:
        warnings.warn(f"predictions on {', '.join(others)} are left out: the numbers are about v1", stacklevel=2)
    for one in several:
        own = f"the predictions of {one.checkpoint}"
        if len(one) < N_IMAGES:
            covered = f"{own} cover {len(one)} of the {N_IMAGES} images of v1"
            raise InputError(f"{covered}; a claimed number is about all of them")
    return scores.score(several, label_counts=[1])


def verify(own: pd.DataFrame, claimed: pd.DataFrame | None = None, *, tolerance: float = TOLERANCE) -> pd.DataFrame:
    """The rows of :func:`reconcile` that one's own scores speak to.

    A checkpoint that no entry names is left out with a warning. Raises `InputError` where the scores are of no model
    on the leaderboard, or all of another protocol.
    """
    results = timm_results.results() if sources.available("timm-results") else None
    rows = reconcile(claimed, own, results=results, tolerance=tolerance)
    mine = rows[rows["own_status"] != ""].drop_duplicates(["leaderboard", "model", "checkpoint", "own_protocol"])
    boards = ", ".join(rows["leaderboard"].unique())
    scored = table.select(own, "top1")["checkpoint"]
    if lost := sorted(set(scored) - set(mine["checkpoint"].fillna(mine["model"]))):
        seen = f"no entry of {boards} is {', '.join(lost)}; name a model as its predictions name their checkpoint"
        if mine.empty:
            raise InputError(seen)
        warnings.warn(seen, stacklevel=2)
    if (mine["own_status"] == "another protocol").all():
        theirs = "a leaderboard's numbers with each model's own evaluation"
        seen = f"these predictions were made with protocol 'resize', {theirs}"
        raise InputError(f"{seen}; predict again with --protocol crop")
    return mine.reset_index(drop=True)
