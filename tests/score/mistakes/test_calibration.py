"""Confidence beside accuracy: against sums by hand, and a checkpoint that is as sure as it should be."""

import numpy as np
import pytest

from workbench.inputs import labels
from workbench.predict import store
from workbench.score.mistakes import calibration


@pytest.fixture
def sure(monkeypatch):
    """Predictions on pictures of a label set of its own: half have one label, half have two."""

    def made(confidence, right):
        names = [f"{i}.jpg" for i in range(len(right))]
        several = labels.from_mapping("mine", {name: [1] if i % 2 else [1, 2] for i, name in enumerate(names)})
        original = labels.from_mapping("mine", {name: [1] for name in names})
        monkeypatch.setattr(calibration.labels, "of", lambda *_: several)
        monkeypatch.setattr(calibration, "original_of", lambda *_: original)
        best = np.where(right, 1, 3)[:, None]
        return store.from_arrays("net", "mine", names, best, np.array(confidence, "f4")[:, None])

    return made


def test_the_error_is_the_mean_distance_over_bins(sure):
    one = sure([0.9] * 20 + [0.3] * 20, [True] * 15 + [False] * 5 + [True] * 8 + [False] * 12)
    found = calibration.by_label_count(one).to_dict("records")[0]
    assert found["ece"] == pytest.approx((abs(0.9 - 0.75) + abs(0.3 - 0.4)) / 2, abs=1e-6)
    assert found["over"] == pytest.approx(0.6 - 23 / 40, abs=1e-6)
    assert found["over_low"] < found["over"] < found["over_high"]


def test_label_counts_are_told_apart(sure):
    right = np.arange(60) % 2 == 1  # right where there is one label
    found = calibration.by_label_count(sure([0.8] * 60, right)).set_index("label_count")
    assert found["accuracy"].to_dict() == {"all": 0.5, "1": 1.0, "2": 0.0}
    assert found["over"].to_dict() == pytest.approx({"all": 0.3, "1": -0.2, "2": 0.8}, abs=1e-6)


def test_right_is_the_original_label_alone(sure):
    one = sure([0.8] * 60, np.zeros(60, bool))
    others = store.from_arrays("net", "mine", one.images, np.full((60, 1), 2), one.scores)  # a label of half of them
    assert calibration.by_label_count(others)["accuracy"].tolist() == [0, 0, 0]


def test_who_is_as_sure_as_right_is_on_the_diagonal(sure):
    rng = np.random.default_rng(0)
    confidence = rng.random(20_000)
    one = sure(confidence, rng.random(20_000) < confidence)
    found = calibration.reliability(one)
    assert found["labels"].value_counts().to_dict() == {
        "one label": calibration.BINS,
        "several labels": calibration.BINS,
    }
    assert found["n_images"].sum() == 20_000
    assert ((found["ci_low"] < found["confidence"]) & (found["confidence"] < found["ci_high"])).sum() >= 25
    whole = calibration.by_label_count(one).iloc[0]
    assert whole["ece"] < 0.02
    assert whole["over_low"] < 0 < whole["over_high"]


def test_accuracy_at_a_level_of_confidence_is_told_by_labels_and_not_of_few_pictures(sure):
    right = np.arange(60) % 2 == 1  # right where there is one label
    found = calibration.reliability(sure([0.8] * 54 + [0.2] * 6, right))
    assert found[["labels", "n_images", "value"]].to_numpy().tolist() == [
        ["one label", 27, 1.0],
        ["several labels", 27, 0.0],
    ]
    assert found["confidence"].tolist() == pytest.approx([0.8, 0.8], abs=1e-6)


def test_without_scores_there_is_nothing_to_tell(sure):
    one = sure([0.5] * 20, [True] * 20)
    without = store.from_arrays("net", "mine", one.images, one.classes)
    assert len(calibration.by_label_count(without)) == 0
