"""The remaining mistakes: 378 of ViT-3B (154 Major, 150 Minor, 74 Borderline), 249 of Greedy Soups (89, 111, 49).

164 pictures are shared; 154 of 378 is the paper's 40 %.
"""

import pandas as pd
import pytest

from workbench.inputs import committed
from workbench.inputs.published import mistakes
from workbench.score import intervals
from workbench.score.mistakes import reviews


@pytest.fixture(scope="module")
def counts():
    return committed.table("mistakes-counts")


def test_severities_of_both_models(counts):
    sizes = reviews.severities(counts).set_index(["model", "severity"])["n_images"]
    assert sizes["ViT-3B"].to_dict() == {"Major": 154, "Minor": 150, "Borderline": 74}
    assert sizes["Greedy Soups"].to_dict() == {"Major": 89, "Minor": 111, "Borderline": 49}
    assert sizes.groupby(level=0).sum().to_dict() == {"ViT-3B": 378, "Greedy Soups": 249}


def test_40_percent_are_obviously_wrong(counts):
    row = reviews.severities(counts).iloc[0]
    assert (row["model"], row["severity"]) == ("ViT-3B", "Major")
    assert row["share"] == pytest.approx(154 / 378)
    assert round(100 * row["share"], 1) == 40.7
    assert (row["ci_low"], row["ci_high"]) == intervals.wilson(154, 378)


def test_both_models_fail_on_164_pictures():
    assert committed.table("mistakes-shared").set_index("comparison")["n_images"].to_dict() == {
        "both fail": 164,
        "same predicted class": 143,
        "same category": 153,
        "same severity": 154,
    }


def test_the_review_is_read_whole_with_one_spelling_a_category(public_files):
    frame = mistakes.reviewed()
    assert len(frame) == 378 + 249
    assert frame["image"].str.fullmatch(r"ILSVRC2012_val_\d{8}").all()
    assert (frame["original"] != frame["predicted"]).all()
    assert sorted(frame["category"].unique()) == [
        "Fine-grained error",
        "Fine-grained error with OOV",
        "Fine-grained with Multilabel Options",
        "Non-prototypical",
        "Spurious correlation",
    ]


def test_every_reviewed_picture_has_one_row_to_join(public_files):
    frame = mistakes.by_image()
    assert frame["image"].is_unique
    assert len(frame) == 378 + 249 - 164
    assert (frame["models"] == "ViT-3B, Greedy Soups").sum() == 164
    assert frame[["category", "severity"]].notna().all().all()


def test_the_most_confused_pair():
    first = committed.table("mistakes-pairs").iloc[0]
    assert first.tolist() == ["American chameleon", "green lizard", 7]


def test_a_picture_that_both_confuse_alike_counts_once():
    rows = [("ViT-3B", "a", 0, 1), ("Greedy Soups", "a", 0, 1), ("ViT-3B", "b", 0, 1), ("ViT-3B", "c", 1, 0)]
    frame = pd.DataFrame(rows, columns=["model", "image", "original", "predicted"])
    assert reviews.pairs(frame).to_numpy().tolist() == [["tench", "goldfish", 2]]
