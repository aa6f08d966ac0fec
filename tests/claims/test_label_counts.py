"""Label counts of "Re-assessing ImageNet", with the images counted otherwise."""

import re
from functools import cache

import numpy as np
import pandas as pd
import pytest
from tests.claims.conftest import put

from workbench.claims.registry import CAVEAT, FAILS, HOLDS, OPEN


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
    """As many as the table counts have a label; that the others are left out is a caveat, where there are others."""
    alter("recht2019", put("n_images", 3, "image_set == 'v1' and metric == 'top1' and label_count == 0"))
    found = check("L05")
    assert (found.verdict, found.value) == (CAVEAT, "V1: 46,837 of 46,840; V2: 9,871 of 10,000")
    assert check("L02").value == "images without a label: V1 3, V2 129; their label-wise accuracy is nan"
    alter("recht2019", put("n_images", 0, "metric == 'top1' and label_count == 0"))
    assert (check("L05").verdict, check("L05").value) == (HOLDS, "V1: 46,837 of 46,837; V2: 9,871 of 9,871")
    alter("recht2019", images("v1", g0=3, g1=4, g2=1500))
    assert check("L05").verdict == FAILS


@pytest.mark.parametrize(("accuracy", "verdict"), [(np.nan, FAILS), (np.inf, FAILS), (1.0, HOLDS)])
def test_the_group_of_images_without_labels(alter, check, accuracy, verdict):
    alter("without_labels", lambda _: np.array([accuracy]))
    assert check("L02").verdict == verdict


@pytest.mark.parametrize(("id", "image_set"), [("L06", "v2"), ("L07", "v1")])
def test_shares_whose_printed_number_is_lost_are_shown(alter, check, id, image_set):
    alter("recht2019", images(image_set, g0=10_000, g1=9000, g2=991, g5=9))
    found = check(id)
    assert (found.verdict, found.value) == (OPEN, "10.0 % of labelled images, 5.0 % of all")


@pytest.mark.parametrize(
    ("most", "sets", "verdict"),
    [(33_033, 5, FAILS), (33_032, 5, HOLDS), (33_032, 4, FAILS), (33_032, 6, FAILS)],  # 33,033 = 1.001 x 33,000
)
def test_the_sets_of_table_2_have_one_size(alter, check, most, sets, verdict):
    sizes = [most, *range(33_000, 33_000 + sets - 1)]
    alter("table-02-patchml-counts", lambda _: one_column(sizes))
    found = check("L08")
    assert found.verdict == verdict
    assert found.value == f"{sum(sizes):,} in all, 33,000 to {most:,} a set"


def one_column(sizes: list[int]) -> pd.DataFrame:
    return pd.DataFrame({"dataset": range(len(sizes)), "label_count": "2", "n_images": sizes})


def test_two_sets_that_are_alike_are_not_two_seeds(alter, check):
    alter("table-02-patchml-counts", lambda _: one_column([33_000, 33_001, 33_002, 33_003, 33_003]))
    assert check("L08").verdict == FAILS


@cache
def drawn() -> np.ndarray:
    """Mean number of composites with 2, 3, 4, 6 and 9 labels, drawn ten times from 53,500 patches of 1,000 classes."""
    rng, counts = np.random.default_rng(0), np.zeros(10)
    for k in (2, 3, 4, 6, 9) * 10:
        composites = rng.permutation(53_500)[: 53_500 // k * k].reshape(-1, k) % 1000
        counts += np.bincount([len(set(one)) for one in composites.tolist()], minlength=10) / 10
    return counts[[2, 3, 4, 6, 9]]


@pytest.mark.parametrize(("nine", "verdict"), [(1.0, CAVEAT), (1.015, CAVEAT), (1.025, FAILS), (0.975, FAILS)])
def test_the_pool_of_table_2(alter, check, nine, verdict):
    rows = {"dataset": 1, "label_count": ["2", "3", "4", "6", "9"], "n_images": drawn() * [1, 1, 1, 1, nine]}
    alter("table-02-patchml-counts", lambda _: pd.DataFrame(rows))
    assert check("L09").verdict == verdict
    pools = [int(part.replace(",", "")) for part in re.findall(r"\d\d,\d\d\d", check("L09").value)]
    assert pools == pytest.approx([53_500] * 4 + [53_500 * nine], rel=0.002)


def test_by_the_rule_of_labels_table_2_fits_one_pool_better_than_by_that_of_patches(check):
    """Counting only composites of k labels among those of k patches leaves 1 %, counting all of k labels 0.2 %."""
    assert check("L09").value.endswith("53,516, 53,494, 53,487, 53,408, 53,456 patches")


@pytest.mark.parametrize("image_set", ["v1", "v2"])
@pytest.mark.parametrize(("five", "verdict"), [(499, HOLDS), (500, FAILS)])
def test_few_images_with_five_labels(alter, check, image_set, five, verdict):
    alter("recht2019", images(image_set, g1=9000, g5=five, g6=800))
    found = check("L10")
    assert found.verdict == verdict
    assert f"{five} on {image_set.upper()}" in found.value


ALTERED = {
    "L01": lambda alter: alter("recht2019", images("v2", g1=9000, g2=900)),
    "L02": lambda alter: alter("without_labels", lambda _: np.ones(1)),
    "L03": lambda alter: alter("table-01-label-counts", put("n_images", 1, "dataset == 'ImageNetV1'")),
    "L04": lambda alter: alter("recht2019", images("v2", g1=9000, g2=900)),
    "L05": lambda alter: alter("table-01-label-counts", put("n_images", 1, "index == 3")),
    "L08": lambda alter: alter("table-02-patchml-counts", put("n_images", 1, "index == 3")),
    "L09": lambda alter: alter("table-02-patchml-counts", put("n_images", 6_000, "label_count in ('9', 9)")),
    "L10": lambda alter: alter("recht2019", images("v1", g1=9000, g5=900)),
}
