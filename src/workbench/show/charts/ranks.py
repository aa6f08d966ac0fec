"""Charts of ranks: every checkpoint before and after, and the largest rises and falls."""

import altair as alt
import pandas as pd

from workbench.inputs.checkpoints import family
from workbench.show.marks import caption, family_choice, family_opacity, looks, rows, tips
from workbench.show.theme import BLUE, GREY, ORANGE

MOVES = {"rises": BLUE, "falls": ORANGE, "stays": GREY}


def rank_shift(shifts: pd.DataFrame, before: str, after: str, *, movers: int = 10) -> alt.HConcatChart:
    """Every checkpoint's rank before and after, and the `movers` largest rises and falls by name.

    Takes :func:`workbench.score.ranks.rank_shift` of one source, or that of :mod:`workbench.score.paired.ranking`,
    whose intervals of ranks become a cross behind each dot; `before` and `after` say in words what was ranked.
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
    diagonal = alt.Chart(pd.DataFrame({"rank": [1, len(frame)]})).mark_line(color="#999999", strokeDash=[4, 4])
    diagonal = diagonal.encode(x=alt.X("rank:Q", scale=scale), y=alt.Y("rank:Q", scale=scale))
    x = alt.X("rank_before:Q", title=f"rank by {before} (1 is best)", scale=scale)
    y = alt.Y("rank_after:Q", title=f"rank by {after} (1 is best)", scale=scale)
    dots = alt.Chart(frame).encode(x, y, **told).mark_circle(size=34).encode(opacity=family_opacity(0.85, 0.06))
    cross = _cross(alt.Chart(frame).encode(x, y, **told)) if known else []
    everyone = alt.layer(diagonal, *cross, dots).properties(
        width=340, height=400, title=caption(f"All {len(frame)} checkpoints")
    )
    falls = frame.nsmallest(movers, "shift").iloc[::-1]
    largest = pd.concat([frame.nlargest(movers, "shift"), falls]).drop_duplicates("checkpoint")
    heading = caption(f"The largest rises and falls: from ○ ({before}) to ● ({after})")
    moved = _moves(largest, len(frame), told).properties(width=270, height=alt.Step(19), title=heading)
    subtitle = "above the dashed line a checkpoint rises" + "; lines are 95 % intervals of ranks" * bool(known)
    title = alt.Title(f"Rank by {before}, then by {after}", subtitle=subtitle)
    return alt.hconcat(everyone, moved, spacing=30, title=title).add_params(family_choice(frame))


def _cross(base: alt.Chart) -> list[alt.Chart]:
    """Intervals of both ranks."""
    rule = base.mark_rule(strokeWidth=1).encode(opacity=family_opacity(0.35, 0.04))
    across = rule.encode(x=alt.X("best_before:Q"), x2="worst_before:Q")
    return [across, rule.encode(y=alt.Y("best_after:Q"), y2="worst_after:Q")]


def _moves(largest: pd.DataFrame, n: int, told: dict) -> alt.LayerChart:
    end = largest[["rank_before", "rank_after"]].max(axis=1)
    largest = largest.assign(text=largest["shift"].map("{:+d}".format), end=end)
    y = rows("checkpoint", largest["checkpoint"].tolist(), labelFontSize=11, labelLimit=380)
    base = alt.Chart(largest).encode(y=y, **told)
    # Room at the right, for the text beside the last rank.
    x = alt.X("rank_before:Q", title="rank (1 is best)", scale=alt.Scale(domain=[-2, n * 1.12], nice=False))
    bar = base.mark_rule(strokeWidth=2, opacity=0.6).encode(x=x, x2="rank_after:Q")
    start = base.mark_point(size=50, filled=False, fill="white").encode(x=x)
    end = base.mark_point(size=60, filled=True).encode(x=alt.X("rank_after:Q"))
    return bar + start + end + base.mark_text(align="left", dx=8, fontSize=11).encode(x="end:Q", text="text")
