"""Leaderboards as they are published or brought along, and which checkpoint an entry may be."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.files import is_plain, read_json, read_table
from workbench.inputs.published import documents

PUBLISHED = {"codesota": "leaderboard-codesota", "overview-2025": "leaderboard-overview-2025"}
MODEL_COLUMNS = ("model", "checkpoint", "name")
SCORE_COLUMNS = ("top1", "top1accuracy", "score", "accuracy", "acc1", "acc", "value")


def published() -> pd.DataFrame:
    """Both committed leaderboards: ``leaderboard, rank, model, top1, verified, parameters``; `top1` is a fraction.

    `verified` is empty where a leaderboard has no such mark, `parameters` (in millions) where it gives none.
    """
    tables = {name: documents.printed(file) for name, file in PUBLISHED.items()}
    return pd.concat([_entries(table, name, f"{name}.csv") for name, table in tables.items()], ignore_index=True)


def read(path: str | Path) -> pd.DataFrame:
    """Any leaderboard as CSV, Parquet or JSON, in the shape of :func:`published`, named after the file.

    It needs a column for the model (`model`, `checkpoint` or `name`) and one for the score (`top1`, `top-1 accuracy`,
    `score`, `accuracy`, ...), in percent or as fractions. JSON is a list of objects or ``{model: score}``. Raises
    `InputError` where a column is missing, a model occurs twice, or a score is no share.
    """
    path = Path(path)
    table = _read_json(path) if path.suffix == ".json" else read_table(path)
    return _entries(table, path.stem, str(path))


def _read_json(path: Path) -> pd.DataFrame:
    contents = read_json(path)
    if isinstance(contents, dict):
        contents = [{"model": model, "top1": score} for model, score in contents.items()]
    if not isinstance(contents, list) or not contents or not all(isinstance(row, dict) for row in contents):
        raise InputError(f"{path} holds no leaderboard; expected a list of objects, or {{model: score}}")
    return pd.DataFrame(contents)


def _entries(table: pd.DataFrame, name: str, where: str) -> pd.DataFrame:
    model, score = _column(table, MODEL_COLUMNS, "model", where), _column(table, SCORE_COLUMNS, "score", where)
    if odd := [one for one in (model, score) if not is_plain(table[one])]:
        raise InputError(f"{where}: the column {odd[0]!r} holds {table[odd[0]].dtype} values; expected text or numbers")
    models = table[model].astype(str).str.strip()
    for twice in models[models.duplicated()]:
        raise InputError(f"{where} names {twice!r} twice; expected one row for each model")
    top1 = _fractions(table[score], models, where)
    given = (
        pd.to_numeric(table["rank"], errors="coerce") if "rank" in table else top1.rank(method="min", ascending=False)
    )
    if not given.between(1, len(given) + 1e6).all():
        raise InputError(f"{where} has a rank that is none; expected a number from 1 up for each model")
    parameters = table["parameters"].map(_millions) if "parameters" in table else np.nan
    entries = {"leaderboard": name, "rank": given.astype(int), "model": models, "top1": top1}
    return pd.DataFrame(entries | {"verified": table.get("verified"), "parameters": parameters})


def _column(table: pd.DataFrame, wanted: tuple[str, ...], kind: str, where: str) -> str:
    plain = {re.sub(r"[^a-z0-9]", "", str(name).lower()): str(name) for name in table.columns}
    found = [plain[name] for name in wanted if name in plain]
    if not found:
        seen = ", ".join(map(str, table.columns))
        raise InputError(f"{where} has no column for the {kind} (columns: {seen}); expected one of {', '.join(wanted)}")
    return found[0]


def _fractions(column: pd.Series, models: pd.Series, where: str) -> pd.Series:
    """Percent or fractions as fractions; a column whose largest number is at most 1 holds fractions."""
    numbers = pd.to_numeric(column.astype(str).str.rstrip("% "), errors="coerce")
    bad = numbers.isna() | (numbers < 0) | (numbers > 100)
    if len(numbers) == 0 or bad.any():
        seen = f"{column[bad].astype(object).tolist()[0]!r} for {models[bad].iloc[0]!r}" if bad.any() else "no row"
        raise InputError(f"{where} has {seen} as score; expected an accuracy in percent, or as a fraction")
    return (numbers.astype(float) if numbers.max() <= 1 else numbers / 100).round(6)


def _millions(text: object) -> float:
    """Number of parameters in millions from what leaderboards print.

    >>> _millions("2.1B"), _millions("~1B"), _millions("660M")
    (2100.0, 1000.0, 660.0)
    """
    found = re.fullmatch(r"~?(\d+(?:\.\d+)?)\s*([MB]?)", str(text).strip())
    return float(found[1]) * {"B": 1000, "M": 1, "": 1}[found[2]] if found else np.nan


def checkpoints() -> pd.DataFrame:
    """Which timm checkpoint an entry of a committed leaderboard may be, and why (documented in ``data/README.md``)."""
    return documents.printed("leaderboard_checkpoints").astype({"img_size": "Int64"})
