"""Pictures beside what a checkpoint sees in them."""

from textwrap import wrap

import altair as alt
import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.inputs import classes
from workbench.inputs.images import ImageSet
from workbench.inputs.labels import LabelSet
from workbench.predict.store import Predictions
from workbench.show.charts.patchml import SIDE
from workbench.show.theme import GREEN, RED
from workbench.show.thumbnails import thumbnail


def top_predictions(
    predictions: Predictions,
    labels: LabelSet,
    images: ImageSet,
    *,
    k: int = 5,
    columns: int = 2,
    most: int = 20,
    side: int = SIDE,
    label_count: int | None = None,
) -> alt.ConcatChart:
    """The first `most` pictures, each with the bars of its `k` best classes; a correct one is a filled green
    bar and says so, the others are hollow and red.

    Pictures are `side` pixels large; with a `label_count`, only those with as many labels are shown. Scores are
    shown in whole percent. Raises `InputError` for predictions without scores.
    """
    if predictions.scores is None:
        raise InputError(f"the predictions of {predictions.checkpoint} have no scores; predict again, or import logits")
    wanted = [labels.labels(image) for image in predictions.images]
    rows = [row for row, own in enumerate(wanted) if label_count in (None, len(own))]
    cells = []
    for row in rows[:most]:
        image = predictions.images[row]
        bars = _bars(predictions.classes[row, :k], predictions.scores[row, :k], wanted[row])
        heading = wrap(", ".join(classes.names()[label] for label in wanted[row]), (side + 250) // 7)
        cells.append(_picture_with_bars(heading, thumbnail(images.read(image), image, side), bars, side))
    return alt.concat(*cells, columns=columns, spacing=14)


def _bars(best: np.ndarray, scores: np.ndarray, wanted: list[int]) -> pd.DataFrame:
    percent = np.rint(100 * scores).astype(int)
    correct = np.isin(best, wanted)
    names = [classes.names()[label] for label in best]
    text = [f"{share} %{' correct' if right else ''}" for right, share in zip(correct, percent, strict=True)]
    meaning = [classes.describe(label) for label in best]
    return pd.DataFrame({"class": names, "score": percent, "correct": correct, "text": text, "meaning": meaning})


def _picture_with_bars(heading: list[str], url: str, bars: pd.DataFrame, side: int) -> alt.HConcatChart:
    image = alt.Chart(pd.DataFrame({"url": [url]})).mark_image(width=side, height=side)
    image = image.encode(url="url:N", x=alt.value(side / 2), y=alt.value(side / 2))
    # One extent for all, so that the bars of all pictures start at one line.
    axis = alt.Axis(labelLimit=140, minExtent=145, maxExtent=145, labelFontSize=11, ticks=False, domain=False)
    base = alt.Chart(bars).encode(
        y=alt.Y("class:N", sort=bars["class"].tolist(), title=None, axis=axis),
        # Bars end at 100; the rest of the width is for their text.
        x=alt.X("score:Q", scale=alt.Scale(domain=[0, 150]), axis=None),
        tooltip=[
            alt.Tooltip("meaning:N", title="class"),
            alt.Tooltip("score:Q", title="score (%)"),
            alt.Tooltip("correct:N"),
        ],
    )
    drawn = base.mark_bar(height=13, strokeWidth=1.5).encode(
        fill=alt.Fill("correct:N", scale=alt.Scale(domain=[True, False], range=[GREEN, "white"]), legend=None),
        stroke=alt.Stroke("correct:N", scale=alt.Scale(domain=[True, False], range=[GREEN, RED]), legend=None),
    )
    drawn += base.mark_text(align="left", dx=4, fontSize=11).encode(text="text:N")
    title = alt.Title(heading, fontSize=12, fontWeight="bold", offset=4, limit=side + 340)
    return alt.hconcat(
        image.properties(width=side, height=side), drawn.properties(width=170, height=side), spacing=6, title=title
    )
