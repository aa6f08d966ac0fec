import base64
import io
import itertools

import altair as alt
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from workbench.show import compact, theme
from workbench.show.charts.claims import COLOURS
from workbench.show.charts.mistakes import SEVERITY_COLOURS
from workbench.show.charts.multiple_choice import SIZES
from workbench.show.charts.ranks import MOVES
from workbench.show.charts.zeroshot import LOOKS


@pytest.fixture
def chart():
    return alt.Chart(pd.DataFrame({"a": [1, 2]})).mark_bar().encode(x="a:O").properties(width=100, height=50)


def size(image: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(image)).size


def test_enabled_charts_show_as_vega_lite_5_with_a_picture_and_no_script(chart):
    before = alt.renderers.active, alt.theme.active
    try:
        theme.enable()
        bundle, metadata = chart._repr_mimebundle_()
    finally:
        alt.renderers.enable(before[0])
        alt.theme.enable(before[1])
    assert set(bundle) == {theme.MIME, "image/png", "text/plain"}
    assert bundle[theme.MIME]["config"]["background"] == "white"
    assert "/v5" in bundle[theme.MIME]["$schema"]
    assert bundle["image/png"] == theme.still(theme.spec(chart))["image/png"]
    assert bundle[theme.MIME] == compact.with_csv(theme.spec(chart))
    options = metadata[theme.MIME]["embed_options"]
    assert options["renderer"] == "svg"
    assert ".vega-embed svg.marks { max-width: 100%; height: auto; }" in options["defaultStyle"]


def test_a_chart_is_named_by_its_description_or_else_by_its_title(chart):
    titled = chart.properties(title=alt.Title(["By threshold,", "it rises"], subtitle="of ten"))
    assert theme.spec(titled)["description"] == "By threshold, it rises: of ten"
    assert theme.spec(chart.properties(title="Bars"))["description"] == "Bars"
    assert theme.spec(titled.properties(description="in words"))["description"] == "in words"
    assert "description" not in theme.spec(chart)


def test_importing_the_theme_does_not_enable_it_and_an_exported_specification_has_it_all_the_same(chart):
    assert alt.theme.active != "workbench"
    assert theme.spec(chart)["config"]["font"] == theme.FONT
    assert alt.theme.active != "workbench"


def test_a_specification_is_checked_unless_not_to():
    wrong = alt.Chart(pd.DataFrame({"a": [1]})).mark_bar().encode(x=alt.X("a:Q"))
    wrong.width = "wide"
    with pytest.raises(Exception, match="wide"):
        theme.spec(wrong)
    assert theme.spec(wrong, validate=False)["width"] == "wide"


def test_inks_are_explicit_so_that_a_dark_page_cannot_turn_text_white_on_white(chart):
    config = theme.spec(chart)["config"]
    for part in ("axis", "legend", "header"):
        assert config[part]["labelColor"] == config[part]["titleColor"] == theme.INK
    assert config["title"]["color"] == config["text"]["color"] == theme.INK


def test_sizes_of_text_and_views(chart):
    config = theme.spec(chart)["config"]
    sizes = {"labelFontSize": 12, "titleFontSize": 13, "labelLimit": 360}
    for part in ("axis", "legend", "header"):
        assert {name: config[part][name] for name in sizes} == sizes
    assert (config["title"]["fontSize"], config["title"]["subtitleFontSize"], config["title"]["offset"]) == (15, 12, 10)
    assert config["text"]["fontSize"] == config["padding"] == 12
    assert config["view"] == {"continuousWidth": 420, "continuousHeight": 260, "stroke": None}


def picture(still):
    (encoded,) = still.values()
    return Image.open(io.BytesIO(base64.b64decode(encoded)))


def test_a_png_is_twice_the_size_of_its_specification_and_a_still_once(chart):
    spec = theme.spec(chart)
    width, height = size(theme.png(spec, scale=1))
    assert size(theme.png(spec)) == (2 * width, 2 * height)
    assert picture(theme.still(spec)).size == (width, height)


def test_the_still_of_a_chart_is_a_png_with_a_palette_of_48_colours():
    colours = alt.Chart(pd.DataFrame({"a": range(400)})).mark_rect().encode(x="a:O", color="a:Q")
    image = picture(still := theme.still(theme.spec(colours)))
    assert list(still) == ["image/png"]
    assert image.mode == "P"
    assert 40 < len(image.getcolors() or ()) <= 48


def test_the_still_of_photographs_is_a_jpeg_where_that_is_smaller():
    noise = Image.effect_noise((300, 300), 60)
    buffer = io.BytesIO()
    noise.save(buffer, "PNG")
    url = f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
    base = alt.Chart(pd.DataFrame({"url": [url]})).mark_image(width=300, height=300)
    image = picture(still := theme.still(theme.spec(base.encode(url="url:N", x=alt.value(150), y=alt.value(150)))))
    assert list(still) == ["image/jpeg"]
    assert image.format == "JPEG"
    assert image.mode == "RGB"


def test_svg_and_version_are_of_altairs_vega_lite(chart):
    assert theme.svg(theme.spec(chart)).startswith("<svg")
    assert theme.svg(theme.spec(chart)) == theme.svg(theme.spec(chart))
    assert alt.SCHEMA_VERSION.startswith(theme.vl_version().replace("_", ".") + ".")
    assert theme.vl_version().count("_") == 1


# Machado, Oliveira and Fernandes (2009), severity 1, in linear RGB.
DEUTERANOPIA = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
PROTANOPIA = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
TOGETHER = {
    "image sets": theme.IMAGE_SETS.values(),
    "parts of the gap": (theme.BLUE, theme.ORANGE),
    "signs of a part": (theme.ORANGE, theme.PURPLE),
    "moves": MOVES.values(),
    "verdicts": COLOURS.values(),
    "severities": SEVERITY_COLOURS.values(),
    "sources": [color for color, _ in LOOKS.values()],
    "questions": SIZES.values(),
}


def lab(color: str, seen: list) -> np.ndarray:
    """CIELAB of a colour, as somebody sees it whose eyes have this matrix."""
    rgb = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]] @ np.clip(seen @ linear, 0, 1)
    x, y, z = np.cbrt(np.maximum(xyz / [0.9505, 1, 1.089], 0.008856))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("seen", [np.eye(3), DEUTERANOPIA, PROTANOPIA], ids=["all", "deuteranopia", "protanopia"])
@pytest.mark.parametrize("colors", TOGETHER.values(), ids=TOGETHER)
def test_colours_of_one_chart_differ_for_colour_blind_eyes_too(colors, seen):
    places = [lab(color, np.array(seen)) for color in colors]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(places, 2)) > 15
