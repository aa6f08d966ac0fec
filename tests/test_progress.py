import json

import pytest

from workbench import progress
from workbench.progress import Event


def work(listener, begin, *steps):
    with progress.telling(listener, begin) as tell:
        for done in steps:
            tell(done=done)


def fail(listener):
    with progress.telling(listener, Event("count", total=9)) as tell:
        tell(done=1, facts={"event": "progress"})
        raise KeyError


def shown(capsys):
    """What is on each line of the terminal in the end, and what came before."""
    out, err = capsys.readouterr()
    assert out == ""
    return [line.split("\r")[-1] for line in err.rstrip("\n").split("\n")], err


def test_work_begins_gets_on_and_ends():
    heard = []
    with progress.telling(heard.append, Event("count", done=3, total=9, unit="img", facts={"a": 1})) as tell:
        tell(done=5, note="half", facts={"b": 2})
        tell(done=9)
    same = {"task": "count", "total": 9, "unit": "img"}
    assert heard == [
        Event(kind="begin", done=3, facts={"a": 1}, **same),
        Event(kind="step", done=5, note="half", facts={"b": 2}, **same),
        Event(kind="step", done=9, **same),
        Event(kind="end", done=9, **same),
    ]


def test_an_end_with_facts_is_told_once():
    heard = []
    with progress.telling(heard.append, Event("count")) as tell:
        tell("end", facts={"failures": 0})
    assert [(event.kind, event.facts) for event in heard] == [("begin", {}), ("end", {"failures": 0})]


def test_the_end_is_told_where_an_error_comes_first():
    heard = []
    with pytest.raises(KeyError):
        fail(heard.append)
    assert (heard[-1].kind, heard[-1].done, heard[-1].facts) == ("end", 1, {})


def test_the_json_log_appends_facts_alone_with_the_time(tmp_path):
    log = tmp_path / "log.jsonl"
    for _ in range(2):
        with progress.telling(progress.json_log(log), Event("count", facts={"event": "pass", "done": 0})) as tell:
            tell(done=1)
            tell(done=2, facts={"event": "progress", "done": 2})
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [list(line) for line in lines] == [["time", "event", "done"]] * 4
    assert [line["event"] for line in lines] == ["pass", "progress"] * 2
    assert all(line["time"] > 1.7e9 and line["time"] == round(line["time"], 3) for line in lines)


def terminal(monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)


def test_a_log_gets_a_line_a_minute_and_nothing_of_what_takes_less(capsys, monkeypatch):
    times = iter([0, 30, 59, 60, 119, 120, 121, 500, 530, 559])
    monkeypatch.setattr(progress, "monotonic", lambda: float(next(times)))
    show = progress.bar()
    work(show, Event("count", done=10, total=250, unit="img"), 40, 60, 70, 129, 130)
    work(show, Event("short", total=2), 1)
    out, err = capsys.readouterr()
    assert (out, err.splitlines()) == (
        "",
        ["count: 70/250 img,  1.00img/s, 03:00 left", "count: 130/250 img,  1.00img/s, 02:00 left"],
    )


def test_a_log_tells_what_runs(capsys, monkeypatch):
    monkeypatch.setattr(progress, "LINE_S", 0)
    with progress.telling(progress.bar(), Event("notebooks", total=2, unit="notebooks")) as tell:
        tell(done=1, note="running b")
    assert capsys.readouterr().err.splitlines()[1].endswith(" left, running b")


def test_the_bar_shows_task_counts_and_speed(capsys, monkeypatch):
    terminal(monkeypatch)
    work(progress.bar(), Event("count", total=40, done=10, unit="img"), 20, 40)
    (line,), err = shown(capsys)
    assert line.startswith("count: 100%")
    assert " 40/40 [" in line
    assert "img/s]" in line
    assert "10/40" in err


def test_bytes_are_scaled_and_other_units_are_not(capsys, monkeypatch):
    terminal(monkeypatch)
    work(progress.bar(), Event("v1-real", total=2_500_000, unit="B"), 2_500_000)
    work(progress.bar(), Event("patchml-1", unit=" pictures"), 12_000)
    (scaled, plain), _ = shown(capsys)
    assert "2.50M/2.50M" in scaled
    assert plain.startswith("patchml-1: 12000 pictures [")


def test_a_layout_shows_notes_as_they_change_and_no_rate(capsys, monkeypatch):
    terminal(monkeypatch)
    show = progress.bar(progress.COUNTED)
    with progress.telling(show, Event("notebooks", total=2, unit="notebooks")) as tell:
        for done, note in [(0, "running a"), (0, "running a, b"), (1, "running b"), (2, "")]:
            tell(done=done, note=note)
    (line,), err = shown(capsys)
    assert err.index("0/2 notebooks, 00:00, running a") < err.index("0/2 notebooks, 00:00, running a, b")
    assert "1/2 notebooks, 00:00, running b" in err
    assert "2/2 notebooks" in line
    assert "running" not in line
    assert "/s" not in err


def test_a_bar_that_an_error_ends_gives_the_line_back(capsys, monkeypatch):
    terminal(monkeypatch)
    with pytest.raises(KeyError):
        fail(progress.bar())
    assert capsys.readouterr().err.endswith("\n")


def test_one_bar_draws_one_task_after_the_other(capsys, monkeypatch):
    terminal(monkeypatch)
    show = progress.bar()
    work(show, Event("one", total=3), 3)
    work(show, Event("two", total=4), 4)
    lines, _ = shown(capsys)
    assert [line.split(":")[0] for line in lines] == ["one", "two"]


def test_several_listeners_hear_the_same():
    heard, also = [], []
    progress.several(heard.append, progress.silent, also.append)(Event("x"))
    assert heard == also == [Event("x")]
