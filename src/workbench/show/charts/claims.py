"""The ledger of claims, as people look at it: a chart of verdicts."""

import altair as alt
import pandas as pd

from workbench.claims import ABOUT, VERDICTS, worded
from workbench.claims.registry import OTHERS
from workbench.show.marks import looks, rows
from workbench.show.theme import BLUE, RED

COLOURS: dict[str, str] = dict(zip(VERDICTS, ("#004D38", BLUE, RED, "#6E6E6E"), strict=True))
SIGNS: dict[str, str] = dict(zip(VERDICTS, ("+", "~", "×", "?"), strict=True))


def claim_verdicts(counts: pd.DataFrame) -> alt.LayerChart:
    """Number of sentences of each document by verdict; takes :func:`workbench.claims.verdicts`.

    Bars are hollow where a sentence was checked on others than it speaks of.
    """
    order = counts["document"].drop_duplicates().tolist()
    frame = counts[counts["sentences"] > 0].assign(
        place=lambda table: table["verdict"].map(list(VERDICTS).index) * 2 + table["about"].map(list(ABOUT).index),
        found=lambda table: [worded(*pair) for pair in zip(table["verdict"], table["about"], strict=True)],
    )
    on_others = f"datum.about == '{OTHERS}'"
    base = alt.Chart(frame).encode(
        y=rows("document", order, ticks=False, domain=False, labelLimit=250),
        x=alt.X("sentences:Q", title="sentences", stack="zero", axis=alt.Axis(tickMinStep=1, format="d")),
        order="place:O",
        tooltip=["document", "found", "sentences"],
    )
    colours = alt.Color("verdict:N", title=None, scale=looks(COLOURS), legend=alt.Legend(symbolType="square"))
    edges = alt.Stroke("verdict:N", scale=looks(COLOURS), legend=None)
    fill = alt.condition(on_others, alt.value(0.1), alt.value(1))
    bars = base.mark_bar(strokeWidth=1.5).encode(color=colours, stroke=edges, fillOpacity=fill)
    ink = alt.condition(on_others, alt.value("#222"), alt.value("white"))
    text = base.mark_text(align="right", dx=-1, fontSize=11, fontWeight="bold").encode(text="sentences:Q", color=ink)
    subtitle = [
        f"{counts['sentences'].sum()} sentences of {len(order)} documents; verdicts in the order of the legend;",
        "hollow: checked on other models",
    ]
    title = alt.Title("What became of the claims", subtitle=subtitle)
    return (bars + text).properties(width=310, height=alt.Step(32), title=title)
