"""Reviewed mistakes: both models' files read alike, with the original label of each picture beside."""

import json

import numpy as np
import pytest

from workbench.inputs import labels, sources
from workbench.inputs.labels import named
from workbench.inputs.published import mistakes

V1 = "ILSVRC2012_val_{:08d}"


def review(label, category="Fine-grained error", severity="Minor"):
    return {"top_prediction": label, "failure category": category, "failure severity": severity}


@pytest.fixture
def reviews(tmp_path, monkeypatch):
    """Two files of reviews in the place of the public ones; picture n has the original label n."""
    written = {
        "vit3b_mistakes": {
            f"{V1.format(3)}.JPEG": review(30, "Fine-grained with OOV", "Major"),
            f"{V1.format(1)}.JPEG": review(10),
        },
        "greedy_soups_mistakes": {
            f"{V1.format(3)}.JPEG": review(31, "Spurious Correlation", "Borderline"),
            f"{V1.format(2)}.JPEG": review(20, "Spurious correlation"),
        },
    }
    paths = {f"reviews/{name}": tmp_path / f"{name}.json" for name in written}
    for name, rows in written.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(rows))
    monkeypatch.setattr(sources, "locate", lambda name: paths)
    monkeypatch.setitem(named.NAMED, "v1-original", lambda: {V1.format(n): [n] for n in range(1, 5)})
    named._named.cache_clear()
    yield
    named._named.cache_clear()


def test_a_review_has_its_original_label_and_one_spelling_a_category(reviews):
    found = mistakes.reviewed()
    assert found.columns.tolist() == ["model", "image", "original", "predicted", "category", "severity"]
    assert found.to_numpy().tolist() == [
        ["ViT-3B", V1.format(3), 3, 30, "Fine-grained error with OOV", "Major"],
        ["ViT-3B", V1.format(1), 1, 10, "Fine-grained error", "Minor"],
        ["Greedy Soups", V1.format(3), 3, 31, "Spurious correlation", "Borderline"],
        ["Greedy Soups", V1.format(2), 2, 20, "Spurious correlation", "Minor"],
    ]


def test_a_picture_on_which_both_fail_stands_once_with_the_first_review(reviews):
    found = mistakes.by_image()
    assert found.columns.tolist() == ["image", "category", "severity", "models"]
    assert found.to_numpy().tolist() == [
        [V1.format(3), "Fine-grained error with OOV", "Major", "ViT-3B, Greedy Soups"],
        [V1.format(1), "Fine-grained error", "Minor", "ViT-3B"],
        [V1.format(2), "Spurious correlation", "Minor", "Greedy Soups"],
    ]


def test_the_public_reviews_have_few_categories_and_never_the_original_label(public_files):
    found = mistakes.reviewed()
    assert found.groupby("model").size().to_dict() == {"Greedy Soups": 249, "ViT-3B": 378}
    assert set(found["severity"]) == set(mistakes.SEVERITIES)
    assert not set(found["category"]) & set(mistakes.SPELLINGS)
    original = labels.load("v1-original")
    assert np.array_equal(found["original"], [original.labels(image)[0] for image in found["image"]])
    assert (found["original"] != found["predicted"]).all()
