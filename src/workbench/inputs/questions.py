"""Multiple-choice questions: for each picture ten options, A to J, one of them its original label.

Draws come from SHA-256 of the seed and the picture's id, so that neither the order of the pictures, nor which of them
are asked about, nor the machine or the version of a library changes a question.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path
from struct import unpack

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.errors import DamagedFileError, InputError, counted
from workbench.files import digest, parse_json, parsing, read_parquet, write_parquet
from workbench.inputs.classes import N_CLASSES
from workbench.inputs.images import canonical_id
from workbench.inputs.labels import LabelSet
from workbench.inputs.prompts import Prompts

LETTERS = "ABCDEFGHIJ"
SEED = 42
DISTRACTORS = ("any", "invalid")
_METADATA_KEY = b"workbench-questions"
_SIXTEEN_BITS = 1 << 16


@dataclass(frozen=True, eq=False)
class Questions:
    """Ten options for each of n pictures.

    `images`: n ids; `options`: classes in the order shown, uint16, shape (n, 10); `answers`: position of the right
    one, uint8, shape (n,); `names`: the 1000 class names; `choices`: how they were drawn.
    """

    image_set: str
    images: tuple[str, ...]
    options: np.ndarray
    answers: np.ndarray
    names: tuple[str, ...]
    choices: dict

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what is asked: pictures, options, right answers and names, as 64 hexadecimal digits."""
        digest = hashlib.sha256(json.dumps([self.images, self.names]).encode())
        digest.update(self.options.astype("<u2").tobytes())
        digest.update(self.answers.astype("u1").tobytes())
        return digest.hexdigest()

    @property
    def file_name(self) -> str:
        """Name of its file in a folder of answers."""
        return f"questions--{self.image_set}--{self.digest[:12]}.parquet"

    def shown(self, row: int) -> list[str]:
        """The names of the ten options of one question, in their order."""
        return [self.names[label] for label in self.options[row]]

    def text(self, row: int) -> str:
        """One question as a model is asked."""
        lines = [f"{letter}. {name}" for letter, name in zip(LETTERS, self.shown(row), strict=True)]
        question = "Which of these does the picture show?"
        return "\n".join([question, *lines, "Answer with the letter of the right option only."])


def draw(
    image_set: str,
    original: LabelSet,
    prompts: Prompts,
    *,
    images: Sequence[str] | None = None,
    seed: int = SEED,
    distractors: str = "any",
    valid: LabelSet | None = None,
) -> Questions:
    """Questions about the pictures of `original` (or `images`, some of them): the right option is their one label.

    `distractors`: ``any`` draws the nine others from all other classes, as Mill's ImageNet-1k page does, ``invalid``
    from those that are no label of the picture in `valid`. A picture whose only valid label is its original one is
    asked the same either way. Raises `InputError` for a picture without exactly one original label, one that `valid`
    lacks, or one named twice.
    """
    if distractors not in DISTRACTORS:
        raise InputError(f"distractors are {distractors!r}; expected one of {', '.join(DISTRACTORS)}")
    if distractors == "invalid" and valid is None:
        raise InputError("distractors that are invalid need the set of valid labels: v1-real, v2-refined or your own")
    asked = tuple(original.images if images is None else images)
    if twice := len(asked) - len(set(asked)):
        raise InputError(f"{counted(twice, 'picture is', 'pictures are')} named twice; expected each once")
    right = _right(original, asked)
    others = [()] * len(asked) if distractors == "any" or valid is None else _labels(valid, asked)
    drawn = [_draw(seed, *each) for each in zip(asked, right.tolist(), others, strict=True)]
    options = np.array([row for row, _ in drawn], dtype=np.uint16).reshape(-1, len(LETTERS))
    answers = np.array([place for _, place in drawn], dtype=np.uint8)
    choices = {"seed": seed, "distractors": distractors, "class_names": prompts.names_called, "original": original.name}
    choices["valid"] = valid.name if distractors == "invalid" and valid is not None else None
    return Questions(image_set, asked, options, answers, prompts.names, choices)


def _right(original: LabelSet, images: tuple[str, ...]) -> np.ndarray:
    rows = original.rows_of(images)
    if len(off := np.flatnonzero(original.counts[rows] != 1)):
        seen = f"{len(off)} pictures have not one label in {original.name!r}, {images[off[0]]} among them"
        raise InputError(f"{seen}; a question has one right option")
    return original.classes[original.indptr[rows]]


def _labels(valid: LabelSet, images: tuple[str, ...]) -> list[list[int]]:
    ends, flat = valid.indptr.tolist(), valid.classes.tolist()
    return [flat[ends[row] : ends[row + 1]] for row in valid.rows_of(images)]


def _draw(seed: int, image: str, right: int, others: Sequence[int]) -> tuple[list[int], int]:
    """Ten options in the order shown and the place of the right one, which is drawn first."""
    refused = {right, *others}
    if len(refused) > N_CLASSES - len(LETTERS) + 1:
        raise InputError(f"{image} has {len(refused)} valid labels, which leaves no nine distractors")
    numbers = _numbers(seed, canonical_id(image))
    place, options = _below(len(LETTERS), numbers), []
    while len(options) < len(LETTERS) - 1:
        label = _below(N_CLASSES, numbers)
        if label not in refused:
            options.append(label)
            refused.add(label)
    options.insert(place, right)
    return options, place


def _numbers(seed: int, image: str) -> Iterator[int]:
    """Endless numbers of 16 bits, each equally likely."""
    for block in count():
        yield from unpack(">16H", hashlib.sha256(f"{seed}\n{image}\n{block}".encode()).digest())


def _below(bound: int, numbers: Iterator[int]) -> int:
    """A number below `bound`, each equally likely: those past the last multiple of it are left out."""
    last = _SIXTEEN_BITS - _SIXTEEN_BITS % bound
    while (number := next(numbers)) >= last:
        pass
    return number % bound


def write(questions: Questions, path: str | Path) -> None:
    """Write one Parquet file; under its final name it is always complete."""
    options = pa.FixedSizeListArray.from_arrays(pa.array(questions.options.ravel()), len(LETTERS))
    columns = {"image": pa.array(questions.images, pa.string()), "options": options}
    table = pa.table(columns | {"answer": pa.array(questions.answers)})
    kept = {name: getattr(questions, name) for name in ("image_set", "names", "choices", "digest")}
    kept["choices_sha256"] = digest(questions.image_set, questions.choices)
    write_parquet(table.replace_schema_metadata({_METADATA_KEY: json.dumps(kept).encode()}), Path(path))


def read(path: str | Path) -> Questions:
    """Read one file of questions; raises `InputError` for none, `DamagedFileError` for one changed or foreign."""
    if not Path(path).is_file():
        raise InputError(f"there is no file of questions {path}; 'workbench ask' writes one beside its answers")
    with parsing(Path(path), "is it a file of questions? 'workbench ask' writes one"):
        table = read_parquet(Path(path))
        kept = parse_json((table.schema.metadata or {})[_METADATA_KEY])
        questions = _from_table(table, kept)
        is_asked, choices = questions.digest == kept["digest"], digest(questions.image_set, questions.choices)
    if kept.get("choices_sha256", choices) != choices:  # a file of an earlier version has none
        raise DamagedFileError(f"{path} is damaged: it tells of other choices than were written; draw them again")
    if not is_asked:
        digests = f"(digest {questions.digest[:12]}) than were written ({kept['digest'][:12]})"
        raise DamagedFileError(f"{path} holds other questions {digests}; it was changed: draw them again")
    return questions


def is_questions(path: str | Path) -> bool:
    """Whether a Parquet file holds questions, by its metadata alone."""
    try:
        return _METADATA_KEY in (pq.read_schema(path).metadata or {})
    except (pa.ArrowException, OSError, ValueError):
        return False


def _from_table(table: pa.Table, kept: dict) -> Questions:
    columns = {name: table.column(name).combine_chunks() for name in ("image", "options", "answer")}
    options = columns["options"].flatten().to_numpy().reshape(len(table), len(LETTERS))
    answers = columns["answer"].to_numpy()
    images = tuple(columns["image"].to_pylist())
    return Questions(kept["image_set"], images, options, answers, tuple(kept["names"]), kept["choices"])
