"""One look for every chart, and a way to show it that needs no network.

:func:`enable` is called once in a notebook. JupyterLab 4 draws the Vega-Lite 5 bundle itself; the still beside
it is for places that do not, such as a repository's web page.
"""

import base64
import io
import re
from functools import cache
from pathlib import Path
from typing import Any

import altair as alt

from workbench.show import compact

# Okabe and Ito's colours and one of Tol's: a test holds those of one chart apart for colour-blind eyes, too.
BLUE, ORANGE, GREEN, RED, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#CC3311", "#882255", "#666666"
IMAGE_SETS = {"v1": BLUE, "v2": ORANGE}
FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"
MIME = "application/vnd.vegalite.v5+json"
INK = "#222222"
DARK_ORANGE = "#A84400"  # for words: orange on white has a contrast of 3.9, this 6.2


@alt.theme.register("workbench", enable=False)
def _theme() -> Any:
    # JupyterLab's dark theme brings white text of its own; an explicit ground and explicit inks keep charts readable.
    inks = {"labelColor": INK, "titleColor": INK}
    text = inks | {"labelFontSize": 12, "titleFontSize": 13, "titleFontWeight": "normal", "labelLimit": 360}
    title = {"anchor": "start", "fontSize": 15, "color": INK, "subtitleFontSize": 12, "subtitleColor": "#555555"}
    return {
        "config": {
            "background": "white",
            "padding": 12,
            "font": FONT,
            "view": {"continuousWidth": 420, "continuousHeight": 260, "stroke": None},
            "axis": text | {"gridColor": "#e6e6e6", "domainColor": "#888888", "tickColor": "#888888"},
            "legend": text | {"orient": "top"},
            "header": text,
            "title": title | {"offset": 10},
            "text": {"fontSize": 12, "font": FONT, "color": INK},
        }
    }


def enable() -> None:
    """Show charts offline and in the workbench's theme, for the rest of this session."""
    alt.theme.enable("workbench")
    alt.renderers.register("workbench", _render)
    alt.renderers.enable("workbench")


def spec(chart: alt.TopLevelMixin, *, validate: bool = True) -> dict:
    """The Vega-Lite specification of a chart, theme included; checked against the schema unless not to `validate`."""
    with alt.theme.enable("workbench"):
        return named(chart.to_dict(validate=validate))


def named(specification: dict) -> dict:
    """The same chart with a description, which is its name for who does not see it: its own, or title and subtitle."""
    title = specification.get("title") or {}
    parts = [title] if isinstance(title, str) else [title.get("text"), title.get("subtitle")]
    words = [part if isinstance(part, str) else " ".join(part) for part in parts if part]
    return {"description": ": ".join(words)} | specification if words else specification


def png(specification: dict, scale: float = 2.0) -> bytes:
    """A chart as PNG, by default twice the size of its specification for sharp print."""
    import vl_convert as vlc

    return vlc.vegalite_to_png(specification, vl_version=vl_version(), scale=scale)


def svg(specification: dict) -> str:
    """A chart as SVG."""
    import vl_convert as vlc

    return vlc.vegalite_to_svg(specification, vl_version=vl_version())


def vl_version() -> str:
    """Vega-Lite version of the installed Altair, as vl-convert writes it: 'v5_20'."""
    return "_".join(alt.SCHEMA_VERSION.split(".")[:2])


@cache
def style() -> str:
    """The rules of style for charts on a page, without comments."""
    rules = (Path(__file__).parent / "charts.css").read_text(encoding="utf-8")
    return " ".join(re.sub(r"/\*.*?\*/", "", rules, flags=re.DOTALL).split())


def _render(specification: dict, **_: object) -> tuple[dict, dict]:
    specification = named(specification)
    shown = {MIME: compact.with_csv(specification), **still(specification), "text/plain": "<a chart>"}
    # As SVG a chart shrinks with its place and has words that a reader can select.
    return shown, {MIME: {"embed_options": {"renderer": "svg", "defaultStyle": style()}}}


def still(specification: dict) -> dict[str, str]:
    """A picture of a chart for places that draw none, by MIME type, as base64: notebooks keep it beside the chart.

    PNG of 48 colours, or JPEG where that is smaller, as it is for photographs.
    """
    from PIL import Image

    drawn = Image.open(io.BytesIO(png(specification, scale=1.0))).convert("RGB")
    forms = {"image/png": io.BytesIO(), "image/jpeg": io.BytesIO()}
    drawn.quantize(48).save(forms["image/png"], "PNG", optimize=True)
    drawn.save(forms["image/jpeg"], "JPEG", quality=70, optimize=True, progressive=True)
    smallest = min(forms, key=lambda kind: len(forms[kind].getvalue()))
    return {smallest: base64.b64encode(forms[smallest].getvalue()).decode()}
