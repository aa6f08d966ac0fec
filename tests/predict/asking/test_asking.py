"""Every question is asked once, and every reply is kept."""

import threading
import time
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

from workbench.errors import DamagedFileError, InputError, NoReplyError
from workbench.inputs import questions
from workbench.inputs.images import ImageSet
from workbench.predict.asking import answers, asking, preparing
from workbench.predict.asking.replies import Reply


def test_every_question_is_asked_and_its_answer_written_beside_the_questions(scripted, world, tmp_path):
    asked, pictures = world()
    model = scripted(text="C.")
    made = asking.ask(model, asked, pictures, out=tmp_path)
    assert model.heard == [(image, asked.text(row)) for row, image in enumerate(asked.images)]
    assert made.images == asked.images
    assert made.letters.tolist() == [2] * 6
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([made.file_name, asked.file_name])
    assert questions.read(tmp_path / asked.file_name).digest == asked.digest == made.questions
    again = answers.read(tmp_path / made.file_name)
    assert again.texts == made.texts == ("C.",) * 6
    assert again.provenance == made.provenance


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def partly(model, asked, pictures, out, n):
    """A run that is interrupted before its question number `n`."""
    model.says = {asked.images[n]: KeyboardInterrupt()}
    with pytest.raises(KeyboardInterrupt):
        asking.ask(model, asked, pictures, out=out)


def test_an_interrupt_keeps_what_came_and_nothing_is_asked_twice(scripted, world, tmp_path):
    asked, pictures = world()
    partly(first := scripted(), asked, pictures, tmp_path, 4)
    assert not list(tmp_path.glob("*.parquet"))
    again = scripted(text="B")
    made = asking.ask(again, asked, pictures, out=tmp_path)
    assert [image for image, _ in first.heard[:4] + again.heard] == list(asked.images)
    assert made.texts == ("A",) * 4 + ("B",) * 2
    assert files(tmp_path) == sorted([made.file_name, asked.file_name])


def test_a_line_cut_anywhere_is_asked_again_and_the_others_are_not(scripted, world, tmp_path):
    asked, pictures = world(3)
    partly(scripted(), asked, pictures, tmp_path, 2)
    (path,) = tmp_path.glob(".partial/*.journal")
    data = path.read_bytes()
    header, _, second, _ = data.split(b"\n")
    for cut in (1, 2, len(second)):
        path.write_bytes(data[:-cut])
        model = scripted(says={asked.images[2]: KeyboardInterrupt()})
        with pytest.raises(KeyboardInterrupt):
            asking.ask(model, asked, pictures, out=tmp_path)
        assert [image for image, _ in model.heard] == list(asked.images[1:])
        assert path.read_bytes().startswith(header)


@pytest.mark.parametrize("line", [b"{}", b"[1]", b"nonsense"])
def test_damaged_replies_are_asked_again_with_a_note_and_no_other(scripted, world, tmp_path, line):
    asked, pictures = world(3)
    partly(scripted(), asked, pictures, tmp_path, 2)
    (path,) = tmp_path.glob(".partial/*.journal")
    header, first, second, _ = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([header, line, second, b""]))
    again = scripted()
    with pytest.warns(UserWarning, match="1 of 2 results are damaged; they are made again"):
        assert len(asking.ask(again, asked, pictures, out=tmp_path)) == 3
    assert len(again.heard) == 2
    assert first != line


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"provenance": {"max_tokens": 9}}, "max_tokens was 8, now 9"),
        ({"provenance": {}}, "max_tokens was 8, now None"),
    ],
)
def test_other_settings_neither_go_on_nor_replace(scripted, world, tmp_path, changes, named):
    asked, pictures = world(3)
    partly(scripted(), asked, pictures, tmp_path, 2)
    with pytest.raises(InputError, match=named):
        asking.ask(scripted(**changes), asked, pictures, out=tmp_path)
    asking.ask(scripted(), asked, pictures, out=tmp_path)
    with pytest.raises(InputError, match=named):
        asking.ask(scripted(**changes), asked, pictures, out=tmp_path)
    other = {"max_tokens": 8, "versions": {"some": "2"}}
    assert scripted(provenance=other).heard == []
    assert len(asking.ask(scripted(provenance=other), asked, pictures, out=tmp_path)) == 3


def test_other_questions_do_not_go_on(scripted, world, tmp_path):
    asked, pictures = world(3)
    partly(scripted(), asked, pictures, tmp_path, 2)
    for other in (replace(asked, answers=(asked.answers + 1) % 10), replace(asked, images=asked.images[::-1])):
        with pytest.raises(InputError, match="questions was"):
            asking.ask(scripted(), other, pictures, out=tmp_path)


def test_a_picture_that_is_missing_or_damaged_is_listed_and_not_asked_about(scripted, world, tmp_path):
    asked, pictures = world(4)
    there = ImageSet("few", asked.images[1:], lambda image: b"no" if image == "p2.png" else pictures.read(image))
    made = asking.ask(model := scripted(), asked, there, out=tmp_path)
    assert [image for image, _ in model.heard] == ["p1.png", "p3.png"]
    assert made.images == ("p1.png", "p3.png")
    assert list(made.failures) == ["p0.png", "p2.png"]
    listed = pd.read_csv(tmp_path / made.file_name.replace(".parquet", "--failures.csv"))
    assert listed["image"].tolist() == ["p0.png", "p2.png"]
    assert "is not among the pictures" in listed["reason"][0]
    assert "cannot be decoded" in listed["reason"][1]
    with pytest.raises(InputError, match=r"none of the 4 questions has an answer; the first: image 'p0\.png'"):
        asking.ask(scripted(), asked, ImageSet("few", (), there.read), out=tmp_path / "other")


def test_a_question_without_a_reply_is_listed_and_asked_again_by_the_next_run(scripted, world, tmp_path):
    asked, pictures = world(4)
    says = {"p1.png": NoReplyError("busy")}
    made = asking.ask(scripted(says=says), asked, pictures, out=tmp_path)
    assert made.images == ("p0.png", "p2.png", "p3.png")
    assert made.unanswered == {"p1.png": "busy"}
    made = asking.ask(model := scripted(), asked, pictures, out=tmp_path)
    assert [image for image, _ in model.heard] == ["p1.png"]
    assert made.images == asked.images
    assert files(tmp_path) == sorted([made.file_name, asked.file_name])
    asking.ask(model := scripted(), asked, pictures, out=tmp_path)
    assert model.heard == []


@pytest.mark.parametrize("in_flight", [1, 3])
def test_ten_in_a_row_without_a_reply_end_the_run(scripted, world, tmp_path, in_flight):
    asked, pictures = world(40)
    says = {image: NoReplyError("down") for image in asked.images[9:]}
    model = scripted(says=says, in_flight=in_flight)
    with pytest.raises(NoReplyError, match="10 questions in a row got no reply, the last because: down"):
        asking.ask(model, asked, pictures, out=tmp_path)
    assert 19 <= len(model.heard) <= 19 + in_flight
    asking.ask(again := scripted(), asked, pictures, out=tmp_path)
    assert len(again.heard) == 31
    # Nine in a row, and again nine after a reply, do not.
    says = {image: NoReplyError("busy") for number, image in enumerate(asked.images) if number % 10}
    assert len(asking.ask(scripted(says=says), asked, pictures, out=tmp_path / "other")) == 4


def test_several_are_asked_at_once_and_their_answers_stand_in_the_order_of_the_questions(scripted, world, tmp_path):
    asked, pictures = world(8)
    together = threading.Barrier(4, timeout=20)

    def wait(image):
        together.wait()
        return Reply(image, 1)

    says = {image: partial(wait, image) for image in asked.images}
    made = asking.ask(scripted(says=says, in_flight=4), asked, pictures, out=tmp_path)
    assert made.texts == made.images == asked.images


def test_an_error_of_the_respondent_ends_the_run_at_once_and_keeps_what_came(scripted, world, tmp_path):
    asked, pictures = world(30)
    wrong = InputError("wrong key")
    says = {image: lambda: time.sleep(0.01) or Reply("A") for image in asked.images} | {"p9.png": wrong}
    model = scripted(says=says, in_flight=3)
    with pytest.raises(InputError, match="wrong key"):
        asking.ask(model, asked, pictures, out=tmp_path)
    assert 10 <= len(model.heard) <= 14
    asking.ask(again := scripted(), asked, pictures, out=tmp_path)
    assert len(model.heard) + len(again.heard) == 31


def test_what_is_told_has_the_time_left(scripted, world, tmp_path):
    asked, pictures = world(3)
    events = []
    says = {image: lambda: time.sleep(0.1) or Reply("A") for image in asked.images}
    asking.ask(scripted(says=says), asked, pictures, out=tmp_path, on_event=events.append)
    assert [(event.kind, event.done, event.total) for event in events] == [
        ("begin", 0, 3), ("step", 1, 3), ("step", 2, 3), ("step", 3, 3), ("end", 3, 3)
    ]  # fmt: skip
    assert events[3].facts["seconds_left"] == 0
    assert events[1].facts["seconds_left"] > 0


def test_a_text_that_no_file_can_hold_is_kept_as_near_as_it_can_be(scripted, world, tmp_path):
    asked, pictures = world(1)
    made = asking.ask(scripted(text="B \ud800\r\n\u2028"), asked, pictures, out=tmp_path)
    assert answers.read(tmp_path / made.file_name).texts == ("B ?\r\n\u2028",)


def test_damaged_or_foreign_answers_are_refused(scripted, world, tmp_path):
    asked, pictures = world(3)
    made = asking.ask(scripted(), asked, pictures, out=tmp_path)
    path = tmp_path / made.file_name
    assert answers.is_answers(path)
    assert not answers.is_answers(tmp_path / asked.file_name)
    with pytest.raises(DamagedFileError, match="is no answers file"):
        answers.read(tmp_path / asked.file_name)
    for change in ({"letters": made.letters[:2]}, {"outcomes": ("unparsed",) * 3}, {"letters": made.letters + 10}):
        with pytest.raises(InputError):
            answers.write(replace(made, **change), tmp_path / "wrong.parquet")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DamagedFileError, match="truncated"):
        answers.read(path)
    assert not answers.is_answers(path)


def test_questions_for_some_pictures_are_those_of_all(world):
    _, pictures = world(30)
    pictures = replace(pictures, images=tuple(f"{i % 1000}/{image}" for i, image in enumerate(pictures.images)))
    whole, few, fewer = (preparing.draw(pictures, limit=n) for n in (None, 9, 4))
    assert (len(whole), len(few), len(fewer)) == (30, 9, 4)
    assert set(fewer.images) < set(few.images)
    assert few.images != whole.images[:9]
    rows = [whole.images.index(image) for image in few.images]
    assert rows == sorted(rows)
    assert (few.options == whole.options[rows]).all()
    with pytest.raises(InputError, match="no label set says what else is valid in 'few'"):
        preparing.draw(pictures, distractors="invalid")
    with pytest.raises(InputError, match="expected hf:NAME"):
        preparing.respondent("gpt", mode="generate", max_tokens=1)


def test_a_text_that_was_cut_off_is_known_as_such_after_a_restart_too(scripted, world, tmp_path):
    asked, pictures = world(3)
    says = {"p0.png": Reply("The answer is B", 8, truncated=True), "p1.png": Reply("The answer is B", 8)}
    says["p2.png"] = NoReplyError("gone")
    assert asking.ask(scripted(says=says), asked, pictures, out=tmp_path).letters.tolist() == [-1, 1]
    made = asking.ask(scripted(text="C"), asked, pictures, out=tmp_path)
    assert (made.letters.tolist(), made.provenance["truncated"]) == ([-1, 1, 2], ["p0.png"])


def test_a_file_that_an_earlier_parser_read_is_read_again_and_nothing_asked(scripted, world, tmp_path):
    asked, pictures = world(2)
    made = asking.ask(scripted(text="B"), asked, pictures, out=tmp_path)
    letters = np.array([3, 3], dtype=np.int8)
    earlier = replace(made, letters=letters, provenance=made.provenance | {"parser": 1})
    answers.write(earlier, tmp_path / made.file_name)
    again = scripted(text="E")
    assert asking.ask(again, asked, pictures, out=tmp_path).letters.tolist() == [1, 1]
    assert again.heard == []
    assert answers.read(tmp_path / made.file_name).letters.tolist() == [1, 1]
