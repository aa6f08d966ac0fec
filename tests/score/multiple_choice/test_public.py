import numpy as np
import pandas as pd
import pytest

from workbench.inputs import committed
from workbench.score import pools, table
from workbench.score.multiple_choice import pool, public


@pytest.fixture(scope="module")
def found():
    return public.load()


def test_committed_tables_are_read_without_public_files(found, no_sources):
    assert public.load().keys() == found.keys()
    with pytest.warns(UserWarning, match="the committed tables are used instead"):
        public.load(recompute=True)


def test_every_model_has_bounds_that_hold_the_draws(found):
    rows = found["multiple-choice"]
    keys = ["checkpoint", "image_set", "distractors"]
    whole = rows[rows["pictures"] == "all"]
    assert whole.groupby([*keys, "draws"]).size().max() == 1
    assert whole["checkpoint"].nunique() == 67
    assert (rows["low"] <= rows["high"]).all()
    assert (rows["ci_low"] <= rows["low"]).all()
    assert (rows["ci_high"] >= rows["high"]).all()
    expected = whole[whole["draws"] == "expected"].set_index(keys)
    drawn = whole[whole["draws"] != "expected"].join(expected[["low", "high"]].add_suffix("_expected"), on=keys)
    # 50,000 questions vary little: four standard errors of the shares that the draw decides.
    slack = drawn["image_set"].map({"v1": 0.002, "v2": 0.004})
    assert ((drawn["low"] - drawn["low_expected"]).abs() < slack).all()
    assert ((drawn["high"] - drawn["high_expected"]).abs() < slack).all()


def test_parts_add_up_to_the_whole(found):
    rows = found["multiple-choice"].query("draws == 'expected' and distractors == 'any'")
    sums = rows.assign(low=rows["low"] * rows["n_images"]).pivot_table("low", ["checkpoint", "image_set"], "pictures")
    assert (sums[["confirmed", "rejected", "unlabelled"]].sum(axis=1) - sums["all"]).abs().max() < 0.1


def test_the_lower_bound_is_at_most_the_top_5_accuracy_and_at_least_the_top_1(found):
    rows = found["multiple-choice"].query("draws == 'expected' and distractors == 'any' and pictures == 'all'")
    low = rows[rows["image_set"] == "v1"].set_index("checkpoint")["low"]
    top5 = committed.table("recht2019-top5").set_index("checkpoint")["value"]
    top1 = table.select(pools.recht2019(), "top1", "v1").set_index("checkpoint")["value"]
    assert (low <= top5[low.index]).all()
    assert (low >= top1[low.index]).all()


def test_the_pool_is_that_of_the_bounds(found):
    rows = found["multiple-choice"].query("draws == 'expected' and distractors == 'invalid' and image_set == 'v2'")
    pools_of = found["multiple-choice-pool"].set_index(["image_set", "distractors", "over", "quantity"])["value"]
    of = pools_of.loc["v2", "invalid", "all models"]
    assert of["mean_high"] == pytest.approx(rows["high"].mean(), abs=2e-6)
    assert of["range_most"] == pytest.approx(rows["high"].max() - rows["low"].min(), abs=2e-6)
    top1 = table.select(pools.recht2019(), "top1", "v2")["value"]
    assert of["mean_top1"] == pytest.approx(top1.mean(), abs=2e-6)
    real = table.select(pools.recht2019(), "real", "v2")["value"]
    assert of["mean_real"] == pytest.approx(real.mean(), abs=2e-6)


def test_bounds_order_no_pair(found):
    pairs: pd.DataFrame = found["multiple-choice-pairs"]
    assert (pairs["ordered"] == 0).all()
    first = pairs.iloc[0]
    assert (first["pairs"], first["top1_apart"], first["top1_apart_holm"]) == (2211, 2130, 2063)


@pytest.mark.parametrize(
    ("image_set", "floor", "top1", "real", "most"),
    [("v1", 0, 11.24, 11.44, 11.42), ("v1", 0.6, 3.63, 2.94, 4.42), ("v2", 0, 12.05, 13.77, 15.20)],
)
def test_whether_models_come_closer_together_is_open(found, image_set, floor, top1, real, most):
    rows = public.side_by_side(found["multiple-choice"], pools.recht2019())
    rows = rows[(rows["image_set"] == image_set) & (rows["top1"] > floor)]
    assert (100 * rows[["top1", "real"]].std()).round(2).tolist() == [top1, real]
    low, high = rows["low"].to_numpy(), rows["high"].to_numpy()
    least, reached = pool.spreads(low, high)
    assert (round(100 * float(least), 2), round(100 * float(reached), 2)) == (0, most)
    # No scores within the bounds have more: around any value, each is as far away as its farther bound at most.
    around = np.linspace(low.min(), high.max(), 20_001)[:, None]
    limit = np.maximum((around - low) ** 2, (around - high) ** 2).sum(axis=1).min() / (len(rows) - 1)
    assert reached <= np.sqrt(limit) < reached + 1e-5


def test_scores_rise_for_every_model_and_only_the_range_of_v1_is_smaller_for_certain(found):
    rows = public.side_by_side(found["multiple-choice"], pools.recht2019())
    least = (100 * (rows["low"] - rows["top1"])).groupby(rows["image_set"]).min()
    assert least.round(2).to_dict() == {"v1": 13.07, "v2": 15.7}
    wide = found["multiple-choice-pool"].pivot(index=["image_set", "over"], columns=["distractors", "quantity"])[
        "value"
    ]
    smaller = wide["any"]["range_most"] < wide["any"]["range_top1"]
    assert smaller.groupby("image_set").all().to_dict() == {"v1": True, "v2": False}
    assert (wide["any"]["sd_most"] > wide["any"]["sd_top1"]).all()
