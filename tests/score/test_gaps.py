"""Gaps between V1 and V2.

Pinned: mean gaps of Tables 4-10 and of the 67 public models; V2 >= V1 in 50 (ReaL) and 6 (ASMA) of 315.
"""

import numpy as np
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.score import gaps, intervals, pools, table


@pytest.mark.parametrize(("metric", "points"), [("top1", 12.08), ("real", 7.23), ("asma", 4.47)])
def test_mean_gap_of_the_public_models(metric, points):
    assert round(100 * gaps.gap(pools.recht2019(), metric)["gap"].mean(), 2) == points


@pytest.mark.parametrize(("metric", "points", "not_lower"), [("top1", 11.46, 0), ("real", 4.75, 50), ("asma", 3.92, 6)])
def test_mean_gap_of_the_published_checkpoints(metric, points, not_lower):
    row = gaps.mean_gaps(pools.published(), [metric]).iloc[0]
    assert round(100 * row["gap"], 2) == points
    assert row["not_lower"] == not_lower
    assert row["checkpoints"] == 315


def scored(*rows: tuple) -> pd.DataFrame:
    """Top-1 of (checkpoint, image set, right, pictures, further columns) over all pictures."""
    return table.build(
        [
            (name, image_set, "x", "crop", "top1", None, k / n, n, *intervals.wilson(k, n), source)
            for name, image_set, k, n, source in rows
        ]
    )


NET = [("net", "v1", 56, 70, "run"), ("net", "v2", 48, 80, "run")]


def test_a_gap_and_its_interval():
    """Newcombe (1998), table II: 56/70 - 48/80, method 10 gives 0.0524 to 0.3339."""
    found = gaps.gap(
        scored(*NET, ("better", "v2", 6, 8, "run"), ("better", "v1", 9, 10, "run"), ("x", "v1", 1, 2, "run"))
    )
    assert found.columns.tolist() == ["checkpoint", "protocol", "source", "v1", "v2", "gap", "ci_low", "ci_high"]
    assert found["checkpoint"].tolist() == ["net", "better"]
    assert found.index.tolist() == [0, 1]
    np.testing.assert_allclose(found.loc[0, ["gap", "ci_low", "ci_high"]].tolist(), [0.2, 0.0524, 0.3339], atol=2e-4)
    np.testing.assert_allclose(found.loc[1, ["v1", "v2", "gap"]].tolist(), [0.9, 0.75, 0.15])


@pytest.mark.parametrize("image_set", ["v1", "v2"])
def test_a_checkpoint_that_stands_twice_is_refused_by_name(image_set):
    twice = scored(*NET, ("net", image_set, 1, 2, "run"))
    with pytest.raises(InputError, match=rf"net has top1 on {image_set} twice \(run, crop\)"):
        gaps.gap(twice)
    others = [(name, where, k, n, "published") for name, where, k, n, _ in NET]
    assert len(gaps.gap(scored(*NET, *others))) == 2


def test_mean_gaps_count_what_is_lower_and_what_is_not():
    rows = [("a", "v1", 90, 100, "run"), ("a", "v2", 50, 100, "run")]  # lower without doubt
    rows += [("b", "v1", 52, 100, "run"), ("b", "v2", 50, 100, "run")]  # lower within the error
    rows += [
        ("c", "v1", 50, 100, "run"),
        ("c", "v2", 50, 100, "run"),
        ("d", "v1", 4, 100, "run"),
        ("d", "v2", 6, 100, "run"),
    ]
    unsure = scored(("e", "v1", 9, 10, "other"), ("e", "v2", 3, 10, "other")).assign(ci_low=np.nan, ci_high=np.nan)
    means = gaps.mean_gaps(pd.concat([scored(*rows), unsure]), ["top1"]).set_index("source")
    assert means.index.tolist() == ["other", "run"]
    assert means.loc["run", ["checkpoints", "lower_on_v2", "higher_on_v2", "not_lower"]].tolist() == [4, 1, 0, 2]
    columns = ["v1", "v2", "gap", "smallest", "largest"]
    np.testing.assert_allclose(means.loc["run", columns].astype(float), [0.49, 0.39, 0.1, -0.02, 0.4])
    assert means["lower_on_v2"].isna().tolist() == [True, False]
    assert means.loc["other", "not_lower"] == 0


def test_some_published_checkpoints_are_better_on_v2_beyond_their_interval():
    means = gaps.mean_gaps(pools.published()).set_index("metric")
    assert means["higher_on_v2"].tolist() == [0, 16, pd.NA]
    assert means["lower_on_v2"].tolist() == [315, 239, pd.NA]


def test_mean_gaps_stand_in_the_order_of_the_metrics_within_a_source():
    both = gaps.mean_gaps(pd.concat([pools.recht2019(), pools.published()]), ["real", "asma"])
    assert both[["source", "metric"]].to_numpy().tolist() == [
        [s, m] for s in ("published", "recht2019") for m in ("real", "asma")
    ]
    assert both.columns[:4].tolist() == ["source", "protocol", "metric", "checkpoints"]


def test_scores_of_one_image_set_have_no_gap():
    only_v1 = pools.published().query("image_set == 'v1'")
    with pytest.raises(InputError, match="both v1 and v2"):
        gaps.gap(only_v1)
