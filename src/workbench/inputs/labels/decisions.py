"""Decisions on labels, appended one a line: what people say of a picture and a class, and when.

A line of the file (JSON Lines)::

    {"image": "a.jpg", "label": 281, "verdict": "correct", "annotator": "ada", "time": "2026-11-22T10:00:00+00:00"}

``verdict`` is ``correct``, ``wrong`` or ``unclear``. Taking one back is a line of its own, the same with ``"undo":
true``: nothing that was written is ever changed. A line is on the disk before :meth:`Decisions.add` returns.
"""

import getpass
import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.errors import DamagedFileError, InputError, reason
from workbench.files import lock, parse_json
from workbench.inputs.classes import N_CLASSES

VERDICTS = ("correct", "wrong", "unclear")
_open_here: dict[Path, "Decisions"] = {}  # the files that this process writes


@dataclass(frozen=True)
class Decision:
    """One verdict on one class for one picture; `label` is the class index, `time` is in UTC."""

    image: str
    label: int
    verdict: str
    annotator: str
    time: str


class Decisions:
    """A file of decisions, open for writing by one process.

    `made` are the decisions that hold, oldest first; `notes` say what was found on opening; `unsaved` counts those that
    could not be written yet. Raises `InputError` where another process writes the file, `DamagedFileError` where a line
    is no decision. A last line that was cut short is moved to a file ``*.rest`` beside it.
    """

    def __init__(self, path: str | Path, annotator: str = "") -> None:
        self.path = Path(path).absolute()
        self.annotator = annotator or _user()
        self._waiting: list[bytes] = []
        if earlier := _open_here.get(self.path):  # the cell is run again
            self._waiting = earlier._waiting
            earlier.close()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        advice = "give a file of your own with out=..., the files of several annotators can be merged"
        self._lock: Any = lock(self.path.with_name(f".{self.path.name}.lock"), self.path, advice)
        try:
            self.notes = _set_aside(self.path)
            self._lines = self.path.read_bytes().splitlines(keepends=True) if self.path.exists() else []
            self.made = _replay(self.path, self._lines + self._waiting)
        except BaseException:
            self._lock.close()
            raise
        self._of: dict[str, list[Decision]] = {}  # this annotator's, by picture
        for one in self.made:
            if one.annotator == self.annotator:
                self._of.setdefault(one.image, []).append(one)
        _open_here[self.path] = self

    @property
    def unsaved(self) -> int:
        """How many lines wait for the disk."""
        return len(self._waiting)

    def add(self, image: str, label: int, verdict: str) -> Decision:
        """Append a decision. Raises `OSError` where it cannot be written; it is kept, and written with the next one."""
        decision = Decision(image, label, verdict, self.annotator, _now())
        _check(asdict(decision))
        self.made.append(decision)
        self._of.setdefault(image, []).append(decision)
        self._append(asdict(decision))
        return decision

    def undo(self) -> Decision | None:
        """Take back this annotator's last decision that holds; None where there is none. Raises as :meth:`add`."""
        mine = [place for place, decision in enumerate(self.made) if decision.annotator == self.annotator]
        if not mine:
            return None
        decision = self.made.pop(mine[-1])
        self._of[decision.image].pop()  # the last of all is the last of its picture
        self._append(asdict(decision) | {"time": _now(), "undo": True})
        return decision

    def verdicts(self, image: str) -> dict[int, str]:
        """This annotator's last verdict on each class of a picture."""
        return {one.label: one.verdict for one in self._of.get(image, [])}

    def save(self) -> None:
        """Write what waits. Raises `OSError` where that fails again."""
        if not self._waiting:
            return
        if self._lock is None:
            raise OSError(f"{self.path} is closed; it was opened again elsewhere in this notebook")
        if not self.path.exists() and self._lines:  # somebody removed it: write down again all that is known
            self._waiting, self._lines = self._lines + self._waiting, []
        _append(self.path, b"".join(self._waiting))
        self._lines += self._waiting
        self._waiting = []

    def close(self) -> None:
        """Let others write the file."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None
            _open_here.pop(self.path, None)

    def _append(self, line: dict) -> None:
        self._waiting.append(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        self.save()


def read(path: str | Path) -> list[Decision]:
    """The decisions of a file that hold, oldest first; a last line that was cut short is passed over.

    Raises `InputError` where there is no file, `DamagedFileError` where a line is no decision.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"there is no file {path}; make one with workbench.show.relabel")
    lines = path.read_bytes().splitlines(keepends=True)
    if lines and not lines[-1].endswith(b"\n") and not _is_whole(lines[-1]):
        lines.pop()
    return _replay(path, lines)


def _replay(path: Path, lines: list[bytes]) -> list[Decision]:
    made: list[Decision] = []
    for number, line in enumerate(lines, start=1):
        try:
            entry = parse_json(line)
            undo = entry.pop("undo", False)
            _check(entry)
            decision = Decision(**entry)
        except (ValueError, TypeError, AttributeError, InputError) as error:
            seen = f"line {number} of {path} is no decision ({reason(error)})"
            raise DamagedFileError(f"{seen}; mend or remove that line, nothing in the file was changed") from error
        key = (decision.image, decision.label, decision.annotator)
        if not undo:
            made.append(decision)
        elif undone := [i for i, one in enumerate(made) if (one.image, one.label, one.annotator) == key]:
            made.pop(undone[-1])
    return made


def _check(entry: dict) -> None:
    fields = set(Decision.__dataclass_fields__)
    if set(entry) != fields:
        raise InputError(f"it has the keys {', '.join(sorted(entry))}; expected {', '.join(sorted(fields))}")
    if entry["verdict"] not in VERDICTS:
        raise InputError(f"its verdict is {entry['verdict']!r}; expected {', '.join(VERDICTS)}")
    label = entry["label"]
    if not isinstance(label, int) or isinstance(label, bool) or not 0 <= label < N_CLASSES:
        raise InputError(f"its label is {label!r}; expected a class index from 0 to 999")
    for name, expected in {"image": "an image id", "annotator": "a name", "time": "a time as text"}.items():
        if not isinstance(entry[name], str) or not entry[name]:
            raise InputError(f"its {name} is {entry[name]!r}; expected {expected}")


def _set_aside(path: Path) -> list[str]:
    """Move a last line that was cut short into a file beside; a note that says so, where there was one."""
    data = path.read_bytes() if path.exists() else b""
    tail = data.rpartition(b"\n")[2]
    if not tail:
        return []
    if _is_whole(tail):  # only the end of the line is missing
        _append(path, b"\n")
        return []
    rest = path.with_name(path.name + ".rest")
    _append(rest, tail + b"\n")
    os.truncate(path, len(data) - len(tail))
    return [f"the last line of {path.name} was cut short; it is kept in {rest.name}"]


def _is_whole(line: bytes) -> bool:
    try:
        return isinstance(parse_json(line), dict)
    except ValueError:
        return False


def _append(path: Path, data: bytes) -> None:
    """Append and fsync; where that fails the file is as long as before."""
    with path.open("ab", buffering=0) as stream:
        before = os.fstat(stream.fileno()).st_size
        try:
            left = memoryview(data)
            while left:
                left = left[stream.write(left) :]
            os.fsync(stream.fileno())
        except OSError:
            os.ftruncate(stream.fileno(), before)
            raise


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user without a name
        return "annotator"
