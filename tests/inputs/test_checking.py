import numpy as np
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.inputs import checking
from workbench.predict import store

IDS = ["a.png", "b.png"]
CLASSES = np.array([[3, 1, 0], [999, 2, 7]])
SCORES = np.array([[0.5, 0.25, 0.25], [0.9, 0.05, 0.0]], dtype=np.float32)


def example(**changes):
    given = {"images": IDS, "classes": CLASSES, "scores": SCORES, "protocol": "crop"} | changes
    return store.from_arrays("some/net", "mine", given.pop("images"), given.pop("classes"), **given)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"classes": [[3, 1, 0], [1000, 2, 7]]}, r"1000 for image 'b\.png'.*subtract 1"),
        ({"classes": [[3, -1, 0], [999, 2, 7]]}, r"-1 for image 'a\.png'"),
        ({"classes": [[3, 1, 0], [2, 7, 2]]}, r"1 row with a class twice.*'b\.png'"),
        ({"classes": [[3, 1, 0], [2, 7, 7]]}, r"1 row with a class twice.*'b\.png'"),
        ({"classes": CLASSES.astype(float)}, "float64; expected integers"),
        ({"classes": CLASSES.astype(bool)}, "bool; expected integers"),
        ({"classes": CLASSES[0]}, r"shape \(3,\)"),
        ({"classes": CLASSES[:1]}, r"shape \(1, 3\); expected \(2, k\)"),
        ({"classes": CLASSES[:, :0]}, r"shape \(2, 0\)"),
        ({"classes": CLASSES[None]}, r"shape \(1, 2, 3\)"),
        ({"scores": SCORES[:, :2]}, r"\(2, 2\).*\(2, 3\)"),
        ({"scores": SCORES[:1]}, r"\(1, 3\).*\(2, 3\)"),
        ({"scores": [[0.5, np.nan, 0.1], [0.9, 0.1, 0.0]]}, r"NaN.*'a\.png'"),
        ({"scores": [[0.5, 0.2, 0.1], [np.inf, 0.1, 0.0]]}, r"infinite.*'b\.png'"),
        ({"scores": [[0.5, 0.2, 0.1], [1e300, 0.1, 0.0]]}, r"infinite.*'b\.png'"),  # infinite as float32
        ({"scores": SCORES[:, ::-1]}, r"2 rows with scores that increase.*'a\.png'"),
        ({"images": ["a.png", "a.png"]}, r"more than once.*'a\.png'"),
        ({"images": ["a.png", None]}, "image id"),
        ({"images": [], "classes": CLASSES[:0], "scores": None}, "no image id"),
        ({"protocol": "squash"}, "'squash'; expected one of resize, crop"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(changes, message):
    changes = {
        key: np.array(value) if key in ("classes", "scores") and value is not None else value
        for key, value in changes.items()
    }
    with pytest.raises(InputError, match=message):
        example(**changes)


@pytest.mark.parametrize("limit", [0, 999])
def test_the_outermost_classes_and_equal_scores_are_accepted(limit):
    one = example(classes=np.array([[limit], [limit]]), scores=np.array([[0.0], [1.0]]))
    assert one.classes.tolist() == [[limit], [limit]]
    assert example(scores=np.full((2, 3), 0.25)).topk == 3


def test_what_fits_has_the_types_of_the_store():
    images = checking.image_ids(pd.Series(IDS))
    classes = checking.classes(CLASSES[:, ::-1], images)
    scores = checking.scores(SCORES.astype(float), classes, images)
    assert (images.dtype, classes.dtype, scores.dtype) == ("str", np.uint16, np.float32)
    assert classes.flags["C_CONTIGUOUS"]
    assert classes.tolist() == CLASSES[:, ::-1].tolist()
    assert checking.image_ids(images) is images


@pytest.mark.parametrize("wrong", [np.array([["high"]]), np.array([[None]]), np.array([[True]])])
def test_scores_that_are_no_numbers_are_refused(wrong):
    with pytest.raises(InputError, match=r"scores are .*; expected numbers"):
        checking.scores(wrong, np.array([[3]]), checking.image_ids(["a"]))
