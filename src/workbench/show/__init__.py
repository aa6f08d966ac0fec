"""Scores become what people look at: charts, tables, and three instruments for a notebook.

The instruments are one call each. What they need is imported by the call, not by ``import workbench.show``.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from workbench.inputs.images import ImageSet
    from workbench.inputs.labels import LabelSet
    from workbench.predict.store import Predictions
    from workbench.show.instruments.explore import Explorer
    from workbench.show.instruments.gallery import Viewer
    from workbench.show.instruments.relabel import Relabeller


def explore(scores: "pd.DataFrame", *, out: "str | Path" = "outputs/explore") -> "Explorer":
    """Ask a score table: gap chart, boxplots, rank-shift chart and table answer together, and mark the same
    checkpoints.

    `out` is the folder that the button "save" writes to; an empty one leaves the button out.
    """
    from workbench.show.instruments.explore import Explorer

    return Explorer(scores, out=out)


def gallery(
    predictions: "Predictions | Sequence[Predictions]",
    labels: "LabelSet",
    images: "ImageSet",
    *,
    original: "LabelSet | None" = None,
    facts: "pd.DataFrame | None" = None,
) -> "Viewer":
    """Page through pictures with the best classes of one or two checkpoints: what is right, right by
    multi-labels, wrong.

    `original` is the single-label set, known for the named label sets. `facts` has one row per picture, in
    its column or index ``image``; each further column becomes a filter.
    """
    from workbench.show.instruments.gallery import Viewer

    return Viewer(predictions, labels, images, original=original, facts=facts)


def relabel(
    images: "ImageSet",
    predictions: "Predictions | Sequence[Predictions]",
    labels: "LabelSet",
    *,
    out: "str | Path" = "labels.jsonl",
    annotator: str = "",
) -> "Relabeller":
    """Judge labels picture by picture; every decision is in the file `out` before the next one is asked.

    `annotator` is by default the name of the user. :func:`workbench.inputs.labels.agreement.merge` makes a label set
    of the files.
    """
    from workbench.show.instruments.relabel import Relabeller

    return Relabeller(images, predictions, labels, out=out, annotator=annotator)
