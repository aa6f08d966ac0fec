"""Which column of a table is what: the names that programs give to pictures, classes, scores and ranks.

Case, spaces and hyphens play no part. Where several names of one kind occur, the one that stands first here is taken:
`predicted_class` before `class` and `label`, which then are what the picture shows.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from workbench.inputs import classes

IMAGE = (
    *("image", "file_name", "filename", "image_id", "imageid", "image_name", "image_path", "image_file"),
    *("file_path", "filepath", "file", "path", "img", "img_name", "img_path", "id"),
)
PREDICTED = (
    *("predicted_class", "predicted_index", "predicted_label", "predicted", "prediction", "predictions"),
    *("pred_class", "pred_index", "pred_idx", "pred_label", "pred", "preds", "y_pred"),
)
NAMED = ("class_index", "class_idx", "class_id", "class", "classes", "wnid", "synset", "class_name", "index", "label")
SCORE = (
    *("predicted_probability", "predicted_prob", "pred_prob", "probability", "probabilities", "prob", "probs"),
    *("softmax", "score", "scores", "confidence", "conf", "logit", "logits"),
)
RANK = ("rank", "position", "place")
BEST = ("top", "", "c", *PREDICTED, *NAMED)  # what is left of top1, 0, c0, pred_0 without the number
OUTPUT = (*SCORE, "p", "output", "outputs")
EXPECTED = (
    "a picture ('image', 'file_name', 'path', ...) with its class ('class', 'prediction', 'predicted_class', ...), "
    "perhaps a 'score' (or 'probability', 'confidence', ...), and a 'rank' where a picture has several rows; or with "
    "several classes, best first ('class_1', 'class_2', ... or 'top1', 'top2', ...), or 1000 outputs ('0' to '999')"
)


@dataclass(frozen=True)
class Columns:
    """The columns of a table by what they hold: classes and scores best first, 1000 outputs by class."""

    image: str | None = None
    classes: tuple[str, ...] = ()
    scores: tuple[str, ...] = ()
    rank: str | None = None
    outputs: tuple[str, ...] = ()

    @property
    def used(self) -> set[str | None]:
        """Every column that is read."""
        return {self.image, self.rank, *self.classes, *self.scores, *self.outputs}


def plain(name: str) -> str:
    """A column's name without case, spaces and hyphens.

    >>> plain("Predicted Class ")
    'predicted_class'
    """
    return re.sub(r"[\s_-]+", "_", name.strip().lower())


def find(names: Iterable[str]) -> Columns:
    """What each column holds, as far as its name says; `classes` and `outputs` are both empty where none says it.

    >>> find(["file_name", "predicted_class", "predicted_probability"]).classes
    ('predicted_class',)
    >>> found = find(["img", "top2", "top1", "top1_prob", "top2_prob", "label"])
    >>> found.image, found.classes, found.scores
    ('img', ('top1', 'top2'), ('top1_prob', 'top2_prob'))
    """
    by_plain = {plain(name): name for name in names}
    image, predicted, named, score, rank = (_first(by_plain, of) for of in (IMAGE, PREDICTED, NAMED, SCORE, RANK))
    series = _series(by_plain)
    best, scores = _longest(series, BEST), _longest(series, OUTPUT)
    by_wnid = tuple(by_plain[wnid] for wnid in classes.wnids() if wnid in by_plain)
    if outputs := next((whole for whole in (scores, by_wnid) if len(whole) == classes.N_CLASSES), ()):
        return Columns(image, outputs=outputs)
    if len(best) > 1:
        return Columns(image, best, scores if len(scores) == len(best) else ())
    one = (predicted,) if predicted else best or ((named,) if named else ())
    single = (score,) if score else scores if len(scores) == 1 else ()
    return Columns(image, one, single, rank)


def _first(by_plain: dict[str, str], known: Iterable[str]) -> str | None:
    return next((by_plain[name] for name in known if name in by_plain), None)


def _series(by_plain: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """Columns whose names differ by a number only, counted from 0 or 1 without a gap, by what is left of the name."""
    found: dict[str, dict[int, str]] = {}
    for name, column in by_plain.items():
        if parts := re.fullmatch(r"(|.*\D)(\d{1,4})(\D*)", name):
            before, number, after = parts.groups()
            word = after.strip("_") or re.sub(r"^top_?\d*_", "", before.strip("_"))  # top1_prob, top5_class_1
            found.setdefault(word, {})[int(number)] = column
    ordered = {word: dict(sorted(columns.items())) for word, columns in found.items()}
    return {
        word: tuple(columns.values())
        for word, columns in ordered.items()
        if [*columns] in ([*range(len(columns))], [*range(1, len(columns) + 1)])
    }


def _longest(series: dict[str, tuple[str, ...]], known: Iterable[str]) -> tuple[str, ...]:
    """The longest series with one of the known names, the first of them where several are as long."""
    return max((series[word] for word in known if word in series), key=len, default=())
