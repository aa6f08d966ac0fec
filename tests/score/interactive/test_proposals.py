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
