"""`slices` without a browser: its table, and what a click shows."""

import pandas as pd
import pytest

from workbench import show
from workbench.inputs import classes, labels


@pytest.fixture
def slicer(world, tmp_path):
    places = {"tags": tmp_path / "tags.csv", "out": tmp_path / "labels.jsonl"}
    return show.slices(world.predict("one", 5), world.labels, world.images, least=3, **places)


def click(slicer, place: int) -> None:
    slicer.view._handle_custom_msg({"action": f"slice:{place}"}, [])


def test_a_slice_is_counted_shown_and_opened_by_a_click(slicer, world, tree, texts):
    slicer.first.value = "label_count"
    assert slicer.table[["group", "n_images", "n_right"]].to_numpy().tolist() == [
        ["label count 2", 10, 8],
        ["label count 1", 20, 17],
    ]
    rows = [texts(row.iter("td")) for row in tree(slicer.view.html).find(".//tbody").iter("tr")]
    assert rows[0] == ["○ label count 2", "10", "80.0", "49.0 to 94.3"]
    click(slicer, 0)
    assert slicer.gallery.selection.index.tolist() == world.ids[::3]
    assert "◉ label count 2" in slicer.view.html
    click(slicer, 0)
    assert len(slicer.gallery.chosen) == 30
    click(slicer, 1)
    slicer.first.value = "best"  # another table: nothing is picked
    assert len(slicer.gallery.chosen) == 30
    assert "◉" not in slicer.view.html


def test_two_slices_at_once_and_what_is_small_is_folded(slicer):
    slicer.first.value, slicer.second.value = "label_count", "confidence"
    assert slicer.table["n_images"].sum() == 30
    assert slicer.table["n_images"].min() >= 3 or "smaller groups" in slicer.table["group"].tolist()
    slicer.first.value = "label"
    slicer.second.value = "any"
    assert slicer.table["group"].tolist() == ["smaller groups"]
    click(slicer, 0)
    assert len(slicer.gallery.chosen) == 30


def test_confused_classes_open_their_pictures(slicer, world):
    slicer.first.value = "confused"
    names = classes.names()
    assert set(slicer.table["group"]) == {f"{names[i]} → {names[900 + i]}" for i in range(5)}
    assert slicer.second.disabled
    click(slicer, 2)
    pair = slicer.table["group"].iloc[2]
    assert [f"{names[i]} → {names[900 + i]}" for i in range(5)].index(pair) == world.ids.index(
        slicer.gallery.selection.index.item()
    )


def test_facts_and_folders_are_slices_and_pictures_are_not_needed(world):
    facts = pd.DataFrame({"image": world.ids, "kind": ["<i>x"] * 12 + ["y"] * 18})
    slicer = show.slices(world.predict("one", 5), world.labels, facts=facts)
    own = ["label count", "class", "predicted class", "confidence"]
    assert [title for title, _ in slicer.first.options] == [*own, "kind", "confused classes"]
    slicer.first.value = "fact kind"
    assert slicer.table["group"].tolist() == ["kind <i>x", "kind y"]
    assert "<i>" not in slicer.view.html
    assert "<button" not in slicer.view.html
    assert slicer.gallery is None


def test_what_does_not_fit_is_told_inside(world):
    others = labels.from_mapping("other", {"z.png": [1]})
    assert "is in label set" in show.slices(world.predict("one", 5), others).message
    gallery = show.slices(world.predict("one", 5), others, world.images).gallery
    assert gallery is not None
    assert "is in label set" in gallery.message
