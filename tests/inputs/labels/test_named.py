"""Label sets by name, against the counts that the paper prints."""

import numpy as np
import pytest

from workbench.errors import InputError, UnknownNameError
from workbench.inputs import labels, sources
from workbench.inputs.labels import named


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
    [
        ("v1-original", "v1-real", 50_000, 50),
        ("v2-original", "v2-refined", 10_000, 10),
        ("v2-threshold", "v2-threshold", 10_000, 10),
        ("v2-top", "v2-top", 10_000, 10),
    ],
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


def test_a_label_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"absent\.json.*v1-real"):
        labels.load(str(tmp_path / "absent.json"))


def test_an_unknown_label_set_is_refused_with_the_nearest_name():
    with pytest.raises(UnknownNameError, match="did you mean 'v1-real'"):
        labels.load("v1-reel")


@pytest.mark.parametrize("name", ["v1-reel@0.5", "v2-refined@0.5", "v1-mturk@"])
def test_a_threshold_after_another_name_is_refused(name):
    with pytest.raises(UnknownNameError, match=f"there is no label set '{name}'.*v1-real@T"):
        labels.load(name)


def test_a_label_file_may_have_an_at_in_its_name(tmp_path):
    path = tmp_path / "mine@home.json"
    with pytest.raises(InputError, match="there is no file"):
        labels.load(str(path))
    path.write_text('{"a.png": [1]}')
    assert labels.load(str(path)).name == "mine@home"


def test_the_three_sets_of_imagenetv2_share_some_pictures(public_files):
    matched, threshold, top = (set(labels.load(f"v2-{name}").images) for name in ("original", "threshold", "top"))
    assert [len(a & b) for a, b in ((matched, threshold), (threshold, top), (matched, top))] == [3186, 4996, 3070]


def test_a_label_file_that_changed_is_read_again(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text('{"a.png": [1]}')
    assert labels.load(str(path)).labels("a.png") == [1]
    path.write_text('{"a.png": [2, 3]}')
    assert labels.load(str(path)).labels("a.png") == [2, 3]


def test_a_bare_name_is_a_label_set_and_what_has_a_suffix_a_file():
    with pytest.raises(UnknownNameError, match="there is no label set 'mine'"):
        labels.load("mine")


def test_a_source_that_is_missing_is_named(no_sources):
    named._named.cache_clear()
    with pytest.raises(sources.MissingSourceError, match="workbench fetch v2-refined"):
        labels.load("v2-refined")


def test_an_image_set_has_a_label_set_of_its_own_or_that_of_its_folders(public_files):
    assert labels.of(["x"], "v1").name == "v1-real"
    assert labels.of(["x"], "v2").name == "v2-refined"
    assert labels.of(["x"], "sample").name == "sample-original"
    assert [labels.of(["x"], name).name for name in ("v2-threshold", "v2-top")] == ["v2-threshold", "v2-top"]
    other = labels.of(["7/x.png"], "mine")
    assert (other.name, other.labels("7/x.png")) == ("folders", [7])


def test_known_labels_of_known_pictures(public_files):
    assert labels.load("v1-original").labels("ILSVRC2012_val_00000001") == [65]
    assert labels.load("v1-real").images[[0, -1]].tolist() == ["ILSVRC2012_val_00000001", "ILSVRC2012_val_00050000"]
    assert labels.load("v1-real").name == "v1-real"
