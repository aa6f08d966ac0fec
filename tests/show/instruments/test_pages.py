"""The instruments' HTML: what is escaped, and what says more than a colour."""

import base64
import io
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from workbench.inputs import classes
from workbench.inputs.images import ImageSet
from workbench.score.interactive.outcomes import STATUSES
from workbench.show.instruments import pages
from workbench.show.instruments.pages import Card, Row, Seen, Thumbnail

ODD = "<i>&\"'"  # what must be escaped, in a text as in an attribute
NAMES = classes.names()


@pytest.fixture
def pairs():
    """Four checkpoints, one of them not chosen; the name of one is odd."""
    return pd.DataFrame(
        {
            "source": "run",
            "protocol": "crop",
            "checkpoint": ["a", "b", ODD, "d"],
            "family": ["x", "x", ODD, "y"],
            "chosen": [True, False, True, True],
            "first": [0.7, 0.8, 0.75, 0.123456],
            "second": [0.6, 0.5, 0.6, -0.01],
            "gap": [0.1, 0.3, 0.15, 0.133456],
            "rank_before": [3, 1, 2, 4],
            "rank_after": [1, 3, 1, 4],
            "shift": [2, -2, 1, 0],
        }
    )


@pytest.mark.parametrize(("error", "role", "start"), [(True, "alert", "Error: "), (False, "status", "")])
def test_a_message_escapes_what_it_quotes_and_an_error_says_so_in_a_word(tree, error, role, start):
    (box,) = tree(pages.message(ODD, error=error))
    assert box.attrib["role"] == role
    assert "".join(box.itertext()) == f"{start}{ODD}"
    assert ("#CC3311" in box.attrib["style"]) == error


def test_the_table_has_the_chosen_checkpoints_marked_ones_first(pairs, table, tree, texts):
    html = pages.scores_table(pairs, [ODD, "b"], "gap", down=True, titles=pages.TITLES)
    assert table(html) == [
        [f"◉ {ODD}", ODD, "run, crop", "75.00", "60.00", "15.00", "2", "1", "1"],
        ["○ d", "y", "run, crop", "12.35", "-1.00", "13.35", "4", "4", "0"],
        ["○ a", "x", "run, crop", "70.00", "60.00", "10.00", "3", "1", "2"],
    ]
    root = tree(html)
    assert texts(root.findall("div"))[0].startswith("3 checkpoints, 1 marked unmark all Mark by a click")
    first, other, _ = root.find(".//tbody")
    assert [row.attrib["class"] for row in (first, other)] == ["marked", ""]
    button = first.find(".//button").attrib
    assert button == {"data-action": f"mark:{ODD}", "title": ODD, "aria-pressed": "true"}
    assert other.find(".//button").attrib["aria-pressed"] == "false"
    assert [cell.attrib.get("class") for cell in first] == [None] * 3 + ["n"] * 6


def test_a_heading_sorts_and_says_how_it_is_sorted(pairs, tree):
    for down, order, sign in ((True, "descending", "▼"), (False, "ascending", "▲")):
        heads = list(tree(pages.scores_table(pairs, [], "second", down=down, titles=pages.TITLES)).iter("th"))
        assert [one.attrib.get("aria-sort") for one in heads] == [None] * 4 + [order] + [None] * 4
        assert heads[4][0].text == f"second (%) {sign}"
        assert [one[0].attrib["data-action"] for one in heads] == [f"sort:{name}" for name in pages.TITLES]
        assert [one[0].text for one in heads[:4]] == ["checkpoint", "family", "source", "first (%)"]


def test_without_marks_there_is_nothing_to_unmark(pairs):
    assert "unmark all" not in pages.scores_table(pairs, [], "gap", down=True, titles=pages.TITLES)


@pytest.mark.parametrize(
    ("marked", "sort", "down", "order"),
    [
        ([], "first", True, [ODD, "a", "d"]),
        ([], "first", False, ["d", "a", ODD]),
        ([], "rank_after", False, ["a", ODD, "d"]),  # a tie stays in the order of the frame
        (["d"], "rank_after", False, ["d", "a", ODD]),
        (["d", "a"], "gap", True, ["d", "a", ODD]),
    ],
)
def test_the_order_of_the_table(pairs, marked, sort, down, order):
    assert pages.sorted_pairs(pairs, marked, sort, down=down)["checkpoint"].tolist() == order


def card(**changes) -> Card:
    seen = [Seen("net", "multi", [(281, 0.75), (282, 0.004)])]
    given = {"labels": [282], "original": [], "seen": seen, "facts": {}, "picture": Thumbnail("a.jpg", "data:x")}
    return Card(**(given | changes))


def test_a_card_says_what_is_right_by_sign_and_word(tree, texts):
    root = tree(pages.cards([card()], where=f"page {ODD}", wide=False))
    assert root.find("div/b").text == f"page {ODD}"
    assert texts(root.findall(".//p")) == [f"labels: {NAMES[282]}", "◐ net"]
    status = root.findall(".//p")[1]
    assert status.attrib["title"] == STATUSES["multi"]
    bars = root.findall(".//div[@class='bars']/div/div")
    assert [bar.attrib["class"] for bar in bars] == ["bar", "bar right"]
    assert [bar.find("i").attrib["style"] for bar in bars] == ["width: 75.0%", "width: 0.4%"]
    assert texts(bars) == [f"{NAMES[281]}75 %", f"{NAMES[282]} ✓0 %"]
    assert (
        texts(root.findall("div"))[1]
        == "● correct by the original label, ◐ correct only by the multi-labels, ✕ wrong, ○ without a label"
    )


@pytest.mark.parametrize(
    ("labels", "original", "said"),
    [
        ([], [], "labels: none"),
        ([281, 5], [], f"labels: {NAMES[281]}, {NAMES[5]}"),
        ([281], [281], f"labels: {NAMES[281]}"),
        ([281], [5, 281], f"labels: {NAMES[281]} (originally {NAMES[5]})"),
        ([], [5, 6], f"labels: none (originally {NAMES[5]}, {NAMES[6]})"),
    ],
)
def test_labels_and_what_was_the_original_one(tree, texts, labels, original, said):
    root = tree(pages.cards([card(labels=labels, original=original)], where="", wide=False))
    assert texts(root.findall(".//p"))[0] == said


def test_a_best_class_that_only_the_original_label_names_is_right(tree):
    root = tree(pages.cards([card(labels=[5], original=[281])], where="", wide=False))
    assert [bar.attrib["class"] for bar in root.findall(".//div[@class='bars']/div/div")] == ["bar right", "bar"]


def test_without_scores_there_is_no_share(tree, texts):
    seen = [Seen("net", "wrong", [(281, None)])]
    (bar,) = tree(pages.cards([card(seen=seen)], where="", wide=False)).findall(".//div[@class='bars']/div/div")
    assert texts([bar]) == [NAMES[281]]
    assert bar.find("i").attrib["style"] == "width: 0.0%"


def test_facts_are_listed_and_escaped(tree, texts):
    root = tree(pages.cards([card(facts={"n": 3, ODD: ODD})], where="", wide=True))
    assert texts(root.findall(".//p"))[1] == f"n: 3, {ODD}: {ODD}"


def test_a_page_can_be_turned_and_is_wider_for_two(tree):
    for wide, size in ((True, 470), (False, 330)):
        root = tree(pages.cards([], where="", wide=wide))
        assert [one.attrib["data-action"] for one in root.iter("button")] == ["key:ArrowLeft", "key:ArrowRight"]
        assert root.find("div[@class='cards']").attrib["style"] == f"--card: {size}px"


def test_a_picture_or_why_it_cannot_be_shown(tree):
    root = tree(pages.cards([card(), card(picture=Thumbnail(ODD, "", f"no {ODD}"))], where="", wide=False))
    shown, blank = (one[0][0] for one in root.findall(".//div[@class='card']"))
    assert shown.attrib == {"src": "data:x", "alt": "a.jpg", "title": "a.jpg"}
    assert (blank.tag, blank.attrib, blank.text) == ("div", {"class": "blank", "title": ODD}, f"no {ODD}")


def test_a_thumbnail_fits_its_square_or_tells_the_problem():
    buffer = io.BytesIO()
    Image.new("RGB", (400, 200)).save(buffer, "PNG")
    files = {"a": buffer.getvalue(), "b": b"no picture"}
    images = ImageSet("mine", ("a", "b"), files.__getitem__)
    for options, size in (({}, (116, 58)), ({"side": 340}, (340, 170))):
        made = pages.thumbnail(images, "a", **options)
        assert (made.image, made.problem) == ("a", "")
        assert Image.open(io.BytesIO(base64.b64decode(made.url.partition(",")[2]))).size == size
    damaged = pages.thumbnail(images, "b")
    assert damaged.url == ""
    assert damaged.problem.startswith("cannot be shown: image 'b' cannot be decoded")
    missing = pages.thumbnail(ImageSet("mine", ("a",), lambda name: Path("/no", name).read_bytes()), "a")
    assert "No such file" in missing.problem


def test_a_class_is_shown_by_name_with_id_index_and_definition_as_tooltip(tree):
    (name,) = tree(pages.cards([card(seen=[])], where="", wide=False)).iter("abbr")
    assert name.text == "tiger cat"
    assert name.attrib["title"] == classes.describe(282)


def test_judging_shows_verdicts_by_state_and_the_definition_in_full(tree, texts):
    rows = [Row(281, f"label; {ODD}", "correct"), Row(282, "net 20 %", None)]
    shown = Thumbnail(ODD, "data:x")
    root = tree(
        pages.judging(shown, rows, here=1, where=f"picture {ODD}", found=[5, 281], progress=pages.Progress(1, 2))
    )
    assert root.find("div/b").text == f"picture {ODD}"
    assert root.find("div/span").text == ODD
    assert root.find(".//img").attrib["src"] == "data:x"
    first, second = (one for one in root.iter("div") if one.attrib.get("class", "").startswith("row"))
    assert [one.attrib for one in (first, second)] == [{"class": "row"}, {"class": "row here", "aria-current": "true"}]
    assert texts([first[0]]) == [f"tabby label; {ODD}{classes.glosses()[281]}"]
    pressed = [
        [(one.attrib["data-action"], one.attrib["aria-pressed"]) for one in row.iter("button")]
        for row in (first, second)
    ]
    assert pressed == [
        [("correct:281", "true"), ("wrong:281", "false"), ("unclear:281", "false")],
        [("correct:282", "false"), ("wrong:282", "false"), ("unclear:282", "false")],
    ]
    others = [one for one in root.iter("button") if "aria-pressed" not in one.attrib]
    assert [one.attrib["data-action"] for one in others] == [
        "key:ArrowLeft",
        "key:ArrowRight",
        "key:z",
        "key:n",
        "key:d",
        "add:5",
        "add:281",
    ]
    assert others[6].text == "+ tabby"
    assert others[6].attrib["title"] == classes.describe(281)


def test_judging_without_a_search_finds_nothing(tree, texts):
    root = tree(
        pages.judging(Thumbnail("a", "", "damaged"), [], here=0, where="", found=[], progress=pages.Progress(0, 1))
    )
    assert "found" not in texts([root])[0]
    assert root.find(".//div[@class='blank']").text == "damaged"


@pytest.mark.parametrize("one", [Thumbnail("a", "", "gone"), Row(1, "label", None), Seen("net", "wrong", [(1, 0.5)])])
def test_what_a_page_is_made_of_does_not_change(one):
    with pytest.raises(FrozenInstanceError):
        setattr(one, fields(one)[0].name, None)
