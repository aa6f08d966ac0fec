"""The report: every notebook on one page that opens from disk without a network.

Charts keep their tooltips and selections: the drawing library is written into the page once.
"""

import json
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.files import writing
from workbench.show import theme

if TYPE_CHECKING:
    from workbench.reproduce.notebooks import Run


def write(runs: Sequence["Run"], provenance: dict, out: Path) -> Path:
    """Write ``index.html`` below `out` from executed notebooks."""
    import jinja2
    import vl_convert as vlc

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    page = environment.get_template("report.html.j2").render(
        sections=[_section(run) for run in runs],
        failed=[run for run in runs if run.error],
        provenance=provenance,
        # A closing tag inside the library's strings would end the script element.
        library=vlc.javascript_bundle(vl_version=theme.vl_version()).replace("</script", "<\\/script"),  # pyright: ignore[reportCallIssue]
    )
    path = out / "index.html"
    with writing(path) as stream:
        stream.write(page.encode())
    return path


def _section(run: "Run") -> dict:
    if not run.path.is_file():
        return {"run": run, "title": run.name, "body": ""}
    import nbformat

    notebook = nbformat.read(run.path, as_version=4)
    return {"run": run, "title": _title(notebook, run.name), "body": _body(notebook, run.name)}


def _title(notebook, name: str) -> str:
    heading = next((re.match(r"# (.+)", cell.source) for cell in notebook.cells if cell.cell_type == "markdown"), None)
    return heading.group(1) if heading else name


def _body(notebook, name: str) -> str:
    from nbconvert import HTMLExporter

    # papermill's own cells repeat the parameters and errors that the page shows anyway
    notebook.cells = [
        cell for cell in notebook.cells if "papermill" not in cell.metadata.get("papermill", {}).get("status", "")
    ]
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            _inline_chart(output, f"{name}-{number}")
    html, _ = HTMLExporter(template_name="basic", exclude_anchor_links=True).from_notebook_node(notebook)
    # Links between notebooks become links inside the page.
    return re.sub(r'href="([0-9][\w-]*)\.ipynb"', r'href="#\1"', html)


def _inline_chart(output, id: str) -> None:
    """Turn a chart's specification into a placeholder that the page's script draws."""
    data = output.get("data", {})
    if theme.MIME in data:
        specification = json.dumps(data[theme.MIME], separators=(",", ":")).replace("</", "<\\/")
        output["data"] = {
            "text/html": f'<div class="chart" id="{escape(id)}"></div>'
            f'<script type="application/json" data-chart="{escape(id)}">{specification}</script>'
        }
