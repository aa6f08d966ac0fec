"""Which column is what, by its name alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.inputs import classes
from workbench.predict.imports import columns
from workbench.predict.imports.columns import Columns


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (
            "file_name predicted_class predicted_probability",
            Columns("file_name", ("predicted_class",), ("predicted_probability",)),
        ),
        ("image class", Columns("image", ("class",))),
        ("class image score", Columns("image", ("class",), ("score",))),
        ("filename index label prob", Columns("filename", ("index",), ("prob",))),  # timm's inference.py
        (
            "filename index_0 index_1 label_0 label_1 prob_0 prob_1",
            Columns("filename", ("index_0", "index_1"), ("prob_0", "prob_1")),
        ),
        ("Image_ID Rank Class Confidence", Columns("Image_ID", ("Class",), ("Confidence",), "Rank")),
        ("path top1 top2 top3", Columns("path", ("top1", "top2", "top3"))),
        ("path top_1 top_2 top_1_prob top_2_prob", Columns("path", ("top_1", "top_2"), ("top_1_prob", "top_2_prob"))),
        ("path top5_class_2 top5_class_1", Columns("path", ("top5_class_1", "top5_class_2"))),
        ("file pred_2 pred_0 pred_1", Columns("file", ("pred_0", "pred_1", "pred_2"))),
        (
            "img class_10 class_9 class_1 class_2 class_3 class_4 class_5 class_6 class_7 class_8",
            Columns("img", tuple(f"class_{n}" for n in range(1, 11))),
        ),
        ("0 1 2 image", Columns("image", ("0", "1", "2"))),
        ("image c0", Columns("image", ("c0",))),
        # What the picture shows stands beside what was predicted.
        ("image class predicted_class", Columns("image", ("predicted_class",))),
        ("image label top1", Columns("image", ("top1",))),
        ("image label pred top1", Columns("image", ("pred",))),
        ("image label pred_1 pred_2", Columns("image", ("pred_1", "pred_2"))),
        ("image class_1 class_2 score", Columns("image", ("class_1", "class_2"))),
        ("image class_1 class_2 class_3 score_1 score_2", Columns("image", ("class_1", "class_2", "class_3"))),
        ("image class score_1 score_2", Columns("image", ("class",))),
        # A gap, or a count that begins at neither 0 nor 1, is no series of classes.
        ("image class_1 class_3", Columns("image")),
        ("image top5", Columns("image")),
        ("image target speed", Columns("image")),
        ("pred", Columns(None, ("pred",))),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_columns_are_known_by_their_names(names, expected):
    assert columns.find(names.split()) == expected


@pytest.mark.parametrize("name", ["File Name", "file-name", " FILE_NAME ", "file__name"])
def test_case_spaces_and_hyphens_play_no_part(name):
    assert columns.find([name, "Predicted Class"]) == Columns(name, ("Predicted Class",))


@pytest.mark.parametrize("form", ["{}", "logit_{}", "prob{}", "output_{}", "p_{}"])
@pytest.mark.parametrize("first", [0, 1])
def test_a_thousand_columns_are_in_the_order_of_their_numbers(form, first):
    names = [form.format(n) for n in range(first, first + 1000)]
    found = columns.find(["image", *reversed(names)])
    assert (found.classes if form == "{}" else found.outputs) == tuple(names)


def test_a_thousand_wordnet_ids_are_in_the_order_of_the_classes():
    found = columns.find(["pred", *sorted(classes.wnids(), reverse=True), "file"])
    assert found == Columns("file", outputs=classes.wnids())
    assert columns.find(["file", *classes.wnids()[1:]]) == Columns("file")


@given(st.permutations(["file_name", "class", "predicted_class", "label", "score", "prob", "rank"]))
def test_the_order_of_the_columns_plays_no_part(names):
    assert columns.find(names) == Columns("file_name", ("predicted_class",), ("prob",), "rank")


@given(st.lists(st.text(max_size=12), max_size=6))
def test_any_names_are_taken_or_left(names):
    found = columns.find(names)
    assert found.used - {None} <= set(names)
