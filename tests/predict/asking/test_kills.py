"""The command that asks, as a process of its own, against a real server: killed, cut off, refused, started again."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from workbench.predict.asking import answers

KEY = "sk-test-0123456789abcdef"
N, IN_FLIGHT = 40, 4
COMMAND = [sys.executable, "-c", "from workbench.cli import main; main()", "ask"]


@pytest.fixture
def folder(tmp_path, picture) -> Path:
    """Forty small pictures in folders of their classes."""
    for number in range(N):
        path = tmp_path / "pictures" / str(number % 4) / f"{number:02d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(number))
    return tmp_path / "pictures"


class Asking:
    """`workbench ask` about the pictures of a folder, to be started any number of times."""

    def __init__(self, server, folder: Path, out: Path) -> None:
        self.server, self.out = server, out
        model = f"openai:org/tiny:7b@{server.url}"
        options = {"--images": folder, "--image-set": "few", "--out": out, "--json-log": out / "log.jsonl"}
        options |= {"--in-flight": IN_FLIGHT, "--retries": 1}
        self.command = [*COMMAND, model, *(str(part) for pair in options.items() for part in pair)]
        self.environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        self.file = out / answers.file_name("openai:org/tiny:7b", "few", "generate")
        self.journal = out / ".partial" / f"{self.file.stem}.journal"

    def start(self) -> subprocess.Popen:
        pipe = subprocess.PIPE
        return subprocess.Popen(self.command, stdout=pipe, stderr=pipe, text=True, env=self.environment)

    def run(self) -> tuple[int, str]:
        """Exit code and what was printed."""
        process = self.start()
        printed = "".join(process.communicate(timeout=60))
        return process.returncode, printed

    def when_asked(self, process: subprocess.Popen, n: int) -> None:
        """Wait until `n` questions have reached the server."""
        while len(self.server.bodies) < n:
            assert process.poll() is None, process.communicate()
            time.sleep(0.002)

    def on_disk(self) -> list[str]:
        """The text of each answer that reached the journal whole."""
        lines = self.journal.read_bytes().split(b"\n")[1:-1] if self.journal.exists() else []
        return [json.loads(line[: -len(" 00000000")])["text"] for line in lines]

    def found(self) -> dict[str, str | None]:
        """The text of each picture's answer in the finished file, where each picture stands once."""
        read = answers.read(self.file)
        assert len(set(read.images)) == len(read.images)
        return dict(zip(read.images, read.texts, strict=True))


@pytest.fixture
def asking(server, behaviours, folder, tmp_path) -> Asking:
    """Against a server that replies to each request with its number and the picture that it was shown."""

    def behave(handler, body):
        number = next(place for place, one in enumerate(server.bodies) if one is body)
        behaviours.answers(f"{number} {server.pictures[number]}", after=0.02)(handler, body)

    server.behaviour = behave
    return Asking(server, folder, tmp_path / "answers")


def shown(text: str) -> str:
    """The picture that a reply was about."""
    return text.split(" ")[1]


def test_a_killed_run_goes_on_where_it_stopped(server, asking):
    kept, asked = [], 0
    for more in (14, 9):  # the second kill hits a run that was resuming
        process = asking.start()
        asking.when_asked(process, asked + more)
        process.kill()
        assert process.wait() == -signal.SIGKILL
        new = asking.on_disk()[len(kept) :]
        assert asking.on_disk()[: len(kept)] == kept
        assert len(new) > 0
        assert 0 <= len(server.pictures[asked:]) - len(new) <= IN_FLIGHT  # no more than was under way is lost
        assert not set(server.pictures[asked:]) & set(map(shown, kept))
        kept, asked = kept + new, len(server.bodies)
    code, printed = asking.run()
    assert code == 0, printed
    assert not set(server.pictures[asked:]) & set(map(shown, kept))
    found = list(asking.found().values())
    assert len(found) == len(set(map(shown, found))) == N
    assert set(kept) <= set(found)
    assert not asking.journal.exists()
    assert len(set(server.pictures)) == N
    assert len(server.pictures) <= N + 2 * IN_FLIGHT


def test_a_line_that_a_kill_cut_short_is_asked_again(server, asking):
    process = asking.start()
    asking.when_asked(process, 10)
    process.kill()
    process.wait()
    kept, asked = asking.on_disk(), len(server.bodies)
    asking.journal.write_bytes(asking.journal.read_bytes()[:-7])
    code, printed = asking.run()
    assert code == 0, printed
    assert set(server.pictures[asked:]) & set(map(shown, kept)) == {shown(kept[-1])}
    found = list(asking.found().values())
    assert set(kept[:-1]) <= set(found)
    assert kept[-1] not in found
    assert len(set(map(shown, found))) == N


def test_a_server_that_is_killed_ends_the_run_with_a_sentence(server, behaviours, asking):
    process, alive = asking.start(), server.behaviour
    asking.when_asked(process, 15)
    server.kill()
    printed = "".join(process.communicate(timeout=60))
    assert process.returncode == 2
    assert f"{server.url} gives no reply" in printed
    assert "the same command goes on" in printed
    assert "Traceback" not in printed
    kept = asking.on_disk()
    assert 15 - IN_FLIGHT <= len(kept) < N
    assert not asking.file.exists()
    asking.server = again = behaviours.Server(server.server_port)
    again.bodies, again.behaviour = server.bodies, alive
    asked = len(again.bodies)
    try:
        code, printed = asking.run()
    finally:
        again.kill()
    assert code == 0, printed
    assert not set(again.pictures[asked:]) & set(map(shown, kept))
    found = list(asking.found().values())
    assert set(kept) <= set(found)
    assert len(found) == len(set(map(shown, found))) == N


def test_errors_that_pass_cost_no_answer(server, behaviours, asking):
    well, page = server.behaviour, behaviours.says(b"<html>", "text/html")
    errors = [behaviours.fails(429), behaviours.fails(500), page, behaviours.cuts, behaviours.fails(503), page]
    server.script = [part for error in errors for part in (well, well, well, well, error, well, well)]
    code, printed = asking.run()
    assert code == 0, printed
    found = asking.found()
    assert len(set(map(shown, found.values()))) == N
    times = Counter(server.pictures)
    assert times.total() == N + len(errors)
    assert len(times) == N


def everything(path: Path) -> str:
    """All that a folder's files hold, Parquet files unpacked."""
    texts = []
    for file in path.rglob("*"):
        if file.suffix == ".parquet":
            table = pq.read_table(file)
            texts.append(f"{table.to_pylist()} {table.schema.metadata}")
        if file.is_file():
            texts.append(file.read_bytes().decode(errors="replace"))
    return "\n".join(texts)


def test_a_key_is_in_no_file_and_on_no_screen(server, behaviours, asking):
    asking.environment["OPENAI_API_KEY"] = KEY
    well = server.behaviour
    told = [behaviours.answers(f"The key is {KEY}."), behaviours.fails(400, f"{KEY} may not show this picture")]
    server.script = [well] * 6 + told + [well] * 6 + [behaviours.fails(401, f"Incorrect API key provided: {KEY}")] * 9
    code, printed = asking.run()
    assert code == 2
    assert "set OPENAI_API_KEY" in printed
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"
    left = everything(asking.out)
    assert "The key is [OPENAI_API_KEY]." in left
    assert KEY not in printed + left
    server.script = [well] * 9 + [behaviours.fails(400, f"{KEY} may not show this picture")]
    code, printed = asking.run()
    assert code == 1
    left = everything(asking.out)
    assert len(asking.found()) == N - 1
    assert "[OPENAI_API_KEY] may not show this picture" in left
    assert KEY not in printed + left
    server.script, asked = [], len(server.bodies)
    assert asking.run()[0] == 0
    assert len(asking.found()) == N
    assert len(server.bodies) == asked + 1  # the refused one alone
