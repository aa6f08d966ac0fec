"""Looking at a page as its readers do: in both themes, wide and narrow, down to its end."""

import json
import math
from pathlib import Path

from tests.browser.conftest import SHOTS

FAULTS = Path(__file__).with_name("faults.js").read_text(encoding="utf-8")
WIDTHS = (1400, 900)
THEMES = ("light", "dark")
OUTPUTS = ".jp-OutputArea-output, .jp-MarkdownOutput"  # of JupyterLab; what else there is belongs to JupyterLab
TALLEST = 12_000  # pixels that are drawn at once
Faults = list[dict]


def look(tab, name: str, selector: str, *, theme: str, scroller: str = "html") -> Faults:
    """Faults of a page at each width, in the theme that it has; pictures and figures go to ``outputs/browser``."""
    return [fault for width in WIDTHS for fault in _at(tab, f"{name}-{theme}-{width}", selector, width, scroller)]


def in_lab(notebook, name: str) -> Faults:
    """Faults of the notebook that is open in JupyterLab, in both themes."""
    found = []
    for theme in THEMES:
        set_theme(notebook.tab, theme)
        found += look(notebook.tab, name, OUTPUTS, theme=theme, scroller=".jp-WindowedPanel-outer")
    set_theme(notebook.tab, "light")
    return found


def set_theme(tab, theme: str) -> None:
    wanted = f"JupyterLab {theme.capitalize()}"
    tab.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", wanted)
    tab.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=wanted)
    tab.wait_for_timeout(500)


def _at(tab, name: str, selector: str, width: int, scroller: str) -> Faults:
    tab.set_viewport_size({"width": width, "height": 1500})
    tab.wait_for_timeout(300)
    spare = "selector => { const one = document.querySelector(selector); return one.scrollHeight - one.clientHeight; }"
    tab.set_viewport_size({"width": width, "height": min(1500 + tab.evaluate(spare, scroller), TALLEST)})
    tab.wait_for_timeout(400)
    seen = tab.evaluate(FAULTS, selector)
    scroll = "([selector, top]) => document.querySelector(selector).scrollTo(0, top)"
    for part in range(1 + math.ceil(max(0, tab.evaluate(spare, scroller)) / TALLEST)):
        tab.evaluate(scroll, [scroller, part * TALLEST])
        tab.screenshot(path=SHOTS / f"{name}-{part}.jpg", type="jpeg", quality=60)
    tab.evaluate(scroll, [scroller, 0])
    with (SHOTS / "seen.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"page": name} | seen) + "\n")
    return [{"page": name} | fault for fault in seen["faults"]]
