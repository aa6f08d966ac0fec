"""Charts of what depends on the labels: the gap at each threshold of ReaL, and accuracy before and after others."""

import altair as alt
import pandas as pd

from workbench.score import table
from workbench.score.paired.by_labels import PUBLISHED, THRESHOLDS
from workbench.show import marks
from workbench.show.charts.gaps import PARTS, SHARES
from workbench.show.marks import INTERVAL, extent, percents, rows, tips
from workbench.show.theme import BLUE, DARK_ORANGE, GREY, IMAGE_SETS, INK

WIDTH, HEIGHT = 230, 200  # of a panel, in pixels
ORDER = [f"{threshold:g}" for threshold in THRESHOLDS.values()]
X = alt.X("threshold:O", title="threshold of V1's labels", sort=ORDER, axis=alt.Axis(labelAngle=-45))


def operating_points(points: pd.DataFrame) -> alt.ConcatChart:
    """V1's share of images with several labels at each threshold, and the top-1 gap in two parts by three standards.

    Takes ``labels-operating-points``; what is drawn is over all images.
    """
    shown = points[(points["over"] == "all images") & points["labels"].isin([*THRESHOLDS, "v2-refined"])]
    shown = shown.assign(threshold=shown["labels"].map(THRESHOLDS).map("{:g}".format))
    shown = shown.assign(**percents(shown, "value", "ci_low", "ci_high"))
    gap = shown.loc[shown["quantity"] == "gap", "value"].iloc[0]
    ours = f"{THRESHOLDS[PUBLISHED]:g}"
    parts = (shown.loc[shown["quantity"] == f"composition_{name}", "value"] for name in SHARES)
    told = [f"{part.min():.1f} to {part.max():.1f} with {of}" for part, of in zip(parts, SHARES.values(), strict=True)]
    title = alt.Title(
        [f"By threshold, composition is {told[0]},", ", ".join(told[1:])],
        subtitle=[
            f"the mean top-1 gap of {gap:.1f} points at ten thresholds of V1's labels; V2's stay as they are;",
            "bands are 95 % intervals from resampling images jointly;",
            f"the dotted line is at ReaL's own threshold, {ours}",
        ],
    )
    reach = marks.extent(shown.loc[shown["quantity"].str.contains("_v1|_v2|_mid"), ["ci_low", "ci_high"]], 1)
    parts = [_parts(shown, name, heading, reach) for name, heading in SHARES.items()]
    panels = alt.concat(_several(shown), *parts, columns=2, spacing=14, title=title, description=_words(shown))
    return panels.resolve_scale(color="independent", shape="independent")


def _several(shown: pd.DataFrame) -> alt.LayerChart:
    of = shown[shown["quantity"] == "several"]
    v1, v2 = of[of["labels"] != "v2-refined"], of[of["labels"] == "v2-refined"]
    y = alt.Y("value:Q", title="images with several labels (%)", scale=alt.Scale(domainMin=0))
    base = alt.Chart(v1[["threshold", "value", "ci_low", "ci_high"]]).encode(
        x=X, y=y, color=alt.value(IMAGE_SETS["v1"]), tooltip=_tips("share (%)")
    )
    rule = alt.Chart(v2[["value"]]).mark_rule(color=IMAGE_SETS["v2"], strokeDash=[5, 3]).encode(y="value:Q")
    said = [(v1["value"].iloc[0], "V1", IMAGE_SETS["v1"]), (v2["value"].iloc[0], "V2", DARK_ORANGE)]
    words = [
        alt.Chart(pd.DataFrame({"value": [value], "text": [f"{name}: {value:.1f} %"]}))
        .mark_text(align="left", dy=-9, color=color, fontWeight="bold")
        .encode(y="value:Q", x=alt.value(12), text="text:N")
        for value, name, color in said
    ]
    return alt.layer(_published(), *_banded(base), rule, *words).properties(
        width=WIDTH, height=HEIGHT, title=marks.caption("Several labels")
    )


def _parts(shown: pd.DataFrame, standard: str, heading: str, reach: list) -> alt.LayerChart:
    pieces = []
    for name, (words, *_) in PARTS.items():
        part = shown[shown["quantity"] == f"{name}_{standard}"]
        pieces.append(part[["threshold", "value", "ci_low", "ci_high"]].assign(part=words))
    told = {words: look for words, *look in PARTS.values()}
    legend = alt.Legend(orient="bottom", direction="vertical", symbolOpacity=1) if standard == "midpoint" else None
    color, shape = marks.told("part", told, alt.Color, alt.Shape, title=None, sort=list(told), legend=legend)
    title = "points of the top-1 gap" if standard in ("v1", "midpoint") else None
    y = alt.Y("value:Q", title=title, scale=alt.Scale(domain=reach))
    base = alt.Chart(pd.concat(pieces)).encode(color, x=X, y=y, tooltip=_tips("points", "part"))
    zero = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=INK).encode(y="zero:Q")
    layers = alt.layer(zero, _published(), *_banded(base, shape))
    return layers.properties(width=WIDTH, height=HEIGHT, title=marks.caption(f"Both sets with {heading}"))


def _banded(base: alt.Chart, *shape: alt.Shape) -> list[alt.Chart]:
    """A band, a line and a dot at each threshold."""
    band = base.mark_area(opacity=0.22).encode(y=alt.Y("ci_low:Q"), y2="ci_high:Q")
    dots = base.mark_point(filled=True, size=34, opacity=1).encode(*shape)
    return [band, base.mark_line(strokeWidth=1.5), dots]


def _published() -> alt.Chart:
    at = pd.DataFrame({"threshold": [f"{THRESHOLDS[PUBLISHED]:g}"]})
    return alt.Chart(at).mark_rule(color=GREY, strokeDash=[2, 3]).encode(x=X)


def _tips(value: str, *fields: str) -> list[alt.Tooltip]:
    return tips(*fields, threshold="threshold", value=value, **marks.INTERVAL)


def _words(shown: pd.DataFrame) -> str:
    """The chart in words, for who does not see it."""
    table = shown.pivot(index="threshold", columns="quantity", values="value")
    first, last = (f"{at:g}" for at in (min(THRESHOLDS.values()), max(THRESHOLDS.values())))
    column = {heading: table[f"composition_{name}"] for name, heading in SHARES.items()}
    ends = [f"by {heading} from {of[first]:.1f} to {of[last]:.1f}" for heading, of in column.items()]
    several = f"from {table.loc[first, 'several']:.1f} to {table.loc[last, 'several']:.1f} %"
    return (
        f"Four panels over thresholds {first} to {last}. The share of V1's images with several labels goes {several}. "
        f"The points that go with label counts go {'; '.join(ends)}."
    )


def relabelled(moved: pd.DataFrame) -> alt.FacetChart:
    """ReaL accuracy of each checkpoint under several label sets, in the order of the column ``labels_of``."""
    chosen = table.select(moved, "real")
    frame = chosen[["checkpoint", "labels_of", "n_images"]].assign(**percents(chosen, "value", "ci_low", "ci_high"))
    order = chosen["labels_of"].drop_duplicates().tolist()
    title = "ReaL accuracy (%)"
    color = alt.Color("labels_of:N", sort=order, legend=None, scale=alt.Scale(domain=order, range=[GREY, BLUE]))
    base = alt.Chart(frame).encode(
        y=rows("labels_of", order, ticks=False),
        color=color,
        tooltip=tips("checkpoint", labels_of="labels", value=title, **INTERVAL, n_images="pictures"),
    )
    scale = alt.Scale(domain=[extent(frame["ci_low"], 10)[0], 100])
    x = alt.X("value:Q", scale=scale)
    bars = base.mark_rule(strokeWidth=2, opacity=0.6)
    bars = bars.encode(x=alt.X("ci_low:Q", title=title, scale=scale), x2="ci_high:Q")
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(x=x)
    text = base.mark_text(dy=-11).encode(x=x, text=alt.Text("value:Q", format=".1f"))
    header = alt.Header(labelOrient="top", labelAnchor="start", labelFontSize=13)
    row = alt.Row("checkpoint:N", title=None, header=header)
    heading = alt.Title("ReaL accuracy before and after relabelling", subtitle="bars are 95 % intervals over pictures")
    return (bars + dots + text).properties(width=460, height=alt.Step(34)).facet(row=row, title=heading, spacing=8)
