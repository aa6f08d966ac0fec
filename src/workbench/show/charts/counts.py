"""Charts by label count: how many images, and boxplots over checkpoints."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from workbench.score.table import select
from workbench.show.marks import (
    INTERVAL,
    METRICS,
    OWN,
    SETS,
    boxes,
    looks,
    own_points,
    own_words,
    percent,
    percents,
    spread,
    tips,
    told_sets,
)
from workbench.show.theme import IMAGE_SETS, RED


def label_counts(counts: pd.DataFrame) -> alt.LayerChart:
    """Figure 4: share of images by label count, V1 beside V2, from :func:`workbench.score.summaries.label_counts`."""
    several = counts[~counts["label_count"].isin(["0", "1"])].groupby("image_set")["share"].sum()
    shares = ", ".join(f"{100 * several[name]:.1f} % of {name.upper()}" for name in SETS if name in several)
    frame = counts.dropna(subset="share").assign(
        percent=lambda f: percent(f["share"]),
        label=lambda f: f["percent"].map("{:.1f}".format),
        set=lambda f: f["image_set"].map(SETS),
    )
    base = alt.Chart(frame[["set", "label_count", "percent", "label", "n_images"]]).encode(
        x=alt.X("label_count:N", title="labels of an image", sort=None, axis=alt.Axis(labelAngle=0)),
        xOffset=alt.XOffset("set:N", sort=list(SETS.values())),
        y=alt.Y("percent:Q", title="share of labelled images (%)"),
        tooltip=tips(set="image set", label_count="labels", n_images="images", percent="share (%)"),
    )
    text = base.mark_text(dy=-7, fontSize=11).encode(text="label")
    title = alt.Title("Images by label count", subtitle=f"several labels: {shares}")
    bars = base.mark_bar().encode(told_sets()[0])
    return (bars + text).properties(width=alt.Step(30), height=280, title=title)


def by_label_count(scores: pd.DataFrame, metric: str, label_counts: Sequence[int]) -> alt.FacetChart:
    """Figure 6: boxplots over checkpoints of a score by label count, V1 beside V2, each checkpoint a dot.

    One's own checkpoints are marked, with their intervals, and not part of the boxes.
    """
    rows = select(scores[scores["image_set"].isin(list(SETS))], metric, label_count=label_counts)
    names = {count: f"{count} label{'s' * (count > 1)}" for count in label_counts}
    frame = rows[["checkpoint", "n_images"]].assign(
        percent=percent(rows["value"]), set=rows["image_set"].str.upper(), labels=rows["label_count"].map(names)
    )
    own = rows["source"] == OWN
    if own.any() and not own.all():
        frame = frame.assign(own=own, **percents(rows, "ci_low", "ci_high"))
    frame["spread"] = spread(frame, "percent", ["labels", "set"], 7)
    unit = f"{METRICS[metric]} (%)"
    color = looks({name.upper(): IMAGE_SETS[name] for name in SETS})
    base = alt.Chart(frame).encode(
        x=alt.X("set:N", title=None, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("percent:Q", title=unit, scale=alt.Scale(zero=False, nice=True)),
        color=alt.Color("set:N", title=None, scale=color, legend=None),
    )
    others = base.transform_filter("!datum.own") if "own" in frame else base
    dots = others.mark_circle(size=16, opacity=0.7).encode(
        xOffset=alt.XOffset("spread:Q", scale=alt.Scale(domain=[-6, 6])),
        tooltip=tips("checkpoint", set="image set", labels="labels", percent=unit, n_images="images"),
    )
    drawn, mine = boxes(others, size=30, opacity=0.35) + dots, []
    if "own" in frame:
        mine = frame.loc[frame["own"], "checkpoint"].drop_duplicates().tolist()
        base = base.transform_filter("datum.own").encode(color=alt.value(RED))
        bars = base.mark_rule(strokeWidth=2).encode(y=alt.Y("ci_low:Q"), y2="ci_high:Q")
        drawn += bars + own_points(base).encode(tooltip=tips("checkpoint", percent=unit, **INTERVAL, n_images="images"))
    title = alt.Title(
        f"{METRICS[metric]} by label count",
        subtitle=[
            "each dot is a checkpoint; boxes span the quartiles, whiskers all, the line is the median",
            *own_words(mine),
        ],
    )
    column = alt.Column("labels:N", sort=list(names.values()), title=None, header=alt.Header(labelFontSize=13))
    return drawn.properties(width=90, height=300).facet(column=column, title=title, spacing=8)
