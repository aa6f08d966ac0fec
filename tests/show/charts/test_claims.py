"""The ledger as a chart: every claim is counted, and told apart by sign as well as colour."""

import pandas as pd

from workbench import claims
from workbench.claims import VERDICTS
from workbench.show import charts


def test_bars_are_numbers_of_claims_by_document_and_verdict(take_apart):
    first, second, third, fourth = VERDICTS
    frame = pd.DataFrame(
        [("Z", first, 3), ("Z", second, 0), ("Z", third, 2), ("A", second, 1), ("A", fourth, 5)],
        columns=["document", "verdict", "claims"],
    )
    drawn = take_apart(charts.claim_verdicts(frame))
    bars, text = drawn.layers
    assert bars.rows("document", "verdict", "claims", "place", "text") == [
        ("Z", first, 3, 0, "+3"),
        ("Z", third, 2, 2, "×2"),
        ("A", second, 1, 1, "~1"),
        ("A", fourth, 5, 3, "?5"),
    ]
    assert bars.fields == {"x": "claims", "y": "document", "order": "place", "color": "verdict"}
    assert text.fields == {"x": "claims", "y": "document", "order": "place", "text": "text"}
    assert bars.encoding["y"]["sort"] == ["Z", "A"]
    assert bars.encoding["x"]["stack"] == "zero"
    assert bars.encoding["x"]["axis"] == {"tickMinStep": 1, "format": "d"}
    assert list(bars.scale("color")) == list(VERDICTS)
    assert len(set(bars.scale("color").values())) == 4
    assert f"['+ {first}', '~ {second}', '× {third}', '? {fourth}']" in bars.encoding["color"]["legend"]["labelExpr"]
    assert drawn.spec["title"]["subtitle"] == "11 claims of 2 documents"


def test_every_claim_of_the_ledger_is_counted(take_apart):
    table = claims.ledger()
    bars = take_apart(charts.claim_verdicts(claims.verdicts(table))).layers[0]
    assert bars.data["claims"].sum() == len(table)
