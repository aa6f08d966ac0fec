"""What a kill, a second process, another key or a full disk leaves."""

import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from workbench.errors import WorkbenchError
from workbench.predict import engine, journal
from workbench.predict.journal import Journal
from workbench.predict.options import CPU_CHUNK

KEY = {"checkpoint": "net", "precision": "fp32", "topk": 3, "mean": [0.5, 0.25]}
N, IN_FLIGHT = 200, 4 * CPU_CHUNK  # two cores, at most two chunks begun on each

# Everything is imported once; each run is a fork of this process, so that a kill costs no second start.
SCRIPT = f"""
import io, os, random, signal, sys, time
from pathlib import Path
import numpy as np, pandas, psutil, pyarrow.parquet, timm, torch
from PIL import Image
from torch import nn
from workbench.errors import WorkbenchError
from workbench.inputs import checkpoints, images
from workbench.predict import engine, flow, options

flow.cores = options.cores = lambda: 2
torch.set_num_threads(1)

class Slow(nn.Module):
    def __init__(self, pause):
        super().__init__()
        torch.manual_seed(0)
        self.pause, self.head = pause, nn.Linear(3 * 16, 1000)
    def forward(self, x):
        time.sleep(self.pause)
        return self.head(nn.functional.adaptive_avg_pool2d(x, 4).flatten(1))

def predict(out, pause):
    def read(image):
        with open(out + ".log", "a") as stream:
            stream.write(image + "\\n")
        pixels = np.random.default_rng(int(image)).integers(0, 256, (8, 8, 3), dtype=np.uint8)
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, "PNG")
        return stream.getvalue()
    slow = checkpoints.from_module("slow", Slow(pause), {{"input_size": (3, 16, 16)}}, sha256="0")
    numbers = images.ImageSet("numbers", tuple(f"{{i:03d}}" for i in range({N})), read)
    engine.predict([slow], numbers, device="cpu", precision="fp32", out=out)

def begin(out, pause=0.0):
    if child := os.fork():
        return child
    try:
        predict(out, pause)
        os._exit(0)
    except WorkbenchError as error:
        print(error, flush=True)
        os._exit(2)
    finally:
        os._exit(3)

def n_read(out):
    log = Path(out + ".log")
    return len(log.read_text().splitlines()) if log.exists() else 0

def kill_after(child, out, n):
    while n_read(out) < n:
        if os.waitpid(child, os.WNOHANG) != (0, 0):
            sys.exit(f"{{child}} ended before it was killed")
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)

def end(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
"""


@pytest.fixture
def script(tmp_path):
    """``script(text)``: what `SCRIPT` and this text print in a process of their own, in tmp_path."""

    def call(text):
        command = [sys.executable, "-c", SCRIPT + text]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return call


def table(folder):
    (path,) = folder.glob("*.parquet")
    return pq.read_table(path).replace_schema_metadata(None)


def test_a_run_killed_at_random_gives_what_an_undisturbed_one_gives_and_repeats_little(script, tmp_path):
    script("""
pick = random.Random(0)
for _ in range(5):
    # At most 32 more are read than are kept: each run gets on, and none to the end.
    kill_after(begin("killed", 0.02), "killed", n_read("killed") + pick.randint(1, 60))
assert end(begin("killed")) == 0
assert end(begin("whole")) == 0
""")
    assert table(tmp_path / "killed").equals(table(tmp_path / "whole"))
    images = (tmp_path / "killed.log").read_text().splitlines()
    assert len(set(images)) == N
    assert len(images) <= N + 5 * IN_FLIGHT
    assert [path.name for path in (tmp_path / "killed").iterdir()] == ["slow--numbers--resize.parquet"]


def test_a_second_process_on_the_same_file_is_refused_and_names_the_first(script, tmp_path):
    said = script("""
first = begin("both", 5)
while not n_read("both"):
    time.sleep(0.002)
print(first, flush=True)
assert end(begin("both")) == 2
kill_after(first, "both", 0)
assert end(begin("both")) == 0
""")
    first, refusal = said.splitlines()
    assert f"is being written by process {first} on " in refusal
    assert len(table(tmp_path / "both")) == N


# --- the file -----------------------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path):
    return tmp_path / "out" / ".partial" / "net.journal"


def rows_of(start, stop):
    rows = np.arange(start, stop)
    return rows, np.stack([rows, rows + 1, rows + 2], axis=1), np.full((len(rows), 3), 0.25, dtype=np.float32)


def written(path, n=5):
    one = Journal(path, KEY, 3)
    one.append(*rows_of(0, n))
    one.close()
    return path.read_bytes()


def test_a_tail_cut_at_any_byte_is_read_up_to_the_last_whole_record_and_gone_on_from(path):
    data = written(path)
    size = Journal(None, KEY, 3).record.itemsize
    for cut in range(2 * size + 1):
        path.write_bytes(data[: len(data) - cut])
        one = Journal(path, KEY, 3)
        whole = (5 * size - cut) // size
        assert one.done().tolist() == list(range(whole))
        one.append(*rows_of(whole, 5))
        one.close()
        assert path.read_bytes() == data


def test_a_header_cut_at_any_byte_begins_anew(path):
    data = written(path, 0)
    for cut in range(1, len(data) + 1):
        path.write_bytes(data[: len(data) - cut])
        one = Journal(path, KEY, 3)
        assert one.done().tolist() == []
        one.close()
        assert path.read_bytes() == data


def test_a_file_that_is_no_journal_is_refused_by_name(path):
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\0" * 100 + b"\n" + b"\0" * 100)
    with pytest.raises(WorkbenchError, match=r"net\.journal"):
        Journal(path, KEY, 3)


def test_records_come_in_order_of_their_rows(path):
    one = Journal(path, KEY, 3)
    one.append(*rows_of(3, 5))
    one.append(*rows_of(0, 3))
    assert one.records()["classes"].tolist() == rows_of(0, 5)[1].tolist()
    one.close()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"precision": "bf16"}, "precision was fp32, now bf16"),
        ({"topk": 5}, "topk was 3, now 5"),
        ({"mean": [0.5, 0.5]}, r"mean was \[0\.5, 0\.25\], now \[0\.5, 0\.5\]"),
        ({"new": 1}, "new was None, now 1"),
    ],
)
def test_another_key_is_refused_by_name_and_restart_drops_the_file(path, change, named):
    before = written(path)
    key = KEY | change
    with pytest.raises(WorkbenchError, match=rf"net\.journal holds an unfinished run.*\({named}\).*--restart"):
        Journal(path, key, key["topk"])
    assert path.read_bytes() == before
    one = Journal(path, key, key["topk"], restart=True)
    assert one.done().tolist() == []
    one.close()


def test_letting_go_removes_the_folder_only_when_it_is_empty(path):
    one, other = Journal(path, KEY, 3), Journal(path.with_name("other.journal"), KEY, 3)
    one.close(remove=True)
    assert sorted(p.name for p in path.parent.iterdir()) == ["other.journal", "other.lock"]
    other.close(remove=True)
    assert not path.parent.exists()


def test_a_refused_journal_lets_go_of_its_lock(path):
    written(path)
    with pytest.raises(WorkbenchError):
        Journal(path, KEY | {"topk": 5}, 5)
    with path.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


# --- a full disk --------------------------------------------------------------------------------------------


class FullDisk:
    """A stream that takes `space` bytes in writes and then raises as a full disk does."""

    def __init__(self, stream, space):
        self.stream, self.space = stream, space

    def write(self, data):
        taken = data[: self.space]
        self.space -= len(taken)
        self.stream.write(taken)
        if len(taken) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def __getattr__(self, name):
        return getattr(self.stream, name)


@pytest.fixture
def full_disk(monkeypatch):
    """Journals that are opened from now on have room for `space` bytes."""
    whole = journal.Journal._open

    def fill(space):
        def opened(self, restart):
            whole(self, restart)
            self._stream = FullDisk(self._stream, space)

        monkeypatch.setattr(journal.Journal, "_open", opened)

    yield fill
    monkeypatch.undo()


def test_a_full_disk_keeps_the_records_before(tiny, pictures, tmp_path, full_disk, monkeypatch):
    options = {"device": "cpu", "precision": "fp32", "out": tmp_path}
    full_disk(1950)  # 19 records of 100 bytes and a half
    with pytest.raises(OSError, match="No space left on device"):
        engine.predict([tiny()], pictures(40), **options)
    assert not list(tmp_path.glob("*.parquet"))
    monkeypatch.undo()
    events = []
    (found,) = engine.predict([tiny()], pictures(40), **options, on_event=events.append)
    assert events[0]["done"] == 19
    (expected,) = engine.predict([tiny()], pictures(40), device="cpu", precision="fp32")
    assert found.classes.tolist() == expected.classes.tolist()
    assert [path.name for path in tmp_path.iterdir()] == [Path(found.file_name).name]
