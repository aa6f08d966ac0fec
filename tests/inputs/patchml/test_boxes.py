import pandas as pd
import pytest

from workbench.errors import DamagedFileError, InputError
from workbench.inputs.patchml import boxes

TENCH = "n01440764"


def xml(objects, filename="a", head=""):
    inside = "".join(
        f"<object><name>{name}</name><bndbox><xmin>{x0}</xmin><ymin>{y0}</ymin><xmax>{x1}</xmax><ymax>{y1}</ymax>"
        "</bndbox></object>"
        for name, x0, y0, x1, y1 in objects
    )
    return f"{head}<annotation><filename>{filename}</filename>{inside}</annotation>"


def frame(*rows):
    return pd.DataFrame(rows, columns=boxes.COLUMNS)


def test_three_forms_of_the_same_boxes_are_read_alike(tmp_path):
    image = "ILSVRC2012_val_00000001"
    (tmp_path / "xml" / "val").mkdir(parents=True)
    (tmp_path / "xml" / "val" / f"{image}.xml").write_text(
        xml([(TENCH, 1, 2, 30, 40), ("n01443537", 5, 6, 7, 8)], image)
    )
    (tmp_path / "kaggle.csv").write_text(f"ImageId,PredictionString\n{image},{TENCH} 1 2 30 40 n01443537 5 6 7 8 \n")
    plain = frame((image, 0, 1, 2, 30, 40), (image, 1, 5, 6, 7, 8))
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


@pytest.mark.parametrize(
    ("head", "name"),
    [('<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;&b;&b;">]>', "&c;"), ("<!DOCTYPE annotation>", TENCH)],
)
def test_entities_and_document_types_are_refused_and_not_expanded(tmp_path, head, name):
    (tmp_path / "a.xml").write_text(xml([(name, 1, 2, 3, 4)], head=head))
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
        ("image,class,xmin,ymin,xmax,ymax\na,0,0,0.5,1,1\n", "between 0 and 1, relative"),
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


def test_ids_of_digits_stay_text(tmp_path):
    (tmp_path / "a.csv").write_text(f"ImageId,PredictionString\n00012,{TENCH} 1 2 3 4\n")
    assert boxes.read(tmp_path / "a.csv")["image"].tolist() == ["00012"]


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no annotation"):
        boxes.read(tmp_path)


@pytest.mark.parametrize("row", ["a,0,1,2,3", "a,0,1,2,3,4,5"])
def test_a_row_narrower_or_wider_than_the_header_is_refused(tmp_path, row):
    (tmp_path / "a.csv").write_text(f"image,class,xmin,ymin,xmax,ymax\nb,0,1,2,3,4\n{row}\n")
    with pytest.raises(InputError, match=r"a\.csv: .*as wide as the header"):
        boxes.read(tmp_path / "a.csv")


@pytest.mark.parametrize("boxes_of_a", [f"{TENCH} 1 2 3", f"{TENCH} 1 2 3 4 5", f"{TENCH} 1 2 3 4 {TENCH} 5 6 7", "1"])
def test_a_prediction_string_that_is_no_whole_number_of_boxes_is_refused(tmp_path, boxes_of_a):
    (tmp_path / "a.csv").write_text(f"ImageId,PredictionString\nb,{TENCH} 1 2 3 4\na,{boxes_of_a}\n")
    with pytest.raises(InputError, match=f"the boxes of a are '{boxes_of_a}'; expected 'wnid xmin ymin xmax ymax'"):
        boxes.read(tmp_path / "a.csv")


def test_a_picture_without_a_prediction_has_no_box(tmp_path):
    (tmp_path / "a.csv").write_text(f"ImageId,PredictionString\na,\nb,{TENCH} 1 2 3 4\n")
    assert boxes.read(tmp_path / "a.csv")["image"].tolist() == ["b"]


def test_classes_and_edges_become_whole_numbers(tmp_path):
    text = "image,class,xmin,ymin,xmax,ymax,note\na,7,0.4,1.6,1e12,-1e12,x\nb,,1,2,3,4,y\n"
    (tmp_path / "a.csv").write_text(text.replace("b,,", "b,999,"))
    found = boxes.read(tmp_path / "a.csv")
    assert found.columns.tolist() == boxes.COLUMNS
    assert found.to_numpy().tolist() == [["a", 7, 0, 2, 10**9, -(10**9)], ["b", 999, 1, 2, 3, 4]]
    frame(("a", 7.0, 1, 2, 3, 4)).to_parquet(tmp_path / "b.parquet")
    assert boxes.read(tmp_path / "b.parquet")["class"].tolist() == [7]
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(InputError, match="names class 'nan'"):
        boxes.read(tmp_path / "a.csv")


def test_small_whole_numbers_are_pixels(tmp_path):
    frame(("a", 0, 0, 0, 1, 1)).to_csv(tmp_path / "a.csv", index=False)
    assert boxes.read(tmp_path / "a.csv")[boxes.EDGES].to_numpy().tolist() == [[0, 0, 1, 1]]
    frame(("a", 0, 0.5, 0, 1.5, 1)).to_csv(tmp_path / "a.csv", index=False)
    assert boxes.read(tmp_path / "a.csv")[boxes.EDGES].to_numpy().tolist() == [[0, 0, 2, 1]]


@pytest.mark.parametrize("filename", ["", "  ", None])
def test_an_xml_without_a_file_name_stands_for_its_own(tmp_path, filename):
    text = xml([(TENCH, 1, 2, 3, 4)], filename or "")
    (tmp_path / "b.xml").write_text(text if filename is not None else text.replace("<filename></filename>", ""))
    assert boxes.read(tmp_path)["image"].tolist() == ["b"]


def test_the_file_of_the_first_unreadable_box_is_named_with_what_it_holds(tmp_path):
    (tmp_path / "a.csv").write_text("image,class,xmin,ymin,xmax,ymax\na,0,1,2,3,4\nb,0,5,x,7,8\nc,0,y,2,3,4\n")
    with pytest.raises(InputError, match="the box of b is 5, x, 7, 8; expected four numbers"):
        boxes.read(tmp_path / "a.csv")
