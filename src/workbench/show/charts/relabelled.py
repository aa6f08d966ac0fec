"""ReaL accuracy under several label sets."""

import altair as alt
import pandas as pd

from workbench.score import table
from workbench.show.marks import INTERVAL, extent, percents, rows, tips
from workbench.show.theme import BLUE, GREY


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
