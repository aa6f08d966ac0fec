"""The pool of patches: boxes clipped to the pictures at hand, with a warning that counts what was not used."""

import io
import warnings

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from workbench.errors import InputError
from workbench.inputs import classes
from workbench.inputs.images import ImageSet
from workbench.inputs.patchml import boxes, patches


def frame(*rows):
    return pd.DataFrame(rows, columns=boxes.COLUMNS)


def pictures(sizes, name="mine"):
    def read(image):
        buffer = io.BytesIO()
        Image.new("RGB", sizes[image], "red").save(buffer, "PNG")
        return buffer.getvalue()

    return ImageSet(name, tuple(sizes), read)


def test_a_box_that_is_given_twice_enters_the_pool_once():
    rows = frame(("a", 0, 0, 0, 5, 5), ("a", 0, 0, 0, 5, 5), ("a", 1, 0, 0, 5, 5))
    with pytest.warns(UserWarning, match="of 3 boxes: 1 given twice; 2 are used"):
        assert len(patches.pool(rows, pictures({"a": (5, 5)}))) == 2


def test_boxes_are_clipped_and_what_is_left_of_none_is_dropped_and_counted():
    rows = frame(
        ("a", 0, -5, 2, 30, 900),
        ("a", 1, 10, 10, 10, 20),
        ("a", 2, 20, 5, 10, 9),
        ("a", 3, 200, 0, 300, 9),
        ("b", 4, 0, 0, 5, 5),
    )
    with pytest.warns(
        UserWarning, match="of 5 boxes: 3 empty, inverted or outside their picture, 1 clipped.*2 are used"
    ):
        pool = patches.pool(rows, pictures({"a": (100, 50), "b": (5, 5)}))
    assert pool.to_numpy().tolist() == [["a", 0, 0, 2, 30, 50], ["b", 4, 0, 0, 5, 5]]


def test_good_boxes_pass_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(patches.pool(frame(("a", 0, 0, 0, 5, 5)), pictures({"a": (5, 5)}))) == 1


def test_a_picture_that_is_not_there_is_named_or_dropped():
    rows = frame(("a", 0, 0, 0, 5, 5), ("gone", 0, 0, 0, 5, 5))
    with pytest.raises(InputError, match=r"1 of the 2 annotated pictures, 'gone' among them.*--drop-missing"):
        patches.pool(rows, pictures({"a": (5, 5)}))
    with pytest.warns(UserWarning, match="1 of pictures that are not there"):
        assert patches.pool(rows, pictures({"a": (5, 5)}), drop_missing=True)["image"].tolist() == ["a"]


def test_dropping_every_picture_is_refused_all_the_same():
    with pytest.raises(InputError, match="1 of the 1 annotated"):
        patches.pool(frame(("gone", 0, 0, 0, 5, 5)), pictures({"a": (5, 5)}), drop_missing=True)


def test_pictures_are_found_by_their_file_name_where_folders_differ():
    images = pictures({"n01440764/n01440764_1.JPEG": (9, 9), "x/twice.png": (9, 9), "y/twice.png": (9, 9)})
    assert patches.pool(frame(("n01440764_1", 0, 0, 0, 5, 5)), images)["image"][0] == "n01440764/n01440764_1.JPEG"
    with pytest.raises(InputError, match="'twice' among them"):
        patches.pool(frame(("twice", 0, 0, 0, 5, 5)), images)


def test_a_picture_that_cannot_be_opened_is_named():
    images = ImageSet("mine", ("a",), lambda image: b"no picture")
    with pytest.raises(InputError, match="annotated picture 'a' cannot be opened"):
        patches.pool(frame(("a", 0, 0, 0, 5, 5)), images)


def test_the_sample_has_boxes_inside_its_pictures():
    from workbench.inputs import images, labels

    found, pictures = boxes.sample(), images.sample()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pool = patches.pool(found, pictures)
    assert set(pictures.images) - set(pool["image"]) == {"imagenet_12_741.jpg"}  # a prayer rug that is a window
    sides = pool[["xmax", "ymax"]].to_numpy() - pool[["xmin", "ymin"]].to_numpy()
    assert np.all(sides >= 20)
    original = labels.load("sample-original")
    assert all(original.labels(image)[0] in set(part["class"]) for image, part in pool.groupby("image"))
    assert pool["class"].between(0, classes.N_CLASSES - 1).all()


def test_each_edge_is_clipped_by_its_own_side_of_the_picture():
    rows = frame(("a", 0, -1, -2, 500, 500), ("b", 1, 3, 4, 20, 10), ("a", 2, 99, 49, 100, 50), ("b", 3, 0, 0, 21, 10))
    with pytest.warns(UserWarning, match=r"^of 4 boxes: 2 clipped to their picture; 4 are used$"):
        pool = patches.pool(rows, pictures({"b": (20, 10), "a": (100, 50)}))
    assert pool[boxes.EDGES].to_numpy().tolist() == [[0, 0, 100, 50], [3, 4, 20, 10], [99, 49, 100, 50], [0, 0, 20, 10]]


def test_a_name_with_a_dot_in_it_keeps_what_is_no_suffix():
    images = pictures({"x/a.large.png": (9, 9), "x/b.jpeg": (9, 9)})
    rows = frame(("a.large", 0, 0, 0, 5, 5), ("b.webp", 1, 0, 0, 5, 5), ("y/b.JPEG", 2, 0, 0, 5, 5))
    assert patches.pool(rows, images)["image"].tolist() == ["x/a.large.png", "x/b.jpeg", "x/b.jpeg"]


def test_each_picture_is_opened_once():
    reads, whole = [], pictures({"a": (9, 9), "b": (9, 9)})
    images = ImageSet("mine", whole.images, lambda image: reads.append(image) or whole.read(image))
    patches.pool(frame(*[(image, i, 0, 0, 5, 5) for i, image in enumerate("abab")]), images)
    assert sorted(reads) == ["a", "b"]
