"""Leaderboards as printed: 22 rows of CodeSOTA, 5 of the overview; any other as CSV, Parquet or JSON."""

import json

import pandas as pd
import pytest

from workbench.errors import DamagedFileError, InputError
from workbench.inputs import committed
from workbench.inputs.published import documents, leaderboards


def test_codesota_has_22_rows_six_of_them_verified():
    table = documents.printed("leaderboard-codesota")
    assert table["rank"].tolist() == list(range(1, 23))
    assert table["top1"].iloc[[0, 2, 7, 18, 21]].tolist() == [91.00, 90.06, 88.63, 80.40, 76.15]
    assert table["top1"].sum() == pytest.approx(1879.86)
    verified = table[table["verified"] == "yes"]["model"].tolist()
    assert verified == [
        "EVA-02-L",
        "EVA-Giant",
        "InternImage-H",
        "SigLIP-SO400M",
        "ViT-H/14 CLIP (LAION-2B)",
        "ConvNeXt-XXLarge (CLIP LAION)",
    ]
    assert set(table["fetched"]) == {"2026-04-20"}


def test_the_overview_has_5_rows_and_marks_its_estimates():
    table = documents.printed("leaderboard-overview-2025")
    assert table["model"].tolist() == [
        "CoCa (finetuned)",
        "Model Soups (BASIC-L)",
        "Model Soups (ViT-G/14)",
        "DaViT-Giant",
        "ConvNeXt V2-Huge",
    ]
    assert table["top1"].tolist() == [91.0, 90.98, 90.94, 90.4, 88.9]
    assert table["parameters"].tolist() == ["2.1B", "~1B", "1.8B", "1.4B", "660M"]
    assert table["top5_estimate"].str.startswith("~").all()
    assert table["top5_error_estimate"].str.match("[<~]").all()


def test_both_come_as_fractions_with_their_parameters():
    table = leaderboards.published()
    assert len(table) == 27
    assert table["top1"].between(0.76, 0.911).all()
    assert table.groupby("leaderboard")["parameters"].count().to_dict() == {"codesota": 0, "overview-2025": 5}


def test_the_mapping_covers_every_entry_with_a_reason_and_known_checkpoints():
    mapping, entries = leaderboards.checkpoints(), leaderboards.published()
    keys = ["leaderboard", "model"]
    assert set(mapping[keys].itertuples(index=False)) == set(entries[keys].itertuples(index=False))
    assert mapping["reason"].str.len().min() > 15
    assert set(mapping["identity"]) == {"named", "candidate", "other", "none"}
    assert (mapping["checkpoint"].isna() == (mapping["identity"] == "none")).all()
    known = committed.table("timm-results")[["checkpoint", "img_size"]].itertuples(index=False)
    wanted = mapping.dropna(subset="checkpoint")[["checkpoint", "img_size"]].itertuples(index=False)
    assert set(wanted) <= set(known)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "model,top1\nx,80.5\ny,70\n"),
        ("a.csv", "Name,Top-1 accuracy\nx,80.5%\ny,70 %\n"),
        ("a.csv", "checkpoint,score\nx,0.805\ny,0.7\n"),
        ("a.json", '[{"model": "x", "acc1": 80.5}, {"model": "y", "acc1": 70}]'),
        ("a.json", '{"x": 0.805, "y": 0.7}'),
        ("a.csv", "name, model ,top1,acc\nn, x ,80.5,1\nm, y ,70,2\n"),  # the first of the columns that fit
    ],
)
def test_any_leaderboard_is_read_alike(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    table = leaderboards.read(tmp_path / name)
    assert table["leaderboard"].unique().tolist() == ["a"]
    assert table["model"].tolist() == ["x", "y"]
    assert table["top1"].tolist() == pytest.approx([0.805, 0.7])
    assert table["rank"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("scores", "fractions"),
    [((1, 0.5), [1, 0.5]), ((1.01, 0.5), [0.0101, 0.005]), ((100, 0), [1, 0]), (("76.1234567%", 0), [0.761235, 0])],
)
def test_a_column_that_ends_at_one_holds_fractions_and_any_other_percent(tmp_path, scores, fractions):
    (tmp_path / "a.csv").write_text(f"model,top1\nx,{scores[0]}\ny,{scores[1]}\n")
    assert leaderboards.read(tmp_path / "a.csv")["top1"].tolist() == fractions


def test_ranks_are_given_or_those_of_the_scores_and_marks_and_parameters_stay(tmp_path):
    (tmp_path / "a.csv").write_text("model,top1\nx,70\ny,80\nz,80\nw,60\n")
    table = leaderboards.read(tmp_path / "a.csv")
    assert table["rank"].tolist() == [3, 1, 1, 4]
    assert table["verified"].isna().all()
    assert table["parameters"].isna().all()
    text = "model,top1,rank,verified,parameters\nx,70,5,yes,~1B\ny,80,7,no,86.5M\nz,60,8,,12\nw,50,9,yes,many\n"
    (tmp_path / "a.csv").write_text(text)
    table = leaderboards.read(tmp_path / "a.csv")
    assert table["rank"].tolist() == [5, 7, 8, 9]
    assert table["verified"].tolist()[:2] == ["yes", "no"]
    assert table["parameters"].tolist()[:3] == [1000, 86.5, 12]
    assert table["parameters"].isna().tolist() == [False, False, False, True]


def test_a_parquet_leaderboard_is_read_too(tmp_path):
    pd.DataFrame({"model": ["x"], "accuracy": [12.5]}).to_parquet(tmp_path / "a.parquet")
    assert leaderboards.read(tmp_path / "a.parquet")["top1"].tolist() == [0.125]


@pytest.mark.parametrize(
    ("name", "text", "error", "message"),
    [
        ("a.csv", "model,colour\nx,red\n", InputError, "no column for the score .*model, colour"),
        ("a.csv", "who,top1\nx,80\n", InputError, "no column for the model"),
        ("a.csv", "model,top1\nx,80\nx,81\n", InputError, "'x' twice"),
        ("a.csv", "model,top1\nx,good\n", InputError, "'good' for 'x'"),
        ("a.csv", "model,top1\n", InputError, "no row as score"),
        ("a.json", '[{"model": "x", "top1": 1}, 3]', InputError, "no leaderboard"),
        ("a.csv", "model,top1\nx,101\n", InputError, "101"),
        ("a.csv", "model,top1\nx,-1\n", InputError, "-1"),
        ("a.csv", "model,top1\nx\n", InputError, "as wide as the header"),
        ("a.json", '[{"model": "x"', DamagedFileError, "truncated"),
        ("a.json", "[]", InputError, "no leaderboard"),
        ("a.json", "3", InputError, "no leaderboard"),
    ],
)
def test_what_is_no_leaderboard_is_refused_with_the_reason(tmp_path, name, text, error, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(error, match=message):
        leaderboards.read(tmp_path / name)


@pytest.mark.parametrize("name", ["no.csv", "no.json"])
def test_a_missing_file_is_named(tmp_path, name):
    with pytest.raises(InputError, match="there is no file"):
        leaderboards.read(tmp_path / name)


def test_json_may_hold_more_than_is_asked_for(tmp_path):
    rows = [{"model": "x", "top1": 50, "notes": ["a"], "parameters": "1.5B"}]
    (tmp_path / "a.json").write_text(json.dumps(rows))
    assert leaderboards.read(tmp_path / "a.json")["parameters"].tolist() == [1500.0]
