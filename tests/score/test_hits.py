"""Metrics against slow, obvious references, and their properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.score import scores

N_CLASSES = 30


@st.composite
def worlds(draw):
    """Predictions (n, 6) of distinct classes and the label sets of n images."""
    n = draw(st.integers(1, 12))
    ranking = st.lists(st.integers(0, N_CLASSES - 1), min_size=6, max_size=6, unique=True)
    classes = draw(st.lists(ranking, min_size=n, max_size=n))
    labels = draw(st.lists(st.sets(st.integers(0, N_CLASSES - 1), max_size=6), min_size=n, max_size=n))
    return np.array(classes), labels


def arrays(labels):
    table = np.zeros((len(labels), N_CLASSES), dtype=bool)
    for row, wanted in enumerate(labels):
        table[row, sorted(wanted)] = True
    return table, np.array([len(wanted) for wanted in labels])


@given(worlds())
def test_label_wise_accuracy_equals_a_slow_reference(world):
    classes, labels = world
    table, counts = arrays(labels)
    found = scores.label_wise_accuracy(scores.hits(classes, table, np.arange(len(labels))), counts)
    for row, wanted in enumerate(labels):
        top = list(classes[row])[: len(wanted)]
        expected = sum(c in wanted for c in top) / len(wanted) if wanted else np.nan
        np.testing.assert_equal(found[row], expected)


@given(worlds(), st.randoms())
def test_order_of_images_does_not_matter(world, random):
    classes, labels = world
    table, counts = arrays(labels)
    order = list(range(len(labels)))
    random.shuffle(order)
    straight = scores.label_wise_accuracy(scores.hits(classes, table, np.arange(len(labels))), counts)
    shuffled = scores.label_wise_accuracy(scores.hits(classes[order], table, np.array(order)), counts[order])
    np.testing.assert_array_equal(shuffled, straight[order])


@given(worlds(), st.randoms())
def test_order_within_the_top_k_does_not_matter(world, random):
    """The k best classes are a set: equal scores may come in any order, as long as the cut is not between them."""
    classes, labels = world
    table, counts = arrays(labels)
    mixed = classes.copy()
    for row, k in enumerate(counts):
        head = list(mixed[row, :k])
        random.shuffle(head)
        mixed[row, :k] = head
    rows = np.arange(len(labels))
    np.testing.assert_array_equal(
        scores.label_wise_accuracy(scores.hits(mixed, table, rows), counts),
        scores.label_wise_accuracy(scores.hits(classes, table, rows), counts),
    )


def test_perfect_predictions_score_one():
    labels = [{1}, {2, 3}, {4, 5, 6}]
    table, counts = arrays(labels)
    classes = np.array([[1, 9, 8], [3, 2, 9], [6, 4, 5]])
    values = scores.label_wise_accuracy(scores.hits(classes, table, np.arange(3)), counts)
    assert values.tolist() == [1, 1, 1]


def test_a_deeper_top_k_than_stored_is_refused():
    with pytest.raises(IndexError):
        scores.label_wise_accuracy(np.array([[True, True]]), np.array([3]))
