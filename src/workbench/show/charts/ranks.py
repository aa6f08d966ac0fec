"""Charts of ranks: every checkpoint before and after, the largest rises and falls, one among all others."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from workbench.inputs.checkpoints import family
from workbench.score.table import select
from workbench.show.marks import (
    METRICS,
    caption,
    extent,
    family_choice,
    family_opacity,
    looks,
    own_names,
    own_points,
    own_words,
    percent,
    rank_ticks,
    rows,
    tips,
)
from workbench.show.theme import BLUE, GREY, INK, ORANGE, RED

WIDTH = 310  # of a panel, in pixels: with the longest name beside it, it fits a notebook's column
MOVES = {"rises": BLUE, "falls": ORANGE, "stays": GREY}


def rank_shift(
    shifts: pd.DataFrame, before: str, after: str, *, movers: int = 10, own: Sequence[str] = ()
) -> alt.VConcatChart:
    """Every checkpoint's rank before and after, and the `movers` largest rises and falls by name.

    Takes :func:`workbench.score.ranks.rank_shift` of one source, or that of :mod:`workbench.score.paired.ranking`,
    whose intervals of ranks become a cross behind each dot; `before` and `after` say in words what was ranked. The best
    is at the right, and above. One's `own` checkpoints are marked and named, and among the named moves.
    """
    ends = [f"{name}_{when}" for when in ("before", "after") for name in ("best", "worst")]
    known = [name for name in ends if name in shifts]
    frame = shifts[["checkpoint", "rank_before", "rank_after", "shift", *known]].assign(
        family=shifts["checkpoint"].map(family),
        move=shifts["shift"].map(lambda n: "rises" if n > 0 else "falls" if n < 0 else "stays"),
    )
    lines = tips("checkpoint", "family", rank_before=f"rank: {before}", rank_after=f"rank: {after}", shift="shift")
    told = {"color": alt.Color("move:N", title=None, scale=looks(MOVES)), "tooltip": lines}
    scale = alt.Scale(domain=[len(frame) + 3, -2], nice=False)
    axis = alt.Axis(values=rank_ticks(len(frame)))
    diagonal = alt.Chart(pd.DataFrame({"rank": [1, len(frame)]})).mark_line(color="#999999", strokeDash=[4, 4])
    diagonal = diagonal.encode(x=alt.X("rank:Q", scale=scale), y=alt.Y("rank:Q", scale=scale))
    x = alt.X("rank_before:Q", title=f"rank by {before} (1 is best)", scale=scale, axis=axis)
    y = alt.Y("rank_after:Q", title=f"rank by {after} (1 is best)", scale=scale, axis=axis)
    dots = alt.Chart(frame).encode(x, y, **told).mark_circle(size=34).encode(opacity=family_opacity(0.85, 0.06))
    cross = _cross(alt.Chart(frame).encode(x, y, **told)) if known else []
    mine = alt.Chart(frame[frame["checkpoint"].isin(list(own))]).encode(x, y, tooltip=lines)
    marked = [own_points(mine), *own_names(mine, own, align="right", dx=-8)] if len(own) else []
    everyone = alt.layer(diagonal, *cross, dots, *marked).properties(
        width=WIDTH, height=330, title=caption(f"All {len(frame)} checkpoints")
    )
    falls = frame.nsmallest(movers, "shift").iloc[::-1]
    theirs = frame[frame["checkpoint"].isin(list(own))]
    largest = pd.concat([frame.nlargest(movers, "shift"), falls, theirs]).drop_duplicates("checkpoint")
    heading = caption(f"The largest rises and falls: from ○ ({before}) to ● ({after})")
    moved = _moves(largest, len(frame), told).properties(width=WIDTH, height=alt.Step(19), title=heading)
    subtitle = "above the dashed line a checkpoint rises" + "; lines are 95 % intervals of ranks" * bool(known)
    title = alt.Title(f"Rank by {before}, then by {after}", subtitle=[subtitle, *own_words(list(own))])
    return alt.vconcat(everyone, moved, spacing=24, title=title).add_params(family_choice(frame))


def _cross(base: alt.Chart) -> list[alt.Chart]:
    """Intervals of both ranks."""
    rule = base.mark_rule(strokeWidth=1).encode(opacity=family_opacity(0.35, 0.04))
    across = rule.encode(x=alt.X("best_before:Q"), x2="worst_before:Q")
    return [across, rule.encode(y=alt.Y("best_after:Q"), y2="worst_after:Q")]


def _moves(largest: pd.DataFrame, n: int, told: dict) -> alt.LayerChart:
    end = largest[["rank_before", "rank_after"]].min(axis=1)
    largest = largest.assign(text=largest["shift"].map("{:+d}".format), end=end)
    y = rows("checkpoint", largest["checkpoint"].tolist(), labelFontSize=11, labelLimit=380)
    base = alt.Chart(largest).encode(y=y, **told)
    # Room at the right, for the text beside the best rank.
    scale, axis = alt.Scale(domain=[n + 3, -2 - 0.12 * n], nice=False), alt.Axis(values=rank_ticks(n))
    x = alt.X("rank_before:Q", title="rank (1 is best)", scale=scale, axis=axis)
    bar = base.mark_rule(strokeWidth=2, opacity=0.6).encode(x=x, x2="rank_after:Q")
    start = base.mark_point(size=50, filled=False, fill="white").encode(x=x)
    end = base.mark_point(size=60, filled=True).encode(x=alt.X("rank_after:Q"))
    text = base.mark_text(align="left", dx=8, fontSize=11)
    return bar + start + end + text.encode(x="end:Q", text="text", color=alt.value(INK))


def standing(scores: pd.DataFrame, places: pd.DataFrame, checkpoint: str) -> alt.LayerChart:
    """One checkpoint, named, with its interval: above a tick for each public model, below how many published ones are
    within each point.

    Takes score tables of both, and :func:`workbench.score.reported.standing.places`. The axis begins where all but a
    twentieth of the others do; the rest is cut off.
    """
    keys = list(zip(places["image_set"].astype(str), places["metric"].astype(str), strict=True))
    names: list = [f"{image_set.upper()} {METRICS[metric].removesuffix(' accuracy')}" for image_set, metric in keys]
    others = scores[scores["checkpoint"] != checkpoint]
    found = [select(others, key[1], key[0]).assign(score=name) for key, name in zip(keys, names, strict=True)]
    long = pd.concat(found).assign(percent=lambda rows: percent(rows["value"]).round(1))
    is_printed = long["source"] == "published"
    printed = long[is_printed]
    ticks = long[~is_printed].pivot(index="checkpoint", columns="score", values="percent")[names].reset_index()
    counted = pd.crosstab(printed["percent"].floordiv(1).astype(int).rename("percent"), printed["score"])[names]
    own = pd.DataFrame({"score": names} | {of: percent(places[of]) for of in ("value", "ci_low", "ci_high")})
    ends = [long["percent"].quantile(0.05), long["percent"].max(), own["ci_low"].min(), own["ci_high"].max()]
    x = alt.X("percent:Q", title="%", scale=alt.Scale(domain=extent(ends, 5)))
    y = alt.Y("score:N", sort=None, title=None)  # in the order of the data, the same in every layer
    told = [alt.Tooltip(field) for field in ("checkpoint:N", "score:N", "percent:Q")]
    above = alt.Chart(ticks).transform_fold(names, as_=["score", "percent"]).encode(x="percent:Q", y=y, tooltip=told)
    above = above.mark_tick(clip=True, thickness=1, color=BLUE, height=9, yOffset=-5)
    below = alt.Chart(counted.reset_index()).transform_fold(names, as_=["score", "checkpoints"])
    shade = alt.Opacity("checkpoints:Q", legend=None, scale=alt.Scale(domain=[0, 30], range=[0, 1]))
    below = below.transform_calculate(end="datum.percent + 1").encode(x, y, shade, x2="end:Q")
    below = below.mark_bar(clip=True, color=GREY, height=9, yOffset=5)
    base = alt.Chart(own).encode(y=y, tooltip=tips(value="%", ci_low="from", ci_high="to"))
    bar = base.mark_rule(strokeWidth=3, color=RED).encode(x="ci_low:Q", x2="ci_high:Q")
    dot = base.mark_point(filled=True, size=60, opacity=1, shape="diamond", color=RED).encode(x="value:Q")
    words = f"{len(ticks)} public models (crop, above), {printed['checkpoint'].nunique()} published (resize, below)"
    title = alt.Title(f"{checkpoint}, with its 95 % interval, among", subtitle=words)
    return (below + above + bar + dot).properties(width=315, height=alt.Step(21), title=title)
