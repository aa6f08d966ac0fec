"""A ledger of claims: what five documents on ImageNet state, and what comes out when it is checked.

Each document, or part of one, has a module. A claim is registered beside the function that checks it, and that function
returns what it found and a verdict, from committed data alone: only the claims themselves are typed.
"""

from types import ModuleType

import pandas as pd

from workbench.claims.registry import ABOUT, CAVEAT, FAILS, HOLDS, OPEN, OTHERS, VERDICTS, registered

__all__ = ["ABOUT", "COLUMNS", "VERDICTS", "documents", "ledger", "sentences", "totals", "verdicts", "worded"]

COLUMNS = [
    *("id", "sentence", "document", "place", "quote", "claim", "threshold", "about"),
    *("verdict", "value", "because", "evidence", "checked_by", "data"),
]


def documents() -> tuple[ModuleType, ...]:
    """The modules of the documents and their parts, in reading order."""
    from workbench.claims import capability, codesota, label_counts, mill, ranks, reassessing, remaining
    from workbench.claims.overview import table, text

    return codesota, text, table, reassessing, capability, label_counts, ranks, mill, remaining


def ledger() -> pd.DataFrame:
    """Every claim of every document, checked: columns `COLUMNS`, in reading order.

    `sentence` is the id of the first claim that the same function checks: rows of one table are one sentence.
    """
    rows = []
    for module in documents():
        first: dict = {}
        for claim, check in registered(module):
            asked = f"{check.__module__}.{check.__name__}({', '.join(map(repr, claim.arguments))})"
            row = {"document": module.DOCUMENT, "checked_by": asked, "sentence": first.setdefault(check, claim.id)}
            row |= vars(claim) | vars(check(*claim.arguments))
            rows.append(row | {"evidence": claim.evidence or row["sentence"]})
    return pd.DataFrame(rows).rename(columns={"statement": "claim"})[COLUMNS]


def sentences(table: pd.DataFrame) -> pd.DataFrame:
    """One row per sentence of the ledger, with its verdict: ``document, sentence, verdict, about, evidence, rows``.

    Of several rows, one that does not hold decides; else they hold with a caveat, unless all found the same.
    """
    groups = table.groupby(["document", "sentence"], sort=False)
    first = {name: (name, "first") for name in ("about", "evidence")}
    return groups.agg(verdict=("verdict", _together), **first, rows=("id", "size")).reset_index()


def verdicts(table: pd.DataFrame) -> pd.DataFrame:
    """Number of sentences by document, verdict and what the evidence is about: ``document, verdict, about, sentences``,
    zeros included.
    """
    names = ["document", "verdict", "about"]
    every = pd.MultiIndex.from_product([table["document"].unique(), VERDICTS, ABOUT], names=names)
    counts = sentences(table).groupby(names).size().reindex(every, fill_value=0)
    return counts.rename("sentences").reset_index()


def totals(table: pd.DataFrame) -> pd.DataFrame:
    """Each document in numbers, and all of them: ``document, rows, sentences``, the verdicts, ``evidence``.

    `evidence` counts what the checked sentences rest on: those that rest on the same numbers count once.
    """
    every = sentences(table)
    parts = {name: every[every["document"] == name] for name in every["document"].unique()} | {"all": every}
    rows = []
    for name, part in parts.items():
        found = {verdict: (part["verdict"] == verdict).sum() for verdict in VERDICTS}
        evidence = part.loc[part["verdict"] != OPEN, "evidence"].nunique()
        rows.append(
            {"document": name, "rows": part["rows"].sum(), "sentences": len(part), **found, "evidence": evidence}
        )
    return pd.DataFrame(rows)


def worded(verdict: str, about: str) -> str:
    """A verdict as a reader needs it: seen on others, a statement holds or fails for these alone.

    >>> worded("holds with a caveat", "others"), worded("does not hold", "others"), worded("holds", "the same")
    ('holds for these, with a caveat', 'does not hold for these', 'holds')
    """
    these = {HOLDS: "holds for these", CAVEAT: "holds for these, with a caveat", FAILS: "does not hold for these"}
    return these.get(verdict, verdict) if about == OTHERS else verdict


def _together(found: pd.Series) -> str:
    """The verdict of a sentence from those of its rows."""
    if FAILS in found.to_numpy():
        return FAILS
    return found.iloc[0] if len(set(found)) == 1 else CAVEAT
