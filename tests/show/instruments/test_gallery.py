"""`gallery` without a browser: what filters, keys and facts change on the page."""

import numpy as np
import pandas as pd
import pytest

from workbench import show
from workbench.inputs import classes, labels
from workbench.inputs.images import ImageSet
from workbench.predict.store import from_arrays
from workbench.score.interactive import outcomes


def press(gallery, key: str) -> None:
    """A key, as the front end tells it."""
    gallery.view._handle_custom_msg({"action": f"key:{key}"}, [])


def cards(gallery, tree) -> list:
    return tree(gallery.view.html).findall(".//div[@class='card']")


def pictures(gallery, tree) -> list[str]:
    """Ids of the pictures on the page."""
    return [card[0].attrib["title"] for card in cards(gallery, tree)]


def where(gallery, tree) -> str:
    return tree(gallery.view.html).find("div/b").text


@pytest.fixture
def two(world):
    return show.gallery([world.predict("one", 5), world.predict("two", 8)], world.labels, world.images)


def test_only_the_page_that_is_shown_is_read_and_it_is_kept(world, tree):
    gallery = show.gallery(world.predict("one", 5), world.labels, world.images)
    assert world.reads == pictures(gallery, tree) == world.ids[:12]
    press(gallery, "ArrowRight")
    assert world.reads == world.ids[:24]
    assert pictures(gallery, tree) == world.ids[12:24]
    press(gallery, "ArrowLeft")
    assert world.reads == world.ids[:24]


def test_keys_turn_to_the_ends_and_no_further(world, tree):
    gallery = show.gallery(world.predict("one", 5), world.labels, world.images)
    assert set(gallery.view.takes) == {"ArrowLeft", "ArrowRight", "PageUp", "PageDown", "Home", "End"}
    seen = []
    for key in (
        "ArrowLeft",
        "ArrowRight",
        "PageDown",
        "ArrowRight",
        "PageUp",
        "Home",
        "PageUp",
        "End",
        "PageDown",
        "ArrowLeft",
        "x",
    ):
        press(gallery, key)
        seen.append(where(gallery, tree)[:11])
    assert seen == [f"page {page} of 3" for page in (1, 2, 3, 3, 2, 1, 1, 3, 3, 2, 2)]
    press(gallery, "End")
    assert where(gallery, tree) == "page 3 of 3: 30 of 30 pictures"
    assert pictures(gallery, tree) == world.ids[24:]
    assert [card[0].tag for card in cards(gallery, tree)] == ["img"] * 5 + ["div"]
    assert "cannot be shown: " in cards(gallery, tree)[-1][0].text


def test_a_page_that_is_full_is_the_last_one(world, tree):
    gallery = show.gallery(world.predict("one", 12), world.labels, world.images)
    gallery.status[0].value = "wrong"
    assert where(gallery, tree) == "page 1 of 1: 12 of 30 pictures"
    assert len(cards(gallery, tree)) == 12


def test_a_card_shows_labels_status_and_the_shares_of_the_best_classes(two, world, tree, texts):
    names = classes.names()
    card = cards(two, tree)[6]
    assert card[0].attrib["src"].startswith("data:image/webp")
    assert texts(card.iter("p")) == [f"labels: {names[6]}, {names[506]}", "◐ one", "✕ two"]
    first, second = card.find(".//div[@class='bars']")
    assert texts(first.findall("div")) == [f"{names[506]} ✓82 %", f"{names[700]}9 %", f"{names[701]}6 %"]
    assert [bar.attrib["style"] for bar in first.iter("i")] == ["width: 82.0%", "width: 9.0%", "width: 6.0%"]
    assert [bar.attrib["class"] for bar in first.findall("div")] == ["bar right", "bar", "bar"]
    assert [bar.attrib["class"] for bar in second.findall("div")] == ["bar", "bar", "bar"]
    assert texts(second.findall("div"))[0] == f"{names[906]}82 %"


def test_the_best_five_classes_are_shown(world, tree):
    many = from_arrays("deep", "mine", world.ids, np.tile(np.arange(100, 107), (30, 1)))
    bars = cards(show.gallery(many, world.labels, world.images), tree)[0].findall(".//span/abbr")
    assert [bar.text for bar in bars] == list(classes.names()[100:105])


@pytest.mark.parametrize(
    ("changes", "chosen"),
    [
        ({"status": "wrong"}, range(5)),
        ({"status": "multi"}, range(5, 30)),
        ({"second": "wrong"}, range(8)),
        ({"status": "multi", "second": "wrong"}, [5, 6, 7]),
        ({"disagreement": "first"}, [5, 6, 7]),
        ({"disagreement": "second"}, []),
        ({"disagreement": "differ"}, [5, 6, 7]),
        ({"label_count": 2}, range(0, 30, 3)),
        ({"label_count": 2, "order": "unsure"}, range(27, -1, -3)),
        ({"order": "sure", "status": "multi"}, range(5, 30)),
        ({"order": "error", "second": "wrong"}, range(8)),
        ({"confidence": (81, 100)}, range(7)),
        ({"confidence": (0, 41)}, range(27, 30)),
        ({"confidence": (51, 55)}, [20, 21]),
        ({"confidence": (36, 100)}, range(30)),
        ({"confidence": (0, 94)}, range(30)),
        ({"label": "goldfish"}, [1]),
        ({"label": " goldfish "}, [1]),
        ({"label": "n01443537"}, [1]),
        ({"label": "goldfish", "status": "multi"}, []),
    ],
)
def test_filters_choose_and_order_the_pictures(two, world, tree, changes, chosen):
    controls = {"status": two.status[0], "second": two.status[1]}
    for name, value in changes.items():
        (controls.get(name) or getattr(two, name)).value = value
    assert two.chosen.tolist() == list(chosen)
    assert pictures(two, tree) == [world.ids[i] for i in chosen][:12]
    assert where(two, tree).endswith(f": {len(chosen)} of 30 pictures")
    assert ("no picture fits" in two.message) == (not len(chosen))
    for name in changes:
        control = controls.get(name) or getattr(two, name)
        control.value = {"label": "", "order": "set", "confidence": (0, 100)}.get(name, "any")
    assert two.chosen.tolist() == list(range(30))


def test_controls_offer_what_is_there(two):
    assert two.label_count.options == (("any", "any"), ("1", 1), ("2", 2))
    assert [control.description for control in two.status] == ["one", "two"]
    assert [control.options for control in two.status] == [
        (("any", "any"), ("◐ correct only by the multi-labels", "multi"), ("✕ wrong", "wrong"))
    ] * 2
    assert dict(two.disagreement.options) == {"any": "any"} | {v: k for k, v in outcomes.DISAGREEMENTS.items()}
    assert dict(two.order.options) == {title: order for order, title in outcomes.ORDERS.items()}
    assert (two.confidence.value, two.confidence.continuous_update) == ((0, 100), False)
    assert two.disagreement in two.children[0].children
    assert len(two.children[0].children) == 7
    assert "--card: 470px" in two.view.html


def test_one_checkpoint_is_asked_nothing_of_two(world):
    gallery = show.gallery(world.predict("one", 0), world.labels, world.images)
    assert gallery.disagreement not in gallery.children[0].children
    assert len(gallery.children[0].children) == 5
    assert "--card: 330px" in gallery.view.html
    assert [value for _, value in gallery.status[0].options] == ["any", "multi"]


def test_a_change_goes_back_to_the_first_page(two, tree):
    press(two, "End")
    two.confidence.value = (0, 81)
    assert where(two, tree) == "page 1 of 2: 23 of 30 pictures"
    two.disagreement.value = "second"
    assert where(two, tree) == "page 1 of 1: 0 of 30 pictures"
    press(two, "End")
    assert where(two, tree).startswith("page 1 of 1")


def test_a_class_is_found_by_typing(two):
    two.label.value = "goldfish"
    assert "labelled goldfish, Carassius auratus (n01443537, class 1)" in two.message
    two.label.value = "no such class"
    assert "no class is named like &#39;no such class&#39;" in two.message
    assert "Error:" in two.message
    assert two.chosen.tolist() == [1]
    two.label.value = ""
    assert two.message == ""


def test_a_class_chosen_by_its_full_name_is_that_one(world):
    """Two classes are called crane; "crane (517)" is what the list offers."""
    own = labels.from_mapping("mine", {image: [134 if i < 3 else 517] for i, image in enumerate(world.ids)})
    gallery = show.gallery(world.predict("one", 5), own, world.images)
    gallery.label.value = "crane (517)"
    assert gallery.chosen.tolist() == list(range(3, 30))


def test_facts_become_filters(world, tree, texts):
    number = np.r_[np.arange(20) / 10, 3 + np.arange(50)]
    facts = pd.DataFrame({"image": world.ids[:20] + [f"n{i}" for i in range(50)], "size": number})
    facts = facts.assign(kind=["<x>", "y"] * 35, level=np.arange(70) % 2)
    gallery = show.gallery(world.predict("one", 5), world.labels, world.images, facts=facts)
    assert list(gallery.facts) == ["size", "kind", "level"]
    assert gallery.facts["kind"].options == (("any", "any"), ("<x>", "<x>"), ("y", "y"))
    assert texts(cards(gallery, tree)[1].iter("p"))[1] == "size: 0.1, kind: y, level: 1.0"
    gallery.facts["kind"].value = "y"
    assert gallery.chosen.tolist() == list(range(1, 20, 2))
    gallery.facts["size"].value = 0.3
    assert gallery.chosen.tolist() == [3]
    gallery.facts["kind"].value = gallery.facts["size"].value = "any"
    gallery.facts["level"].value = 0
    assert gallery.chosen.tolist() == list(range(0, 20, 2))
    gallery.facts["level"].value = "any"
    press(gallery, "End")
    assert len(list(cards(gallery, tree)[0].iter("p"))) == 2  # a picture without facts: labels and checkpoint


@pytest.mark.parametrize(("n_values", "kind"), [(40, "Dropdown"), (41, "FloatRangeSlider")])
def test_many_numbers_become_a_range(world, n_values, kind):
    ids = [f"{i:02d}.png" for i in range(60)]
    image_set = ImageSet("mine", tuple(ids), lambda _: b"")
    own = labels.from_mapping("mine", {image: [1] for image in ids})
    size = pd.Series(np.minimum(np.arange(60), n_values - 1) / 2, index=ids)
    seen = from_arrays("one", "mine", ids, np.ones((60, 1), int))
    gallery = show.gallery(seen, own, image_set, facts=pd.DataFrame({"size": size, "note": ids}))
    control = gallery.facts["size"]
    assert type(control).__name__ == kind
    assert gallery.chosen.tolist() == list(range(60))
    if kind == "FloatRangeSlider":
        assert (control.min, control.max, control.step, control.continuous_update) == (0, 20, 0.2, False)
        control.value = (2, 4)
        assert gallery.chosen.tolist() == [4, 5, 6, 7, 8]
        control.value = (0, 20)
        assert len(gallery.chosen) == 60
    note = gallery.facts["note"]
    assert type(note).__name__ == "Combobox"
    assert note.options == tuple(ids)
    note.value = "07.png"
    assert gallery.chosen.tolist() == [7]


def test_original_labels_split_what_is_right(world, tree, texts):
    original = labels.from_mapping("original", {image: [max(i, 1)] for i, image in enumerate(world.ids[:-1])})
    gallery = show.gallery(world.predict("one", 0), world.labels, world.images, original=original)
    assert gallery.answered["status"].value_counts().to_dict() == {
        "original": 19,
        "multi": 11,
        "wrong": 0,
        "unlabelled": 0,
    }
    names = classes.names()
    assert texts(cards(gallery, tree)[0].iter("p"))[0] == f"labels: {names[0]}, {names[500]} (originally {names[1]})"
    gallery.status[0].value = "original"
    assert len(gallery.chosen) == 19
    gallery.turn(99)
    assert where(gallery, tree).startswith("page 2 of 2")
    gallery.turn(-1)
    assert where(gallery, tree).startswith("page 1 of 2")


def test_predictions_without_scores_have_no_order_by_confidence(world, tree):
    gallery = show.gallery(world.predict("one", 5, scored=False), world.labels, world.images)
    assert gallery.confidence.disabled
    assert gallery.order.options == (("as in the image set", "set"),)
    bars = list(cards(gallery, tree)[0].iter("i"))
    assert [bar.attrib["style"] for bar in bars] == ["width: 0.0%"] * 3
    assert "%</span>" not in gallery.view.html
    assert not show.gallery(world.predict("one", 5), world.labels, world.images).confidence.disabled


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (
            lambda given: given | {"images": ImageSet("other", ("z.png",), bytes)},
            "has none of the 30 pictures that one",
        ),
        (lambda given: given | {"labels": labels.from_mapping("other", {"z.png": [1]})}, "is in label set"),
        (lambda given: given | {"predictions": [given["predictions"]] * 3}, "3 predictions were given"),
        (lambda given: given | {"predictions": []}, "0 predictions were given"),
        (lambda given: given | {"facts": pd.DataFrame({"image": ["z.png"], "x": [1]})}, "none of these pictures"),
        (lambda given: given | {"facts": pd.DataFrame({"image": ["00.png"] * 2, "x": [1, 2]})}, "several rows"),
    ],
)
def test_what_does_not_fit_is_told_inside(world, change, seen):
    given = {"predictions": world.predict("one", 5), "labels": world.labels, "images": world.images}
    gallery = show.gallery(**change(given))
    assert seen in gallery.message
    assert len(gallery.children) == 1
    assert gallery.picture() == {}


def test_pictures_that_are_missing_are_counted(world):
    some = ImageSet("some", tuple(world.ids[:10]), world.images.read)
    gallery = show.gallery(world.predict("one", 5), world.labels, some)
    assert "20 of 30 predictions have no picture or no label here" in gallery.message
    assert len(gallery.answered) == 10
    gallery.label.value = "goldfish"
    assert "left out; labelled goldfish" in gallery.message
