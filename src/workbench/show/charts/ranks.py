"""Charts of ranks: every checkpoint before and after, and the largest moves."""

import altair as alt
import pandas as pd

from workbench.inputs.checkpoints import family
from workbench.show.marks import family_choice, in_family, tip
from workbench.show.theme import BLUE, GREY, ORANGE


def rank_shift(shifts: pd.DataFrame, before: str, after: str, *, movers: int = 10) -> alt.HConcatChart:
    """Every checkpoint's rank before and after, and the `movers` largest rises and falls by name.

    Takes :func:`workbench.score.ranks.rank_shift` of one source; `before` and `after` say in words what was ranked.
    """
    frame = shifts.assign(
        family=shifts["checkpoint"].map(family),
        move=shifts["shift"].map(lambda n: "rises" if n > 0 else "falls" if n < 0 else "stays"),
    )
    frame = frame[["checkpoint", "family", "rank_before", "rank_after", "shift", "move"]]
    chosen = family_choice(frame)
    color = alt.Color(
        "move:N", title=None, scale=alt.Scale(domain=["rises", "falls", "stays"], range=[BLUE, ORANGE, GREY])
    )
    tips = [
        tip("checkpoint"),
        tip("family"),
        tip("rank_before", f"rank: {before}"),
        tip("rank_after", f"rank: {after}"),
        tip("shift"),
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
            opacity=alt.condition(in_family(), alt.value(0.85), alt.value(0.06)),
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
