"""Charts as notebooks keep them: specifications with their data in few words."""

import csv
import io
from typing import Any

FEW = 10  # rows: fewer take less room than the words on how to read them


def with_csv(specification: dict) -> dict:
    """The same chart with its data as CSV text: each column is named once, so that rows take half the room.

    A data set stays as it is where CSV cannot tell its values apart (empty text from none, numbers from text).
    """
    datasets = specification.get("datasets", {})
    tables = {name: found for name, rows in datasets.items() if (found := _as_csv(rows))}
    sources = {name: {"name": name, "format": {"type": "csv", "parse": kinds}} for name, (_, kinds) in tables.items()}

    def walk(part: Any) -> Any:
        if isinstance(part, list):
            return [walk(one) for one in part]
        if not isinstance(part, dict):
            return part
        return {
            key: sources.get(value.get("name"), value) if key == "data" else walk(value) for key, value in part.items()
        }

    lean = walk({key: value for key, value in specification.items() if key != "datasets"})
    return lean | ({"datasets": datasets | {name: text for name, (text, _) in tables.items()}} if datasets else {})


def _as_csv(rows: list[dict]) -> tuple[str, dict[str, str]] | None:
    """Rows as CSV text, and how Vega is to read each column; None where that would lose something."""
    columns = {name: [row.get(name) for row in rows] for name in (rows[0] if rows else ())}
    kinds = {name: _kind(values) for name, values in columns.items()}
    if len(rows) < FEW or "" in kinds.values() or any(list(row) != list(columns) for row in rows):
        return None
    cells = [[str(value).lower() if isinstance(value, bool) else value for value in row.values()] for row in rows]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *cells])
    return text.getvalue(), kinds


def _kind(values: list) -> str:
    """What Vega calls the type of a column; empty where CSV cannot tell its values apart."""
    known = {bool: "boolean", int: "number", float: "number", str: "string"}
    kinds = {known.get(type(value), "") for value in values if value is not None} or {"number"}
    # An empty cell is read as no number; as text it could be "" or none.
    return "" if len(kinds) > 1 or (kinds != {"number"} and (None in values or "" in values)) else kinds.pop()
