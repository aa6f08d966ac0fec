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
from workbench.show import thumbnails
from workbench.show.marks import rows, tips, told
from workbench.show.theme import GREEN, RED


def top_predictions(
    predictions: Predictions,
    labels: LabelSet,
    images: ImageSet,
    *,
    k: int = 5,
    columns: int = 1,
    most: int = 20,
    side: int = thumbnails.SIDE,
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
    chosen = [place for place, own in enumerate(wanted) if label_count in (None, len(own))]
    cells = []
    for place in chosen[:most]:
        image = predictions.images[place]
        seen = picture(thumbnails.thumbnail(images.read(image), image, side), side, side).properties(
            width=side, height=side
        )
        bars = _bars(predictions.classes[place, :k], predictions.scores[place, :k], wanted[place])
        heading = wrap(", ".join(classes.names()[label] for label in wanted[place]), (side + 250) // 7)
        title = alt.Title(heading, fontSize=12, fontWeight="bold", offset=4, limit=side + 340)
        cells.append(alt.hconcat(seen, bars.properties(width=170, height=side), spacing=6, title=title))
    words = f"The {k} best classes of {predictions.checkpoint} for {len(cells)} picture{'s' * (len(cells) != 1)}"
    return alt.concat(*cells, columns=columns, spacing=14, description=words)


def picture(url: str, width: int, height: int) -> alt.Chart:
    """A picture as a layer that fills a view of this size, in pixels."""
    drawn = alt.Chart(pd.DataFrame({"url": [url]})).mark_image(width=width, height=height)
    return drawn.encode(url="url:N", x=alt.value(width / 2), y=alt.value(height / 2))


def _bars(best: np.ndarray, scores: np.ndarray, wanted: list[int]) -> alt.LayerChart:
    drawn = {"class": [classes.names()[label] for label in best], "score": np.rint(100 * scores).astype(int)}
    judged = {"correct": np.isin(best, wanted), "meaning": [classes.describe(label) for label in best]}
    frame = pd.DataFrame(drawn | judged)
    frame["text"] = frame["score"].astype(str) + frame["correct"].map({True: " % correct", False: " %"})
    # One extent for all, so that the bars of all pictures start at one line.
    axis = {"labelLimit": 140, "minExtent": 145, "maxExtent": 145, "labelFontSize": 11, "ticks": False, "domain": False}
    base = alt.Chart(frame).encode(
        y=rows("class", frame["class"].tolist(), **axis),
        # Bars end at 100; the rest of the width is for their text.
        x=alt.X("score:Q", scale=alt.Scale(domain=[0, 150]), axis=None),
        tooltip=[*tips(meaning="class", score="score (%)"), "correct"],
    )
    of = {True: (GREEN, GREEN), False: ("white", RED)}
    bars = base.mark_bar(height=13, strokeWidth=1.5).encode(*told("correct", of, alt.Fill, alt.Stroke, legend=None))
    return bars + base.mark_text(align="left", dx=4, fontSize=11).encode(text="text:N")
