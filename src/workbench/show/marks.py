"""What the charts share: words, looks of image sets, tooltips, captions, boxes of dots, the choice of a family."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from workbench.show.theme import IMAGE_SETS, RED

SOURCES = {
    "published": "published: the paper's tables",
    "recht2019": "recht2019: public predictions",
    "open_clip": "open_clip: its published zero-shot results",
    "run": "run here",
}
METRICS = {"top1": "top-1 accuracy", "real": "ReaL accuracy", "asma": "ASMA", "subgroup": "subgroup accuracy"}
SETS = {"v1": "V1 (ImageNet)", "v2": "V2 (ImageNetV2)"}
SHAPES = {"v1": "circle", "v2": "triangle-up"}
OWN = "run"  # the source of one's own checkpoints
INTERVAL = {"ci_low": "from", "ci_high": "to"}  # of a tooltip


def percent(fractions: pd.Series) -> pd.Series:
    """Fractions in percent with two decimals: notebooks are compared exactly, and a seventh may differ elsewhere."""
    return (100 * fractions).round(2)


def percents(frame: pd.DataFrame, *names: str) -> dict[str, pd.Series]:
    """Columns of fractions in percent, for `DataFrame.assign`."""
    return {name: percent(frame[name]) for name in names}


def extent(values: ArrayLike, step: float) -> list[float]:
    """Smallest and largest value, rounded outwards to multiples of `step`; missing ones do not count.

    >>> extent([64.9, float("nan"), 91], 5)
    [60.0, 95.0]
    """
    values = np.asarray(values, float)
    return [float(np.floor(np.nanmin(values) / step) * step), float(np.ceil(np.nanmax(values) / step) * step)]


def decades(low: float, high: float) -> tuple[list[float], list[float]]:
    """Ends and every second step of a logarithmic axis for values from `low` to `high`, in the row 1, 2, 5, 10, 20.

    >>> decades(1.07, 2100)
    ([1, 5000], [5, 20, 100, 500, 2000])
    """
    row = [digit * 10**power for power in range(-6, 13) for digit in (1, 2, 5)]
    first, last = bisect_right(row, low) - 1, bisect_left(row, high)
    return [row[first], row[last]], row[first + 2 : last : 2]


def rank_ticks(n: int) -> list[int]:
    """The first rank and round ones up to `n`, eight or nine at most.

    >>> rank_ticks(315), rank_ticks(5)
    ([1, 50, 100, 150, 200, 250, 300], [1, 2, 3, 4, 5])
    """
    step = next(digit * 10**power for power in range(9) for digit in (1, 2, 5) if n <= 8 * digit * 10**power)
    return sorted({1, *range(step, n + 1, step)})


def family_choice(frame: pd.DataFrame) -> alt.Parameter:
    """A list below a chart to pick a family of checkpoints from."""
    counts = frame.drop_duplicates("checkpoint")["family"].value_counts()
    options = ["all", *sorted(counts.index[counts > 1])]
    listed = alt.binding_select(options=options, name="family of checkpoints ")
    return alt.param(name="chosen_family", value="all", bind=listed)


def family_opacity(chosen: float, others: float) -> Any:
    """Opacity of the checkpoints of the picked family, and of all others."""
    expression = "chosen_family == 'all' || datum.family == chosen_family"
    return alt.condition(expression, alt.value(chosen), alt.value(others))


def looks(of: Mapping) -> alt.Scale:
    """The scale that gives each value its look: value -> colour, for instance."""
    return alt.Scale(domain=list(of), range=list(of.values()))


def told(field: str, of: Mapping[Any, Sequence], *channels: Any, **options: Any) -> list:
    """Channels that tell the values of a field apart together, colour and shape for instance.

    `of`: value -> its look in each of the `channels`, which are classes of Altair; `options` go to all.
    """
    looked = zip(*of.values(), strict=True)
    scales = [looks(dict(zip(of, values, strict=True))) for values in looked]
    return [channel(f"{field}:N", scale=scale, **options) for channel, scale in zip(channels, scales, strict=True)]


def told_sets() -> list:
    """Colour and shape of an image set, from the column ``set``."""
    of = {name: (IMAGE_SETS[key], SHAPES[key]) for key, name in SETS.items()}
    return told("set", of, alt.Color, alt.Shape, title=None, sort=list(SETS.values()))


def tips(*fields: str, **titles: str) -> list[alt.Tooltip]:
    """Lines of a tooltip: fields under their own names, then fields under a title."""
    return [alt.Tooltip(field, title=title) for field, title in ({field: field for field in fields} | titles).items()]


def caption(text: str | list[str]) -> alt.Title:
    """Heading of one panel of several, in one line or more."""
    return alt.Title(text, fontSize=13, fontWeight="normal")


def own_points(base: alt.Chart, **look: Any) -> alt.Chart:
    """The look of one's own checkpoints, before published ones, in every chart."""
    return base.mark_point(**{"shape": "diamond", "filled": True, "size": 70, "opacity": 1, "color": RED} | look)


def own_names(base: alt.Chart, names: Sequence[str], dy: float = 0, **look: Any) -> list[alt.Chart]:
    """Their names, beside them, each a line from the one before, so that close ones do not lie on each other."""
    look = {"color": RED, "fontWeight": "bold", "fontSize": 11} | look
    ones = [base.transform_filter(alt.FieldEqualPredicate(name, "checkpoint")) for name in names]
    return [one.mark_text(dy=dy - 13 * at, **look).encode(text="checkpoint:N") for at, one in enumerate(ones)]


def own_words(names: Sequence[str]) -> list[str]:
    """The line of a subtitle that names one's own checkpoints, if there are any.

    >>> own_words(["a", "b", "c", "d"])
    ['red: a, b, c and 1 more, with 95 % intervals where known']
    """
    more = f" and {len(names) - 3} more" * (len(names) > 3)
    return [f"red: {', '.join(names[:3])}{more}, with 95 % intervals where known"] * bool(names)


def rows(field: str, order: Sequence, **axis: Any) -> alt.Y:
    """A row for each value, from the top, with nothing but its name at the axis unless `axis` says otherwise."""
    return alt.Y(f"{field}:N", sort=list(order), title=None, axis=alt.Axis(**axis or {"ticks": False, "domain": False}))


def boxes(base: alt.Chart, **look: Any) -> alt.Chart:
    """Boxes from quartile to quartile with whiskers to the ends and a black line at the median."""
    return base.mark_boxplot(extent="min-max", median={"color": "black", "thickness": 2}, **look)


def spread(frame: pd.DataFrame, value: str, by: list[str], places: int) -> pd.Series:
    """Offsets from the middle by rank within each group, for the dots upon a box.

    Nothing is random, and dots of close values do not hide each other.
    """
    return frame.groupby(by)[value].rank(method="first").mod(places) - places // 2
