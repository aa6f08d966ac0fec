"""Label counts of "Re-assessing ImageNet", with the images counted otherwise."""

import numpy as np
import pandas as pd
import pytest
from tests.claims.conftest import put

from workbench.claims.registry import CAVEAT, FAILS, HOLDS


def images(image_set: str, **counts: int):
    """A change: the images with g0, g1, ... labels in the scores of one set; of the other label counts none."""

    def change(scores: pd.DataFrame) -> pd.DataFrame:
        mine = (scores["image_set"] == image_set) & (scores["metric"] == "top1") & scores["label_count"].notna()
        sizes = {int(name[1:]): n for name, n in counts.items()}
        scores.loc[mine, "n_images"] = scores.loc[mine, "label_count"].map(sizes).fillna(0)
        return scores

    return change


@pytest.mark.parametrize(
    ("several", "verdict"),
    [(1000, FAILS), (1110, FAILS), (1130, CAVEAT), (4800, CAVEAT)],  # from 9.4, 10.5, 10.7 and 47.0 % on
)
def test_proportion(alter, check, several, verdict):
    alter("recht2019", images("v1", g0=500, g1=9000, g2=600, g3=400))
    alter("recht2019", images("v2", g0=90, g1=10_000 - several, g2=several - 5, g7=5))
    found = check("L01")
    assert found.verdict == verdict
    assert found.value.startswith("V1 10.0 % [9.4, 10.6]; V2")
    assert f"V2 {several / 100:.1f} % [" in found.value


@pytest.mark.parametrize(("id", "image_set"), [("L03", "v1"), ("L04", "v2")])
def test_table_1(alter, check, id, image_set):
    assert check(id).verdict == HOLDS
    alter("recht2019", put("n_images", 1, f"image_set == '{image_set}' and metric == 'top1' and label_count == 4"))
    found = check(id)
    assert found.verdict == FAILS
    assert found.value.split(", ")[3] == "1"


def test_images_without_labels_are_counted(alter, check):
    alter("recht2019", images("v1", g0=3, g1=4, g2=1500))
    assert check("L05").value == "V1: 1,504 of 1,507; V2: 9,871 of 10,000"
    assert check("L02").value == "images without a label: V1 3, V2 129; their label-wise accuracy is nan"


@pytest.mark.parametrize(("id", "image_set", "stated"), [("L06", "v2", 48), ("L07", "v1", 16)])
@pytest.mark.parametrize(("away", "verdict"), [(-1.01, FAILS), (-1, CAVEAT), (1, CAVEAT), (1.01, FAILS)])
def test_share_of_images_with_several_labels(alter, check, id, image_set, stated, away, verdict):
    several = round(100 * (stated + away))  # of 10,000
    alter("recht2019", images(image_set, g0=10_000, g1=10_000 - several, g2=several - 9, g5=9))
    found = check(id)
    assert found.verdict == verdict
    assert found.value == f"{several / 100:.1f} % of labelled images"
    assert verdict == FAILS or found.because.startswith(f"of all images it is {several / 200:.1f} %")


@pytest.mark.parametrize(
    ("most", "sets", "verdict"),
    [(33_033, 5, FAILS), (33_032, 5, HOLDS), (33_032, 4, FAILS), (33_032, 6, FAILS)],  # 33,033 = 1.001 x 33,000
)
def test_the_sets_of_table_2_have_one_size(alter, check, most, sets, verdict):
    sizes = [most] + [33_000] * (sets - 1)
    alter(
        "table-02-patchml-counts",
        lambda _: pd.DataFrame({"dataset": range(sets), "label_count": "2", "n_images": sizes}),
    )
    found = check("L08")
    assert found.verdict == verdict
    assert found.value == f"{sum(sizes):,} in all, 33,000 to {most:,} a set"


@pytest.mark.parametrize(("largest", "verdict"), [(101_900, CAVEAT), (102_100, FAILS)])
def test_the_pool_of_table_2(alter, check, largest, verdict):
    """An image of 2 patches shows 2 classes in 999 of 1000 cases, one of 3 in 999 x 998 of 1000 x 1000."""
    pools, k = np.array([100_000, largest, 101_000]), np.array([2, 3, 2])
    n = pools / k * np.where(k == 2, 0.999, 0.999 * 0.998)
    alter("table-02-patchml-counts", lambda _: pd.DataFrame({"label_count": k.astype(str), "n_images": n}))
    found = check("L09")
    assert found.verdict == verdict
    assert found.value.startswith(f"the 3 counts imply pools of 100,000 to {largest:,} patches, {pools.mean():,.0f} on")


@pytest.mark.parametrize("image_set", ["v1", "v2"])
@pytest.mark.parametrize(("five", "verdict"), [(499, HOLDS), (500, FAILS)])
def test_few_images_with_five_labels(alter, check, image_set, five, verdict):
    alter("recht2019", images(image_set, g1=9000, g5=five, g6=800))
    found = check("L10")
    assert found.verdict == verdict
    assert f"{five} on {image_set.upper()}" in found.value


ALTERED: dict = {}  # id of a claim: what to do with `alter` for another verdict
