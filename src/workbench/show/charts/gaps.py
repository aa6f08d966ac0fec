"""Charts of the gap between V1 and V2: across checkpoints, and its decomposition."""

import altair as alt
import numpy as np
import pandas as pd

from workbench.inputs.checkpoints import family
from workbench.score.paired.decomposition import Decomposition
from workbench.show import marks
from workbench.show.marks import METRICS, percent, percents, tips
from workbench.show.theme import BLUE, GREY, INK, ORANGE, PURPLE, RED

WIDTH = 480  # of a panel, in pixels: it fits a notebook's column
PANEL = 156  # of one of three
POOLS = {"resize": "published", "crop": "recht2019"}  # of each protocol
LEAST = 50  # percent on V1: a few models far below would leave the others little room
SHARES = {"v1": "V1's shares", "midpoint": "shares midway", "v2": "V2's shares"}
PARTS = {
    "composition": ("goes with label counts (composition)", BLUE, "square"),
    "within": ("left at equal label counts (within)", ORANGE, "triangle-up"),
}
SIGNS = {"top-1 lower on V2": ORANGE, "top-1 higher on V2": PURPLE}


def accuracy_gap(gaps: pd.DataFrame, metric: str) -> alt.TopLevelMixin:
    """Figure 5: V1 and V2 across checkpoints in order of V1, their difference below; one pair of panels per source.

    Takes :func:`workbench.score.gaps.gap`. A family is picked from the list below the chart. Protocols differ by up to
    four points, so they never share a panel; one's own checkpoints are marked and named in that of their protocol, and
    do not count in its mean. Checkpoints below `LEAST` percent on V1 are counted, not drawn; the mean
    is over all.
    """
    numbers = percents(gaps, "v1", "v2", "gap", "ci_low", "ci_high")
    own = gaps["source"] == marks.OWN
    among = gaps["source"].where(~own, gaps["protocol"].map(POOLS))  # one's own beside those of the same protocol
    own &= among.isin(gaps.loc[~own, "source"])
    frame = gaps.assign(
        **numbers, family=gaps["checkpoint"].map(family), own=own, among=among.where(own, gaps["source"])
    )
    chosen = marks.family_choice(frame)
    shown, hidden = _above(frame, 100)
    domain = marks.extent(shown[["v1", "v2"]], 10)
    reach = marks.extent(shown[["gap", "ci_low", "ci_high"]], 1)
    panels = []
    for (source, protocol), part in frame.groupby(["among", "protocol"], sort=True):
        part = part.drop(columns=["source", "among", "protocol"]).sort_values(["v1", "v2"], ignore_index=True)
        part["place"] = part.index + 1
        heading = f"{marks.SOURCES.get(str(source), source)}, {protocol}"
        drawn, x = part[part["checkpoint"].isin(shown["checkpoint"])], _place(len(part))
        panels.append(_levels(drawn, metric, x, domain, heading))
        panels.append(_difference(drawn, part.loc[~part["own"], "gap"].mean(), x, reach))
    title = alt.Title(
        f"{METRICS[metric]}: V1 and V2",
        subtitle=[
            "each checkpoint is one position;",
            "the band below is the 95 % interval of the difference, where known",
            *_left_out(hidden),
            *marks.own_words(frame.loc[own, "checkpoint"].drop_duplicates().tolist()),
        ],
    )
    return alt.vconcat(*panels, spacing=10, title=title).add_params(chosen)


def _place(n: int) -> alt.X:
    title = f"{n} checkpoint{'s' * (n > 1)}, in order of V1"
    axis = alt.Axis(grid=False, tickCount=5, tickMinStep=1)
    return alt.X("place:Q", title=title, axis=axis, scale=alt.Scale(nice=False, domain=[0, n + 1]))


def _levels(frame: pd.DataFrame, metric: str, x: alt.X, domain: list, heading: str) -> alt.LayerChart:
    v1, v2 = marks.SETS.values()
    name = METRICS[metric]
    y = alt.Y("percent:Q", title=f"{name} (%)", scale=alt.Scale(domain=domain, zero=False))
    dots = (
        alt.Chart(frame)
        .transform_fold(["v1", "v2"], as_=["key", "percent"])
        .transform_calculate(set=f"datum.key == 'v1' ? '{v1}' : '{v2}'")
        .mark_point(filled=True, size=22)
        .encode(*marks.told_sets(), x=x.title(None), y=y, opacity=marks.family_opacity(0.9, 0.06))
    )
    lines = tips("checkpoint", "family", v1=f"V1 {name} (%)", v2=f"V2 {name} (%)", gap="V1 - V2 (points)")
    layers = [dots.encode(tooltip=lines)]
    if frame["own"].any():
        mine = alt.Chart(frame[frame["own"]]).encode(x=x.title(None), tooltip=lines)
        layers.append(mine.mark_rule(color=RED, opacity=0.5))
        names = frame.loc[frame["own"], "checkpoint"].tolist()
        layers += marks.own_names(mine.encode(y="v1:Q"), names, -10, align="right", dx=-4)
    return alt.layer(*layers).properties(width=WIDTH, height=190, title=marks.caption(heading))


def _difference(frame: pd.DataFrame, mean: float, x: alt.X, reach: list) -> alt.LayerChart:
    title = "V1 - V2 (points)"
    scale = alt.Scale(domain=reach, zero=False)  # the band would bring its zero along
    y = alt.Y("gap:Q", title=title, scale=scale, axis=alt.Axis(tickCount=4))
    base = alt.Chart(frame).encode(x=x)
    dots = base.mark_point(filled=True, size=14, color=GREY).encode(
        y=y, tooltip=tips("checkpoint", "family", gap=title, **marks.INTERVAL), opacity=marks.family_opacity(1, 0.08)
    )
    line = alt.Chart(pd.DataFrame({"gap": [round(mean, 2)]})).encode(y=y)
    rule = line.mark_rule(color=PURPLE, strokeDash=[5, 3])
    text = alt.Chart(pd.DataFrame({"text": [f"mean {mean:.2f}"]})).encode(x=alt.value(WIDTH), y=alt.value(6))
    text = text.mark_text(align="right", color=PURPLE, fontWeight="bold").encode(text="text:N")
    layers = [*([_zero()] if reach[0] <= 0 <= reach[1] else []), dots, rule, text]
    if frame["ci_low"].notna().any():
        layers.insert(
            0, base.mark_area(opacity=0.25, color=GREY).encode(y=alt.Y("ci_low:Q", scale=scale), y2="ci_high:Q")
        )
    if frame["own"].any():
        mine = alt.Chart(frame[frame["own"]]).encode(x=x, tooltip=tips("checkpoint", gap=title, **marks.INTERVAL))
        layers.append(mine.mark_rule(color=RED).encode(y=alt.Y("ci_low:Q", scale=scale), y2="ci_high:Q"))
        layers.append(marks.own_points(mine.encode(y=y)))
    return alt.layer(*layers).properties(width=WIDTH, height=100)


def _zero() -> alt.Chart:
    return alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=INK).encode(y=alt.Y("zero:Q"))


def gap_decomposition(decomposed: Decomposition, own: pd.DataFrame | None = None) -> alt.VConcatChart:
    """Figure 5d: the top-1 gap in two parts for every checkpoint by three standards, and what each label count adds.

    Takes :func:`workbench.score.paired.decomposition.decompose`. Above, a dot for each checkpoint and part; below, the
    part that is left, split by number of labels: above zero top-1 there is lower on V2, below zero higher. The upper
    panels begin at `LEAST` percent on V1, and the chart says how many models are further below. One's `own` checkpoints
    are marked there; they come as ``each`` of their decomposition.
    """
    above, below = [], []
    drawn, hidden = _above(decomposed.each, 1)
    reach = marks.extent(100 * pd.concat([drawn, own]).filter(regex="(composition|within)_"), 5)
    term_reach = marks.extent(100 * decomposed.terms.filter(regex="within_"), 2)
    for standard, heading in SHARES.items():
        first = not above
        each, means, terms = (frame[frame["standard"] == standard] for frame in (drawn, *decomposed[1:3]))
        goes, left = 100 * means.set_index("part")["value"][["composition", "within"]]
        text = [
            f"both with {heading}:",
            f"{goes:.1f} points go with",
            f"label counts, {left:.1f} left".replace("-0.0", "0.0"),
        ]
        panel = _parts(each, reach, first=first)
        if own is not None and len(own):
            panel += _parts(own[own["standard"] == standard], reach, first=first, own=True)
        above.append(panel.properties(title=marks.caption(text)))
        below.append(_terms(terms, term_reach, first=first))
    parts = dict(iter(decomposed.means.groupby("part")))
    least, middle, most = (f"{100 * value:.1f}" for value in parts["composition"]["value"])
    gap, low, high = (f"{100 * end:.1f}" for end in parts["gap"][["value", "ci_low", "ci_high"]].iloc[0])
    title = alt.Title(
        f"{least}, {middle} or {most} of {gap} points of the mean top-1 gap go with label counts",
        subtitle=[
            "it depends on whose shares of multi-label images are the standard;",
            f"{decomposed.each['checkpoint'].nunique()} checkpoints, mean gap [{low}, {high}]; "
            "bars are 95 % intervals from resampling images jointly",
            *_left_out(hidden),
            *marks.own_words([] if own is None else own["checkpoint"].drop_duplicates().tolist()),
        ],
    )
    rows = (alt.hconcat(*row, spacing=14) for row in (above, below))
    return alt.vconcat(*rows, spacing=18, title=title).resolve_scale(color="independent", shape="independent")


def _above(each: pd.DataFrame, whole: float) -> tuple[pd.DataFrame, int]:
    """The rows of checkpoints with `LEAST` percent on V1 or more, and the number of the others; all where none has.

    `whole` is what 100 % are in the column ``v1``.
    """
    below = each["v1"] < whole * LEAST / 100
    return (each, 0) if below.all() else (each[~below], each.loc[below, "checkpoint"].nunique())


def _left_out(hidden: int) -> list[str]:
    """The line of a subtitle that says how many models are not drawn."""
    return [f"models below {LEAST} % on V1, which are not drawn: {hidden}"] * bool(hidden)


def _parts(each: pd.DataFrame, reach: list, *, first: bool, own: bool = False) -> alt.LayerChart:
    pieces = []
    for name, (title, *_) in PARTS.items():
        columns = {"v1": "v1", "points": name, "low": f"{name}_low", "high": f"{name}_high"}
        numbers = {column: percent(each[of]) for column, of in columns.items()}
        pieces.append(each[["checkpoint"]].assign(part=title, **numbers))
    told = {title: look for title, *look in PARTS.values()}
    color, shape = marks.told(
        "part", told, alt.Color, alt.Shape, title=None, sort=list(told), legend=alt.Legend(symbolOpacity=1)
    )
    base = alt.Chart(pd.concat(pieces)).encode(
        x=alt.X("v1:Q", title="top-1 on V1 (%)", scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=5)),
        color=color,
        tooltip=tips("checkpoint", "part", "points", low="from", high="to"),
    )
    y = alt.Y("points:Q", title="V1 - V2 (points)" if first else None, scale=alt.Scale(domain=reach))
    bars = base.mark_rule(opacity=0.3).encode(y=alt.Y("low:Q"), y2="high:Q")
    if own:
        marked = marks.own_points(base.encode(y=y), color=alt.Undefined, stroke=RED, strokeWidth=1.5)
        return bars.mark_rule(strokeWidth=1.5) + marked
    dots = base.mark_point(filled=True, size=28, opacity=0.9).encode(y=y, shape=shape)
    return (_zero() + bars + dots).properties(width=PANEL, height=230)


def _terms(terms: pd.DataFrame, reach: list, *, first: bool) -> alt.LayerChart:
    columns = {"points": "within", "low": "within_low", "high": "within_high", "difference": "difference"}
    numbers = {column: percent(terms[of]) for column, of in columns.items()}
    frame = terms[["label_count"]].assign(**numbers, sign=np.where(terms["within"] > 0, *SIGNS))
    base = alt.Chart(frame).encode(
        x=alt.X("label_count:N", title="labels of an image", sort=None, axis=alt.Axis(labelAngle=0)),
        color=alt.Color("sign:N", title=None, scale=marks.looks(SIGNS)),
        tooltip=tips(
            label_count="labels", points="adds (points)", low="from", high="to", difference="V1 - V2 there (points)"
        ),
    )
    y = alt.Y("points:Q", title="adds (points)" if first else None, scale=alt.Scale(domain=reach))
    bars = base.mark_bar(size=14).encode(y=y)
    ends = base.mark_rule(color=GREY, strokeWidth=1.5).encode(y=alt.Y("low:Q"), y2="high:Q", color=alt.value(GREY))
    return (bars + ends + _zero()).properties(width=PANEL, height=140)
