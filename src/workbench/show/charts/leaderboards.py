"""Charts of leaderboards: a frame of `workbench.score.reported.reconciliation` in, an Altair chart out."""

import altair as alt
import pandas as pd

from workbench.show.marks import INTERVAL, decades, extent, percent, percents, rows, tips, told
from workbench.show.theme import BLUE, GREEN, GREY, ORANGE, PURPLE

STATUSES = {
    "reproduced": (GREEN, "circle"),
    "differs": (ORANGE, "triangle-up"),
    "conflict between sources": (PURPLE, "diamond"),
    "no counterpart": (GREY, "cross"),
}
COUNTED, STATED = "parameters counted by timm", "parameters stated by the leaderboard"


def leaderboard(entries: pd.DataFrame, apart: pd.Series) -> alt.LayerChart:
    """One leaderboard in its order, each number with +-1.96 standard errors; a dotted line where neighbours part.

    Takes :func:`workbench.score.reported.reconciliation.with_errors` of one leaderboard and, by model, whether the
    next one below can be told `apart` without predictions.
    """
    columns = {
        "model": entries["rank"].astype(str) + ". " + entries["model"],
        **percents(entries, "reported", "ci_low", "ci_high", "timm"),
        "status": entries["status"],
        "verified": entries["verified"].map({"yes": "verified"}).fillna(""),
        "parts": entries["model"].map(apart).fillna(False).astype(bool),
    }
    frame, order = pd.DataFrame(columns), columns["model"].tolist()
    base = alt.Chart(frame).encode(
        y=rows("model", order, grid=False),
        tooltip=["model", *tips(reported="reported (%)", timm="timm (%)", **INTERVAL), "status"],
    )
    low, high = extent(frame[["ci_low", "ci_high"]], 1)
    # A point of room at the right, for the word beside the last dot.
    scale = alt.Scale(domain=[low, high + 1], nice=False)
    color, shape = told("status", STATUSES, alt.Color, alt.Shape, title=None)
    bars = base.mark_rule(strokeWidth=3, opacity=0.45)
    bars = bars.encode(color, x=alt.X("ci_low:Q", scale=scale), x2="ci_high:Q")
    x = alt.X("reported:Q", title="top-1 accuracy as reported (%)", scale=scale)
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(color, shape, x=x)
    words = base.mark_text(align="left", dx=10, fontSize=11, color="#555555")
    words = words.encode(x=alt.X("ci_high:Q", scale=scale), text="verified:N")
    parting = base.transform_filter("datum.parts").mark_rule(strokeDash=[2, 3], color="#999999")
    parting = parting.encode(y=alt.Y("model:N", sort=order, bandPosition=1))
    title = alt.Title(
        "Which neighbours can be told apart?",
        subtitle=[
            "bars: ±1.96 standard errors of a share of 50,000 pictures;",
            "dotted lines: where the difference to the next model exceeds ±1.96 of its own error",
        ],
    )
    return (parting + bars + dots + words).properties(width=330, height=alt.Step(21), title=title)


def accuracy_against_parameters(entries: pd.DataFrame, results: pd.DataFrame) -> alt.LayerChart:
    """Accuracy against parameters: leaderboard entries before timm's results of the paper's checkpoints.

    An entry's parameters are timm's for its nearest checkpoint, else those that the leaderboard states.
    """
    cloud = results[["checkpoint"]].assign(millions=results["parameters"].round(2), percent=percent(results["top1"]))
    columns = {
        "model": entries["model"],
        "millions": entries["parameters"].fillna(entries["stated_parameters"]).round(2),
        "percent": percent(entries["reported"]),
        "count": entries["parameters"].notna().map({True: COUNTED, False: STATED}),
        "rank": entries["rank"],
    }
    frame = pd.DataFrame(columns).dropna(subset="millions").drop_duplicates(["millions", "percent"])
    drawn = pd.concat([cloud, frame])
    ends, steps = decades(drawn["millions"].min(), drawn["millions"].max())
    axis = alt.Axis(values=steps, labelExpr="datum.value + ' M'", grid=False)
    scale = alt.Scale(type="log", domain=ends, nice=False)
    x = alt.X("millions:Q", title="parameters (millions, log scale)", scale=scale, axis=axis)
    scale = alt.Scale(domain=extent(drawn["percent"], 5), nice=False)
    y = alt.Y("percent:Q", title="top-1 accuracy (%)", scale=scale)
    lines = tips(millions="parameters (M)", percent="top-1 (%)")
    points = alt.Chart(cloud).mark_circle(size=22, color=GREY, opacity=0.3)
    points = points.encode(x, y, tooltip=["checkpoint", *lines])
    base = alt.Chart(frame).encode(x, y, tooltip=["model", *lines])
    of = {COUNTED: (BLUE, "circle"), STATED: (ORANGE, "square")}
    dots = base.mark_point(filled=True, size=60, opacity=1).encode(*told("count", of, alt.Color, alt.Shape, title=None))
    # Above and below in turn, so that the numbers of crowded dots stay apart.
    upper = f"datum.rank % 2 || datum.count == '{STATED}'"
    above = base.transform_filter(upper).mark_text(dy=-10, fontSize=10).encode(text="rank:Q")
    below = base.transform_filter(f"!({upper})").mark_text(dy=11, fontSize=10).encode(text="rank:Q")
    title = alt.Title(
        "Accuracy against parameters",
        subtitle=[
            "numbers: rank on its leaderboard;",
            "squares: not in timm, parameters as the leaderboard states them;",
            "grey: timm's results for the paper's checkpoints, each at its largest size",
        ],
    )
    return (points + dots + above + below).properties(width=500, height=360, title=title)


def leaderboard_under_real(ranked: pd.DataFrame) -> alt.HConcatChart:
    """Ranks of the reproduced entries by top-1 and by ReaL, joined by a line each; beside it the ranks left open.

    Takes :func:`workbench.score.reported.reconciliation.under_real`.
    """
    title = alt.Title(
        "The same checkpoints when any valid label counts",
        subtitle=[
            "timm's results, for entries that they reproduce;",
            "right: ranks by ReaL that ±1.96 standard errors leave open",
        ],
    )
    slopes, spans = _slopes(ranked).properties(width=325), _spans(ranked).properties(width=100)
    return alt.hconcat(*(part.properties(height=alt.Step(24)) for part in (slopes, spans)), spacing=20, title=title)


def _slopes(ranked: pd.DataFrame) -> alt.LayerChart:
    left, right = "top-1", "ReaL"
    changes, keeps = "changes place", "keeps its place"
    moves = (ranked["rank_top1"] != ranked["rank_real"]).map({True: changes, False: keeps})
    sides = []
    for side, value, rank in ((left, "timm", "rank_top1"), (right, "real", "rank_real")):
        text = percent(ranked[value]).map("{:.2f}".format).astype(str)
        if side == left:
            text = ranked[rank].astype(str) + ". " + ranked["model"] + "   " + text
        sides.append(ranked[["model"]].assign(side=side, rank=ranked[rank], text=text, moves=moves))
    of = {changes: (BLUE, [1, 0]), keeps: (GREY, [3, 3])}
    base = alt.Chart(pd.concat(sides)).encode(
        x=alt.X("side:N", sort=[left, right], title=None, axis=alt.Axis(orient="top", labelAngle=0, domain=False)),
        y=alt.Y("rank:O", axis=None),
    )
    lines = base.encode(*told("moves", of, alt.Color, alt.StrokeDash, title=None), detail="model:N")
    lines = lines.mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=45))
    for side, align, dx in ((left, "right", -10), (right, "left", 10)):
        text = base.transform_filter(f"datum.side == '{side}'").mark_text(align=align, dx=dx, fontSize=11)
        lines += text.encode(text="text:N")
    return lines


def _spans(ranked: pd.DataFrame) -> alt.LayerChart:
    base = alt.Chart(ranked[["model", "rank_real", "best", "worst"]]).encode(y=alt.Y("rank_real:O", axis=None))
    axis = alt.Axis(tickMinStep=1, format="d", grid=True)
    place = alt.Scale(domain=[0.5, len(ranked) + 0.5], nice=False)
    x = alt.X("best:Q", title="ranks by ReaL", axis=axis, scale=place)
    bars = base.mark_bar(height=8, color=GREY, opacity=0.35).encode(x=x, x2="worst:Q")
    return bars + base.mark_point(filled=True, color=GREY, size=40).encode(x=alt.X("rank_real:Q", scale=place))
