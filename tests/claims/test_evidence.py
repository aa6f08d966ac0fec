"""What claims are checked on, against the tables it comes from."""

import numpy as np
import pandas as pd
import pytest

from workbench.claims import evidence
from workbench.inputs import committed
from workbench.inputs.published import documents
from workbench.score import gaps, pools, summaries
from workbench.score.reported import reconciliation


def test_timms_results_are_in_percent():
    table = committed.table("timm-results")
    found = evidence.timm().loc[table["checkpoint"]].reset_index()
    for column in ("top1", "top5", "real"):
        assert np.allclose(found[column], table[column] * 100, equal_nan=True)
    assert found["parameters"].equals(table["parameters"])


def test_entries_are_in_percent():
    table = reconciliation.entries(reconciliation.reconcile())
    for column in ("reported", "timm", "difference", "real"):
        assert np.allclose(evidence.entries()[column], table[column] * 100, equal_nan=True)
    assert evidence.entries()["model"].equals(table["model"])


def test_gaps_are_in_points():
    means = gaps.mean_gaps(pools.published()).set_index("metric")
    found = evidence.mean_gaps()
    assert np.allclose(found[["v1", "v2", "gap"]], means[["v1", "v2", "gap"]] * 100)
    assert found[["checkpoints", "lower_on_v2", "not_lower"]].equals(means[["checkpoints", "lower_on_v2", "not_lower"]])
    parts = evidence.mean_parts().query("standard == 'midpoint'").set_index("part")
    assert parts.loc["gap", "value"] == pytest.approx(100 * gaps.gap(pools.recht2019())["gap"].mean(), abs=0.01)
    assert parts.loc["gap", "share_of_gap"] == 100
    assert parts.loc[["composition", "within"], "share_of_gap"].sum() == pytest.approx(100)
    assert (parts["ci_low"] < parts["value"]).all()
    assert (parts["value"] < parts["ci_high"]).all()
    assert parts["ci_high"].max() > 1


@pytest.mark.parametrize("metric", ["real", "subgroup"])
def test_medians_are_in_percent_by_label_count(metric):
    table = summaries.by_label_count(pools.recht2019(), metric)
    found = evidence.medians(metric)
    assert found.index.tolist() == table["label_count"].tolist()
    for column in ("v1", "v2"):
        assert np.allclose(found[column], 100 * table[column], atol=0.01)
    assert np.allclose(found["difference"], found["v1"] - found["v2"])
    for column in ("v1", "v2", "difference"):
        assert (found[f"{column}_low"] < found[column]).all()
        assert found[f"{column}_high"].sub(found[column]).between(0.2, 8).all()


def test_what_only_other_labels_accept_is_in_percent():
    """On average over the models; at most what ReaL and top-1 leave open."""
    assert evidence.accepted().round(2).to_dict() == {"v1": 6.84, "v2": 12.25}
    assert np.isnan(evidence.without_labels()).tolist() == [True]


def test_composition_is_the_larger_part_for_none_most_or_nearly_all():
    larger = evidence.mean_parts().groupby("standard", sort=False)["larger"].unique()
    assert {name: each.tolist() for name, each in larger.items()} == {"v1": [0], "midpoint": [64], "v2": [66]}


def test_what_is_read_as_it_is():
    assert evidence.top5()["alexnet"] == pytest.approx(79.07)
    assert len(evidence.top5()) == 67
    assert evidence.v1_images() == {50_000}
    assert evidence.checkpoints().equals(documents.printed("tables-04-10-checkpoints"))
    assert evidence.published()["checkpoint"].nunique() == 315
    assert evidence.recht2019()["checkpoint"].nunique() == 67


@pytest.mark.parametrize(
    ("ranks", "top1", "true"),
    [
        ([1, 2, 3], [90.0, 90.0, 88.126], True),
        ([1, 2, 3], [90.0, 90.1, 88.126], False),
        ([1, 2, 4], [90.0, 90.0, 88.126], False),
        ([0, 1, 2], [90.0, 90.0, 88.126], False),
        ([1, 2], [90.0, 88.126], False),
    ],
)
def test_order_of_a_printed_table(ranks, top1, true):
    found, text = evidence.in_order(pd.DataFrame({"rank": ranks, "top1": top1}), 3, digits=2)
    assert found == true
    assert text == f"{len(ranks)} rows, 90.00 to 88.13 %, sorted"
