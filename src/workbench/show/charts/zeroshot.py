"""The chart of V2 against V1 on probit axes: models, the lines through some of them, and distances from one line."""

from typing import Any

import altair as alt
import pandas as pd
from scipy.special import ndtri

from workbench.show.marks import INTERVAL, OWN, SOURCES, caption, extent, own_names, percents, tips, told
from workbench.show.theme import BLUE, GREEN, INK, ORANGE, PURPLE

WIDTH = 500
FLOOR = -5  # points: the lower panel ends there
TICKS = (1, 2, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 98, 99)  # percent
LOOKS = {
    "recht2019": (ORANGE, "circle"),
    "published": (BLUE, "square"),
    "open_clip": (GREEN, "triangle-up"),
    "run": (PURPLE, "diamond"),
}


def against_line(distances: pd.DataFrame, lines: pd.DataFrame) -> alt.VConcatChart:
    """V2 against V1 on probit axes with the lines and their bands; below, how far each model lies above one line.

    `distances`: :func:`workbench.score.paired.line.distances` of every model; `lines`: ``band`` of each line with the
    ``source`` of its models, the line of the distances first. The lower panel ends at `FLOOR` points, and says how many
    models lie below.
    """
    shares = distances[["v1", "v2"]]
    distances = distances[((shares > 0) & (shares < 1)).all(axis=1)]  # 0 and 100 % have no place on a probit axis
    numbers = percents(distances, "v1", "v2", "distance", "ci_low", "ci_high")
    frame = distances[["checkpoint"]].assign(source=distances["source"].map(SOURCES), **numbers)
    frame = frame.assign(x=_place(distances["v1"]), y=_place(distances["v2"]))
    looks = {SOURCES[name]: LOOKS[name] for name in LOOKS if name in {*distances["source"], *lines["source"]}}
    color, shape = told(
        "source", looks, alt.Color, alt.Shape, title=None, legend=alt.Legend(columns=2, symbolOpacity=1)
    )
    x = _axis("x", alt.X, frame["x"], "top-1 accuracy on V1 (%), probit scale")
    titles = {"v1": "V1 (%)", "v2": "V2 (%)", "distance": "above the line (points)"} | INTERVAL
    dots = alt.Chart(frame).mark_point(filled=True, size=26, opacity=0.75)
    dots = dots.encode(color, shape, x=x, tooltip=tips("checkpoint", "source", **titles))
    y = _axis("y", alt.Y, frame["y"], "top-1 accuracy on V2 (%), probit scale")
    own = distances.loc[distances["source"] == OWN, "checkpoint"].tolist()
    named = own_names(dots.encode(y=y), own, color=PURPLE, align="right", dx=-8) if own else []
    above = alt.layer(*_lines(lines, x, y, color), dots.encode(y=y), *named).properties(width=WIDTH, height=380)
    heading = f"How far each model lies above the line of {SOURCES[lines['source'].iloc[0]]}"
    below = _below(dots, frame["distance"]).properties(width=WIDTH, height=190)
    hidden = int((frame["distance"] < FLOOR).sum())
    heading = caption([heading, f"models further below than is drawn: {hidden}"] if hidden else heading)
    title = alt.Title(
        "At equal accuracy on V1, which models get more of V2 right?",
        subtitle=[
            "lines: least squares, dashed beyond the V1 range of their models;",
            "band: 95 %, pictures resampled",
        ],
    )
    return alt.vconcat(above, below.properties(title=heading), spacing=22, title=title)


def _below(dots: alt.Chart, distance: pd.Series) -> alt.LayerChart:
    scale = alt.Scale(domain=extent(distance.clip(lower=FLOOR), 1), nice=False)
    y = alt.Y("distance:Q", title="above the line (points)", scale=scale)
    zero = alt.Chart(pd.DataFrame({"distance": [0]})).mark_rule(color=INK).encode(y=y)
    own = dots.transform_filter(f"datum.source == '{SOURCES[OWN]}'").mark_rule(color=PURPLE)
    return (
        zero
        + own.encode(y=alt.Y("ci_low:Q"), y2="ci_high:Q")
        + dots.transform_filter(f"datum.distance >= {FLOOR}").encode(y=y)
    )


def _lines(lines: pd.DataFrame, x: alt.X, y: alt.Y, color: alt.Color) -> list[alt.Chart]:
    columns = {"x": "v1", "y": "v2", "low": "ci_low", "high": "ci_high"}
    places = {name: _place(lines[of]) for name, of in columns.items()}
    frame = lines[["within"]].assign(source=lines["source"].map(SOURCES), **places)
    known = alt.Chart(frame[frame["low"].notna()].assign(y=frame["low"]))
    band = known.mark_area(opacity=0.25, clip=True).encode(color, x=x, y=y, y2="high:Q")
    base = alt.Chart(frame).encode(color, x=x, y=y)
    whole = base.mark_line(strokeWidth=1.2, strokeDash=[3, 3], clip=True)
    return [band, whole, base.transform_filter("datum.within").mark_line(strokeWidth=2, clip=True)]


def _place(shares: pd.Series) -> pd.Series:
    """Where accuracies stand on a probit axis."""
    return pd.Series(ndtri(shares), index=shares.index).round(4)


def _axis(field: str, channel: type, places: pd.Series, title: str) -> Any:
    """A probit axis with its ticks in percent."""
    low, high = extent(places, 0.1)
    ticks = {float(round(ndtri(tick / 100), 4)): str(tick) for tick in TICKS}
    ticks = {place: text for place, text in ticks.items() if low <= place <= high}
    words = f"{[*ticks.values()]}[indexof({[*ticks]}, datum.value)]"
    scale = alt.Scale(domain=[low, high], nice=False)
    return channel(
        f"{field}:Q", title=title, scale=scale, axis=alt.Axis(values=[*ticks], labelExpr=words, labelOverlap=False)
    )
