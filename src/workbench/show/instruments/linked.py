"""The charts of `explore`: a gap chart, boxplots and a rank-shift chart for each source, with marks in all of them.

Two things in the specification are for the front end that draws it: the parameter ``marked``, a list of
checkpoints that are ringed in every chart, and one interval selection per chart, ``gap<group>`` and
``rank<group>``, to drag a rectangle with.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from altair.utils.schemapi import debug_mode

from workbench.score.interactive.queries import Query, Result
from workbench.score.table import LABEL_COUNTS
from workbench.show import theme
from workbench.show.marks import METRICS, SETS, SOURCES, percent, percents, rank_ticks
from workbench.show.theme import GREEN, GREY, IMAGE_SETS, INK

NAMES = SETS | {"patchml": "PatchML"}
SHORT = {"v1": "V1", "v2": "V2", "patchml": "PatchML"}
COLORS = IMAGE_SETS | {"patchml": GREEN}
SHAPES = {"v1": "circle", "v2": "triangle-up", "patchml": "square"}
RINGED = "indexof(marked, datum.checkpoint) >= 0"
FAINT = 0.07
APART = {"scale": {"color": "independent", "shape": "independent", "xOffset": "independent"}}
OF_PAIRS = ["checkpoint", "family", "chosen", "place", "rank_before", "rank_after", "shift", "first", "second", "gap"]


def overview(answer: Result, question: Query, marked: list[str]) -> dict:
    """The Vega-Lite specification of one row of charts per source and protocol.

    Altair makes the single charts, on named data. They are put together here: Altair copies all that it holds
    whenever charts are combined, which took a second and now takes a tenth.
    """
    params: list[dict] = [{"name": "marked", "value": marked}]
    rows, datasets = [], {}
    for group, part in answer.pairs.groupby("group"):
        boxes = answer.boxes[(answer.boxes["group"] == group) & answer.boxes["chosen"]]
        datasets[f"pairs{group}"] = _records(part[OF_PAIRS].assign(**percents(part, "first", "second", "gap")))
        datasets[f"boxes{group}"] = _records(_named(boxes))
        rows.append(_row(part, int(group), question, params, datasets))  # pyright: ignore[reportArgumentType]
    empty = theme.spec(alt.layer(), validate=False)
    frame = {name: empty[name] for name in ("$schema", "config")}
    told = {"description": _description(answer, question)}
    return frame | told | {"vconcat": rows, "spacing": 18, "resolve": APART, "params": params, "datasets": datasets}


def marking(specification: dict, marked: list[str]) -> dict:
    """The same specification with these checkpoints marked."""
    first, *others = specification["params"]
    return specification | {"params": [first | {"value": marked}, *others]}


def _description(answer: Result, question: Query) -> str:
    """What the charts show, for those who do not see them."""
    first, second = (NAMES[name] for name in question.pair)
    chosen = answer.pairs[answer.pairs["chosen"]]
    sources = []
    for _, part in chosen.groupby(["source", "protocol"], sort=False):
        source, protocol = part[["source", "protocol"]].iloc[0]
        mean = f"{100 * part['gap'].mean():.2f} points apart on average"
        sources.append(f"{len(part)} of {SOURCES.get(source, source)}, {protocol}, {mean}")
    views = "each checkpoint's value on both, their difference, boxplots by label count, and ranks before and after"
    return f"{METRICS[question.metric]} on {first} and {second}: {views}. Checkpoints: {'; '.join(sources)}."


def _named(boxes: pd.DataFrame) -> pd.DataFrame:
    return boxes[["checkpoint", "labels"]].assign(percent=percent(boxes["value"]), set=boxes["image_set"].map(NAMES))


def _records(frame: pd.DataFrame) -> list[dict]:
    """As ``to_dict("records")``, in a quarter of its time."""
    columns = {name: frame[name].tolist() for name in frame}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _row(pairs: pd.DataFrame, group: int, question: Query, params: list[dict], datasets: dict) -> dict:
    source, protocol = pairs[["source", "protocol"]].iloc[0]
    chosen, n = int(pairs["chosen"].sum()), len(pairs)
    share = f"{n} checkpoints" if chosen == n else f"{chosen} of {n} checkpoints chosen"
    gaps = 100 * pairs["gap"]
    reach = (min(0.0, float(np.floor(gaps.min()))), max(0.0, float(np.ceil(gaps.max()))))
    asked = Query(question.metric, question.pair, label_counts=question.label_counts)
    (levels, difference, boxes, ranks), constants = _charts(asked, group, n, reach)
    params += [_selection(f"gap{group}", ["x"]), _selection(f"rank{group}", ["x", "y"])]
    datasets |= constants
    gap = {"vconcat": [levels, difference], "spacing": 6, "resolve": APART}
    title = {"text": f"{SOURCES.get(source, source)}, {protocol}", "subtitle": share, "fontSize": 13, "offset": 6}
    return {"hconcat": [gap, boxes, ranks], "spacing": 16, "title": title, "resolve": APART}


@lru_cache(maxsize=256)
def _charts(question: Query, group: int, n: int, reach: tuple[float, float]) -> tuple[list[dict], dict]:
    """The four charts of one row and the data of their fixed lines; kept, as most questions change the data alone."""
    data = alt.NamedData(f"pairs{group}")
    with debug_mode(False):  # the tests check the whole specification against the schema
        parts = [
            _layered(_levels(data, n, question), f"gap{group}", width=290, height=170),
            _layered(_difference(data, n, question, reach), "", width=290, height=90),
            _layered(_boxes(alt.NamedData(f"boxes{group}"), question), "", width=240, height=284),
            _layered(_ranks(data, n, question), f"rank{group}", width=240, height=284),
        ]
    layers = [layer for part in parts for layer in part["layer"]]
    return parts, {name: rows for layer in layers for name, rows in layer.pop("datasets", {}).items()}


def _layered(charts: list[alt.Chart], name: str, **size: int) -> dict:
    """Charts on each other. The first that has points is named, so that a selection can be bound to it."""
    layers = [chart.to_dict(validate=False) for chart in charts]
    for layer in layers:
        del layer["$schema"], layer["config"]
    if name:
        next(layer for layer in layers if layer["mark"]["type"] in ("point", "circle"))["name"] = f"{name}_points"
    return {"layer": layers} | size


def _selection(name: str, encodings: list[str]) -> dict:
    return {"name": name, "select": {"type": "interval", "encodings": encodings}, "views": [f"{name}_points"]}


def _levels(data: alt.NamedData, n: int, question: Query) -> list[alt.Chart]:
    """Both image sets, checkpoints in order of the first."""
    names = [NAMES[name] for name in question.pair]
    folded = alt.Chart(data).transform_fold(["first", "second"], as_=["which", "percent"])
    named = folded.transform_calculate(set=f"datum.which == 'first' ? '{names[0]}' : '{names[1]}'")
    y = alt.Y("percent:Q", title=f"{METRICS[question.metric]} (%)", scale=alt.Scale(zero=False))
    base = named.encode(x=_place(n, None), y=y, tooltip=_tips(question))
    color = alt.Color("set:N", scale=_by_set(COLORS, question), sort=names, title=None)
    shape = alt.Shape("set:N", scale=_by_set(SHAPES, question), sort=names, title=None)
    dots = base.mark_point(filled=True, size=20).encode(color=color, shape=shape, opacity=_opacity(0.85))
    return [dots, _rings(base)]


def _difference(data: alt.NamedData, n: int, question: Query, reach: tuple[float, float]) -> list[alt.Chart]:
    first, second = (SHORT[name] for name in question.pair)
    title = f"{first} - {second} (points)"
    y = alt.Y("gap:Q", title=title, scale=alt.Scale(domain=list(reach)), axis=alt.Axis(tickCount=4))
    x = _place(n, f"checkpoints, in order of {first}")
    base = alt.Chart(data).encode(x=x, y=y, tooltip=_tips(question))
    dots = base.mark_point(filled=True, size=12, color=GREY).encode(opacity=_opacity(0.9))
    zero = alt.Chart(alt.InlineData([{"gap": 0}])).mark_rule(color="#888888").encode(y=y)
    return [zero, dots, _rings(base)]


def _boxes(data: alt.NamedData, question: Query) -> list[alt.Chart]:
    """Boxplots of the chosen checkpoints by label count."""
    order = ["all", *map(str, question.label_counts or LABEL_COUNTS)]
    names = [NAMES[name] for name in question.pair]
    # ASMA is a mean over label counts; at one of them it is the subgroup accuracy.
    title = "ASMA; subgroup accuracy (%)" if question.metric == "asma" else f"{METRICS[question.metric]} (%)"
    x = alt.X("labels:N", title="labels of a picture", sort=order, axis=alt.Axis(labelAngle=0))
    y = alt.Y("percent:Q", title=title, scale=alt.Scale(zero=False))
    tips = [
        alt.Tooltip("checkpoint:N"),
        alt.Tooltip("set:N", title="image set"),
        alt.Tooltip("labels:N"),
        alt.Tooltip("percent:Q", title=title),
    ]
    base = alt.Chart(data).encode(x=x, xOffset=alt.XOffset("set:N", sort=names), y=y, tooltip=tips)
    color = alt.Color("set:N", scale=_by_set(COLORS, question), sort=names, title=None, legend=None)
    drawn = base.mark_boxplot(extent="min-max", size=13, opacity=0.45, median={"color": "black"}).encode(color=color)
    dots = base.mark_point(filled=True, size=40, stroke="black", strokeWidth=1.2, opacity=1)
    ringed = dots.encode(color=color).transform_filter(RINGED)
    return [drawn, ringed]


def _ranks(data: alt.NamedData, n: int, question: Query) -> list[alt.Chart]:
    """Rank by top-1 on the first set against rank by the metric on the second; the marked ones by name."""
    first, second = (SHORT[name] for name in question.pair)
    scale = alt.Scale(domain=[n * 1.02 + 1, 1 - n * 0.02], nice=False)
    told = {"scale": scale, "axis": alt.Axis(values=rank_ticks(n))}
    x = alt.X("rank_before:Q", title=f"rank by {first} top-1 (1 is best)", **told)
    y = alt.Y("rank_after:Q", title=f"rank by {second} {METRICS[question.metric].split()[0]}", **told)
    line = alt.Chart(alt.InlineData([{"rank_before": end, "rank_after": end} for end in (1, n)]))
    diagonal = line.mark_line(color="#999999", strokeDash=[4, 4]).encode(x=x, y=y)
    base = alt.Chart(data).encode(x=x, y=y, tooltip=_tips(question))
    dots = base.mark_circle(size=22, color=GREY).encode(opacity=_opacity(0.8))
    # To the side where there is room, and only while they fit: more than three names would lie on each other.
    right_half = f"datum.rank_before < {n / 2}"
    align, dx = alt.expr(f"{right_half} ? 'right' : 'left'"), alt.expr(f"{right_half} ? -9 : 9")
    names = base.mark_text(align=align, dx=dx, fontSize=11, fontWeight="bold", limit=190, color=INK)
    names = names.encode(text="checkpoint:N").transform_filter(f"length(marked) <= 3 && {RINGED}")
    return [diagonal, dots, _rings(base), names]


def _rings(base: alt.Chart) -> alt.Chart:
    many = "length(marked) > 8"  # large rings would lie on each other
    size, width = alt.expr(f"{many} ? 30 : 90"), alt.expr(f"{many} ? 1 : 1.6")
    return base.mark_point(size=size, color="black", strokeWidth=width).transform_filter(RINGED)


def _opacity(opacity: float) -> Any:
    return alt.condition("datum.chosen", alt.value(opacity), alt.value(FAINT))


def _place(n: int, title: str | None) -> alt.X:
    scale = alt.Scale(nice=False, domain=[0, n + 1])
    return alt.X("place:Q", title=title, axis=alt.Axis(grid=False, tickCount=5, tickMinStep=1), scale=scale)


def _by_set(values: Mapping[str, str], question: Query) -> alt.Scale:
    """A scale of colours or shapes for the two image sets of a question."""
    return alt.Scale(domain=[NAMES[name] for name in question.pair], range=[values[name] for name in question.pair])


def _tips(question: Query) -> list[alt.Tooltip]:
    first, second = (f"{NAMES[name]} (%)" for name in question.pair)
    titles = {"checkpoint:N": "checkpoint", "family:N": "family", "first:Q": first, "second:Q": second}
    titles |= {"gap:Q": "difference (points)", "rank_before:Q": "rank before", "rank_after:Q": "rank after"}
    titles |= {"shift:Q": "rise in rank"}
    return [alt.Tooltip(field, title=title) for field, title in titles.items()]
