"""Two small front ends: a panel of HTML that answers keys and clicks, and a Vega-Lite chart that can be marked.

All else is ipywidgets. No ``Output`` widget is used: it can hang a headless run (jupyter/nbclient issue 312).
Scripts and styles are in the folder ``front``.
"""

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import traitlets

from workbench.errors import WorkbenchError
from workbench.files import write_file
from workbench.inputs import sources
from workbench.show import theme
from workbench.show.instruments import pages

STATIC = "WORKBENCH_STATIC"  # set where nobody looks on: a picture stands in the notebook instead of a live widget
WIDE = {"description_width": "initial"}  # the style of a control whose description is written out
_FRONT = Path(__file__).parent / "front"


class Panel(anywidget.AnyWidget):
    """HTML with buttons (``data-action``) and keys; `on_action` is told the action, or ``key:`` and the key.

    Plain keys stay in the panel: in JupyterLab's command mode "x" would cut the cell.
    """

    html = traitlets.Unicode().tag(sync=True)
    takes = traitlets.List(traitlets.Unicode()).tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    _css = _FRONT / "panel.css"
    _esm = _FRONT / "panel.js"

    def __init__(self, on_action: Callable[[str], object], **traits: Any) -> None:
        super().__init__(**traits)
        self.on_msg(lambda _widget, content, _buffers: on_action(content["action"]))


class Chart(anywidget.AnyWidget):
    """A Vega-Lite chart, drawn without a network; `marked` goes to its parameter of that name.

    `on_mark` is told of a clicked checkpoint (`None` for the ground), `on_drag` of the selection that was dragged open.
    """

    spec = traitlets.Dict().tag(sync=True)
    marked = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _css = _FRONT / "chart.css"
    _esm = traitlets.Unicode().tag(sync=True)

    def __init__(
        self, on_mark: Callable[[str | None, bool], object], on_drag: Callable[[str, dict], object], **traits: Any
    ) -> None:
        super().__init__(_esm=_chart_front_end(), **traits)

        def told(_widget: object, content: dict, _buffers: object) -> None:
            if "drag" in content:
                on_drag(content["drag"], content["ranges"])
            else:
                on_mark(content["checkpoint"], content["add"])

        self.on_msg(told)


@cache
def _chart_front_end() -> str:
    """The chart's script with Vega, Vega-Lite and vega-embed in one piece, 0.9 MB.

    vl-convert takes a second or two to make it; it is kept in the cache folder for the next session.
    """
    import vl_convert as vlc

    own = (_FRONT / "chart.js").read_text(encoding="utf-8")
    key = hashlib.sha256(f"{version('vl-convert-python')} {theme.vl_version()} {own}".encode()).hexdigest()[:16]
    path = sources.cache_dir() / f"chart-{key}.js"
    with suppress(OSError):
        return path.read_text(encoding="utf-8")
    script = vlc.javascript_bundle(own, vl_version=theme.vl_version())  # pyright: ignore[reportCallIssue, reportArgumentType]
    with suppress(OSError):
        write_file(path, script)
    return script


class Instrument(ipywidgets.VBox):
    """A column of controls and views that shows its errors itself, and leaves a picture where nobody looks on."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._message = ipywidgets.HTML()
        self.children = (self._message,)

    @property
    def message(self) -> str:
        """The message that is shown, as HTML; empty where there is none."""
        return self._message.value

    def tell(self, text: str = "", *, error: bool = False) -> None:
        """Show a message above all else."""
        self._message.value = pages.message(text, error=error) if text else ""

    def guarded(self, do: Callable[[], object]) -> None:
        """Do something; an error of the input or the disk becomes a message."""
        try:
            do()
        except (WorkbenchError, OSError) as error:
            self.tell(str(error), error=True)

    def picture(self) -> dict[str, str]:
        """What stands in the notebook where the widget cannot live, by MIME type; empty where nothing can be seen."""
        has_opened = len(self.children) > 1  # more than the message of an error
        specification = self._specification() if has_opened else None
        return theme.still(specification) if specification else {}

    def _specification(self) -> dict | None:
        """The chart that says best what the instrument shows; None where there is none."""
        return None

    def _repr_mimebundle_(self, **options: Any) -> dict[str, str]:
        text = {"text/plain": f"<{self._name}: run this cell in JupyterLab to use it>"}
        if not os.environ.get(STATIC):
            return (super()._repr_mimebundle_(**options) or {}) | text
        return text | self.picture()
