"""Shards: what a worker made of one range of pictures with one checkpoint, whole or not there.

They lie beside the journals, in ``.partial``, in a folder for each predictions file, and are removed with its journal.
A shard is a line of JSON (the key of the run, its rows, the failures, who made it, a digest) and one record a picture.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from workbench.errors import DamagedFileError
from workbench.files import digest, parse_json, parsing, write_file
from workbench.predict import journal


@dataclass(frozen=True)
class Receipt:
    """What a worker says of a shard: its digest and that of its key, the rows that it settles, how long it took."""

    path: str
    digest: str
    key: str
    start: int
    stop: int
    seconds: float


@dataclass(frozen=True)
class Shard:
    """`records`: journal records (row, classes, scores); `head`: key, start, stop, failures, seconds, machine."""

    head: dict[str, Any]
    records: np.ndarray


def write(target: Path, shard: Shard) -> Receipt:
    """Write a shard of the predictions file `target`."""
    head: dict[str, Any] = shard.head | {"digest": digest(shard.head, shard.records)}
    path = _path(target, head["start"], head["stop"])
    write_file(path, json.dumps(head, sort_keys=True).encode() + b"\n" + shard.records.tobytes())
    return Receipt(str(path), head["digest"], *_facts(head))


def read(path: Path) -> Shard:
    """A shard, verified. Raises `DamagedFileError` for any other content than was written."""
    advice = "it is made again"
    with parsing(path, advice):
        line, _, body = path.read_bytes().partition(b"\n")
        head = parse_json(line)
        written, dtype = head.pop("digest"), journal.record(head["key"]["topk"])
        records = np.frombuffer(body, dtype)
        if written != digest(head, records):
            raise DamagedFileError(f"{path} has another content than was written; {advice}")
    return Shard(head, records)


def left(target: Path, key: dict) -> tuple[list[Receipt], list[str]]:
    """Receipts of the valid shards of a run with this key, and what is wrong with the others, which are removed."""
    found, wrong = [], []
    for path in sorted(journal.shards_of(target).glob("*.shard")):
        try:
            shard = read(path)
        except DamagedFileError as error:
            wrong.append(str(error))
            path.unlink(missing_ok=True)
            continue
        if journal.differences(shard.head["key"], json.loads(json.dumps(key))):
            path.unlink(missing_ok=True)  # of an older run, written by a worker that nobody waited for
            continue
        found.append(Receipt(str(path), digest(shard.head, shard.records), *_facts(shard.head)))
    return found, wrong


def _facts(head: dict) -> tuple[str, int, int, float]:
    return digest(head["key"]), head["start"], head["stop"], head["seconds"]


def _path(target: Path, start: int, stop: int) -> Path:
    return journal.shards_of(target) / f"{start:08d}-{stop:08d}.shard"
