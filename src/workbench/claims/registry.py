"""What a claim is, how it is registered beside the function that checks it, and what checking it yields."""

from collections.abc import Callable, Iterable
from dataclasses import KW_ONLY, dataclass
from types import ModuleType
from typing import Any, TypeVar

import numpy as np

from workbench.errors import InputError
from workbench.score import intervals

VERDICTS = HOLDS, CAVEAT, FAILS, OPEN = "holds", "holds with a caveat", "does not hold", "cannot be checked here"
ABOUT = SAME, OTHERS = "the same", "others"
Check = TypeVar("Check", bound=Callable[..., "Finding"])


@dataclass(frozen=True)
class Finding:
    """What a check found: the value in words and numbers, a verdict, and the caveat or reason (empty if it holds).

    Raises `InputError` for another verdict than `VERDICTS`, or without a needed reason.
    """

    value: str
    verdict: str
    because: str = ""

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS or (self.verdict != HOLDS) != bool(self.because):
            raise InputError(f"a check found {self}; expected one of {VERDICTS}, with a reason unless it holds")


@dataclass(frozen=True)
class Claim:
    """One checkable statement: where it stands, what it says, on which data, and with which arguments it is checked.

    `quote` is what the document prints, word for word. `threshold` says where the line was drawn, if the verdict
    depends on one. `about` is `OTHERS` where the data are of other models than the statement speaks of: it can only
    hold or fail for these. Claims that share `evidence` rest on the same numbers, and are not independent.
    As a decorator it registers a function as its check; the claims of one function are rows of one sentence.
    Raises `InputError` for another `about`.
    """

    id: str
    place: str
    statement: str
    data: str
    arguments: tuple = ()
    _: KW_ONLY
    quote: str = ""
    threshold: str = ""
    about: str = SAME
    evidence: str = ""

    def __post_init__(self) -> None:
        if self.about not in ABOUT:
            raise InputError(f"claim {self.id} is about {self.about!r}; expected one of {ABOUT}")

    def __call__(self, check: Check) -> Check:
        """Register a function as the check, and return it as it is."""
        return each(lambda: [self])(check)


def each(rows: Callable[[], Iterable[Claim]]) -> Callable[[Check], Check]:
    """Register a function as the check of every claim that `rows` gives, which is called when they are collected."""

    def register(check: Check) -> Check:
        vars(check).setdefault("claims", []).append(rows)
        return check

    return register


def registered(module: ModuleType) -> list[tuple[Claim, Callable[..., Finding]]]:
    """The claims of a module and their checks, in the order of their ids. Raises `InputError` for an id used twice."""
    checks = list(vars(module).values())  # a list: a warning on the way would add a name to the module
    found = [(one, check) for check in checks for rows in getattr(check, "claims", ()) for one in rows()]
    ids = [one.id for one, _ in found]
    if twice := sorted({name for name in ids if ids.count(name) > 1}):
        raise InputError(f"{module.__name__} has several claims {', '.join(twice)}; give each an id of its own")
    return sorted(found, key=lambda pair: pair[0].id)


def judge(true: Any, value: str, *, caveat: str = "", otherwise: str = "the numbers differ") -> Finding:
    """A finding from a condition: holds (with a caveat, if one is given) where it is true, else does not.

    >>> judge(2 + 2 == 4, "4").verdict, judge(2 + 2 == 5, "4", otherwise="it is 4").verdict
    ('holds', 'does not hold')
    """
    if not true:
        return Finding(value, FAILS, otherwise)
    return Finding(value, CAVEAT if caveat else HOLDS, caveat)


def unchecked(because: str, value: str = "") -> Finding:
    """A finding that says why a claim cannot be checked here."""
    return Finding(value, OPEN, because)


def near(found: Any, claimed: Any, within: float) -> Any:
    """Whether a number, or each of an array, is at most `within` from the claimed one.

    >>> near(np.array([80.29, 80.3, 80.5, 80.51]), 80.4, within=0.1).tolist()
    [False, True, True, False]
    """
    return np.round(np.abs(found - claimed), 6) <= within  # rounded: 80.4 - 80.3 is a little more than 0.1


def share(k: float, n: int) -> tuple[str, float, float]:
    """The share of `k` in `n` in percent as text, and the ends of its 95 % Wilson interval.

    >>> share(154, 378)[0]
    '40.7 % [35.9, 45.8]'
    """
    low, high = (100 * float(end) for end in intervals.wilson(k, n))
    return f"{100 * k / n:.1f} % [{low:.1f}, {high:.1f}]", low, high
