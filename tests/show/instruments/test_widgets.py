"""The front ends as the kernel sees them, and what stands in a notebook where nobody looks on."""

import base64
import io
from pathlib import Path

import pytest
from PIL import Image

from workbench import show
from workbench.errors import InputError
from workbench.inputs import sources
from workbench.show.instruments import widgets


@pytest.fixture
def explorer(scores):
    return show.explore(scores, out="")


def test_a_panel_tells_its_action():
    told = []
    panel = widgets.Panel(told.append, label="a panel", takes=["x"])
    panel._handle_custom_msg({"action": "key:x"}, [])
    assert told == ["key:x"]
    assert (panel.label, panel.takes, panel.html) == ("a panel", ["x"], "")


def test_a_chart_tells_marks_and_drags():
    told = []
    chart = widgets.Chart(lambda *mark: told.append(mark), lambda *drag: told.append(drag))
    chart._handle_custom_msg({"checkpoint": "a", "add": True}, [])
    chart._handle_custom_msg({"checkpoint": None, "add": False}, [])
    chart._handle_custom_msg({"drag": "gap0", "ranges": {"place": [1, 2]}}, [])
    assert told == [("a", True), (None, False), ("gap0", {"place": [1, 2]})]


def test_the_browser_is_told_of_all_that_it_draws():
    assert {"html", "takes", "label", "_esm", "_css"} <= set(widgets.Panel(print).get_state())
    assert {"spec", "marked", "_esm", "_css"} <= set(widgets.Chart(print, print).get_state())


def test_the_front_ends_are_one_piece_and_reach_for_nothing_outside():
    panel, chart = widgets.Panel(print), widgets.Chart(print, print)
    for text in (panel._esm, panel._css, chart._css):
        assert "https://" not in text
        assert "import " not in text
    assert "data-action" in panel._esm
    assert ".workbench .card" in panel._css
    assert ".workbench-chart" in chart._css
    assert len(chart._esm) > 500_000  # Vega is in it
    own = (Path(widgets.__file__).parent / "front" / "chart.js").read_text()
    assert "https://" not in own
    assert "import " not in own


def test_the_chart_s_script_is_kept_in_the_cache_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_CACHE", str(tmp_path))
    widgets._chart_front_end.cache_clear()
    made = widgets.Chart(print, print)._esm
    (kept,) = sources.cache_dir().glob("chart-*.js")
    assert kept.read_text() == made
    kept.write_text("export default {}")
    widgets._chart_front_end.cache_clear()
    assert widgets.Chart(print, print)._esm == "export default {}"
    widgets._chart_front_end.cache_clear()


@pytest.mark.parametrize("error", [InputError("it <does> not fit"), OSError("it <does> not fit")])
def test_an_error_of_the_input_or_the_disk_becomes_a_message(error):
    def fail():
        raise error

    instrument = widgets.Instrument("test")
    instrument.guarded(fail)
    assert "<b>Error:</b> it &lt;does&gt; not fit" in instrument.message
    instrument.tell("well")
    assert "Error" not in instrument.message
    assert "well" in instrument.message
    instrument.tell()
    assert instrument.message == ""
    with pytest.raises(ZeroDivisionError):
        instrument.guarded(lambda: 1 // 0)


def test_a_live_instrument_is_a_widget_with_a_stable_text(explorer, monkeypatch):
    monkeypatch.delenv(widgets.STATIC, raising=False)
    bundle = explorer._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/plain"] == "<explore: run this cell in JupyterLab to use it>"


def test_where_nobody_looks_on_a_picture_stands_in_the_notebook(explorer, world, tmp_path, monkeypatch):
    monkeypatch.setenv(widgets.STATIC, "1")
    plain = explorer._repr_mimebundle_()["image/png"]
    explorer.mark("vgg16")
    assert explorer._repr_mimebundle_()["image/png"] != plain
    seen, unseen = world.predict("one", 5), world.predict("one", 5, scored=False)
    gallery = show.gallery(seen, world.labels, world.images)
    judge = show.relabel(world.images, seen, world.labels, out=tmp_path / "a.jsonl")
    for name, instrument in (("explore", explorer), ("gallery", gallery), ("relabel", judge)):
        bundle = instrument._repr_mimebundle_()
        assert bundle["text/plain"] == f"<{name}: run this cell in JupyterLab to use it>"
        (encoded,) = bundle.keys() & {"image/png", "image/jpeg"}
        assert Image.open(io.BytesIO(base64.b64decode(bundle[encoded]))).width > 200
        assert len(bundle) == 2
    for instrument in (
        show.gallery(unseen, world.labels, world.images),
        show.relabel(world.images, unseen, world.labels, out=tmp_path / "b.jsonl"),
        show.explore("no frame"),
    ):
        assert set(instrument._repr_mimebundle_()) == {"text/plain"}


def test_the_picture_is_of_what_is_shown(world, tmp_path):
    seen = world.predict("one", 5)
    gallery = show.gallery(seen, world.labels, world.images)
    world.reads.clear()
    gallery.picture()
    assert world.reads == world.ids[:6]
    gallery.turn(1)
    world.reads.clear()
    gallery.picture()
    assert world.reads == world.ids[12:18]
    gallery.filters.confidence.value = (0, 1)
    assert gallery.picture() == {}
    judge = show.relabel(world.images, seen, world.labels, out=tmp_path / "a.jsonl")
    judge.go(4)
    world.reads.clear()
    judge.picture()
    assert world.reads == world.ids[4:5]


def test_no_instrument_holds_an_output_widget():
    for path in Path(widgets.__file__).parent.glob("*.py"):
        assert "Output(" not in path.read_text()
