import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from workbench.errors import InputError
from workbench.predict import engine, journal, options, store, work
from workbench.predict.options import Options
from workbench.predict.work import Work


@pytest.fixture
def wanted(tmp_path):
    return Options("resize", "fp32", "cpu", None, 2, "off", tmp_path)


def rows(*numbers):
    found = np.array(numbers)
    return found, np.stack([found, found + 1], axis=1), np.tile(np.float32([0.75, 0.25]), (len(found), 1))


def test_predictions_replace_the_journal_and_list_what_failed(tiny, pictures, wanted, tmp_path):
    one = Work(tiny(), pictures(4), wanted)
    one.keep(*rows(3, 0))
    failures = {"002.png": "no, none", "001.png": "cut"}
    made = one.finish(failures, {"seconds": 2.0, "images_per_second": 1.0})
    assert made.images.tolist() == ["000.png", "003.png"]
    assert made.classes.tolist() == [[0, 1], [3, 4]]
    assert made.scores is not None
    assert made.scores.tolist() == [[0.75, 0.25]] * 2
    assert (made.checkpoint, made.image_set, made.protocol, made.source) == ("tiny", "small", "resize", "run")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small--failures.csv", "tiny--small--resize.parquet"]
    again = store.read(tmp_path / made.file_name)
    assert again.provenance == json.loads(json.dumps(made.provenance))
    assert again.provenance["key"] == wanted.key(tiny(), pictures(4))
    assert again.provenance["failures"] == failures
    assert {name: again.provenance[name] for name in ("seconds", "images_per_second", "device")} == {
        "seconds": 2.0,
        "images_per_second": 1.0,
        "device": "cpu",
    }
    assert set(again.provenance["versions"]) == {"workbench", "timm", "torch"}
    text = (tmp_path / "small--failures.csv").read_bytes()
    assert text == b'image,reason\n001.png,cut\n002.png,"no, none"\n'


def test_without_failures_an_older_list_goes(tiny, pictures, wanted, tmp_path):
    (tmp_path / "small--failures.csv").write_text("image,reason\n")
    one = Work(tiny(), pictures(4), wanted)
    one.keep(*rows(0))
    one.finish({}, {})
    assert [path.name for path in tmp_path.iterdir()] == ["tiny--small--resize.parquet"]


def test_without_a_folder_nothing_is_written(tiny, pictures, wanted, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    one = Work(tiny(), pictures(4), Options("resize", "fp32", "cpu", None, 2, "off"))
    one.keep(*rows(0))
    assert len(one.finish({"001.png": "cut"}, {})) == 1
    one.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("failures", "first"), [({"000.png": "cut"}, "cut"), ({}, "there is none")])
def test_no_picture_at_all_is_refused_with_the_first_reason(tiny, pictures, wanted, failures, first):
    one = Work(tiny(), pictures(4), wanted)
    with pytest.raises(
        InputError, match=f"none of the 4 pictures of small can be read and decoded; the first: {first}$"
    ):
        one.finish(failures, {})
    one.close()


def test_rows_that_the_journal_had_are_not_kept_again(tiny, pictures, wanted):
    one = Work(tiny(), pictures(6), wanted)
    one.keep(*rows(1, 4))
    one.close()
    again = Work(tiny(), pictures(6), wanted)
    assert again.has.tolist() == [False, True, False, False, True, False]
    again.keep(*rows(0, 1, 2))
    assert again.journal.records()["row"].tolist() == [0, 1, 2, 4]
    assert again.journal.records()["classes"].tolist() == [[0, 1], [1, 2], [2, 3], [4, 5]]
    again.close()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_one_score_that_is_no_number_refuses_the_batch_and_keeps_what_was_before(tiny, pictures, wanted, value):
    one = Work(tiny(), pictures(6), wanted)
    one.keep(*rows(0))
    numbers, classes, scores = rows(1, 2, 3)
    scores[1, 1] = value
    with pytest.raises(InputError, match="tiny gives NaN or infinite outputs in fp32; try --precision fp32"):
        one.keep(numbers, classes, scores)
    assert one.journal.records()["row"].tolist() == [0]
    one.close()


def test_a_complete_file_is_found_unless_it_is_to_be_made_again(tiny, pictures, wanted, tmp_path):
    assert work.finished(tiny(), pictures(4), wanted) is None
    one = Work(tiny(), pictures(4), wanted)
    one.keep(*rows(0, 1))
    one.finish({}, {})
    found = work.finished(tiny(), pictures(4), wanted)
    assert found is not None
    assert found.images.tolist() == ["000.png", "001.png"]
    again = Options("resize", "fp32", "cpu", None, 2, "off", Path(tmp_path))
    journal.restart({again.file(tiny(), pictures(4)): again.key(tiny(), pictures(4))})
    assert work.finished(tiny(), pictures(4), again) is None
    journal.clear(again.file(tiny(), pictures(4)))
    other = Options("resize", "fp32", "cpu", None, 2, "on", Path(tmp_path))
    with pytest.raises(InputError, match=r"was made with other settings \(compiled was False, now True\); .*--restart"):
        work.finished(tiny(), pictures(4), other)


@pytest.mark.parametrize("compile", ["on", "off"])
def test_a_runner_is_compiled_where_the_options_say_so(tiny, pictures, compile):
    from workbench.predict.runner import Runner

    one = Work(tiny(), pictures(4), Options("resize", "fp32", "cpu", None, 2, compile))
    one.prepare()
    assert isinstance(one.runner, Runner)
    assert (type(one.runner.model).__name__ == "Tiny") == (compile == "off")


@pytest.mark.parametrize("whole", [False, True])
def test_what_the_machine_chooses_goes_on_as_the_run_began(tiny, pictures, wanted, whole, monkeypatch, tmp_path):
    monkeypatch.setattr(
        options, "pick_precision", lambda precision, device: "fp32" if precision == "auto" else precision
    )
    begun = Work(tiny(), pictures(4), replace(wanted, precision="bf16"))
    begun.keep(*rows(0, 1))
    if whole:
        begun.finish({}, {})
    begun.close()
    settings = {"protocol": "resize", "device": "cpu", "topk": 2, "compile": "off", "out": tmp_path}
    with pytest.raises(InputError, match=r"other settings \(precision was bf16, now fp32\)"):
        engine.predict([tiny()], pictures(4), precision="fp32", **settings)
    (made,) = engine.predict([tiny()], pictures(4), precision="auto", **settings)
    assert made.provenance["key"]["precision"] == "bf16"
    assert len(made) == (2 if whole else 4)
    assert made.classes[:2].tolist() == rows(0, 1)[1].tolist()
    (again,) = engine.predict([tiny()], pictures(4), precision="auto", restart=True, **settings)
    assert again.provenance["key"]["precision"] == "fp32"
