"""Two small front ends: a panel of HTML that answers keys and clicks, and a Vega-Lite chart that can be marked.

All else is ipywidgets. No ``Output`` widget is used: it can hang a headless run (jupyter/nbclient issue 312).
"""

import base64
import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.metadata import version

import anywidget
import ipywidgets
import traitlets

from workbench.errors import WorkbenchError
from workbench.files import writing
from workbench.inputs import sources
from workbench.show import theme
from workbench.show.instruments import pages

STATIC = "WORKBENCH_STATIC"  # set where nobody looks on: a picture stands in the notebook instead of a live widget


class Panel(anywidget.AnyWidget):
    """HTML with buttons (``data-action``) and keys; `on_action` is told the action, or ``key:`` and the key.

    Plain keys stay in the panel: in JupyterLab's command mode "x" would cut the cell.
    """

    html = traitlets.Unicode().tag(sync=True)
    takes = traitlets.List(traitlets.Unicode()).tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    _css = pages.CSS
    _esm = """
    export default {
      render({ model, el }) {
        const root = document.createElement("div");
        root.className = "workbench";
        root.tabIndex = 0;
        root.setAttribute("role", "group");
        const draw = () => {
          const active = root.contains(document.activeElement) ? document.activeElement : null;
          const action = active?.dataset.action, scroll = root.querySelector(".scroll")?.scrollTop;
          root.setAttribute("aria-label", model.get("label"));
          root.innerHTML = model.get("html");
          if (scroll) root.querySelector(".scroll")?.scrollTo(0, scroll);
          // The element that had the focus is gone; its successor takes it.
          const successor = root.querySelector(`[data-action="${CSS.escape(action ?? "")}"]`) ?? root;
          if (active) successor.focus({ preventScroll: true });
        };
        root.addEventListener("click", event => {
          const button = event.target.closest("[data-action]");
          if (button) model.send({ action: button.dataset.action, add: event.shiftKey });
          else root.focus({ preventScroll: true });
        });
        root.addEventListener("keydown", event => {
          if (event.ctrlKey || event.metaKey || event.altKey || ["Tab", "Escape"].includes(event.key)) return;
          event.stopPropagation();
          if (event.target !== root && [" ", "Enter"].includes(event.key)) return;
          if (!model.get("takes").includes(event.key)) return;
          event.preventDefault();
          model.send({ action: "key:" + event.key, add: false });
        });
        model.on("change:html", draw);
        draw();
        el.append(root);
        return () => model.off("change:html", draw);
      },
    };
    """

    def __init__(self, on_action: Callable[[str, bool], object], **traits) -> None:
        super().__init__(**traits)
        self.on_msg(lambda _widget, content, _buffers: on_action(content["action"], bool(content.get("add"))))


class Chart(anywidget.AnyWidget):
    """A Vega-Lite chart, drawn without a network; `marked` goes to its parameter of that name.

    `on_mark` is told of a clicked checkpoint (`None` for the ground), `on_drag` of the selection that was dragged open.
    """

    spec = traitlets.Dict().tag(sync=True)
    marked = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _css = ".workbench-chart { background: white; padding: 4px; overflow-x: auto; }"
    _esm = traitlets.Unicode().tag(sync=True)

    def __init__(self, on_mark: Callable[[str | None, bool], object], on_drag: Callable[[str, dict], object], **traits):
        super().__init__(_esm=_chart_front_end(), **traits)

        def told(_widget, content, _buffers) -> None:
            if "drag" in content:
                on_drag(content["drag"], content["ranges"])
            else:
                on_mark(content["checkpoint"], bool(content["add"]))

        self.on_msg(told)


_CHART = """
export default {
  async render({ model, el }) {
    const root = document.createElement("div");
    root.className = "workbench-chart";
    el.append(root);
    let result, drawing = Promise.resolve(), timer, down = { x: 0, y: 0 };
    const mark = () => result?.view.signal("marked", model.get("marked")).runAsync();
    const listen = name => result.view.addSignalListener(name, (_, ranges) => {
      clearTimeout(timer);
      if (Object.keys(ranges).length) timer = setTimeout(() => model.send({ drag: name, ranges }), 40);
    });
    const draw = async () => {
      result?.finalize();
      result = await vegaEmbed(root, structuredClone(model.get("spec")), { actions: false, renderer: "canvas" });
      result.view.addEventListener("mousedown", event => { down = { x: event.clientX, y: event.clientY }; });
      result.view.addEventListener("click", (event, item) => {
        if (Math.hypot(event.clientX - down.x, event.clientY - down.y) > 3) return;  // the end of a drag
        model.send({ checkpoint: item?.datum?.checkpoint ?? null, add: event.shiftKey });
      });
      for (const param of model.get("spec").params) if (param.select) listen(param.name);
      await mark();
      root.dataset.drawn = Number(root.dataset.drawn ?? 0) + 1;
    };
    const queue = () => (drawing = drawing.then(draw).catch(error => { root.textContent = "Cannot draw: " + error; }));
    model.on("change:spec", queue);
    model.on("change:marked", mark);
    await queue();
    return () => { model.off("change:spec", queue); model.off("change:marked", mark); result?.finalize(); };
  },
};
"""


@cache
def _chart_front_end() -> str:
    """The script above with Vega, Vega-Lite and vega-embed in one piece, 0.9 MB.

    vl-convert takes a second or two to make it; it is kept in the cache folder for the next session.
    """
    import vl_convert as vlc

    key = hashlib.sha256(f"{version('vl-convert-python')} {theme.vl_version()} {_CHART}".encode()).hexdigest()[:16]
    path = sources.cache_dir() / f"chart-{key}.js"
    with suppress(OSError):
        return path.read_text(encoding="utf-8")
    script = vlc.javascript_bundle(_CHART, vl_version=theme.vl_version())  # pyright: ignore[reportCallIssue, reportArgumentType]
    with suppress(OSError), writing(path) as stream:
        stream.write(script.encode())
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

    def guarded(self, do: Callable[[], object]) -> bool:
        """Do something; an error of the input or the disk becomes a message. Whether it went well."""
        try:
            do()
        except (WorkbenchError, OSError) as error:
            self.tell(str(error), error=True)
            return False
        return True

    def picture(self) -> bytes | None:
        """What stands in the notebook where the widget cannot live, as PNG."""
        return None

    def _repr_mimebundle_(self, **options) -> dict[str, str]:
        text = {"text/plain": f"<{self._name}: run this cell in JupyterLab to use it>"}
        if not os.environ.get(STATIC):
            return (super()._repr_mimebundle_(**options) or {}) | text
        png = self.picture()
        return text | ({"image/png": base64.b64encode(png).decode()} if png else {})
