from collections import Counter

import numpy as np
import pytest

from workbench.errors import DamagedFileError
from workbench.inputs import labels
from workbench.predict.imports import recht2019

ORIGINAL = {"v1": "v1-original", "v2": "v2-original"}


@pytest.fixture(scope="module")
def everything(public_files):
    return list(recht2019.load())


def accuracies(one):
    """Share of pictures for which column i holds the original label, shape (5,)."""
    original = labels.load(ORIGINAL[one.image_set])
    truth = original.classes[original.rows(one.images)]
    return (one.classes == truth[:, None]).mean(axis=0)


def test_67_models_predict_both_sets(everything):
    assert Counter(one.image_set for one in everything) == {"v1": 67, "v2": 67}
    names = {image_set: [o.checkpoint for o in everything if o.image_set == image_set] for image_set in ORIGINAL}
    assert names["v1"] == names["v2"] == sorted(set(names["v1"]))


def test_each_is_a_top_5_without_scores_and_with_its_origin(everything):
    for one in everything:
        assert one.classes.shape == ({"v1": 50_000, "v2": 10_000}[one.image_set], 5)
        assert one.scores is None
        assert (one.source, one.protocol) == ("recht2019", "crop")


def test_ids_are_those_of_the_label_sets(everything):
    for one in everything:
        assert one.images.equals(labels.load(ORIGINAL[one.image_set]).images)


def test_columns_are_best_first_except_in_one_public_file(everything):
    """The file of fv_16k on V2 is defective: its best guess stands last, not first."""
    odd = {(o.checkpoint, o.image_set): o for o in everything if (np.diff(accuracies(o)) >= 0).any()}
    assert set(odd) == {("fv_16k", "v2")}
    shares = accuracies(odd["fv_16k", "v2"])
    assert shares[-1] == pytest.approx(0.1924, abs=5e-5)
    assert shares[0] == pytest.approx(0.0247, abs=5e-5)


# V1 top-1 that torchvision publishes for the same weights.
@pytest.mark.parametrize(("checkpoint", "percent"), [("alexnet", 56.522), ("vgg16", 71.592), ("resnet50", 76.130)])
def test_v1_accuracy_is_the_published_one(everything, checkpoint, percent):
    (one,) = (o for o in everything if (o.checkpoint, o.image_set) == (checkpoint, "v1"))
    assert 100 * accuracies(one)[0] == pytest.approx(percent, abs=0.05)


def test_a_damaged_file_is_named(tmp_path, monkeypatch):
    (tmp_path / "alexnet.npy").write_bytes(b"no array")
    found = {"imagenetv2-b-33/alexnet": tmp_path / "alexnet.npy"}
    monkeypatch.setattr(recht2019.sources, "locate", {"recht2019": found}.get)
    with pytest.raises(DamagedFileError, match=r"alexnet\.npy cannot be read .*; fetch it again"):
        next(recht2019.load())
