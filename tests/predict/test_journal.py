"""What a kill, a second process, another key or a full disk leaves."""

import errno
import fcntl
import json
import os
import random
import resource
import struct
import subprocess
import sys
import warnings
import zlib
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from workbench.errors import DamagedFileError, InputError
from workbench.predict import journal
from workbench.predict.journal import Journal
from workbench.predict.options import CPU_CHUNK

KEY = {"checkpoint": "net", "precision": "fp32", "topk": 3, "mean": [0.5, 0.25]}
N, IN_FLIGHT = 200, 4 * CPU_CHUNK  # two cores, at most two chunks begun on each

# Everything is imported once; each script is a fork of this process and each run a fork of that, so that neither a kill
# nor a test costs a second start.
SCRIPT = f"""
import io, os, random, signal, sys, time
from pathlib import Path
import numpy as np, pandas, psutil, pyarrow.parquet, timm, torch
from PIL import Image
from torch import nn
from workbench.errors import WorkbenchError
from workbench.inputs import checkpoints, images
from workbench.predict import engine, flow

flow.cores = lambda: 2
torch.set_num_threads(1)

class Slow(nn.Module):
    def __init__(self, pause):
        super().__init__()
        torch.manual_seed(0)
        self.pause, self.head = pause, nn.Linear(3 * 16, 1000)
    def forward(self, x):
        time.sleep(self.pause)
        return self.head(nn.functional.adaptive_avg_pool2d(x, 4).flatten(1))

def predict(out, pause, **options):
    def read(image):
        with open(out + ".log", "a") as stream:
            stream.write(image + "\\n")
        pixels = np.random.default_rng(int(image)).integers(0, 256, (8, 8, 3), dtype=np.uint8)
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, "PNG")
        return stream.getvalue()
    slow = checkpoints.from_module("slow", Slow(pause), {{"input_size": (3, 16, 16)}}, sha256="0")
    numbers = images.ImageSet("numbers", tuple(f"{{i:03d}}" for i in range({N})), read)
    engine.predict([slow], numbers, device="cpu", precision="fp32", out=out, **options)

def begin(out, pause=0.0, **options):
    if child := os.fork():
        return child
    try:
        predict(out, pause, **options)
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


SERVE = """
import json, traceback
for line in sys.stdin:
    folder, text = json.loads(line)
    if not (child := os.fork()):
        signal.alarm(120)
        os.chdir(folder)
        for descriptor, name in ((1, "said"), (2, "failed")):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT), descriptor)
        try:
            exec(text)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        sys.stdout.flush()
        os._exit(0)
    print(end(child), flush=True)
"""


@pytest.fixture(scope="module")
def imported():
    """A process that has imported everything and runs each script that it is given in a fork."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", SCRIPT + SERVE], stdin=pipe, stdout=pipe, text=True) as process:
        yield process


@pytest.fixture
def script(imported, tmp_path):
    """``script(text)``: what this text after `SCRIPT` prints in a process of its own, in tmp_path."""

    def call(text):
        imported.stdin.write(json.dumps([str(tmp_path), text]) + "\n")
        imported.stdin.flush()
        assert imported.stdout.readline() == "0\n", (tmp_path / "failed").read_text()
        return (tmp_path / "said").read_text()

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
def target(tmp_path):
    return tmp_path / "out" / "net.parquet"


@pytest.fixture
def path(target):
    return journal.path_of(target)


def rows_of(start, stop):
    rows = np.arange(start, stop)
    return rows, np.stack([rows, rows + 1, rows + 2], axis=1), np.full((len(rows), 3), 0.25, dtype=np.float32)


def written(target, n=5):
    one = Journal(target, KEY)
    one.append(*rows_of(0, n))
    one.close()
    return journal.path_of(target).read_bytes()


def test_the_format_is_a_line_of_json_and_records_of_fixed_size(target, path):
    data = written(target, 2)
    assert path == target.parent / ".partial" / "net.journal"
    line, body = data.split(b"\n", 1)
    records = [struct.pack("<I3H3f", row, row, row + 1, row + 2, *[0.25] * 3) for row in range(2)]
    header = json.dumps({"key": KEY, "restart": []}, sort_keys=True).encode()
    assert line == header + b" %08x" % zlib.crc32(header)
    assert body == b"".join(record + b" %08x" % zlib.crc32(record) for record in records)
    assert [file.name for file in path.parent.iterdir() if file != path] == ["net.lock"]


def test_what_was_appended_is_in_the_file_at_once_and_kept_in_order_of_rows(target, path):
    one = Journal(target, KEY)
    one.append(*rows_of(3, 5))
    size = len(path.read_bytes())
    one.append(*rows_of(0, 3))
    assert len(path.read_bytes()) == size + 3 * (one.record.itemsize + 9)
    one.close()
    again = Journal(target, KEY)
    again.append(*rows_of(5, 6))
    for name, expected in zip(("row", "classes", "scores"), rows_of(0, 6), strict=True):
        assert again.records()[name].tolist() == expected.tolist()
    assert again.records()["row"].tolist() == [0, 1, 2, 3, 4, 5]
    again.close()


def test_without_a_file_results_stay_in_memory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    one = Journal(None, KEY)
    one.append(*rows_of(0, 2))
    one.close(remove=True)
    assert one.records()["row"].tolist() == [0, 1]
    assert list(tmp_path.iterdir()) == []


def test_the_disk_is_asked_to_keep_every_so_many_records(target, monkeypatch):
    synced = []
    one = Journal(target, KEY)
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_size))
    size, header = one.record.itemsize + 9, len(journal.path_of(target).read_bytes())
    assert journal.EVERY == 512
    for start, stop in [(0, 200), (200, 511), (511, 512), (512, 1023), (1023, 2100), (2100, 2611)]:
        one.append(*rows_of(start, stop))
    one.close()
    assert synced == [header + 512 * size, header + 2100 * size]


def test_a_tail_cut_at_any_byte_is_read_up_to_the_last_whole_record_and_gone_on_from(target, path):
    data = written(target)
    size = Journal(None, KEY).record.itemsize + 9
    for cut in range(2 * size + 1):
        path.write_bytes(data[: len(data) - cut])
        one = Journal(target, KEY)
        whole = (5 * size - cut) // size
        assert one.records()["row"].tolist() == list(range(whole))
        assert path.read_bytes() == data[: len(data) - cut - (5 * size - cut) % size]
        one.append(*rows_of(whole, 5))
        one.close()
        assert path.read_bytes() == data


def test_a_header_cut_at_any_byte_begins_anew(target, path):
    data = written(target, 0)
    for cut in range(1, len(data) + 1):
        path.write_bytes(data[: len(data) - cut])
        with warnings.catch_warnings(record=True) as notes:
            warnings.simplefilter("always")
            one = Journal(target, KEY)
        assert len(notes) == (cut < len(data))
        assert one.records()["row"].tolist() == []
        one.close()
        assert path.read_bytes() == data


def test_a_file_that_is_no_journal_is_refused_by_name_and_restart_drops_it(target, path):
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\0" * 100 + b"\n" + b"\0" * 100)
    with pytest.raises(DamagedFileError, match=r"first line of .*net\.journal is damaged.*; remove that file"):
        Journal(target, KEY)
    journal.restart({target: KEY})
    Journal(target, KEY).close()


def test_damaged_bytes_in_a_journal_give_no_other_result_and_only_their_record_is_made_again(target, path):
    data = written(target, 20)
    seed = int.from_bytes(os.urandom(4))
    print(f"seed {seed}")
    pick, header, size = random.Random(seed), data.index(b"\n") + 1, Journal(None, KEY).record.itemsize + 9
    right = {row: (row, row + 1, row + 2) for row in range(20)}
    for _ in range(200):
        places = {pick.randrange(len(data)) for _ in range(pick.randint(1, 3))}
        damaged = bytearray(data)
        for place in places:
            damaged[place] ^= 1 << pick.randrange(8)
        path.write_bytes(damaged)
        try:
            with warnings.catch_warnings(record=True) as notes:
                warnings.simplefilter("always")
                one = Journal(target, KEY)
        except DamagedFileError:
            assert min(places) < header
            continue
        found, lost = one.records(), {(place - header) // size for place in places if place >= header}
        assert found["row"].tolist() == sorted(set(right) - lost) or min(places) < header
        assert all(right[record["row"]] == tuple(record["classes"]) for record in found)
        assert (found["scores"] == 0.25).all()
        assert bool(notes)
        one.close()
    path.unlink()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"precision": "bf16"}, "precision was fp32, now bf16"),
        ({"topk": 5}, "topk was 3, now 5"),
        ({"mean": [0.5, 0.5]}, r"mean was \[0\.5, 0\.25\], now \[0\.5, 0\.5\]"),
        ({"new": 1}, "new was None, now 1"),
    ],
)
def test_another_key_is_refused_by_name_and_restart_drops_the_file(target, path, change, named):
    before = written(target)
    with pytest.raises(InputError, match=rf"net\.journal holds an unfinished run.*\({named}\).*--restart"):
        Journal(target, KEY | change)
    assert path.read_bytes() == before
    journal.restart({target: KEY | change})
    one = Journal(target, KEY | change)
    assert one.records()["row"].tolist() == []
    one.close()
    Journal(target, KEY | change).close()


@pytest.mark.parametrize(("length", "shown"), [(40, "x" * 40), (41, "x" * 12 + "…")])
def test_differences_name_every_field_that_differs_in_short(length, shown):
    assert journal.differences({"a": 1, "b": "x" * length, "c": 3}, {"b": 2, "c": 3}) == (
        f"a was 1, now None, b was {shown}, now 2"
    )
    assert journal.differences({"a": 1}, {"a": 1}) == ""


def test_letting_go_removes_the_folder_only_when_it_is_empty(target, path):
    one, other = Journal(target, KEY), Journal(target.with_name("other.parquet"), KEY)
    one.close(remove=True)
    assert sorted(p.name for p in path.parent.iterdir()) == ["other.journal", "other.lock"]
    other.close(remove=True)
    assert not path.parent.exists()


def test_a_journal_is_cleared_where_there_is_one(target, path):
    journal.clear(target)
    written(target)
    journal.clear(target)
    assert not path.parent.exists()


def test_closing_keeps_the_file_unless_it_is_to_be_removed(target, path):
    written(target)
    assert path.is_file()
    one = Journal(target, KEY)
    one.close()
    one.close(remove=True)  # closed already: it is another's now
    assert path.is_file()


def test_a_journal_in_use_is_refused_and_free_when_it_is_closed_or_refused(target, path):
    one = Journal(target, KEY)
    with pytest.raises(InputError, match=rf"being written by process {os.getpid()}.*; wait for it, or choose another"):
        Journal(target, KEY)
    one.close()
    with pytest.raises(InputError, match="unfinished run"):
        Journal(target, KEY | {"topk": 5})
    with path.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


# --- a full disk --------------------------------------------------------------------------------------------


@pytest.fixture
def largest_file():
    """``largest_file(1950)``: no file grows further, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_keeps_the_records_before(tiny, pictures, tmp_path, run, largest_file):
    largest_file(2500)  # the header, some records of 109 bytes and a part of one
    with pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
        run(tiny(), pictures(40), out=tmp_path)
    largest_file(resource.getrlimit(resource.RLIMIT_FSIZE)[1])
    assert not list(tmp_path.glob("*.parquet"))
    events = []
    found = run(tiny(), pictures(40), out=tmp_path, on_event=events.append)
    assert 16 <= events[0].done < 24
    assert found.classes.tolist() == run(tiny(), pictures(40)).classes.tolist()
    assert [path.name for path in tmp_path.iterdir()] == [Path(found.file_name).name]


# --- a restart ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("again", ["False", "True"])
def test_a_restart_that_is_killed_goes_on_as_one_whether_asked_for_again_or_not(script, tmp_path, again):
    script(f"""
assert end(begin("out")) == 0
os.remove("out.log")
kill_after(begin("out", 0.02, restart=True), "out", 100)
assert end(begin("out", restart={again})) == 0
""")
    images = (tmp_path / "out.log").read_text().splitlines()
    assert len(set(images)) == N  # the older file was not taken for the new one
    assert len(images) <= N + IN_FLIGHT
    assert not (tmp_path / "out" / ".partial").exists()


@pytest.mark.parametrize("second", ["", ", topk=7", ", topk=7, restart=True", ", restart=True"])
def test_a_second_process_leaves_the_restart_of_a_live_one_alone(script, tmp_path, second):
    said = script(f"""
assert end(begin("out", topk=7)) == 0
os.remove("out.log")
first = begin("out", 0.02, restart=True)
while n_read("out") < 60:
    time.sleep(0.002)
assert end(begin("out"{second})) == 2
assert end(first) == 0
""")
    assert "is being written by process" in said
    images = (tmp_path / "out.log").read_text().splitlines()
    assert len(images) == len(set(images)) == N


def test_a_restart_that_is_killed_while_it_marks_its_files_marks_the_rest(tmp_path, monkeypatch):
    keys = {tmp_path / f"{name}.parquet": KEY | {"checkpoint": name} for name in "abc"}
    for target in keys:
        target.write_text("older")
    write_file, left = journal.write_file, iter((True, False))

    def write(path, contents):
        if not next(left):
            raise KeyboardInterrupt
        write_file(path, contents)

    with monkeypatch.context() as patch:
        patch.setattr(journal, "write_file", write)
        with pytest.raises(KeyboardInterrupt):
            journal.restart(keys)
    assert [journal.restarts(target) for target in keys] == [True, False, False]
    journal.restart(keys)
    assert all(map(journal.restarts, keys))


def test_a_lock_that_a_kill_left_alone_is_removed(tmp_path):
    target = tmp_path / "a.parquet"
    journal.path_of(target).parent.mkdir()
    journal.path_of(target).with_suffix(".lock").write_text(" process 1")
    journal.clear(target)
    assert not journal.path_of(target).parent.exists()
    journal.path_of(target).parent.mkdir()
    journal.clear(target)
    assert not journal.path_of(target).parent.exists()


def test_every_file_is_marked_before_the_first_is_made_anew(tmp_path):
    keys = {tmp_path / f"{name}.parquet": KEY | {"checkpoint": name} for name in "ab"}
    first, second = keys
    for target in keys:
        target.write_text("older")
    journal.restart(keys)
    assert journal.restarts(first)
    assert journal.restarts(second)
    Journal(first, keys[first]).close(remove=True)  # made
    one = Journal(second, keys[second])
    one.append(*rows_of(0, 2))
    one.close()
    journal.restart(keys)  # gone on with
    assert not journal.restarts(first)
    last = Journal(second, keys[second])
    assert len(last.records()) == 2
    last.close(remove=True)
    assert not (tmp_path / ".partial").exists()
