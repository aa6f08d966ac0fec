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


def test_counts_are_sorted_by_model_category_and_how_severe():
    rows = [
        ("Greedy Soups", "b", "Major"),
        ("ViT-3B", "b", "Borderline"),
        ("ViT-3B", "b", "Major"),
        ("ViT-3B", "b", "Major"),
    ]
    rows += [("ViT-3B", "a", "Minor"), ("ViT-3B", "b", "Minor")]
    found = reviews.counts(pd.DataFrame(rows, columns=["model", "category", "severity"]))
    assert found.to_numpy().tolist() == [
        ["ViT-3B", "a", "Minor", 1],
        ["ViT-3B", "b", "Major", 2],
        ["ViT-3B", "b", "Minor", 1],
        ["ViT-3B", "b", "Borderline", 1],
        ["Greedy Soups", "b", "Major", 1],
    ]
    assert found.columns[-1] == "n_images"
    shares = reviews.severities(found)
    assert shares["n_images"].tolist() == [2, 2, 1, 1]
    assert shares["share"].tolist() == [0.4, 0.4, 0.2, 1]


def test_what_both_reviews_say_of_a_picture():
    first = pd.DataFrame(
        {"image": list("abcd"), "predicted": [1, 2, 3, 4], "category": list("xxxx"), "severity": "Major"}
    )
    second = first.assign(predicted=[1, 9, 9, 9], category=list("xxyy"), severity=["Major", "Minor", "Major", "Major"])
    both = pd.concat([first.assign(model="ViT-3B"), second.iloc[:3].assign(model="Greedy Soups")])
    assert reviews.shared(both).to_numpy().tolist() == [
        ["both fail", 3],
        ["same predicted class", 1],
        ["same category", 2],
        ["same severity", 2],
    ]


def test_confused_pairs_are_sorted_by_number_then_by_name():
    seen = {(0, 1): 2, (1, 0): 3, (2, 0): 2, (2, 1): 1}
    rows = [("ViT-3B", f"{pair}{k}", *pair) for pair, n in seen.items() for k in range(n)]
    found = reviews.pairs(pd.DataFrame(rows, columns=["model", "image", "original", "predicted"]))
    assert found["n_images"].tolist() == [3, 2, 2]
    assert found["original"].tolist() == ["goldfish", "great white shark", "tench"]
    assert found.columns.tolist() == ["original", "predicted", "n_images"]
