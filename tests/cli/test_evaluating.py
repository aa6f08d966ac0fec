"""evaluate: what it checks, asks and refuses before it predicts, and what it hands on."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import typer

from workbench import cli
from workbench.cli import evaluating
from workbench.errors import InputError
from workbench.inputs import labels
from workbench.inputs.images import ImageSet
from workbench.predict import engine, store
from workbench.reproduce import cards

PLACES = pd.DataFrame(
    {"image_set": ["v1", "v1"], "metric": ["top1", "real"], "value": [76.13, 82.0], "ci_low": 75.78, "ci_high": 76.48}
).assign(place=37, best=35, worst=38, of=68)


@pytest.fixture
def world(public_files, tmp_path, monkeypatch, capsys):
    """Three pictures of V1 and two of V2 by name; an engine and cards that only note what they are given."""
    monkeypatch.chdir(tmp_path)
    for name, n in (("v1", 3), ("v2", 2)):
        Path(name).mkdir()
        for image in labels.load(f"{name}-original").images[:n]:
            Path(name, f"{image}.jpeg").write_bytes(b"")
    asked = SimpleNamespace(predicted=[], cards=[], error=None)

    def predict(names, images, *, out=None, **_):
        asked.predicted.append((images.name, images.images, out))
        made = {"seconds": 12.0}
        best = np.ones((len(images), 1), int)
        return [store.from_arrays(name, images.name, images.images, best, provenance=made) for name in names]

    def write(names, folder, out, **options):
        asked.cards.append((list(names), Path(folder), Path(out), options["protocol"], options["pictures"]))
        run = SimpleNamespace(error=asked.error)
        return [cards.Card(name, "crop", run, Path(out), PLACES) for name in names]

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["workbench", "evaluate", *words])
        with pytest.raises(SystemExit) as stop:
            sys.exit(cli.main())
        out, err = capsys.readouterr()
        return SimpleNamespace(code=stop.value.code or 0, out=out, err=err)

    monkeypatch.setattr(engine, "predict", predict)
    monkeypatch.setattr(cards, "write", write)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: False))
    return SimpleNamespace(run=call, asked=asked, here=tmp_path)


BOTH = ("resnet18.a1_in1k", "--v1", "v1", "--v2", "v2", "--out", "out")


def test_it_says_what_matches_predicts_and_makes_a_card_for_each(world):
    result = world.run(*BOTH)
    assert result.code == 0
    assert result.err.splitlines()[:2] == [
        "v1: 3 of the 3 names are V1's; 49,997 of its 50,000 pictures are missing; labels v1-original and v1-real",
        "v2: 2 of the 2 names are V2's; 9,998 of its 10,000 pictures are missing; labels v2-original and v2-refined",
    ]
    assert sorted((name, len(ids)) for name, ids, _ in world.asked.predicted) == [("v1", 3), ("v2", 2)]
    folder = Path("out/predictions")
    assert world.asked.cards == [(["resnet18.a1_in1k"], folder, Path("out"), "crop", "v1")]
    assert result.out.splitlines() == [
        "resnet18.a1_in1k: V1 top1 76.13 % [75.78, 76.48], place 37 [35, 38] of 68",
        "Open out/index.html",
    ]


def test_other_names_are_left_out_only_where_that_was_said(world):
    Path("v1/holiday.jpg").write_bytes(b"")
    result = world.run(*BOTH)
    assert (result.code, result.out, world.asked.predicted) == (2, "", [])
    assert result.err.splitlines()[-1].startswith("workbench: 1 of the names given as v1 is not V1's; give --yes")
    again = world.run(*BOTH, "--yes")
    assert again.code == 0
    assert again.err.startswith("v1: 3 of the 4 names are V1's; 49,997 of its 50,000 pictures are missing;")
    assert "holiday.jpg" not in {image for _, ids, _ in world.asked.predicted for image in ids}


@pytest.mark.parametrize(("answer", "code"), [(True, 0), (False, 1)])
def test_in_a_terminal_it_asks(world, monkeypatch, answer, code):
    Path("v2/holiday.jpg").write_bytes(b"")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))

    def confirm(text, **_):
        assert text.startswith("1 of the names given as v2 is not V2's.")
        if not answer:
            raise typer.Abort

    monkeypatch.setattr(typer, "confirm", confirm)
    assert world.run(*BOTH).code == code
    assert bool(world.asked.predicted) is answer


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ("resnet18.a1_in1k", "--v1", "v2", "--v2", "v2"),
            "none of the 2 pictures that were given as v1 is named like",
        ),
        (("resnet18.a1_in1k", "--v1", "v1"), "checkpoints need --v1 and --v2"),
        (("--v1", "v1", "--v2", "v2"), "checkpoints need --v1 and --v2"),
        (("resnet18.a1_in1k", "--v1", "absent", "--v2", "v2"), "absent"),
        (("--predictions", "absent"), "there is no folder absent"),
        (("--predictions", "made", "--protocol", "resize"), "made holds no checkpoint with both v1 and v2 by"),
        (("minus", "--predictions", "made"), "did you mean 'mine'"),
        (("half", "--predictions", "made"), "there is no checkpoint with v1 and v2 by protocol crop in made: 'half'"),
    ],
)
def test_what_cannot_be_evaluated_is_one_sentence(world, words, says):
    made(world)
    result = world.run(*words)
    assert (result.code, result.out) == (2, "")
    assert says in result.err.splitlines()[-1]
    assert (world.asked.predicted, world.asked.cards) == ([], [])


def made(world):
    for name, image_set in (("mine", "v1"), ("mine", "v2"), ("half", "v1")):
        ids = labels.load(f"{image_set}-original").images[:20]
        one = store.from_arrays(name, image_set, ids, np.ones((20, 1), int), protocol="crop")
        store.write(one, world.here / "made" / one.file_name)


def test_predictions_that_exist_are_not_made_again(world):
    made(world)
    assert world.run("--predictions", "made", "--out", "out").code == 0
    assert world.asked.predicted == []
    assert world.asked.cards == [(["mine"], Path("made"), Path("out"), "crop", "")]


def test_a_card_that_fails_is_exit_code_1(world):
    world.asked.error = "cell 3: ValueError: no"
    result = world.run(*BOTH)
    assert (result.code, result.out.splitlines()[0]) == (1, "resnet18.a1_in1k: cell 3: ValueError: no")


def test_a_checkpoint_that_could_not_be_had_is_exit_code_1(world, monkeypatch):
    whole = engine.predict
    monkeypatch.setattr(engine, "predict", lambda names, images, **how: whole(names[:1], images, **how))
    result = world.run("resnet18.a1_in1k", "resnet50.a1_in1k", *BOTH[1:])
    assert result.code == 1
    assert result.err.splitlines()[-1] == "1 of 2 checkpoints could not be had, see above"
    assert world.asked.cards[0][0] == ["resnet18.a1_in1k"]


@pytest.mark.parametrize(("minutes", "says"), [(0.2, "less than a minute"), (1.2, "1 minute"), (70, "70 minutes")])
def test_the_expected_time_is_told_in_words(monkeypatch, capsys, minutes, says):
    monkeypatch.setattr(evaluating, "_minutes", lambda *_: minutes)
    evaluating._tell_time(["a"], [], "crop")
    assert capsys.readouterr().err == f"about {says} for 1 checkpoint, by the first 24 pictures\n"


def test_a_time_that_the_first_pictures_cannot_tell_is_not_told(monkeypatch, capsys):
    def fail(*_):
        raise InputError("none of the 24 pictures can be decoded")

    monkeypatch.setattr(evaluating, "_minutes", fail)
    evaluating._tell_time(["a"], [], "crop")
    assert capsys.readouterr().err == ""


def test_the_expected_time_is_that_of_the_first_pictures(world):
    images = [ImageSet("v1", tuple(map(str, range(1200))), str.encode)]
    assert evaluating._minutes(["a"] * 8, images, "crop") == pytest.approx(12 / 24 / 4 * 8 * 1200 / 60)
