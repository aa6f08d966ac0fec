"""Charts of leaderboards: a frame of `workbench.score.reconciliation` in, an Altair chart out."""

import altair as alt
import pandas as pd

from workbench.show.theme import BLUE, GREEN, GREY, ORANGE, PURPLE

STATUSES = ["reproduced", "differs", "conflict between sources", "no counterpart"]
STATUS_COLOURS = [GREEN, ORANGE, PURPLE, GREY]
STATUS_SHAPES = ["circle", "triangle-up", "diamond", "cross"]


def leaderboard(entries: pd.DataFrame, apart: pd.Series) -> alt.LayerChart:
    """One leaderboard in its order, each number with +-1.96 standard errors; a dotted line where neighbours part.

    Takes :func:`workbench.score.reconciliation.with_errors` of one leaderboard and, by model, whether the next one
    below can be told `apart` without predictions.
    """
    frame = pd.DataFrame(
        {
            "model": [f"{rank}. {model}" for rank, model in zip(entries["rank"], entries["model"], strict=True)],
            **{name: (100 * entries[name]).round(2) for name in ("reported", "ci_low", "ci_high", "timm")},
            "status": entries["status"],
            "verified": entries["verified"].map({"yes": "verified"}).fillna(""),
            "parts": entries["model"].map(apart).fillna(False).astype(bool),
        }
    )
    order = frame["model"].tolist()
    base = alt.Chart(frame).encode(
        y=alt.Y("model:N", sort=order, title=None, axis=alt.Axis(grid=False)),
        tooltip=["model", alt.Tooltip("reported", title="reported (%)"), alt.Tooltip("timm", title="timm (%)")]
        + [alt.Tooltip("ci_low", title="from"), alt.Tooltip("ci_high", title="to"), "status"],
    )
    scale = alt.Scale(domain=[float(frame["ci_low"].min() // 1), float(frame["ci_high"].max() // 1 + 2)], nice=False)
    x = alt.X("reported:Q", title="top-1 accuracy as reported (%)", scale=scale)
    color = alt.Color("status:N", title=None, scale=alt.Scale(domain=STATUSES, range=STATUS_COLOURS))
    shape = alt.Shape("status:N", title=None, scale=alt.Scale(domain=STATUSES, range=STATUS_SHAPES))
    bars = base.mark_rule(strokeWidth=3, opacity=0.45).encode(
        x=alt.X("ci_low:Q", scale=scale), x2="ci_high:Q", color=color
    )
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(x=x, color=color, shape=shape)
    marks = base.mark_text(align="left", dx=10, fontSize=11, color="#555555").encode(
        x=alt.X("ci_high:Q", scale=scale), text="verified:N"
    )
    parting = base.transform_filter("datum.parts").mark_rule(strokeDash=[2, 3], color="#999999")
    parting = parting.encode(y=alt.Y("model:N", sort=order, bandPosition=1))
    title = alt.Title(
        "Which neighbours can be told apart?",
        subtitle=[
            "bars: ±1.96 standard errors of a share of 50,000 pictures;",
            "dotted lines: where the difference to the next model exceeds ±1.96 of its own error",
        ],
    )
    return (parting + bars + dots + marks).properties(width=440, height=alt.Step(21), title=title)


def accuracy_against_parameters(entries: pd.DataFrame, results: pd.DataFrame) -> alt.LayerChart:
    """Accuracy against parameters: leaderboard entries before timm's results of the paper's checkpoints.

    An entry's parameters are timm's for its nearest checkpoint, else those that the leaderboard states.
    """
    cloud = pd.DataFrame(
        {
            "checkpoint": results["checkpoint"],
            "millions": results["parameters"].round(2),
            "percent": (100 * results["top1"]).round(2),
        }
    )
    known = entries["parameters"].fillna(entries["stated_parameters"])
    counted = entries["parameters"].notna()
    frame = pd.DataFrame(
        {
            "model": entries["model"],
            "millions": known.round(2),
            "percent": (100 * entries["reported"]).round(2),
            "count": counted.map({True: "parameters counted by timm", False: "parameters stated by the leaderboard"}),
            "rank": entries["rank"],
        }
    ).dropna(subset="millions")
    frame = frame[~(frame.duplicated(["millions", "percent"]))]
    ticks = alt.Axis(values=[5, 20, 100, 500, 2000], labelExpr="datum.value + ' M'", grid=False)
    scale = alt.Scale(type="log", domain=[1, 5000], nice=False)
    x = alt.X("millions:Q", title="parameters (millions, log scale)", scale=scale, axis=ticks)
    y = alt.Y("percent:Q", title="top-1 accuracy (%)", scale=alt.Scale(domain=[65, 95], nice=False))
    tips = [alt.Tooltip("millions", title="parameters (M)"), alt.Tooltip("percent", title="top-1 (%)")]
    points = alt.Chart(cloud[cloud["percent"] >= 65]).mark_circle(size=22, color=GREY, opacity=0.3)
    points = points.encode(x=x, y=y, tooltip=["checkpoint", *tips])
    kinds = ["parameters counted by timm", "parameters stated by the leaderboard"]
    color = alt.Color("count:N", title=None, scale=alt.Scale(domain=kinds, range=[BLUE, ORANGE]))
    shape = alt.Shape("count:N", title=None, scale=alt.Scale(domain=kinds, range=["circle", "square"]))
    base = alt.Chart(frame).encode(x=x, y=y, tooltip=["model", *tips])
    dots = base.mark_point(filled=True, size=60, opacity=1).encode(color=color, shape=shape)
    # Above and below in turn, so that the numbers of crowded dots stay apart.
    upper = f"datum.rank % 2 || datum.count == '{kinds[1]}'"
    above = base.transform_filter(upper).mark_text(dy=-10, fontSize=10).encode(text="rank:Q")
    below = base.transform_filter(f"!({upper})").mark_text(dy=11, fontSize=10).encode(text="rank:Q")
    title = alt.Title(
        "Accuracy against parameters",
        subtitle=[
            "numbers: rank on its leaderboard; squares stand on the overview and are not in timm",
            "grey: timm's results for the paper's checkpoints, each at its largest size",
        ],
    )
    return (points + dots + above + below).properties(width=560, height=360, title=title)


def leaderboard_under_real(ranked: pd.DataFrame) -> alt.HConcatChart:
    """Ranks of the reproduced entries by top-1 and by ReaL, joined by a line each; beside it the ranks left open.

    Takes :func:`workbench.score.reconciliation.under_real`.
    """
    moves = (ranked["rank_top1"] != ranked["rank_real"]).map({True: "changes place", False: "keeps its place"})
    sides = {"top-1": ("timm", "rank_top1"), "ReaL": ("real", "rank_real")}
    frame = pd.concat(
        pd.DataFrame(
            {
                "model": ranked["model"],
                "side": side,
                "rank": ranked[rank],
                "text": (100 * ranked[value]).round(2).map("{:.2f}".format).astype(str),
                "moves": moves,
            }
        )
        for side, (value, rank) in sides.items()
    )
    named = frame["rank"].astype(str) + ". " + frame["model"] + "   " + frame["text"]
    frame["text"] = frame["text"].where(frame["side"] == "ReaL", named)
    height = alt.Step(24)
    kinds = ["changes place", "keeps its place"]
    color = alt.Color("moves:N", title=None, scale=alt.Scale(domain=kinds, range=[BLUE, GREY]))
    dash = alt.StrokeDash("moves:N", title=None, scale=alt.Scale(domain=kinds, range=[[1, 0], [3, 3]]))
    base = alt.Chart(frame).encode(
        x=alt.X("side:N", sort=list(sides), title=None, axis=alt.Axis(orient="top", labelAngle=0, domain=False)),
        y=alt.Y("rank:O", axis=None),
    )
    lines = base.mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=45))
    lines = lines.encode(color=color, strokeDash=dash, detail="model:N")
    left = base.transform_filter("datum.side == 'top-1'").mark_text(align="right", dx=-10, fontSize=11)
    right = base.transform_filter("datum.side == 'ReaL'").mark_text(align="left", dx=10, fontSize=11)
    slopes = (lines + left.encode(text="text:N") + right.encode(text="text:N")).properties(width=440, height=height)
    spans = alt.Chart(ranked[["model", "rank_real", "best", "worst"]]).encode(y=alt.Y("rank_real:O", axis=None))
    axis = alt.Axis(tickMinStep=1, format="d", grid=True)
    place = alt.Scale(domain=[0.5, len(ranked) + 0.5], nice=False)
    bars = spans.mark_bar(height=8, color=GREY, opacity=0.35)
    bars = bars.encode(x=alt.X("best:Q", title="ranks by ReaL left open", axis=axis, scale=place), x2="worst:Q")
    marks = spans.mark_point(filled=True, color=GREY, size=40).encode(x=alt.X("rank_real:Q", scale=place))
    title = alt.Title(
        "The same checkpoints when any valid label counts",
        subtitle="timm's results, for entries that they reproduce; right: ranks that ±1.96 standard errors leave open",
    )
    return alt.hconcat(slopes, (bars + marks).properties(width=170, height=height), spacing=20, title=title)
