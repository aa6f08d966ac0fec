"""A plan is read as it was written, or refused; its labels and counts are those of its patches."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.errors import DamagedFileError, InputError
from workbench.inputs import patchml
from workbench.inputs.published import documents


def pool(n, n_classes=1000, seed=0):
    rng = np.random.default_rng(seed)
    corner = rng.integers(0, 50, (n, 2))
    side = rng.integers(1, 400, (n, 2))
    return pd.DataFrame(
        {
            "image": [f"p{i // 2}" for i in range(n)],
            "class": rng.integers(0, n_classes, n),
            "xmin": corner[:, 0],
            "ymin": corner[:, 1],
            "xmax": corner[:, 0] + side[:, 0],
            "ymax": corner[:, 1] + side[:, 1],
        }
    )


def test_table_2_of_the_paper_is_what_a_pool_of_53_500_patches_gives():
    printed = documents.printed("table-02-patchml-counts").astype({"label_count": int})
    stated = printed.pivot(index="label_count", columns="dataset", values="n_images")
    patches, by_label, exact = pool(53_500), {}, {}
    for seed in range(1, 6):
        found = patchml.counts_by_label(patchml.plan(patches, seed=seed))
        assert found["composites"].sum() == sum(53_500 // k for k in patchml.COUNTS)
        by_label[seed] = found.groupby("label_count")["composites"].sum().reindex(stated.index)
        exact[seed] = found[found["count"] == found["label_count"]].set_index("label_count")["composites"]
    mean = pd.DataFrame(by_label).mean(axis=1)
    assert (abs(stated.div(mean, axis=0) - 1) < 0.005).all(axis=None)
    assert (abs(mean / stated.mean(axis=1) - 1) < 0.002).all()
    # Composites of three patches, two of them of one class, count among those with two labels. Without them the numbers
    # for two and three labels come out too small.
    only = pd.DataFrame(exact).mean(axis=1) / stated.mean(axis=1) - 1
    assert only[2] < -0.002
    assert only[3] < -0.004


def test_labels_are_the_union_of_the_patches():
    plan = patchml.plan(pool(60, n_classes=5), seed=1)
    found = patchml.label_set(plan)
    assert found.name == "patchml-1"
    assert list(found.images) == list(plan.composites())
    for composite, group in plan.table.groupby("composite"):
        assert found.labels(composite) == sorted(set(group["class"]))
    counted = patchml.counts_by_label(plan).groupby("label_count")["composites"].sum()
    assert counted.to_dict() == pd.Series(found.counts).value_counts().to_dict()


def test_a_plan_is_read_as_it_was_written(tmp_path):
    plan = patchml.plan(pool(30), seed=4, canvas=96, composites=20, pictures="/pictures")
    patchml.write(plan, tmp_path / "plan.parquet")
    found = patchml.read(tmp_path / "plan.parquet")
    assert (found.seed, found.canvas, found.sizes, found.pictures) == (4, 96, plan.sizes, "/pictures")
    pd.testing.assert_frame_equal(found.table, plan.table, check_dtype=False)


def test_what_is_no_plan_is_refused(tmp_path):
    with pytest.raises(InputError, match="there is no plan"):
        patchml.read(tmp_path / "none.parquet")
    pool(3).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(InputError, match="no PatchML plan"):
        patchml.read(tmp_path / "other.parquet")
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "other.parquet").read_bytes()[:-20])
    with pytest.raises(DamagedFileError, match="build it again"):
        patchml.read(tmp_path / "cut.parquet")


def rewritten(path, plan, table=None, metadata=None):
    facts = {"seed": 1, "canvas": plan.canvas, "sizes": plan.sizes, "pictures": ""} | (metadata or {})
    facts = {key: value for key, value in facts.items() if value is not None}
    whole = pa.Table.from_pandas(plan.table if table is None else table, preserve_index=False)
    pq.write_table(whole.replace_schema_metadata({"patchml": json.dumps(facts)}), path)
    return path


@pytest.mark.parametrize(
    "change", [{"seed": None}, {"canvas": "x"}, {"sizes": [1]}, {"pictures": None}, {"canvas": 40}]
)
def test_a_plan_with_damaged_facts_is_refused(tmp_path, change):
    plan = patchml.plan(pool(20), seed=1)
    with pytest.raises(DamagedFileError, match="build it again"):
        patchml.read(rewritten(tmp_path / "a.parquet", plan, metadata=change))


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.sort_values("patch"),
        lambda table: table.drop(columns="x"),
        lambda table: table.head(0),
        lambda table: table.assign(x=-1),
        lambda table: table.assign(width=0),
        lambda table: table.assign(x=table["x"] + 0.5),
        lambda table: table.assign(**{"class": 1000}),
    ],
    ids=["shuffled", "column", "empty", "negative", "flat", "fraction", "class"],
)
def test_a_plan_with_a_damaged_table_is_refused(tmp_path, change):
    plan = patchml.plan(pool(20), seed=1)
    with pytest.raises(DamagedFileError, match="build it again"):
        patchml.read(rewritten(tmp_path / "a.parquet", plan, change(plan.table)))


@pytest.mark.parametrize(
    "change",
    [
        {"x": 95},
        {"y": 95},
        {"width": 97},
        {"height": 0},
        {"ymin": -1},
        {"class": -1},
        {"class": 1000},
        {"class": 1.5},
    ],
    ids=str,
)
def test_one_patch_that_cannot_be_is_enough_to_refuse_a_plan(tmp_path, change):
    plan = patchml.plan(pool(20), seed=1, canvas=96)
    table = plan.table.astype({name: type(value) for name, value in change.items()})
    table.loc[7, list(change)] = list(change.values())
    with pytest.raises(DamagedFileError, match="patches outside the canvas or in another order"):
        patchml.read(rewritten(tmp_path / "a.parquet", plan, table))


def test_a_patch_may_touch_the_edges_of_the_canvas_and_have_one_pixel(tmp_path):
    plan = patchml.plan(pool(20), seed=1, canvas=96)
    table = plan.table.copy()
    table.loc[7, ["x", "y", "width", "height", "class"]] = [95, 95, 1, 1, 999]
    table.loc[6, ["x", "y", "width", "height", "class"]] = [0, 0, 96, 96, 0]
    pd.testing.assert_frame_equal(
        patchml.read(rewritten(tmp_path / "a.parquet", plan, table)).table, table, check_dtype=False
    )


def test_composites_are_counted_by_patches_and_by_distinct_labels():
    rows = [("b", 2, 5), ("b", 2, 5), ("a", 2, 5), ("a", 2, 6), ("c", 3, 1), ("c", 3, 1), ("c", 3, 2)]
    table = pd.DataFrame(rows, columns=["composite", "count", "class"])
    found = patchml.counts_by_label(patchml.Plan(0, 480, {}, table))
    assert found.columns.tolist() == ["count", "label_count", "composites"]
    assert found.to_numpy().tolist() == [[2, 1, 1], [2, 2, 1], [3, 2, 1]]
    shown = patchml.label_set(patchml.Plan(0, 480, {}, table))
    assert shown.mapping() == {"b": [5], "a": [5, 6], "c": [1, 2]}
