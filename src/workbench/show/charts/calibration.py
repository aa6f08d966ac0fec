"""Confidence beside accuracy: the reliability diagram."""

import altair as alt
import pandas as pd

from workbench.show.marks import INTERVAL, percents, tips, told
from workbench.show.theme import BLUE, GREY, ORANGE

LOOKS = {"one label": (BLUE, "circle"), "several labels": (ORANGE, "triangle-up")}


def reliability(found: pd.DataFrame, checkpoint: str) -> alt.LayerChart:
    """Accuracy at each level of confidence with its interval; on the dashed line a model is as sure as it is right.

    Takes :func:`workbench.score.mistakes.calibration.reliability`.
    """
    frame = found.assign(**percents(found, "confidence", "value", "ci_low", "ci_high"))
    scale = alt.Scale(domain=[0, 100])
    x = alt.X("confidence:Q", title="confidence (%)", scale=scale)
    y = alt.Y("value:Q", title="right by the original label (%)", scale=scale)
    color, shape = told("labels", LOOKS, alt.Color, alt.Shape, title=None, sort=list(LOOKS))
    line = tips("labels", confidence="confidence (%)", value="right (%)", **INTERVAL, n_images="pictures")
    base = alt.Chart(frame).encode(color, x=x, tooltip=line)
    bars = base.mark_rule(strokeWidth=2, opacity=0.6).encode(y=alt.Y("ci_low:Q", scale=scale), y2="ci_high:Q")
    dots = base.mark_point(filled=True, size=50, opacity=1).encode(shape, y=y)
    equal = alt.Chart(pd.DataFrame({"confidence": [0, 100], "value": [0, 100]})).encode(x=x, y=y)
    title = alt.Title(
        f"Is {checkpoint} as sure as it is right?",
        subtitle=["below the dashed line it is too sure; bars are 95 % intervals over pictures"],
    )
    dashed = equal.mark_line(color=GREY, strokeDash=[5, 4])
    return alt.layer(dashed, bars, dots).properties(width=320, height=300, title=title)
