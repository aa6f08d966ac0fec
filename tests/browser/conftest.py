"""A JupyterLab of its own on a copy of the notebooks, and a browser that reaches nothing but this machine."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from workbench.reproduce.notebooks import folder as committed

ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / "outputs" / "browser"
LOCAL = re.compile(r"^(https?|wss?)://127\.0\.0\.1[:/]|^(data|blob|about):")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url: str, process: subprocess.Popen, log: Path, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"{url} did not answer:\n{log.read_text()[-3000:]}")


def sessions(lab: str) -> list[dict]:
    """Open notebooks and their kernels, as the server knows them."""
    with urllib.request.urlopen(f"{lab}/api/sessions?token=t") as answer:
        return json.load(answer)


def stop(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()


@pytest.fixture(scope="session")
def notebooks(tmp_path_factory) -> Path:
    """A copy of the notebooks, so that running them leaves the committed ones as they are."""
    folder = tmp_path_factory.mktemp("lab") / "notebooks"
    shutil.copytree(committed(), folder, ignore=shutil.ignore_patterns(".*", "outputs"))
    return folder


@pytest.fixture(scope="session")
def settings(tmp_path_factory) -> Path:
    """Settings of JupyterLab: no news, and a theme that :func:`set_theme` can change."""
    folder = tmp_path_factory.mktemp("settings")
    news = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    (folder / "config" / "labconfig").mkdir(parents=True)
    (folder / "config" / "labconfig" / "page_config.json").write_text(json.dumps(news))
    # Every cell is in the page, also those that are out of sight.
    tracker = folder / "lab" / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
    tracker.parent.mkdir(parents=True)
    tracker.write_text(json.dumps({"windowingMode": "none"}))
    return folder


@pytest.fixture
def dark(settings):
    """JupyterLab's dark theme for one test."""
    path = settings / "lab" / "@jupyterlab" / "apputils-extension" / "themes.jupyterlab-settings"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"theme": "JupyterLab Dark"}))
    yield
    path.unlink()


@pytest.fixture(scope="session")
def lab(notebooks, settings):
    """Address of a running JupyterLab."""
    port, log = free_port(), settings / "lab.log"
    options = ["--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", "--IdentityProvider.token=t"]
    # Themes are changed from the page; and no notebook is trusted for what another session signed.
    options += ["--expose-app-in-browser", "--NotebookNotary.db_file=:memory:"]
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(settings / "config"),
        "JUPYTERLAB_SETTINGS_DIR": str(settings / "lab"),
        "JUPYTERLAB_WORKSPACES_DIR": str(settings / "workspaces"),
    }
    environment.pop("WORKBENCH_STATIC", None)
    with log.open("w") as stream:
        command = [sys.executable, "-m", "jupyterlab", *options, f"--notebook-dir={notebooks}"]
        process = subprocess.Popen(command, env=environment, stdout=stream, stderr=stream)
    try:
        wait_for(f"http://127.0.0.1:{port}/api?token=t", process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(process)


@pytest.fixture(scope="session")
def chromium():
    """A running browser: the system's chromium."""
    from playwright.sync_api import sync_playwright  # pyright: ignore[reportMissingImports]  # the extra "browser"

    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.fail("there is no chromium; on Debian: apt-get install chromium")
    SHOTS.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


class Page:
    """A page without a network; `outside` are the addresses that it asked for beyond this machine, `errors` its own."""

    def __init__(self, browser, height: int = 1500) -> None:
        self.page = browser.new_page(viewport={"width": 1400, "height": height})
        self.outside: list[str] = []
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.route("**/*", self._answer)

    def _answer(self, route) -> None:
        if LOCAL.match(route.request.url):
            route.continue_()
        else:
            self.outside.append(route.request.url)
            route.abort()

    def shot(self, name: str) -> None:
        self.page.screenshot(path=SHOTS / f"{name}.png")


MEASURE = """selector => {
  const rgba = text => { const n = text.match(/[\\d.]+/g).map(Number); return [...n.slice(0, 3), n[3] ?? 1]; };
  const over = (a, b) => [0, 1, 2].map(i => a[i] * a[3] + b[i] * (1 - a[3]));
  const linear = v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = c => [0.2126, 0.7152, 0.0722].reduce((sum, share, i) => sum + share * linear(c[i] / 255), 0.05);
  const page = matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
  const ground = element => {
    if (!element) return page;
    const own = rgba(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own.slice(0, 3) : over(own, ground(element.parentElement));
  };
  return [...document.querySelectorAll(selector)].filter(one => one.textContent.trim()).map(one => {
    const back = ground(one), ink = over(rgba(getComputedStyle(one).color), back);
    const [low, high] = [light(ink), light(back)].sort((a, b) => a - b);
    const range = document.createRange();
    range.selectNodeContents(one);
    const text = range.getBoundingClientRect(), box = one.getBoundingClientRect();
    return {text: one.textContent.trim().slice(0, 60), tag: one.tagName, contrast: high / low,
            room: Math.min(text.left - box.left, box.right - text.right)};
  });
}"""


def measured(tab, selector: str) -> list[dict]:
    """Of each element with text: its start, WCAG's contrast of ink and ground, and room beside it, in pixels."""
    return tab.evaluate(MEASURE, selector)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if call.when == "call" and report.failed and (opened := item.funcargs.get("page")):
        opened.shot(f"failed-{re.sub(r'[^a-z0-9]+', '-', item.name.lower())}")
    return report


@pytest.fixture
def page(chromium):
    opened = Page(chromium)
    yield opened
    opened.page.close()


class Notebook:
    """One notebook, open in JupyterLab."""

    def __init__(self, page: Page, lab: str, name: str) -> None:
        self.page, self.tab = page, page.page
        self.tab.goto(f"{lab}/lab/workspaces/w{time.monotonic_ns()}/tree/{name}?token=t")
        self.tab.wait_for_selector(".jp-Notebook .jp-Cell", timeout=30_000)
        self._wait_for_kernel(lab, name)

    def _wait_for_kernel(self, lab: str, name: str) -> None:
        """Until the server says that the kernel is idle and the page is connected to it."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            kernels = [session["kernel"] for session in sessions(lab) if session["path"] == name]
            if any(kernel["execution_state"] == "idle" and kernel["connections"] for kernel in kernels):
                self.tab.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", state="attached")
                return
            self.tab.wait_for_timeout(200)
        pytest.fail(f"no kernel for {name}: {sessions(lab)}")

    def choose(self, menu: str, entry: str) -> None:
        """An entry of the main menu."""
        self.tab.get_by_role("menuitem", name=menu, exact=True).click()
        self.tab.get_by_role("menuitem", name=entry).first.click()

    def run_all(self, seconds: float = 120) -> None:
        """Run > Run All Cells, until every cell has run. Committed outputs go first, so that none counts as run."""
        self.choose("Edit", "Clear Outputs of All Cells")
        assert not any(re.search(r"\d", prompt) for prompt in self.prompts())
        for _ in range(5):  # a kernel whose state the page does not know yet drops the request
            self.tab.get_by_role("menuitem", name="Run", exact=True).click()
            self.tab.get_by_role("menuitem", name="Run All Cells", exact=True).click()
            self.tab.wait_for_timeout(1500)
            if re.search(r"\d|\*", self.prompts()[0]):
                break
        self.settle(seconds)

    def restart_and_run_all(self, seconds: float = 120) -> None:
        """Kernel > Restart Kernel and Run All Cells."""
        self.choose("Kernel", "Restart Kernel and Run All Cells")
        self.tab.locator(".jp-Dialog button.jp-mod-accept").click()
        self.tab.wait_for_timeout(1500)
        self.settle(seconds)

    def prompts(self) -> list[str]:
        """What stands beside the code cells: "[ ]:", "[*]:" or a number."""
        return self.tab.locator(".jp-CodeCell .jp-InputPrompt").all_inner_texts()

    def errors(self) -> list[str]:
        """Tracebacks in the outputs."""
        return self.tab.locator("[data-mime-type='application/vnd.jupyter.error']").all_inner_texts()

    def settle(self, seconds: float) -> None:
        """Wait until every code cell has a number."""
        end = time.monotonic() + seconds
        while not all(re.search(r"\d", prompt) for prompt in self.prompts()):
            assert time.monotonic() < end, f"the notebook still runs: {self.prompts()}"
            assert not self.errors(), self.errors()
            self.tab.wait_for_timeout(300)
        self.tab.wait_for_timeout(300)

    def show(self, locator, offset: int = 60) -> None:
        """Scroll the notebook until an element stands near the top."""
        locator.evaluate("(element) => element.scrollIntoView({block: 'start'})")
        self.tab.wait_for_timeout(400)


@pytest.fixture
def opened(page, lab):
    """Opens notebooks by name, and stops their kernels afterwards."""
    yield lambda name: Notebook(page, lab, name)
    for session in sessions(lab):
        request = urllib.request.Request(f"{lab}/api/sessions/{session['id']}?token=t", method="DELETE")
        urllib.request.urlopen(request).close()
