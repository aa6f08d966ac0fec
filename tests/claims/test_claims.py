"""The ledger: every claim runs from committed data alone, and its verdict is pinned.

A changed verdict means that the data, a function, or a transcription changed: it is looked at before it is pinned anew.
"""

import importlib
import inspect

import pytest

from workbench import claims
from workbench.claims import registry

HOLDS = (
    "C01 C03 C04 C06 C07 C08 C14 O03 O04 O10 O12 P04 P06 P11 P16 L03 L04 L08 L10 R01 R13 "
    "M02 M03 M04 M05 M06 M07 M08 V01 V02 V05"
)
CAVEAT = (
    "C02 C09 C12 C13 O01 O05 O13 P01 P02 P07 P08 P09 P12 P15 L01 L05 L06 L07 L09 "
    "R02 R03 R04 R05 R06 R07 R08 R09 R10 R11 R12 R15 R16 M01 V06 V07"
)
FAILS = "C10 C11 O02 O11 O16 P03 P10 P14 L02 R14"
OPEN = "C05 C15 C16 O06 O07 O08 O09 O14 O15 P05 P13 M09 M10 V03 V04 V08 V09"
MODULES = ("codesota", "overview", "reassessing", "label_counts", "ranks", "mill", "remaining")


@pytest.fixture(scope="module")
def ledger():
    return claims.ledger().set_index("id")


def test_there_are_at_least_40_claims_of_five_documents(ledger):
    assert len(ledger) == 93
    assert ledger["document"].nunique() == 5
    assert ledger.index.is_unique


@pytest.mark.parametrize(
    ("verdict", "ids"),
    [("holds", HOLDS), ("holds with a caveat", CAVEAT), ("does not hold", FAILS), ("cannot be checked here", OPEN)],
)
def test_verdicts(ledger, verdict, ids):
    assert sorted(ledger.index[ledger["verdict"] == verdict]) == sorted(ids.split())


def test_every_row_says_what_was_found_or_why_nothing_was(ledger):
    assert (ledger["claim"].str.len() > 8).all()
    assert (ledger["place"] != "").all()
    assert ((ledger["value"] != "") | (ledger["verdict"] == "cannot be checked here")).all()
    assert ((ledger["because"] == "") == (ledger["verdict"] == "holds")).all()


def test_every_check_is_a_documented_function_of_its_module():
    for name in MODULES:
        module = importlib.import_module(f"workbench.claims.{name}")
        for claim in module.claims():
            assert inspect.isfunction(claim.check), claim.id
            assert claim.check.__doc__, claim.id
            assert getattr(module, claim.check.__name__) is claim.check


@pytest.mark.parametrize(
    ("id", "found"),
    [
        ("P03", "4.75 points by ReaL, 3.92 by ASMA"),
        ("P02", "8.3 of 12.1 points"),
        ("L03", "39,394, 5,408, 1,319, 411, 161, 144"),
        ("L06", "48.5 %"),
        ("L08", "362,162 in all"),
        ("R03", "top-1 rank 16, rises 15"),
        ("R14", "Table 3: 69.16, Table 4: 68.16"),
        ("C10", "recipe A3 78.05 %, recipe A1 80.38 %"),
        ("O16", "smallest model error 9.0 %"),
        ("M03", "classes 657 and 744"),
        ("V05", "154 of 378: 40.7 %"),
        ("V07", "85 of 314"),
    ],
)
def test_values_that_matter(ledger, id, found):
    assert found in ledger.loc[id, "value"]


def test_five_of_six_verified_rows_hold(ledger):
    verified = ledger[ledger["place"].str.endswith("verified")]
    assert verified["verdict"].value_counts().to_dict() == {"holds": 5, "cannot be checked here": 1}


def test_the_ledger_needs_no_public_file(no_sources, ledger):
    assert claims.ledger().set_index("id").equals(ledger)


def test_a_changed_table_changes_the_verdict(monkeypatch):
    """A check reads its data: with 200 Major mistakes of 378 the 40 % no longer stand."""
    from workbench.claims import remaining
    from workbench.inputs import committed

    table = committed.table("mistakes-counts")
    table.loc[table["severity"] == "Major", "n_images"] += 40
    monkeypatch.setattr(committed, "table", lambda name: table)
    assert remaining.major("ViT-3B").verdict == "does not hold"


def test_verdicts_are_counted_with_zeros(ledger):
    counts = claims.verdicts(ledger.reset_index())
    assert len(counts) == 5 * 4
    assert counts["claims"].sum() == 93
    assert (counts["claims"] == 0).any()


@pytest.mark.parametrize("found", [("1", "perhaps", ""), ("1", "does not hold", ""), ("1", "holds", "but")])
def test_a_finding_without_a_known_verdict_or_a_reason_is_refused(found):
    claim = registry.Claim("X01", "here", "something", lambda: registry.Finding(*found), "none")
    with pytest.raises(ValueError, match="X01"):
        registry.check(claim)
