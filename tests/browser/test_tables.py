"""Tables in JupyterLab's light and dark theme, trusted or not: readable, and no cell's text over its neighbour."""

import nbformat
import pytest
from tests.browser.conftest import measured

from workbench import claims
from workbench.score import pools, ranks
from workbench.show import tables

pytestmark = pytest.mark.browser

CODE = """from pathlib import Path
from IPython.display import HTML, display
for place in range(3):
    display(HTML(Path(f"table-{place}.html").read_text()))"""
CELLS = ".jp-OutputArea-output :is(td, th)"
TEXTS = ".jp-OutputArea-output :is(td, th, button, label, span)"


@pytest.fixture(scope="module")
def made(notebooks) -> list[str]:
    """Wide tables with the longest names of checkpoints, and verdicts, as HTML."""
    shifts = ranks.rank_shift(pools.published()).drop(columns="source").assign(family="a family of checkpoints")
    longest = shifts.sort_values("checkpoint", key=lambda names: -names.str.len()).head(20).assign(again="resize")
    ledger = claims.ledger().drop_duplicates("verdict")
    shown = tables.show(longest, "Ranks", "shown", note="where from")
    made = [str(one.data) for one in (shown, tables.browse(longest, "browsed"), tables.claims(ledger, "claimed"))]
    for place, html in enumerate(made):
        (notebooks / f"table-{place}.html").write_text(html)
    return made


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_tables_are_readable_and_no_text_lies_on_its_neighbour(theme, trusted, made, notebooks, opened, page, request):
    if theme == "dark":
        request.getfixturevalue("dark")
    outputs = [nbformat.v4.new_output("display_data", {"text/html": html}) for html in made]
    cell = nbformat.v4.new_code_cell(CODE, execution_count=1, outputs=outputs)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    name = f"tables-{theme}-{trusted}.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel}), notebooks / name)
    notebook = opened(name)
    if trusted:  # what ran here is trusted; what a file brings along is not, and loses its <style>
        notebook.run_all()
    tab = notebook.tab
    assert tab.locator(".jp-OutputArea-output style").count() == (3 if trusted else 0)
    for width in (1400, 900):
        tab.set_viewport_size({"width": width, "height": 1500})
        tab.wait_for_timeout(400)
        page.shot(f"tables-{theme}-{'trusted' if trusted else 'untrusted'}-{width}")
        texts, cells = measured(tab, TEXTS), measured(tab, CELLS)
        assert len(cells) > 400
        assert [one for one in texts if one["contrast"] < 4.5] == []
        assert [one for one in cells if one["room"] < -1] == []
    assert page.errors == []
