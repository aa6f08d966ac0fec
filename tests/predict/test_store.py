import errno
import json
import os
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import DamagedFileError, InputError
from workbench.predict import store

IDS = ["a.png", "b.png"]
CLASSES = np.array([[3, 1, 0], [999, 2, 7]])
SCORES = np.array([[0.5, 0.25, 0.25], [0.9, 0.05, 0.0]], dtype=np.float32)
METADATA = {"checkpoint": "c", "image_set": "s", "protocol": "crop", "source": "run", "provenance": {}}
ids = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@st.composite
def predictions(draw):
    images = draw(st.lists(ids, min_size=1, max_size=6, unique=True))
    k = draw(st.integers(1, 6))
    row = st.lists(st.integers(0, 999), min_size=k, max_size=k, unique=True)
    classes = np.array([draw(row) for _ in images])
    finite = st.floats(0, 1, width=32)
    scores = [sorted(draw(st.lists(finite, min_size=k, max_size=k)), reverse=True) for _ in images]
    return store.from_arrays(
        draw(ids),
        draw(ids),
        images,
        classes,
        np.array(scores, dtype=np.float32) if draw(st.booleans()) else None,
        protocol=draw(st.sampled_from(store.PROTOCOLS)),
        source=draw(st.sampled_from(["run", "recht2019"])),
        provenance=draw(st.dictionaries(ids, st.one_of(st.none(), st.integers(), st.lists(ids)), max_size=3)),
    )


def example(**changes):
    given = {"images": IDS, "classes": CLASSES, "scores": SCORES, "protocol": "crop"} | changes
    return store.from_arrays("some/net", "mine", given.pop("images"), given.pop("classes"), **given)


def files(folder):
    return sorted(path.name for path in folder.iterdir())


@settings(deadline=None)
@given(predictions())
def test_what_is_written_is_read_again(one):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "new" / "one.parquet"
        store.write(one, path)
        again = store.read(path)
    for name in ("checkpoint", "image_set", "protocol", "source", "provenance", "topk"):
        assert getattr(again, name) == getattr(one, name)
    assert again.images.tolist() == one.images.tolist()
    assert again.classes.dtype == np.uint16
    assert again.classes.tolist() == one.classes.tolist()
    assert (again.scores is None) == (one.scores is None)
    if one.scores is not None:
        assert again.scores is not None
        assert again.scores.dtype == np.float32
        assert again.scores.tolist() == one.scores.tolist()


def test_the_file_has_the_columns_that_others_rely_on(tmp_path):
    store.write(example(), tmp_path / "one.parquet")
    schema = pq.read_schema(tmp_path / "one.parquet")
    assert schema.names == ["image", "classes", "scores"]
    assert schema.types == [pa.string(), pa.list_(pa.uint16(), 3), pa.list_(pa.float32(), 3)]


def test_without_scores_the_column_is_there_and_null(tmp_path):
    store.write(example(scores=None), str(tmp_path / "one.parquet"))
    table = pq.read_table(tmp_path / "one.parquet")
    assert table.schema.field("scores").type == pa.list_(pa.float32(), 3)
    assert table.column("scores").null_count == 2


@pytest.mark.parametrize("image_set", ["", "a/../../b", "..\\b", "a\0"])
def test_an_image_set_whose_name_leads_elsewhere_has_no_file(image_set):
    with pytest.raises(InputError, match="the image set is called"):
        store.file_name("net", image_set, "crop")


def test_a_file_name_holds_checkpoint_image_set_and_protocol():
    assert example().file_name == "some_net--mine--crop.parquet"


@pytest.mark.parametrize("stop", [0, 3, 100, -8, -1])
def test_a_truncated_file_is_refused_by_name(tmp_path, stop):
    path = tmp_path / "whole.parquet"
    store.write(example(), path)
    cut = tmp_path / "cut.parquet"
    cut.write_bytes(path.read_bytes()[:stop])
    with pytest.raises(DamagedFileError, match=r"cut\.parquet"):
        store.read(cut)


def test_a_parquet_file_of_another_program_is_refused_with_its_columns(tmp_path):
    path = tmp_path / "other.parquet"
    pd.DataFrame({"image": IDS, "speed": [1, 2]}).to_parquet(path)
    with pytest.raises(DamagedFileError, match=r"other\.parquet.*image, speed.*workbench import"):
        store.read(path)


@pytest.mark.parametrize("name", ["absent.parquet", "."])
def test_what_is_no_file_is_refused(tmp_path, name):
    with pytest.raises(InputError, match="no predictions file"):
        store.read(tmp_path / name)


def column(values, kind):
    return pa.array(values, kind)


@pytest.mark.parametrize(
    ("name", "contents"),
    [
        ("classes", column([[3, 1000], [1, 2]], pa.list_(pa.uint16(), 2))),
        ("classes", column([[3, 3], [1, 2]], pa.list_(pa.uint16(), 2))),
        ("classes", column([[3, 4], None], pa.list_(pa.uint16(), 2))),
        ("classes", column([[3, 4], [1]], pa.list_(pa.uint16()))),
        ("classes", column([3, 4], pa.uint16())),
        ("scores", column([[0.5, 0.2], None], pa.list_(pa.float32(), 2))),
        ("scores", column([[0.2, 0.5], [0.2, 0.1]], pa.list_(pa.float32(), 2))),
        ("image", column(["a", "a"], pa.string())),
        ("image", column(["a", None], pa.string())),
        ("metadata", "{"),
        ("metadata", "[]"),
        ("metadata", "{}"),
        ("metadata", json.dumps(METADATA | {"protocol": "squash"})),
        ("metadata", json.dumps(METADATA | {"unheard-of": 1})),
    ],
)
def test_a_file_that_was_tampered_with_is_refused_by_name(tmp_path, name, contents):
    pair = pa.list_(pa.uint16(), 2)
    columns = {
        "image": IDS,
        "classes": column([[1, 2], [3, 4]], pair),
        "scores": pa.nulls(2, pa.list_(pa.float32(), 2)),
    }
    metadata = contents if name == "metadata" else json.dumps(METADATA)
    table = pa.table(columns if name == "metadata" else columns | {name: contents})
    pq.write_table(table.replace_schema_metadata({"workbench": metadata}), tmp_path / "one.parquet")
    with pytest.raises(DamagedFileError, match=r"one\.parquet"):
        store.read(tmp_path / "one.parquet")


def fill_the_disk(writer, table):
    writer.where.write(b"PAR1 half of a file")
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("older", [True, False])
def test_a_full_disk_leaves_the_older_file_and_nothing_else(tmp_path, monkeypatch, older):
    path = tmp_path / "one.parquet"
    if older:
        store.write(example(), path)
    monkeypatch.setattr(pq.ParquetWriter, "write_table", fill_the_disk)
    with pytest.raises(OSError, match="No space left"):
        store.write(example(scores=None), path)
    assert files(tmp_path) == (["one.parquet"] if older else [])
    if older:
        np.testing.assert_array_equal(store.read(path).scores, SCORES)


def test_writing_twice_replaces_and_leaves_one_file_that_others_may_read(tmp_path):
    path = tmp_path / "one.parquet"
    store.write(example(), path)
    store.write(example(scores=None), path)
    assert store.read(path).scores is None
    assert files(tmp_path) == ["one.parquet"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_part_holds_the_rows_and_failures_of_one_image_set():
    from workbench.inputs.images import ImageSet

    whole = store.from_arrays(
        "net",
        "both",
        ["a", "b", "c"],
        np.array([[1, 2], [3, 4], [5, 6]]),
        np.array([[0.6, 0.4]] * 3, dtype=np.float32),
        provenance={"failures": {"d": "broken", "e": "broken"}, "seconds": 1},
    )
    part = store.part(whole, ImageSet("one", ("c", "a", "d"), lambda image: b""))
    assert (part.image_set, part.images.tolist(), part.classes.tolist()) == ("one", ["a", "c"], [[1, 2], [5, 6]])
    assert part.scores is not None
    assert part.scores.shape == (2, 2)
    assert part.provenance == {"failures": {"d": "broken"}, "seconds": 1}
    assert whole.failures == {"d": "broken", "e": "broken"}
    with pytest.raises(InputError, match="hold no picture of image set 'none'"):
        store.part(whole, ImageSet("none", ("x",), lambda image: b""))


def test_what_is_not_said_is_the_default():
    one = store.from_arrays("net", "mine", IDS, CLASSES)
    assert (one.protocol, one.source, one.provenance, one.failures) == ("resize", "run", {}, {})
    assert (len(one), one.topk) == (2, 3)


@pytest.mark.parametrize("scores", [SCORES, None])
def test_some_rows_in_their_order(scores):
    taken = example(scores=scores).take([1, 0, 1])
    assert taken.images.tolist() == ["b.png", "a.png", "b.png"]
    assert taken.classes.tolist() == CLASSES[[1, 0, 1]].tolist()
    np.testing.assert_array_equal(taken.scores, None if scores is None else SCORES[[1, 0, 1]])


# --- damage -------------------------------------------------------------------------------------------------


def without_digest(path):
    """The file as an earlier version wrote it."""
    table = pq.read_table(path)
    metadata = json.loads(table.schema.metadata[b"workbench"])
    del metadata["digest"]
    pq.write_table(table.replace_schema_metadata({"workbench": json.dumps(metadata)}), path)


def test_a_file_without_a_digest_is_read_with_a_note(tmp_path):
    path = tmp_path / "old.parquet"
    store.write(example(), path)
    without_digest(path)
    with pytest.warns(UserWarning, match="has no digest of its content"):
        assert store.read(path).classes.tolist() == CLASSES.tolist()


@pytest.mark.parametrize("change", ["image", "classes", "scores", "checkpoint", "provenance"])
def test_another_content_than_was_written_is_refused_by_name(tmp_path, change):
    path = tmp_path / "one.parquet"
    store.write(example(provenance={"seconds": 2, "days": {10: 1, 9: 2}}), path)
    assert store.read(path).provenance["days"] == {"10": 1, "9": 2}
    table = pq.read_table(path)
    metadata = json.loads(table.schema.metadata[b"workbench"])
    if change in metadata:
        metadata[change] = {"seconds": 3} if change == "provenance" else "other/net"
    else:
        other = example(images=["a.png", "c.png"], classes=CLASSES[::-1], scores=SCORES[::-1])
        store.write(other, tmp_path / "other.parquet")
        table = table.set_column(
            table.column_names.index(change), change, pq.read_table(tmp_path / "other.parquet")[change]
        )
    pq.write_table(table.replace_schema_metadata({"workbench": json.dumps(metadata)}), path)
    with pytest.raises(DamagedFileError, match=r"one\.parquet is damaged.*digest"):
        store.read(path)


def test_a_file_that_claims_more_than_it_can_hold_is_refused_before_room_is_taken(tmp_path, monkeypatch):
    path = tmp_path / "one.parquet"
    store.write(example(), path)
    monkeypatch.setattr("workbench.files.DENSEST", 0.001)
    with pytest.raises(DamagedFileError, match=r"one\.parquet cannot be read.*it claims \d+ values in [\d,]+ bytes"):
        store.read(path)


def test_damaged_files_are_refused_by_name_or_hold_what_was_written(tmp_path):
    path, seed = tmp_path / "one.parquet", int.from_bytes(os.urandom(4))
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    classes = np.array([rng.permutation(1000)[:5] for _ in range(60)])
    one = store.from_arrays("net", "mine", [f"{i:03d}.png" for i in range(60)], classes, provenance={"seconds": 1})
    store.write(one, path)
    data, told = path.read_bytes(), []
    for _ in range(150):
        damaged = bytearray(data)
        for place in rng.integers(0, len(data), rng.integers(1, 4)):
            damaged[place] ^= 1 << rng.integers(8)
        path.write_bytes(damaged[: None if rng.random() < 0.9 else rng.integers(len(data))])
        try:
            found = store.read(path)
        except DamagedFileError as error:
            told.append(str(path) in str(error))
        else:
            assert (found.images.tolist(), found.classes.tolist()) == (one.images.tolist(), classes.tolist())
    assert len(told) > 100
    assert all(told)
