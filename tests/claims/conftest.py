"""Checks on changed evidence: what the documents' tests share."""

from collections.abc import Callable, Iterator

import pandas as pd
import pytest

from workbench import claims
from workbench.claims import evidence, experts
from workbench.claims.registry import Finding, registered
from workbench.inputs import committed
from workbench.inputs.published import documents
from workbench.score import pools

CACHED = {name: read for name, read in vars(evidence).items() if hasattr(read, "cache_clear")}
DERIVED = {"published": ["mean_gaps"]}  # what is computed from a frame of `evidence`
FROM_FILES = ["published", "mean_gaps", "entries", "timm", "top5"]  # and from tables


@pytest.fixture(autouse=True, scope="session")
def without_the_experts() -> Iterator[None]:
    """Committed data alone, on a machine that has the experts' labels, too."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("models", "major_slice", "top1"):
            patch.setattr(experts, name, lambda: None)
        yield


@pytest.fixture
def alter(monkeypatch) -> Iterator[Callable[[str, Callable], None]]:
    """``alter(name, change)``: a committed or printed table, or a frame of `evidence`, reads as `change` leaves it."""
    stale = set()

    def changed(module, reader: str, name: str | None, change: Callable) -> None:
        read = getattr(module, reader)

        def instead(*asked):
            frame = read(*asked)
            return change(frame.copy()) if name is None or asked == (name,) else frame

        monkeypatch.setattr(module, reader, instead)

    def alter(name: str, change: Callable) -> None:
        if hasattr(evidence, name):
            changed(evidence, name, None, change)
            stale.update(DERIVED.get(name, []))
        else:
            stale.update(FROM_FILES)
            for module, reader in ((committed, "table"), (documents, "printed"), (pools, "printed")):
                changed(module, reader, name, change)
        forget()

    def forget() -> None:
        for name in stale:
            CACHED[name].cache_clear()

    yield alter
    forget()


@pytest.fixture
def check() -> Callable[[str], Finding]:
    """``check(id)``: what the check of a claim finds now."""

    def check(id: str) -> Finding:
        every = (pair for module in claims.documents() for pair in registered(module))
        return next(ask(*one.arguments) for one, ask in every if one.id == id)

    return check


def put(column: str, value, where: str | None = None) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """A change: a value in every row of a column, or in those of a query."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        rows = table.index if where is None else table.query(where).index
        assert len(rows), f"no row has {where}"
        table.loc[rows, column] = value
        return table

    return change
