"""A label set says the same as lists, counts and table, and knows what it lacks."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.inputs import labels

ids = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


def test_rows_gives_minus_one_for_ids_it_lacks_and_does_not_mix_up_questions():
    found = labels.from_mapping("mine", {"a": [1], "b": [2], "c": []})
    assert found.rows(pd.Index(["c", "x", "a"])).tolist() == [2, -1, 0]
    assert found.rows(pd.Index(["b", "x", "a"])).tolist() == [1, -1, 0]
    assert found.rows(pd.Index(["b", "x", "a"])).tolist() == [1, -1, 0]


@given(st.dictionaries(ids, st.lists(st.integers(0, 999), max_size=8), max_size=12))
def test_labels_counts_and_table_say_the_same(mapping):
    found = labels.from_mapping("mine", mapping)
    expected = {image: sorted(set(row)) for image, row in mapping.items()}
    assert found.mapping() == {image: found.labels(image) for image in found.images} == expected
    assert found.counts.tolist() == [len(row) for row in expected.values()]
    assert [np.flatnonzero(row).tolist() for row in found.table] == list(expected.values())


def test_rows_of_refuses_what_it_lacks_with_the_number():
    found = labels.from_mapping("mine", {"a": [1], "b": [2]})
    assert found.rows_of(["b", "a"]).tolist() == [1, 0]
    with pytest.raises(InputError, match="2 pictures are not in label set 'mine'"):
        found.rows_of(["x", "a", "y"])


def test_labels_of_an_image_that_it_lacks_are_refused():
    found = labels.from_mapping("mine", {"a": [1], "b": []})
    assert (found.labels("b"), len(found)) == ([], 2)
    with pytest.raises(InputError, match="image 'x' is not in label set 'mine', which has 2 images"):
        found.labels("x")


def test_the_same_question_is_looked_up_once():
    found = labels.from_mapping("mine", {"a": [1], "b": [2]})
    question = pd.Index(["b"])
    first = found.rows(question)
    assert found.rows(question) is first
    assert found.rows(pd.Index(["b"])) is first
    assert found.rows(pd.Index(["a"])).tolist() == [0]


@pytest.mark.parametrize("label", [-1, 1000, 3.0, "3", True, None])
def test_what_is_no_class_index_is_refused(label):
    with pytest.raises(InputError, match=f"label set 'mine' has class {label}; expected class indices from 0 to 999"):
        labels.from_mapping("mine", {"a": [3, label]})


def test_the_first_and_the_last_class_and_numpys_numbers_are_taken():
    assert labels.from_mapping("mine", {"a": [0, np.int64(999), 0]}).labels("a") == [0, 999]


def test_an_empty_id_is_refused():
    with pytest.raises(InputError, match="'mine' has an empty image id"):
        labels.from_mapping("mine", {"a": [1], "": [2]})


def test_a_label_set_is_written_as_plain_json_and_read_again(tmp_path):
    mapping = {"a.png": [3, 7], "é.png": [], "b": [999]}
    labels.write(labels.from_mapping("mine", mapping), tmp_path / "new" / "mine.json")
    assert json.loads((tmp_path / "new" / "mine.json").read_text()) == mapping
    again = labels.read(tmp_path / "new" / "mine.json")
    assert (again.name, again.mapping()) == ("mine", mapping)


def test_a_picture_of_v1_or_v2_is_found_by_its_name_whatever_folder_its_id_keeps():
    sha1 = "0ccba4f5e3ea53b7ba2b1d4fb4a1de1e3b2c9a10"
    found = labels.from_mapping("mine", {sha1: [3], "robin.jpg": [15], "7/kite.jpg": [21]})
    asked = [f"7/{sha1}", sha1, "7/robin.jpg", "robin.jpg", "7/kite.jpg", "kite.jpg"]
    assert found.rows(pd.Index(asked, dtype="str")).tolist() == [0, 0, -1, 1, 2, -1]
    assert found.labels(f"7/{sha1}") == [3]
    assert [image in found for image in asked] == [True, True, False, True, True, False]
