"""The overview of 2025, with its table and timm's results changed."""

import pandas as pd
import pytest
from tests.claims.conftest import put

from workbench.claims.registry import CAVEAT, FAILS, HOLDS, OPEN

HUGE = "checkpoint == 'convnextv2_huge.fcmae_ft_in22k_in1k_512'"
TABLE, TIMM = "leaderboard-overview-2025", "timm-results"


@pytest.mark.parametrize(
    ("id", "name", "change", "verdict"),
    [
        *(
            (
                "O01",
                "entries",
                lambda table, top=top: put("reported", top, "index == 3")(put("reported", 80)(table)),
                to,
            )
            for top, to in ((90.49, FAILS), (90.5, CAVEAT), (91.5, CAVEAT), (91.51, FAILS))
        ),
        ("O03", TABLE, put("top1", 90.0), HOLDS),
        ("O03", TABLE, put("top1", 91.1, "rank == 2"), FAILS),
        ("O03", TABLE, put("rank", 4, "rank == 5"), FAILS),
        ("O03", TABLE, lambda table: table.iloc[:-1], FAILS),
        ("O04", TABLE, put("top1_error", 9.01, "rank == 1"), FAILS),
        ("O04", TABLE, put("top1_error", 8.99, "rank == 1"), FAILS),
        ("O04", TABLE, put("top1_error", 9.004, "rank == 1"), HOLDS),
        ("O05", TABLE, put("top5_estimate", "~99.51", "rank == 1"), FAILS),
        ("O05", TABLE, put("top5_error_estimate", "~0.49", "rank == 1"), FAILS),
        ("O05", TABLE, put("top5_estimate", "~99.504", "rank == 1"), CAVEAT),
        *(
            ("O10", TIMM, put("top1", top1, HUGE), verdict)
            for top1, verdict in ((0.8879, FAILS), (0.888, HOLDS), (0.89, HOLDS), (0.8901, FAILS))
        ),
        *(
            ("O12", TIMM, put("parameters", millions, HUGE), verdict)
            for millions, verdict in ((658.99, FAILS), (659.1, HOLDS), (660.9, HOLDS), (661.01, FAILS))
        ),
        *(
            ("O13", TIMM, put("top5", top5, HUGE), verdict)
            for top5, verdict in ((0.9849, FAILS), (0.985, CAVEAT), (0.995, CAVEAT), (0.9951, FAILS))
        ),
        ("O16", TABLE, put("top1_error", 5.0, "rank == 3"), FAILS),
        ("O16", TABLE, put("top1_error", 4.99, "rank == 3"), HOLDS),
    ],
)
def test_verdicts_change_at_their_thresholds(alter, check, id, name, change, verdict):
    alter(name, change)
    assert check(id).verdict == verdict


def test_errors_are_counted_by_row(alter, check):
    alter(TABLE, put("top1_error", 50.0, "rank > 3"))
    assert check("O04").value == "3 of 5 rows"
    alter(TABLE, put("top5_estimate", "~50", "rank > 1"))
    assert check("O05").value == "1 of 5 rows"


@pytest.mark.parametrize(
    ("above", "verdict", "value"),
    [(2, FAILS, "2 of 6"), (3, FAILS, "3 of 6"), (4, HOLDS, "4 of 6"), (6, HOLDS, "6 of 6")],
)
def test_top5_of_leading_checkpoints(alter, check, above, verdict, value):
    names = ["a", "b", "c", "d", "e", "f", "g", "h"]
    timm = [90.0, 89.0, 88.5, 88.4, 88.2, 88.01, 88.0, 70.0]  # the last two do not lead
    alter("entries", lambda _: pd.DataFrame({"checkpoint": [*names, "a"], "timm": [*timm, 90.0]}))
    top5 = [99.01] * above + [99.0] * (8 - above)
    alter("timm", lambda _: pd.DataFrame({"top5": top5}, index=names))
    found = check("O02")
    assert found.verdict == verdict
    assert found.value.startswith(f"{value} leading checkpoints exceed 99 %")


@pytest.mark.parametrize(
    ("known", "above", "verdict"),
    [(0, 4, HOLDS), (0, 3, HOLDS), (0, 5, FAILS), (1, 4, FAILS), (1, 5, FAILS)],
)
def test_fifth(alter, check, known, above, verdict):
    def change(table: pd.DataFrame) -> pd.DataFrame:
        table = put("status", "differs")(put("reported", 88.9)(table))  # 88.9 itself is not above
        first = table.query("leaderboard == 'codesota'").index
        table.loc[first[:above], "reported"] = 88.91
        table.loc[first[:known], "status"] = "reproduced"
        table.loc[table["leaderboard"] != "codesota", ["reported", "status"]] = [95.0, "reproduced"]
        return table

    alter("entries", change)
    found = check("O11")
    assert found.verdict == verdict
    assert found.value.startswith(f"{above} models above it")
    assert verdict == HOLDS or found.because == f"at least {known} more models are better"


@pytest.mark.parametrize(
    ("id", "name", "change", "value"),
    [
        ("O06", "entries", put("reported", 80.5, "subject == 'coca'"), "codesota: 80.50 %; overview-2025: 80.50 %"),
        ("O08", "entries", put("reported", 80.5, "subject == 'vit-g-14'"), "codesota: 80.50 %; overview-2025: 80.50 %"),
        ("O14", "recht2019-top5", put("value", 0.75, "checkpoint == 'senet154'"), "senet154: 25.00 %"),
        (
            "O15",
            "recht2019-top5",
            put("value", 0.75, "checkpoint == 'fv_4k'"),
            "best of 3 Fisher-vector models: 25.0 % (fv_4k)",
        ),
    ],
)
def test_what_cannot_be_checked_still_shows_numbers(alter, check, id, name, change, value):
    alter(name, change)
    assert (check(id).verdict, check(id).value) == (OPEN, value)


ALTERED: dict = {}  # id of a claim: what to do with `alter` for another verdict
