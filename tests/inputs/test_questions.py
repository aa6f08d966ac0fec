import json
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from workbench.errors import DamagedFileError, InputError
from workbench.inputs import labels, prompts, questions
from workbench.inputs.images import v1_id
from workbench.inputs.prompts import Prompts

NAMES = Prompts(tuple(f"name {i}" for i in range(1000)), ())
ONES = labels.from_mapping("ones", {v1_id(i): [i * 7 % 1000] for i in range(1, 3001)})
MANY = labels.from_mapping("many", {v1_id(i): [i * 7 % 1000, *range(100)] for i in range(1, 3001)})


@pytest.fixture(scope="module")
def drawn():
    return questions.draw("v1", ONES, NAMES)


def test_draws_are_those_of_every_machine_and_version(drawn):
    assert drawn.options[0].tolist() == [612, 94, 897, 380, 7, 98, 992, 120, 549, 454]
    assert drawn.answers[:12].tolist() == [4, 4, 5, 5, 3, 4, 3, 2, 1, 8, 2, 4]
    assert drawn.digest == "f8effd902cde82d7774f1d3858f165ef2616b72c85c4795824e6fc3a6b0449ad"


def test_questions_on_v1_are_the_pinned_ones(public_files):
    ours = questions.draw("v1", labels.load("v1-original"), prompts.choose())
    assert ours.digest == "4c884fcd00b78f8f6201e1f798363f0d3fba23520abf618c7506b408d740d1ba"
    assert ours.choices == {
        **{"seed": 42, "distractors": "any", "class_names": "unique", "original": "v1-original", "valid": None}
    }


@given(st.permutations(range(1, 41)), st.integers(1, 40))
def test_order_and_subset_change_no_question(order, n):
    images = [v1_id(i) for i in order[:n]]
    some, whole = questions.draw("v1", ONES, NAMES, images=images), questions.draw("v1", ONES, NAMES)
    rows = [i - 1 for i in order[:n]]
    assert some.images == tuple(images)
    assert np.array_equal(some.options, whole.options[rows])
    assert np.array_equal(some.answers, whole.answers[rows])


def test_the_folder_of_a_picture_changes_no_question(drawn):
    moved = questions.draw("mine", ONES, NAMES, images=[f"n01440764/{v1_id(5)}"])
    assert np.array_equal(moved.options[0], drawn.options[4])


def test_another_seed_and_another_picture_ask_otherwise(drawn):
    other = questions.draw("v1", ONES, NAMES, seed=43)
    assert (other.options != drawn.options).any(axis=1).all()
    assert len({tuple(row) for row in drawn.options.tolist()}) == len(drawn)


@pytest.mark.parametrize("distractors", questions.DISTRACTORS)
def test_the_right_option_is_one_of_ten_distinct_and_equally_likely_at_each_letter(distractors):
    ours = questions.draw("v1", ONES, NAMES, distractors=distractors, valid=MANY)
    assert np.array_equal(ours.options[np.arange(3000), ours.answers], ONES.classes)
    assert all(len(set(row)) == 10 for row in ours.options.tolist())
    assert chisquare(np.bincount(ours.answers, minlength=10)).pvalue > 0.01


def test_every_other_class_is_an_equally_likely_distractor(drawn):
    wrong = drawn.options[np.arange(10) != drawn.answers[:, None]]
    assert chisquare(np.bincount(wrong, minlength=1000)).pvalue > 0.01


def test_invalid_distractors_are_never_valid_and_any_are():
    invalid = questions.draw("v1", ONES, NAMES, distractors="invalid", valid=MANY)
    wrong = np.arange(10) != invalid.answers[:, None]
    assert not (MANY.table[np.arange(3000)[:, None], invalid.options] & wrong).any()
    anyhow = questions.draw("v1", ONES, NAMES, valid=MANY)
    assert MANY.table[np.arange(3000)[:, None], anyhow.options].mean() > 0.15
    assert (invalid.choices["valid"], anyhow.choices["valid"]) == ("many", None)


def test_where_no_other_label_is_valid_the_question_stays(drawn):
    same = questions.draw("v1", ONES, NAMES, distractors="invalid", valid=ONES)
    assert np.array_equal(same.options, drawn.options)


def test_a_question_reads_as_a_model_is_asked():
    lines = questions.draw("v1", ONES, NAMES).text(0).splitlines()
    assert lines[0] == "Which of these does the picture show?"
    assert lines[1:3] == ["A. name 612", "B. name 94"]
    assert lines[10] == "J. name 454"
    assert lines[11:] == ["Answer with the letter of the right option only."]


def test_a_file_gives_back_what_was_written(drawn, tmp_path):
    questions.write(drawn, tmp_path / drawn.file_name)
    assert drawn.file_name == f"questions--v1--{drawn.digest[:12]}.parquet"
    again = questions.read(tmp_path / drawn.file_name)
    assert (again.digest, again.images, again.names) == (drawn.digest, drawn.images, drawn.names)
    assert (again.image_set, again.choices) == ("v1", drawn.choices)
    assert np.array_equal(again.options, drawn.options)
    assert again.options.dtype == np.uint16
    assert np.array_equal(again.answers, drawn.answers)
    assert again.answers.dtype == np.uint8
    assert questions.is_questions(tmp_path / drawn.file_name)


def test_the_digest_is_of_all_that_is_asked(drawn):
    swapped = replace(drawn, options=drawn.options[:, ::-1].copy())
    renamed = replace(drawn, names=("other", *drawn.names[1:]))
    other_key = replace(drawn, answers=(drawn.answers + 1) % 10)
    other_images = replace(drawn, images=(*drawn.images[1:], drawn.images[0]))
    assert len({one.digest for one in (drawn, swapped, renamed, other_key, other_images)}) == 5


@pytest.mark.parametrize("column", ["image", "options", "answer"])
def test_a_file_that_was_changed_is_refused(drawn, tmp_path, column):
    path = tmp_path / "changed.parquet"
    questions.write(drawn, path)
    table = pq.read_table(path)
    turned = table.column(column).take(list(range(len(table)))[::-1])
    changed = table.set_column(table.column_names.index(column), column, turned)
    pq.write_table(changed.replace_schema_metadata(table.schema.metadata), path)
    with pytest.raises(DamagedFileError, match=r"holds other questions.*draw them again"):
        questions.read(path)


@pytest.mark.parametrize("change", [{"seed": 43}, {"distractors": "invalid"}, {"valid": "v1-real"}])
def test_how_questions_were_drawn_is_not_changed_unseen(drawn, tmp_path, change):
    path = tmp_path / "changed.parquet"
    questions.write(drawn, path)
    table = pq.read_table(path)
    kept = json.loads(table.schema.metadata[b"workbench-questions"])
    for sha256 in (kept.pop("choices_sha256"), None):  # a file of an earlier version has none, and is read
        choices = {"choices": kept["choices"] | change} | ({"choices_sha256": sha256} if sha256 else {})
        pq.write_table(table.replace_schema_metadata({"workbench-questions": json.dumps(kept | choices)}), path)
        if sha256 is None:
            assert questions.read(path).choices == drawn.choices | change
            continue
        with pytest.raises(DamagedFileError, match=r"changed\.parquet is damaged: it tells of other choices"):
            questions.read(path)


def test_what_is_no_file_of_questions_is_refused(drawn, tmp_path):
    path = tmp_path / "foreign.parquet"
    questions.write(drawn, path)
    pq.write_table(pq.read_table(path).replace_schema_metadata(None), path)
    with pytest.raises(DamagedFileError, match="is it a file of questions"):
        questions.read(path)
    assert not questions.is_questions(path)
    metadata = {b"workbench-questions": json.dumps({"digest": drawn.digest}).encode()}
    pq.write_table(pq.read_table(path).replace_schema_metadata(metadata), path)
    with pytest.raises(DamagedFileError, match="is it a file of questions"):
        questions.read(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DamagedFileError, match="is it a file of questions"):
        questions.read(path)
    with pytest.raises(InputError, match=r"no file of questions .*none\.parquet"):
        questions.read(tmp_path / "none.parquet")


def test_what_makes_no_question_is_refused():
    two = labels.from_mapping("two", {"a": [1, 2], "b": [3], "c": []})
    with pytest.raises(InputError, match="2 pictures have not one label in 'two', a among them"):
        questions.draw("mine", two, NAMES)
    with pytest.raises(InputError, match="1 picture is named twice"):
        questions.draw("mine", two, NAMES, images=["b", "b"])
    with pytest.raises(InputError, match="distractors are 'random'; expected one of any, invalid"):
        questions.draw("mine", two, NAMES, distractors="random")
    with pytest.raises(InputError, match="need the set of valid labels"):
        questions.draw("mine", two, NAMES, images=["b"], distractors="invalid")
    with pytest.raises(InputError, match="not in label set 'ones'"):
        questions.draw("mine", two, NAMES, images=["b"], distractors="invalid", valid=ONES)
    full = labels.from_mapping("full", {"b": range(992)})
    with pytest.raises(InputError, match="b has 992 valid labels"):
        questions.draw("mine", two, NAMES, images=["b"], distractors="invalid", valid=full)
