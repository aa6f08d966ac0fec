"""Pools of checkpoints: the numbers of the paper, of the public predictions, and of a folder.

Pinned: 315 checkpoints of Tables 4-10; ResNet-50 on V1 and V2 by the public predictions.
"""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from workbench.errors import InputError
from workbench.inputs import labels, questions
from workbench.inputs.published import documents
from workbench.predict import store
from workbench.predict.asking import answers, parsing
from workbench.score import intervals, pools, table


@pytest.fixture(scope="module")
def recht():
    return pools.recht2019()


@pytest.mark.parametrize(
    ("image_set", "metric", "percent"),
    [
        ("v1", "top1", 76.13),
        ("v1", "real", 82.96),
        ("v1", "asma", 58.88),
        ("v2", "top1", 63.33),
        ("v2", "real", 75.37),
        ("v2", "asma", 54.44),
    ],
)
def test_resnet50(recht, image_set, metric, percent):
    row = table.select(recht[recht["checkpoint"] == "resnet50"], metric, image_set)
    assert round(100 * row["value"].item(), 2) == percent


def test_the_committed_scores_are_what_the_public_files_give(public_files, recht):
    pd.testing.assert_frame_equal(pools.recht2019(recompute=True), recht)


@pytest.mark.filterwarnings("error")
def test_without_the_sources_committed_scores_are_there_and_recomputing_says_what_is_missing(no_sources, recht):
    pd.testing.assert_frame_equal(pools.recht2019(), recht)
    with pytest.warns(UserWarning, match=r"workbench fetch recht2019 v1-images.*committed scores are used instead"):
        frame = pools.recht2019(recompute=True)
    pd.testing.assert_frame_equal(frame, recht)


def test_published_scores_are_the_printed_percents():
    frame, printed = pools.published(), documents.printed("tables-04-10-checkpoints")
    assert frame.columns.tolist() == table.COLUMNS
    assert frame.index.tolist() == list(range(315 * 7))
    assert frame["protocol"].unique().tolist() == ["resize"]
    assert frame["source"].unique().tolist() == ["published"]
    assert frame["label_count"].isna().all()
    for column, labels_, n in (
        ("top1_v1", "v1-real", 50_000),
        ("top1_v2", "v2-refined", 10_000),
        ("real_v1", "v1-real", 46_837),
        ("real_v2", "v2-refined", 9_871),
        ("asma_v1", "v1-real", 46_693),
        ("asma_v2", "v2-refined", 9_639),
        ("asma_patchml", "patchml", pd.NA),
    ):
        metric, image_set = column.split("_")
        part = table.select(frame, metric, image_set)
        assert part["checkpoint"].tolist() == printed["checkpoint"].tolist()
        np.testing.assert_allclose(100 * part["value"], printed[column])
        assert part["labels"].unique().tolist() == [labels_]
        assert part["n_images"].unique().tolist() == [n]
        if metric == "asma":
            assert part[["ci_low", "ci_high"]].isna().all(axis=None)
        else:
            low, high = intervals.wilson(printed[column] / 100 * n, n)
            np.testing.assert_allclose(part[["ci_low", "ci_high"]], np.stack([low, high], axis=1), atol=1e-6)


def test_an_empty_folder_parameter_gives_no_rows():
    assert pools.folder("").empty
    assert pools.folder("").columns.tolist() == table.COLUMNS


@pytest.fixture
def folder(tmp_path, public_files):
    """Predictions of the classes 0 to 4 for every picture of V2."""
    images = labels.load("v2-refined").images
    classes = np.tile(np.arange(5), (len(images), 1))
    store.write(store.from_arrays("net", "v2", images, classes), tmp_path / "inner" / "net.parquet")
    return tmp_path


@pytest.mark.filterwarnings("error")
def test_a_folder_of_predictions_is_scored(folder):
    scored = pools.folder(folder)
    assert set(scored["metric"]) == {"top1", "real", "subgroup", "asma"}
    assert scored.loc[scored["metric"] == "subgroup", "label_count"].tolist() == [1, 2, 3, 4, 5]
    two = pools.folder(folder, label_counts=[2])
    assert two.loc[two["metric"] == "subgroup", "label_count"].tolist() == [2]


def test_what_is_neither_v1_nor_v2_is_left_out_with_a_warning_or_refused(folder, tmp_path):
    other = store.from_arrays("net", "sample", ["a"], np.array([[1]]))
    store.write(other, folder / "x" / "other.parquet")
    with pytest.warns(UserWarning, match="predictions on sample are left out here"):
        assert set(pools.folder(folder)["image_set"]) == {"v2"}
    with pytest.raises(InputError, match="holds no predictions on v1 or v2"):
        pools.folder(folder / "x")


def test_top_1_alone_gives_what_top_1_suffices_for(folder):
    whole = store.read(folder / "inner" / "net.parquet")
    store.write(replace(whole, classes=whole.classes[:, :1]), folder / "inner" / "net.parquet")
    with pytest.warns(
        UserWarning, match="net on v2: only the top-1 of each image is stored; subgroup accuracy at 2, 3"
    ):
        scored = pools.folder(folder)
    assert set(scored["metric"]) == {"top1", "real", "subgroup"}
    with pytest.raises(InputError, match="only the top-1 are stored"):
        pools.folder(folder, label_counts=[1, 2])


def test_a_part_of_v2_is_told(folder):
    whole = store.read(folder / "inner" / "net.parquet")
    store.write(whole.take(np.arange(9_000)), folder / "inner" / "net.parquet")
    with pytest.warns(UserWarning, match="net on v2: 9,000 of the 10,000 images are there"):
        assert table.select(pools.folder(folder), "top1", "v2")["n_images"].item() == 9_000


LETTERS_GIVEN = [0, 1, -1, 1]  # the right ones are 0, 1, 2, 3: two right, one wrong, one without a letter


@pytest.fixture
def mixed(tmp_path):
    """Predictions and answers, the questions in another folder; returns what writes answers."""
    pictures = ("a", "b", "c", "d")
    names = tuple(f"name {i}" for i in range(1000))
    asked = questions.Questions(
        "few", pictures, np.tile(np.arange(10, dtype="u2"), (4, 1)), np.arange(4, dtype="u1"), names, {}
    )
    questions.write(asked, tmp_path / "asked" / asked.file_name)
    store.write(
        store.from_arrays("net", "few", pictures, np.array([[0, 1]] * 4)), tmp_path / "deep" / "er" / "net.parquet"
    )

    def write(model="vlm", digest=asked.digest, letters=LETTERS_GIVEN, where="answers"):
        none = [letter < 0 for letter in letters]
        one = answers.Answers(
            model,
            "few",
            "generate",
            pictures,
            texts=("A",) * 4,
            letters=np.array(letters, "i1"),
            outcomes=tuple("unparsed" if lost else "letter" for lost in none),
            tokens=np.ones(4, "i4"),
            seconds=np.ones(4, "f4"),
            provenance={"key": {"questions": digest}, "parser": parsing.VERSION},
        )
        answers.write(one, tmp_path / where / one.file_name)
        return tmp_path / where / one.file_name

    write()
    (tmp_path / "few.json").write_text(json.dumps({"a": [0], "b": [0], "c": [1], "d": [0, 7]}))
    return write


@pytest.mark.filterwarnings("error:.*more than once")
@pytest.mark.filterwarnings("ignore:.*only the top-2")
def test_predictions_and_answers_become_one_table(mixed, tmp_path):
    found = pools.collect(tmp_path, str(tmp_path / "few.json"))
    assert (found.left_out, found.unfinished) == ({}, [])
    assert found.scores.columns.tolist() == table.COLUMNS
    assert found.scores["label_count"].dtype == "Int64"
    whole = found.scores[found.scores["label_count"].isna()].set_index(["checkpoint", "metric"])["value"]
    assert whole.to_dict() == {
        ("vlm", "mc"): 0.5,
        ("vlm", "mc_guessed"): 0.525,
        ("vlm", "parse_rate"): 0.75,
        ("net", "real"): 0.75,
    }
    own = found.scores.query("checkpoint == 'vlm'")
    assert own["protocol"].unique().tolist() == ["generate"]
    one = pools.collect(tmp_path / "deep" / "er" / "net.parquet", str(tmp_path / "few.json"))
    assert one.scores["checkpoint"].unique().tolist() == ["net"]


@pytest.mark.filterwarnings("ignore:.*only the top-2")
def test_what_cannot_be_scored_is_named_and_ends_nothing(mixed, tmp_path):
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "deep" / "er" / "net.parquet").read_bytes()[:-9])
    pd.DataFrame({"image": ["a"]}).to_parquet(tmp_path / "foreign.parquet")
    strange = mixed("strange", digest="0123456789abcdef")
    (tmp_path / "folder.parquet").mkdir()
    found = pools.collect(tmp_path, str(tmp_path / "few.json"))
    assert set(found.scores["checkpoint"]) == {"net", "vlm"}
    for file, why in (
        (tmp_path / "cut.parquet", "is it truncated"),
        (tmp_path / "foreign.parquet", "is no predictions file"),
        (strange, r"put questions--few--0123456789ab\.parquet beside"),
    ):
        assert re.search(why, found.left_out.pop(file))
    assert found.left_out == {}
    unlabelled = pools.collect(tmp_path).left_out[tmp_path / "deep" / "er" / "net.parquet"]
    assert "image set 'few' has no label set of its own" in unlabelled


def test_changed_questions_are_named_and_their_answers_with_them(mixed, tmp_path):
    (asked,) = (tmp_path / "asked").iterdir()
    kept = questions.read(asked)
    data = pq.read_table(asked)
    pq.write_table(data.set_column(2, "answer", data["answer"].take([1, 0, 2, 3])), asked)
    found = pools.collect(tmp_path / "answers")
    assert "are not at hand" in next(iter(found.left_out.values()))
    found = pools.collect(tmp_path)
    assert f"than were written ({kept.digest[:12]})" in found.left_out[asked]
    assert [path.parent.name for path in found.left_out] == ["asked", "answers", "er"]


def test_a_run_that_has_not_ended_is_named(mixed, tmp_path):
    (tmp_path / "deep" / ".partial").mkdir()
    for name in ("other", "er/net"):
        journal = tmp_path / "deep" / Path(name).parent / ".partial" / f"{Path(name).name}.journal"
        journal.parent.mkdir(exist_ok=True)
        journal.write_bytes(b"{}\n")
    assert pools.collect(tmp_path).unfinished == [tmp_path / "deep" / "other.parquet"]


def test_what_is_there_twice_is_told(mixed, tmp_path):
    mixed(where="again")
    with pytest.warns(UserWarning, match=r"vlm on few \(generate, run\) is there more than once"):
        assert len(pools.collect(tmp_path).scores) == 6


def test_a_folder_that_is_not_there_is_refused_and_an_empty_one_gives_no_rows(tmp_path):
    with pytest.raises(InputError, match="there is no folder"):
        pools.collect(tmp_path / "absent")
    assert pools.collect(tmp_path).scores.columns.tolist() == table.COLUMNS


def test_answers_and_questions_may_lie_among_predictions(mixed, tmp_path):
    assert [one.checkpoint for one in store.read_all(tmp_path)] == ["net"]
    with pytest.raises(InputError, match=r"holds answers to questions, no predictions; 'workbench collect' scores"):
        store.read(mixed())


def test_open_clips_results_are_scores_by_its_own_transform():
    frame = pools.open_clip()
    assert frame.columns.tolist() == table.COLUMNS
    assert len(frame) == 2 * 121
    assert frame[["protocol", "source", "metric"]].drop_duplicates().to_numpy().tolist() == [
        ["crop", "open_clip", "top1"]
    ]
    rows = frame.set_index(["checkpoint", "image_set"]).loc["clip:ViT-B-32/laion2b_s34b_b79k"]
    for image_set, value, n in (("v1", 0.6656, 50_000), ("v2", 0.5814, 10_000)):
        low, high = intervals.wilson(value * n, n)
        assert rows.loc[image_set, ["value", "n_images"]].tolist() == [value, n]
        assert rows.loc[image_set, ["ci_low", "ci_high"]].tolist() == pytest.approx([low, high], abs=1e-6)
