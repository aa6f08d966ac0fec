"""Damaged and hostile files end in a sentence: nothing but the errors of the workbench comes out of a reader.

Some inputs for each reader; ``python -m benchmarks.fuzz`` puts thousands to it.
"""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from PIL import Image
from tests.fuzz import readers
from tests.fuzz.hostile import written

from workbench import files
from workbench.errors import DamagedFileError, InputError, WorkbenchError
from workbench.inputs import images
from workbench.predict import pixels

INPUTS = {"decisions": 60, "checkpoints, list": 25, ".safetensors": 15, ".pth": 15}  # fewer of what takes longer


@pytest.mark.parametrize("name", readers.NAMES)
def test_nothing_but_sentences_comes_out_of_a_reader(name, tmp_path):
    reader = readers.reader(name)

    @settings(
        max_examples=INPUTS.get(name, 120),
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=readers.LARGE,
    )
    @given(reader.inputs())
    def check(data):
        readers.outcome(reader, data, tmp_path)

    check()


@pytest.mark.parametrize("name", [name for name in readers.NAMES if name != "pictures, list"])
def test_what_is_valid_is_read(name, tmp_path):
    reader = readers.reader(name)
    for number, data in enumerate(reader.valid):
        if (name, number) != ("import, npz", 2):  # too few outputs
            assert readers.outcome(reader, data, tmp_path) == "read", number


@pytest.mark.parametrize(
    "text, seen",
    [
        ('{"a": [1], "b": [], "a": [2]}', "the key 'a' occurs twice"),
        ('{"x": {"a": 1, "a": 1}}', "the key 'a' occurs twice"),
        (r'{"\ud800.jpg": [1]}', "surrogates not allowed"),
        (r'{"a": "\uDFFF"}', "surrogates not allowed"),
        ("[" * 100_000 + "]" * 100_000, "nested too deep"),
    ],
)
def test_json_that_says_two_things_or_none_is_refused(tmp_path, text, seen):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(DamagedFileError, match=seen):
        files.read_json(tmp_path / "a.json")


def test_a_whole_pair_of_surrogates_is_a_character():
    assert files.parse_json(r'["\ud83d\ude00"]') == ["😀"]


@pytest.mark.parametrize("name", ["labels, csv", "boxes, csv", "boxes, Kaggle", "leaderboards, csv", "import, csv"])
def test_a_column_that_occurs_twice_is_refused(name, tmp_path):
    reader = readers.READERS[name]
    header, *rows = reader.valid[0].decode().splitlines()
    path = tmp_path / "a.csv"
    path.write_text("\n".join([f"{header},{header}", *(f"{row},{row}" for row in rows)]))
    with pytest.raises(InputError, match="has a column twice"):
        reader.read(path)


def test_a_picture_whose_name_is_no_text_is_named(tmp_path):
    Image.new("RGB", (2, 2)).save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(str(tmp_path / "\udcff.png"))
    with pytest.raises(InputError, match=r"the name '\\udcff\.png' of a picture is no UTF-8; rename it"):
        images.folder(tmp_path)


def test_a_damaged_page_of_pictures_makes_failures_of_its_pictures_alone(tmp_path):
    data = bytearray(written(readers.PICTURES, row_group_size=1, use_dictionary=False, compression="zstd"))
    at = data.rindex(b"\x28\xb5\x2f\xfd", 0, data.rindex(b"\x28\xb5\x2f\xfd"))  # the page of the second picture
    data[at : at + 4] = bytes(4)
    (tmp_path / "a.parquet").write_bytes(data)
    found = images.parquet(tmp_path / "a.parquet")
    batch = pixels.read(found, {((8, 8), "bilinear", 1.0, "squash", None): np.asarray}, np.arange(2))
    assert batch.rows.tolist() == [0]
    assert list(batch.failures) == ["b"]
    assert "a.parquet cannot be read" in batch.failures["b"]


@pytest.mark.parametrize("name", ["labels, parquet", "boxes, parquet", "import, parquet"])
def test_a_list_is_no_image_id(name, tmp_path):
    columns = {one: [7, 8] for one in ("class", "xmin", "ymin", "xmax", "ymax")}
    (tmp_path / "a.parquet").write_bytes(written(pa.table({"image": [[1], [2]]} | columns)))
    with pytest.raises(WorkbenchError, match="image"):
        readers.READERS[name].read(tmp_path / "a.parquet")


@pytest.mark.parametrize("field", ["annotator", "image", "time"])
@pytest.mark.parametrize("value", [["ada"], 7, None, ""])
def test_a_decision_by_a_list_is_no_decision(tmp_path, field, value):
    import json

    (tmp_path / "a.jsonl").write_text(json.dumps(readers.MADE | {field: value}) + "\n")
    with pytest.raises(DamagedFileError, match=f"line 1 .*its {field} is "):
        readers.READERS["decisions"].read(tmp_path / "a.jsonl")


@pytest.mark.parametrize("rank", ["first", "", "nan", "-1"])
def test_a_rank_that_is_none_is_refused(tmp_path, rank):
    (tmp_path / "a.csv").write_text(f"model,top1,rank\na,80,{rank}\nb,70,2\n")
    with pytest.raises(InputError, match="has a rank that is none"):
        readers.READERS["leaderboards, csv"].read(tmp_path / "a.csv")
