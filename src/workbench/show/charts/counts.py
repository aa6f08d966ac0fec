"""Charts by label count: how many images, and boxplots over checkpoints."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from workbench.show.marks import METRICS, SETS, set_color, tip
from workbench.show.theme import IMAGE_SETS


def label_counts(counts: pd.DataFrame) -> alt.LayerChart:
    """Figure 4: share of images by label count, V1 beside V2, from :func:`workbench.score.summaries.label_counts`."""
    several = counts[~counts["label_count"].isin(["0", "1"])].groupby("image_set")["share"].sum()
    shares = ", ".join(f"{100 * several[name]:.1f} % of {name.upper()}" for name in SETS if name in several)
    frame = counts.dropna(subset="share").assign(
        percent=lambda f: (100 * f["share"]).round(2),
        label=lambda f: f["percent"].map("{:.1f} %".format),
        set=lambda f: f["image_set"].map(SETS),
    )
    columns = ["set", "label_count", "percent", "label", "n_images"]
    base = alt.Chart(frame[columns]).encode(
        x=alt.X("label_count:N", title="labels of an image", sort=None, axis=alt.Axis(labelAngle=0)),
        xOffset=alt.XOffset("set:N", sort=list(SETS.values())),
        y=alt.Y("percent:Q", title="share of labelled images (%)"),
        tooltip=[
            tip("set", "image set"),
            tip("label_count", "labels"),
            tip("n_images", "images"),
            tip("percent", "share (%)"),
        ],
    )
    bars = base.mark_bar().encode(color=set_color())
    return (bars + base.mark_text(dy=-7, fontSize=11).encode(text="label")).properties(
        width=alt.Step(44), height=280, title=alt.Title("Images by label count", subtitle=f"several labels: {shares}")
    )


def by_label_count(scores: pd.DataFrame, metric: str, label_counts: Sequence[int]) -> alt.FacetChart:
    """Figure 6: boxplots over checkpoints of a score by label count, V1 beside V2, each checkpoint a dot."""
    rows = scores[
        (scores["metric"] == metric)
        & scores["label_count"].isin(list(label_counts))
        & scores["image_set"].isin(list(SETS))
    ]
    frame = rows[["checkpoint", "image_set", "n_images"]].assign(
        percent=(100 * rows["value"]).round(2),
        set=rows["image_set"].str.upper(),
        labels=rows["label_count"].map(lambda g: f"{g} label{'s' * (g > 1)}"),
    )
    order = [f"{g} label{'s' * (g > 1)}" for g in label_counts]
    # A fixed spread by rank, so that dots of close values do not hide each other and nothing is random.
    frame["spread"] = frame.groupby(["labels", "set"])["percent"].rank(method="first").mod(7) - 3
    color = alt.Color(
        "set:N", title=None, scale=alt.Scale(domain=["V1", "V2"], range=list(IMAGE_SETS.values())), legend=None
    )
    base = alt.Chart(frame.drop(columns="image_set")).encode(
        x=alt.X("set:N", title=None, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("percent:Q", title=f"{METRICS[metric]} (%)", scale=alt.Scale(zero=False, nice=True)),
        color=color,
    )
    boxes = base.mark_boxplot(extent="min-max", size=34, opacity=0.35, median={"color": "black", "thickness": 2})
    dots = base.mark_circle(size=16, opacity=0.7).encode(
        xOffset=alt.XOffset("spread:Q", scale=alt.Scale(domain=[-6, 6])),
        tooltip=[
            tip("checkpoint"),
            tip("set", "image set"),
            tip("labels"),
            tip("percent", f"{METRICS[metric]} (%)"),
            tip("n_images", "images"),
        ],
    )
    title = alt.Title(
        f"{METRICS[metric]} by label count",
        subtitle="each dot is a checkpoint; boxes span the quartiles, whiskers all; the line is the median",
    )
    return (
        (boxes + dots)
        .properties(width=104, height=300)
        .facet(
            column=alt.Column("labels:N", sort=order, title=None, header=alt.Header(labelFontSize=13)),
            title=title,
            spacing=10,
        )
    )
