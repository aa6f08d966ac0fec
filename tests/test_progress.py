import json

from workbench import progress
from workbench.predict import engine


def predict(checkpoints, pictures, listener):
    return engine.predict(checkpoints, pictures, device="cpu", precision="fp32", on_event=listener)


def test_the_json_log_has_one_event_a_line_and_ends_with_all_pictures_done(tiny, pictures, tmp_path):
    log = tmp_path / "log.jsonl"
    predict([tiny("a"), tiny("b")], pictures(21, broken={2}), progress.json_log(log))
    events = [json.loads(line) for line in log.read_text().splitlines()]
    assert events[0]["event"] == "pass"
    assert {tuple(event["checkpoints"]) for event in events} == {("a", "b")}
    done = [event["done"] for event in events]
    assert done == sorted(done)
    steps = [event for event in events if event["event"] == "progress"]
    assert (steps[-1]["done"], steps[-1]["total"], steps[-1]["failures"]) == (21, 21, 1)
    assert (steps[-1]["seconds_left"], steps[0]["images_per_second"] > 0) == (0, True)
    assert events[-1]["event"] == "pass finished"
    assert all(event["time"] > 1.7e9 for event in events)


def test_a_second_run_is_appended_to_the_json_log(tiny, pictures, tmp_path):
    log = tmp_path / "log.jsonl"
    for _ in range(2):
        predict([tiny()], pictures(3), progress.json_log(log))
    assert [json.loads(line)["event"] for line in log.read_text().splitlines()].count("pass finished") == 2


def test_the_bar_is_silent_where_stderr_is_no_terminal(tiny, pictures, capsys):
    predict([tiny()], pictures(21), progress.bar())
    assert capsys.readouterr() == ("", "")


def test_the_bar_shows_the_checkpoint_and_all_pictures_on_a_terminal(tiny, pictures, capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setattr(engine, "memory_budget", lambda device: 1)
    predict([tiny("a"), tiny("b")], pictures(21), progress.bar())
    out, err = capsys.readouterr()
    assert out == ""
    assert "pass 1 of 2: a" in err
    assert "pass 2 of 2: b" in err
    assert err.count("21/21") >= 2


def test_several_listeners_hear_the_same():
    heard, also = [], []
    tell = progress.several(heard.append, also.append)
    tell({"event": "x"})
    assert heard == also == [{"event": "x"}]
