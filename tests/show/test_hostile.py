"""Names that are markup, formulas or code come out of every output as the text that they are."""

import csv
import io
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from html.parser import HTMLParser

import altair as alt
import pandas as pd
import pytest

from workbench.reproduce import report
from workbench.reproduce.notebooks import Run
from workbench.show import compact, export, tables, theme
from workbench.show.instruments import pages

HOSTILE = [
    "<!--<script>",
    "</script><script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    "\"'><svg onload=window.hit=1>",
    '=HYPERLINK("http://evil.example","x")',
    "[click](javascript:window.hit=1) `code` *a* _b_ a|b \\| &lt;",
    "007",
]
FRAME = pd.DataFrame({"checkpoint": HOSTILE, "value": [0.5] * len(HOSTILE)})


class Elements(HTMLParser):
    """The elements of a piece of HTML, with attributes, and its text outside of styles."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data):
        self.text += data


def harmless(html, scripts=0):
    found = Elements(html)
    assert found.tags.count("script") == scripts
    assert not {"svg", "img"} & {*found.tags}
    assert not [name for name in found.attributes if name.startswith("on")]
    return found.text


def chart():
    encoded = {"x": "value", "y": "checkpoint:N", "tooltip": ["checkpoint"], "color": "checkpoint:N"}
    return alt.Chart(FRAME).mark_point().encode(**encoded).properties(title=HOSTILE[1])


def test_tables_as_html():
    shown = harmless(tables.show(FRAME, HOSTILE[0], "a", note=HOSTILE[1]).data)
    browsed = harmless(tables.browse(FRAME, "b").data, scripts=1)
    assert [name for name in HOSTILE if name not in shown or name not in browsed] == []


def test_instruments_as_html():
    card = pages.Card(pages.Thumbnail(HOSTILE[2], "", HOSTILE[1]), [1], [1], [], {HOSTILE[0]: HOSTILE[3]})
    for name in HOSTILE:
        seen = pages.Seen(name, "wrong", [(1, 0.5)])
        told = harmless(pages.cards([card, pages.Card(card.picture, [1], [], [seen], {})], where=name, wide=False))
        assert name in told
        assert name in harmless(pages.message(name))
        row, progress = pages.Row(1, name, None, {name: name}), pages.Progress(1, 2, [name])
        judged = harmless(pages.judging(card.picture, [row], here=0, where=name, found=[1], progress=progress))
        assert judged.count(name) >= 3
        assert name in harmless(pages.enlarged(replace(card, facts={name: name}), where=name))


def test_charts_as_svg(tmp_path):
    export.figure(chart(), "c", tmp_path)
    root = ElementTree.parse(tmp_path / "figures" / "c.svg").getroot()
    assert not [one for one in root.iter() if one.tag.endswith(("script", "image", "foreignObject"))]
    assert not [name for one in root.iter() for name in one.attrib if name.startswith("on")]
    assert HOSTILE[1] in {one.text for one in root.iter()}


def test_csv_keeps_names_for_programs(tmp_path):
    export.table(FRAME, "t", tmp_path)
    with (tmp_path / "tables" / "t.csv").open(newline="") as stream:
        assert [row[0] for row in csv.reader(stream)] == ["checkpoint", *HOSTILE]
    many = pd.concat([FRAME] * 2, ignore_index=True)
    lean = compact.with_csv(theme.spec(alt.Chart(many).mark_point().encode(x="value", y="checkpoint:N")))
    (text,) = lean["datasets"].values()
    assert [row["checkpoint"] for row in csv.DictReader(io.StringIO(text))] == HOSTILE * 2


@pytest.mark.parametrize("name", [*HOSTILE, "two\n\nlines | of"])
def test_markdown_shows_the_text_and_nothing_else(tmp_path, name):
    from nbconvert.filters import markdown2html

    export.table(pd.DataFrame({"checkpoint": [name], name: [1]}), "t", tmp_path)
    text = (tmp_path / "tables" / "t.md").read_text()
    assert len(text.splitlines()) == 3
    html = markdown2html(text)
    linked = {"a"} if "//" in name else set()  # an address that stands there leads to what it says
    assert {*Elements(html).tags} == {"table", "thead", "tbody", "tr", "th", "td", *linked}
    cells = [cell.strip() for cell in Elements(re.sub(r"</t[dh]>", "\x00", html)).text.split("\x00")]
    assert cells[:4] == ["checkpoint", " ".join(name.split()), " ".join(name.split()), "1"]


def hostile_report(folder):
    """A report with a chart and a table of hostile names in the first section, and one chart in the next."""
    import nbformat

    runs = []
    for place, title in enumerate(["a", "b"]):
        data = [{theme.MIME: theme.spec(chart())}, {"text/html": tables.show(FRAME, HOSTILE[0], f"t{place}").data}]
        data += [{"text/html": tables.browse(FRAME, f"b{place}").data}, {"text/plain": HOSTILE[1]}]
        outputs = [nbformat.v4.new_output("display_data", one) for one in data]
        outputs.append(nbformat.v4.new_output("stream", text="\n".join(HOSTILE)))
        cells = [nbformat.v4.new_markdown_cell(f"# {title}"), nbformat.v4.new_code_cell("1", outputs=outputs)]
        path = folder / f"{title}.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
        runs.append(Run(title, path, 1.0, HOSTILE[1]))
    facts = {"versions": {HOSTILE[0]: HOSTILE[1]}, "machine": {"system": HOSTILE[2]}, "inputs": {HOSTILE[3]: "0"}}
    facts |= {"made": "", "parameters": {"a": {"outputs": HOSTILE[1]}}, "outputs": {HOSTILE[1]: "0"}}
    report.write(runs, facts, folder)
    return folder / "index.html"


def test_a_chart_on_the_report_cannot_open_or_end_a_script(tmp_path):
    page = hostile_report(tmp_path).read_text()
    charts = re.findall(r"<script[^>]*application/json[^>]*>(.*?)</script>", page, re.DOTALL)
    assert len(charts) == 2
    assert not [text for text in charts if "<" in text]
    assert "<!--" not in page
