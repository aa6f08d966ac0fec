"""A model is asked every question of a set: several at once where it can, each reply kept the moment it comes."""

import hashlib
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import workbench
from workbench.errors import InputError, NoReplyError
from workbench.inputs import images, questions
from workbench.inputs.images import ImageSet
from workbench.inputs.questions import Questions
from workbench.predict import flow, journal, work
from workbench.predict.asking import answers, parsing
from workbench.predict.asking.answers import Answers
from workbench.predict.asking.journal import AnswerJournal
from workbench.predict.asking.replies import Reply, Respondent
from workbench.progress import Event, Listener, silent, telling

MANY = 10  # questions in a row without a reply: more will have none either


def ask(
    respondent: Respondent,
    asked: Questions,
    pictures: ImageSet,
    *,
    out: str | Path,
    restart: bool = False,
    on_event: Listener = silent,
) -> Answers:
    """Ask every question, and write the answers file and the questions file into the folder `out`.

    An interrupted call goes on where it stopped: no reply that came is lost, none is asked for twice. A file that is
    complete is read instead of made (unless `restart`). Pictures that are missing or cannot be decoded are left out,
    and so are questions without a reply, which the next call asks again; both are listed in ``--failures.csv``.

    Raises `InputError` for answers made with other settings and where no picture can be asked about, `NoReplyError`
    where ten questions in a row get no reply, and what else the respondent raises.
    """
    file = Path(out) / answers.file_name(respondent.name, asked.image_set, respondent.mode)
    key = _key(respondent, asked)
    if restart:
        journal.restart({file: key})
    if (found := _finished(file, key, asked)) is not None:
        return found
    with closing(AnswerJournal(file, key)) as kept:
        run = _Run(respondent, asked, pictures, kept)
        speed = run.ask(on_event)
        made = _gathered(run, key, speed)
        questions.write(asked, file.with_name(asked.file_name))
        answers.write(made, file)
        work.write_failures(file.with_name(f"{file.stem}--failures.csv"), made.failures | made.unanswered)
        if not made.unanswered:
            kept.close(remove=True)
    return made


def _key(respondent: Respondent, asked: Questions) -> dict:
    """What answers depend on: another key never continues or replaces them silently."""
    own = {name: value for name, value in respondent.provenance.items() if name != "versions"}
    wording = hashlib.sha256(asked.text(0).encode()).hexdigest()  # the digest is of what is asked, not of how
    what = {"image_set": asked.image_set, "questions": asked.digest, "wording_sha256": wording}
    return own | {"model": respondent.name, "mode": respondent.mode} | what


def _finished(file: Path, key: dict, asked: Questions) -> Answers | None:
    """What a complete file of exactly these settings holds. Raises `InputError` for one that was made with others."""
    if not file.is_file() or journal.restarts(file):
        return None
    found = answers.read(file)
    if difference := journal.differences(found.provenance.get("key", {}), key):
        seen = f"{file} was made with other settings ({difference})"
        raise InputError(f"{seen}; choose another --out, or replace it with --restart")
    if found.unanswered:
        return None
    journal.clear(file)
    if (newer := answers.reread(found, asked)) is not found:
        answers.write(newer, file)
    return newer


@dataclass
class _Run:
    """One call's work, and what it could not do."""

    respondent: Respondent
    asked: Questions
    pictures: ImageSet
    kept: AnswerJournal
    failures: dict[str, str] = field(default_factory=dict)
    unanswered: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._there = frozenset(self.pictures.images)
        self._in_a_row = 0  # questions without a reply

    def ask(self, on_event: Listener) -> dict[str, float]:
        """Ask what was not answered before; how long that took, and how many went in a second."""
        total, before = len(self.asked), self.kept.replies()
        todo = [row for row in range(total) if row not in before]
        done, started = total - len(todo), time.perf_counter()

        def facts(event: str, **more: object) -> dict:
            return {"event": event, "model": self.respondent.name, "done": done} | more

        begin = Event(self.respondent.name, done=done, total=total, unit="question", facts=facts("ask", total=total))
        with telling(on_event, begin) as tell:
            for went, _ in enumerate(flow.as_they_come(self._answer, todo, self.respondent.in_flight), start=1):
                done += 1
                rate = went / (time.perf_counter() - started)
                speed = {"questions_per_second": round(rate, 2), "seconds_left": round((total - done) / rate, 1)}
                note = f"{len(self.unanswered)} without a reply" if self.unanswered else ""
                tell(done=done, note=note, facts=facts("progress", total=total, **speed))
        seconds = time.perf_counter() - started
        return {"seconds": round(seconds, 3), "questions_per_second": round(len(todo) / seconds, 2)}

    def _answer(self, row: int) -> None:
        """Ask one question, in whatever thread, and keep the reply, or why there is none.

        Raises `NoReplyError` where the last questions had none either.
        """
        image = self.asked.images[row]
        try:
            picture = self._picture(image)
        except InputError as error:
            self.failures[image] = str(error)
            return
        started = time.perf_counter()
        try:
            reply = self.respondent.reply(self.asked.text(row), picture)
        except NoReplyError as error:
            self.unanswered[image] = str(error)
            self._in_a_row += 1
            if self._in_a_row < MANY:
                return
            seen = f"{MANY} questions in a row got no reply, the last because: {error}"
            raise NoReplyError(f"{seen}. What came is kept; the same command goes on from there") from error
        self._in_a_row = 0
        self.kept.append(row, reply, time.perf_counter() - started)

    def _picture(self, image: str) -> bytes:
        """The bytes of a picture that can be decoded; raises `InputError` where it is missing or cannot."""
        if image not in self._there:
            raise InputError(f"image {image!r} is not among the pictures of {self.pictures.name}")
        data = self.pictures.read(image)
        images.decode(data, image)
        return data


def _gathered(run: _Run, key: dict, speed: dict[str, float]) -> Answers:
    """All that was replied, parsed; raises `InputError` where that is nothing."""
    asked, replies = run.asked, run.kept.replies()
    if not replies:
        first = next(iter((run.failures | run.unanswered).values()), "there is none")
        raise InputError(f"none of the {len(asked)} questions has an answer; the first: {first}")
    found = [_parsed(reply, asked, row) for row, (reply, _) in replies.items()]
    scores = [reply.scores or (0.0,) * 10 for reply, _ in replies.values()]
    libraries = {"workbench": workbench.__version__} | run.respondent.provenance.get("versions", {})
    told: dict = {"failures": run.failures, "unanswered": run.unanswered, "parser": parsing.VERSION}
    told["truncated"] = [asked.images[row] for row, (reply, _) in replies.items() if reply.truncated]
    return Answers(
        run.respondent.name,
        asked.image_set,
        run.respondent.mode,
        images=tuple(asked.images[row] for row in replies),
        texts=tuple(_storable(reply.text) for reply, _ in replies.values()),
        letters=np.array([letter for letter, _ in found], dtype=np.int8),
        outcomes=tuple(outcome for _, outcome in found),
        tokens=np.array([reply.tokens for reply, _ in replies.values()], dtype=np.int32),
        seconds=np.array([seconds for _, seconds in replies.values()], dtype=np.float32),
        scores=np.array(scores, dtype=np.float32) if run.respondent.mode == "likelihood" else None,
        provenance={"key": key, "versions": libraries} | told | speed,
    )


def _storable(text: str | None) -> str | None:
    """The text without halves of characters, which a cut in the middle of one leaves and UTF-8 does not know."""
    return None if text is None else text.encode(errors="replace").decode()


def _parsed(reply: Reply, asked: Questions, row: int) -> tuple[int, str]:
    if reply.scores is not None:
        return parsing.likeliest(reply.scores)
    return parsing.parse(reply.text or "", asked.shown(row), truncated=reply.truncated)
