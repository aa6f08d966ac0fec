"""Ids that never depend on a position, and several sets as one."""

import pytest

from workbench.errors import InputError
from workbench.inputs import images

V1 = "ILSVRC2012_val_00000293"
V2 = "0ccba4f5e3ea53b7ba2b1d4fb4a1de1e3b2c9a10"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"{V1}.JPEG", V1),
        (f"val/n01440764/{V1}.JPEG", V1),
        (f"{V1}_n01440764.JPEG", V1),
        (V1, V1),
        (f"{V2}.jpeg", V2),
        (f"b-33/7/{V2}.jpeg", V2),
        ("birds/robin.jpg", "birds/robin.jpg"),
        ("robin.jpg", "robin.jpg"),
        ("./robin.jpg", "robin.jpg"),
        ("", ""),
        ("a/ILSVRC2012_val_293.JPEG", "a/ILSVRC2012_val_293.JPEG"),  # seven digits missing: no V1 name
        (f"a/{V1}0.JPEG", f"a/{V1}0.JPEG"),  # a digit too many
        (f"a/x{V1}.JPEG", f"a/x{V1}.JPEG"),
        (f"a/{V2[:-1]}.jpeg", f"a/{V2[:-1]}.jpeg"),  # 39 digits: no sha1
        (f"a/{V2}0.jpeg", f"a/{V2}0.jpeg"),
        ("a/v1.2/robin.png", "a/v1.2/robin.png"),
    ],
)
def test_canonical_id(path, expected):
    assert images.canonical_id(path) == expected
    assert images.canonical_id(images.canonical_id(path)) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"b-33/7/{V2}.jpeg", f"7/{V2}"),
        (f"7/{V2}.jpeg", f"7/{V2}"),
        (f"val/n01440764/{V1}.JPEG", f"n01440764/{V1}"),
        (f"val/{V1}.JPEG", V1),  # a folder that names no class says nothing
        (f"1000/{V2}.jpeg", V2),
        (f"7/deep/{V2}.jpeg", V2),
        (f"{V2}.jpeg", V2),
        ("7/robin.jpg", "7/robin.jpg"),
        ("x/7/robin.jpg", "x/7/robin.jpg"),
        ("robin.jpg", "robin.jpg"),
        ("", ""),
    ],
)
def test_an_id_keeps_the_class_folder_but_in_v1_and_v2(path, expected):
    assert images.id_in("mine", path) == images.id_in("mine", expected) == expected
    assert images.id_in("v1", path) == images.id_in("v2", path) == images.canonical_id(path)
    assert images.canonical_id(expected) == images.canonical_id(path)


@pytest.mark.parametrize("number", [0, 50_001, 99_999_999])
def test_a_number_that_v1_does_not_have_is_not_v1s(number):
    images.check_names("v1", [images.v1_id(1), images.v1_id(9999), images.v1_id(50_000)])
    with pytest.raises(InputError, match=f"^1 of 2 pictures, '{images.v1_id(number)}', is not named like V1's"):
        images.check_names("v1", [images.v1_id(1), images.v1_id(number)])


def test_v1_ids_are_canonical():
    assert [images.v1_id(1), images.v1_id(50_000)] == ["ILSVRC2012_val_00000001", "ILSVRC2012_val_00050000"]
    assert images.canonical_id(images.v1_id(293)) == V1


def test_sets_together_read_as_each_alone():
    one = images.ImageSet("one", ("a", "b"), lambda image: f"1{image}".encode())
    two = images.ImageSet("two", ("c",), lambda image: f"2{image}".encode())
    both = images.together("both", [one, two])
    assert (both.name, both.images, len(both)) == ("both", ("a", "b", "c"), 3)
    assert [both.read(image) for image in both.images] == [b"1a", b"1b", b"2c"]
    with pytest.raises(InputError, match="the image sets one, two, one share ids"):
        images.together("both", [one, two, one])
