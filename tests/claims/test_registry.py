"""What a claim, its registration and a finding are."""

import dataclasses
from dataclasses import FrozenInstanceError
from types import ModuleType

import numpy as np
import pytest
from scipy import stats

from workbench.claims.registry import (
    CAVEAT,
    FAILS,
    HOLDS,
    OPEN,
    SAME,
    VERDICTS,
    Claim,
    Finding,
    each,
    judge,
    near,
    registered,
    share,
    unchecked,
)
from workbench.errors import InputError


def module(**checks) -> ModuleType:
    one = ModuleType("document")
    vars(one).update(checks)
    return one


@pytest.mark.parametrize(
    ("true", "words", "found"),
    [
        (True, {}, (HOLDS, "")),
        (True, {"caveat": "but", "otherwise": "no"}, (CAVEAT, "but")),
        (True, {"otherwise": "no"}, (HOLDS, "")),
        (False, {}, (FAILS, "the numbers differ")),
        (False, {"caveat": "but"}, (FAILS, "the numbers differ")),
        (np.bool_(False), {"caveat": "but", "otherwise": "no"}, (FAILS, "no")),
    ],
)
def test_judge(true, words, found):
    assert judge(true, "1 of 2", **words) == Finding("1 of 2", *found)


def test_what_cannot_be_checked_has_a_reason_and_may_have_a_value():
    assert unchecked("no data") == Finding("", OPEN, "no data")
    assert unchecked("no data", "4 %") == Finding("4 %", OPEN, "no data")
    assert VERDICTS == ("holds", "holds with a caveat", "does not hold", "cannot be checked here")


@pytest.mark.parametrize(
    ("verdict", "because"), [("perhaps", "x"), ("perhaps", ""), (HOLDS, "but"), (CAVEAT, ""), (FAILS, ""), (OPEN, "")]
)
def test_a_finding_without_a_known_verdict_or_a_reason_is_refused(verdict, because):
    with pytest.raises(InputError, match=f"value='17'.*{verdict}.*expected one of .*, with a reason unless it holds"):
        Finding("17", verdict, because)


@pytest.mark.parametrize("about", ["", "other models", None])
def test_a_claim_is_about_the_same_or_others(about):
    assert Claim("X01", "table", "one", "none").about == SAME
    with pytest.raises(InputError, match=f"claim X01 is about {about!r}; expected one of .*the same.*others"):
        Claim("X01", "table", "one", "none", about=about)


def test_claims_come_in_the_order_of_their_ids_with_their_checks():
    @Claim("X04", "table", "four", "none", arguments=(4,))
    @Claim("X01", "table", "one", "none")
    def first(n=1):
        return unchecked("", str(n))

    @each(lambda: [Claim(f"X0{n}", "row", str(n), "none") for n in (5, 2)])
    @Claim("X03", "text", "three", "none", (3,))
    def second():
        return unchecked("")

    found = registered(module(second=second, first=first, other=len, number=3))
    assert [(claim.id, claim.arguments, check) for claim, check in found] == [
        ("X01", (), first),
        ("X02", (), second),
        ("X03", (3,), second),
        ("X04", (4,), first),
        ("X05", (), second),
    ]


def test_rows_are_read_when_claims_are_collected_and_not_before():
    asked = []

    @each(lambda: asked.append(1) or [Claim("X01", "row", "one", "none")])
    def check():
        return unchecked("")

    assert asked == []
    assert len(registered(module(check=check))) == len(registered(module(check=check))) == 1
    assert asked == [1, 1]


def test_an_id_used_twice_is_refused():
    one, two = (Claim("X02", "table", "two", "none")(lambda: unchecked("")) for _ in range(2))
    three = Claim("X01", "table", "one", "none")(lambda: unchecked(""))
    assert len(registered(module(one=one, three=three))) == 2
    with pytest.raises(InputError, match="document has several claims X02; give each an id of its own"):
        registered(module(one=one, two=two, three=three))


def test_near_counts_its_ends_in_whatever_floats_make_of_them():
    assert [near(x, 80.4, within=0.1) for x in (80.29, 80.3, 80.4, 80.5, 80.51)] == [False, True, True, True, False]
    assert near(np.array([0.1 + 0.2, 0.31]), 0.2, within=0.1).tolist() == [True, False]
    assert not near(1.000002, 1, within=0)
    assert near(1.0000001, 1, within=0)


@pytest.mark.parametrize(("k", "n"), [(0, 9), (1, 3), (154, 378), (50, 50)])
def test_a_share_has_wilsons_interval(k, n):
    text, low, high = share(k, n)
    expected = stats.binomtest(k, n).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((100 * expected.low, 100 * expected.high), abs=1e-9)
    assert text == f"{100 * k / n:.1f} % [{100 * expected.low:.1f}, {100 * expected.high:.1f}]"


@pytest.mark.parametrize("one", [Finding("1", HOLDS), Claim("X01", "table", "one", "none")])
def test_findings_and_claims_stay_as_they_are(one):
    with pytest.raises(FrozenInstanceError):
        one.id = "X02"
    assert one == dataclasses.replace(one)
