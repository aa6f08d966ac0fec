import json

import pandas as pd
import pytest

from workbench.errors import DamagedFileError, InputError
from workbench.inputs import labels, sources

MINE = {"a.png": [7, 3], "b/c.png": [], "d.png": [999], "e.png": [0, 5, 12]}


def as_dict(found):
    return {image: found.labels(image) for image in found.images}


def write(path, mapping):
    rows = [(image, label) for image, row in mapping.items() for label in row or [None]]
    table = pd.DataFrame(rows, columns=["image", "class"]).astype({"class": "Int64"})
    if path.suffix == ".json":
        path.write_text(json.dumps(mapping))
    elif path.suffix == ".csv":
        table.to_csv(path, index=False)
    else:
        table.to_parquet(path)
    return path


@pytest.mark.parametrize("suffix", [".json", ".csv", ".parquet"])
def test_a_label_file_is_read_whole(tmp_path, suffix):
    found = labels.read(write(tmp_path / f"mine{suffix}", MINE))
    assert found.name == "mine"
    assert as_dict(found) == {image: sorted(row) for image, row in MINE.items()}


@pytest.mark.parametrize("suffix", [".json", ".csv", ".parquet"])
def test_ids_of_a_label_file_become_canonical(tmp_path, suffix):
    path = write(tmp_path / f"mine{suffix}", {"val/ILSVRC2012_val_00000293.JPEG": [1]})
    assert labels.load(str(path)).images.tolist() == ["ILSVRC2012_val_00000293"]


@pytest.mark.parametrize("suffix", [".json", ".csv", ".parquet"])
@pytest.mark.parametrize("label", [1000, -1, 70_000])
def test_a_class_outside_0_to_999_is_refused_by_value(tmp_path, suffix, label):
    with pytest.raises(InputError, match=f"class {label};"):
        labels.read(write(tmp_path / f"mine{suffix}", {"a.png": [3, label]}))


@pytest.mark.parametrize(
    ("name", "contents", "error"),
    [
        ("cut.json", '{"a.png": [1', DamagedFileError),
        ("empty.json", "", DamagedFileError),
        ("latin.json", b"\xff\xfe", DamagedFileError),
        ("list.json", "[1, 2]", InputError),
        ("number.json", '{"a.png": 3}', InputError),
        ("words.json", '{"a.png": ["cat"]}', InputError),
        ("digits.json", '{"a.png": "12"}', InputError),  # a text is no list of class indices
        ("fraction.json", '{"a.png": [3.7]}', InputError),
        ("infinite.json", '{"a.png": [Infinity]}', InputError),
        ("huge.json", '{"a.png": [99999999999999999999]}', InputError),
        ("twice.json", '{"x/ILSVRC2012_val_00000001.JPEG": [1], "ILSVRC2012_val_00000001": [2]}', InputError),
        ("pair.json", '{"image_filenames": [["a.png"]]}', InputError),
        ("nowhere.json", '{"image_filenames": [["a.png", "n99999999"]]}', InputError),
        ("unnamed.json", '{"image_filenames": [["", "n01440764"]]}', InputError),
        ("mixed.json", '{"image_filenames": [["a.png", "n01440764"], 3]}', InputError),
        ("again.json", '{"image_filenames": [["a.png", "n01440764"], ["a.png", "n01443537"]]}', InputError),
        ("columns.csv", "image,klass\na.png,1\n", InputError),
        ("words.csv", "image,class\na.png,cat\n", InputError),
        ("fraction.csv", "image,class\na.png,3.7\n", InputError),
        ("infinite.csv", "image,class\na.png,inf\n", InputError),
        ("nameless.csv", "image,class\n,3\nb.png,4\n", InputError),
        ("wide.csv", "image,class\na.png,1,2\nb.png,3,4\n", InputError),  # pandas would take a.png as the index
        ("empty.csv", "", DamagedFileError),
        ("cut.parquet", b"PAR1cut", DamagedFileError),
        ("what.txt", "a.png 1", InputError),
    ],
)
def test_a_bad_label_file_is_refused_by_name(tmp_path, name, contents, error):
    path = tmp_path / name
    path.write_bytes(contents if isinstance(contents, bytes) else contents.encode())
    with pytest.raises(error, match=path.stem):
        labels.load(str(path))


def test_a_dataset_file_of_imagenetv2_is_a_label_file(tmp_path):
    path, v2 = tmp_path / "imagenetv2-x.json", "0" * 40
    listed = [[f"{v2}.jpeg", "n01440764"], ["val/ILSVRC2012_val_00000293.JPEG", "n15075141"], ["mine/a.png", "7"]]
    path.write_text(json.dumps({"target_size": 3, "image_filenames": listed, "wnid_thresholds": {}}))
    found = labels.load(str(path))
    assert found.name == "imagenetv2-x"
    assert found.mapping() == {v2: [0], "ILSVRC2012_val_00000293": [999], "mine/a.png": [7]}


def test_the_public_dataset_files_are_label_files(public_files):
    for source, name in (("v1-images", "v1-original"), ("v2-images", "v2-original"), ("v2-top-images", "v2-top")):
        (path,) = sources.locate(source).values()
        assert labels.load(str(path)).mapping() == labels.load(name).mapping()


def test_an_image_may_have_the_name_of_a_dataset_files_list(tmp_path):
    (tmp_path / "mine.json").write_text('{"image_filenames": [3, 7], "b": []}')
    assert labels.read(tmp_path / "mine.json").mapping() == {"image_filenames": [3, 7], "b": []}


def test_an_image_called_NA_keeps_its_labels(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("image,class\nNA,3\nnull,4\n")
    assert as_dict(labels.read(path)) == {"NA": [3], "null": [4]}


@pytest.mark.parametrize(("folder", "label"), [("n01440764", 0), ("n15075141", 999), ("0", 0), ("999", 999), ("07", 7)])
def test_a_folder_named_after_a_class_labels_its_pictures(folder, label):
    found = labels.from_folders([f"val/{folder}/x.png"])
    assert (found.name, found.mapping()) == ("folders", {f"val/{folder}/x.png": [label]})


@pytest.mark.parametrize("image", ["x.png", "1000/x.png", "-1/x.png", "dogs/x.png", "n99999999/x.png", "7/deep/x.png"])
def test_a_folder_that_names_no_class_is_refused(image):
    with pytest.raises(InputError, match=f"image '{image}' lies in no folder named after a class"):
        labels.from_folders(["7/a.png", image])


def test_an_image_with_an_empty_class_among_labels_has_none(tmp_path):
    (tmp_path / "mine.csv").write_text("image,class\na,3\nb,\na,7\n")
    assert labels.read(tmp_path / "mine.csv").mapping() == {"a": [3, 7], "b": []}


def test_images_that_are_one_are_counted(tmp_path):
    v1 = "ILSVRC2012_val_0000000"
    (tmp_path / "mine.json").write_text(json.dumps({f"{v1}{n}{end}": [n] for n in (1, 2) for end in ("", ".JPEG")}))
    with pytest.raises(InputError, match="names 2 images twice, under different paths"):
        labels.read(tmp_path / "mine.json")
