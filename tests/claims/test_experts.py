"""Two models on five annotated pictures, counted by hand; nothing where a public file is not at hand."""

import pandas as pd
import pytest

from workbench.claims import experts
from workbench.inputs import labels, sources
from workbench.inputs.labels import label_set
from workbench.inputs.published import logits, mistakes

IMAGES = [f"ILSVRC2012_val_{k:08d}" for k in range(1, 7)]
# Of the first two pictures the original label is class 0, of the next three class 1; the sixth has no experts' labels.
SETS = {
    "v1-original": dict(zip(IMAGES, [[0], [0], [1], [1], [1], [1]], strict=True)),
    "v1-multilabel": dict(zip(IMAGES[:5], [[0, 2], [0], [1], [1, 3], [1]], strict=True)),
    "imagenet-m": {IMAGES[1]: [0], IMAGES[3]: [1, 3]},
}
# The functions themselves: everywhere else in these tests they find nothing.
MODELS, MAJOR_SLICE, TOP1 = experts.models.__wrapped__, experts.major_slice.__wrapped__, experts.top1.__wrapped__
REVIEWED = [("ViT-3B", IMAGES[1], "Major"), ("Greedy Soups", IMAGES[1], "Minor"), ("Greedy Soups", IMAGES[3], "Minor")]


@pytest.fixture
def world(monkeypatch):
    found = {name: label_set.from_mapping(name, rows) for name, rows in SETS.items()}
    best = pd.DataFrame({"ViT-3B": [2, 9, 1, 3, 1, 9], "Greedy Soups": [0, 9, 9, 9, 1, 1]}, index=IMAGES)
    monkeypatch.setattr(labels, "load", found.__getitem__)
    monkeypatch.setattr(logits, "best_classes", lambda: best)
    monkeypatch.setattr(mistakes, "reviewed", lambda: pd.DataFrame(REVIEWED, columns=["model", "image", "severity"]))
    monkeypatch.setattr(sources, "available", lambda name: True)


def test_models_by_the_experts_labels(world):
    found = MODELS()
    assert found is not None
    # ViT-3B: class 0 right on one of two, class 1 on all three. Greedy Soups: one of two, one of three.
    assert found["multilabel"].tolist() == pytest.approx([75, 100 * (1 / 2 + 1 / 3) / 2])
    assert found["right_m"].tolist() == [1, 0]
    # Greedy Soups errs on the second, third and fourth picture; the third has no review.
    assert found["unreviewed"].tolist() == [0, 1]
    assert found.index.tolist() == ["ViT-3B", "Greedy Soups"]


def test_top1_by_the_original_labels(world):
    # ViT-3B is right on the third and fifth picture of six, Greedy Soups on the first, fifth and sixth.
    found = TOP1()
    assert found is not None
    assert found.to_dict() == pytest.approx({"ViT-3B": 100 / 3, "Greedy Soups": 50})


def test_the_slice_by_the_reviews(world):
    assert tuple(MAJOR_SLICE() or ()) == (2, 2, 1)


@pytest.mark.parametrize("lost", ["v1-multilabel", "mistakes-logits", "imagenet-mistakes", "v1-images"])
def test_without_a_file_there_is_nothing(world, monkeypatch, lost):
    monkeypatch.setattr(sources, "available", lambda name: name != lost)
    assert MODELS() is None
    assert (TOP1() is None) == (lost != "v1-multilabel")
    assert (MAJOR_SLICE() is None) == (lost != "mistakes-logits")
