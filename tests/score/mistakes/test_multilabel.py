"""Multi-label accuracy and ImageNet-M, on small files of the schema of human_accuracy_v3.0.0.json."""

import json
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import DamagedFileError, InputError, MissingSourceError
from workbench.inputs import classes, labels, sources
from workbench.inputs.labels import multilabel, named
from workbench.predict import store
from workbench.score import intervals
from workbench.score.mistakes import multilabel as scoring
from workbench.score.table import COLUMNS

V1 = "ILSVRC2012_val_{:08d}.JPEG"
WNIDS = classes.wnids()[:6]


@pytest.fixture
def annotations(tmp_path, monkeypatch):
    """Put a file of annotations in the place of the registered one; gives a function that writes it."""
    path = tmp_path / "human_accuracy_v3.0.0.json"

    def write(contents):
        path.write_text(contents if isinstance(contents, str) else json.dumps(contents))
        named._named.cache_clear()
        return path

    monkeypatch.setattr(sources, "locate", lambda name: {"imagenet-mistakes/human_accuracy_v3.0.0": path})
    yield write
    named._named.cache_clear()


SMALL = {
    "initial_annots": {
        V1.format(1): {"correct": [WNIDS[0], WNIDS[1]], "wrong": [WNIDS[5]]},
        V1.format(2): {"correct": [WNIDS[0]], "unclear": [WNIDS[2]]},
        V1.format(3): {"wrong": [WNIDS[1]]},  # nothing accepted: always a miss
        V1.format(4): {"correct": [WNIDS[3]]},
        V1.format(5): {"correct": [WNIDS[4]]},
        "a" * 40 + ".jpeg": {"correct": [WNIDS[4]]},  # of V2
    },
    "problematic_images": {V1.format(5): "blurred"},
    "imagenet_m": [V1.format(2), V1.format(3)],
}
IDS = [f"ILSVRC2012_val_{k:08d}" for k in range(1, 6)]


def test_accepted_classes_are_correct_or_unclear_of_v1_without_problematic(annotations):
    annotations(SMALL)
    wanted = labels.load("v1-multilabel")
    assert {image: wanted.labels(image) for image in wanted.images} == {
        IDS[0]: [0, 1],
        IDS[1]: [0, 2],
        IDS[2]: [],
        IDS[3]: [3],
    }
    assert labels.load("imagenet-m").images.tolist() == [IDS[1], IDS[2]]


def test_a_world_small_enough_to_count_by_hand(annotations):
    annotations(SMALL)
    predictions = store.from_arrays("net", "v1", IDS, np.array([[1], [2], [1], [0], [4]]))
    original = labels.from_mapping("one", {IDS[0]: [0], IDS[1]: [0], IDS[2]: [1], IDS[3]: [3], IDS[4]: [4]})
    value, n, low, high = scoring.accuracy(predictions, labels.load("v1-multilabel"), original)
    # class 0: both right; class 1: its one picture wrong; class 3: wrong
    assert (value, n) == (pytest.approx((1 + 0 + 0) / 3), 4)
    assert np.isnan([low, high]).all()  # two classes have one picture
    assert scoring.count(predictions, labels.load("imagenet-m")) == (0.5, 2, *intervals.wilson(1, 2))


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_multilabel_accuracy_equals_a_slow_reference(data):
    n = data.draw(st.integers(1, 15))
    ids = [f"i{k}" for k in range(n)]
    accepted = {image: sorted(data.draw(st.sets(st.integers(0, 5), max_size=3))) for image in ids}
    single = {image: data.draw(st.integers(0, 2)) for image in ids}
    best = {image: data.draw(st.integers(0, 5)) for image in ids}
    order = data.draw(st.permutations([*ids, "unannotated"]))
    predictions = store.from_arrays("net", "v1", order, np.array([[best.get(image, 0)] for image in order]))
    by_class = defaultdict(list)
    for image in ids:
        by_class[single[image]].append(best[image] in accepted[image])
    expected = np.mean([np.mean(hits) for hits in by_class.values()])
    original = labels.from_mapping("one", {image: [single[image]] for image in reversed(ids)})
    value, seen, low, high = scoring.accuracy(predictions, labels.from_mapping("many", accepted), original)
    assert (value, seen) == (pytest.approx(expected), n)
    if all(len(hits) > 1 for hits in by_class.values()):
        variances = [np.var(hits, ddof=1) / len(hits) for hits in by_class.values()]
        half = 1.959964 * np.sqrt(np.sum(variances)) / len(by_class)
        assert (low, high) == pytest.approx((max(0, expected - half), min(1, expected + half)), abs=1e-6)


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=68))
def test_imagenet_m_is_a_count(right):
    ids = [f"i{k}" for k in range(len(right))]
    predictions = store.from_arrays("net", "v1", ids, np.array([[1 if hit else 2] for hit in right]))
    value, n, low, high = scoring.count(predictions, labels.from_mapping("m", {image: [1] for image in ids}))
    assert round(value * n) == sum(right)
    assert low - 1e-12 <= value <= high + 1e-12


def test_predictions_become_a_score_table(annotations, monkeypatch, tmp_path):
    annotations(SMALL)
    original = labels.from_mapping("v1-original", {image: [0] for image in IDS})
    load = labels.load
    monkeypatch.setattr(labels, "load", lambda name: original if name == "v1-original" else load(name))
    predictions = store.from_arrays("net", "v1", IDS, np.array([[1], [2], [1], [0], [4]]), protocol="crop")
    table = scoring.score(predictions)
    assert table["metric"].tolist() == ["multilabel", "imagenet_m"]
    assert table["labels"].tolist() == ["v1-multilabel", "imagenet-m"]
    assert table["value"].tolist() == [0.5, 0.5]  # two of four; one of two
    assert table["n_images"].tolist() == [4, 2]
    assert (
        table[["checkpoint", "image_set", "protocol", "source"]].to_numpy().tolist()
        == [["net", "v1", "crop", "run"]] * 2
    )
    assert table.columns.tolist() == COLUMNS
    assert scoring.score(iter([predictions])).equals(table)
    store.write(replace(predictions, image_set="v2"), tmp_path / "predictions" / "b.parquet")
    store.write(predictions, tmp_path / "predictions" / "a.parquet")
    assert scoring.files(tmp_path / "predictions").equals(table)
    assert scoring.files(tmp_path / "predictions" / "a.parquet").equals(table)


def test_no_predictions_give_an_empty_table():
    assert len(scoring.files("")) == 0


def test_predictions_that_lack_an_annotated_picture_are_refused(annotations):
    annotations(SMALL)
    predictions = store.from_arrays("net", "v1", IDS[:3], np.array([[1], [2], [1]]))
    original = labels.from_mapping("one", {image: [0] for image in IDS})
    with pytest.raises(InputError, match="net on v1: 1 of the 4 pictures of 'v1-multilabel' have no prediction"):
        scoring.accuracy(predictions, labels.load("v1-multilabel"), original)


@pytest.mark.parametrize(
    ("contents", "message"),
    [('{"initial_annots": {', "truncated"), ([], "another format"), ({"initial_annots": {}}, "lacks imagenet_m, prob")],
)
def test_a_damaged_file_is_refused(annotations, contents, message):
    with pytest.raises(DamagedFileError, match=message):
        multilabel.read(annotations(contents))


def test_without_the_annotations_the_command_that_gets_them_is_named(no_sources):
    named._named.cache_clear()
    with pytest.raises(MissingSourceError, match="workbench fetch v1-multilabel"):
        labels.load("v1-multilabel")
