"""``make dashboard`` answers its own machine only: a page elsewhere that leads its own name here is refused."""

import re
import shlex
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from tests.browser.conftest import free_port, stop, wait_for

ROOT = Path(__file__).resolve().parents[1]


def test_a_foreign_host_is_refused(tmp_path):
    recipe = re.search(r"@\$\(BIN\)/voila (.*?)\n\n", (ROOT / "Makefile").read_text(), re.DOTALL)
    assert recipe
    port, log = free_port(), tmp_path / "voila.log"
    options = shlex.split(recipe[1].replace("\\\n", " "))
    with log.open("w") as stream:
        command = [sys.executable, "-m", "voila", *options, "--no-browser", f"--port={port}"]
        process = subprocess.Popen(command, cwd=ROOT, stdout=stream, stderr=stream)
    try:
        wait_for(f"http://127.0.0.1:{port}/login", process, log)
        for host, code in [("localhost", 200), (f"127.0.0.1:{port}", 200), ("evil.example", 403), ("10.0.0.9", 403)]:
            request = urllib.request.Request(f"http://127.0.0.1:{port}/login", headers={"Host": host})
            if code == 200:
                urllib.request.urlopen(request).close()
            else:
                with pytest.raises(urllib.error.HTTPError, match="403"):
                    urllib.request.urlopen(request)
    finally:
        stop(process)
