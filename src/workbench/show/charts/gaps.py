"""Charts of the gap between V1 and V2: across checkpoints, and its decomposition."""

import altair as alt
import numpy as np
import pandas as pd

from workbench.inputs.checkpoints import family
from workbench.show.marks import METRICS, SETS, SOURCES, family_choice, in_family, percent, set_color, tip
from workbench.show.theme import BLUE, GREY, ORANGE, PURPLE


def accuracy_gap(gaps: pd.DataFrame, metric: str) -> alt.TopLevelMixin:
    """Figure 5: V1 and V2 across checkpoints in order of V1, their difference below; one column per source.

    Takes :func:`workbench.score.gaps.gap`. A family is picked from the list below the chart.
    """
    frame = percent(gaps, ["v1", "v2", "gap", "ci_low", "ci_high"]).assign(family=gaps["checkpoint"].map(family))
    chosen = family_choice(frame)
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
        tip("checkpoint"),
        tip("family"),
        tip("v1", f"V1 {METRICS[metric]} (%)"),
        tip("v2", f"V2 {METRICS[metric]} (%)"),
        tip("gap", "V1 - V2 (points)"),
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
            color=set_color(),
            shape=alt.Shape(
                "set:N", title=None, sort=names, scale=alt.Scale(domain=names, range=["circle", "triangle-up"])
            ),
            opacity=alt.condition(in_family(), alt.value(0.9), alt.value(0.06)),
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
        tip("checkpoint"),
        tip("family"),
        tip("gap", "V1 - V2 (points)"),
        tip("ci_low", "from"),
        tip("ci_high", "to"),
    ]
    dots = base.mark_point(filled=True, size=14, color=GREY).encode(
        y=y, tooltip=tips, opacity=alt.condition(in_family(), alt.value(1), alt.value(0.08))
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
        tooltip=[tip("checkpoint"), tip("part"), tip("points", "points"), tip("low", "from"), tip("high", "to")],
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
