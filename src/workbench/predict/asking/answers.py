"""Answers: what a model said to each question, one Parquet file per model, image set and way of answering.

Columns: ``image`` and ``text`` (strings; the raw text, null in likelihood mode), ``letter`` (int8, the position of the
option that was answered, -1 where there is none), ``outcome`` (how that was found, :mod:`.parsing`), ``tokens``,
``seconds``, and ``scores`` (fixed-size list of ten float32, null unless in likelihood mode). Provenance is JSON in the
file's metadata. Answers do not know which option is right: the questions file, whose digest they carry, does.
"""

import json
import re
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from workbench import files
from workbench.errors import DamagedFileError, InputError
from workbench.inputs import checking
from workbench.inputs.questions import Questions
from workbench.predict.asking import parsing
from workbench.predict.asking.parsing import NO_LETTER, OUTCOMES

MODES = ("generate", "likelihood")
_METADATA_KEY = b"workbench-answers"


@dataclass(frozen=True, eq=False)
class Answers:
    """n answers of one model to the questions about one image set.

    `letters`: int8 (n,), position 0-9 of the option that was answered, -1 where there is none; `outcomes`: how each
    was found; `texts`: what was said; `tokens`: int32 (n,); `seconds`: float32 (n,); `scores`: float32 (n, 10), the
    probabilities of the ten letters, or None unless in likelihood mode.
    """

    model: str
    image_set: str
    mode: str
    images: tuple[str, ...]
    texts: tuple[str | None, ...]
    letters: np.ndarray
    outcomes: tuple[str, ...]
    tokens: np.ndarray
    seconds: np.ndarray
    scores: np.ndarray | None = None
    provenance: dict = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.images)

    @property
    def file_name(self) -> str:
        """Name of its file in a folder of answers."""
        return file_name(self.model, self.image_set, self.mode)

    @property
    def questions(self) -> str:
        """The digest of the questions that were asked."""
        return self.provenance["key"]["questions"]

    @property
    def failures(self) -> dict[str, str]:
        """Pictures that nothing was asked about, with the reason; they have no row."""
        return self.provenance.get("failures", {})

    @property
    def unanswered(self) -> dict[str, str]:
        """Pictures whose question got no reply, with the reason; they have no row, and the next run asks them."""
        return self.provenance.get("unanswered", {})


def file_name(model: str, image_set: str, mode: str) -> str:
    """Name of an answers file, without the signs that a file system may refuse.

    >>> file_name("hf:Qwen/Qwen3-VL-2B-Instruct", "v1", "generate")
    'hf-Qwen-Qwen3-VL-2B-Instruct--v1--generate.parquet'
    """
    plain = re.sub(r"[^\w.-]+", "-", model)
    return f"{plain}--{image_set}--{mode}.parquet"


def write(answers: Answers, path: str | Path) -> None:
    """Write one Parquet file, whole or not at all. Raises `InputError` for answers that cannot be."""
    _check(answers)
    files.write_parquet(_to_arrow(answers), Path(path), compression="zstd")


def is_answers(path: str | Path) -> bool:
    """Whether a file holds answers, from its first and last bytes alone."""
    try:
        return _METADATA_KEY in (pq.read_schema(path).metadata or {})
    except (pa.ArrowException, OSError, ValueError):
        return False


def read(path: str | Path) -> Answers:
    """Read and check one file; raises `InputError` for none, `DamagedFileError` for one damaged or foreign."""
    if not Path(path).is_file():
        raise InputError(f"there is no answers file {path}; make one: 'workbench ask'")
    with files.parsing(Path(path), "is it truncated? Make it again"):
        table = files.read_parquet(Path(path))
        names = table.column_names
    metadata = (table.schema.metadata or {}).get(_METADATA_KEY)
    if metadata is None:
        raise DamagedFileError(f"{path} is no answers file (columns: {', '.join(names)})")
    try:
        answers = _from_arrow(table, files.parse_json(metadata))
        _check(answers)
    except Exception as error:  # columns of other types lead to errors of any
        raise DamagedFileError(f"{path} is damaged, or another program changed it ({error}); make it again") from error
    return answers


def reread(answers: Answers, asked: Questions) -> Answers:
    """The same answers with the letters that this version's parser finds in their texts; themselves if it made them.

    Raises `InputError` for a picture that no question of `asked` shows.
    """
    if answers.mode != "generate" or answers.provenance.get("parser") == parsing.VERSION:
        return answers
    rows, cut = {image: row for row, image in enumerate(asked.images)}, {*answers.provenance.get("truncated", [])}
    if strange := {*answers.images} - rows.keys():
        raise InputError(f"{answers.model} answered about {len(strange)} pictures that no question shows")
    told = zip(answers.images, answers.texts, strict=True)
    found = [parsing.parse(text or "", asked.shown(rows[one]), truncated=one in cut) for one, text in told]
    letters, outcomes = np.array([place for place, _ in found], dtype=np.int8), tuple(outcome for _, outcome in found)
    provenance = answers.provenance | {"parser": parsing.VERSION}
    return replace(answers, letters=letters, outcomes=outcomes, provenance=provenance)


def _check(answers: Answers) -> None:
    """Raise `InputError` unless the columns are as long as each other, and every letter has its outcome."""
    n = len(checking.image_ids(answers.images))
    columns = (answers.texts, answers.letters, answers.outcomes, answers.tokens, answers.seconds)
    if any(len(column) != n for column in columns) or (answers.scores is not None and answers.scores.shape != (n, 10)):
        raise InputError(f"the columns of the answers of {answers.model} are not all of {n} rows")
    if answers.mode not in MODES or not set(answers.outcomes) <= set(OUTCOMES):
        seen = f"{answers.mode!r} and {sorted(set(answers.outcomes))}"
        raise InputError(f"mode and outcomes are {seen}; expected of {MODES} and {OUTCOMES}")
    none = np.array([outcome in NO_LETTER for outcome in answers.outcomes])
    if ((answers.letters < -1) | (answers.letters > 9) | ((answers.letters == -1) != none)).any():
        raise InputError(f"letters are not 0 to 9, or -1 where the outcome is {' or '.join(NO_LETTER)}")


def _to_arrow(answers: Answers) -> pa.Table:
    n = len(answers)
    scores = pa.nulls(n, pa.list_(pa.float32(), 10))
    if answers.scores is not None:
        scores = pa.FixedSizeListArray.from_arrays(pa.array(answers.scores.astype(np.float32).ravel()), 10)
    columns = {
        "image": pa.array(answers.images, pa.string()),
        "text": pa.array(answers.texts, pa.string()),
        "letter": pa.array(answers.letters, pa.int8()),
        "outcome": pa.array(answers.outcomes, pa.string()),
        "tokens": pa.array(answers.tokens, pa.int32()),
        "seconds": pa.array(answers.seconds, pa.float32()),
        "scores": scores,
    }
    metadata = {name: getattr(answers, name) for name in ("model", "image_set", "mode", "provenance")}
    metadata["digest"] = _digest(answers, metadata)
    return pa.table(columns).replace_schema_metadata({_METADATA_KEY: json.dumps(metadata, sort_keys=True).encode()})


def _digest(answers: Answers, metadata: dict) -> str:
    texts = [answers.images, answers.texts, answers.outcomes]
    types = {"letters": "i1", "tokens": "<i4", "seconds": "<f4"}
    numbers = [np.asarray(getattr(answers, name)).astype(kind) for name, kind in types.items()]
    scores = [] if answers.scores is None else answers.scores.astype("<f4")
    return files.digest(json.loads(json.dumps(metadata)), texts, *numbers, scores)


def _from_arrow(table: pa.Table, metadata: dict) -> Answers:
    written = metadata.pop("digest", None)  # a file of an earlier version has none
    images, texts, outcomes = (tuple(table[name].to_pylist()) for name in ("image", "text", "outcome"))
    letters, tokens, seconds = (table[name].to_numpy() for name in ("letter", "tokens", "seconds"))
    scores = table["scores"].combine_chunks()
    found = None if scores.null_count else scores.flatten().to_numpy().reshape(len(table), 10)
    columns = {"images": images, "texts": texts, "letters": letters, "outcomes": outcomes}
    answers = Answers(**columns, tokens=tokens, seconds=seconds, scores=found, **metadata)
    if written is None:
        warnings.warn("an answers file has no digest of its content: damage in it would not be seen", stacklevel=3)
    elif written != _digest(answers, metadata):
        raise InputError("its content has another digest than what was written")
    return answers
