import altair as alt
import pandas as pd

from workbench.show import theme


def test_enabled_charts_show_as_vega_lite_5_with_a_picture_and_no_script():
    before = alt.renderers.active, alt.theme.active
    try:
        theme.enable()
        bundle = alt.Chart(pd.DataFrame({"a": [1]})).mark_bar().encode(x="a:Q")._repr_mimebundle_()
    finally:
        alt.renderers.enable(before[0])
        alt.theme.enable(before[1])
    assert set(bundle) == {theme.MIME, "image/png", "text/plain"}
    assert bundle[theme.MIME]["config"]["background"] == "white"


def test_an_exported_specification_has_the_theme_although_it_is_not_enabled():
    assert alt.theme.active != "workbench"
    assert theme.spec(alt.Chart().mark_point())["config"]["font"] == theme.FONT


def test_inks_are_explicit_so_that_a_dark_page_cannot_turn_text_white_on_white():
    config = theme.spec(alt.Chart().mark_point())["config"]
    for part in ("axis", "legend", "header"):
        assert config[part]["labelColor"] == config[part]["titleColor"] == theme.INK
    assert config["title"]["color"] == config["text"]["color"] == theme.INK
