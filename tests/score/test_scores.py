"""The score table, the paper's printed numbers and the public predictions.

Pinned from "Re-assessing ImageNet": Table 1 (label counts), Table 2 (sum), Tables 4-10 (315 rows, column sums).
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError, UnknownNameError
from workbench.inputs import labels
from workbench.inputs.published import documents
from workbench.predict import store
from workbench.score import pools, scores, summaries, table


@pytest.fixture(scope="module")
def recht():
    return pools.recht2019()


@pytest.fixture
def tiny():
    """Four images with 1, 1, 2 and 0 labels, and a checkpoint's top-2."""
    wanted = labels.from_mapping("mine", {"a": [1], "b": [2], "c": [3, 4], "d": []})
    predictions = store.from_arrays("net", "mine", list("abcd"), np.array([[1, 9], [9, 2], [4, 9], [5, 6]]))
    return predictions, wanted


def value(frame, metric, label_count=None, **where):
    rows = frame[frame["metric"] == metric]
    rows = rows[rows["label_count"].isna() if label_count is None else rows["label_count"] == label_count]
    for column, wanted in where.items():
        rows = rows[rows[column] == wanted]
    (found,) = rows["value"]
    return found


def test_a_world_small_enough_to_count_by_hand(tiny):
    predictions, wanted = tiny
    original = labels.from_mapping("first", {"a": [1], "b": [2], "c": [3], "d": [5]})
    frame = scores.score(predictions, wanted, original=original, label_counts=[1, 2])
    assert list(frame.columns) == table.COLUMNS
    assert value(frame, "top1") == 2 / 4  # a, d
    assert value(frame, "top1", 0) == 1  # d
    assert value(frame, "real") == pytest.approx(2 / 3, abs=1e-6)  # a, c of the three with labels
    assert value(frame, "subgroup", 1) == 1 / 2
    assert value(frame, "subgroup", 2) == 1 / 2  # c: top-2 is {4, 9}, labels {3, 4}
    assert value(frame, "asma") == 1 / 2
    assert frame.loc[frame["metric"] == "real", "n_images"].iloc[0] == 3


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_scores_equal_a_slow_reference(data):
    n = data.draw(st.integers(2, 20))
    wanted = {f"i{k}": sorted(data.draw(st.sets(st.integers(0, 9), max_size=3))) for k in range(n)}
    single = {image: [data.draw(st.integers(0, 9))] for image in wanted}
    classes = np.array([data.draw(st.permutations(range(10)))[:3] for _ in wanted])
    predictions = store.from_arrays("net", "mine", list(wanted), classes)
    frame = scores.score(
        predictions,
        labels.from_mapping("mine", wanted),
        original=labels.from_mapping("one", single),
        label_counts=[1, 2, 3],
    )
    best = {image: list(map(int, row)) for image, row in zip(wanted, classes, strict=True)}
    labelled = [image for image in wanted if wanted[image]]
    top1 = np.mean([best[image][0] == single[image][0] for image in wanted])
    np.testing.assert_allclose(value(frame, "top1"), top1, atol=1e-6)
    if labelled:
        real = np.mean([best[image][0] in wanted[image] for image in labelled])
        np.testing.assert_allclose(value(frame, "real"), real, atol=1e-6)
    groups = []
    for g in (1, 2, 3):
        shares = [len(set(best[i][:g]) & set(wanted[i])) / g for i in labelled if len(wanted[i]) == g]
        groups.append(np.mean(shares) if shares else np.nan)
        np.testing.assert_allclose(value(frame, "subgroup", g), groups[-1], atol=1e-6)
    np.testing.assert_allclose(value(frame, "asma"), np.mean(groups), atol=1e-6)


def test_perfect_predictions_have_asma_one():
    wanted = labels.from_mapping("mine", {f"{g}": list(range(g)) for g in range(1, 6)})
    predictions = store.from_arrays("net", "mine", wanted.images, np.tile(np.arange(5), (5, 1)))
    assert value(scores.score(predictions, wanted), "asma") == 1


def test_fewer_columns_than_labels_asked_for_is_refused(tiny):
    predictions, wanted = tiny
    with pytest.raises(InputError, match=r"top-5 classes, but only the top-2 are stored; predict again with --topk 5"):
        scores.score(predictions, wanted)


def test_unlabelled_images_are_refused_with_their_number_or_left_out_on_request(tiny):
    predictions, _ = tiny
    fewer = labels.from_mapping("fewer", {"a": [1], "b": [2]})
    with pytest.raises(InputError, match="2 of the 4 images"):
        scores.score(predictions, fewer, label_counts=[1])
    with pytest.warns(UserWarning, match="2 of the 4 images"):
        frame = scores.score(predictions, fewer, label_counts=[1], drop_unlabelled=True)
    assert value(frame, "real") == 1 / 2


def test_top1_is_left_out_where_no_original_label_is_known(tiny):
    predictions, wanted = tiny
    assert "top1" not in set(scores.score(predictions, wanted, label_counts=[1])["metric"])


def test_an_image_set_without_labels_of_its_own_asks_for_them(tiny):
    with pytest.raises(InputError, match="give --labels"):
        scores.score(tiny[0], label_counts=[1])


def test_rows_of_another_order_score_the_same(tiny):
    predictions, wanted = tiny
    order = [2, 0, 3, 1]
    mixed = store.from_arrays("net", "mine", predictions.images[order], predictions.classes[order])
    pd.testing.assert_frame_equal(
        scores.score(predictions, wanted, label_counts=[1, 2]), scores.score(mixed, wanted, label_counts=[1, 2])
    )


# The numbers of the public predictions.


@pytest.mark.parametrize(
    ("image_set", "metric", "percent"),
    [
        ("v1", "top1", 76.13),
        ("v1", "real", 82.96),
        ("v1", "asma", 58.88),
        ("v2", "top1", 63.33),
        ("v2", "real", 75.37),
        ("v2", "asma", 54.44),
    ],
)
def test_resnet50(recht, image_set, metric, percent):
    found = value(recht, metric, checkpoint="resnet50", image_set=image_set)
    assert round(100 * found, 2) == percent


@pytest.mark.parametrize(
    ("image_set", "medians"), [("v1", [85.2, 72.4, 68.3, 68.1, 68.9]), ("v2", [77.8, 74.3, 74.5, 73.9, 73.0])]
)
def test_median_real_accuracy_by_label_count(recht, image_set, medians):
    table = summaries.by_label_count(recht, "real").set_index("label_count")
    assert (100 * table[image_set]).round(1).tolist() == medians


def test_label_counts_are_those_of_table_1(recht):
    printed = documents.printed("table-01-label-counts")
    names = {"v1": "ImageNetV1", "v2": "ImageNetV2"}
    counted = summaries.label_counts(recht)
    counted = counted[counted["label_count"] != "0"].assign(dataset=counted["image_set"].map(names))
    both = printed.merge(counted, on=["dataset", "label_count"], how="outer", suffixes=("_printed", ""))
    assert len(both) == 12
    assert (both["n_images_printed"] == both["n_images"]).all()


def test_the_committed_scores_are_what_the_public_files_give(public_files, recht):
    pd.testing.assert_frame_equal(pools.recht2019(recompute=True), recht)


def test_recomputing_without_the_sources_says_so_and_goes_on(no_sources, recht):
    with pytest.warns(UserWarning, match="workbench fetch recht2019"):
        frame = pools.recht2019(recompute=True)
    pd.testing.assert_frame_equal(frame, recht)


# The numbers that the paper prints.


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


def test_published_scores_have_the_shape_of_all_scores():
    frame = pools.published()
    assert list(frame.columns) == table.COLUMNS
    assert len(frame) == 315 * 7
    assert frame["value"].between(0, 1).all()
    assert frame.loc[frame["metric"] == "asma", "ci_low"].isna().all()


def test_an_unknown_table_is_refused_by_name():
    with pytest.raises(UnknownNameError, match="table-03-top10"):
        documents.printed("table-3")


def test_a_table_that_is_no_score_table_is_refused(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="lacks the columns"):
        pools.read(path)


def test_an_empty_folder_parameter_gives_no_rows():
    assert pools.folder("").empty
    assert list(pools.folder("").columns) == table.COLUMNS


def test_a_folder_of_predictions_is_scored(tmp_path, public_files):
    images = labels.load("v2-refined").images
    classes = np.tile(np.arange(5), (len(images), 1))
    store.write(store.from_arrays("net", "v2", images, classes), tmp_path / "net.parquet")
    assert set(pools.folder(tmp_path)["metric"]) == {"top1", "real", "subgroup", "asma"}
