"""The predictions store: one Parquet file per checkpoint, image set and protocol.

Columns: ``image`` (string), ``classes`` (fixed-size list of uint16, best first), ``scores`` (fixed-size list
of float32, softmax probabilities; null where the source has none). Provenance is JSON in the file's metadata, with
a digest of the content, which is verified when it is read.
Predictions carry no labels, so rescoring needs no GPU.
"""

import json
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.errors import DamagedFileError, InputError
from workbench.files import digest, files_below, parse_json, parsing, read_parquet, write_parquet
from workbench.inputs import checking
from workbench.inputs.images import ImageSet
from workbench.inputs.questions import is_questions
from workbench.predict.asking.answers import is_answers

PROTOCOLS = ("resize", "crop")
_METADATA_KEY = b"workbench"


@dataclass(frozen=True, eq=False)
class Predictions:
    """Top-k classes of one checkpoint on one image set.

    `images`: n ids; `classes`: uint16, shape (n, k), best first; `scores`: float32, shape (n, k), or None.
    `source` is where they come from: ``run`` or the name of a public source. `provenance` holds whatever else
    is known of how they were made.
    """

    checkpoint: str
    image_set: str
    protocol: str
    images: pd.Index
    classes: np.ndarray
    scores: np.ndarray | None = None
    source: str = "run"
    provenance: dict = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.images)

    @property
    def topk(self) -> int:
        """How many classes are kept for each image."""
        return self.classes.shape[1]

    @property
    def file_name(self) -> str:
        """Name of its file in a folder of predictions."""
        return file_name(self.checkpoint, self.image_set, self.protocol)

    def take(self, rows: Sequence[int] | np.ndarray | pd.Series) -> "Predictions":
        """The predictions of some rows, in their order."""
        places = np.asarray(rows)
        scores = None if self.scores is None else self.scores[places]
        return replace(self, images=self.images[places], classes=self.classes[places], scores=scores)

    @property
    def failures(self) -> dict[str, str]:
        """Pictures that could not be read or decoded, with the reason; they have no row."""
        return self.provenance.get("failures", {})


def file_name(checkpoint: str, image_set: str, protocol: str) -> str:
    """Name of a predictions file, without the signs that a file system may refuse.

    Raises `InputError` for a name of an image set that cannot be part of it, or that leads elsewhere.
    """
    if not image_set or re.search(r"[/\\\0]", image_set):
        raise InputError(f"the image set is called {image_set!r}; expected a name without / and \\, for instance v1")
    return f"{re.sub('[/:]', '_', checkpoint)}--{image_set}--{protocol}.parquet"


def from_arrays(
    checkpoint: str,
    image_set: str,
    images: Sequence[str] | pd.Index | pd.Series,
    classes: np.ndarray,
    scores: np.ndarray | None = None,
    *,
    protocol: str = "resize",
    source: str = "run",
    provenance: dict | None = None,
) -> Predictions:
    """Validated predictions from arrays: n ids, integer `classes` (n, k), best first, and `scores` (n, k) or None.

    Raises `InputError` for a class outside 0-999, a class repeated in a row, NaN or unsorted scores,
    duplicate ids, shapes that do not fit, or an unknown protocol.

    >>> from_arrays("mine", "v2", ["a", "b"], np.array([[3, 1], [2, 9]])).topk
    2
    """
    if protocol not in PROTOCOLS:
        raise InputError(f"protocol is {protocol!r}; expected one of {', '.join(PROTOCOLS)}")
    images = checking.image_ids(images)
    classes = checking.classes(np.asarray(classes), images)
    if scores is not None:
        scores = checking.scores(np.asarray(scores), classes, images)
    return Predictions(checkpoint, image_set, protocol, images, classes, scores, source, provenance or {})


def part(predictions: Predictions, images: ImageSet) -> Predictions:
    """The predictions on one of the image sets that were run together (:func:`workbench.inputs.images.together`).

    Raises `InputError` where they hold none of its pictures.
    """
    wanted = set(images.images)
    rows = np.flatnonzero(predictions.images.isin(images.images))
    if not len(rows):
        raise InputError(f"the predictions on {predictions.image_set} hold no picture of image set {images.name!r}")
    failures = {image: why for image, why in predictions.failures.items() if image in wanted}
    own = predictions.provenance | {"failures": failures}
    return replace(predictions.take(rows), image_set=images.name, provenance=own)


def write(predictions: Predictions, path: str | Path) -> None:
    """Write one Parquet file; under its final name it is always complete (temporary file, fsync, rename)."""
    # The ids of an image set share long prefixes; the classes do not compress as dictionaries.
    encoding: dict = {"compression": "zstd", "use_dictionary": False, "column_encoding": {"image": "DELTA_BYTE_ARRAY"}}
    write_parquet(_to_arrow(predictions), Path(path), **encoding)


def read(path: str | Path) -> Predictions:
    """Read and validate one file; raises `InputError` for none, or one of answers or questions, and `DamagedFileError`
    for one damaged or foreign.
    """
    if not Path(path).is_file():
        raise InputError(f"there is no predictions file {path}; make one: 'workbench predict' or 'workbench import'")
    with parsing(Path(path), "is it truncated? Make it again"):
        table = read_parquet(Path(path))
        names = table.column_names
    metadata = (table.schema.metadata or {}).get(_METADATA_KEY)
    if is_answers(path) or is_questions(path):
        kind = "answers to questions" if is_answers(path) else "questions"
        raise InputError(f"{path} holds {kind}, no predictions; 'workbench collect' scores answers")
    if metadata is None or not {"image", "classes", "scores"} <= set(names):
        seen = f"{path} is no predictions file (columns: {', '.join(names)})"
        raise DamagedFileError(f"{seen}; bring your own with 'workbench import'")
    try:
        return _from_arrow(table, parse_json(metadata))
    except (InputError, ValueError, TypeError, KeyError, AttributeError, pa.ArrowException) as error:
        raise DamagedFileError(f"{path} is damaged, or another program changed it ({error}); make it again") from error


def read_all(path: str | Path) -> list[Predictions]:
    """Every file of predictions (``*.parquet``) below a folder, in the order of their paths, or one file.

    Answers to multiple-choice questions, and the questions, may lie among them.
    """
    if not Path(path).is_dir():
        return [read(path)]
    files = files_below(Path(path), {".parquet"})
    return [read(file) for file in files if not (is_answers(file) or is_questions(file))]


def _to_arrow(predictions: Predictions) -> pa.Table:
    n, k = predictions.classes.shape
    classes = pa.FixedSizeListArray.from_arrays(pa.array(predictions.classes.ravel()), k)
    if predictions.scores is None:
        scores = pa.nulls(n, pa.list_(pa.float32(), k))
    else:
        scores = pa.FixedSizeListArray.from_arrays(pa.array(predictions.scores.ravel()), k)
    images = pa.array(predictions.images.to_numpy(dtype=object), type=pa.string())
    names = ("checkpoint", "image_set", "protocol", "source")
    metadata = {name: getattr(predictions, name) for name in names} | {"provenance": predictions.provenance}
    table = pa.table({"image": images, "classes": classes, "scores": scores})
    metadata["digest"] = _digest(predictions, metadata)
    return table.replace_schema_metadata({_METADATA_KEY: json.dumps(metadata, sort_keys=True).encode()})


def _digest(predictions: Predictions, metadata: dict) -> str:
    """What shows damage: the digest of ids, classes, scores and metadata as JSON gives it back."""
    scores = [] if predictions.scores is None else predictions.scores
    return digest(json.loads(json.dumps(metadata)), list(predictions.images), predictions.classes, scores)


def _from_arrow(table: pa.Table, metadata: dict) -> Predictions:
    """Raises `InputError` where the digest is of another content; a file of an earlier version has none."""
    written = metadata.pop("digest", None)
    columns = {name: table.column(name).combine_chunks() for name in ("image", "classes", "scores")}
    shape = (len(table), columns["classes"].type.list_size)
    classes = columns["classes"].flatten().to_numpy().reshape(shape)
    missing = columns["scores"].null_count == len(table)
    scores = None if missing else columns["scores"].flatten().to_numpy().reshape(shape)
    found = from_arrays(images=columns["image"].to_pandas(), classes=classes, scores=scores, **metadata)
    if written is None:
        warnings.warn("a predictions file has no digest of its content: damage in it would not be seen", stacklevel=3)
    elif written != _digest(found, metadata):
        raise InputError("its content has another digest than what was written")
    return found
