"""Computed numbers beside printed ones."""

import numpy as np
import pandas as pd
import pytest

from workbench.inputs.published import documents
from workbench.score import pools, ranks, summaries
from workbench.score.paired import by_labels
from workbench.show import tables


def test_percent_changes_fractions_only():
    frame = pd.DataFrame({"name": ["a"], "n": [3], "value": [0.12345]})
    assert tables.percent(frame).to_dict("list") == {"name": ["a"], "n": [3], "value": [12.34]}


def test_a_spread_has_five_values_that_occur():
    table = tables.spread(pd.Series([8, 1, 2, 40, 4, 16, 32, 64, 100]))
    assert table.to_dict("records") == [
        {"smallest": 1, "lower quarter": 4, "median": 16, "upper quarter": 40, "largest": 100}
    ]
    assert table.dtypes.map(pd.api.types.is_integer_dtype).all()


def test_table_1_shows_computed_beside_printed():
    table = tables.label_counts(summaries.label_counts(pools.recht2019()), documents.printed("table-01-label-counts"))
    assert table.columns.tolist() == ["labels", "V1 computed", "V1 printed", "V2 computed", "V2 printed"]
    assert table["labels"].tolist() == ["0", "1", "2", "3", "4", "5", ">5"]
    assert (table["V1 computed"] == table["V1 printed"])[1:].all()
    assert (table["V2 computed"] == table["V2 printed"])[1:].all()
    assert table["V2 computed"].tolist()[1:4] == [5083, 2385, 1306]


def test_table_2_puts_computed_beside_printed():
    counts = pd.DataFrame(
        {
            "set": [1, 1, 1, 2, 2],
            "count": [2, 3, 3, 2, 3],
            "label_count": [2, 2, 3, 2, 3],
            "composites": [100, 4, 50, 102, 50],
        }
    )
    printed = pd.DataFrame({"dataset": ["P", "P"], "label_count": ["2", "3"], "n_images": [90, 40]})
    table = tables.patchml_counts(counts, printed)
    assert table["labels"].tolist() == [2, 3]
    assert table["P"].tolist() == [90, 40]
    assert table["computed"].tolist() == [103, 50]
    assert table["as many patches"].tolist() == [101, 50]
    assert table["differs by (%)"].tolist() == [14.44, 25]
    assert table["then differs by (%)"].tolist() == [12.22, 25]


def test_table_3_joins_the_shortened_names():
    table = tables.top10(ranks.rank_shift(pools.published()), documents.printed("table-03-top10"))
    assert table.columns.tolist() == [
        "checkpoint",
        "V1 top-1 (%)",
        "rank, printed",
        "rank",
        "PatchML ASMA (%)",
        "rank by ASMA",
        "shift, printed",
        "shift",
    ]
    assert table["rank"].notna().all()
    assert table["rank by ASMA"].tolist() == list(range(1, 11))


def test_tables_4_to_10_are_complete():
    printed, shifts = documents.printed("tables-04-10-checkpoints"), ranks.rank_shift(pools.published())
    table = tables.all_checkpoints(printed, shifts)
    assert table.shape == (315, 13)
    assert table.notna().all().all()
    shuffled = tables.all_checkpoints(printed, shifts.sample(frac=1, random_state=0))
    pd.testing.assert_frame_equal(table, shuffled)
    first, known = table.iloc[0], shifts.set_index("checkpoint").loc[table["checkpoint"][0]]
    assert first[["rank V1 top-1", "rank PatchML", "shift"]].tolist() == known[-3:].tolist()
    assert first["top-1 V1"] == pytest.approx(100 * known["value_before"])


@pytest.fixture
def reconciled():
    columns = ["leaderboard", "rank", "model", "reported", "checkpoint", "img_size", "identity", "timm", "difference"]
    rows = [("b", 1, "x", 0.91, "p", 448, "same", 0.9, -0.01), ("b", 2, "y", 0.9, None, np.nan, None, np.nan, np.nan)]
    return pd.DataFrame(rows, columns=columns).assign(
        status="differs", paper=[0.89, np.nan], own=np.nan, own_protocol=None, own_status=None
    )


def test_entries_stand_beside_their_checkpoint_with_its_size_in_percent(reconciled):
    table = tables.reconciled(reconciled)
    assert table.iloc[0].to_dict() == {
        "leaderboard": "b",
        "rank": 1,
        "model": "x",
        "reported": 91,
        "timm checkpoint": "p at 448",
        "identity": "same",
        "timm": 90,
        "timm - reported": -1,
        "status": "differs",
        "paper (resize)": 89,
    }
    assert pd.isna(table["timm checkpoint"][1])


def test_own_columns_are_shown_where_there_are_own_predictions(reconciled):
    table = tables.reconciled(reconciled.assign(own=[0.8765, np.nan], own_protocol=["crop", None]))
    assert table.columns.tolist()[-3:] == ["own", "own protocol", "own status"]
    assert table["own"][0] == 87.65


def test_operating_points_hold_every_number_in_points():
    found = by_labels.load()
    points, order = found["labels-operating-points"], found["labels-order"]
    wide = tables.operating_points(points, order).set_index(["labels", "over"])
    assert len(wide) == 3 + 3 * 10
    at = wide.loc[[("v1-real@0.8", "all images")]].iloc[0]
    assert at[["composition midpoint", "composition midpoint from", "composition midpoint to"]].tolist() == [
        8.34,
        7.9,
        8.79,
    ]
    assert at[["several", "real", "real gap", "tau"]].tolist() == [15.89, 79.79, 7.23, 1.0]
    assert wide.loc[("v1-real@0.05", "all images"), ["tau", "tau from", "tau to"]].tolist() == [0.985, 0.973, 0.988]
    assert wide.loc[("v1-real@0.8", "labelled images"), "gap"] == 13.81
    assert wide.loc[("v1-mturk", "all images"), ["gap", "real gap"]].isna().tolist() == [True, True]
    told = points["value"].notna().sum()
    assert wide[[name.replace("_", " ") for name in points["quantity"].unique()]].notna().sum().sum() == told


def test_intervals_stand_in_brackets_and_whole_numbers_stay_whole():
    frame = pd.DataFrame({"place": [3], "best": [1], "worst": [9], "of": [68], "x": [0.5]})
    found = tables.ranged(frame, place=("best", "worst"))
    assert found.to_dict("records") == [{"place": "3 [1, 9]", "of": 68, "x": 0.5}]
