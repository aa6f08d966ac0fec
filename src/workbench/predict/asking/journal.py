"""Answers on their way to a file: one line of JSON each, appended the moment it comes."""

import json
from pathlib import Path
from threading import Lock

from workbench.files import parse_json, parsing
from workbench.predict.asking.replies import Reply
from workbench.predict.journal import Log, path_of


class AnswerJournal:
    """Replies to the rows of a question set, on their way to the answers file `target`; any thread may append.

    Without a target they stay in memory. Raises as :class:`workbench.predict.journal.Journal`.
    """

    def __init__(self, target: Path | None, key: dict) -> None:
        self._lock, self._log = Lock(), Log(target, key, None)
        with parsing(Path() if target is None else path_of(target), "remove it: what it holds is asked again"):
            self._replies = dict(map(_parsed, self._log.records))

    def append(self, row: int, reply: Reply, seconds: float) -> None:
        """Add a reply; it is in the file when this returns."""
        line = {"row": row, "seconds": round(seconds, 3), "tokens": reply.tokens, "text": reply.text}
        scores = {} if reply.scores is None else {"scores": reply.scores}
        cut = {"truncated": True} if reply.truncated else {}
        with self._lock:
            self._log.append([json.dumps(line | scores | cut).encode()])
            self._replies[row] = (reply, line["seconds"])

    def replies(self) -> dict[int, tuple[Reply, float]]:
        """Every row's reply and how many seconds it took, in order of their rows."""
        with self._lock:
            return dict(sorted(self._replies.items()))

    def close(self, *, remove: bool = False) -> None:
        """Let go of the file; `remove` it when its contents are in an answers file."""
        with self._lock:
            self._log.close(remove=remove)


def _parsed(line: bytes) -> tuple[int, tuple[Reply, float]]:
    read = parse_json(line)
    scores = tuple(read["scores"]) if "scores" in read else None
    return read["row"], (Reply(read["text"], read["tokens"], scores, read.get("truncated", False)), read["seconds"])
