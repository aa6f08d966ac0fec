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


def controls(gallery, row: int = 0) -> tuple:
    """What stands in a row above the pictures."""
    return gallery.children[row].children


def where(gallery, tree) -> str:
    return tree(gallery.view.html).find("div/b").text


@pytest.fixture
def two(world, tmp_path):
    """Two checkpoints; tags and verdicts go to a folder of the test."""
    places = {"tags": tmp_path / "tags.csv", "out": tmp_path / "labels.jsonl"}
    return show.gallery([world.predict("one", 5), world.predict("two", 8)], world.labels, world.images, **places)


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
    assert set(gallery.view.takes) == {"ArrowLeft", "ArrowRight", "PageUp", "PageDown", "Home", "End", "Escape"}
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
    assert [card[0][0].tag for card in cards(gallery, tree)] == ["img"] * 5 + ["div"]
    assert "cannot be shown: " in cards(gallery, tree)[-1][0][0].text


def test_a_page_that_is_full_is_the_last_one(world, tree):
    gallery = show.gallery(world.predict("one", 12), world.labels, world.images)
    gallery.filters.status[0].value = "wrong"
    assert where(gallery, tree) == "page 1 of 1: 12 of 30 pictures"
    assert len(cards(gallery, tree)) == 12


def test_a_card_shows_labels_status_and_the_shares_of_the_best_classes(two, world, tree, texts):
    names = classes.names()
    card = cards(two, tree)[6]
    assert card[0][0].attrib["src"].startswith("data:image/webp")
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
        ({"order": "loss", "status": "wrong"}, range(5)),
        ({"order": "loss", "label_count": 2}, [0, 3, *range(27, 5, -3)]),
        ({"order": "apart", "confidence": (80, 100)}, [5, 6, 7, 0, 1, 2, 3, 4]),
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
    named = {"status": two.filters.status[0], "second": two.filters.status[1]}
    for name, value in changes.items():
        (named.get(name) or getattr(two.filters, name)).value = value
    assert two.chosen.tolist() == list(chosen)
    assert pictures(two, tree) == [world.ids[i] for i in chosen][:12]
    assert where(two, tree).endswith(f": {len(chosen)} of 30 pictures")
    assert ("no picture fits" in two.message) == (not len(chosen))
    for name in changes:
        control = named.get(name) or getattr(two.filters, name)
        control.value = {"label": "", "order": "set", "confidence": (0, 100)}.get(name, "any")
    assert two.chosen.tolist() == list(range(30))


def test_controls_offer_what_is_there(two):
    assert two.filters.label_count.options == (("any", "any"), ("1", 1), ("2", 2))
    assert [control.description for control in two.filters.status] == ["one", "two"]
    assert [control.options for control in two.filters.status] == [
        (("any", "any"), ("◐ correct only by the multi-labels", "multi"), ("✕ wrong", "wrong"))
    ] * 2
    assert dict(two.filters.disagreement.options) == {"any": "any"} | {v: k for k, v in outcomes.DISAGREEMENTS.items()}
    assert dict(two.filters.order.options) == {title: order for order, title in outcomes.ORDERS.items()}
    assert (two.filters.confidence.value, two.filters.confidence.continuous_update) == ((0, 100), False)
    assert two.filters.disagreement in controls(two)
    assert len(controls(two)) == 8
    assert "--card: 470px" in two.view.html


def test_one_checkpoint_is_asked_nothing_of_two(world):
    gallery = show.gallery(world.predict("one", 0), world.labels, world.images)
    assert gallery.filters.disagreement not in controls(gallery)
    assert len(controls(gallery)) == 6
    assert "--card: 330px" in gallery.view.html
    assert [value for _, value in gallery.filters.status[0].options] == ["any", "multi"]


def test_a_change_goes_back_to_the_first_page(two, tree):
    press(two, "End")
    two.filters.confidence.value = (0, 81)
    assert where(two, tree) == "page 1 of 2: 23 of 30 pictures"
    two.filters.disagreement.value = "second"
    assert where(two, tree) == "page 1 of 1: 0 of 30 pictures"
    press(two, "End")
    assert where(two, tree).startswith("page 1 of 1")


def test_a_class_is_found_by_typing(two):
    two.filters.label.value = "goldfish"
    assert "labelled goldfish, Carassius auratus (n01443537, class 1)" in two.message
    two.filters.label.value = "no such class"
    assert "no class is named like &#39;no such class&#39;" in two.message
    assert "Error:" in two.message
    assert two.chosen.tolist() == [1]
    two.filters.label.value = ""
    assert two.message == ""


def test_a_class_chosen_by_its_full_name_is_that_one(world):
    """Two classes are called crane; "crane (517)" is what the list offers."""
    own = labels.from_mapping("mine", {image: [134 if i < 3 else 517] for i, image in enumerate(world.ids)})
    gallery = show.gallery(world.predict("one", 5), own, world.images)
    gallery.filters.label.value = "crane (517)"
    assert gallery.chosen.tolist() == list(range(3, 30))


def test_facts_become_filters(world, tree, texts):
    number = np.r_[np.arange(20) / 10, 3 + np.arange(50)]
    facts = pd.DataFrame({"image": world.ids[:20] + [f"n{i}" for i in range(50)], "size": number})
    facts = facts.assign(kind=["<x>", "y"] * 35, level=np.arange(70) % 2)
    gallery = show.gallery(world.predict("one", 5), world.labels, world.images, facts=facts)
    assert list(gallery.filters.facts) == ["size", "kind", "level"]
    assert gallery.filters.facts["kind"].options == (("any", "any"), ("<x>", "<x>"), ("y", "y"))
    assert texts(cards(gallery, tree)[1].iter("p"))[1] == "size: 0.1, kind: y, level: 1.0"
    gallery.filters.facts["kind"].value = "y"
    assert gallery.chosen.tolist() == list(range(1, 20, 2))
    gallery.filters.facts["size"].value = 0.3
    assert gallery.chosen.tolist() == [3]
    gallery.filters.facts["kind"].value = gallery.filters.facts["size"].value = "any"
    gallery.filters.facts["level"].value = 0
    assert gallery.chosen.tolist() == list(range(0, 20, 2))
    gallery.filters.facts["level"].value = "any"
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
    control = gallery.filters.facts["size"]
    assert type(control).__name__ == kind
    assert gallery.chosen.tolist() == list(range(60))
    if kind == "FloatRangeSlider":
        assert (control.min, control.max, control.step, control.continuous_update) == (0, 20, 0.2, False)
        control.value = (2, 4)
        assert gallery.chosen.tolist() == [4, 5, 6, 7, 8]
        control.value = (0, 20)
        assert len(gallery.chosen) == 60
    note = gallery.filters.facts["note"]
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
    gallery.filters.status[0].value = "original"
    assert len(gallery.chosen) == 19
    gallery.turn(99)
    assert where(gallery, tree).startswith("page 2 of 2")
    gallery.turn(-1)
    assert where(gallery, tree).startswith("page 1 of 2")


def test_predictions_without_scores_have_no_order_by_confidence(world, tree):
    gallery = show.gallery(world.predict("one", 5, scored=False), world.labels, world.images)
    assert gallery.filters.confidence.disabled
    assert gallery.filters.order.options == (("as in the image set", "set"),)
    bars = list(cards(gallery, tree)[0].iter("i"))
    assert [bar.attrib["style"] for bar in bars] == ["width: 0.0%"] * 3
    assert "%</span>" not in gallery.view.html
    assert not show.gallery(world.predict("one", 5), world.labels, world.images).filters.confidence.disabled


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
    gallery.filters.label.value = "goldfish"
    assert "left out; labelled goldfish" in gallery.message


def test_a_click_enlarges_a_picture_with_all_stored_classes_and_its_id_to_copy(world, tree, texts):
    many = from_arrays("deep", "mine", world.ids, np.tile(np.arange(100, 107), (30, 1)))
    gallery = show.gallery(many, world.labels, world.images, facts=pd.DataFrame({"image": world.ids, "n": 3}))
    press(gallery, "ArrowRight")
    gallery.view._handle_custom_msg({"action": "enlarge:13.png"}, [])
    page = tree(gallery.view.html)
    assert [cell.text for cell in page.findall(".//td/abbr")] == list(classes.names()[100:107])
    assert [one.attrib["data-copy"] for one in page.iter("button") if "data-copy" in one.attrib] == ["13.png"]
    assert texts(page.iter("p"))[-2:] == ["n: 3", "✕ deep: wrong"]
    seen = []
    for key in ("ArrowLeft", *["ArrowRight"] * 2):
        press(gallery, key)
        seen.append(tree(gallery.view.html).find(".//code").text)
    assert seen == ["12.png", "13.png", "14.png"]
    press(gallery, "Escape")
    assert where(gallery, tree).startswith("page 2 of 3")
    gallery.enlarge(99)
    assert "picture 30 of 30" in gallery.view.html


def test_a_name_breaks_after_its_own_signs_and_keeps_its_sign(world):
    html = show.gallery(world.predict("tf_net0.in1k", 5), world.labels, world.images).view.html
    assert "✕&nbsp;<b>tf_<wbr>net0.<wbr>in1k<wbr></b>" in html


def test_without_a_second_checkpoint_nothing_is_apart(world):
    orders = dict(show.gallery(world.predict("one", 5), world.labels, world.images).filters.order.options)
    assert set(orders.values()) == set(outcomes.ORDERS) - {"apart"}


def test_the_selection_is_what_the_filters_let_pass_in_their_order(two, world):
    two.filters.status[0].value = "wrong"
    two.filters.order.value = "unsure"
    two.tag("odd")
    frame = two.selection
    assert frame.index.tolist() == world.ids[:5][::-1]
    assert not {"row", "row_2"} & {*frame.columns}
    assert frame["tags"].tolist() == ["odd"] * 5
    np.testing.assert_allclose(frame["confidence"], 0.94 - 0.02 * np.arange(5)[::-1], rtol=1e-6)


def test_tags_go_on_what_is_shown_are_kept_and_filter(two, world, tree):
    two.filters.label_count.value = 2
    two.tag("two things")
    assert "put on 10 of 10 pictures" in two.message
    two.view._handle_custom_msg({"action": "enlarge:03.png"}, [])
    two.tag("two things", there=False)
    assert "tags" not in two.view.html  # of the enlarged picture, which stays
    two.tag("<b>again")
    assert "taken from" not in two.message
    assert "&lt;b&gt;again" in two.view.html
    assert two.word.options == two.filters.tagged.options == ("<b>again", "two things")
    two.filters.label_count.value = "any"
    two.filters.tagged.value = "two things"
    assert pictures(two, tree) == [image for image in world.ids[::3] if image != "03.png"]
    two.filters.tagged.value = "unknown"
    assert "no picture fits" in two.message
    assert "two things" in show.gallery(two.predictions, world.labels, world.images, tags=two.tags.path).tags.names()


def test_an_empty_tag_and_an_empty_selection_are_refused_in_the_widget(two):
    _, _, relabel = buttons = controls(two, 1)[1:]
    assert [button.description for button in buttons] == ["tag these", "untag these", "relabel these"]
    buttons[0].click()
    assert "the tag is empty" in two.message
    two.filters.disagreement.value = "second"
    relabel.click()
    assert "nothing to relabel" in two.message
    assert not two.tags.path.exists()


def test_a_button_relabels_what_is_chosen_in_one_file_for_all_choices(two, world):
    relabel = controls(two, 1)[-1]
    two.filters.status[0].value = "wrong"
    relabel.click()
    assert two.children[-1] is two.relabeller
    assert two.relabeller.images.images == tuple(world.ids[:5])
    two.relabeller.decide(0, "correct")
    two.filters.status[0].value = "multi"
    relabel.click()  # other pictures, the same file
    assert len(two.relabeller.images) == 25
    assert not two.relabeller.message.count("Error")
    assert len(two.relabeller.decisions.made) == 1


def test_a_gallery_can_be_narrowed_to_pictures_from_outside(two, world, tree):
    two.narrow(pd.Index(world.ids[4:7]), "three of them")
    assert pictures(two, tree) == world.ids[4:7]
    assert "three of them" in two.message
    two.filters.status[0].value = "wrong"
    assert pictures(two, tree) == ["04.png"]
    two.narrow()
    assert pictures(two, tree) == world.ids[:5]
