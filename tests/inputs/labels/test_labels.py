import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import DamagedFileError, InputError, UnknownNameError
from workbench.inputs import labels

MINE = {"a.png": [7, 3], "b/c.png": [], "d.png": [999], "e.png": [0, 5, 12]}
ids = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


def as_dict(found):
    return {image: found.labels(image) for image in found.images}


def write(path, mapping):
    rows = [(image, label) for image, row in mapping.items() for label in row or [None]]
    table = pd.DataFrame(rows, columns=["image", "class"]).astype({"class": "Int64"})
    if path.suffix == ".json":
        path.write_text(json.dumps(mapping))
    elif path.suffix == ".csv":
        table.to_csv(path, index=False)
    else:
        table.to_parquet(path)
    return path


# Numbers of images with 0, 1, ..., 5 and more than 5 labels: seed paper 002, Table 1.
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("v1-real", [3163, 39394, 5408, 1319, 411, 161, 144]),
        ("v2-refined", [129, 5083, 2385, 1306, 628, 237, 232]),
    ],
)
def test_label_counts_are_those_of_the_paper(public_files, name, expected):
    counts = labels.load(name).counts
    assert np.bincount(np.minimum(counts, 6), minlength=7).tolist() == expected


@pytest.mark.parametrize(
    ("name", "multi", "n", "per_class"),
    [("v1-original", "v1-real", 50_000, 50), ("v2-original", "v2-refined", 10_000, 10)],
)
def test_originals_have_one_label_each_and_the_ids_of_their_multi_labels(public_files, name, multi, n, per_class):
    original = labels.load(name)
    assert len(original) == n
    assert original.images.is_unique
    assert (original.counts == 1).all()
    assert (np.bincount(original.classes, minlength=1000) == per_class).all()
    assert set(original.images) == set(labels.load(multi).images)


def test_real_labels_line_up_with_their_images(public_files):
    real, original = labels.load("v1-real"), labels.load("v1-original")
    labelled = real.images[real.counts > 0]
    agree = real.table[real.rows(labelled), original.classes[original.rows(labelled)]]
    assert agree.mean() > 0.85  # a shift by one image would leave about 0.001


def test_sample_labels_are_in_the_file_names():
    sample = labels.load("sample-original")
    assert len(sample) == 20
    assert sample.labels("imagenet_01_559.jpg") == [559]


@pytest.mark.parametrize("suffix", [".json", ".csv", ".parquet"])
def test_a_label_file_is_read_whole(tmp_path, suffix):
    found = labels.read(write(tmp_path / f"mine{suffix}", MINE))
    assert found.name == "mine"
    assert as_dict(found) == {image: sorted(row) for image, row in MINE.items()}


@pytest.mark.parametrize("suffix", [".json", ".csv", ".parquet"])
def test_ids_of_a_label_file_become_canonical(tmp_path, suffix):
    path = write(tmp_path / f"mine{suffix}", {"val/ILSVRC2012_val_00000293.JPEG": [1]})
    assert labels.load(str(path)).images.tolist() == ["ILSVRC2012_val_00000293"]


@pytest.mark.parametrize("suffix", [".json", ".csv", ".parquet"])
@pytest.mark.parametrize("label", [1000, -1, 70_000])
def test_a_class_outside_0_to_999_is_refused_by_value(tmp_path, suffix, label):
    with pytest.raises(InputError, match=f"class {label};"):
        labels.read(write(tmp_path / f"mine{suffix}", {"a.png": [3, label]}))


@pytest.mark.parametrize(
    ("name", "contents", "error"),
    [
        ("cut.json", '{"a.png": [1', DamagedFileError),
        ("empty.json", "", DamagedFileError),
        ("latin.json", b"\xff\xfe", DamagedFileError),
        ("list.json", "[1, 2]", InputError),
        ("number.json", '{"a.png": 3}', InputError),
        ("words.json", '{"a.png": ["cat"]}', InputError),
        ("digits.json", '{"a.png": "12"}', InputError),  # a text is no list of class indices
        ("fraction.json", '{"a.png": [3.7]}', InputError),
        ("infinite.json", '{"a.png": [Infinity]}', InputError),
        ("huge.json", '{"a.png": [99999999999999999999]}', InputError),
        ("twice.json", '{"x/ILSVRC2012_val_00000001.JPEG": [1], "ILSVRC2012_val_00000001": [2]}', InputError),
        ("columns.csv", "image,klass\na.png,1\n", InputError),
        ("words.csv", "image,class\na.png,cat\n", InputError),
        ("fraction.csv", "image,class\na.png,3.7\n", InputError),
        ("infinite.csv", "image,class\na.png,inf\n", InputError),
        ("nameless.csv", "image,class\n,3\nb.png,4\n", InputError),
        ("wide.csv", "image,class\na.png,1,2\nb.png,3,4\n", InputError),  # pandas would take a.png as the index
        ("empty.csv", "", DamagedFileError),
        ("cut.parquet", b"PAR1cut", DamagedFileError),
        ("what.txt", "a.png 1", InputError),
    ],
)
def test_a_bad_label_file_is_refused_by_name(tmp_path, name, contents, error):
    path = tmp_path / name
    path.write_bytes(contents if isinstance(contents, bytes) else contents.encode())
    with pytest.raises(error, match=path.stem):
        labels.load(str(path))


def test_an_image_called_NA_keeps_its_labels(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("image,class\nNA,3\nnull,4\n")
    assert as_dict(labels.read(path)) == {"NA": [3], "null": [4]}


def test_a_label_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"absent\.json.*v1-real"):
        labels.load(str(tmp_path / "absent.json"))


def test_an_unknown_label_set_is_refused_with_the_nearest_name():
    with pytest.raises(UnknownNameError, match="did you mean 'v1-real'"):
        labels.load("v1-reel")


def test_a_label_file_that_changed_is_read_again(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text('{"a.png": [1]}')
    assert labels.load(str(path)).labels("a.png") == [1]
    path.write_text('{"a.png": [2, 3]}')
    assert labels.load(str(path)).labels("a.png") == [2, 3]


def test_rows_gives_minus_one_for_ids_it_lacks_and_does_not_mix_up_questions():
    found = labels.from_mapping("mine", {"a": [1], "b": [2], "c": []})
    assert found.rows(pd.Index(["c", "x", "a"])).tolist() == [2, -1, 0]
    assert found.rows(pd.Index(["b", "x", "a"])).tolist() == [1, -1, 0]
    assert found.rows(pd.Index(["b", "x", "a"])).tolist() == [1, -1, 0]


@given(st.dictionaries(ids, st.lists(st.integers(0, 999), max_size=8), max_size=12))
def test_labels_counts_and_table_say_the_same(mapping):
    found = labels.from_mapping("mine", mapping)
    expected = {image: sorted(set(row)) for image, row in mapping.items()}
    assert as_dict(found) == expected
    assert found.counts.tolist() == [len(row) for row in expected.values()]
    assert [np.flatnonzero(row).tolist() for row in found.table] == list(expected.values())
