"""Every figure: a frame of `workbench.score` in, an Altair chart out. Fractions become percent here."""

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from workbench.inputs.checkpoints import family
from workbench.show.theme import BLUE, GREY, IMAGE_SETS, ORANGE, PURPLE

SOURCES = {
    "published": "published: the paper's tables",
    "recht2019": "recht2019: public predictions",
    "run": "run here",
}
METRICS = {"top1": "top-1 accuracy", "real": "ReaL accuracy", "asma": "ASMA", "subgroup": "subgroup accuracy"}
SETS = {"v1": "V1 (ImageNet)", "v2": "V2 (ImageNetV2)"}


def label_counts(counts: pd.DataFrame) -> alt.LayerChart:
    """Figure 4: share of images by label count, V1 beside V2, from :func:`workbench.score.scores.label_counts`."""
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
            _tip("set", "image set"),
            _tip("label_count", "labels"),
            _tip("n_images", "images"),
            _tip("percent", "share (%)"),
        ],
    )
    bars = base.mark_bar().encode(color=_set_color())
    return (bars + base.mark_text(dy=-7, fontSize=11).encode(text="label")).properties(
        width=alt.Step(44), height=280, title=alt.Title("Images by label count", subtitle=f"several labels: {shares}")
    )


def accuracy_gap(gaps: pd.DataFrame, metric: str) -> alt.TopLevelMixin:
    """Figure 5: V1 and V2 across checkpoints in order of V1, their difference below; one column per source.

    Takes :func:`workbench.score.gaps.gap`. A family is picked from the list below the chart.
    """
    frame = _percent(gaps, ["v1", "v2", "gap", "ci_low", "ci_high"]).assign(family=gaps["checkpoint"].map(family))
    chosen = _family_param(frame)
    top = np.ceil(frame[["v1", "v2"]].to_numpy().max() / 10) * 10
    bottom = np.floor(frame[["v1", "v2"]].to_numpy().min() / 10) * 10
    reach = [min(0, float(np.floor(frame["gap"].min() - 1))), float(np.ceil(frame[["gap", "ci_high"]].max().max()))]
    columns = [
        _gap_column(
            part.drop(columns=["source", "protocol"]), _panel(*keys), metric, [bottom, top], reach, first=i == 0
        )
        for i, (keys, part) in enumerate(frame.groupby(["source", "protocol"], sort=True))
    ]
    title = alt.Title(
        f"{METRICS[metric]}: V1 and V2",
        subtitle="each checkpoint is one position; the band below is the 95 % interval of the difference, where known",
    )
    return alt.hconcat(*columns, spacing=24, title=title).add_params(chosen)


def _panel(source: object, protocol: object) -> str:
    """Heading of a panel. Protocols differ by up to four points, so they never share one."""
    return f"{SOURCES.get(str(source), source)}, {protocol}"


def _gap_column(
    frame: pd.DataFrame, heading: str, metric: str, domain: list, reach: list, *, first: bool
) -> alt.VConcatChart:
    frame = frame.sort_values(["v1", "v2"], ignore_index=True)
    frame["place"] = frame.index + 1
    axis = alt.Axis(grid=False, tickCount=5, tickMinStep=1)
    x = alt.X(
        "place:Q",
        title=f"{len(frame)} checkpoint{'s' * (len(frame) > 1)}, in order of V1",
        axis=axis,
        scale=alt.Scale(nice=False, domain=[0, len(frame) + 1]),
    )
    names = list(SETS.values())
    tips = [
        _tip("checkpoint"),
        _tip("family"),
        _tip("v1", f"V1 {METRICS[metric]} (%)"),
        _tip("v2", f"V2 {METRICS[metric]} (%)"),
        _tip("gap", "V1 - V2 (points)"),
    ]
    upper = (
        alt.Chart(frame, title=alt.Title(heading, fontSize=13, fontWeight="normal"))
        .transform_fold(["v1", "v2"], as_=["key", "percent"])
        .transform_calculate(set=f"datum.key == 'v1' ? '{names[0]}' : '{names[1]}'")
        .mark_point(filled=True, size=22)
        .encode(
            x=x.title(None),
            y=alt.Y(
                "percent:Q",
                title=f"{METRICS[metric]} (%)" if first else None,
                scale=alt.Scale(domain=domain, zero=False),
            ),
            color=_set_color(),
            shape=alt.Shape(
                "set:N", title=None, sort=names, scale=alt.Scale(domain=names, range=["circle", "triangle-up"])
            ),
            opacity=alt.condition(_in_family(), alt.value(0.9), alt.value(0.06)),
            tooltip=tips,
        )
    )
    return alt.vconcat(upper.properties(width=360, height=230), _difference(frame, x, reach, first), spacing=8)


def _difference(frame: pd.DataFrame, x: alt.X, reach: list, first: bool) -> alt.LayerChart:
    mean = frame["gap"].mean()
    y = alt.Y(
        "gap:Q", title="V1 - V2 (points)" if first else None, scale=alt.Scale(domain=reach), axis=alt.Axis(tickCount=4)
    )
    base = alt.Chart(frame).encode(x=x)
    tips = [
        _tip("checkpoint"),
        _tip("family"),
        _tip("gap", "V1 - V2 (points)"),
        _tip("ci_low", "from"),
        _tip("ci_high", "to"),
    ]
    dots = base.mark_point(filled=True, size=14, color=GREY).encode(
        y=y, tooltip=tips, opacity=alt.condition(_in_family(), alt.value(1), alt.value(0.08))
    )
    line = alt.Chart(pd.DataFrame({"gap": [round(mean, 2)]})).encode(y=y)
    rule = line.mark_rule(color=PURPLE, strokeDash=[5, 3])
    caption = alt.Chart(pd.DataFrame({"text": [f"mean {mean:.2f}"]}))
    text = caption.mark_text(align="right", color=PURPLE, fontWeight="bold").encode(
        x=alt.value(360), y=alt.value(6), text="text:N"
    )
    zero = alt.Chart(pd.DataFrame({"gap": [0]})).mark_rule(color="#333333").encode(y=y)
    layers = [zero, dots, rule, text]
    if frame["ci_low"].notna().any():
        layers.insert(0, base.mark_area(opacity=0.25, color=GREY).encode(y=alt.Y("ci_low:Q"), y2="ci_high:Q"))
    return alt.layer(*layers).properties(width=360, height=120)


def gap_decomposition(decomposed: pd.DataFrame) -> alt.LayerChart:
    """The top-1 gap in two parts for every checkpoint, from :func:`workbench.score.gaps.decompose`."""
    parts = {
        "gap": "whole gap",
        "composition": "goes with label counts (composition)",
        "within": "left at equal label counts (within)",
    }
    pieces = [
        pd.DataFrame(
            {
                "checkpoint": decomposed["checkpoint"],
                "part": title,
                "v1": 100 * decomposed["v1"],
                "points": 100 * decomposed[name],
                "low": 100 * decomposed[f"{name}_low"],
                "high": 100 * decomposed[f"{name}_high"],
            }
        )
        for name, title in parts.items()
    ]
    frame = pd.concat(pieces).round(2)
    titles = list(parts.values())
    base = alt.Chart(frame).encode(
        x=alt.X("v1:Q", title="top-1 accuracy on V1 (%)", scale=alt.Scale(zero=False)),
        color=alt.Color("part:N", sort=titles, title=None, scale=alt.Scale(domain=titles, range=[GREY, BLUE, ORANGE])),
        tooltip=[_tip("checkpoint"), _tip("part"), _tip("points", "points"), _tip("low", "from"), _tip("high", "to")],
    )
    y = alt.Y("points:Q", title="V1 - V2 in top-1 (points)", scale=alt.Scale(domainMin=0))
    bars = base.mark_rule(opacity=0.45).encode(y=alt.Y("low:Q"), y2="high:Q")
    shape = alt.Shape(
        "part:N", sort=titles, title=None, scale=alt.Scale(domain=titles, range=["circle", "square", "triangle-up"])
    )
    dots = base.mark_point(filled=True, size=40, opacity=0.9).encode(y=y, shape=shape)
    mean = 100 * decomposed[["composition", "gap"]].mean()
    title = alt.Title(
        f"{mean['composition']:.1f} of {mean['gap']:.1f} points of the mean top-1 gap go with label counts",
        subtitle=f"{len(decomposed)} checkpoints; bars are 95 % bootstrap intervals over images",
    )
    return (bars + dots).properties(width=560, height=320, title=title)


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
            _tip("checkpoint"),
            _tip("set", "image set"),
            _tip("labels"),
            _tip("percent", f"{METRICS[metric]} (%)"),
            _tip("n_images", "images"),
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


def rank_shift(shifts: pd.DataFrame, before: str, after: str, *, movers: int = 10) -> alt.HConcatChart:
    """Every checkpoint's rank before and after, and the `movers` largest rises and falls by name.

    Takes :func:`workbench.score.ranks.rank_shift` of one source; `before` and `after` say in words what was ranked.
    """
    frame = shifts.assign(
        family=shifts["checkpoint"].map(family),
        move=shifts["shift"].map(lambda n: "rises" if n > 0 else "falls" if n < 0 else "stays"),
    )
    frame = frame[["checkpoint", "family", "rank_before", "rank_after", "shift", "move"]]
    chosen = _family_param(frame)
    color = alt.Color(
        "move:N", title=None, scale=alt.Scale(domain=["rises", "falls", "stays"], range=[BLUE, ORANGE, GREY])
    )
    tips = [
        _tip("checkpoint"),
        _tip("family"),
        _tip("rank_before", f"rank: {before}"),
        _tip("rank_after", f"rank: {after}"),
        _tip("shift"),
    ]
    ends = [1, len(frame)]
    scale = alt.Scale(domain=[len(frame) + 3, -2], nice=False)
    diagonal = (
        alt.Chart(pd.DataFrame({"rank": ends}))
        .mark_line(color="#999999", strokeDash=[4, 4])
        .encode(x=alt.X("rank:Q", scale=scale), y=alt.Y("rank:Q", scale=scale))
    )
    dots = (
        alt.Chart(frame)
        .mark_circle(size=34)
        .encode(
            x=alt.X("rank_before:Q", title=f"rank by {before} (1 is best)", scale=scale),
            y=alt.Y("rank_after:Q", title=f"rank by {after} (1 is best)", scale=scale),
            color=color,
            opacity=alt.condition(_in_family(), alt.value(0.85), alt.value(0.06)),
            tooltip=tips,
        )
    )
    everyone = (diagonal + dots).properties(
        width=340, height=400, title=alt.Title(f"All {len(frame)} checkpoints", fontSize=13, fontWeight="normal")
    )
    title = alt.Title(f"Rank by {before}, then by {after}", subtitle="above the dashed line a checkpoint rises")
    return alt.hconcat(
        everyone, _movers(frame, movers, color, tips, before, after), spacing=30, title=title
    ).add_params(chosen)


def _movers(frame: pd.DataFrame, movers: int, color: alt.Color, tips: list, before: str, after: str) -> alt.LayerChart:
    largest = pd.concat([frame.nlargest(movers, "shift"), frame.nsmallest(movers, "shift").iloc[::-1]]).drop_duplicates(
        "checkpoint"
    )
    largest = largest.assign(
        text=largest["shift"].map("{:+d}".format), end=largest[["rank_before", "rank_after"]].max(axis=1)
    )
    base = alt.Chart(largest).encode(
        y=alt.Y(
            "checkpoint:N",
            sort=largest["checkpoint"].tolist(),
            title=None,
            axis=alt.Axis(labelFontSize=11, labelLimit=380),
        ),
        color=color,
        tooltip=tips,
    )
    scale = alt.Scale(domain=[-2, len(frame) * 1.12], nice=False)
    x = alt.X("rank_before:Q", title="rank (1 is best)", scale=scale)
    bar = base.mark_rule(strokeWidth=2, opacity=0.6).encode(x=x, x2="rank_after:Q")
    start = base.mark_point(size=50, filled=False, fill="white").encode(x=x)
    end = base.mark_point(size=60, filled=True).encode(x=alt.X("rank_after:Q"))
    text = base.mark_text(align="left", dx=8, fontSize=11).encode(x="end:Q", text="text")
    caption = alt.Title(
        f"The {len(largest)} largest moves: from ○ ({before}) to ● ({after})", fontSize=13, fontWeight="normal"
    )
    return (bar + start + end + text).properties(width=270, height=alt.Step(19), title=caption)


def relabelled(moved: pd.DataFrame) -> alt.FacetChart:
    """ReaL accuracy of each checkpoint under several label sets, in the order of the column ``labels_of``."""
    rows = moved[(moved["metric"] == "real") & moved["label_count"].isna()]
    frame = _percent(rows, ["value", "ci_low", "ci_high"])
    frame = frame[["checkpoint", "labels_of", "value", "ci_low", "ci_high", "n_images"]]
    order = rows["labels_of"].drop_duplicates().tolist()
    base = alt.Chart(frame).encode(
        y=alt.Y("labels_of:N", sort=order, title=None, axis=alt.Axis(ticks=False)),
        color=alt.Color("labels_of:N", sort=order, legend=None, scale=alt.Scale(domain=order, range=[GREY, BLUE])),
        tooltip=[
            _tip("checkpoint"),
            _tip("labels_of", "labels"),
            _tip("value", "ReaL accuracy (%)"),
            _tip("ci_low", "from"),
            _tip("ci_high", "to"),
            _tip("n_images", "pictures"),
        ],
    )
    low = float(np.floor(frame["ci_low"].min() / 10) * 10)
    scale = alt.Scale(domain=[low, 100])
    bars = base.mark_rule(strokeWidth=2, opacity=0.6).encode(
        x=alt.X("ci_low:Q", title="ReaL accuracy (%)", scale=scale), x2="ci_high:Q"
    )
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(x=alt.X("value:Q", scale=scale))
    text = base.mark_text(dy=-11).encode(x=alt.X("value:Q", scale=scale), text=alt.Text("value:Q", format=".1f"))
    header = alt.Header(labelOrient="top", labelAnchor="start", labelFontSize=13)
    title = alt.Title("ReaL accuracy before and after relabelling", subtitle="bars are 95 % intervals over pictures")
    return (
        (bars + dots + text)
        .properties(width=460, height=alt.Step(34))
        .facet(row=alt.Row("checkpoint:N", title=None, header=header), title=title, spacing=8)
    )


def _percent(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    return frame.assign(**{name: (100 * frame[name]).round(2) for name in columns})


def _family_param(frame: pd.DataFrame) -> alt.Parameter:
    counts = frame.drop_duplicates("checkpoint")["family"].value_counts()
    options = ["all", *sorted(counts.index[counts > 1])]
    return alt.param(
        name="chosen_family", value="all", bind=alt.binding_select(options=options, name="family of checkpoints ")
    )


def _in_family() -> str:
    return "chosen_family == 'all' || datum.family == chosen_family"


def _set_color() -> alt.Color:
    scale = alt.Scale(domain=list(SETS.values()), range=list(IMAGE_SETS.values()))
    return alt.Color("set:N", title=None, sort=list(SETS.values()), scale=scale)


def _tip(field: str, title: str | None = None) -> alt.Tooltip:
    return alt.Tooltip(field, title=title or field)
