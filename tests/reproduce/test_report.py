"""The report: parameters once and as they were, errors in the page's own words, charts to draw without a network."""

import json
import re
from html.parser import HTMLParser

import pytest

from workbench.reproduce import report
from workbench.reproduce.notebooks import Run

FACTS = {
    "made": "2026-01-02T03:04:05+00:00",
    "versions": {"numpy": "2.0"},
    "machine": {"system": "a <machine>"},
    "parameters": {"00-good": {"movers": 7}},
    "inputs": {"data/a.csv": "0123456789abcdef0123"},
    "outputs": {},
}


class Page(HTMLParser):
    """A page as a browser takes it apart: the text of each section, the scripts with their attributes, ids, links."""

    def __init__(self, text):
        super().__init__()
        self.sections, self.scripts, self.ids, self.links = {}, [], [], []
        self.place = self.script = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids += [found["id"]] if "id" in found else []
        self.links += [found[key] for key in ("href", "src") if key in found]
        if tag in ("section", "header", "footer"):
            self.place = found.get("id", tag)
            self.sections[self.place] = ""
        if tag == "script":
            self.script = [found, ""]
            self.scripts.append(self.script)

    def handle_endtag(self, tag):
        if tag == "script":
            self.script = None

    def handle_data(self, data):
        if self.script:
            self.script[1] += data
        elif self.place:
            self.sections[self.place] += data


@pytest.fixture(scope="module")
def page(executed):
    return Page(executed.page)


def test_parameters_are_shown_once_with_the_values_in_force(page, executed):
    text = page.sections["00-good"]
    cell = f"""outputs: str = "{executed.out}"  # folder of the results
label_counts: list = [3]  # which groups
movers: int = 7  # how many to name
recompute: bool = False  # compute again"""
    assert cell in text
    assert text.count("movers") == 2  # there, and where the notebook uses it
    assert "movers: int = 7  # how many" in page.sections["10-raises"]
    assert "# Parameters" not in executed.page


def test_errors_are_told_once_and_in_the_pages_own_words(page, executed):
    assert "An Exception was encountered" not in executed.page
    assert "papermill-error" not in executed.page
    told = "This notebook failed: cell 3: ZeroDivisionError: division by zero. What it had made is below."
    assert told in page.sections["10-raises"]
    assert "1 / 0" in page.sections["10-raises"]
    assert "failed" not in page.sections["00-good"]
    header = " ".join(page.sections["header"].split())
    assert "10-raises failed: cell 3: ZeroDivisionError: division by zero. What follows" in header
    assert "20-dies failed: DeadKernelError" in header
    assert "00-good failed" not in header
    assert re.search(r"Is 00-good a question\? \d+\.\d s Is 10-raises a question\? failed, \d+\.\d s", header)


def test_sections_come_in_reading_order_with_their_outputs(page):
    assert list(page.sections) == ["header", "00-good", "10-raises", "20-dies", "provenance"]
    assert "fine [3] 7 False 1" in page.sections["00-good"]
    assert page.sections["00-good"].count("Is 00-good a question?\n") == 1  # and no sign of a link to itself


def test_each_chart_has_a_place_of_its_own_and_its_whole_specification(page):
    charts = [(found, json.loads(text)) for found, text in page.scripts if "data-chart" in found]
    assert [found["data-chart"] for found, _ in charts] == ["00-good-chart-0", "00-good-chart-1"]
    assert [chart for _, chart in charts] == [
        {"mark": "point", "title": "</script> in a title"},
        {"mark": "bar"},
    ]
    assert all(found["type"] == "application/json" for found, _ in charts)
    assert page.ids.count("00-good-chart-0") == page.ids.count("00-good-chart-1") == 1
    library, drawing = [text for found, text in page.scripts if not found]
    assert len(library) > 100_000
    assert "vegaEmbed(document.getElementById" in drawing


def test_the_page_opens_without_a_network_and_links_lead_somewhere(page, executed):
    markup = re.sub(r"<script.*?</script>", "", executed.page, flags=re.DOTALL)
    assert not re.search(r"@import|url\((?!data:)", markup)
    assert {"#00-good", "#10-raises", "#provenance", "notebooks/00-good.ipynb", "provenance.json"} <= {*page.links}
    assert not [link for link in page.links if "//" in link]
    assert {link[1:] for link in page.links if link.startswith("#")} <= {*page.ids}
    assert "10-raises.ipynb" not in page.links


def test_a_notebook_that_left_no_file_has_its_name_its_error_and_no_body(tmp_path):
    run = Run("00-good", tmp_path / "absent.ipynb", 1.26, "OSError: <no> space")
    report.write([run], FACTS, tmp_path / "out")
    page = Page((tmp_path / "out" / "index.html").read_text())
    assert " ".join(page.sections["00-good"].split()) == (
        "00-good with code notebook file ↑ contents "
        "This notebook failed: OSError: <no> space. What it had made is below."
    )
    assert "00-good\nfailed, 1.3 s" in page.sections["header"]
    assert "00-good failed: OSError: <no> space." in page.sections["header"]


@pytest.fixture
def answered(tmp_path):
    """Two notebooks with the same answer, of which the second failed, on a page."""
    import nbformat

    result = "| result | about *12 %* of `a<b>`, see [there](10-more.ipynb) |"
    cells = [nbformat.v4.new_markdown_cell(f"# How many?\n\n| | |\n|---|---|\n| run time | 1 s |\n{result}\n\nMore.")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "a.ipynb")
    runs = [Run("00-one", tmp_path / "a.ipynb", 1.0), Run("10-more", tmp_path / "a.ipynb", 2.0, "ValueError: x")]
    report.write(runs, FACTS, tmp_path)
    return (tmp_path / "index.html").read_text()


def test_the_answer_stands_under_its_question_unless_its_notebook_failed(answered):
    header = " ".join(Page(answered).sections["header"].split())
    told = "How many? 1.0 s about 12 % of a<b>, see there How many? failed, 2.0 s Provenance"
    assert told in header
    contents = answered.split("</nav>")[0]
    assert '<em>12 %</em> of <code>a&lt;b&gt;</code>, see <a href="#10-more">there</a>' in contents


def test_a_link_leads_back_to_the_contents_from_everywhere(answered):
    assert answered.count('<a class="up" href="#top">') == answered.count("<section")
    assert "section > .bar { position: sticky; top: 0;" in answered
    assert answered.index('id="top"') < answered.index("<nav")


def test_no_colour_of_the_page_is_fixed_but_in_its_two_themes(answered):
    (style,) = re.findall(r"<style>(.*?)</style>", answered, re.DOTALL)
    themes = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    light, dark = (dict(re.findall(r"--(\w+): (#\w+);", theme)) for theme in themes)
    assert light.keys() == dark.keys() >= {"ink", "ground", "shade"}
    assert light["ground"] != dark["ground"]
    assert "@media (prefers-color-scheme: dark)" in style
    for theme in themes:
        style = style.replace(theme, "")
    assert not re.findall(r"#[0-9a-fA-F]{3,6}\b", style)


def test_provenance_closes_the_page(tmp_path):
    report.write([], FACTS, tmp_path)
    page = Page((tmp_path / "index.html").read_text())
    text = " ".join(page.sections["provenance"].split())
    for part in (
        "Made 2026-01-02T03:04:05+00:00.",
        "numpy2.0",
        "machinea <machine>",
        "parameters of 00-good{'movers': 7}",
        "1 inputs with their sha256 data/a.csv0123456789abcdef 0 outputs with their sha256",
    ):
        assert part in text


def test_a_notebook_without_a_heading_goes_by_its_name(tmp_path):
    import nbformat

    cells = [nbformat.v4.new_code_cell("# no heading"), nbformat.v4.new_markdown_cell("no # heading")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "a.ipynb")
    report.write([Run("40-x", tmp_path / "a.ipynb", 0.0)], FACTS, tmp_path)
    page = Page((tmp_path / "index.html").read_text())
    assert re.search(r"40-x\s+0\.0 s", page.sections["header"])
    assert "no heading" in page.sections["40-x"]
