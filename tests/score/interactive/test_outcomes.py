"""What becomes of single pictures, and which of them are chosen."""

import numpy as np
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.inputs import labels
from workbench.predict.store import from_arrays
from workbench.score import scores
from workbench.score.interactive import outcomes
from workbench.score.interactive.outcomes import Choice

IMAGES = ["a", "b", "c", "d", "e"]
LABELS = labels.from_mapping("multi", {"a": [1], "b": [1, 2], "c": [3], "d": [], "e": [5, 6]})
ORIGINAL = labels.from_mapping("single", {"a": [1], "b": [1], "c": [3], "d": [4], "e": [9]})


def predict(best, confidence=None, name="net", images=IMAGES):
    classes = np.column_stack([best, np.full(len(best), 999)])
    scores = None if confidence is None else np.column_stack([confidence, np.zeros(len(best))])
    return from_arrays(name, "mine", images, classes, scores)


FIRST = predict([1, 2, 8, 4, 9], [0.9, 0.5, 0.7, 0.2, 0.6])
SECOND = predict([2, 2, 3, 7, 5], [0.8, 0.1, 0.3, 0.9, 0.4], name="other")


def test_each_picture_has_a_status():
    seen = outcomes.of(FIRST, LABELS, ORIGINAL)
    assert seen["status"].tolist() == ["original", "multi", "wrong", "original", "original"]
    assert seen["label_count"].tolist() == [1, 2, 1, 0, 2]
    # Without the original labels, d has no label at all, and e's best class is none of its labels.
    assert outcomes.of(FIRST, LABELS)["status"].tolist() == ["multi", "multi", "wrong", "unlabelled", "wrong"]


def test_pictures_that_the_labels_do_not_know_have_no_row_and_none_at_all_is_refused():
    some = predict([1, 1], images=["x", "a"])
    seen = outcomes.of(some, LABELS)
    assert seen.index.tolist() == ["a"]
    assert seen["row"].tolist() == [1]
    assert seen["confidence"].isna().all()
    with pytest.raises(InputError, match="none of the 1 pictures"):
        outcomes.of(predict([1], images=["x"]), LABELS)


def test_membership_is_that_of_the_table(rng):
    several = labels.from_mapping(
        "many", {str(i): rng.choice(1000, rng.integers(0, 4), replace=False) for i in range(200)}
    )
    best, rows = rng.integers(0, 1000, 500).astype("u2"), rng.integers(0, 200, 500)
    best[::2] = [several.labels(str(row))[0] if several.labels(str(row)) else 0 for row in rows[::2]]
    expected = scores.hits(best[:, None], several.table, rows)[:, 0]
    np.testing.assert_array_equal(outcomes.among(best, rows, several), expected)
    assert not outcomes.among(best, np.full(500, -1), several).any()
    assert not outcomes.among(best, rows, labels.from_mapping("none", {"a": []})).any()


def two() -> pd.DataFrame:
    return outcomes.beside(outcomes.of(FIRST, LABELS, ORIGINAL), outcomes.of(SECOND, LABELS, ORIGINAL))


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (Choice(), "abcde"),
        (Choice(statuses=("wrong",)), "c"),
        (Choice(statuses=(None, "wrong")), "a"),
        (Choice(statuses=(None, "unlabelled")), "d"),
        (Choice(label_count=2), "be"),
        (Choice(label=1), "ab"),
        (Choice(label=999), ""),
        (Choice(confidence=(0.55, 0.8)), "ce"),
        (Choice(disagreement="same"), "b"),
        (Choice(disagreement="differ"), "acde"),
        (Choice(disagreement="first"), "ad"),
        (Choice(disagreement="second"), "c"),
        (Choice(order="error"), "cabde"),
        (Choice(order="sure"), "acebd"),
        (Choice(order="unsure"), "dbeca"),
        (Choice(statuses=("original", "wrong"), disagreement="differ"), "a"),
    ],
)
def test_pictures_are_chosen_and_ordered(choice, expected):
    seen = two()
    assert "".join(seen.index[outcomes.choose(seen, choice, LABELS)]) == expected


def test_facts_are_filters():
    seen = two().assign(kind=["x", "y", "x", None, "y"], size=[1.0, 2.0, 3.0, np.nan, 5.0])
    assert outcomes.choose(seen, Choice(facts={"kind": "x"}), LABELS).tolist() == [0, 2]
    assert outcomes.choose(seen, Choice(facts={"size": (2, 4)}), LABELS).tolist() == [1, 2]


def test_two_checkpoints_without_a_common_picture_are_refused():
    first = outcomes.of(predict([1], images=["a"]), LABELS)
    second = outcomes.of(predict([1], images=["b"]), LABELS)
    with pytest.raises(InputError, match="no picture in common"):
        outcomes.beside(first, second)


def test_counts_agree_with_the_scores():
    from workbench.score import scores

    scored = scores.score(SECOND, LABELS, original=ORIGINAL, label_counts=[1])
    seen = outcomes.of(SECOND, LABELS, ORIGINAL)
    top1 = scored[(scored["metric"] == "top1") & scored["label_count"].isna()]["value"].item()
    assert (seen["status"] == "original").mean() == pytest.approx(top1)


def test_a_row_tells_where_the_picture_is_what_was_seen_and_how_surely():
    seen = outcomes.of(FIRST.take([2, 0]), LABELS, ORIGINAL)
    assert seen.index.name == "image"
    assert seen.columns.tolist() == ["row", "status", "label_count", "label", "best", "confidence", "likelihood"]
    assert seen[["row", "best"]].to_numpy().tolist() == [[0, 8], [1, 1]]
    np.testing.assert_allclose(seen["confidence"], [0.7, 0.9], rtol=1e-6)
    assert seen["status"].cat.categories.tolist() == list(outcomes.STATUSES)


def test_pictures_without_a_confidence_stay_until_a_range_is_chosen():
    seen = outcomes.of(predict([1, 2, 8, 4, 9]), LABELS)
    assert len(outcomes.choose(seen, Choice(), LABELS)) == 5
    assert len(outcomes.choose(seen, Choice(confidence=(0.0, 0.99)), LABELS)) == 0
    assert len(outcomes.choose(seen, Choice(confidence=(0.01, 1.0)), LABELS)) == 0


@pytest.mark.parametrize(("confidence", "expected"), [((0.5, 0.7), "bce"), ((0.51, 1.0), "ace"), ((0.0, 0.69), "bde")])
def test_a_range_of_confidence_is_closed(confidence, expected):
    seen = outcomes.of(FIRST, LABELS, ORIGINAL).assign(confidence=[0.9, 0.5, 0.7, 0.2, 0.6])
    assert "".join(seen.index[outcomes.choose(seen, Choice(confidence=confidence), LABELS)]) == expected


def test_equal_confidences_stay_in_the_order_of_the_set():
    seen = outcomes.of(predict([8, 8, 8, 4, 9], [0.5, 0.5, 0.5, 0.7, 0.5]), LABELS, ORIGINAL)
    for order, expected in (("sure", "dabce"), ("unsure", "abced"), ("error", "abcde")):
        assert "".join(seen.index[outcomes.choose(seen, Choice(order=order), LABELS)]) == expected


def test_filters_hold_together_and_facts_compare_as_text():
    seen = two().assign(size=[1, 2, 3, 4, 5], kind=["x", "x", "y", "y", "y"])
    choice = Choice(statuses=("original",), facts={"size": "4", "kind": "y"})
    assert "".join(seen.index[outcomes.choose(seen, choice, LABELS)]) == "d"
    both_ends = Choice(facts={"size": (2, 4)})
    assert "".join(seen.index[outcomes.choose(seen, both_ends, LABELS)]) == "bcd"


def test_what_two_checkpoints_have_beside_each_other():
    both = outcomes.beside(outcomes.of(FIRST, LABELS, ORIGINAL), outcomes.of(SECOND.take([4, 1]), LABELS, ORIGINAL))
    assert both.index.tolist() == ["b", "e"]
    assert both.columns.tolist() == [
        *("row", "status", "label_count", "label", "best", "confidence", "likelihood"),
        *("row_2", "status_2", "best_2", "confidence_2", "likelihood_2"),
    ]
    assert both[["row", "row_2"]].to_numpy().tolist() == [[1, 1], [4, 0]]


def test_a_picture_is_of_the_class_that_it_was_collected_for():
    assert outcomes.of(FIRST, LABELS, ORIGINAL)["label"].tolist() == [1, 1, 3, 4, 9]
    assert outcomes.of(FIRST, LABELS)["label"].tolist() == [1, 1, 3, -1, 5]


def test_likelihood_is_the_highest_score_of_a_label_and_orders_by_loss():
    classes = np.array([[1, 9, 8], [8, 1, 2], [9, 8, 7], [4, 9, 8], [7, 6, 5]])
    shares = np.array([[0.6, 0.3, 0.1], [0.5, 0.3, 0.2], [0.8, 0.1, 0.1], [0.9, 0.1, 0], [0.4, 0.35, 0.2]])
    seen = outcomes.of(from_arrays("net", "mine", IMAGES, classes, shares), LABELS)
    np.testing.assert_allclose(seen["likelihood"], [0.6, 0.3, 0, 0, 0.35], rtol=1e-6)
    assert "".join(seen.index[outcomes.choose(seen, Choice(order="loss"), LABELS)]) == "dcbea"
