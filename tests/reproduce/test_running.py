"""One command, every figure: bad input starts no kernel, and a dying kernel takes only its own notebook along."""

import os
import time
from pathlib import Path
from threading import Barrier

import nbformat
import papermill
import pytest

from workbench.errors import InputError, UnknownNameError
from workbench.reproduce import running


@pytest.fixture
def calls(folder, monkeypatch):
    """What papermill is asked for, in a world where it has nothing to do; or does what ``calls.then`` does."""

    class Calls(list):
        def then(self, name):
            pass

    made = Calls()

    def execute(source, target, **settings):
        made.append((Path(source).stem, target, settings))
        made.then(Path(source).stem)

    monkeypatch.setattr(papermill, "execute_notebook", execute)
    return made


def test_a_failing_notebook_is_marked_and_the_others_go_on(executed):
    assert list(executed.runs) == ["00-good", "10-raises", "20-dies"]
    assert executed.runs["00-good"].error is None
    assert executed.runs["10-raises"].error == "cell 3: ZeroDivisionError: division by zero"
    assert executed.runs["20-dies"].error.startswith("DeadKernelError: ")
    for name, run in executed.runs.items():
        assert run.path == executed.out / "notebooks" / f"{name}.ipynb"
        assert 0.1 < run.seconds < 200
        assert nbformat.read(run.path, as_version=4).metadata["workbench"]["seconds"] > 0


def test_a_notebook_gets_its_values_and_the_folder_and_knows_that_nobody_looks_on(executed):
    good = nbformat.read(executed.runs["00-good"].path, as_version=4)
    assert good.cells[-1].outputs[0].text == "fine [3] 7 False 1\n"
    assert good.metadata.papermill.parameters == {"label_counts": [3], "movers": 7, "outputs": str(executed.out)}
    assert (executed.out / "tables" / "groups.csv").read_text() == "made"


def test_each_kernel_has_ten_minutes_a_cell_and_sockets_of_its_own(calls, folder, tmp_path):
    running.reproduce(tmp_path / "out", values={"movers": "7"})
    sockets = {settings["config"].KernelManager.ip for _, _, settings in calls}
    assert len(sockets) == 3
    assert not any(Path(one).parent.exists() for one in sockets)
    for name, target, settings in calls:
        assert target == str(tmp_path / "out" / "notebooks" / f"{name}.ipynb")
        assert settings["execution_timeout"] == 600
        assert settings["progress_bar"] is False
        assert settings["config"].KernelManager.transport == "ipc"


def test_an_older_notebook_does_not_pass_for_a_new_one(calls, tmp_path):
    running.reproduce(tmp_path / "out")
    old = tmp_path / "out" / "notebooks" / "00-good.ipynb"
    old.write_text("old")
    running.reproduce(tmp_path / "out", only=["00-good"])
    assert not old.exists()


def test_progress_names_what_runs(calls, tmp_path):
    seen = []
    running.reproduce(tmp_path / "out", only=["00-good"], on_event=seen.append)
    assert [(event.kind, event.done, event.note) for event in seen] == [
        ("begin", 0, ""),
        ("step", 0, "running 00-good"),
        ("step", 1, ""),
        ("end", 1, ""),
    ]
    assert {(event.total, event.unit) for event in seen} == {(1, "notebooks")}


def test_the_longest_notebook_begins_first_and_the_results_keep_the_order(calls, tmp_path):
    runs = running.reproduce(tmp_path / "out", jobs=1)
    assert [name for name, *_ in calls] == ["10-raises", "20-dies", "00-good"]
    assert [run.name for run in runs] == ["00-good", "10-raises", "20-dies"]


@pytest.mark.parametrize(
    ("jobs", "cores", "together"), [(5, 1, 5), (2, 64, 2), (None, 64, 4), (None, 2, 2), (None, None, 1)]
)
def test_so_many_run_at_a_time_as_is_asked_or_as_there_are_cores(
    calls, folder, tmp_path, monkeypatch, jobs, cores, together
):
    for number in range(3):
        (folder / f"3{number}-more.ipynb").write_bytes((folder / "20-dies.ipynb").read_bytes())
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    meeting, inside, most = Barrier(together), [], []

    def meet(name):
        inside.append(name)
        most.append(len(inside))
        if len(calls) <= together:
            meeting.wait(timeout=10)  # raises unless so many are here at once
            time.sleep(0.2)  # time for one more to come in, were it let in
        inside.remove(name)

    calls.then = meet
    runs = running.reproduce(tmp_path / "out", jobs=jobs)
    assert [run.error for run in runs] == [None] * 6
    assert max(most) <= together


def test_whatever_ends_a_kernel_is_one_line(calls, tmp_path):
    errors = {
        "00-good": OSError("no space\nleft"),
        "10-raises": EOFError(),
        "20-dies": papermill.PapermillExecutionError(0, 4, "", "KeyError", "'a'\n\nsecond line", []),
    }

    def fail(name):
        raise errors[name]

    calls.then = fail
    runs = running.reproduce(tmp_path / "out")
    assert [run.error for run in runs] == ["OSError: no space", "EOFError: EOFError", "cell 4: KeyError: 'a'"]
    assert "10-raises failed: EOFError" in (tmp_path / "out" / "index.html").read_text()


def test_wrong_input_is_refused_before_anything_is_written_or_run(calls, tmp_path):
    for settings, says in [
        ({"values": {"mover": "3"}}, "did you mean 'movers'"),
        ({"values": {"movers": "x"}}, "is a int"),
        ({"only": ["00-god"]}, "did you mean '00-good'"),
    ]:
        with pytest.raises((InputError, UnknownNameError), match=says):
            running.reproduce(tmp_path / "out", **settings)
    assert not (tmp_path / "out").exists()
    assert not calls


def test_a_folder_that_cannot_be_written_is_refused_first(calls, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"file/out cannot be written to \(Not a directory\); choose .* with --out"):
        running.reproduce(tmp_path / "file/out", only=["00-good"])
    assert not calls


def test_a_folder_may_be_there_already_and_keeps_no_trace_of_the_check(calls, tmp_path):
    (tmp_path / "out" / "notebooks").mkdir(parents=True)
    running.reproduce(str(tmp_path / "out"), only=["00-good"])
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["index.html", "notebooks", "provenance.json"]
