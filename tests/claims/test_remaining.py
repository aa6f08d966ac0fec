"""The review of the remaining mistakes, with counts changed, and with the experts' labels at hand."""

import pandas as pd
import pytest
from tests.claims.conftest import put

from workbench.claims import experts
from workbench.claims.registry import CAVEAT, FAILS, HOLDS, OPEN

BOTH = ["ViT-3B", "Greedy Soups"]


@pytest.mark.parametrize(("top1", "verdict"), [(0.9, CAVEAT), (0.8999, FAILS), (0.95, CAVEAT)])
def test_ninety_percent(alter, check, top1, verdict):
    alter("timm-results", put("top1", top1))
    assert check("V01").verdict == verdict


def test_ninety_percent_was_seen_on_a_later_model(alter, check):
    alter("reported", put("value", "88.8", "subject == 'ViT-3B' and fact == 'top1'"))
    assert check("V01").because == "of a later model; as reported, ViT-3B reaches 88.8 % and a soup of ViT-G 90.94 %"


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (put("severity", "Minor"), CAVEAT),
        (put("category", None, "index == 3"), FAILS),
        (put("severity", None, "index == 3"), FAILS),
        (put("severity", "Odd", "index == 3"), FAILS),
        (lambda table: pd.concat([table, table.iloc[:1].assign(model="a third")]), FAILS),
    ],
)
def test_every_mistake_has_a_category_and_a_known_severity(alter, check, change, verdict):
    alter("mistakes-counts", change)
    assert check("V02").verdict == verdict


def reviewed(vit3b: int, soups: int, n: int = 1000):
    """A change: so many of n mistakes are Major, of each model."""
    counts = [vit3b, n - vit3b, soups, n - soups]
    names, kinds = [model for model in BOTH for _ in range(2)], ["Major", "Minor"] * 2
    table = pd.DataFrame({"model": names, "severity": kinds, "n_images": counts, "category": "one"})
    return lambda _: table


@pytest.mark.parametrize(
    ("vit3b", "soups", "verdict"),
    [
        (400, 400, HOLDS),
        (390, 410, HOLDS),
        (389, 400, CAVEAT),  # 38.9 % is more than one point away
        (400, 411, CAVEAT),
        (400, 370, CAVEAT),  # [34.06, 40.04]
        (369, 400, FAILS),  # [33.97, 39.94]
        (400, 431, FAILS),  # [40.06, 46.19]
        (430, 430, CAVEAT),  # [39.96, 46.09]
    ],
)
def test_forty_percent_is_asked_of_both_models(alter, check, vit3b, soups, verdict):
    alter("mistakes-counts", reviewed(vit3b, soups))
    found = check("V05")
    assert found.verdict == verdict
    assert found.value.startswith(f"ViT-3B: {vit3b} of 1000, {vit3b / 10} % [")
    assert f"Greedy Soups: {soups} of 1000, {soups / 10} % [" in found.value


def test_forty_percent_is_the_share_of_one_model(check):
    found = check("V05")
    assert found.value == ("ViT-3B: 154 of 378, 40.7 % [35.9, 45.8]; Greedy Soups: 89 of 249, 35.7 % [30.0, 41.9]")
    assert found.because == "not the share of Greedy Soups, whose interval includes it all the same"


@pytest.mark.parametrize("id", ["V03", "V04", "V06", "V07", "V08", "V09"])
def test_without_the_public_files_or_those_of_before_the_review_a_statement_stays_open(check, id):
    found = check(id)
    assert found.verdict == OPEN
    assert "predictions" not in found.because  # they are public


def test_what_stays_open_still_shows_numbers(alter, check):
    alter("mistakes-counts", reviewed(7, 89))
    assert check("V08").value == "Major mistakes: 7 of ViT-3B, 89 of Greedy Soups"
    alter("reported", put("value", "20", "subject == 'Greedy Soups'"))
    assert check("V09").value == "as upstream's notebook says: ViT-3B 0, Greedy Soups 20 of 68"
    assert check("V09").because.endswith("workbench fetch v1-multilabel mistakes-logits")
    assert check("V08").because.endswith("workbench fetch v1-multilabel")


@pytest.fixture
def at_hand(monkeypatch):
    """``at_hand(column=[ViT-3B's, Greedy Soups'])``: what the experts' labels say of both models."""

    def answer(**columns):
        usual = {"multilabel": [97.0, 98.0], "right_m": [0, 19], "unreviewed": [0, 0]}
        monkeypatch.setattr(experts, "models", lambda: pd.DataFrame(usual | columns, index=BOTH))

    return answer


@pytest.mark.parametrize(
    ("id", "columns", "verdict", "value"),
    [
        ("V02", {}, CAVEAT, "ViT-3B: 378, Greedy Soups: 249"),
        ("V02", {"unreviewed": [0, 1]}, FAILS, "ViT-3B: 378, Greedy Soups: 249"),
        ("V03", {}, HOLDS, "ViT-3B: 97.00 %, Greedy Soups: 98.00 %"),
        ("V03", {"multilabel": [96.99, 98.0]}, FAILS, "ViT-3B: 96.99 %"),
        ("V03", {"multilabel": [98.0, 96.99]}, FAILS, "ViT-3B: 98.00 %"),
        ("V09", {}, CAVEAT, "ViT-3B: 0 of 68, Greedy Soups: 19 of 68"),
        ("V09", {"right_m": [0, 34]}, CAVEAT, "ViT-3B: 0 of 68, Greedy Soups: 34"),
        ("V09", {"right_m": [0, 35]}, FAILS, "ViT-3B: 0 of 68, Greedy Soups: 35"),
    ],
)
def test_with_the_outputs_and_the_experts_labels_at_hand(check, at_hand, id, columns, verdict, value):
    at_hand(**columns)
    found = check(id)
    assert found.verdict == verdict
    assert found.value.startswith(value)


def test_a_mistake_without_a_review_is_counted(check, at_hand):
    at_hand(unreviewed=[2, 3])
    assert check("V02").because == "5 mistakes by the experts' labels have no review"


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [((68, 68, 68), HOLDS), ((68, 68, 66), CAVEAT), ((68, 67, 67), FAILS), ((67, 67, 67), FAILS)],
)
def test_the_slice(check, monkeypatch, counts, verdict):
    monkeypatch.setattr(experts, "major_slice", lambda: counts)
    found = check("V08")
    assert found.verdict == verdict
    assert found.value.startswith(f"{counts[0]} pictures, {counts[1]} of them")
    assert (found.verdict == CAVEAT) == (found.because == "2 are not Major in either review")


ALTERED: dict = {
    "V01": lambda alter: alter("timm-results", put("top1", 0.89)),
    "V02": lambda alter: alter("mistakes-counts", put("category", None, "index == 3")),
    "V05": lambda alter: alter("mistakes-counts", put("severity", "Minor", "model == 'Greedy Soups'")),
}
