"""What checkpoints get right on each image: the record, its packing, and the scores that follow from it."""

from dataclasses import replace

import numpy as np
import pytest

from workbench.errors import InputError
from workbench.inputs.labels import from_mapping
from workbench.predict.imports import recht2019
from workbench.predict.store import from_arrays
from workbench.score import pools, table
from workbench.score.paired import bootstrap, correctness

LABELS = from_mapping("mine", {"a": [1, 2], "b": [3], "c": [], "d": [0, 1, 2, 3, 4, 5], "e": [2, 7, 9]})
ORIGINAL = from_mapping("single", {"a": [2], "b": [3], "c": [5], "d": [0], "e": [7]})
CLASSES = {"a": [1, 2, 3], "b": [9, 3, 1], "c": [5, 6, 7], "d": [0, 1, 8], "e": [9, 8, 2]}


def predicted(name="net", classes=CLASSES, image_set="v1"):
    return from_arrays(
        image_set=image_set, checkpoint=name, images=list(classes), classes=np.array([*classes.values()])
    )


def test_images_stand_in_the_order_of_their_class_and_what_is_right_on_each():
    found = correctness.of([predicted()], LABELS, ORIGINAL)
    assert found.classes.tolist() == [0, 2, 3, 5, 7]  # d, a, b, c, e
    assert found.label_counts.tolist() == [6, 2, 1, 0, 3]
    assert found.confirmed.tolist() == [True, True, True, False, True]
    assert found.top1[:, 0].tolist() == [True, False, False, True, False]
    assert found.real[:, 0].tolist() == [True, True, False, False, True]
    assert found.found[:, 0].tolist() == [0, 2, 0, 0, 2]  # of 6 labels three are too few classes to tell
    assert (found.depth, len(found), found.checkpoints, found.image_set) == (3, 5, ("net",), "v1")
    assert found.credit("subgroup")[:, 0].tolist() == pytest.approx([0, 1, 0, 0, 2 / 3])
    assert found.credit("top1").dtype == found.credit("subgroup").dtype == np.float32


def test_images_of_one_class_stand_in_the_order_of_their_ids_whatever_that_of_the_file():
    same = from_mapping("single", {image: [2] for image in CLASSES})
    turned = dict(reversed(CLASSES.items()))
    one, other = (correctness.of([predicted(classes=part)], LABELS, same) for part in (CLASSES, turned))
    assert one.label_counts.tolist() == other.label_counts.tolist() == [2, 1, 0, 6, 3]
    assert (one.real == other.real).all()


def test_several_checkpoints_need_the_same_images_of_one_set_once_each():
    fewer = {image: row for image, row in CLASSES.items() if image != "b"}
    with pytest.raises(InputError, match="other lacks 1 of the 5 images"):
        correctness.of([predicted(), predicted("other", fewer)], LABELS, ORIGINAL)
    with pytest.raises(InputError, match="different checkpoints on one image set; given were net on v1, net on v1"):
        correctness.of([predicted(), predicted()], LABELS, ORIGINAL)
    with pytest.raises(InputError, match="one image set; given were net on v1, other on v2"):
        correctness.of([predicted(), predicted("other", image_set="v2")], LABELS, ORIGINAL)
    with pytest.raises(InputError, match="'mine' has no single labels"):
        correctness.of([predicted()], LABELS)


def test_images_that_a_label_set_lacks_are_left_out():
    known = from_mapping("mine", {"b": [3], "e": [2, 7]})
    found = correctness.of([predicted()], known, ORIGINAL)
    assert found.classes.tolist() == [3, 7]


def test_both_sets_hold_the_checkpoints_that_have_both_in_one_order(monkeypatch):
    monkeypatch.setattr(correctness.labels, "of", lambda images, image_set: LABELS)
    monkeypatch.setattr(correctness, "original_of", lambda labelled: ORIGINAL)
    given = [("a", "v1"), ("b", "v1"), ("c", "v1"), ("c", "v2"), ("a", "v2"), ("d", "v2"), ("a", "v3")]
    v1, v2 = correctness.on_both([predicted(name, image_set=where) for name, where in given])
    assert v1.checkpoints == v2.checkpoints == ("a", "c")
    assert (v1.image_set, v2.image_set) == ("v1", "v2")
    with pytest.raises(InputError, match="no checkpoint has predictions on both v1 and v2"):
        correctness.on_both([predicted("a"), predicted("b", image_set="v2")])


def test_some_checkpoints_can_be_taken_in_any_order():
    v1, _ = correctness.recht2019()
    two = v1.take(["vgg16", "alexnet"])
    assert two.checkpoints == ("vgg16", "alexnet")
    for name in ("top1", "real", "found"):
        expected = np.column_stack([getattr(v1, name)[:, v1.checkpoints.index(one)] for one in two.checkpoints])
        assert (getattr(two, name) == expected).all()
    with pytest.raises(InputError, match="'nothing' is none of the 67 checkpoints on v1"):
        v1.take(["alexnet", "nothing"])


def test_some_images_can_be_taken():
    v1, _ = correctness.recht2019()
    some = v1.only(v1.confirmed & (v1.label_counts == 4))
    assert (some.label_counts == 4).all()
    assert some.confirmed.all()
    assert some.real.shape == some.found.shape == (len(some), 67)
    assert (some.real >= some.top1).all()  # the original class is a label


def test_packing_loses_nothing(public_files):
    several = [one for one in recht2019.load() if one.image_set == "v2"][:9]
    whole = correctness.of(several)
    again = correctness.unpack(correctness.pack(whole), "v2")
    assert again.checkpoints == whole.checkpoints
    for name in (*correctness.FACTS, *correctness.OUTCOMES):
        assert getattr(again, name).dtype == getattr(whole, name).dtype
        assert (getattr(again, name) == getattr(whole, name)).all()


@pytest.mark.parametrize("metric", ["top1", "real", "asma"])
def test_the_committed_record_gives_the_committed_scores(metric):
    for side in correctness.recht2019():
        found = bootstrap.scores(side, metric, bootstrap.Resampling(n=1))[0]
        stated = table.select(pools.recht2019(), metric, side.image_set).set_index("checkpoint")["value"]
        np.testing.assert_allclose(found, stated[list(side.checkpoints)], atol=1e-6)


def test_the_committed_record_gives_the_committed_subgroup_accuracies_and_top1_by_label_count():
    for side in correctness.recht2019():
        for metric, counts in (("subgroup", range(1, 6)), ("real", range(1, 6)), ("top1", range(6))):
            found = bootstrap.totals(side, metric, bootstrap.Resampling(n=1)).accuracy()[0]
            for count in counts:
                stated = table.select(pools.recht2019(), metric, side.image_set, label_count=count)
                stated = stated.set_index("checkpoint")["value"][list(side.checkpoints)]
                np.testing.assert_allclose(found[count], stated, atol=1e-6)


def test_nine_in_ten_original_labels_are_confirmed():
    shares = [side.confirmed[side.label_counts > 0].mean() for side in correctness.recht2019()]
    assert [round(100 * share, 1) for share in shares] == [90.0, 89.1]


def test_each_class_has_as_many_images_as_any_other():
    v1, v2 = correctness.recht2019()
    assert (np.bincount(v1.classes, minlength=1000) == 50).all()
    assert (np.bincount(v2.classes, minlength=1000) == 10).all()


def test_v1_by_one_protocol_is_never_set_against_v2_by_the_other(monkeypatch):
    monkeypatch.setattr(correctness.labels, "of", lambda images, image_set: LABELS)
    monkeypatch.setattr(correctness, "original_of", lambda labelled: ORIGINAL)
    given = [
        ("a", "v1", "crop"),
        ("a", "v1", "resize"),
        ("a", "v2", "crop"),
        ("b", "v1", "crop"),
        ("b", "v2", "resize"),
    ]
    made = [replace(predicted(name, image_set=where), protocol=protocol) for name, where, protocol in given]
    v1, v2 = correctness.on_both(made)
    assert v1.checkpoints == v2.checkpoints == ("a (crop)",)
