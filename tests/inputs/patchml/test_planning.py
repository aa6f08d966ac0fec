import hashlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.inputs import patchml


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


@st.composite
def settings_that_fit(draw):
    canvas = draw(st.integers(4, 700))
    counts = draw(st.lists(st.integers(1, 9), min_size=1, max_size=4, unique=True))
    sizes = {k: draw(st.integers(1, patchml.default_size(k, canvas))) for k in counts}
    return {"canvas": canvas, "counts": counts, "sizes": sizes, "seed": draw(st.integers(0, 2**40))}


@settings(max_examples=60, deadline=None)
@given(options=settings_that_fit(), n=st.integers(9, 40), number=st.none() | st.integers(1, 30))
def test_no_two_patches_overlap_and_none_leaves_the_canvas(options, n, number):
    plan = patchml.plan(pool(n), composites=number, **options)
    table = plan.table
    assert (table[["x", "y"]] >= 0).all(axis=None)
    assert (table["x"] + table["width"] <= options["canvas"]).all()
    assert (table["y"] + table["height"] <= options["canvas"]).all()
    for _, group in table.groupby("composite"):
        canvas = np.zeros((options["canvas"], options["canvas"]), dtype=int)
        for row in group.itertuples():
            canvas[row.y : row.y + row.height, row.x : row.x + row.width] += 1
        assert canvas.max() == 1
        assert canvas.sum() == (group["width"] * group["height"]).sum()


@settings(max_examples=40, deadline=None)
@given(options=settings_that_fit(), n=st.integers(9, 40))
def test_algorithm_1_step_by_step(options, n):
    patches = pool(n)
    plan = patchml.plan(patches, **options)
    assert sorted(plan.table["count"].unique()) == sorted(options["counts"])
    for count, part in plan.table.groupby("count"):
        # Sampled without replacement until fewer than `count` patches remain.
        assert part["patch"].is_unique
        assert len(part) == n // count * count
        size, columns = options["sizes"][count], options["canvas"] // options["sizes"][count]
        side = options["canvas"] // columns
        for _, group in part.groupby("composite", sort=False):
            # The place in the sample is the cell, row by row; the patch lies inside it.
            assert group["cell"].tolist() == list(range(count))
            assert (group["x"] // side == group["cell"] % columns).all()
            assert (group["y"] // side == group["cell"] // columns).all()
        assert (part[["width", "height"]].max(axis=1) == size).all()
        ratio = (part["xmax"] - part["xmin"]) / (part["ymax"] - part["ymin"])
        exact = np.where(ratio >= 1, size / ratio, size * ratio)
        assert (abs(part[["width", "height"]].min(axis=1) - np.maximum(exact, 1)) <= 0.5 + 1e-9).all()


def test_a_seed_gives_this_plan_on_every_machine():
    n = np.arange(100)
    fixed = {"image": "a", "class": n, "xmin": 0, "ymin": 0, "xmax": 20 + 37 * n % 400, "ymax": 20 + 53 * n % 300}
    plan = patchml.plan(pd.DataFrame(fixed), seed=1)
    assert plan.table["composite"][0] == "patchml-1-488283be-k2-00000.png"
    geometry = plan.table[["patch", "cell", "x", "y", "width", "height"]]
    digest = hashlib.sha256(geometry.to_csv(index=False, lineterminator="\n").encode()).hexdigest()
    assert digest == "1a657dbaaab5037089e4eacb8fe6b2f5be12ca56e72cfe7a32035cb4692b3a29"


@pytest.mark.parametrize(
    "change", [{"seed": 2}, {"canvas": 240}, {"sizes": {4: 100}}, {"counts": [2]}, {"composites": 3}]
)
def test_another_plan_has_other_image_ids(change):
    patches = pool(40)
    one, two = patchml.plan(patches, seed=1), patchml.plan(patches, **({"seed": 1} | change))
    assert one.composites().equals(patchml.plan(patches, seed=1).composites())
    assert set(one.composites()).isdisjoint(two.composites())
    other_boxes = patchml.plan(patches.assign(ymax=patches["ymax"] + 1), seed=1)
    assert set(one.composites()).isdisjoint(other_boxes.composites())


def test_one_patch_count_does_not_depend_on_the_others():
    whole, alone = patchml.plan(pool(40), seed=3).table, patchml.plan(pool(40), seed=3, counts=[6]).table
    six = whole[whole["count"] == 6].reset_index(drop=True)
    pd.testing.assert_frame_equal(six.drop(columns="composite"), alone.drop(columns="composite"))


def test_patches_spread_over_their_cells_evenly():
    table = patchml.plan(pool(4000), seed=0, counts=[4], sizes={4: 150}, canvas=400).table
    room = 200 - table["width"]
    share = (table["x"] - table["cell"] % 2 * 200) / room
    assert abs(share.mean() - 0.5) < 0.02
    assert abs(share.var() - 1 / 12) < 0.005


def test_a_number_of_composites_restores_a_small_pool_and_does_not_use_up_a_large_one():
    table = patchml.plan(pool(20), seed=0, composites=5, counts=[2, 9]).table
    assert table.groupby("count")["composite"].nunique().to_dict() == {2: 5, 9: 5}
    uses = table.groupby("count")["patch"].apply(lambda patches: patches.value_counts().max())
    assert uses[2] == 1
    assert uses[9] <= 3
    assert all(group["patch"].is_unique for _, group in table.groupby("composite"))
    whole = patchml.plan(pool(20), seed=0, counts=[2]).table
    pd.testing.assert_frame_equal(table[table["count"] == 2][["patch", "cell"]], whole[["patch", "cell"]].head(10))


@pytest.mark.parametrize(
    "options",
    [{"counts": [40]}, {"composites": 1}, {"seed": 0}, {"canvas": 3}, {"counts": [1], "sizes": {1: 480}}],
    ids=str,
)
def test_what_just_fits_is_made(options):
    plan = patchml.plan(pool(40), **({"seed": 1} | options))
    assert len(plan.table) > 0
    assert plan.table["count"].unique().tolist() == options.get("counts", list(patchml.COUNTS))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"canvas": 0}, "canvas is 0 pixels"),
        ({"canvas": 2, "counts": [9]}, "take a canvas of at least 3 pixels"),
        ({"counts": [9], "sizes": {9: 300}}, r"9 patches of 300 pixels cover 810000 pixels.*up to 160 pixels fit"),
        ({"counts": [3], "sizes": {3: 250}}, r"more than the 1 x 1 cells of a canvas of 480; patches of up to 240"),
        ({"counts": [5], "sizes": {5: 200}}, r"more than the 2 x 2 cells"),
        ({"counts": [2], "sizes": {2: 0}}, "patches of 0 pixels"),
        ({"counts": []}, "patch counts are"),
        ({"counts": [0]}, "patch counts are"),
        ({"counts": [2, 2]}, "each once"),
        ({"counts": [10**30]}, "the pool has 40 patches"),
        ({"counts": [41]}, "the pool has 40 patches, fewer than the 41"),
        ({"counts": [2, 41]}, "the pool has 40 patches, fewer than the 41"),
        ({"counts": [2, 0]}, r"patch counts are \[2, 0\]"),
        ({"sizes": {2: 241}}, "2 patches of 241 pixels need more than the 1 x 1 cells of a canvas of 480; .*to 240"),
        ({"composites": 0}, "0 composites of each count"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_what_cannot_be_is_refused_with_what_would_work(options, message):
    with pytest.raises(InputError, match=message):
        patchml.plan(pool(40), **({"seed": 1} | options))


def test_one_pixel_fits_on_a_canvas_of_one_pixel():
    patchml.check(1, 1, 1)
    with pytest.raises(InputError, match="the canvas is 0 pixels"):
        patchml.check(1, 1, 0)
