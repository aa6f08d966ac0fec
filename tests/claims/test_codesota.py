"""CodeSOTA's leaderboard, with its table and timm's results changed."""

import pandas as pd
import pytest
from tests.claims.conftest import put

from workbench.claims.registry import CAVEAT, FAILS, HOLDS, OPEN
from workbench.inputs import classes

EVA = "checkpoint == 'eva02_large_patch14_448.mim_m38m_ft_in22k_in1k'"
A3 = "checkpoint == 'resnet50.a3_in1k'"


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (put("top1", 80.0), HOLDS),
        (put("top1", 91.01, "rank == 2"), FAILS),
        (put("rank", 9, "rank == 8"), FAILS),
        (lambda table: table.iloc[:-1], FAILS),
    ],
)
def test_order(alter, check, change, verdict):
    alter("leaderboard-codesota", change)
    assert check("C01").verdict == verdict


@pytest.mark.parametrize(
    ("best", "verdict", "value"), [(80.0, FAILS, "0 of 21"), (81.0, CAVEAT, "1 of 21"), (80.3, FAILS, "0 of 21")]
)
def test_neighbours(alter, check, best, verdict, value):
    """One standard error of 80 % of 50,000 images is 0.18 points, of a difference 0.25."""
    alter("leaderboard-codesota", lambda table: put("top1", best, "rank == 1")(put("top1", 80.0)(table)))
    found = check("C02")
    assert found.verdict == verdict
    assert found.value.startswith(value)


@pytest.mark.parametrize(
    ("status", "verdict", "because"),
    [
        ("reproduced", HOLDS, ""),
        ("differs", FAILS, "the nearest of 1 checkpoints is +1.25 points away"),
        ("conflict between sources", FAILS, "the nearest of 1 checkpoints is +1.25 points away"),
        ("no counterpart", OPEN, "why, and no public predictions are known"),
    ],
)
def test_a_row(alter, check, status, verdict, because):
    row = {"status": status, "difference": 1.25, "candidates": 1, "reason": "why"}

    def change(table: pd.DataFrame) -> pd.DataFrame:
        for column, value in row.items():
            table = put(column, value, "model == 'EVA-02-L'")(table)
        return table

    alter("entries", change)
    found = check("C03")
    assert (found.verdict, found.because) == (verdict, because)


@pytest.mark.parametrize(("marked", "verdict"), [("no", FAILS), ("yes", FAILS), (None, CAVEAT)])
def test_sixteen_rows_are_not_marked(alter, check, marked, verdict):
    other = {"no": "yes", "yes": "no"}
    if marked:
        alter("entries", lambda table: put("verified", marked, f"index == {_first(table, other[marked])}")(table))
    assert check("C09").verdict == verdict


def _first(table: pd.DataFrame, mark: str) -> int:
    return table.query("leaderboard == 'codesota' and verified == @mark").index[0]


def test_rows_that_agree_are_counted_and_those_whose_name_is_open(alter, check):
    alter("entries", lambda table: put("identity", "candidate")(put("status", "reproduced")(table)))
    assert check("C09").value == "of 16: 16 reproduced"
    assert check("C09").because.endswith("in 16 the name leaves the checkpoint open")
    alter("entries", put("identity", "named"))
    assert check("C09").because.startswith("16 of them do agree with timm; in 0 the name")


@pytest.mark.parametrize(
    ("top1", "verdict"), [(0.8029, FAILS), (0.803, HOLDS), (0.8034, HOLDS), (0.805, HOLDS), (0.8051, FAILS)]
)
def test_recipe(alter, check, top1, verdict):
    alter("timm-results", put("top1", top1, A3))
    found = check("C10")
    assert found.verdict == verdict
    assert f"recipe A3 {100 * top1:.2f} %, recipe A1 80.38 %" in found.value


@pytest.mark.parametrize(("top5", "verdict"), [(0.95, FAILS), (0.9501, CAVEAT)])
def test_top5(alter, check, top5, verdict):
    alter("recht2019-top5", lambda table: table.assign(value=table["value"].clip(upper=top5)))
    found = check("C12")
    assert found.verdict == verdict
    assert f"best of 67 models up to 2018: {100 * top5:.1f} %" in found.value
    assert (verdict == CAVEAT) == found.because.startswith("5.0 % of the pictures")


@pytest.mark.parametrize(
    ("real", "verdict", "share"), [(0.51, FAILS, ""), (0.5101, CAVEAT, "2 %"), (0.75, CAVEAT, "50 %")]
)
def test_label_noise(alter, check, real, verdict, share):
    alter("timm-results", lambda table: put("real", real, EVA)(put("top1", 0.5, EVA)(table)))
    found = check("C13")
    assert found.verdict == verdict
    assert found.value == f"EVA-02-L: 50.00 % error by the original label, {100 - 100 * real:.2f} % by ReaL"
    assert verdict == FAILS or found.because.startswith(f"{share} of the error")


@pytest.mark.parametrize(
    ("images", "names", "verdict"),
    [
        (50_000, range(1000), HOLDS),
        (49_999, range(1000), FAILS),
        (50_000, range(999), FAILS),
        (50_000, [0, *range(999)], FAILS),
        (50_000, range(1001), FAILS),
    ],
)
def test_size(alter, check, monkeypatch, images, names, verdict):
    alter("recht2019", put("n_images", images, "image_set == 'v1' and metric == 'top1' and label_count.isna()"))
    monkeypatch.setattr(classes, "wnids", lambda: [f"n{number:08d}" for number in names])
    found = check("C14")
    assert (found.verdict, found.value) == (verdict, f"{images:,} images, {len(names):,} classes")


ALTERED: dict = {}  # id of a claim: what to do with `alter` for another verdict
