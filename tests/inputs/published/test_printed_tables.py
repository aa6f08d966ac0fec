"""The paper's printed tables, as they were transcribed.

Pinned from "Re-assessing ImageNet": Table 2 (sum), Tables 4-10 (315 rows, column sums).
"""

import pytest

from workbench.errors import UnknownNameError
from workbench.inputs.published import documents


def test_all_315_printed_rows_are_there_and_sum_up():
    table = documents.printed("tables-04-10-checkpoints")
    assert table["checkpoint"].nunique() == len(table) == 315
    assert table["table"].value_counts().to_dict() == dict.fromkeys(range(4, 11), 45)
    sums = table.drop(columns="table").select_dtypes("number").sum().round(2).to_dict()
    assert sums == {
        "top1_v1": 25306.00,
        "top1_v2": 21697.48,
        "real_v1": 26930.15,
        "real_v2": 25434.61,
        "asma_v1": 19826.40,
        "asma_v2": 18591.86,
        "asma_patchml": 11830.93,
        "rank_change": -2299,
    }


def test_rows_of_tables_4_to_10_stand_in_the_printed_order():
    table = documents.printed("tables-04-10-checkpoints")
    assert table["asma_patchml"].is_monotonic_decreasing
    assert table["checkpoint"].iloc[[0, 45, 314]].tolist() == [
        "eva_large_patch14_336.in22k_ft_in1k",
        "coatnet_rmlp_2_rw_384.sw_in12k_ft_in1k",
        "tf_mobilenetv3_small_075.in1k",
    ]


def test_timm_knows_every_published_checkpoint():
    import timm

    known = set(timm.list_pretrained())
    for name in ("tables-04-10-checkpoints", "table-03-top10"):
        assert set(documents.printed(name)["timm_name"]) <= known


def test_table_2_is_complete():
    table = documents.printed("table-02-patchml-counts")
    assert table.shape == (25, 3)
    assert table["n_images"].sum() == 362_162
    assert sorted(table["label_count"].unique()) == ["2", "3", "4", "6", "9"]


def test_tables_3_and_4_disagree_on_one_number_only():
    top = documents.printed("table-03-top10").set_index("timm_name")
    table = documents.printed("tables-04-10-checkpoints").set_index("timm_name").loc[top.index]
    different = top.index[top["asma_patchml"] != table["asma_patchml"]]
    assert different.tolist() == ["volo_d3_448.sail_in1k"]
    assert (top["top1_v1"] == table["top1_v1"]).all()
    assert (top["rank_change"] == table["rank_change"]).all()


def test_an_unknown_table_is_refused_by_name():
    with pytest.raises(UnknownNameError, match="table-03-top10"):
        documents.printed("table-3")
