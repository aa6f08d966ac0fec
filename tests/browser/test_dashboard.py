"""The read-only page of ``make dashboard``."""

import subprocess
import sys

import pytest
from tests.browser import looking
from tests.browser.conftest import ROOT, free_port, stop, wait_for

pytestmark = pytest.mark.browser


@pytest.fixture
def dashboard(tmp_path):
    port, log = free_port(), tmp_path / "voila.log"
    options = ["--no-browser", "--Voila.ip=127.0.0.1", f"--port={port}", "--Voila.token=t"]
    with log.open("w") as stream:
        command = [sys.executable, "-m", "voila", *options, str(ROOT / "dashboard" / "explore.ipynb")]
        process = subprocess.Popen(command, stdout=stream, stderr=stream)
    try:
        wait_for(f"http://127.0.0.1:{port}/?token=t", process, log)
        yield f"http://127.0.0.1:{port}/?token=t"
    finally:
        stop(process)


def test_the_dashboard_draws_and_answers_without_a_network(dashboard, page):
    tab = page.page
    tab.goto(dashboard, timeout=60_000)
    tab.wait_for_selector(".workbench-chart[data-drawn]", timeout=60_000)
    page.shot("dashboard")
    tab.get_by_placeholder("part of a name").fill("vgg")
    tab.wait_for_function("document.querySelectorAll('.workbench tbody tr').length < 20")
    assert tab.get_by_role("button", name="save CSV and SVG").count() == 0
    # Voila's template asks for a font of symbols that the page does without; nothing else is asked for outside.
    assert [url for url in page.outside if "fontawesome" not in url] == []
    assert page.errors == []


@pytest.mark.parametrize("theme", looking.THEMES)
def test_nothing_on_the_dashboard_is_hard_to_read(theme, dashboard, page):
    tab = page.page
    tab.goto(f"{dashboard}&voila-theme={theme}", timeout=60_000)
    tab.wait_for_selector(".workbench-chart[data-drawn]", timeout=60_000)
    assert looking.look(tab, "dashboard", "body", theme=theme) == []
