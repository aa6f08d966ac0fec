"""`relabel` without a browser: what a key, a click and a search write and show."""

import json

import pytest

from workbench import show
from workbench.inputs import classes
from workbench.inputs.images import ImageSet
from workbench.inputs.labels.decisions import Decisions


@pytest.fixture
def path(tmp_path):
    return tmp_path / "labels.jsonl"


@pytest.fixture
def relabel(world, path):
    """Opens the instrument on the file."""
    return lambda **options: show.relabel(
        world.images, world.predict("one", 5), world.labels, out=path, **({"annotator": "ada"} | options)
    )


def press(judge, *keys: str) -> None:
    for key in keys:
        click(judge, f"key:{key}")


def click(judge, action: str) -> None:
    judge.view._handle_custom_msg({"action": action}, [])


def lines(path) -> list[tuple]:
    return [(one["image"], one["label"], one["verdict"]) for one in map(json.loads, path.read_text().splitlines())]


@pytest.fixture
def rows(tree, texts):
    """The instrument's rows: class, whether the keys act on it, the verdict that is pressed."""

    def rows(judge) -> list[tuple]:
        found = tree(judge.view.html).findall(".//div[@aria-current]")
        assert len(found) <= 1
        return [
            (
                row.find(".//abbr").text,
                "aria-current" in row.attrib,
                next((one.text for one in row.iter("button") if one.attrib["aria-pressed"] == "true"), None),
            )
            for row in tree(judge.view.html).iter("div")
            if row.attrib.get("class", "").startswith("row")
        ]

    return rows


def where(judge) -> str:
    return judge.view.html.split("<b>")[1].split("</b>")[0]


NAMES = classes.names()


def test_it_opens_on_the_first_class_of_the_first_picture(relabel, rows, tree, texts):
    judge = relabel()
    assert set(judge.view.takes) == {"c", "w", "u", "z", "n", "d", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"}
    assert where(judge) == "picture 1 of 30, 0 judged by ada"
    assert rows(judge) == [(NAMES[label], label == 0, None) for label in (0, 500, 900, 700, 701)]
    hints = texts(tree(judge.view.html).findall(".//span[@class='name']/span"))
    assert hints[0] == f"label{classes.glosses()[0]}"
    assert hints[2] == f"one 94 %{classes.glosses()[900]}"
    picture = tree(judge.view.html).find(".//img")
    assert picture.attrib["title"] == "00.png"
    assert judge.message == ""


def test_keys_judge_row_by_row_and_stop_at_the_last(relabel, path, rows):
    judge = relabel()
    press(judge, "c", "w", "u")
    assert lines(path) == [("00.png", 0, "correct"), ("00.png", 500, "wrong"), ("00.png", 900, "unclear")]
    verdicts = ["correct", "wrong", "unclear", None, None]
    assert [row[1:] for row in rows(judge)] == [(i == 3, verdict) for i, verdict in enumerate(verdicts)]
    press(judge, "w", "w", "c")
    assert lines(path)[3:] == [("00.png", 700, "wrong"), ("00.png", 701, "wrong"), ("00.png", 701, "correct")]
    assert where(judge) == "picture 1 of 30, 1 judged by ada"


def test_arrows_go_from_class_to_class_within_the_picture(relabel, rows):
    judge, here = relabel(), []
    for key in ("ArrowUp", "ArrowDown", "ArrowDown", "ArrowUp", *["ArrowDown"] * 5):
        press(judge, key)
        here.append([is_here for _, is_here, _ in rows(judge)].index(True))
    assert here == [0, 1, 2, 1, 2, 3, 4, 4, 4]


def test_the_next_class_is_one_without_a_verdict(relabel, path, rows):
    judge = relabel()
    press(judge, "ArrowDown", "w", "ArrowUp", "ArrowUp", "c")
    assert lines(path) == [("00.png", 500, "wrong"), ("00.png", 0, "correct")]
    assert [is_here for _, is_here, _ in rows(judge)].index(True) == 2


def test_arrows_go_from_picture_to_picture_and_no_further_than_the_ends(relabel):
    judge = relabel()
    seen = []
    for key in ("ArrowLeft", "ArrowRight", "ArrowRight", "ArrowLeft"):
        press(judge, key)
        seen.append(judge.image)
    assert seen == ["00.png", "01.png", "02.png", "01.png"]
    judge.go(29)
    press(judge, "ArrowRight")
    assert judge.image == "29.png"
    assert where(judge).startswith("picture 30 of 30")


def test_a_click_judges_the_class_that_it_is_on(relabel, path, rows):
    judge = relabel()
    click(judge, "wrong:900")
    assert lines(path) == [("00.png", 900, "wrong")]
    assert [row[1:] for row in rows(judge)][2:4] == [(False, "wrong"), (True, None)]


def test_any_class_is_found_by_typing_and_kept_once_judged(relabel, path, rows, tree, texts):
    judge = relabel()
    judge.search.value = "tabby"
    (found,) = [one for one in tree(judge.view.html).iter("button") if one.attrib["data-action"].startswith("add:")]
    assert found.attrib["data-action"] == "add:281"
    assert found.text == "+ tabby"
    judge.search._handle_custom_msg({"event": "other"}, [])
    assert judge.search.value == "tabby"
    judge.search._handle_custom_msg({"event": "submit"}, [])
    assert judge.search.value == ""
    assert "found:" not in judge.view.html
    assert rows(judge)[-1] == ("tabby", True, None)
    assert "added by search" in judge.view.html
    press(judge, "c")
    assert lines(path) == [("00.png", 281, "correct")]
    press(judge, "ArrowRight")
    assert "tabby" not in judge.view.html
    press(judge, "ArrowLeft")
    assert rows(judge)[-1] == ("tabby", False, "correct")


def test_the_first_class_found_is_taken_and_none_for_none(relabel, rows):
    judge = relabel()
    judge.search.value = "cat"
    first = classes.find("cat")[0]
    judge.search._handle_custom_msg({"event": "submit"}, [])
    assert rows(judge)[-1] == (NAMES[first], True, None)
    judge.search.value = "no such thing at all"
    judge.search._handle_custom_msg({"event": "submit"}, [])
    assert judge.search.value == "no such thing at all"
    assert len(rows(judge)) == 6


def test_a_click_on_a_found_class_that_is_there_goes_to_its_row(relabel, rows):
    judge = relabel()
    click(judge, "add:700")
    assert [row[:2] for row in rows(judge)][3] == (NAMES[700], True)
    assert len(rows(judge)) == 5


def test_a_class_that_nobody_proposed_can_be_judged(relabel, path, rows):
    judge = relabel()
    judge.decide(281, "correct")
    assert lines(path) == [("00.png", 281, "correct")]
    assert rows(judge)[-1] == ("tabby", True, "correct")


def test_undo_takes_back_and_goes_to_the_picture(relabel, path, rows):
    judge = relabel()
    press(judge, "c", "w")
    judge.go(7)
    press(judge, "z")
    assert judge.image == "00.png"
    assert f"taken back: {NAMES[500]} was wrong" in judge.message
    assert [row[1:] for row in rows(judge)][:2] == [(False, "correct"), (True, None)]
    press(judge, "z", "z")
    assert "there is nothing to undo" in judge.message
    press(judge, "c")
    assert judge.message == ""


def test_undo_of_a_picture_that_is_not_here_leaves_the_present_one(relabel, path):
    log = Decisions(path, "ada")
    for image in ("01.png", "elsewhere.jpg"):
        log.add(image, 1, "correct")
    log.close()
    judge = relabel()
    judge.go(7)
    press(judge, "z")
    assert judge.image == "07.png"
    assert len(lines(path)) == 3
    press(judge, "z")
    assert judge.image == "01.png"


def test_it_goes_on_at_the_first_picture_with_an_open_class(relabel, rows):
    judge = relabel()
    for number in (0, 1, 3):
        judge.go(number)
        press(judge, *"w" * len(rows(judge)))
    judge.go(2)
    press(judge, "c")
    again = relabel()
    assert again.image == "02.png"
    assert [is_here for _, is_here, _ in rows(again)].index(True) == 1
    assert where(again) == "picture 3 of 30, 4 judged by ada"
    assert "4 pictures were judged before; it goes on after them" in again.message
    other = relabel(annotator="ben")
    assert other.image == "00.png"
    assert other.message == ""
    assert where(other) == "picture 1 of 30, 0 judged by ben"


def test_where_all_is_judged_it_opens_on_the_last_picture(relabel, rows, world):
    judge = relabel()
    for number in range(30):
        judge.go(number)
        press(judge, *"c" * len(rows(judge)))
    assert relabel().image == world.ids[-1]


def test_the_result_is_a_label_set(relabel):
    judge = relabel()
    judge.decide(900, "correct")
    judge.decide(500, "wrong")
    result = judge.label_set()
    assert result.labels("00.png") == [0, 900]
    assert len(result) == 30


def test_a_file_of_another_image_set_is_refused_and_left_alone(relabel, path):
    log = Decisions(path, "ada")
    log.add("elsewhere.jpg", 1, "correct")
    log.close()
    before = path.read_bytes()
    judge = relabel()
    assert f"{path} holds decisions on 1 pictures of another image set (&#39;elsewhere.jpg&#39;, ...)" in judge.message
    assert path.read_bytes() == before
    assert judge.picture() == {}
    Decisions(path, "ben").close()  # and it is not held


def test_decisions_on_other_pictures_stay_in_the_file(relabel, path):
    log = Decisions(path, "ben")
    for image in ("elsewhere.jpg", "00.png"):
        log.add(image, 1, "correct")
    log.close()
    judge = relabel()
    assert "decisions on 1 pictures that are not here stay in the file" in judge.message
    assert "judged before" not in judge.message


def test_a_half_written_line_is_reported(relabel, path):
    path.write_text('{"image": "00.p')
    assert "cut short" in relabel().message
    assert path.with_name("labels.jsonl.rest").read_text() == '{"image": "00.p\n'


def test_a_full_disk_is_told_and_the_next_key_writes_all(relabel, path, monkeypatch):
    judge = relabel()
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        press(judge, "c")
    assert f"1 decisions are not saved yet ({path}: No space left on device)" in judge.message
    assert "Error:" in judge.message
    press(judge, "w")
    assert judge.message == ""
    assert lines(path) == [("00.png", 0, "correct"), ("00.png", 500, "wrong")]


def test_a_damaged_picture_can_still_be_judged(relabel, path, world):
    judge = relabel()
    judge.go(29)
    assert "cannot be shown: " in judge.view.html
    press(judge, "u")
    assert lines(path) == [(world.ids[-1], 29, "unclear")]


def test_predictions_of_other_pictures_are_told_and_no_file_is_made(world, path):
    other = ImageSet("other", ("z.png",), world.images.read)
    judge = show.relabel(other, world.predict("one", 5), world.labels, out=path)
    assert "none of the 30 pictures" in judge.message
    assert not path.exists()


def test_labels_alone_are_judged_without_predictions_and_leave_no_picture(world, path):
    judge = show.relabel(world.images, [], world.labels, out=path, annotator="ada")
    press(judge, "c")
    assert [(one.image, one.label, one.verdict) for one in judge.decisions.made] == [("00.png", 0, "correct")]
    assert judge.picture() == {}


def test_progress_and_the_next_unjudged_picture(relabel, rows, tree):
    judge = relabel()
    for number in (0, 2):
        judge.go(number)
        press(judge, *"w" * len(rows(judge)))
    assert tree(judge.view.html).find(".//progress").attrib | {"aria-label": ""} == {
        "max": "30", "value": "2", "aria-label": ""
    }  # fmt: skip
    seen = []
    for _ in range(2):
        press(judge, "n")
        seen.append(judge.image)
    assert seen == ["03.png", "04.png"]
    judge.go(29)
    press(judge, "n")
    assert judge.image == "01.png"
    assert "moves on to the next open class" in judge.view.html


def test_other_annotators_stand_beside_with_their_agreement(relabel, path, rows):
    log = Decisions(path, "ben")
    for image, label, verdict in (("00.png", 0, "correct"), ("00.png", 500, "wrong"), ("04.png", 281, "wrong")):
        log.add(image, label, verdict)
    log.close()
    other = Decisions(path.with_name("cy.jsonl"), "cy")
    other.add("00.png", 0, "wrong")
    other.add("00.png", 0, "correct")  # the last one holds
    other.close()
    judge = relabel(others=[other.path])
    assert "<b>ben:</b> correct, <b>cy:</b> correct" in judge.view.html
    press(judge, "d")
    assert "no class is disputed" in judge.message
    press(judge, "c", "c")
    assert "with ben: the same on 1 of 2 classes (50 %, 9 to 91)" in judge.view.html
    assert "with cy: the same on 1 of 1 classes (100 %, 21 to 100)" in judge.view.html
    judge.go(9)
    press(judge, "d")
    assert judge.image == "00.png"
    judge.go(4)
    assert rows(judge)[-1] == ("tabby", False, None)


def test_a_file_of_others_that_is_not_there_is_told(relabel, tmp_path):
    assert "there is no file" in relabel(others=[tmp_path / "none.jsonl"]).message
