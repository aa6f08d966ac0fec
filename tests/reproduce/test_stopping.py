"""Ctrl-C and SIGTERM end a run within seconds: no kernel stays, and the report of what is finished is written."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from tests.reproduce.conftest import OUTPUTS, write_notebook

from workbench.reproduce import kernels

HANGS = """
import os, time
open(outputs + "/hangs", "w").write(str(os.getpid()))
while True:
    try: time.sleep(100)
    except KeyboardInterrupt: pass
"""
CODE = "from pathlib import Path\nfrom workbench import cli\nfrom workbench.reproduce import notebooks\n"
CODE += "notebooks.folder = lambda: Path('notebooks')\ncli.main()"


def begin(folder, *options):
    """A run of a notebook that works, one that hangs and one that waits for it, in a process; the hanging kernel."""
    for name, cell in (("00-good", "1"), ("10-hangs", HANGS), ("20-waits", "1")):
        write_notebook(folder / "notebooks", name, cell, parameters=(OUTPUTS,), seconds=99 - int(name[:2]))
    (folder / "tmp").mkdir(exist_ok=True)
    environment = os.environ | {"TMPDIR": str(folder / "tmp")}
    command = [sys.executable, "-c", CODE, "reproduce", "--out", "out", "--jobs", "1", *options]
    process = subprocess.Popen(command, cwd=folder, env=environment, stderr=-1, text=True)
    end = time.monotonic() + 60
    while not (folder / "out" / "hangs").exists() or not (folder / "out" / "hangs").read_text():
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.1)
    return process, int((folder / "out" / "hangs").read_text())


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_a_run_that_hangs(tmp_path, number, code):
    process, kernel = begin(tmp_path)
    time.sleep(2)  # the report's library is made meanwhile
    started = time.monotonic()
    process.send_signal(number)
    process.send_signal(number)  # as `timeout` does
    _, said = process.communicate(timeout=60)
    assert process.returncode == code
    assert time.monotonic() - started < 5
    assert said.splitlines()[-1].startswith("workbench: stopped; the report of 1 of 3 notebooks is written: ")
    assert "Traceback" not in said
    assert not psutil.pid_exists(kernel)
    assert list((tmp_path / "tmp").glob("workbench-*")) == []
    page = (tmp_path / "out" / "index.html").read_text()
    assert "This run was stopped. Not finished: 10-hangs, 20-waits." in page
    assert 'id="00-good"' in page
    facts = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert [(one["name"], one["error"]) for one in facts["notebooks"]] == [
        ("00-good", None),
        ("10-hangs", "stopped before its end"),
    ]


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_the_folder_of_a_killed_run_is_removed_by_the_next_and_that_of_a_living_one_is_not(tmp_path, monkeypatch):
    process, kernel = begin(tmp_path)
    monkeypatch.setattr(kernels.tempfile, "gettempdir", lambda: str(tmp_path / "tmp"))
    command = psutil.Process(kernel).cmdline()
    folder = Path(command[command.index("-f") + 1]).parent
    assert folder.parent == kernels._room()
    with kernels.settings():
        assert folder.exists()
    process.kill()
    process.communicate()
    with kernels.settings():
        assert not folder.exists()


def test_a_long_folder_for_temporary_files_is_no_place_for_sockets(tmp_path, monkeypatch):
    long = tmp_path / ("x" * 110)
    long.mkdir()
    monkeypatch.setattr(kernels.tempfile, "gettempdir", lambda: str(long))
    with kernels.settings() as config:
        assert len(config.KernelManager.ip) + len("-99999") < 104
        assert config.KernelManager.transport == "ipc"
    assert list(long.iterdir()) == []
