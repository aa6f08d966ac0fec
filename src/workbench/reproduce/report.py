"""The report: every notebook on one page that opens from disk without a network.

Charts keep their tooltips and selections: the drawing library is written into the page once.
"""

import json
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from workbench.files import write_file
from workbench.reproduce import notebooks
from workbench.show import theme

# What papermill adds for readers of the notebook file: the page shows parameters and errors itself.
_ADDED = {"injected-parameters", "papermill-error-cell-tag"}


def write(runs: Sequence[notebooks.Run], provenance: dict, out: Path) -> None:
    """Write ``index.html`` below `out` from executed notebooks."""
    import jinja2
    import vl_convert as vlc

    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True)
    page = environment.get_template("report.html.j2").render(
        sections=[_section(run) for run in runs],
        failed=[run for run in runs if run.error],
        provenance=provenance,
        # A closing tag inside the library's strings would end the script element.
        library=vlc.javascript_bundle(vl_version=theme.vl_version()).replace("</script", "<\\/script"),  # pyright: ignore[reportCallIssue]
    )
    write_file(out / "index.html", page)


def _section(run: notebooks.Run) -> dict:
    if not run.path.is_file():
        return {"run": run, "title": run.name, "body": ""}
    import nbformat

    notebook = nbformat.read(run.path, as_version=4)
    _show_parameters_once(notebook, run.path)
    _inline_charts(notebook, run.name)
    return {"run": run, "title": _title(notebook, run.name), "body": _body(notebook)}


def _title(notebook: Any, name: str) -> str:
    heading = next((re.match(r"# (.+)", cell.source) for cell in notebook.cells if cell.cell_type == "markdown"), None)
    return heading.group(1) if heading else name


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
        specification = json.dumps(chart["data"][theme.MIME], separators=(",", ":")).replace("</", "<\\/")
        chart["data"] = {
            "text/html": f'<div class="chart" id="{place}"></div>'
            f'<script type="application/json" data-chart="{place}">{specification}</script>'
        }


def _body(notebook: Any) -> str:
    from nbconvert import HTMLExporter

    html, _ = HTMLExporter(template_name="basic", exclude_anchor_links=True).from_notebook_node(notebook)
    # Links between notebooks become links inside the page.
    return re.sub(r'href="([0-9][\w-]*)\.ipynb"', r'href="#\1"', html)
