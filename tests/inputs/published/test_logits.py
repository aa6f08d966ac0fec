"""Outputs without a checksum are known by what they hold: the reviews name 378 and 249 of their best classes."""

import numpy as np
import pandas as pd
import pytest

from workbench.errors import DamagedFileError, MissingSourceError
from workbench.inputs import labels, sources
from workbench.inputs.labels import label_set
from workbench.inputs.published import logits, mistakes

IMAGES = [f"ILSVRC2012_val_{k:08d}" for k in range(1, 41)]
REVIEWED = pd.DataFrame(
    [("ViT-3B", IMAGES[k], 500 + k) for k in range(20)] + [("Greedy Soups", IMAGES[k], 600 + k) for k in range(10, 30)],
    columns=["model", "image", "predicted"],
)


@pytest.fixture
def written(tmp_path, monkeypatch):
    """``written(name, best)``: outputs with these best classes; gives the outputs of both models at first."""
    paths = {key: tmp_path / f"{key.split('/')[1]}.npz" for key in logits.FILES}

    def write(name, best, *, archive=False, width=1000):
        outputs = np.zeros((len(best), width), dtype=np.float16)
        outputs[np.arange(len(best)), best] = 1
        with paths[name].open("wb") as stream:
            (np.savez if archive else np.save)(stream, outputs)

    original = label_set.from_mapping("v1-original", {image: [0] for image in IMAGES})
    monkeypatch.setattr(labels, "load", lambda name: original)
    monkeypatch.setattr(mistakes, "reviewed", lambda: REVIEWED)
    monkeypatch.setattr(sources, "locate", lambda name: paths)
    write("logits/vit3b", [500 + k for k in range(40)])
    write("logits/greedysoups", [600 + k for k in range(40)])
    return write


def test_each_picture_has_the_best_class_of_both(written):
    found = logits.best_classes()
    assert found.index.tolist() == IMAGES
    assert found.columns.tolist() == list(mistakes.MODELS.values()) == ["ViT-3B", "Greedy Soups"]
    assert found["ViT-3B"].tolist() == list(range(500, 540))
    assert found["Greedy Soups"].tolist() == list(range(600, 640))


def test_an_archive_of_one_array_is_read_as_well(written):
    before = logits.best_classes()
    written("logits/vit3b", [500 + k for k in range(40)], archive=True)
    pd.testing.assert_frame_equal(logits.best_classes(), before)


def test_what_the_reviews_do_not_name_may_be_anything_and_one_in_twenty_may_differ(written):
    best = [500 + k for k in range(20)] + [7] * 20
    written("logits/vit3b", best)
    assert logits.best_classes()["ViT-3B"].tolist() == best
    written("logits/vit3b", [7, *best[1:]])
    assert logits.best_classes()["ViT-3B"].iloc[0] == 7


@pytest.mark.parametrize(
    ("best", "same"),
    [
        ([7, 7, *range(502, 540)], 18),
        (list(range(539, 499, -1)), 0),  # in another order
        (list(range(600, 640)), 0),  # another model's
    ],
)
def test_a_file_that_disagrees_with_the_reviews_is_refused(written, best, same):
    written("logits/vit3b", best)
    with pytest.raises(DamagedFileError, match=rf"vit3b\.npz.* on {same} of the 20 reviewed mistakes of ViT-3B"):
        logits.best_classes()


def test_each_model_is_held_against_its_own_reviews(written):
    written("logits/greedysoups", list(range(500, 540)))
    with pytest.raises(DamagedFileError, match=r"greedysoups\.npz.* reviewed mistakes of Greedy Soups"):
        logits.best_classes()


def test_another_shape_is_refused(written):
    written("logits/vit3b", [500 + k for k in range(39)])
    with pytest.raises(DamagedFileError, match=r"shape \(39, 1000\); expected 40 rows"):
        logits.best_classes()
    written("logits/vit3b", [500 + k for k in range(40)], width=1001)
    with pytest.raises(DamagedFileError, match=r"shape \(40, 1001\)"):
        logits.best_classes()


@pytest.mark.parametrize(
    "contents", [b"", b"a login page", b"\x93NUMPY\x01\x00", b"PK\x05\x06" + bytes(18), b"PK\x03\x04cut"]
)
def test_what_is_no_array_is_refused(written, contents):
    sources.locate("")["logits/vit3b"].write_bytes(contents)
    with pytest.raises(DamagedFileError, match=r"vit3b\.npz cannot be read"):
        logits.best_classes()


def test_without_the_files_the_command_that_gets_them_is_named(no_sources):
    with pytest.raises(MissingSourceError, match=r"of unknown size\); get it with 'workbench fetch mistakes-logits'"):
        logits.best_classes()


@pytest.mark.usefixtures("public_files")
def test_the_other_models_file_would_agree_on_143_of_378():
    greedy, vit3b = (part.set_index("image")["predicted"] for _, part in mistakes.reviewed().groupby("model"))
    assert (vit3b.reindex(greedy.index) == greedy).sum() == 143
    assert len(vit3b) == 378
    assert logits.AGREEMENT > 143 / 378
