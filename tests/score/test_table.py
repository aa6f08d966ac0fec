"""The score table: its columns, and the rows that are chosen from it."""

import numpy as np
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.score import table


def row(checkpoint="net", image_set="v1", metric="top1", label_count=None, value=0.5, protocol="crop", source="run"):
    return (checkpoint, image_set, "x", protocol, metric, label_count, value, 10, 0.1, None, source)


def test_rows_become_numbers_of_six_decimals_and_counts_that_may_be_missing():
    built = table.build([row(value=1 / 3), row(label_count=2, value=None)])
    assert built.columns.tolist() == table.COLUMNS
    assert built["value"].iloc[0] == 0.333333
    assert built["value"].isna().tolist() == [False, True]
    assert built.dtypes[["label_count", "n_images"]].tolist() == [pd.Int64Dtype()] * 2
    assert built.dtypes[["value", "ci_low", "ci_high"]].tolist() == [np.dtype(float)] * 3
    assert table.build([]).columns.tolist() == table.COLUMNS


@pytest.mark.parametrize("dtype", ["Int64", float])
@pytest.mark.parametrize(
    ("asked", "label_count", "expected"),
    [
        (("top1", "v1"), None, [0]),
        (("top1",), None, [0, 3]),
        (("top1", "v1"), 2, [2]),
        (("top1", "v1"), 0, [1]),
        (("top1", "v1"), [0, 2, 9], [1, 2]),
        (("top1",), (2,), [2, 4]),
        (("real", "v1"), None, [5]),
        (("real", "v2"), None, []),
    ],
)
def test_rows_are_selected(asked, label_count, expected, dtype):
    rows = [row(), row(label_count=0), row(label_count=2), row(image_set="v2")]
    rows += [row(image_set="v2", label_count=2), row(metric="real")]
    scores = table.build(rows).astype({"label_count": dtype})
    assert table.select(scores, *asked, label_count=label_count).index.tolist() == expected


def test_a_score_that_stands_twice_is_refused_by_name():
    rows = [row(), row("other"), row(image_set="v2"), row(metric="real"), row(label_count=1), row(protocol="resize")]
    scores = table.build([*rows, row(source="published")])
    assert table.check_once(scores) is scores
    for again in (rows[0], rows[4]):
        with pytest.raises(InputError, match=r"^net has top1 on v1 twice \(run, crop\); give each checkpoint once"):
            table.check_once(table.build([*rows, again]))
