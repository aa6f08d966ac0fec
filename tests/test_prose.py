"""Every number in a notebook's prose stands in what the notebook shows, at the precision at which it is told.

A count (whole, no unit) is shown as that count; a measure (decimals, or whole percent or points) is shown at least as
precisely and rounds to what is told. Numbers that belong together (8 of 12, 11 to 14, 3.7 [2.7, 4.8]) stand in one
line or one row. Both are looked for in the section of the prose; the first cell, which tells the result, may take them
from any section, and counts of ten and more may stand above. Of a long table only the rows count that the prose names;
of a chart only its words, never the data behind it.

What is no such number, by kind: code, links, the run time, sizes of files, references (Figure 5a, section 3.2), years
and dates, names (top-1, ViT-3B, picture 12), levels (95 %), formulas, lists that define (1, 2, ..., 5),
and counts that the reader sees in the code: parameters, and literals of the section. Numbers told as words are checked
from four up where they count something.
"""

import html
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

import nbformat
import pytest
from nbformat import v4

from workbench.reproduce import notebooks

PATHS = [notebooks.path(name) for name in notebooks.names()]
LONG = 50  # numbers; among more of them, any number would be found by chance

NUMBER = r"[-+−]?\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|[-+−]?\d+(?:\.\d+)?"
TOKEN = re.compile(rf"(?<![\w.,/-])(?<!\w[-−])(?:{NUMBER})(?!(?!(?:st|nd|rd|th)\b)\w|/|-\w|[.,]\d)")
WORDS = ["four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen"]
WORDS += ["sixteen", "seventeen", "eighteen", "nineteen", "twenty"]
COUNTED = r"(?:points|percent|models|checkpoints|networks|pictures|images|places|neighbours|entries|rows|claims)"
WORD = re.compile(rf"\b({'|'.join(WORDS)})(?=(?: \w+)? {COUNTED}\b| of the\b)", re.IGNORECASE)
UNIT = re.compile(rf"(?:\s*(?:to|or|and|of(?: the)?|,|\])\s*\[?(?:{NUMBER}))*\]?\s*(?:%|percent\b|points\b)")
JOINED = re.compile(r"(?:\s?%|\spoints)?(?:\s(?:to|of\sthe|of|against)\s|\s\[|,\s(?=[-\d.]+\]))")
NO_NUMBERS = [
    r"```.*?```|`[^`]*`|\]\([^)]*\)|https?://\S+|<[^>]+>",
    r"\| run time \|[^\n]*|\d+ [MG]B\b",
    r"\b(?:Figures?|Tables?|[Ss]ections?|Appendix) [\d.]+\w*(?:(?:-|, | and )[\d.]+\w*)*",
    r"\b(?:in|of|al\.,?|\w+'s|[A-Z]\w+,?) \(?(?:19|20)\d\d\b\)?|\((?:19|20)\d\d\)|(?:19|20)\d\d-\d\d-\d\d",
    r"\b(?:set|[Pp]icture|exit code) \d+",
    r"\bat 5 ?%|\b95 ?%(?=[\w\s-]{0,24}\b(?:interval|band|bootstrap))",
    r"/ \d+\b|\(1 [-−]|^\d+\. ",
    r"\b\d+, (?:\d+, )*\.\.\.,? (?:and |or )?\d+|\b\d(?:, \d)+,? (?:and|or) \d\b",
]


class Told(NamedTuple):
    """A number in prose: where, as written, its value, whether it is a measure, and whether it says "about"."""

    start: int
    text: str
    value: Decimal
    measure: bool
    about: bool


class Shown(NamedTuple):
    """A line of an output: its section and cell, its words, its numbers, and whether it is of a long table."""

    section: int
    place: int
    words: str
    numbers: list[Decimal]
    long: bool


class Claim(NamedTuple):
    """Numbers told together, where, and what they are held against: lines of outputs, and counts in the code."""

    place: int
    group: list[Told]
    rows: list[list[Decimal]]
    counts: set[Decimal]

    def holds(self) -> bool:
        return any(all(self.founded(one, row) for one in self.group) for row in [*self.rows, []])

    def founded(self, one: Told, row: list[Decimal]) -> bool:
        return (one.value in self.counts and not one.measure) or any(agrees(one, other) for other in row)


def number(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace("−", "-"))


def numbers(text: str) -> list[Decimal]:
    return [number(match[0]) for match in TOKEN.finditer(text)]


def told(prose: str) -> list[list[Told]]:
    """The numbers of prose, those that belong together in one list."""
    for pattern in NO_NUMBERS:
        prose = re.sub(pattern, " ~ ", prose, flags=re.DOTALL | re.MULTILINE)
    found = []
    for match in TOKEN.finditer(prose):
        before, after = prose[: match.start()], prose[match.end() :]
        measure = "." in match[0] or bool(UNIT.match(after)) or before.count("[") > before.count("]")
        scale = 1_000_000 if re.match(r"\smillion", after) else 1
        about = bool(re.search(r"\b(?:about|some|near|nearly|almost)\s$", before))
        found.append(Told(match.start(), match[0], scale * number(match[0]), measure, about))
    for match in WORD.finditer(prose):
        measure = bool(re.match(r"\s(?:percent|points)", prose[match.end() :]))
        value = Decimal(WORDS.index(match[0].lower()) + 4)
        found.append(Told(match.start(), match[0], value, measure, False))
    groups: list[list[Told]] = []
    end = 0
    for one in sorted(found):
        joined = JOINED.match(prose, end)
        if groups and joined and joined.end() == one.start:
            groups[-1].append(one)
        else:
            groups.append([one])
        end = one.start + len(one.text)
    return groups


def strings(spec) -> list[str]:
    """The words of a chart: titles, subtitles, titles of axes, and texts."""
    if isinstance(spec, list):
        return [text for one in spec for text in strings(one)]
    if not isinstance(spec, dict):
        return []
    said = [spec[key] for key in ("title", "subtitle", "text") if isinstance(spec.get(key), str | list)]
    flat = [text for one in said for text in ([one] if isinstance(one, str) else one) if isinstance(text, str)]
    return flat + [text for one in spec.values() for text in strings(one)]


def lines(output) -> tuple[list[str], bool]:
    """What an output shows, line by line, and whether it is a long table."""
    data = output.get("data", {})
    for kind, chart in data.items():
        if "vegalite" in kind:
            return strings(json.loads(chart) if isinstance(chart, str) else chart), False
    if page := data.get("text/html"):
        page = re.sub(r"<style.*?</style>|<script.*?</script>|<wbr>|\u00ad", "", page, flags=re.DOTALL)
        cells = re.sub(r"</t[dh]>", " | ", page)
        rows = [html.unescape(re.sub(r"<[^>]+>", " ", row)) for row in cells.split("</tr>")]
        return rows, sum(len(numbers(row)) for row in rows) > LONG
    text = data.get("text/markdown") or output.get("text") or data.get("text/plain", "")
    return text.splitlines(), False


def parts(notebook) -> Iterator[tuple[int, int, nbformat.NotebookNode, str]]:
    """Section, place, cell and text. A heading of the second level opens a section, also within a cell of prose."""
    section = 0
    for place, cell in enumerate(notebook.cells):
        for text in re.split(r"(?m)^(?=## )", cell.source) if cell.cell_type == "markdown" else [cell.source]:
            section += cell.cell_type == "markdown" and text.startswith("## ")
            yield section, place, cell, text


def shown(notebook) -> list[Shown]:
    found = []
    for section, place, cell, _ in parts(notebook):
        for output in cell.get("outputs", []):
            rows, long = lines(output)
            found += [Shown(section, place, row, numbers(row), long) for row in rows]
    return found


def written(notebook) -> dict[int, set[Decimal]]:
    """Counts that the reader sees in code: literals above nine by section, and under -1 all of the parameters."""
    found: dict[int, set[Decimal]] = {}
    for section, _, cell, text in parts(notebook):
        if cell.cell_type == "code":
            literals = numbers(re.sub(r"(?<=\d)_(?=\d)", "", text))
            parameters = "parameters" in cell.metadata.get("tags", [])
            found.setdefault(-1 if parameters else section, set()).update(n for n in literals if parameters or n > 9)
    return found


def agrees(one: Told, other: Decimal) -> bool:
    """Whether a shown number is the told one: counts exactly ("about" by their zeros), measures when rounded."""
    places = one.value.as_tuple().exponent
    if one.about and not places:
        step = Decimal(10) ** (len(str(one.value)) - len(str(one.value).rstrip("0")))
    elif one.measure or one.value >= 1_000_000:
        step = Decimal(1_000_000 if one.value >= 1_000_000 else 1).scaleb(places)
    else:
        return other == one.value and not other.as_tuple().exponent
    return other.as_tuple().exponent <= places and abs(abs(other) - abs(one.value)) <= step / 2


def named(row: str, prose: str) -> bool:
    """Whether prose names a row: one of the row's texts stands in it."""
    texts = [re.sub(r"\W+", " ", text).strip().lower() for text in row.split("|")]
    plain = " " + re.sub(r"\W+", " ", prose).lower() + " "
    return any(re.search("[a-z]{2}", text) and f" {text} " in plain for text in texts)


def claims(notebook) -> Iterator[Claim]:
    """What the prose tells in numbers, each with what it is held against."""
    evidence, literals = shown(notebook), written(notebook)
    for section, place, cell, text in parts(notebook):
        if cell.cell_type != "markdown":
            continue
        rows = [line for line in evidence if not line.long or named(line.words, text)]
        near = [line.numbers for line in rows if place == 0 or line.section == section]
        above = [line.numbers for line in rows if line.place < place]
        counts = literals.get(-1, set()) | literals.get(section, set())
        for group in told(text):
            large = all(not one.measure and one.value >= 10 for one in group)
            yield Claim(place, group, near + above if large else near, counts)


def unfounded(notebook) -> list[str]:
    """Numbers in the prose that no output shows where it must: the cell's place, and the numbers as written."""
    failed = [claim for claim in claims(notebook) if not claim.holds()]
    return [f"cell {claim.place}: " + ", ".join(one.text for one in claim.group) for claim in failed]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_number_in_prose_is_shown_by_an_output(path):
    assert unfounded(nbformat.read(path, as_version=4)) == []


def test_every_number_in_the_opening_of_the_readme_is_shown_by_a_notebook_that_it_links():
    opening = (notebooks.folder().parent / "README.md").read_text(encoding="utf-8").partition("\n## ")[0]
    linked = [notebooks.path(name) for name in re.findall(r"notebooks/([\w-]+)\.ipynb", opening)]
    found = [line for path in linked for line in shown(nbformat.read(path, as_version=4)) if not line.long]
    rows = [line.numbers for line in found]
    failed = [group for group in told(opening) if not Claim(0, group, rows, set()).holds()]
    assert [[one.text for one in group] for group in failed] == []


TABLE = "<table><tr><th>part</th><th>points</th></tr>{}</table>"
ROW = "<tr><td>{}</td><td>{}</td></tr>"


def made_up(
    prose: str, *outputs: dict, first: str = "# Why?", code: str = "", above: str = ""
) -> nbformat.NotebookNode:
    """A notebook of two sections: `above` is shown in the first, the outputs in the second, with the prose."""
    cells = [v4.new_markdown_cell(first), v4.new_markdown_cell("## One"), v4.new_code_cell("", outputs=[])]
    cells[2].outputs = [v4.new_output("stream", name="stdout", text=above)]
    shows = [v4.new_output("display_data", data) for data in outputs]
    return v4.new_notebook(
        cells=[
            *cells,
            v4.new_markdown_cell("## Two"),
            v4.new_code_cell(code, outputs=shows),
            v4.new_markdown_cell(prose),
        ]
    )


PARTS = {"text/html": TABLE.format(ROW.format("gap", 12.08) + ROW.format("composition", "8.34 7.84 8.85"))}
LONG_TABLE = {"text/html": TABLE.format("".join(ROW.format(f"net {n}", 50 + n / 100) for n in range(60)))}
CHART = {"application/vnd.vegalite.v5+json": {"title": "mean 8.34", "datasets": {"data": [{"gap": 7.77, "n": 64}]}}}


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("8.3 points", "8.7 points"),
        ("12.08 points", "12.080 points"),  # told more precisely than shown
        ("8 points", "7 points"),
        ("**8.3 [7.8, 8.9]**", "**8.3 [7.7, 8.9]**"),
        ("8.3 [7.8, 8.9]", "12.1 [7.8, 8.9]"),  # of two rows
        ("8.3 points, 12.1 in all", "8.3 of 12.1 points"),  # told as a pair, shown in two rows
        ("eight points", "eleven points"),
        ("top-1 of ResNet-50 (2019), Table 3", "8 models"),  # a count, shown only as a measure
    ],
)
def test_a_number_that_is_not_shown_is_found(right, wrong):
    assert unfounded(made_up(right, PARTS)) == []
    assert unfounded(made_up(wrong, PARTS)) != []


@pytest.mark.parametrize(
    ("right", "wrong", "output"),
    [
        ("net 7 has 50.07 %", "it has 50.07 %", LONG_TABLE),  # only rows that are named
        ("a mean of 8.3", "a mean of 7.77", CHART),  # words of a chart, not its data
        ("1,024 images, more than 1,000,000", "1,025 images", {"text/plain": "1,024 images\n1000000"}),
        ("about 72,500 composites", "72,500 composites", {"text/plain": "72514"}),
        ("305 million", "307 million", {"text/markdown": "305,080,000"}),
        ("the 22nd of 67", "the 21st of 67", {"text/markdown": "rank 22 of 67"}),
        ("64 of the 67 models", "65 of the 67 models", {"text/markdown": "64 of 67\n65"}),
    ],
)
def test_tables_charts_and_lines_are_read_as_people_read_them(right, wrong, output):
    assert unfounded(made_up(right, output)) == []
    assert unfounded(made_up(wrong, output)) != []


def test_numbers_are_looked_for_in_their_section():
    assert unfounded(made_up("", above="8.34 of 67", first="# Why? 8.3 points of 67")) == []
    assert unfounded(made_up("", above="8.34", first="# Why? 8.9 points")) == ["cell 0: 8.9"]
    assert unfounded(made_up("8.3 points; 67 models", above="8.34\n67")) == ["cell 5: 8.3"]
    below = made_up("67 models", {"text/plain": "67 models"})
    below.cells[1].source = "## One\n\n67 models"
    assert unfounded(below) == ["cell 1: 67"]


def test_literals_of_the_code_are_counts_when_they_are_not_small():
    assert unfounded(made_up("20 times, and 30", code="n = 20")) == ["cell 5: 30"]
    assert unfounded(made_up("5 models", code="n = 5")) == ["cell 5: 5"]
    parameters = made_up("5 models", code="n: int = 5  # how many")
    parameters.cells[4].metadata.tags = ["parameters"]
    assert unfounded(parameters) == []


def test_wrong_digits_in_the_prose_of_the_notebooks_are_noticed():
    """Every other last digit of every number of two digits or more, one at a time: three of four are noticed."""
    noticed = []
    for claim in (claim for path in PATHS for claim in claims(nbformat.read(path, as_version=4)) if claim.holds()):
        for place, one in enumerate(claim.group):
            if len(one.text) > 1 and one.text[-1].isdigit():
                for text in {one.text[:-1] + digit for digit in "0123456789"} - {one.text}:
                    changed = one._replace(text=text, value=number(text))
                    group = [*claim.group[:place], changed, *claim.group[place + 1 :]]
                    noticed.append(not claim._replace(group=group).holds())
    assert sum(noticed) >= 0.75 * len(noticed) > 400, f"{sum(noticed)} of {len(noticed)}"
