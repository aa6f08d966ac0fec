"""Inputs that mean harm or were harmed: valid files damaged, JSON and tables with what nobody expects in them."""

import copy
import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

PIECES = [b"", b"\0", b"\xff", b"\xff\xff\xff\x7f", b"\xed\xa0\x80", b'"', b",", b"\n", b"{", b"[", b"]" * 50, b"e9999"]
PIECES += [b"\0" * 8, b"%n", b"../", b"<!--", b"9" * 25, b"-1", b"nan", b"null", b"PAR1", b"\r\n\r", b"\xef\xbb\xbf"]
FLOOR, DEEP = 900, 100_000  # levels that a parser takes, and that none does
JSON = [
    *("null", "true", "0", "-1", "1.5", "7.0", "1e400", "NaN", "-Infinity", "9" * 20, "9" * 5000, '""', '"a"', '"7"'),
    *(
        r'"\ud800"',
        r'"a\udfff.jpg"',
        r'"\u0000"',
        '"\x7f"',
        "[]",
        "{}",
        "[[]]",
        "[1]",
        '["a"]',
        '{"a": 1}',
        '[{"a": 1}]',
    ),
    *('{"a": 1, "a": 2}', "[" * FLOOR + "]" * FLOOR, "[" * DEEP + "]" * DEEP, '{"a":' * DEEP + "1" + "}" * DEEP, "["),
]
CELLS = [
    *(
        "",
        "7",
        "7.0",
        "7.5",
        "-1",
        "1000",
        "99999999999999999999",
        "nan",
        "inf",
        "1e400",
        "true",
        "NULL",
        "NA",
        "a.jpg",
    ),
    *(
        "b.jpg",
        "n01440764",
        "tench",
        "crane",
        "x" * 300,
        "2020-01-01",
        "2020-01-01 10:00:00",
        "10:00",
        "0x10",
        "'",
        '"',
    ),
    *(
        '"a,b"',
        "[1, 2]",
        "50%",
        "=1+1",
        "\0",
        "é",
        "\udcff",
        "\ufeff",
        " ",
        "n01440764 1 2 3 4",
        "n01440764 1 2",
        "1\n2",
    ),
]


@st.composite
def damaged(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """A valid file with some of its bytes changed, cut out, repeated or put in, or cut short."""
    data = bytearray(draw(st.sampled_from(seeds)))
    place, length = st.integers(0, len(data)), st.sampled_from([1, 1, 2, 4, 16, 200])
    for kind in draw(st.lists(st.sampled_from("fffcrpt"), min_size=1, max_size=6)):
        at = draw(place)
        if kind == "f":
            data[at : at + 1] = bytes([draw(st.integers(0, 255))])
        elif kind == "c":
            del data[at : at + draw(length)]
        elif kind == "r":
            data[at:at] = data[at : at + draw(length)] * 2
        elif kind == "p":
            data[at : at + draw(st.integers(0, 4))] = draw(st.sampled_from(PIECES))
        else:
            del data[at:]
    return bytes(data)


@st.composite
def changed_json(draw: st.DrawFn, documents: Sequence[Any]) -> bytes:
    """A valid document with some values, or a key, put in the place of others; a key may stand twice."""
    whole = [copy.deepcopy(draw(st.sampled_from(documents)))]
    texts = draw(st.lists(st.sampled_from(JSON), max_size=2))
    for number, _ in enumerate(texts):
        holder, key = _place(draw, whole)
        holder[key] = f"@{number}@"
    twice = draw(st.booleans())
    if twice:
        holder, key = _place(draw, whole)
        if isinstance(holder, dict):
            holder["@twice@"] = draw(st.sampled_from([holder[key], None, []]))
            twice = json.dumps(key)
    data = json.dumps(whole[0])
    for number, text in enumerate(texts):
        data = data.replace(f'"@{number}@"', text)
    return (data.replace('"@twice@"', twice) if isinstance(twice, str) else data).encode()


def _place(draw: st.DrawFn, holder: Any) -> tuple[Any, Any]:
    """Somewhere in a document: what holds the place, and its key or index."""
    while True:
        key = draw(st.sampled_from([*holder] if isinstance(holder, dict) else range(len(holder))))
        inner = holder[key]
        if not isinstance(inner, dict | list) or not inner or draw(st.booleans()):
            return holder, key
        holder = inner


@st.composite
def csv(draw: st.DrawFn, names: Sequence[str]) -> bytes:
    """A CSV file with columns of these names and others, in any order and number, and cells of any kind."""
    header = draw(
        st.lists(st.sampled_from([*names, *names, "", "other", "Image ", "\udcff", names[0].upper()]), max_size=7)
    )
    cell = (
        st.sampled_from(CELLS)
        if draw(st.booleans())
        else st.sampled_from(draw(st.lists(st.sampled_from(CELLS), min_size=1, max_size=3)))
    )
    rows = [header, *([draw(cell) for _ in header] for _ in range(draw(st.integers(0, 4))))]
    return draw(st.sampled_from(["\n", "\r\n"])).join(map(",".join, rows)).encode(errors="surrogateescape")


def _bad_text() -> pa.Array:
    """Two strings, the first of which is no UTF-8."""
    offsets = np.array([0, 2, 3], "<i4")
    return pa.Array.from_buffers(pa.string(), 2, [None, pa.py_buffer(offsets.tobytes()), pa.py_buffer(b"\xff\xfeb")])


ARRAYS = [
    *(
        pa.array([1, 2]),
        pa.array([-1, 1000]),
        pa.array([1, None]),
        pa.array([2**63, 5], pa.uint64()),
        pa.array([0.5, 0.25]),
    ),
    *(
        pa.array([7.0, 8.0]),
        pa.array([float("nan"), float("inf")]),
        pa.array([True, False]),
        pa.array(["a.jpg", "b.jpg"]),
    ),
    *(
        pa.array(["a.jpg", "a.jpg"]),
        pa.array(["a", None]),
        pa.array(["", "x"]),
        pa.array(["7", "n01440764"]),
        _bad_text(),
    ),
    *(
        pa.array(["7", "8"], pa.large_string()),
        pa.array([b"\xff\xfe", b"a"]),
        pa.array([[1, 2], [3, 4]]),
        pa.array([[1], [2, 3]]),
    ),
    *(
        pa.array([[], []], pa.list_(pa.int64())),
        pa.array([["a"], ["b"]]),
        pa.array([[1, 2], [3, 4]], pa.list_(pa.uint16(), 2)),
    ),
    *(pa.array([[0.5, 0.2], None], pa.list_(pa.float32(), 2)), pa.array([[1, None], [2, 3]]), pa.array([[[1]], [[2]]])),
    *(
        pa.array([None, None]),
        pa.array([{"a": 1}, {"a": 2}]),
        pa.array([{"bytes": b"x", "path": "a"}, {"bytes": None, "path": "b"}]),
    ),
    *(
        pa.array([[("a", 1)], []], pa.map_(pa.string(), pa.int64())),
        pa.array([1, 2], pa.date32()),
        pa.array([2**60, 5], pa.timestamp("us")),
    ),
    *(
        pa.array([1, 2], pa.timestamp("us", tz="Nowhere/None")),
        pa.array([1, 2], pa.duration("s")),
        pa.array([1, 2], pa.time32("s")),
    ),
    *(pa.array(["a", "b"]).dictionary_encode(), pa.array([1, 2], pa.decimal128(38, 2)), pa.array([1e-300, 1e300])),
]
SHORT = [array.slice(0, 0) for array in ARRAYS]


NO_METADATA = st.none()


@st.composite
def parquet(draw: st.DrawFn, names: Sequence[str], metadata: st.SearchStrategy[dict | None] = NO_METADATA) -> bytes:
    """A Parquet file of columns of these names and others, some twice, each of any type."""
    arrays = SHORT if draw(st.integers(0, 9)) == 0 else ARRAYS
    chosen = [*names] if draw(st.booleans()) else draw(st.lists(st.sampled_from([*names, *names, "other"]), max_size=6))
    table = pa.Table.from_arrays([draw(st.sampled_from(arrays)) for _ in chosen], names=chosen)
    table = table.replace_schema_metadata(draw(metadata))
    return written(table)


def written(table: pa.Table, **options: Any) -> bytes:
    stream = io.BytesIO()
    pq.write_table(table, stream, **options)
    return stream.getvalue()
