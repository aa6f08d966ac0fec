"""ReaL accuracy under several label sets."""

import altair as alt
import numpy as np
import pandas as pd

from workbench.show.marks import percent, tip
from workbench.show.theme import BLUE, GREY


def relabelled(moved: pd.DataFrame) -> alt.FacetChart:
    """ReaL accuracy of each checkpoint under several label sets, in the order of the column ``labels_of``."""
    rows = moved[(moved["metric"] == "real") & moved["label_count"].isna()]
    frame = percent(rows, ["value", "ci_low", "ci_high"])
    frame = frame[["checkpoint", "labels_of", "value", "ci_low", "ci_high", "n_images"]]
    order = rows["labels_of"].drop_duplicates().tolist()
    base = alt.Chart(frame).encode(
        y=alt.Y("labels_of:N", sort=order, title=None, axis=alt.Axis(ticks=False)),
        color=alt.Color("labels_of:N", sort=order, legend=None, scale=alt.Scale(domain=order, range=[GREY, BLUE])),
        tooltip=[
            tip("checkpoint"),
            tip("labels_of", "labels"),
            tip("value", "ReaL accuracy (%)"),
            tip("ci_low", "from"),
            tip("ci_high", "to"),
            tip("n_images", "pictures"),
        ],
    )
    low = float(np.floor(frame["ci_low"].min() / 10) * 10)
    scale = alt.Scale(domain=[low, 100])
    bars = base.mark_rule(strokeWidth=2, opacity=0.6).encode(
        x=alt.X("ci_low:Q", title="ReaL accuracy (%)", scale=scale), x2="ci_high:Q"
    )
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(x=alt.X("value:Q", scale=scale))
    text = base.mark_text(dy=-11).encode(x=alt.X("value:Q", scale=scale), text=alt.Text("value:Q", format=".1f"))
    header = alt.Header(labelOrient="top", labelAnchor="start", labelFontSize=13)
    title = alt.Title("ReaL accuracy before and after relabelling", subtitle="bars are 95 % intervals over pictures")
    return (
        (bars + dots + text)
        .properties(width=460, height=alt.Step(34))
        .facet(row=alt.Row("checkpoint:N", title=None, header=header), title=title, spacing=8)
    )
