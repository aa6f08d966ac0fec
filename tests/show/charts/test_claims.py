"""The ledger as a chart: every claim is counted, and told apart by its place as well as colour."""

import pandas as pd

from workbench import claims
from workbench.claims import VERDICTS
from workbench.claims.registry import OTHERS, SAME
from workbench.show import charts


def test_bars_are_numbers_of_claims_by_document_and_verdict(take_apart):
    first, second, third, fourth = VERDICTS
    frame = pd.DataFrame(
        [
            ("Z", first, SAME, 3),
            ("Z", second, SAME, 0),
            ("Z", third, SAME, 2),
            ("Z", third, OTHERS, 1),
            ("A", second, OTHERS, 1),
            ("A", fourth, SAME, 5),
        ],
        columns=["document", "verdict", "about", "sentences"],
    )
    drawn = take_apart(charts.claim_verdicts(frame))
    bars, text = drawn.layers
    assert bars.rows("document", "found", "sentences", "place") == [
        ("Z", first, 3, 0),
        ("Z", third, 2, 4),
        ("Z", f"{third} for these", 1, 5),
        ("A", "holds for these, with a caveat", 1, 3),
        ("A", fourth, 5, 6),
    ]
    place = {"x": "sentences", "y": "document", "order": "place"}
    assert {name: bars.fields[name] for name in (*place, "color", "stroke")} == place | dict.fromkeys(
        ("color", "stroke"), "verdict"
    )
    assert {name: text.fields[name] for name in (*place, "text")} == place | {"text": "sentences"}
    hollow = {"test": "datum.about == 'others'", "value": 0.1}
    assert bars.encoding["fillOpacity"] == {"condition": hollow, "value": 1}
    assert text.encoding["color"] == {"condition": hollow | {"value": "#222"}, "value": "white"}
    assert bars.encoding["y"]["sort"] == ["Z", "A"]
    assert bars.encoding["x"]["stack"] == "zero"
    assert bars.encoding["x"]["axis"] == {"tickMinStep": 1, "format": "d"}
    assert list(bars.scale("color")) == list(VERDICTS)
    assert len(set(bars.scale("color").values())) == 4
    assert bars.encoding["color"]["legend"] == {"symbolType": "square"}
    first, second = drawn.spec["title"]["subtitle"]
    assert first == "12 sentences of 2 documents; verdicts in the order of the legend;"
    assert second == "hollow: checked on other models"


def test_every_sentence_of_the_ledger_is_counted(take_apart):
    table = claims.ledger()
    bars = take_apart(charts.claim_verdicts(claims.verdicts(table))).layers[0]
    assert bars.data["sentences"].sum() == len(claims.sentences(table))
