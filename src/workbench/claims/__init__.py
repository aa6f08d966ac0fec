"""A ledger of claims: what five documents on ImageNet state, and what comes out when it is checked.

Each document, or part of one, has a module. A claim is registered beside the function that checks it, and that function
returns what it found and a verdict, from committed data alone: only the claims themselves are typed.
"""

from types import ModuleType

import pandas as pd

from workbench.claims.registry import VERDICTS, registered

__all__ = ["COLUMNS", "VERDICTS", "documents", "ledger", "verdicts"]

COLUMNS = ["id", "document", "place", "claim", "verdict", "value", "because", "checked_by", "data"]


def documents() -> tuple[ModuleType, ...]:
    """The modules of the documents and their parts, in reading order."""
    from workbench.claims import codesota, label_counts, mill, overview, ranks, reassessing, remaining

    return codesota, overview, reassessing, label_counts, ranks, mill, remaining


def ledger() -> pd.DataFrame:
    """Every claim of every document, checked: columns `COLUMNS`, in reading order."""
    rows = []
    for module in documents():
        for claim, check in registered(module):
            asked = f"{check.__module__}.{check.__name__}({', '.join(map(repr, claim.arguments))})"
            found = vars(check(*claim.arguments))
            rows.append({"document": module.DOCUMENT, "checked_by": asked, **vars(claim), **found})
    return pd.DataFrame(rows).rename(columns={"statement": "claim"})[COLUMNS]


def verdicts(table: pd.DataFrame) -> pd.DataFrame:
    """Number of claims by document and verdict: ``document, verdict, claims``, zeros included."""
    every = pd.MultiIndex.from_product([table["document"].unique(), VERDICTS], names=["document", "verdict"])
    return table.groupby(every.names).size().reindex(every, fill_value=0).rename("claims").reset_index()
