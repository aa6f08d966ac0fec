"""Which classes a picture may show."""

import numpy as np
import pytest

from workbench.errors import InputError
from workbench.inputs import labels
from workbench.predict.store import from_arrays
from workbench.score.interactive.proposals import Proposals

LABELS = labels.from_mapping("mine", {"a": [7], "b": []})
FIRST = from_arrays("one", "mine", ["a", "b"], np.array([[1, 7], [2, 3]]), np.array([[0.6, 0.3], [0.5, 0.2]]))
SECOND = from_arrays("two", "mine", ["b"], np.array([[3, 4]]))


def test_labels_come_first_then_what_the_checkpoints_see():
    proposals = Proposals([FIRST, SECOND], LABELS, ["a", "b", "c"])
    assert proposals.of("a") == {7: "label; one 30 %", 1: "one 60 %"}
    # 3 has 1/2 + 1 of the votes, 2 has 1, 4 has 1/2.
    assert list(proposals.of("b")) == [3, 2, 4]
    assert proposals.of("b")[3] == "one 20 %; two as no. 1"
    assert proposals.of("c") == {}


def test_predictions_of_other_pictures_are_refused():
    with pytest.raises(InputError, match="none of the 2 pictures that one predicted"):
        Proposals([FIRST], LABELS, ["x"])


def test_five_classes_are_proposed_with_equal_votes_in_the_order_of_the_classes():
    deep = from_arrays("deep", "mine", ["a"], np.array([[9, 8, 5, 6, 2, 1, 3]]))
    other = from_arrays("other", "mine", ["a"], np.array([[8, 9, 6, 5, 4, 0, 3]]))
    assert Proposals([deep], LABELS, ["a"]).of("a") == {
        7: "label",
        **{label: f"deep as no. {rank}" for rank, label in enumerate([9, 8, 5, 6, 2], start=1)},
    }
    both = Proposals([deep, other], LABELS, ["a"]).of("a")
    assert list(both) == [7, 8, 9, 5, 6, 2]
    assert both[8] == "deep as no. 2; other as no. 1"


def test_the_labels_of_each_picture_are_its_own():
    several = labels.from_mapping("several", {"x": [3], "a": [5, 6], "y": [8]})
    lone = from_arrays("one", "mine", ["y", "a"], np.array([[1], [6]]), np.array([[0.994], [0.5]]))
    proposals = Proposals([lone], several, ["a", "y"])
    assert proposals.of("a") == {5: "label", 6: "label; one 50 %"}
    assert proposals.of("y") == {8: "label", 1: "one 99 %"}
