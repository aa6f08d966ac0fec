"""Damage in a file of answers is refused by the file's name; a file of an earlier version is read with a note."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.errors import DamagedFileError
from workbench.predict.asking import answers
from workbench.predict.asking.answers import Answers

METADATA = "workbench-answers"
SAID = Answers(
    model="hf:some/model",
    image_set="few",
    mode="likelihood",
    images=("a.png", "b.png"),
    texts=("A", "B"),
    letters=np.array([0, 1], dtype=np.int8),
    outcomes=("likelihood", "likelihood"),
    tokens=np.array([1, 1], dtype=np.int32),
    seconds=np.array([0.5, 0.25], dtype=np.float32),
    scores=np.full((2, 10), 0.1, dtype=np.float32),
    provenance={"key": {"questions": "00ff"}},
)


@pytest.fixture
def path(tmp_path):
    """A file of two answers, uncompressed, so that a value can be found in it."""
    answers.write(SAID, tmp_path / "said.parquet")
    table = pq.read_table(tmp_path / "said.parquet")
    pq.write_table(table, tmp_path / "said.parquet", compression="none", use_dictionary=False)
    return tmp_path / "said.parquet"


def test_what_was_written_is_read(path, recwarn):
    assert answers.read(path).provenance == SAID.provenance
    assert len(recwarn) == 0


@pytest.mark.parametrize("column", ["image", "text", "letter", "tokens", "seconds", "scores"])
def test_a_flipped_bit_of_a_column_is_refused_by_name(path, column):
    table = pq.read_table(path)
    buffers = [None if one is None else bytearray(one) for one in table[column].combine_chunks().buffers()]
    buffers[-1][0] ^= 1  # a value: each array's last buffer holds them
    array, of = table[column].combine_chunks(), pa.types.is_fixed_size_list(table.schema.field(column).type)
    held = [None if one is None else pa.py_buffer(bytes(one)) for one in buffers]
    if of:
        flat = pa.Array.from_buffers(array.type.value_type, 20, held[-2:])
        changed = pa.FixedSizeListArray.from_arrays(flat, 10)
    else:
        changed = pa.Array.from_buffers(array.type, 2, held)
    assert not changed.equals(array)
    table = table.set_column(table.column_names.index(column), column, changed)
    pq.write_table(table, path)
    with pytest.raises(DamagedFileError, match=r"said\.parquet is damaged.*its content has another digest"):
        answers.read(path)


@pytest.mark.parametrize("changed", [{"model": "hf:some/mode1"}, {"provenance": {"key": {"questions": "00fe"}}}])
def test_metadata_that_was_changed_is_refused_and_an_older_file_read_with_a_note(path, changed):
    table = pq.read_table(path)
    kept = json.loads(table.schema.metadata[METADATA.encode()]) | changed
    pq.write_table(table.replace_schema_metadata({METADATA: json.dumps(kept)}), path)
    with pytest.raises(DamagedFileError, match=r"said\.parquet is damaged.*its content has another digest"):
        answers.read(path)
    del kept["digest"]
    pq.write_table(table.replace_schema_metadata({METADATA: json.dumps(kept)}), path)
    with pytest.warns(UserWarning, match="has no digest of its content"):
        assert len(answers.read(path)) == 2
