import io

import pytest
from PIL import Image

from workbench.errors import InputError
from workbench.inputs import images

V1 = "ILSVRC2012_val_00000293"
V2 = "0ccba4f5e3ea53b7ba2b1d4fb4a1de1e3b2c9a10"


@pytest.fixture
def put(tmp_path):
    def write(*names):
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(name.encode())
        return tmp_path

    return write


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"{V1}.JPEG", V1),
        (f"val/n01440764/{V1}.JPEG", V1),
        (V1, V1),
        (f"{V2}.jpeg", V2),
        (f"b-33/7/{V2}.jpeg", V2),
        ("birds/robin.jpg", "birds/robin.jpg"),
        ("robin.jpg", "robin.jpg"),
        ("a/ILSVRC2012_val_293.JPEG", "a/ILSVRC2012_val_293.JPEG"),  # seven digits missing: no V1 name
        (f"a/x{V1}.JPEG", f"a/x{V1}.JPEG"),
        (f"a/{V2[:-1]}.jpeg", f"a/{V2[:-1]}.jpeg"),  # 39 digits: no sha1
        ("a/v1.2/robin.png", "a/v1.2/robin.png"),
    ],
)
def test_canonical_id(path, expected):
    assert images.canonical_id(path) == expected
    assert images.canonical_id(images.canonical_id(path)) == expected


def test_v1_ids_are_canonical():
    assert [images.v1_id(1), images.v1_id(50_000)] == ["ILSVRC2012_val_00000001", "ILSVRC2012_val_00050000"]
    assert images.canonical_id(images.v1_id(293)) == V1


def test_a_folder_is_read_sorted_at_any_depth_and_only_pictures(put):
    root = put("b.png", "a/z.JPG", "a/deep/er/y.webp", "a/notes.txt", "c.jpeg")
    found = images.folder(root)
    assert found.images == ("a/deep/er/y.webp", "a/z.JPG", "b.png", "c.jpeg")
    assert found.name == root.name
    assert len(found) == 4


def test_each_id_reads_its_own_bytes(put):
    found = images.folder(put("b.png", "a/z.jpg", f"x/{V1}.JPEG"), name="mine")
    assert found.name == "mine"
    assert {image: found.read(image) for image in found.images} == {
        "b.png": b"b.png",
        "a/z.jpg": b"a/z.jpg",
        V1: f"x/{V1}.JPEG".encode(),
    }


def test_a_folder_without_pictures_is_refused(put):
    with pytest.raises(InputError, match=r"holds no picture.*\.png"):
        images.folder(put("a/notes.txt"))


@pytest.mark.parametrize("name", ["absent", "file.txt"])
def test_what_is_no_folder_is_refused(put, name):
    with pytest.raises(InputError, match=f"{name} is no folder"):
        images.folder(put("file.txt") / name)


def test_one_v1_image_in_two_folders_is_refused(put):
    with pytest.raises(InputError, match="1 image ids occur twice"):
        images.folder(put(f"a/{V1}.JPEG", f"b/{V1}.JPEG", "c.jpg"))


def test_equal_names_in_two_folders_are_two_pictures(put):
    assert images.folder(put("a/x.jpg", "b/x.jpg")).images == ("a/x.jpg", "b/x.jpg")


def test_a_folder_named_like_a_picture_is_no_picture(put):
    assert images.folder(put("album.jpg/x.png")).images == ("album.jpg/x.png",)


def test_the_sample_has_20_pictures_that_decode():
    sample = images.sample()
    assert sample.name == "sample"
    assert len(set(sample.images)) == 20
    for image in sample.images:
        with Image.open(io.BytesIO(sample.read(image))) as picture:
            assert min(picture.convert("RGB").size) > 0
