"""What a killed process leaves is removed by the next one; what a living one works on, and what is not ours, stays."""

import os
import signal
import subprocess
import sys

import pytest

from workbench import files, temporary

HOLD = """
import sys
from pathlib import Path
from workbench.temporary import {make}
with {make}(Path({folder!r})) as made:
    print("made", flush=True)
    input()
"""


@pytest.fixture(params=["part_file", "part_folder"])
def holder(request, tmp_path):
    """Another process that works on a temporary file or folder."""
    code = HOLD.format(make=request.param, folder=str(tmp_path))
    process = subprocess.Popen([sys.executable, "-c", code], stdin=-1, stdout=-1, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "made\n"
    yield process
    process.kill()
    process.wait()


@pytest.mark.skipif(os.name == "nt", reason="nothing is locked there")
def test_the_next_writer_removes_what_a_kill_left_and_never_what_lives(holder, tmp_path):
    (held,) = tmp_path.glob(".part-*")
    files.write_file(tmp_path / "a.txt", "a")
    assert held.exists()
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert held.exists()
    files.write_file(tmp_path / "a.txt", "a")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize(
    "name", [".part-mine", ".part-my-own-file", ".part-ABCDEFGH", "part-abcdefgh", ".part-abcdefgh.txt"]
)
def test_what_tempfile_did_not_name_stays(tmp_path, name):
    (tmp_path / name).touch()
    (tmp_path / ".part-abcdefgh").symlink_to(tmp_path / name)
    files.write_file(tmp_path / "a.txt", "a")
    assert (tmp_path / name).exists()


def test_a_file_and_a_folder_go_with_their_block_unless_renamed(tmp_path):
    for make in (temporary.part_file, temporary.part_folder):
        with pytest.raises(KeyError), make(tmp_path):
            raise KeyError
        assert list(tmp_path.iterdir()) == []
    with temporary.part_folder(tmp_path) as folder:
        (folder / "a").touch()
        folder.replace(tmp_path / "kept")
    assert (tmp_path / "kept" / "a").exists()


def test_where_there_are_no_locks_nothing_is_removed(tmp_path, monkeypatch):
    import filelock

    def none(*_, **__):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(filelock, "lock_descriptor", none)
    (tmp_path / ".part-abcdefgh").touch()
    files.write_file(tmp_path / "a.txt", "a")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".part-abcdefgh", "a.txt"]


@pytest.mark.parametrize("make", [temporary.part_file, temporary.part_folder])
def test_what_another_process_removes_before_it_is_locked_is_made_again(tmp_path, monkeypatch, make):
    lock, gone = temporary._lock, []

    def late(path):
        if not gone:
            gone.append(path)
            path.rmdir() if path.is_dir() else path.unlink()
        return lock(path)

    monkeypatch.setattr(temporary, "_lock", late)
    with make(tmp_path) as made:
        path = made[1] if isinstance(made, tuple) else made
        assert path.exists()
        assert path != gone[0]
