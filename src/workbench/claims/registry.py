"""What a claim is, what checking it yields, and the table of all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

HOLDS, CAVEAT, FAILS, OPEN = "holds", "holds with a caveat", "does not hold", "cannot be checked here"


VERDICTS = (HOLDS, CAVEAT, FAILS, OPEN)
COLUMNS = ["id", "document", "place", "claim", "verdict", "value", "because", "checked_by", "data"]


class Finding(NamedTuple):
    """What a check found: the value in words and numbers, a verdict, and the caveat or reason (empty if it holds)."""

    value: str
    verdict: str
    because: str = ""


@dataclass(frozen=True)
class Claim:
    """One checkable statement: where it stands, what it says, the function that checks it, and on which data."""

    id: str
    place: str
    claim: str
    check: Callable[..., Finding]
    data: str
    arguments: tuple = ()


def check(claim: Claim) -> Finding:
    """Run a claim's function. Raises `ValueError` for a finding without a known verdict, or without a needed reason."""
    found = claim.check(*claim.arguments)
    if found.verdict not in VERDICTS or (found.verdict != HOLDS) != bool(found.because):
        raise ValueError(f"claim {claim.id} found {found}; expected one of {VERDICTS}, with a reason unless it holds")
    return found


def ledger() -> pd.DataFrame:
    """Every claim of every document, checked: columns `COLUMNS`, in the order of the documents."""
    from workbench.claims import codesota, label_counts, mill, overview, ranks, reassessing, remaining

    rows = []
    for module in (codesota, overview, reassessing, label_counts, ranks, mill, remaining):
        for claim in module.claims():
            found = check(claim)
            name = f"{claim.check.__module__.removeprefix('workbench.score.')}.{claim.check.__name__}"
            asked = f"{name}({', '.join(map(repr, claim.arguments))})"
            rows.append((claim.id, module.DOCUMENT, claim.place, claim.claim, found.verdict, found.value))
            rows[-1] += (found.because, asked, claim.data)
    return pd.DataFrame(rows, columns=COLUMNS)


def verdicts(table: pd.DataFrame) -> pd.DataFrame:
    """Number of claims by document and verdict: ``document, verdict, claims``, zeros included."""
    every = pd.MultiIndex.from_product([table["document"].unique(), VERDICTS], names=["document", "verdict"])
    return table.groupby(every.names).size().reindex(every, fill_value=0).rename("claims").reset_index()


def judge(true: Any, value: str, *, caveat: str = "", otherwise: str = "") -> Finding:
    """A finding from a condition: holds (with a caveat, if one is given) where it is true, else does not.

    >>> judge(2 + 2 == 4, "4").verdict, judge(2 + 2 == 5, "4", otherwise="it is 4").verdict
    ('holds', 'does not hold')
    """
    if not true:
        return Finding(value, FAILS, otherwise or "the numbers differ")
    return Finding(value, CAVEAT if caveat else HOLDS, caveat)


def records(table: pd.DataFrame, key: str) -> dict[str, dict]:
    """The rows of a table by the value of its column `key`, each as a plain dictionary."""
    return {str(row[key]): row for row in table.to_dict("records")}


def unchecked(because: str, value: str = "") -> Finding:
    """A finding that says why a claim cannot be checked here."""
    return Finding(value, OPEN, because)
