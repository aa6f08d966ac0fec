"""Charts of multiple choice: what classifiers would score, and what guessing adds."""

import altair as alt
import pandas as pd

from workbench.show import marks
from workbench.show.marks import percents, tips
from workbench.show.theme import BLUE, GREEN, INK, ORANGE, PURPLE

WIDTH, HEIGHT = 235, 300  # of a panel, in pixels
SCORES = {"top1": ("top-1", BLUE, "circle"), "real": ("ReaL", GREEN, "triangle-up")}
BOUNDS = "multiple choice, from at least to at most"
SIZES = {0: BLUE, 1: ORANGE, 2: PURPLE}  # from the fewest questions to the most


def multiple_choice(rows: pd.DataFrame) -> alt.HConcatChart:
    """Top-1, ReaL and the bounds of multiple choice of each model, in order of top-1; a panel for each image set.

    Takes :func:`workbench.score.multiple_choice.public.side_by_side`.
    """
    shown = rows.assign(**percents(rows, "top1", "real", "low", "high", "ci_low", "ci_high"))
    shown["place"] = shown.groupby("image_set")["top1"].rank(method="first").astype(int)
    domain = [marks.extent(shown[["top1", "low"]], 10)[0], 100]
    panels = [
        _panel(part, str(name), domain, first=place == 0)
        for place, (name, part) in enumerate(shown.groupby("image_set", sort=True))
    ]
    name, part = next(iter(shown.groupby("image_set", sort=True)))
    top1, least, most = part[["top1", "low", "high"]].median()
    title = alt.Title(
        f"{str(name).upper()}: median {top1:.1f} % by top-1, between {least:.1f} and {most:.1f} % by multiple choice",
        subtitle=[
            f"{shown['checkpoint'].nunique()} models, expectation over all draws of nine other classes",
            "only the best five classes are public:",
            "bars run from what they settle to what they leave possible",
            "each panel has the models in its own order",
        ],
    )
    return alt.hconcat(*panels, spacing=24, title=title, description=_words(shown))


def _panel(part: pd.DataFrame, image_set: str, domain: list[float], *, first: bool) -> alt.LayerChart:
    x = alt.X("place:Q", title="place by top-1, from the worst", scale=alt.Scale(zero=False, nice=False, padding=8))
    lines = tips(
        "checkpoint", top1="top-1 (%)", real="ReaL (%)", low="multiple choice, at least (%)", high="at most (%)"
    )
    told = {name: (color, shape) for name, color, shape in SCORES.values()} | {BOUNDS: (ORANGE, "stroke")}
    color, shape = marks.told(
        "score", told, alt.Color, alt.Shape, title=None, sort=list(told), legend=alt.Legend(symbolOpacity=1)
    )
    y = alt.Y("percent:Q", title="score (%)" if first else None, scale=alt.Scale(domain=domain))
    bars = (
        alt.Chart(part.assign(score=BOUNDS))
        .mark_rule(strokeWidth=2.5)
        .encode(x=x, y=alt.Y("low:Q", scale=alt.Scale(domain=domain)), y2="high:Q", color=color, tooltip=lines)
    )
    long = pd.concat(part.assign(score=name, percent=part[key]) for key, (name, *_) in SCORES.items())
    dots = alt.Chart(long).mark_point(filled=True, size=26, opacity=0.9).encode(color, shape, x=x, y=y, tooltip=lines)
    heading = marks.caption(marks.SETS.get(image_set, image_set))
    return (bars + dots).properties(width=WIDTH, height=HEIGHT, title=heading)


def _words(shown: pd.DataFrame) -> str:
    """The chart in words, for who does not see it."""
    told = []
    for name, part in shown.groupby("image_set"):
        ends = {of: f"{part[of].min():.1f} to {part[of].max():.1f}" for of in ("top1", "low", "high")}
        words = f"top-1 is {ends['top1']} %, multiple choice at least {ends['low']} and at most {ends['high']} %"
        told.append(f"{marks.SETS.get(str(name), str(name))}: {words}.")
    return " ".join(told)


def fallback(rows: pd.DataFrame) -> alt.LayerChart:
    """What a random letter for each unparsed answer adds, by parse rate, with its spread over seeds by questions asked.

    Takes :func:`workbench.score.multiple_choice.fallback.added`, for one number of questions or up to three.
    """
    shown = rows.assign(**percents(rows, "parse_rate", "added", "low", "high"))
    sizes = sorted(rows["n_questions"].unique().tolist())
    named = {n: f"{n:,} questions" for n in sizes}
    shown = shown.assign(questions=shown["n_questions"].map(named))
    scale = marks.looks(dict(zip(named.values(), SIZES.values(), strict=False)))
    color = alt.Color("questions:N", title="95 % of the seeds, with", sort=list(named.values()), scale=scale)
    x = alt.X("parse_rate:Q", title="answers with a letter (%)", scale=alt.Scale(domain=[0, 100], nice=False))
    base = alt.Chart(shown).encode(
        x=x, tooltip=tips("questions", parse_rate="parse rate (%)", added="adds (points)", low="from", high="to")
    )
    lowest = alt.Y("low:Q", title="points that guessing adds")
    edges = [base.mark_line(strokeWidth=2).encode(y=end, color=color) for end in (lowest, "high:Q")]
    line = base.transform_filter(f"datum.n_questions == {sizes[-1]}").mark_line(color=INK, strokeWidth=1)
    title = alt.Title(
        "A random letter adds a tenth of what is not parsed",
        subtitle="thin line: the expectation; 95 % of the seeds of the guesses fall between two lines of a colour",
    )
    return alt.layer(*edges, line.encode(y="added:Q")).properties(width=480, height=280, title=title)
