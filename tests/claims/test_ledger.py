"""The ledger: every claim runs from committed data alone, and what is found is pinned in ``ledger.csv``.

A changed row means that the data, a function, or a transcription changed: it is looked at before it is pinned anew.
"""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from tests.claims.conftest import CACHED

from workbench import claims
from workbench.claims.registry import CAVEAT, FAILS, HOLDS, OPEN, OTHERS, SAME, registered


@pytest.fixture(scope="module")
def ledger():
    return claims.ledger()


def test_what_is_found(ledger):
    pinned = pd.read_csv(Path(__file__).with_name("ledger.csv"), keep_default_na=False)
    pd.testing.assert_frame_equal(ledger[["id", "verdict", "value", "because"]], pinned)


def test_five_documents_in_reading_order(ledger):
    counts = ledger.groupby("document", sort=False)["id"].agg(["size", "first", "last"])
    assert counts.loc["CodeSOTA leaderboard (2026)"].tolist() == [31, "C01", "C31"]
    assert counts.loc["Overview of 2025"].tolist() == [28, "O01", "T20"]
    assert counts.loc["Re-assessing ImageNet (2024)"].tolist() == [48, "P01", "R17"]
    assert counts.loc["Mill's ImageNet-1k page"].tolist() == [14, "M01", "M14"]
    assert counts.loc["Remaining mistakes on ImageNet (2022)"].tolist() == [9, "V01", "V09"]
    assert "".join(ledger["id"].str[0].unique()) == "COTPLRMV"


def test_a_row_says_what_is_claimed_where_and_how_it_was_checked(ledger):
    row = ledger.set_index("id").loc["R04"]
    assert row.drop(["value", "because", "verdict"]).to_dict() == {
        "sentence": "R03",
        "document": "Re-assessing ImageNet (2024)",
        "place": "Table 3, row 2",
        "quote": "| convnextv2_huge.fcmae_ft_in22k_in1k_512 | 88.84 | 8 | 71.45 | +6 |",
        "claim": "convnextv2_huge.fcmae_ft_in22k_in1k_512: top-1 rank 8, rises 6.",
        "threshold": "some rule for ties gives the printed rank from accuracies that round to the printed ones",
        "about": "the same",
        "evidence": "ranks by top-1 and by PatchML ASMA",
        "checked_by": "workbench.claims.ranks.top10_row('convnextv2_huge.fcmae_ft_in22k_in1k_512')",
        "data": "Tables 4-10 (315 checkpoints)",
    }


def test_rows_of_tables_are_claims(ledger):
    stated = ledger.set_index("id")[["place", "claim"]].agg(": ".join, axis=1)
    assert stated["C05"] == (
        "row 05, verified: InternImage-H reaches 89.60 %, matched against an independent reproduction."
    )
    assert stated["R05"] == "Table 3, row 3: volo_d5_448_in1k: top-1 rank 56, rises 53."
    assert ledger["place"].str.endswith("verified").sum() == 6
    assert ledger["place"].str.startswith("Table 3, row").sum() == 10


def test_documents_are_read_only_when_the_ledger_is_asked_for():
    code = (
        "import sys; from workbench import claims; print([name for name in sys.modules if 'workbench.claims.' in name])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "['workbench.claims.registry']"


def test_every_check_is_documented():
    for module in claims.documents():
        for claim, check in registered(module):
            assert check.__doc__, claim.id


def test_every_id_and_statement_occurs_once(ledger):
    assert ledger["id"].is_unique
    assert ledger["claim"].is_unique


def test_the_ledger_needs_no_public_file(no_sources, ledger):
    for read in CACHED.values():
        read.cache_clear()
    assert claims.ledger().equals(ledger)


def test_what_a_claim_must_say(ledger):
    """Its words and place; and of one sentence, every row is about the same and rests on the same."""
    for row in ledger.itertuples():
        assert row.quote, f"{row.id} quotes nothing"
        assert row.place, row.id
    groups = ledger.groupby(["document", "sentence"])
    assert all(len(rows.drop_duplicates()) == 1 for _, rows in groups[["about", "evidence"]])


def test_sentences_are_counted_with_zeros(ledger):
    counts = claims.verdicts(ledger)
    assert counts["sentences"].sum() == ledger["checked_by"].str.split("(").str[0].nunique()
    found = counts.groupby(["document", "verdict"])["sentences"].sum().unstack()[list(claims.VERDICTS)]
    assert {name: row.tolist() for name, row in found.iterrows()} == {
        "CodeSOTA leaderboard (2026)": [2, 4, 4, 1],
        "Overview of 2025": [2, 7, 6, 4],
        "Re-assessing ImageNet (2024)": [5, 20, 8, 3],
        "Mill's ImageNet-1k page": [5, 7, 0, 1],
        "Remaining mistakes on ImageNet (2022)": [0, 3, 0, 6],
    }


def test_sentences_that_rest_on_the_same_numbers_are_not_independent(ledger):
    total = claims.totals(ledger).set_index("document").loc["all"]
    assert total[["rows", "sentences", *claims.VERDICTS, "evidence"]].tolist() == [130, 88, 14, 41, 18, 15, 44]
    table = claims.sentences(ledger)
    shared = table.groupby("evidence")["sentence"].agg(list)
    assert shared["decomposition"] == ["P02", "P21"]
    assert shared["mean gaps of the 315"] == ["P03", "P04", "P07", "P14"]


def test_totals_count_rows_sentences_and_evidence_and_leave_out_what_was_not_checked():
    rows = [
        ("x", "1", HOLDS, "a"),
        ("x", "1", HOLDS, "a"),
        ("x", "2", FAILS, "a"),
        ("y", "3", OPEN, "b"),
        ("y", "4", HOLDS, "a"),
    ]
    table = pd.DataFrame(rows, columns=["document", "sentence", "verdict", "evidence"]).assign(id="", about=SAME)
    found = claims.totals(table).set_index("document")
    assert found.loc["x"].tolist() == [3, 2, 1, 0, 1, 0, 1]
    assert found.loc["y"].tolist() == [2, 2, 1, 0, 0, 1, 1]
    assert found.loc["all"].tolist() == [5, 4, 2, 0, 1, 1, 1]


def test_one_row_that_does_not_hold_decides_and_unlike_rows_are_a_caveat():
    rows = [("a", HOLDS), ("a", FAILS), ("a", OPEN), ("b", HOLDS), ("b", OPEN), ("c", CAVEAT), ("d", OPEN), ("d", OPEN)]
    table = pd.DataFrame(rows, columns=["sentence", "verdict"])
    found = claims.sentences(table.assign(document="x", id="", about=SAME, evidence=table["sentence"]))
    assert found["verdict"].tolist() == [FAILS, CAVEAT, CAVEAT, OPEN]
    assert found["rows"].tolist() == [3, 2, 1, 2]


def test_verdicts_stand_in_the_order_of_documents_and_verdicts():
    table = pd.DataFrame({"document": ["b", "a", "b"], "verdict": [FAILS, HOLDS, HOLDS], "about": [SAME, OTHERS, SAME]})
    counts = claims.verdicts(table.assign(sentence=["1", "2", "3"], id="", evidence=""))
    assert counts["document"].tolist() == ["b"] * 8 + ["a"] * 8
    assert counts["verdict"].tolist() == [name for name in claims.VERDICTS for _ in range(2)] * 2
    assert counts["about"].tolist() == list(claims.ABOUT) * 8
    assert counts["sentences"].tolist() == [1, 0, 0, 0, 1, 0, 0, 0] + [0, 1, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("verdict", claims.VERDICTS)
def test_what_was_seen_on_others_holds_or_fails_for_these(verdict):
    assert claims.worded(verdict, SAME) == verdict
    assert ("for these" in claims.worded(verdict, OTHERS)) == (verdict != OPEN)
