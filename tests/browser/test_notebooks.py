"""Every notebook in JupyterLab: it opens, Run All ends without an error, every chart draws, with the network off.

Just opened and after a run, in both themes, wide and narrow, nothing is faint, cut, over another text or out of sight.
"""

import nbformat
import pytest
from tests.browser import looking

from workbench.reproduce import notebooks
from workbench.show.theme import MIME

pytestmark = pytest.mark.browser


def charts(name: str) -> int:
    """How many charts the committed notebook has, `explore` included."""
    cells = nbformat.read(notebooks.folder() / f"{name}.ipynb", as_version=4).cells
    kept = sum(MIME in output.get("data", {}) for cell in cells for output in cell.get("outputs", []))
    return kept + sum("show.explore" in cell.source for cell in cells if cell.cell_type == "code")


@pytest.mark.parametrize("name", notebooks.names())
def test_a_notebook_runs_and_every_chart_draws_and_nothing_is_hard_to_read(name, opened, page):
    notebook = opened(f"{name}.ipynb")
    tab = notebook.tab
    assert tab.locator(".jp-FileBrowser").is_visible()  # the sidebar takes its room
    assert tab.locator(".jp-OutputArea-output style").count() == 0  # what a file brings along is not trusted
    faults = looking.in_lab(notebook, f"{name}-opened")
    tab.set_viewport_size({"width": 1400, "height": 1500})
    notebook.run_all(240)
    assert notebook.errors() == []
    outputs = tab.locator(".vega-embed")
    outputs.nth(charts(name) - 1).wait_for(state="attached", timeout=30_000)
    assert outputs.count() == charts(name)
    for number in range(charts(name)):
        chart = outputs.nth(number)
        chart.scroll_into_view_if_needed()
        drawn = chart.locator("canvas, svg").first
        drawn.wait_for(timeout=20_000)
        assert drawn.bounding_box()["width"] > 100
    text = tab.locator(".jp-Notebook").inner_text().lower()
    assert "javascript error" not in text
    assert "loading widget" not in text
    assert "error displaying widget" not in text
    faults += looking.in_lab(notebook, f"{name}-ran")
    assert page.errors == []
    assert page.outside == []
    assert faults == []
