"""The report in a browser: hostile names hide no section, stop no chart and run no script."""

import nbformat
import pytest
from tests.browser import looking
from tests.browser.conftest import SHOTS, measured
from tests.show.test_hostile import HOSTILE, hostile_report

from workbench import claims
from workbench.reproduce import notebooks, report
from workbench.reproduce.notebooks import Run
from workbench.show import tables

pytestmark = pytest.mark.browser


def test_hostile_names_hide_no_section_stop_no_chart_and_run_no_script(chromium, tmp_path):
    tab = chromium.new_page()
    errors = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto(hostile_report(tmp_path).as_uri())
    tab.wait_for_timeout(2000)
    assert tab.locator("main > section").count() == 2
    assert tab.locator("#provenance").count() == 1
    assert tab.locator(".chart svg.marks").count() == 2
    assert tab.evaluate("window.hit") is None
    assert HOSTILE[0] in tab.locator("#b").inner_text()
    assert errors == []
    tab.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_readable_in_both_schemes_and_leads_back_to_its_contents(scheme, chromium, tmp_path):
    facts = {"made": "", "versions": {"numpy": "2"}, "machine": {"system": "x"}, "parameters": {}, "outputs": {}}
    ledger = claims.ledger()
    shown = [tables.show(ledger[["id"]], "Ids", "shown", note="n"), tables.browse(ledger[["id", "place"]], "browsed")]
    outputs = [
        nbformat.v4.new_output("display_data", {"text/html": table.data})
        for table in (*shown, tables.claims(ledger, "claimed"))
    ]
    cells = [nbformat.v4.new_markdown_cell("# Which?\n\n`code`\n\n| a |\n|---|\n| b |")]
    cells.append(nbformat.v4.new_code_cell("claims.ledger()", outputs=outputs))
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "made.ipynb")
    runs = [Run("95-claims", tmp_path / "made.ipynb", 1.0)]
    runs.append(Run("30-accuracy-gap", notebooks.path("30-accuracy-gap"), 1.0))
    runs.append(Run("10-predict", tmp_path / "absent.ipynb", 1.0, "OSError: gone"))
    report.write(runs, facts | {"inputs": {"a.csv": "0" * 40}}, tmp_path)
    tab = chromium.new_page(color_scheme=scheme, viewport={"width": 1200, "height": 1000})
    tab.goto((tmp_path / "index.html").as_uri())
    tab.wait_for_selector(".chart svg.marks")
    for link in tab.locator("[data-code]").all():
        link.click()
    for details in tab.locator("details").all():
        details.evaluate("one => one.open = true")
    tab.evaluate("scrollTo(0, 0)")
    tab.screenshot(path=SHOTS / f"report-{scheme}.png")
    texts = "body :is(h1, h2, h3, p, a, li, td, th, pre, code, label, button, span, strong)"
    found = measured(tab, texts)
    assert len(found) > 1000
    assert [one for one in found if one["contrast"] < 4.5] == []
    tab.evaluate("scrollTo(0, 9000)")
    tab.wait_for_timeout(300)
    tab.screenshot(path=SHOTS / f"report-{scheme}-below.png")
    tab.get_by_role("link", name="contents").first.click()
    tab.wait_for_function("scrollY === 0")
    tab.close()


@pytest.mark.parametrize("theme", looking.THEMES)
def test_nothing_in_the_report_of_all_notebooks_is_hard_to_read(theme, chromium, tmp_path):
    facts = {"made": "now", "versions": {"numpy": "2"}, "machine": {"system": "x"}, "parameters": {}, "outputs": {}}
    runs = [Run(name, notebooks.path(name), 1.0) for name in notebooks.names()]
    report.write(runs, facts | {"inputs": {"a.csv": "0" * 64}}, tmp_path)
    tab = chromium.new_page(color_scheme=theme, viewport={"width": 1400, "height": 1000})
    tab.goto((tmp_path / "index.html").as_uri())
    places = tab.locator("script[data-chart]").count()
    tab.wait_for_function("wanted => document.querySelectorAll('.chart svg.marks').length === wanted", arg=places)
    found = looking.look(tab, "report", "body", theme=theme)
    tab.close()
    assert found == []
