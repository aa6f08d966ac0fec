"""Charts of the reviewed mistakes: a frame of `workbench.score.mistakes.reviews` in, an Altair chart out."""

import altair as alt
import numpy as np
import pandas as pd

from workbench.inputs.published.mistakes import MODELS, SEVERITIES
from workbench.show.theme import BLUE, GREY, ORANGE, RED

SEVERITY_COLOURS = [RED, "#E69F00", "#999999"]
FEW = 10  # a group of fewer pictures says nothing of a model
LABELS = {"original": "by the original label", "real": "by ReaL (any valid label)"}


def mistakes_by_severity(counts: pd.DataFrame) -> alt.FacetChart:
    """Number of mistakes by category and severity, one panel a model; takes :func:`..mistakes.counts`."""
    order = counts.groupby("category")["n_images"].sum().sort_values(ascending=False).index.tolist()
    totals = counts.groupby("model")["n_images"].sum()
    # Every cell has its row, zeros too: Vega-Lite shifts the panels of a facet that lacks one.
    every = pd.MultiIndex.from_product([totals.index, order, SEVERITIES], names=["model", "category", "severity"])
    filled = counts.set_index(every.names)["n_images"].reindex(every, fill_value=0).reset_index()
    frame = filled.assign(panel=filled["model"].map({model: f"{model}: {n} mistakes" for model, n in totals.items()}))
    panels = [f"{model}: {totals[model]} mistakes" for model in MODELS.values() if model in totals]
    base = alt.Chart(frame).encode(
        y=alt.Y("severity:N", sort=list(SEVERITIES), title=None, axis=alt.Axis(ticks=False, domain=False)),
        x=alt.X("n_images:Q", title="pictures", scale=alt.Scale(domainMax=115), axis=alt.Axis(tickCount=4)),
        tooltip=["model", "category", "severity", alt.Tooltip("n_images", title="pictures")],
    )
    scale = alt.Scale(domain=list(SEVERITIES), range=SEVERITY_COLOURS)
    bars = base.mark_bar().encode(color=alt.Color("severity:N", scale=scale, legend=None))
    text = base.mark_text(align="left", dx=4, fontSize=11).encode(text="n_images:Q")
    header = alt.Header(labelAngle=0, labelAlign="left", labelFontSize=12, labelLimit=200)
    return (
        (bars + text)
        .properties(width=230, height=alt.Step(17))
        .facet(
            row=alt.Row("category:N", sort=order, title=None, header=header),
            column=alt.Column("panel:N", sort=panels, title=None, header=alt.Header(labelFontSize=13)),
            spacing={"row": 10, "column": 24},
            title=alt.Title("The remaining mistakes, by category and severity", subtitle="as experts reviewed them"),
        )
    )


def confused_pairs(confused: pd.DataFrame, *, least: int = 3) -> alt.LayerChart:
    """The classes confused on `least` pictures or more; takes :func:`workbench.score.mistakes.reviews.pairs`."""
    frame = confused[confused["n_images"] >= least]
    frame = frame.assign(pair=frame["original"] + " → " + frame["predicted"])
    base = alt.Chart(frame[["pair", "n_images"]]).encode(
        y=alt.Y("pair:N", sort=frame["pair"].tolist(), title=None, axis=alt.Axis(ticks=False, domain=False)),
        x=alt.X("n_images:Q", title="pictures", axis=alt.Axis(tickMinStep=1, format="d")),
        tooltip=["pair", alt.Tooltip("n_images", title="pictures")],
    )
    text = base.mark_text(align="left", dx=4, fontSize=11).encode(text="n_images:Q")
    title = alt.Title(
        "The most confused classes: original label → predicted",
        subtitle="both models together; a picture that both confuse alike counts once",
    )
    return (base.mark_bar(color=BLUE) + text).properties(width=300, height=alt.Step(19), title=title)


def failing_against_overall(shares: pd.DataFrame) -> alt.HConcatChart:
    """Each public model: share right on the pictures where ViT-3B fails, against its accuracy on all pictures.

    Takes :func:`workbench.score.mistakes.failing.shares`. ViT-3B's own share on these pictures is a line.
    """
    failing = shares[shares["group"] == "failing"]
    domain = [float(np.floor(100 * failing["overall"].min() / 10) * 10), 100.0]
    columns = [_panel(part, LABELS[str(labels)], domain) for labels, part in failing.groupby("labels", sort=False)]
    title = alt.Title(
        "The pictures where ViT-3B fails are hard for every model",
        subtitle="each dot is one of the 67 public models with its 95 % interval; dashed: equal to all pictures",
    )
    return alt.hconcat(*columns, spacing=26, title=title)


def _panel(part: pd.DataFrame, heading: str, domain: list[float]) -> alt.LayerChart:
    numbers = {name: (100 * part[name]).round(2) for name in ("overall", "share", "ci_low", "ci_high")}
    frame = pd.DataFrame({"checkpoint": part["checkpoint"], **numbers})
    own = frame.loc[frame["checkpoint"] == "ViT-3B", "share"].iloc[0]
    x = alt.X("overall:Q", title="right on all pictures (%)", scale=alt.Scale(domain=domain, nice=False))
    scale = alt.Scale(domain=[0, 100])
    y = alt.Y("share:Q", title="right where ViT-3B fails (%)", scale=scale)
    base = alt.Chart(frame[frame["checkpoint"] != "ViT-3B"]).encode(x=x)
    bars = base.mark_rule(color=BLUE, opacity=0.25).encode(y=alt.Y("ci_low:Q", scale=scale), y2="ci_high:Q")
    dots = base.mark_circle(color=BLUE, size=28, opacity=0.9).encode(
        y=y, tooltip=["checkpoint", "overall", "share", "ci_low", "ci_high"]
    )
    diagonal = alt.Chart(pd.DataFrame({"overall": domain, "share": domain}))
    diagonal = diagonal.mark_line(color="#888888", strokeDash=[5, 4]).encode(x=x, y=y)
    line = alt.Chart(pd.DataFrame({"share": [own], "text": [f"ViT-3B itself: {own:.0f} %"]}))
    rule = line.mark_rule(color=ORANGE, strokeWidth=2).encode(y=y)
    text = line.mark_text(align="left", dx=4, dy=-8, color=ORANGE, fontWeight="bold")
    text = text.encode(x=alt.XValue(0), y=y, text="text:N")
    n = part["n_images"].iloc[0]
    caption = alt.Title(f"{heading}: {n} pictures", fontSize=13, fontWeight="normal")
    return (diagonal + rule + bars + dots + text).properties(width=300, height=300, title=caption)


def failing_groups(shares: pd.DataFrame) -> alt.HConcatChart:
    """Every model's share right in each group of pictures, a row a group; the tick is the median model.

    Takes :func:`workbench.score.mistakes.failing.shares`; ViT-3B's own share is a diamond. Groups of fewer than 10 pictures are
    left out.
    """
    columns = []
    order = {name: place for place, name in enumerate(SEVERITIES)}
    many = shares[shares["n_images"] >= FEW]
    for labels, part in many.sort_values("value", key=lambda c: c.map(order).fillna(-1), kind="stable").groupby(
        "labels"
    ):
        frame = pd.DataFrame(
            {
                "checkpoint": part["checkpoint"],
                "row": _row_names(part),
                "share": (100 * part["share"]).round(2),
                "own": part["checkpoint"] == "ViT-3B",
            }
        )
        columns.append(_strips(frame, LABELS[str(labels)], first=not columns))
    title = alt.Title(
        "Which of the remaining mistakes do other models get right?",
        subtitle="each dot is one of the 67 public models, the tick their median, the diamond ViT-3B itself",
    )
    return alt.hconcat(*columns, spacing=16, title=title)


def _row_names(part: pd.DataFrame) -> pd.Series:
    heads = {"overall": "all pictures of V1", "failing": "where ViT-3B fails"}
    return part["value"].where(part["value"] != "", part["group"].map(heads))


def _strips(frame: pd.DataFrame, heading: str, *, first: bool) -> alt.LayerChart:
    order = frame["row"].drop_duplicates().tolist()
    base = alt.Chart(frame).encode(
        x=alt.X("share:Q", title="right (%)", scale=alt.Scale(domain=[0, 100])),
        y=alt.Y("row:N", sort=order, title=None, axis=alt.Axis(grid=False, labels=first, ticks=first, domain=first)),
        tooltip=["checkpoint", "row", "share"],
    )
    others = base.transform_filter("!datum.own")
    dots = others.mark_circle(size=22, color=GREY, opacity=0.3)
    ticks = others.mark_tick(color=BLUE, thickness=3, size=18).encode(x="median(share):Q", tooltip=["row"])
    own = base.transform_filter("datum.own").mark_point(shape="diamond", filled=True, size=80, color=ORANGE, opacity=1)
    caption = alt.Title(heading, fontSize=13, fontWeight="normal")
    return (dots + ticks + own).properties(width=270, height=alt.Step(24), title=caption)


def solved_mistakes(counts: pd.DataFrame) -> alt.LayerChart:
    """For how many of the pictures none, some or most of the 67 models are right; by the original label."""
    frame = counts[counts["labels"] == "original"]
    total = frame.groupby("severity")["n_images"].transform("sum")
    names = {"none": "no model is right", "some": "some are", "most": "more than half are"}
    frame = frame.assign(
        percent=(100 * frame["n_images"] / total).round(2), right=frame["right"].map(names), total=total
    )
    frame["row"] = frame["severity"] + " (" + frame["total"].astype(str) + ")"
    order = [name for severity in SEVERITIES for name in frame["row"].unique() if name.startswith(severity)]
    frame["place"] = frame["right"].map(list(names.values()).index)
    base = alt.Chart(frame[["row", "right", "percent", "n_images", "place"]]).encode(
        y=alt.Y("row:N", sort=order, title=None, axis=alt.Axis(ticks=False, domain=False)),
        x=alt.X("percent:Q", stack="zero", title="share of the pictures where ViT-3B fails (%)"),
        order="place:O",
        tooltip=["row", "right", "n_images", "percent"],
    )
    scale = alt.Scale(domain=list(names.values()), range=["#BBBBBB", "#9ECAE1", BLUE])
    bars = base.mark_bar(stroke="white").encode(color=alt.Color("right:N", title=None, scale=scale))
    text = base.mark_text(align="right", dx=-6, fontSize=11).encode(
        text="n_images:Q",
        color=alt.condition("datum.place == 2", alt.value("white"), alt.value("#222222")),
    )
    title = alt.Title("Are they hard for all?", subtitle="67 public models, right by the original label")
    return (bars + text).properties(width=480, height=alt.Step(34), title=title)
