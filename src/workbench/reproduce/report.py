"""The report: every notebook on one page that opens from disk without a network.

Charts keep their tooltips and selections: the drawing library is written into the page once.
"""

import json
import re
from collections.abc import Sequence
from functools import cache
from html import escape
from pathlib import Path
from threading import Lock
from typing import Any

from workbench.files import write_file
from workbench.reproduce import notebooks
from workbench.show import theme

_one_makes_it = Lock()
# What papermill adds for readers of the notebook file: the page shows parameters and errors itself.
_ADDED = {"injected-parameters", "papermill-error-cell-tag"}


def write(runs: Sequence[notebooks.Run], provenance: dict, out: Path) -> None:
    """Write ``index.html`` below `out` from executed notebooks."""
    import jinja2

    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True)
    page = environment.get_template("report.html.j2").render(
        sections=[_section(run) for run in runs],
        failed=[run for run in runs if run.error],
        provenance=provenance,
        library=library(),
        chart_style=theme.style(),
    )
    write_file(out / "index.html", page)


def library() -> str:
    """The drawing library as one script. It takes seconds to make, and is made once, also if two threads ask."""
    with _one_makes_it:
        return _library()


@cache
def _library() -> str:
    import vl_convert as vlc

    script = vlc.javascript_bundle(vl_version=theme.vl_version())  # pyright: ignore[reportCallIssue]
    # In the library's strings these would end the script element, or let it go on beyond its end.
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _section(run: notebooks.Run) -> dict:
    if not run.path.is_file():
        return {"run": run, "title": run.name, "answer": "", "body": ""}
    import nbformat

    notebook = nbformat.read(run.path, as_version=4)
    _show_parameters_once(notebook, run.path)
    _inline_charts(notebook, run.name)
    title, answer = _question(notebook)
    return {"run": run, "title": title or run.name, "answer": answer, "body": _body(notebook)}


def _question(notebook: Any) -> tuple[str, str]:
    """The heading of a notebook as text, and what its first cell gives as its result, as HTML; empty without them."""
    from nbconvert.filters import markdown2html

    first = next((cell.source for cell in notebook.cells if cell.cell_type == "markdown"), "")
    title, result = re.match(r"# (.+)", first), re.search(r"^\| result \| (.+) \|$", first, re.MULTILINE)
    return title[1] if title else "", _within(markdown2html(result[1])) if result else ""


def _show_parameters_once(notebook: Any, file: Path) -> None:
    """Leave out the cells that papermill added, and write the values that it was given over the defaults."""
    from papermill.translators import PythonTranslator

    given = notebook.metadata.get("papermill", {}).get("parameters", {})
    written = {name: PythonTranslator.translate(value) for name, value in given.items()}
    tagged = [(cell, set(cell.metadata.get("tags", []))) for cell in notebook.cells]
    notebook.cells = [cell for cell, tags in tagged if not tags & _ADDED]
    for cell, tags in tagged:
        if "parameters" in tags:
            cell.source = "\n".join(
                f"{name}: {one['type']} = {written.get(name, one['default'])}  # {one['help']}"
                for name, one in notebooks.parameters(file).items()
            )


def _inline_charts(notebook: Any, name: str) -> None:
    """Turn the specification of each chart into a place on the page, where its script draws."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    charts = [output for output in outputs if theme.MIME in output.get("data", {})]
    for number, chart in enumerate(charts):
        place = escape(f"{name}-chart-{number}")
        specification = json.dumps(chart["data"][theme.MIME], separators=(",", ":")).replace("<", "\\u003c")
        chart["data"] = {
            "text/html": f'<div class="chart" id="{place}"></div>'
            f'<script type="application/json" data-chart="{place}">{specification}</script>'
        }


def _body(notebook: Any) -> str:
    from nbconvert import HTMLExporter

    html, _ = HTMLExporter(template_name="basic", exclude_anchor_links=True).from_notebook_node(notebook)
    return _within(html)


def _within(html: str) -> str:
    """Links between notebooks become links inside the page."""
    return re.sub(r'href="([0-9][\w-]*)\.ipynb"', r'href="#\1"', html)
