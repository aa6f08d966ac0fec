import io
import warnings

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from workbench.errors import DamagedFileError, InputError
from workbench.inputs import classes
from workbench.inputs.images import ImageSet
from workbench.inputs.patchml import boxes, patches

TENCH = "n01440764"


def xml(objects, filename="a", head=""):
    inside = "".join(
        f"<object><name>{name}</name><bndbox><xmin>{x0}</xmin><ymin>{y0}</ymin><xmax>{x1}</xmax><ymax>{y1}</ymax>"
        "</bndbox></object>"
        for name, x0, y0, x1, y1 in objects
    )
    return f"{head}<annotation><filename>{filename}</filename>{inside}</annotation>"


def pictures(sizes, name="mine"):
    def read(image):
        buffer = io.BytesIO()
        Image.new("RGB", sizes[image], "red").save(buffer, "PNG")
        return buffer.getvalue()

    return ImageSet(name, tuple(sizes), read)


def frame(*rows):
    return pd.DataFrame(rows, columns=boxes.COLUMNS)


def test_three_forms_of_the_same_boxes_are_read_alike(tmp_path):
    id = "ILSVRC2012_val_00000001"
    (tmp_path / "xml" / "val").mkdir(parents=True)
    (tmp_path / "xml" / "val" / f"{id}.xml").write_text(xml([(TENCH, 1, 2, 30, 40), ("n01443537", 5, 6, 7, 8)], id))
    (tmp_path / "kaggle.csv").write_text(f"ImageId,PredictionString\n{id},{TENCH} 1 2 30 40 n01443537 5 6 7 8 \n")
    plain = frame((id, 0, 1, 2, 30, 40), (id, 1, 5, 6, 7, 8))
    plain.to_csv(tmp_path / "plain.csv", index=False)
    plain.to_parquet(tmp_path / "plain.parquet")
    for path in ("xml", "kaggle.csv", "plain.csv", "plain.parquet"):
        pd.testing.assert_frame_equal(boxes.read(tmp_path / path), plain, check_dtype=False)


def test_a_file_name_that_was_never_filled_in_gives_way_to_the_name_of_the_xml(tmp_path):
    (tmp_path / "n01440764_10040.xml").write_text(xml([(TENCH, 1, 2, 3, 4)], "%s"))
    assert boxes.read(tmp_path)["image"].tolist() == ["n01440764_10040"]


@pytest.mark.parametrize("name", ["n99999999", "dog", "1000", "-1", "3.5"])
def test_an_unknown_class_is_named(tmp_path, name):
    (tmp_path / "a.csv").write_text(f"ImageId,PredictionString\na,{name} 1 2 3 4\n")
    with pytest.raises(InputError, match=f"names class '{name}'"):
        boxes.read(tmp_path / "a.csv")


def test_a_truncated_xml_says_so(tmp_path):
    (tmp_path / "a.xml").write_text(xml([(TENCH, 1, 2, 3, 4)])[:-30])
    with pytest.raises(DamagedFileError, match=r"a\.xml is no whole XML file.*truncated"):
        boxes.read(tmp_path)


def test_entities_are_refused_and_not_expanded(tmp_path):
    bomb = '<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;&b;&b;">]>'
    (tmp_path / "a.xml").write_text(xml([("&c;", 1, 2, 3, 4)], head=bomb))
    with pytest.raises(InputError, match="document type or entities, which are refused"):
        boxes.read(tmp_path)


@pytest.mark.parametrize("box", ["<xmin>1</xmin>", "<xmin>a</xmin><ymin>1</ymin><xmax>2</xmax><ymax>3</ymax>", ""])
def test_an_object_without_a_whole_box_is_refused(tmp_path, box):
    text = f"<annotation><object><name>{TENCH}</name><bndbox>{box}</bndbox></object></annotation>"
    (tmp_path / "a.xml").write_text(text)
    with pytest.raises(InputError, match="without a name or a box of four numbers"):
        boxes.read(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ImageId,PredictionString\na,n01440764 1 2 3\n", "expected 'wnid xmin ymin xmax ymax'"),
        ("image,class,xmin,ymin,xmax,ymax\n", "has no box"),
        ("image,class,xmin,ymin,xmax\na,0,1,2,3\n", "not ymax"),
        ("image,class,xmin,ymin,xmax,ymax\na,0,1,2,,4\n", "the box of a is"),
        ("image,class,xmin,ymin,xmax,ymax\na,0,1,2,inf,4\n", "the box of a is"),
        ("image,class,xmin,ymin,xmax,ymax\na,0,0.1,0.2,0.7,0.9\n", "between 0 and 1, relative"),
        ("image,class,xmin,ymin,xmax,ymax\na,true,1,2,3,4\n", "the column class holds bool"),
        ("image,class,xmin,ymin,xmax,ymax,xmin\na,0,1,2,3,4,5\n", "a column twice"),
        ("image,class,xmin,ymin,xmax,ymax\n,0,1,2,3,4\n", "without an image"),
    ],
)
def test_a_table_that_cannot_be_boxes_is_refused(tmp_path, text, message):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        boxes.read(tmp_path / "a.csv")


def test_a_list_in_a_cell_is_refused(tmp_path):
    frame(("a", 0, 1, 2, 3, 4)).astype(object).assign(**{"class": [[0]]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(InputError, match="the column class holds"):
        boxes.read(tmp_path / "a.parquet")


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("<html/>", InputError, "begins with <html>; expected Pascal VOC's <annotation>"),
        ('<annotation xmlns="http://x"/>', InputError, "without a namespace"),
        ('<?xml version="1.0" encoding="foo-9"?><annotation/>', DamagedFileError, "no whole XML file"),
    ],
)
def test_another_kind_of_xml_is_refused(tmp_path, text, error, message):
    (tmp_path / "a.XML").write_text(text)
    with pytest.raises(error, match=message):
        boxes.read(tmp_path)


def test_a_box_that_is_given_twice_enters_the_pool_once():
    rows = frame(("a", 0, 0, 0, 5, 5), ("a", 0, 0, 0, 5, 5), ("a", 1, 0, 0, 5, 5))
    with pytest.warns(UserWarning, match="of 3 boxes: 1 given twice; 2 are used"):
        assert len(patches.patches(rows, pictures({"a": (5, 5)}))) == 2


def test_ids_of_digits_stay_text(tmp_path):
    (tmp_path / "a.csv").write_text(f"ImageId,PredictionString\n00012,{TENCH} 1 2 3 4\n")
    assert boxes.read(tmp_path / "a.csv")["image"].tolist() == ["00012"]


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no annotation"):
        boxes.read(tmp_path)


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
        pool = patches.patches(rows, pictures({"a": (100, 50), "b": (5, 5)}))
    assert pool.to_numpy().tolist() == [["a", 0, 0, 2, 30, 50], ["b", 4, 0, 0, 5, 5]]


def test_good_boxes_pass_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(patches.patches(frame(("a", 0, 0, 0, 5, 5)), pictures({"a": (5, 5)}))) == 1


def test_a_picture_that_is_not_there_is_named_or_dropped():
    rows = frame(("a", 0, 0, 0, 5, 5), ("gone", 0, 0, 0, 5, 5))
    with pytest.raises(InputError, match=r"1 of the 2 annotated pictures, 'gone' among them.*--drop-missing"):
        patches.patches(rows, pictures({"a": (5, 5)}))
    with pytest.warns(UserWarning, match="1 of pictures that are not there"):
        assert patches.patches(rows, pictures({"a": (5, 5)}), drop_missing=True)["image"].tolist() == ["a"]


def test_dropping_every_picture_is_refused_all_the_same():
    with pytest.raises(InputError, match="1 of the 1 annotated"):
        patches.patches(frame(("gone", 0, 0, 0, 5, 5)), pictures({"a": (5, 5)}), drop_missing=True)


def test_pictures_are_found_by_their_file_name_where_folders_differ():
    images = pictures({"n01440764/n01440764_1.JPEG": (9, 9), "x/twice.png": (9, 9), "y/twice.png": (9, 9)})
    assert patches.patches(frame(("n01440764_1", 0, 0, 0, 5, 5)), images)["image"][0] == "n01440764/n01440764_1.JPEG"
    with pytest.raises(InputError, match="'twice' among them"):
        patches.patches(frame(("twice", 0, 0, 0, 5, 5)), images)


def test_a_picture_that_cannot_be_opened_is_named():
    images = ImageSet("mine", ("a",), lambda image: b"no picture")
    with pytest.raises(InputError, match="annotated picture 'a' cannot be opened"):
        patches.patches(frame(("a", 0, 0, 0, 5, 5)), images)


def test_the_sample_has_boxes_inside_its_pictures():
    from workbench.inputs import images, labels

    found, pictures = boxes.sample(), images.sample()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pool = patches.patches(found, pictures)
    assert set(pictures.images) - set(pool["image"]) == {"imagenet_12_741.jpg"}  # a prayer rug that is a window
    sides = pool[["xmax", "ymax"]].to_numpy() - pool[["xmin", "ymin"]].to_numpy()
    assert np.all(sides >= 20)
    original = labels.load("sample-original")
    assert all(original.labels(image)[0] in set(part["class"]) for image, part in pool.groupby("image"))
    assert pool["class"].between(0, classes.N_CLASSES - 1).all()
