"""Scores become what people look at: charts, tables, and four instruments for a notebook.

The instruments are one call each. What they need is imported by the call, not by ``import workbench.show``.
"""

import sys
from typing import TYPE_CHECKING, Any

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
    from workbench.show.instruments.slices import Slicer


def _import_jsonschema() -> None:
    """Altair checks charts by jsonschema, which builds 38 grammars when it is imported, for an address format that no
    chart has. That takes two seconds of each kernel; without its library jsonschema leaves this one check out.
    """
    modules: dict[str, Any] = sys.modules  # pyright: ignore[reportAssignmentType]  # None says: not to be imported
    if "rfc3987_syntax" in modules:
        return
    modules["rfc3987_syntax"] = None
    try:
        import jsonschema
    finally:
        del modules["rfc3987_syntax"]


_import_jsonschema()


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
    tags: "str | Path" = "tags.csv",
    out: "str | Path" = "labels.jsonl",
) -> "Viewer":
    """Page through pictures with the best classes of one or two checkpoints: what is right, right by
    multi-labels, wrong.

    `original` is the single-label set, known for the named label sets. `facts` has one row per picture, in
    its column or index ``image``; each further column becomes a filter. `tags` is the file that tagged pictures go to
    (CSV ``image,tag``, made by the first tag), `out` the one for verdicts of "relabel these". What the filters let pass
    is the frame ``selection`` of the result.
    """
    from workbench.show.instruments.gallery import Viewer

    return Viewer(predictions, labels, images, original=original, facts=facts, tags=tags, out=out)


def slices(
    predictions: "Predictions",
    labels: "LabelSet",
    images: "ImageSet | None" = None,
    *,
    original: "LabelSet | None" = None,
    facts: "pd.DataFrame | None" = None,
    least: int = 10,
    tags: "str | Path" = "tags.csv",
    out: "str | Path" = "labels.jsonl",
) -> "Slicer":
    """Accuracy by class, label count, confidence, folder, each fact, or two of them; and the classes it confuses.

    A click on a slice or a pair opens its pictures in the gallery, where `images` are at hand. Groups of fewer than
    `least` pictures are folded into one. The other parameters are those of :func:`gallery`.
    """
    from workbench.show.instruments.slices import Slicer

    given = {"original": original, "facts": facts, "least": least, "tags": tags, "out": out}
    return Slicer(predictions, labels, images, **given)


def relabel(
    images: "ImageSet",
    predictions: "Predictions | Sequence[Predictions]",
    labels: "LabelSet",
    *,
    out: "str | Path" = "labels.jsonl",
    annotator: str = "",
    others: "Sequence[str | Path]" = (),
    only: "Sequence[str]" = (),
) -> "Relabeller":
    """Judge labels picture by picture; every decision is in the file `out` before the next one is asked.

    `annotator` is by default the name of the user; `others` are files of other annotators, shown beside, with their
    agreement; `only` are the ids of the pictures to judge, all by default.
    :func:`workbench.inputs.labels.agreement.merge` makes a label set of the files.
    """
    from workbench.show.instruments.relabel import Relabeller

    return Relabeller(images, predictions, labels, out=out, annotator=annotator, others=others, only=only)
