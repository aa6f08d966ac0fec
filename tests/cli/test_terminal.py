"""What commands read and print: numbers, sizes, tables for people and for programs, the GPU in words."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

from workbench.cli import options, terminal
from workbench.cli.terminal import Format
from workbench.errors import InputError


@pytest.mark.parametrize(("text", "numbers"), [("1,2,3", [1, 2, 3]), ("7", [7]), (" 4, -5 ", [4, -5])])
def test_numbers_with_commas_are_read(text, numbers):
    assert terminal.whole_numbers(text, "--counts") == numbers


@pytest.mark.parametrize("text", ["", "1,", "1.5", "one", "1 2"])
def test_what_is_no_number_is_refused_with_the_option(text):
    with pytest.raises(InputError) as stop:
        terminal.whole_numbers(text, "--counts")
    assert str(stop.value) == f"--counts is {text!r}; expected whole numbers with commas, like 1,2,3"


def test_each_count_has_its_size():
    assert terminal.sizes("240,160", [2, 9]) == {2: 240, 9: 160}


@pytest.mark.parametrize(("text", "seen"), [("240", 1), ("240,160,80", 3)])
def test_more_or_fewer_sizes_than_counts_are_refused(text, seen):
    with pytest.raises(InputError, match=rf"--sizes has {seen} numbers; expected one for each of the 2 --counts"):
        terminal.sizes(text, [2, 9])


@pytest.fixture
def scores():
    frame = pd.DataFrame(
        {
            "checkpoint": ["net", "net"],
            "image_set": ["v1", "v1"],
            "labels": ["v1-real", "v1-real"],
            "protocol": ["crop", "crop"],
            "metric": ["real", "subgroup"],
            "label_count": pd.array([None, 2], dtype="Int64"),
            "value": [0.5, 2 / 3],
            "n_images": [46837, 10],
            "ci_low": [0.498765, np.nan],
            "ci_high": [0.51, 1.0],
            "source": ["run", "run"],
        }
    )
    frame.index = [4, 7]  # left over from a selection
    return frame


def test_scores_are_percent_for_people(scores):
    rows = [line.split() for line in terminal.score_table(scores, Format.table).splitlines()]
    assert rows == [
        [
            "checkpoint",
            "image_set",
            "labels",
            "protocol",
            "metric",
            "label_count",
            "percent",
            "ci_low",
            "ci_high",
            "n_images",
        ],
        ["net", "v1", "v1-real", "crop", "real", "all", "50.00", "49.88", "51.00", "46837"],
        ["net", "v1", "v1-real", "crop", "subgroup", "2", "66.67", "-", "100.00", "10"],
    ]


def test_scores_are_whole_for_programs(scores):
    text = terminal.score_table(scores, Format.csv)
    assert text.splitlines()[0] == ",".join(scores.columns)
    assert text.splitlines()[2] == "net,v1,v1-real,crop,subgroup,2,0.6666666666666666,10,,1.0,run"
    assert "\r" not in text
    text = terminal.score_table(scores, Format.json)
    assert text.startswith('[\n {\n  "checkpoint"')
    assert text.endswith("]\n")
    first, second = json.loads(text)
    assert (first["label_count"], first["value"], first["n_images"]) == (None, 0.5, 46837)
    assert (second["label_count"], second["ci_low"]) == (2, None)


@pytest.fixture
def claims():
    return pd.DataFrame(
        {
            "extra": [0, 0],
            "difference": [0.004, np.nan],
            "timm": [0.7655, np.nan],
            "own_status": ["missed", "not run"],
            "own_protocol": ["crop", None],
            "own_difference": [-0.01, np.nan],
            "own": [0.7515, np.nan],
            "reported": [0.7615, 0.8],
            "checkpoint": ["net", None],
            "model": ["Net", "Other"],
            "leaderboard": ["board", "board"],
        }
    )


def test_claims_are_percent_for_people_and_blank_where_nothing_is_known(claims):
    rows = [" ".join(line.split()) for line in terminal.claim_table(claims, Format.table).splitlines()]
    assert rows == [
        "leaderboard model checkpoint reported own own_difference own_protocol own_status timm difference",
        "board Net net 76.15 75.15 -1.00 crop missed 76.55 0.40",
        "board Other 80.00 not run",
    ]
    assert terminal.claim_table(claims, Format.table).endswith("\n")


def test_claims_are_whole_for_programs(claims):
    header, first, second = terminal.claim_table(claims, Format.csv).splitlines()
    assert header == (
        "leaderboard,model,checkpoint,reported,own,own_difference,own_protocol,own_status,timm,difference"
    )
    assert first == "board,Net,net,0.7615,0.7515,-0.01,crop,missed,0.7655,0.004"
    assert second == "board,Other,,0.8,,,,not run,,"
    rows = json.loads(terminal.claim_table(claims, Format.json))
    assert [row["own"] for row in rows] == [0.7515, None]


HOSTILE = "a\x1b[2Jb\u202ec\nd\re"


@pytest.mark.parametrize("table", [terminal.summary, terminal.score_table])
def test_a_name_in_a_table_is_shown_and_not_obeyed(scores, table):
    printed = table(scores.assign(checkpoint=HOSTILE), Format.table)
    assert r"a\x1b[2Jb\u202ec\nd\re" in printed
    assert {*printed} & {*HOSTILE} <= {*"a[2Jbcde\n"}
    assert json.loads(table(scores.assign(checkpoint=HOSTILE), Format.json))[0]["checkpoint"] == HOSTILE


def test_names_that_are_compared_keep_to_their_line():
    one = {"first": HOSTILE, "second": "b", "n_images": 2, "difference": 0.0, "p": 1.0, "metric": "top1"}
    one |= dict.fromkeys(["value_first", "value_second", "ci_low", "ci_high"], 0.5)
    one |= {"image_set": "v1", "labels": "v1-real", "only_first": 1, "only_second": 1}
    printed = terminal.comparison(pd.DataFrame([one]), Format.table)
    assert len(printed.splitlines()) == 7
    assert {*printed} & {"\x1b", "\u202e", "\r"} == set()


def test_an_error_shows_what_a_terminal_would_obey(capsys):
    with pytest.raises(SystemExit):
        options.fail("there is no \x1b[2Jname")
    assert capsys.readouterr().err == "workbench: there is no \\x1b[2Jname\n"


def test_gpus_are_named(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert terminal.gpu() == "none that torch can use; inference runs on the CPU"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda i: f"GPU {i}")
    assert terminal.gpu() == "GPU 0, GPU 1"
