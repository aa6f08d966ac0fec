"""The ledger of claims, as people look at it: a chart of verdicts."""

import altair as alt
import pandas as pd

from workbench.claims import VERDICTS
from workbench.show.marks import looks, rows
from workbench.show.theme import BLUE, GREEN, RED

COLOURS: dict[str, str] = dict(zip(VERDICTS, (GREEN, BLUE, RED, "#767676"), strict=True))
SIGNS: dict[str, str] = dict(zip(VERDICTS, ("+", "~", "×", "?"), strict=True))


def claim_verdicts(counts: pd.DataFrame) -> alt.LayerChart:
    """Number of claims of each document by verdict; takes :func:`workbench.claims.verdicts`."""
    order = counts["document"].drop_duplicates().tolist()
    frame = counts[counts["claims"] > 0].assign(
        place=counts["verdict"].map(list(VERDICTS).index),
        text=counts["verdict"].replace(SIGNS) + counts["claims"].astype(str),
    )
    base = alt.Chart(frame).encode(
        y=rows("document", order),
        x=alt.X("claims:Q", title="claims", stack="zero", axis=alt.Axis(tickMinStep=1, format="d")),
        order="place:O",
        tooltip=["document", "verdict", "claims"],
    )
    names = [f"{SIGNS[verdict]} {verdict}" for verdict in VERDICTS]
    legend = alt.Legend(labelExpr=f"{names}[indexof({list(VERDICTS)}, datum.value)]", symbolType="square")
    color = alt.Color("verdict:N", title=None, scale=looks(COLOURS), legend=legend)
    bars = base.mark_bar(stroke="white").encode(color=color)
    text = base.mark_text(align="right", dx=-3, fontSize=10, color="white", fontWeight="bold").encode(text="text:N")
    subtitle = f"{counts['claims'].sum()} claims of {len(order)} documents"
    title = alt.Title("What became of the claims", subtitle=subtitle)
    return (bars + text).properties(width=560, height=alt.Step(32), title=title)
