"""PatchML to look at: how composites are made, and how subgroup accuracy falls with their labels."""

from collections.abc import Sequence
from textwrap import wrap

import altair as alt
import pandas as pd

from workbench.inputs import classes
from workbench.inputs.images import ImageSet, decode
from workbench.inputs.patchml import Plan
from workbench.show.theme import BLUE, GREY, ORANGE
from workbench.show.thumbnails import thumbnail

SIDE = 168  # of a picture in the figure, in pixels
PROTOCOLS = {"resize": "circle", "crop": "triangle-up"}


def patchml_making(plan: Plan, pictures: ImageSet, composites: ImageSet) -> alt.VConcatChart:
    """Figures 2 and 3: annotated pictures, then a composite of each patch count with its grid.

    Shown are the first composite of each count that has as many labels as patches, or the most there are.
    """
    shown = _best_of_each_count(plan)
    first = plan.table[plan.table["composite"] == shown[min(shown)]]
    biggest = plan.table[plan.table["composite"] == shown[max(shown)]]
    sources = pd.concat([first, biggest])["image"].drop_duplicates().head(len(shown))
    above = [_annotated(plan, pictures, image) for image in sources]
    below = [_on_canvas(plan, composites, composite, count) for count, composite in shown.items()]
    return alt.vconcat(
        alt.hconcat(*above, spacing=12, title=_part("1. Objects are annotated in pictures")),
        alt.hconcat(*below, spacing=12, title=_part("2. Patches are drawn, scaled to fit a cell, and put on a canvas")),
        spacing=18,
    )


def patchml_by_label_count(scores: pd.DataFrame) -> alt.LayerChart:
    """Figure 7: boxplots of subgroup accuracy on PatchML by label count; every configuration and seed is a dot."""
    frame = _subgroups(scores)
    # A fixed spread by rank: nothing is random, and dots of close values do not hide each other.
    frame["spread"] = frame.groupby("labels")["percent"].rank(method="first").mod(11) - 5
    dots = (
        alt.Chart(frame)
        .mark_point(filled=True, size=22, opacity=0.75)
        .encode(
            x=_labels_axis(),
            y=_accuracy_axis(),
            xOffset=alt.XOffset("spread:Q", scale=alt.Scale(domain=[-9, 9])),
            color=_protocol(alt.Color, [BLUE, ORANGE]),
            shape=_protocol(alt.Shape, list(PROTOCOLS.values())),
            tooltip=[
                "checkpoint:N",
                "protocol:N",
                "seed:N",
                "labels:O",
                "percent:Q",
                alt.Tooltip("n_images:Q", title="composites"),
            ],
        )
    )
    n, seeds = frame[["checkpoint", "protocol"]].drop_duplicates().shape[0], frame["seed"].nunique()
    title = alt.Title(
        "Subgroup accuracy on PatchML by label count",
        subtitle=[
            f"{n} configurations, {seeds} seed{'s' * (seeds > 1)}: each dot is one of both;",
            "boxes span the quartiles, whiskers all; the line is the median",
        ],
    )
    return (_boxes(frame) + dots).properties(width=560, height=320, title=title)


def patchml_leaders(scores: pd.DataFrame, best: dict[str, Sequence[str]]) -> alt.LayerChart:
    """Figure 7 with lines: the mean over seeds of the checkpoints that lead by one score and by another.

    `best`: what they lead by -> their names. All scores are of one protocol.
    """
    frame = _subgroups(scores)
    means = frame.groupby(["checkpoint", "labels"], as_index=False)["percent"].mean().round(2)
    lines = pd.concat([means[means["checkpoint"].isin(list(names))].assign(by=by) for by, names in best.items()])
    titles = list(best)
    scale = alt.Scale(domain=titles, range=[BLUE, ORANGE])
    legend = alt.Legend(labelLimit=420, symbolType="stroke", symbolSize=400)
    dash = alt.Scale(domain=titles, range=[[1, 0], [6, 4]])
    width = alt.Scale(domain=titles, range=[4, 2])
    drawn = (
        alt.Chart(lines)
        .mark_line(opacity=0.8)
        .encode(
            x=_labels_axis(),
            y=_accuracy_axis(),
            detail="checkpoint:N",
            color=alt.Color("by:N", title=None, sort=titles, scale=scale, legend=legend),
            strokeDash=alt.StrokeDash("by:N", title=None, sort=titles, scale=dash, legend=legend),
            strokeWidth=alt.StrokeWidth("by:N", title=None, sort=titles, scale=width, legend=legend),
            tooltip=["checkpoint:N", "by:N", "labels:O", "percent:Q"],
        )
    )
    title = alt.Title(
        "Do the best by top-1 find several labels best?",
        subtitle=f"the leaders by each score among {frame['checkpoint'].nunique()} configurations; means over seeds",
    )
    return (_boxes(frame) + drawn).properties(width=560, height=320, title=title)


def _subgroups(scores: pd.DataFrame) -> pd.DataFrame:
    rows = scores[
        (scores["metric"] == "subgroup") & scores["image_set"].str.startswith("patchml-") & (scores["n_images"] > 0)
    ]
    return pd.DataFrame(
        {
            "checkpoint": rows["checkpoint"],
            "protocol": rows["protocol"],
            "seed": rows["image_set"].str.removeprefix("patchml-"),
            "labels": rows["label_count"].astype(int),
            "percent": (100 * rows["value"]).round(2),
            "n_images": rows["n_images"].astype(int),
        }
    ).reset_index(drop=True)


def _boxes(frame: pd.DataFrame) -> alt.Chart:
    box = alt.Chart(frame).mark_boxplot(
        extent="min-max", size=70, opacity=0.3, color=GREY, median={"color": "black", "thickness": 2}
    )
    return box.encode(x=_labels_axis(), y=_accuracy_axis())


def _labels_axis() -> alt.X:
    return alt.X("labels:O", title="labels of a composite", axis=alt.Axis(labelAngle=0))


def _accuracy_axis() -> alt.Y:
    return alt.Y("percent:Q", title="subgroup accuracy (%)", scale=alt.Scale(zero=True, nice=True))


def _protocol(channel, values: list):
    return channel("protocol:N", sort=list(PROTOCOLS), scale=alt.Scale(domain=list(PROTOCOLS), range=values))


def _part(text: str) -> alt.Title:
    return alt.Title(text, fontSize=14)


def _best_of_each_count(plan: Plan) -> dict[int, str]:
    distinct = plan.table.groupby(["count", "composite"], sort=False)["class"].nunique()
    return {int(count): distinct[count].idxmax() for count in plan.table["count"].unique()}


def _annotated(plan: Plan, pictures: ImageSet, image: str) -> alt.LayerChart:
    data = pictures.read(image)
    width, height = decode(data, image).size
    scale = SIDE / max(width, height)
    boxes = plan.table.loc[plan.table["image"] == image].drop_duplicates("patch")
    frame = (boxes[["xmin", "ymin", "xmax", "ymax"]] * scale).round(1)
    size = {"width": round(width * scale), "height": round(height * scale)}
    picture = _image(thumbnail(data, image, 2 * SIDE), **size)
    title = _below(f"{len(boxes)} box{'es' * (len(boxes) > 1)}", boxes["class"])
    return (picture + _rectangles(frame, ORANGE)).properties(**size, title=title)


def _on_canvas(plan: Plan, composites: ImageSet, composite: str, count: int) -> alt.LayerChart:
    rows = plan.table[plan.table["composite"] == composite]
    columns = plan.canvas // plan.sizes[count]
    step = SIDE / columns
    cells = pd.DataFrame(
        [
            (column * step, row * step, (column + 1) * step, (row + 1) * step)
            for row in range(columns)
            for column in range(columns)
        ],
        columns=["xmin", "ymin", "xmax", "ymax"],
    ).round(1)
    title = _below(f"{count} patches", rows["class"])
    picture = _image(thumbnail(composites.read(composite), composite, 2 * SIDE), SIDE, SIDE)
    return (picture + _rectangles(cells, "#8a8a8a", [3, 3])).properties(width=SIDE, height=SIDE, title=title)


def _image(url: str, width: int, height: int) -> alt.Chart:
    drawn = alt.Chart(pd.DataFrame({"url": [url]})).mark_image(width=width, height=height)
    return drawn.encode(url="url:N", x=alt.value(width / 2), y=alt.value(height / 2))


def _rectangles(frame: pd.DataFrame, color: str, dash: Sequence[int] = (1, 0)) -> alt.Chart:
    rectangles = alt.Chart(frame).mark_rect(fillOpacity=0, stroke=color, strokeWidth=2, strokeDash=list(dash))
    return rectangles.encode(
        x=alt.X("xmin:Q", scale=None, axis=None), x2="xmax:Q", y=alt.Y("ymin:Q", scale=None, axis=None), y2="ymax:Q"
    )


def _below(text: str, labels: pd.Series) -> alt.Title:
    """A caption under a picture, with the names of its classes."""
    names = wrap(", ".join(classes.names()[label] for label in dict.fromkeys(labels)), 28)
    return alt.Title(text, subtitle=names, fontSize=12, subtitleFontSize=11, orient="bottom", offset=6)
