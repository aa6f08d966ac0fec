"""The four instruments in JupyterLab, by mouse and keyboard."""

import json

import nbformat
import pytest
from tests.browser import looking

pytestmark = pytest.mark.browser

SETUP = """
from pathlib import Path
import pandas as pd
from workbench import show
from workbench.inputs import checkpoints, images, labels
from workbench.predict import store
from workbench.score import pools
"""
EXPLORE = """
explorer = show.explore(pd.concat([pools.published(), pools.recht2019()]), out="saved")
explorer
"""
PICTURES = """
import numpy as np
pictures, own = images.sample(), labels.load("sample-original")
def seen(name, seed):
    rng = np.random.default_rng(seed)
    best = np.array([np.r_[own.labels(image), rng.choice(np.delete(np.arange(1000), own.labels(image)), 7, False)]
                     for image in pictures.images])
    best[: 4 + seed, :2] = best[: 4 + seed, 1::-1]
    shares = np.sort(rng.dirichlet(np.full(8, 0.4), len(best)))[:, ::-1]
    return store.from_arrays(name, "sample", pictures.images, best, shares)
two = [seen("first_net", 0), seen("second_net", 3)]
"""
GALLERY = """
severity = pd.DataFrame({"image": pictures.images, "severity": ["major", "minor"] * 10})
show.gallery(two, own, pictures, facts=severity)
"""
SLICES = """
folders = pd.DataFrame({"image": pictures.images, "a fact with a longer name": ["major", "minor"] * 10})
show.slices(two[1], own, pictures, facts=folders, least=2, tags="tags.csv", out="sliced.jsonl")
"""
RELABEL = "show.relabel(pictures, two, own, out='labels.jsonl', annotator='ada')"


def write(folder, name: str, *cells: str) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell.strip()) for cell in cells])
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(notebook, folder / name)


def drawn(tab) -> int:
    return int(tab.locator(".workbench-chart").get_attribute("data-drawn") or 0)


def canvas(tab) -> str:
    return tab.locator(".workbench-chart canvas").evaluate("canvas => canvas.toDataURL()")


def redrawn(tab, before: int) -> None:
    tab.wait_for_function(f"+document.querySelector('.workbench-chart')?.dataset.drawn > {before}", timeout=15_000)


def rows(tab) -> list[str]:
    """Names in the table of checkpoints."""
    return [text[2:] for text in tab.locator(".workbench td button").all_inner_texts()]


def outputs(tab):
    return tab.locator(".jp-OutputArea-output:has(.widget-vbox), .jp-OutputArea-output:has(.jupyter-widgets)").first


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_explore_answers_a_control_in_all_its_views(theme, notebooks, opened, page, request):
    if theme == "dark":
        request.getfixturevalue("dark")
    write(notebooks, f"explore-{theme}.ipynb", SETUP, EXPLORE)
    notebook = opened(f"explore-{theme}.ipynb")
    notebook.run_all()
    tab = notebook.tab
    tab.wait_for_selector(".workbench-chart[data-drawn]", timeout=30_000)
    notebook.show(outputs(tab))
    page.shot(f"explore-{theme}")
    first, names, count = canvas(tab), rows(tab), drawn(tab)
    assert len(names) == 382
    tab.get_by_role("button", name="ASMA").press("Enter")
    redrawn(tab, count)
    assert canvas(tab) != first
    assert rows(tab) != names
    assert "V1 ASMA (%)" in tab.locator(".workbench th").nth(3).inner_text()
    before, count = canvas(tab), drawn(tab)
    tab.get_by_placeholder("part of a name").fill("resnet50")
    redrawn(tab, count)
    assert {"resnet50"} <= set(rows(tab))
    assert len(rows(tab)) < 40
    assert canvas(tab) != before
    before = canvas(tab)
    tab.get_by_role("button", name="resnet50", exact=False).nth(0).click()
    tab.wait_for_selector(".workbench tr.marked")
    tab.wait_for_timeout(500)
    assert canvas(tab) != before
    page.shot(f"explore-{theme}-marked")
    tab.get_by_role("button", name="unmark all").click()
    tab.get_by_placeholder("part of a name").fill("")
    tab.wait_for_timeout(1500)
    asma = canvas(tab)
    for metric in ("top-1 accuracy", "ASMA"):  # what was compiled before draws the same
        count = drawn(tab)
        tab.get_by_role("button", name=metric).press("Enter")
        redrawn(tab, count)
    tab.wait_for_timeout(300)
    assert canvas(tab) == asma
    looked = looking.look(tab, f"explore-{theme}", looking.OUTPUTS, theme=theme, scroller=".jp-WindowedPanel-outer")
    assert looked == []
    assert page.errors == []
    assert page.outside == []


def test_explore_marks_what_is_clicked_or_dragged_in_a_chart_and_saves(notebooks, opened, page):
    write(notebooks, "drag.ipynb", SETUP, EXPLORE)
    notebook = opened("drag.ipynb")
    notebook.run_all()
    tab = notebook.tab
    tab.wait_for_selector(".workbench-chart[data-drawn]", timeout=30_000)
    notebook.show(outputs(tab))
    box = tab.locator(".workbench-chart canvas").bounding_box()
    tab.mouse.move(box["x"] + 120, box["y"] + 100)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 150, box["y"] + 160, steps=4)
    tab.mouse.up()
    tab.wait_for_selector(".workbench tr.marked")
    marked = tab.locator(".workbench tr.marked").count()
    assert 5 < marked < 80
    page.shot("explore-dragged")
    tab.get_by_role("button", name="unmark all").click()
    tab.wait_for_selector(".workbench tr.marked", state="detached")
    count = drawn(tab)
    tab.set_viewport_size({"width": 900, "height": 1500})  # the charts of a row go below each other
    redrawn(tab, count)
    narrow = tab.locator(".workbench-chart canvas").bounding_box()
    assert narrow["width"] < 400
    tab.mouse.move(narrow["x"] + 120, narrow["y"] + 100)
    tab.mouse.down()
    tab.mouse.move(narrow["x"] + 150, narrow["y"] + 160, steps=4)
    tab.mouse.up()
    tab.wait_for_selector(".workbench tr.marked")
    assert 5 < tab.locator(".workbench tr.marked").count() < 80
    tab.get_by_role("button", name="unmark all").click()
    tab.wait_for_selector(".workbench tr.marked", state="detached")
    tab.get_by_role("button", name="save CSV and SVG").click()
    tab.get_by_text("saved saved/explore-top1-v1-v2").wait_for()
    assert (notebooks / "saved" / "explore-top1-v1-v2.svg").read_text().startswith("<svg")
    table = (notebooks / "saved" / "explore-top1-v1-v2.csv").read_text().splitlines()
    assert len(table) == 383
    assert table[0].startswith("source,protocol,checkpoint")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_gallery_pages_by_key_and_filters(theme, notebooks, opened, page, request):
    if theme == "dark":
        request.getfixturevalue("dark")
    write(notebooks, f"gallery-{theme}.ipynb", SETUP, PICTURES, GALLERY)
    notebook = opened(f"gallery-{theme}.ipynb")
    notebook.run_all()
    tab = notebook.tab
    tab.locator(".workbench .card").nth(11).wait_for()
    notebook.show(outputs(tab))
    page.shot(f"gallery-{theme}")
    assert -1 not in tab.locator(".widget-dropdown select").evaluate_all("lists => lists.map(one => one.selectedIndex)")
    tab.set_viewport_size({"width": 900, "height": 1500})
    tab.wait_for_timeout(500)
    page.shot(f"gallery-{theme}-900")
    panel = tab.locator(".workbench")
    assert panel.evaluate("panel => panel.scrollWidth <= panel.clientWidth")
    box = "getBoundingClientRect()"  # a share stands beside its bar
    shares = f"bars => bars.every(bar => bar.{box}.left >= bar.previousSibling.{box}.right)"
    assert tab.locator(".workbench .bar span:last-child").evaluate_all(shares)
    tab.set_viewport_size({"width": 1400, "height": 1500})
    tab.locator(".workbench .enlarge").nth(1).click()
    tab.get_by_text("picture 2 of 20").wait_for()
    assert tab.locator(".workbench td").count() == 2 * 3 * 8
    page.shot(f"gallery-{theme}-enlarged")
    tab.keyboard.press("Escape")
    tab.get_by_text("page 1 of 2").wait_for()
    cells = tab.locator(".jp-Cell").count()
    tab.locator(".workbench").focus()
    tab.keyboard.press("ArrowRight")
    tab.get_by_text("page 2 of 2").wait_for()
    assert tab.locator(".workbench .card").count() == 8
    # In JupyterLab's command mode x cuts a cell, a adds one: the panel keeps its keys.
    for key in "xabdd":
        tab.keyboard.press(key)
    assert tab.locator(".jp-Cell").count() == cells
    tab.keyboard.press("Home")
    tab.get_by_text("page 1 of 2").wait_for()
    tab.get_by_label("first_net").select_option(label="✕ wrong")
    tab.get_by_text("4 of 20 pictures").wait_for()
    tab.get_by_label("severity").select_option(label="major")
    tab.get_by_text("2 of 20 pictures").wait_for()
    tab.get_by_label("the two").select_option(label="only the first is right")
    tab.get_by_text("no picture fits").wait_for()
    assert page.errors == []
    assert page.outside == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_slice_opens_its_pictures_which_are_tagged_and_relabelled(theme, notebooks, opened, page, request):
    if theme == "dark":
        request.getfixturevalue("dark")
    (notebooks / "tags.csv").unlink(missing_ok=True)
    write(notebooks, f"slices-{theme}.ipynb", SETUP, PICTURES, SLICES)
    notebook = opened(f"slices-{theme}.ipynb")
    notebook.run_all()
    tab = notebook.tab
    tab.locator(".workbench .card").nth(11).wait_for()
    tab.get_by_label("slice by").select_option(label="a fact with a longer name")
    tab.locator(".workbench td button").filter(has_text="major").click()
    tab.get_by_text("10 of 20 pictures").wait_for()
    notebook.show(outputs(tab))
    page.shot(f"slices-{theme}")
    tab.get_by_label("slice by").select_option(label="confused classes")
    tab.get_by_text("pairs of classes that are confused").wait_for()
    tab.locator(".workbench .slices td button").first.click()
    tab.get_by_text("1 of 20 pictures").wait_for()
    tab.get_by_placeholder("a word").fill("look again")
    tab.get_by_role("button", name="tag these", exact=True).click()
    tab.get_by_text("put on 1 of 1 pictures").wait_for()
    assert (notebooks / "tags.csv").read_text().endswith(",look again\n")
    tab.get_by_role("button", name="relabel these").click()
    tab.get_by_text("picture 1 of 1").wait_for()
    tab.set_viewport_size({"width": 900, "height": 1900})
    tab.wait_for_timeout(500)
    page.shot(f"slices-{theme}-900")
    for panel in tab.locator(".workbench").all():
        assert panel.evaluate("panel => panel.scrollWidth <= panel.clientWidth")
    names = "cells => cells.every(cell => cell.scrollWidth <= cell.clientWidth)"
    assert tab.locator(".workbench .slices td").evaluate_all(names)
    assert page.errors == []
    assert page.outside == []


def test_relabel_writes_a_line_a_key_and_goes_on_after_a_restart(notebooks, opened, page):
    write(notebooks, "relabel.ipynb", SETUP, PICTURES, RELABEL)
    file = notebooks / "labels.jsonl"
    notebook = opened("relabel.ipynb")
    notebook.run_all()
    tab = notebook.tab
    tab.locator(".workbench .row").first.wait_for()
    notebook.show(outputs(tab))
    page.shot("relabel")
    tab.locator(".workbench").focus()
    rows = tab.locator(".workbench .row").count()
    for number, key in enumerate("cwuwww"[:rows], start=1):
        tab.keyboard.press(key)
        tab.wait_for_function(f"document.querySelectorAll('.workbench [aria-pressed=true]').length == {number}")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["verdict"] for line in lines[:3]] == ["correct", "wrong", "unclear"]
    assert lines[0] | {"time": ""} == {
        "image": "imagenet_00_243.jpg", "label": 243, "verdict": "correct", "annotator": "ada", "time": ""
    }  # fmt: skip
    tab.get_by_placeholder("any of the 1000 classes").fill("tabby")
    tab.get_by_role("button", name="+ tabby").click()
    tab.locator(".workbench .row.here", has_text="tabby").wait_for()
    page.shot("relabel-search")
    tab.locator(".workbench .row.here").get_by_role("button", name="correct").click()
    tab.wait_for_function(f"document.querySelectorAll('.workbench [aria-pressed=true]').length == {rows + 1}")
    tab.keyboard.press("z")
    tab.get_by_text("taken back: tabby was correct").wait_for()
    assert json.loads(file.read_text().splitlines()[-1])["undo"] is True
    notebook.choose("Kernel", "Restart Kernel…")
    tab.locator(".jp-Dialog button.jp-mod-accept").click()
    tab.locator(".jupyter-widgets-disconnected .workbench").wait_for()
    gone = "panel => getComputedStyle(panel, '::before').content"
    assert "run this cell again" in tab.locator(".workbench").evaluate(gone)
    page.shot("relabel-gone")
    notebook.restart_and_run_all()
    tab.get_by_text("1 pictures were judged before").wait_for()
    tab.get_by_text("picture 2 of 20, 1 judged by ada").wait_for()
    assert page.errors == []
    page.shot("relabel-resumed")


HOLDER = """
import subprocess, sys
code = "from workbench.inputs.labels import decisions; d = decisions.Decisions('held.jsonl', 'ben'); print(flush=True)"
holder = subprocess.Popen([sys.executable, "-c", code + "; input()"], stdin=-1, stdout=-1)
_ = holder.stdout.readline()
"""
ELSEWHERE = {
    "image": "elsewhere.jpg",
    "label": 1,
    "verdict": "wrong",
    "annotator": "ada",
    "time": "2026-01-01T00:00:00",
}


def test_two_people_on_one_file_and_a_wrong_file_are_told_in_the_widget(notebooks, opened, page):
    (notebooks / "other.jsonl").write_text(json.dumps(ELSEWHERE) + "\n")
    write(
        notebooks,
        "errors.ipynb",
        SETUP,
        PICTURES,
        HOLDER,
        RELABEL.replace("labels.jsonl", "held.jsonl"),
        RELABEL.replace("labels.jsonl", "other.jsonl"),
        "show.explore(pools.published().drop(columns='value'))",
        "holder.kill()",
    )
    notebook = opened("errors.ipynb")
    notebook.run_all()
    tab = notebook.tab
    tab.get_by_text("is being written by process").wait_for()
    tab.get_by_text("pictures of another image set").wait_for()
    tab.get_by_text("lacks the columns value").wait_for()
    notebook.show(tab.get_by_text("is being written by process"))
    page.shot("errors")
