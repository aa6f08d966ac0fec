"""Pools of checkpoints: the numbers of the paper, of the public predictions, and of a folder.

Pinned: 315 checkpoints of Tables 4-10; ResNet-50 on V1 and V2 by the public predictions.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.inputs import labels
from workbench.inputs.published import documents
from workbench.predict import store
from workbench.score import intervals, pools, table


@pytest.fixture(scope="module")
def recht():
    return pools.recht2019()


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
    row = table.select(recht[recht["checkpoint"] == "resnet50"], metric, image_set)
    assert round(100 * row["value"].item(), 2) == percent


def test_the_committed_scores_are_what_the_public_files_give(public_files, recht):
    pd.testing.assert_frame_equal(pools.recht2019(recompute=True), recht)


@pytest.mark.filterwarnings("error")
def test_without_the_sources_committed_scores_are_there_and_recomputing_says_what_is_missing(no_sources, recht):
    pd.testing.assert_frame_equal(pools.recht2019(), recht)
    with pytest.warns(UserWarning, match=r"workbench fetch recht2019 v1-images.*committed scores are used instead"):
        frame = pools.recht2019(recompute=True)
    pd.testing.assert_frame_equal(frame, recht)


def test_published_scores_are_the_printed_percents():
    frame, printed = pools.published(), documents.printed("tables-04-10-checkpoints")
    assert frame.columns.tolist() == table.COLUMNS
    assert frame.index.tolist() == list(range(315 * 7))
    assert frame["protocol"].unique().tolist() == ["resize"]
    assert frame["source"].unique().tolist() == ["published"]
    assert frame["label_count"].isna().all()
    for column, labels_, n in (
        ("top1_v1", "v1-real", 50_000),
        ("top1_v2", "v2-refined", 10_000),
        ("real_v1", "v1-real", 46_837),
        ("real_v2", "v2-refined", 9_871),
        ("asma_v1", "v1-real", 46_693),
        ("asma_v2", "v2-refined", 9_639),
        ("asma_patchml", "patchml", pd.NA),
    ):
        metric, image_set = column.split("_")
        part = table.select(frame, metric, image_set)
        assert part["checkpoint"].tolist() == printed["checkpoint"].tolist()
        np.testing.assert_allclose(100 * part["value"], printed[column])
        assert part["labels"].unique().tolist() == [labels_]
        assert part["n_images"].unique().tolist() == [n]
        if metric == "asma":
            assert part[["ci_low", "ci_high"]].isna().all(axis=None)
        else:
            low, high = intervals.wilson(printed[column] / 100 * n, n)
            np.testing.assert_allclose(part[["ci_low", "ci_high"]], np.stack([low, high], axis=1), atol=1e-6)


def test_an_empty_folder_parameter_gives_no_rows():
    assert pools.folder("").empty
    assert pools.folder("").columns.tolist() == table.COLUMNS


@pytest.fixture
def folder(tmp_path, public_files):
    """Predictions of the classes 0 to 4 for every picture of V2."""
    images = labels.load("v2-refined").images
    classes = np.tile(np.arange(5), (len(images), 1))
    store.write(store.from_arrays("net", "v2", images, classes), tmp_path / "inner" / "net.parquet")
    return tmp_path


@pytest.mark.filterwarnings("error")
def test_a_folder_of_predictions_is_scored(folder):
    scored = pools.folder(folder)
    assert set(scored["metric"]) == {"top1", "real", "subgroup", "asma"}
    assert scored.loc[scored["metric"] == "subgroup", "label_count"].tolist() == [1, 2, 3, 4, 5]
    two = pools.folder(folder, label_counts=[2])
    assert two.loc[two["metric"] == "subgroup", "label_count"].tolist() == [2]


def test_what_is_neither_v1_nor_v2_is_left_out_with_a_warning_or_refused(folder, tmp_path):
    other = store.from_arrays("net", "sample", ["a"], np.array([[1]]))
    store.write(other, folder / "x" / "other.parquet")
    with pytest.warns(UserWarning, match="predictions on sample are left out here"):
        assert set(pools.folder(folder)["image_set"]) == {"v2"}
    with pytest.raises(InputError, match="holds no predictions on v1 or v2"):
        pools.folder(folder / "x")


def test_top_1_alone_gives_what_top_1_suffices_for(folder):
    whole = store.read(folder / "inner" / "net.parquet")
    store.write(replace(whole, classes=whole.classes[:, :1]), folder / "inner" / "net.parquet")
    with pytest.warns(
        UserWarning, match="net on v2: only the top-1 of each image is stored; subgroup accuracy at 2, 3"
    ):
        scored = pools.folder(folder)
    assert set(scored["metric"]) == {"top1", "real", "subgroup"}
    with pytest.raises(InputError, match="only the top-1 are stored"):
        pools.folder(folder, label_counts=[1, 2])


def test_a_part_of_v2_is_told(folder):
    whole = store.read(folder / "inner" / "net.parquet")
    store.write(whole.take(np.arange(9_000)), folder / "inner" / "net.parquet")
    with pytest.warns(UserWarning, match="net on v2: 9,000 of the 10,000 images are there"):
        assert table.select(pools.folder(folder), "top1", "v2")["n_images"].item() == 9_000


def test_open_clips_results_are_scores_by_its_own_transform():
    frame = pools.open_clip()
    assert frame.columns.tolist() == table.COLUMNS
    assert len(frame) == 2 * 121
    assert frame[["protocol", "source", "metric"]].drop_duplicates().to_numpy().tolist() == [
        ["crop", "open_clip", "top1"]
    ]
    rows = frame.set_index(["checkpoint", "image_set"]).loc["clip:ViT-B-32/laion2b_s34b_b79k"]
    for image_set, value, n in (("v1", 0.6656, 50_000), ("v2", 0.5814, 10_000)):
        low, high = intervals.wilson(value * n, n)
        assert rows.loc[image_set, ["value", "n_images"]].tolist() == [value, n]
        assert rows.loc[image_set, ["ci_low", "ci_high"]].tolist() == pytest.approx([low, high], abs=1e-6)
