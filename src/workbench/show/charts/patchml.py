"""PatchML to look at: how composites are made, and how subgroup accuracy falls with their labels."""

from collections.abc import Sequence
from textwrap import wrap

import altair as alt
import numpy as np
import pandas as pd

from workbench.inputs import classes
from workbench.inputs.images import ImageSet, decode
from workbench.inputs.patchml import Plan
from workbench.show.charts.pictures import picture
from workbench.show.marks import boxes, percent, spread, tips, told
from workbench.show.theme import BLUE, GREY, ORANGE
from workbench.show.thumbnails import thumbnail

SIDE = 168  # of a picture in the figure, in pixels
CORNERS = ["xmin", "ymin", "xmax", "ymax"]
PROTOCOLS = {"resize": (BLUE, "circle"), "crop": (ORANGE, "triangle-up")}


def patchml_making(plan: Plan, pictures: ImageSet, composites: ImageSet) -> alt.VConcatChart:
    """Figures 2 and 3: annotated pictures, then a composite of each patch count with its grid.

    Shown are the first composite of each count that has as many labels as patches, or the most there are.
    """
    table = plan.table
    distinct = table.groupby(["count", "composite"], sort=False)["class"].nunique()
    shown = {int(count): distinct[count].idxmax() for count in table["count"].unique()}
    ends = [table[table["composite"] == shown[count]] for count in (min(shown), max(shown))]
    sources = pd.concat(ends)["image"].drop_duplicates().head(len(shown))
    above = [_annotated(table[table["image"] == image], pictures.read(image), image) for image in sources]
    below = [_on_canvas(plan, composites.read(name), name, count) for count, name in shown.items()]
    titles = ["1. Objects are annotated in pictures", "2. Patches are drawn, scaled to fit a cell, and put on a canvas"]
    rows = [
        alt.concat(*cells, columns=3, spacing=12, title=alt.Title(title, fontSize=14))
        for cells, title in zip((above, below), titles, strict=True)
    ]
    counts = ", ".join(map(str, shown))
    return alt.vconcat(
        *rows, spacing=18, description=f"Annotated pictures, and composites of {counts} of their objects"
    )


def _annotated(patches: pd.DataFrame, data: bytes, image: str) -> alt.LayerChart:
    scale = SIDE / max(decode(data, image).size)
    width, height = (round(side * scale) for side in decode(data, image).size)
    patches = patches.drop_duplicates("patch")
    text = f"{len(patches)} box{'es' * (len(patches) > 1)}"
    drawn = picture(thumbnail(data, image, 2 * SIDE), width, height) + _rectangles(patches[CORNERS] * scale, ORANGE)
    return drawn.properties(width=width, height=height, title=_below(text, patches["class"]))


def _on_canvas(plan: Plan, data: bytes, composite: str, count: int) -> alt.LayerChart:
    columns = plan.canvas // plan.sizes[count]
    row, column = np.divmod(np.arange(columns**2), columns)
    cells = pd.DataFrame(np.transpose([column, row, column + 1, row + 1]) * SIDE / columns, columns=CORNERS)
    title = _below(f"{count} patches", plan.table.loc[plan.table["composite"] == composite, "class"])
    drawn = picture(thumbnail(data, composite, 2 * SIDE), SIDE, SIDE) + _rectangles(cells, "#8a8a8a", [3, 3])
    return drawn.properties(width=SIDE, height=SIDE, title=title)


def _rectangles(frame: pd.DataFrame, color: str, dash: Sequence[int] = (1, 0)) -> alt.Chart:
    rectangles = alt.Chart(frame.round(1))
    rectangles = rectangles.mark_rect(fillOpacity=0, stroke=color, strokeWidth=2, strokeDash=list(dash))
    x, y = (channel(f"{field}:Q", scale=None, axis=None) for channel, field in ((alt.X, "xmin"), (alt.Y, "ymin")))
    return rectangles.encode(x, y, x2="xmax:Q", y2="ymax:Q")


def _below(text: str, labels: pd.Series) -> alt.Title:
    """A caption under a picture, with the names of its classes."""
    names = wrap(", ".join(classes.names()[label] for label in dict.fromkeys(labels)), 28)
    return alt.Title(text, subtitle=names, fontSize=12, subtitleFontSize=11, orient="bottom", offset=6)


def patchml_by_label_count(scores: pd.DataFrame) -> alt.LayerChart:
    """Figure 7: boxplots of subgroup accuracy on PatchML by label count; every configuration and seed is a dot."""
    frame = _subgroups(scores)
    frame["spread"] = spread(frame, "percent", ["labels"], 11)
    dots = _on_labels(frame).mark_point(filled=True, size=22, opacity=0.75)
    dots = dots.encode(
        *told("protocol", PROTOCOLS, alt.Color, alt.Shape, sort=list(PROTOCOLS)),
        xOffset=alt.XOffset("spread:Q", scale=alt.Scale(domain=[-9, 9])),
        tooltip=["checkpoint:N", "protocol:N", "seed:N", "labels:O", "percent:Q", *tips(n_images="composites")],
    )
    n, seeds = len(frame[["checkpoint", "protocol"]].drop_duplicates()), frame["seed"].nunique()
    title = alt.Title(
        "Subgroup accuracy on PatchML by label count",
        subtitle=[
            f"{n} configurations, {seeds} seed{'s' * (seeds > 1)}: each dot is one of both;",
            "boxes span the quartiles, whiskers all; the line is the median",
        ],
    )
    return (_boxes(frame) + dots).properties(width=500, height=320, title=title)


def patchml_leaders(scores: pd.DataFrame, best: dict[str, Sequence[str]]) -> alt.LayerChart:
    """Figure 7 with lines: the mean over seeds of the checkpoints that lead by one score and by another.

    `best`: what they lead by -> their names. All scores are of one protocol.
    """
    frame = _subgroups(scores)
    means = frame.groupby(["checkpoint", "labels"], as_index=False)["percent"].mean().round(2)
    lines = pd.concat([means[means["checkpoint"].isin(list(names))].assign(by=by) for by, names in best.items()])
    titles = list(best)
    legend = alt.Legend(labelLimit=420, symbolType="stroke", symbolSize=400)
    told = {
        name: channel("by:N", title=None, sort=titles, scale=alt.Scale(domain=titles, range=values), legend=legend)
        for name, channel, values in (
            ("color", alt.Color, [BLUE, ORANGE]),
            ("strokeDash", alt.StrokeDash, [[1, 0], [6, 4]]),
            ("strokeWidth", alt.StrokeWidth, [4, 2]),
        )
    }
    drawn = _on_labels(lines).mark_line(opacity=0.8)
    drawn = drawn.encode(detail="checkpoint:N", tooltip=["checkpoint:N", "by:N", "labels:O", "percent:Q"], **told)
    title = alt.Title(
        "Do the best by top-1 find several labels best?",
        subtitle=f"the leaders by each score among {frame['checkpoint'].nunique()} configurations; means over seeds",
    )
    return (_boxes(frame) + drawn).properties(width=500, height=320, title=title)


def _subgroups(scores: pd.DataFrame) -> pd.DataFrame:
    wanted = (scores["metric"] == "subgroup") & scores["image_set"].str.startswith("patchml-")
    rows = scores[wanted & (scores["n_images"] > 0)].reset_index(drop=True)
    return rows[["checkpoint", "protocol"]].assign(
        seed=rows["image_set"].str.removeprefix("patchml-"),
        labels=rows["label_count"].astype(int),
        percent=percent(rows["value"]),
        n_images=rows["n_images"].astype(int),
    )


def _on_labels(frame: pd.DataFrame) -> alt.Chart:
    return alt.Chart(frame).encode(
        x=alt.X("labels:O", title="labels of a composite", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("percent:Q", title="subgroup accuracy (%)", scale=alt.Scale(zero=True, nice=True)),
    )


def _boxes(frame: pd.DataFrame) -> alt.Chart:
    return boxes(_on_labels(frame), size=60, opacity=0.3, color=GREY)
