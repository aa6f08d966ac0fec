"""One's own predictions of CLIP models beside what open_clip reports of the same weights; what class names change.

What is reported was made with OpenAI's class names, which give two pairs of classes one name each, and with
open_clip's own transform (protocol ``crop``).
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from workbench.inputs import committed
from workbench.inputs.checkpoints import CLIP
from workbench.inputs.images import SIZES
from workbench.inputs.labels import LabelSet
from workbench.inputs.published.class_names import SHARED
from workbench.predict.store import Predictions
from workbench.predict.zeroshot.weights import Name
from workbench.score import scores, table
from workbench.score.paired import comparing

KEYS = ["name", "pretrained", "image_set"]
BESIDE = [
    *("model", "names", "templates", "image_set", "protocol", "n_images", "measured", "ci_low", "ci_high"),
    *("reported", "source", "difference", "difference_low", "difference_high"),
]
FOUND = ["n_images", "value_first", "value_second", "difference", "ci_low", "ci_high", "only_first", "only_second", "p"]


def clip_only(predictions: Iterable[Predictions]) -> list[Predictions]:
    """Those of zero-shot classifiers on V1 and V2."""
    return [one for one in predictions if one.checkpoint.startswith(CLIP) and one.image_set in SIZES]


def beside_reported(predictions: Iterable[Predictions]) -> pd.DataFrame:
    """Measured beside reported top-1, a row for each file of a zero-shot classifier on V1 or V2: columns `BESIDE`.

    `difference` is measured minus reported. Its interval is that of the measured accuracy, so it speaks of other
    pictures of the same kind, and takes the reported one as it stands. Where nothing is reported of the weights that
    a name tells, `reported` is empty, and `difference` is, too, by the protocol ``resize``.
    """
    own = table.select(scores.score(clip_only(predictions), label_counts=[1]), "top1").reset_index(drop=True)
    told = [Name.parse(name) for name in own["checkpoint"]]
    named = [(one.arch, one.tag, one.names, one.templates, f"{one.arch} / {one.tag or one.file}") for one in told]
    named = pd.DataFrame(named, columns=["name", "pretrained", "names", "templates", "model"])
    reported = committed.table("open-clip-results").melt(KEYS[:2], list(SIZES), "image_set", "reported")
    rows = own.drop(columns="source").join(named).merge(reported, "left", KEYS, validate="many_to_one")
    rows["source"] = np.where(rows["reported"].notna(), "open_clip results", "")
    comparable = rows["reported"].where(rows["protocol"] == "crop")
    ends = {"difference": "value", "difference_low": "ci_low", "difference_high": "ci_high"}
    rows = rows.assign(**{name: rows[end] - comparable for name, end in ends.items()})
    return rows.rename(columns={"value": "measured"})[BESIDE]


def by_names(predictions: Iterable[Predictions]) -> pd.DataFrame:
    """What the names ``unique`` change against ``openai``, for each two files that differ in nothing else.

    A row for all pictures, for those of the four classes that share two names, and for the rest: ``model, image_set,
    part, n_images, unique, openai, difference, ci_low, ci_high, only_unique, only_openai, p``. `difference` is unique
    minus openai, its interval and `p` are paired (:mod:`workbench.score.paired.significance`).
    """
    files: dict[tuple, dict[str, Predictions]] = {}
    for one in clip_only(predictions):
        name = Name.parse(one.checkpoint)
        same = (name.arch, name.tag, name.file, name.templates, one.image_set, one.protocol)
        files.setdefault(same, {})[name.names] = one
    pairs = [(found["unique"], found["openai"]) for found in files.values() if {"unique", "openai"} <= found.keys()]
    rows = [row for unique, openai in pairs for row in _parts(unique, openai)]
    titles = {"value_first": "unique", "value_second": "openai"}
    titles |= {"only_first": "only_unique", "only_second": "only_openai"}
    return pd.DataFrame(rows, columns=["model", "image_set", "part", *FOUND]).rename(columns=titles)


def _parts(unique: Predictions, openai: Predictions) -> list[dict]:
    """The comparison by part; a part without a picture has no row."""
    original = scores.original_of(scores.labels_for(unique, None))
    assert original is not None, "V1 and V2 have single labels"
    rows = []
    for part, asked in (("all pictures", [True, False]), ("the four classes", [True]), ("the rest", [False])):
        first, second = (one.take(np.flatnonzero(np.isin(_shares(one, original), asked))) for one in (unique, openai))
        if len(first) and len(second):
            found = comparing.compare(first, second).iloc[0]
            rows.append({"model": unique.checkpoint, "image_set": unique.image_set, "part": part, **found[FOUND]})
    return rows


def _shares(one: Predictions, original: LabelSet) -> np.ndarray:
    """Whether each picture's class shares its name with another, boolean (n,)."""
    return np.isin(original.classes[original.rows(one.images)], SHARED)  # each picture has one label
