"""Decisions are on the disk before the next is asked, and nothing that was written is ever lost."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import DamagedFileError, InputError
from workbench.inputs.labels import decisions
from workbench.inputs.labels.decisions import Decisions


@pytest.fixture
def path(tmp_path):
    return tmp_path / "labels.jsonl"


def lines(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_line_says_who_judged_what_and_when(path):
    Decisions(path, "ada").add("a.jpg", 281, "correct")
    (line,) = lines(path)
    assert line.pop("time").endswith("+00:00")
    assert line == {"image": "a.jpg", "label": 281, "verdict": "correct", "annotator": "ada"}


def test_it_goes_on_where_it_stopped(path):
    first = Decisions(path, "ada")
    first.add("a.jpg", 1, "correct")
    first.add("a.jpg", 1, "wrong")
    first.close()
    again = Decisions(path, "ada")
    assert again.verdicts("a.jpg") == {1: "wrong"}
    again.add("b.jpg", 2, "unclear")
    assert [one.image for one in decisions.read(path)] == ["a.jpg", "a.jpg", "b.jpg"]


def test_taking_back_is_a_line_of_its_own(path):
    log = Decisions(path, "ada")
    log.add("a.jpg", 1, "correct")
    log.add("a.jpg", 1, "wrong")
    undone = log.undo()
    assert undone is not None
    assert undone.verdict == "wrong"
    assert log.verdicts("a.jpg") == {1: "correct"}
    assert len(lines(path)) == 3
    assert lines(path)[-1]["undo"] is True
    assert [one.verdict for one in decisions.read(path)] == ["correct"]
    log.undo()
    assert log.undo() is None
    assert decisions.read(path) == []


def test_taking_back_brings_back_what_was_said_before_even_within_a_second(path):
    log = Decisions(path, "ada")
    for verdict in ("correct", "wrong", "correct"):
        log.add("a.jpg", 1, verdict)
    log.undo()
    assert log.verdicts("a.jpg") == {1: "wrong"}


def test_one_annotator_does_not_take_back_what_another_said(path):
    log = Decisions(path, "ada")
    log.add("a.jpg", 1, "correct")
    log.close()
    other = Decisions(path, "ben")
    assert other.undo() is None
    assert other.verdicts("a.jpg") == {}


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.integers(0, 3), st.sampled_from(["correct", "wrong", None])), max_size=12
    )
)
@settings(max_examples=40, deadline=None)
def test_reading_again_gives_the_state_that_was_left(tmp_path_factory, steps):
    path = tmp_path_factory.mktemp("log") / "labels.jsonl"
    log = Decisions(path, "ada")
    for image, label, verdict in steps:
        log.undo() if verdict is None else log.add(image, label, verdict)
    made = list(log.made)
    log.close()
    again = Decisions(path, "ada")
    assert again.made == made
    assert {image: again.verdicts(image) for image in "ab"} == {image: log.verdicts(image) for image in "ab"}
    again.close()


@pytest.mark.parametrize("cut", [1, 5, 40, 95])
def test_a_half_written_last_line_is_kept_aside_and_reported(path, cut):
    log = Decisions(path, "ada")
    log.add("a.jpg", 1, "correct")
    log.add("é.jpg", 2, "wrong")
    log.close()
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    path.write_bytes(whole[: first + cut])
    again = Decisions(path, "ada")
    assert [one.image for one in again.made] == ["a.jpg"]
    assert "cut short" in again.notes[0]
    rest = path.with_name("labels.jsonl.rest")
    assert rest.read_bytes() == whole[first : first + cut] + b"\n"
    again.add("c.jpg", 3, "correct")
    assert [one["image"] for one in lines(path)] == ["a.jpg", "c.jpg"]


def test_a_last_line_that_lacks_only_its_end_is_kept(path):
    log = Decisions(path, "ada")
    log.add("a.jpg", 1, "correct")
    log.close()
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    again = Decisions(path, "ada")
    again.add("b.jpg", 1, "wrong")
    assert [one["image"] for one in lines(path)] == ["a.jpg", "b.jpg"]
    assert again.notes == []


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("[1, 2]", "no decision"),
        ('{"image": "a.jpg"}', "keys image"),
        ('{"image": "a", "label": 1, "verdict": "maybe", "annotator": "x", "time": ""}', "maybe"),
        ('{"image": "a", "label": 1000, "verdict": "wrong", "annotator": "x", "time": ""}', "1000"),
        ('{"image": "", "label": 1, "verdict": "wrong", "annotator": "x", "time": ""}', "image"),
    ],
)
def test_a_line_that_is_no_decision_is_named_and_nothing_is_changed(path, line, seen):
    path.write_text(line + "\n")
    with pytest.raises(DamagedFileError, match="line 1") as raised:
        Decisions(path, "ada")
    assert seen in str(raised.value)
    assert path.read_text() == line + "\n"


def test_a_verdict_or_class_that_does_not_exist_is_refused_before_it_is_written(path):
    log = Decisions(path, "ada")
    for label, verdict in ((1000, "correct"), (1, "perhaps")):
        with pytest.raises(InputError):
            log.add("a.jpg", label, verdict)
    assert log.made == []
    assert not path.exists()


HOLD = """
from workbench.inputs.labels.decisions import Decisions
log = Decisions({path!r}, 'ben')
print('held', flush=True)
"""


def holder(path, then: str) -> subprocess.Popen:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD.format(path=str(path)) + then], stdin=-1, stdout=-1, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_two_people_writing_one_file_are_told(path):
    process = holder(path, "input()")
    try:
        with pytest.raises(InputError, match=f"process {process.pid}.*out=") as raised:
            Decisions(path, "ada")
        assert "merged" in str(raised.value)
    finally:
        process.kill()
        process.communicate()
    assert Decisions(path, "ada").made == []


def test_running_the_cell_again_takes_the_file_over(path):
    first = Decisions(path, "ada")
    first.add("a.jpg", 1, "correct")
    second = Decisions(path, "ada")
    second.add("b.jpg", 1, "correct")
    with pytest.raises(OSError, match="opened again"):
        first.add("c.jpg", 1, "correct")
    assert [one["image"] for one in lines(path)] == ["a.jpg", "b.jpg"]


def test_a_killed_writer_loses_no_decision_that_it_reported(path):
    process = holder(path, "[print(log.add(str(i), i % 1000, 'wrong').image, flush=True) for i in range(10**6)]")
    time.sleep(0.5)
    os.kill(process.pid, signal.SIGKILL)
    reported = process.communicate()[0].splitlines()
    assert len(reported) > 10
    again = Decisions(path, "ben")
    assert [one.image for one in again.made][: len(reported)] == reported
    again.add("after", 1, "correct")
    assert decisions.read(path)[-1].image == "after"


def test_a_full_disk_keeps_the_decisions_and_writes_them_when_there_is_room(path):
    log = Decisions(path, "ada")
    log.add("a.jpg", 1, "correct")
    size = path.stat().st_size
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 30, old[1]))
    try:
        for image in ("b.jpg", "c.jpg"):
            with pytest.raises(OSError, match="File too large"):
                log.add(image, 2, "wrong")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.stat().st_size == size
    assert log.unsaved == 2
    assert log.verdicts("b.jpg") == {2: "wrong"}
    log.add("d.jpg", 3, "correct")
    assert [one["image"] for one in lines(path)] == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]
    assert log.unsaved == 0


def test_decisions_that_wait_survive_running_the_cell_again(path, monkeypatch):
    log = Decisions(path, "ada")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(OSError, match="No space"):
            log.add("a.jpg", 1, "correct")
    again = Decisions(path, "ada")
    assert again.verdicts("a.jpg") == {1: "correct"}
    again.save()
    assert [one["image"] for one in lines(path)] == ["a.jpg"]


def test_a_file_that_somebody_removed_is_written_again_in_full(path):
    log = Decisions(path, "ada")
    log.add("a.jpg", 1, "correct")
    path.unlink()
    log.add("b.jpg", 1, "wrong")
    assert [one["image"] for one in lines(path)] == ["a.jpg", "b.jpg"]


def test_reading_passes_over_a_line_that_is_being_written(path):
    log = Decisions(path, "ada")
    log.add("a.jpg", 1, "correct")
    with path.open("a") as stream:
        stream.write('{"image": "b')
    assert [one.image for one in decisions.read(path)] == ["a.jpg"]
    with pytest.raises(InputError, match="no file"):
        decisions.read(path.with_name("none.jsonl"))


def test_taking_back_skips_what_others_said_after(path):
    log = Decisions(path, "ada")
    log.add("a.jpg", 1, "correct")
    log.add("a.jpg", 2, "correct")
    log.close()
    other = Decisions(path, "ben")
    other.add("a.jpg", 2, "wrong")
    other.close()
    again = Decisions(path, "ada")
    taken = again.undo()
    assert taken is not None
    assert (taken.label, taken.annotator) == (2, "ada")
    assert [(one.label, one.annotator) for one in decisions.read(path)] == [(1, "ada"), (2, "ben")]


def test_saving_nothing_touches_nothing(path):
    log = Decisions(path, "ada")
    log.save()
    assert not path.exists()
    assert log.unsaved == 0
    log.close()
    log.close()
    Decisions(path, "ada").close()


def test_a_file_that_cannot_be_opened_is_let_go_of(path):
    path.write_text("[]\n")
    with pytest.raises(DamagedFileError, match="line 1 of"):
        Decisions(path, "ada")
    path.write_text("")
    process = holder(path, "input()")
    process.communicate("\n")
    assert process.returncode == 0


@pytest.mark.parametrize("label", [-1, 1000, True, "1", 1.0, None])
def test_a_label_that_is_no_class_index_is_refused_by_value(path, label):
    with pytest.raises(InputError, match=f"its label is {label!r}; expected a class index from 0 to 999"):
        Decisions(path, "ada").add("a.jpg", label, "correct")


@pytest.mark.parametrize("image", ["", 3, None])
def test_an_image_that_is_no_id_is_refused_by_value(path, image):
    with pytest.raises(InputError, match=f"its image is {image!r}; expected an image id"):
        Decisions(path, "ada").add(image, 1, "correct")


def test_the_first_and_the_last_class_are_taken(path):
    log = Decisions(path, "ada")
    assert [log.add("a.jpg", label, "unclear").label for label in (0, 999)] == [0, 999]
    assert log.verdicts("b.jpg") == {}


def test_the_line_that_is_no_decision_is_counted_from_one(path):
    Decisions(path, "ada").add("a.jpg", 1, "correct")
    with path.open("a") as stream:
        stream.write("[]\n")
    with pytest.raises(DamagedFileError, match=r"line 2 of .* nothing in the file was changed"):
        decisions.read(path)


def test_who_has_no_name_is_an_annotator(path, monkeypatch):
    monkeypatch.setattr(decisions.getpass, "getuser", lambda: "grace")
    assert Decisions(path).annotator == "grace"
    monkeypatch.setattr(decisions.getpass, "getuser", lambda: {}["uid"])
    assert Decisions(path).annotator == "annotator"


def test_an_undo_of_what_is_not_there_changes_nothing(path):
    log = Decisions(path, "ada")
    log.add("a.jpg", 1, "correct")
    log.undo()
    text = path.read_text()
    path.write_text(text + text.splitlines()[-1] + "\n")
    assert decisions.read(path) == []


def test_a_decision_that_was_made_cannot_be_changed(tmp_path):
    made = Decisions(tmp_path / "labels.jsonl", "ada").add("a.jpg", 3, "correct")
    with pytest.raises(FrozenInstanceError):
        made.verdict = "wrong"  # pyright: ignore[reportAttributeAccessIssue]
