"""Several labels in "Re-assessing ImageNet", with scores and printed tables changed."""

import numpy as np
import pandas as pd
import pytest
from tests.claims.conftest import put

from workbench.claims import evidence
from workbench.claims.registry import CAVEAT, FAILS, HOLDS
from workbench.score import gaps

TABLE = "tables-04-10-checkpoints"


@pytest.mark.parametrize(
    ("label_count", "away", "verdict"),
    [(2, 5.0, CAVEAT), (3, 0.0, FAILS), (3, -0.1, CAVEAT), (5, 0.0, FAILS), (5, 1.0, FAILS)],
)
def test_medians(alter, check, label_count, away, verdict):
    alter("medians", lambda table: apart(apart(table, -5.0), away, f"label_count == {label_count}"))
    found = check("P09")
    assert found.verdict == verdict
    assert found.value.startswith(f"V1 minus V2 of the medians: {away if label_count == 3 else -5:+.1f} [")
    assert " at 3, " in found.value
    assert found.value.endswith(" at 5 labels")
    assert " at 2" not in found.value


def apart(table: pd.DataFrame, away: float, where: str | None = None) -> pd.DataFrame:
    """Medians that differ by so many points, a point more or less."""
    for column, value in (("difference", away), ("difference_low", away - 1), ("difference_high", away + 1)):
        table = put(column, value, where)(table)
    return table


def test_the_medians_that_are_higher_beyond_their_interval_are_named(alter, check):
    assert check("P09").because.startswith("beyond the joint interval at 3, 4;")
    alter("medians", lambda table: apart(table, -0.9))
    assert check("P09").because.startswith("beyond the joint interval at no number of labels;")


@pytest.mark.parametrize("label_count", [1, 5])
@pytest.mark.parametrize(("away", "verdict"), [(2, HOLDS), (-2, HOLDS), (2.01, FAILS), (-2.01, FAILS)])
def test_distributions(alter, check, label_count, away, verdict):
    """The interval of two points ends at one: it is not wholly beyond."""
    alter("medians", lambda table: apart(apart(table, 0.0), away, f"label_count == {label_count}"))
    found = check("P10")
    assert found.verdict == verdict
    assert f"{away:+.1f} [{away - 1:.1f}, {away + 1:.1f}] at {label_count}" in found.value
    n = 1 if label_count == 1 else 2  # one label: ReaL and subgroup accuracy are the same
    assert verdict == HOLDS or found.because == f"{n} of 9 medians differ by more than 1 point, 0 beyond 5 points"


def test_many_medians_differ(check):
    assert check("P10").because == "5 of 9 medians differ by more than 1 point, 1 beyond 5 points"


@pytest.mark.parametrize("column", ["asma_v1", "asma_v2", "asma_patchml"])
@pytest.mark.parametrize(("highest", "verdict"), [(70, FAILS), (70.1, CAVEAT)])
def test_ranges(alter, check, column, highest, verdict):
    alter(TABLE, lambda table: table.assign(**{column: np.linspace(50, highest, len(table))}))
    found = check("P11")
    assert found.verdict == verdict
    assert f"{column.removeprefix('asma_')}: 50.0 to {highest:.1f} %" in found.value


@pytest.mark.parametrize(
    ("medians", "verdict"), [((50, 40, 39.9), CAVEAT), ((50, 40, 40), FAILS), ((40, 50, 45), FAILS)]
)
def test_patchml_is_lower(alter, check, medians, verdict):
    columns = dict(zip(("asma_v1", "asma_v2", "asma_patchml"), medians, strict=True))
    alter(TABLE, lambda table: table.assign(**columns))
    assert check("P12").verdict == verdict


@pytest.mark.parametrize(("moved", "verdict"), [(0, CAVEAT), (2, CAVEAT), (3, FAILS)])
def test_the_order_by_real(alter, check, moved, verdict):
    """With the m last of n in front, Spearman's correlation is 1 - 6 m (n - m) / (n^2 - 1): 1, 0.962 and 0.943."""
    names = [f"m{n}" for n in range(315)]
    alter("timm", lambda _: pd.DataFrame({"real": np.arange(315) / 10}, index=names))
    alter(TABLE, lambda table: table.assign(timm_name=names, real_v1=np.roll(np.arange(315) / 10, moved) - 1))
    found = check("P15")
    assert found.verdict == verdict
    assert found.value.startswith("printed minus timm's, 315 checkpoints: mean -1.00 points")


@pytest.mark.parametrize(
    ("change", "verdict", "value"),
    [
        (lambda table: table, CAVEAT, "315 rows, 315 names, 314 of them timm's in full"),
        (put("checkpoint", "regnety_016", "index == 3"), CAVEAT, "315 rows, 315 names, 313 of"),
        (put("checkpoint", "tresnet_l", "index == 3"), FAILS, "315 rows, 315 names, 313 of"),
        (lambda table: pd.concat([table, table.iloc[:1]]), FAILS, "316 rows, 315 names"),
    ],
)
def test_named(alter, check, change, verdict, value):
    alter(TABLE, change)
    found = check("P16")
    assert found.verdict == verdict
    assert found.value.startswith(value)


def test_columns(alter, check):
    assert check("P17").value == "7 of 9 columns"
    alter(TABLE, lambda table: table.assign(top1_patchml=1.0))
    assert (check("P17").verdict, check("P17").value) == (FAILS, "8 of 9 columns")


@pytest.mark.parametrize(("more", "verdict"), [(0, HOLDS), (-1, HOLDS), (0.01, FAILS)])
def test_top5_looks_at_more_than_the_top_prediction(alter, check, more, verdict):
    by_top1 = 100 * gaps.gap(evidence.recht2019(), "top1").set_index("checkpoint")["v1"]
    alter(
        "top5",
        lambda _: put("value", by_top1["alexnet"] + more, "index == 'alexnet'")(by_top1.to_frame("value"))["value"],
    )
    found = check("P18")
    assert found.verdict == verdict
    assert found.value.startswith(f"top-5 is above top-1 for {int(verdict == FAILS)} of 67")


@pytest.mark.parametrize(("column", "line"), [("asma_v1", 45.667), ("asma_v2", 45.667), ("asma_patchml", 27.222)])
@pytest.mark.parametrize(("above", "verdict"), [(157, FAILS), (158, CAVEAT)])
def test_better_than_one_label_an_image(alter, check, column, line, above, verdict):
    """One label of g is 1/g: 45.7 % over 1 to 5 labels, 27.2 % over 2, 3, 4, 6 and 9."""
    alter(TABLE, lambda table: table.assign(**{column: [line + 0.001] * above + [line - 0.001] * (315 - above)}))
    found = check("P20")
    assert found.verdict == verdict
    assert f"{above} of 315 above {line:.1f} % on {column.removeprefix('asma_')}" in found.value


ALTERED = {
    "P09": lambda alter: alter("medians", lambda table: apart(table, 1.0)),
    "P10": lambda alter: alter("medians", lambda table: apart(table, 0.0)),
    "P11": lambda alter: alter(TABLE, put("asma_v1", 60.0)),
    "P12": lambda alter: alter(TABLE, put("asma_patchml", 99.0)),
    "P15": lambda alter: alter(TABLE, lambda table: table.assign(real_v1=table["real_v1"].to_numpy()[::-1])),
    "P16": lambda alter: alter(TABLE, put("checkpoint", "mine", "index == 3")),
    "P17": lambda alter: alter(TABLE, lambda table: table.assign(top1_patchml=1.0, real_patchml=1.0)),
    "P18": lambda alter: alter("top5", lambda top5: 0 * top5),
    "P20": lambda alter: alter(TABLE, put("asma_v2", 45.0)),
}
