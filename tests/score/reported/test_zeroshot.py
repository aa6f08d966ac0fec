"""Zero-shot predictions beside what open_clip reports: files under a ``clip:`` name, of known correctness."""

import warnings

import numpy as np
import pandas as pd
import pytest

from workbench.inputs import labels
from workbench.inputs.published import class_names
from workbench.predict import store
from workbench.score import intervals
from workbench.score.reported import zeroshot

REPORTED = {"v1": 0.6656, "v2": 0.5814}  # of ViT-B-32 / laion2b_s34b_b79k
B32 = "clip:ViT-B-32/laion2b_s34b_b79k"


@pytest.fixture(scope="module")
def v1(public_files):
    return labels.load("v1-original")


@pytest.fixture(scope="module")
def made(v1):
    """Makes predictions on V1 that are right where `right` says so, and one class off elsewhere."""

    def make(checkpoint, right, truth=v1, image_set="v1", protocol="crop"):
        classes = np.where(right, truth.classes, (truth.classes + 1) % 1000)[:, None]
        return store.from_arrays(checkpoint, image_set, truth.images, classes, protocol=protocol)

    return make


def test_measured_stands_beside_reported_with_its_interval(made, v1):
    right = np.arange(50_000) < 33_000
    row = zeroshot.beside_reported([made(B32, right)]).iloc[0]
    low, high = intervals.wilson(33_000, 50_000)
    assert row[["model", "names", "templates", "image_set", "protocol", "source"]].tolist() == [
        *("ViT-B-32 / laion2b_s34b_b79k", "unique", "openai-80", "v1", "crop", "open_clip results")
    ]
    assert row[["measured", "reported", "difference"]].tolist() == pytest.approx([0.66, REPORTED["v1"], -0.0056])
    assert row[["ci_low", "ci_high"]].tolist() == pytest.approx([low, high], abs=1e-6)
    ends = row[["difference_low", "difference_high"]].tolist()
    assert ends == pytest.approx([low - REPORTED["v1"], high - REPORTED["v1"]], abs=1e-6)
    assert row["n_images"] == 50_000


def test_each_image_set_has_its_own_reported_number(made, v1):
    v2 = labels.load("v2-original")
    both = [made(B32, np.ones(50_000, bool)), made(B32, np.arange(10_000) < 6_000, v2, "v2")]
    rows = zeroshot.beside_reported(both).set_index("image_set")
    assert rows["reported"].to_dict() == REPORTED
    assert rows["measured"].to_dict() == {"v1": 1, "v2": 0.6}


@pytest.mark.parametrize(
    ("checkpoint", "model", "names", "templates", "reported"),
    [
        (f"{B32},names=openai", "ViT-B-32 / laion2b_s34b_b79k", "openai", "openai-80", REPORTED["v1"]),
        (f"{B32}@weights", "ViT-B-32 / laion2b_s34b_b79k", "unique", "openai-80", REPORTED["v1"]),
        (f"{B32},templates=a {{}}.", "ViT-B-32 / laion2b_s34b_b79k", "unique", "a {}.", REPORTED["v1"]),
        ("clip:ViT-B-32/openai", "ViT-B-32 / openai", "unique", "openai-80", 0.6332),
        ("clip:ViT-B-32@weights", "ViT-B-32 / weights", "unique", "openai-80", None),
        ("clip:ViT-B-32/mine", "ViT-B-32 / mine", "unique", "openai-80", None),
    ],
)
def test_a_name_tells_weights_and_prompts(made, checkpoint, model, names, templates, reported):
    row = zeroshot.beside_reported([made(checkpoint, np.ones(50_000, bool))]).iloc[0]
    assert row[["model", "names", "templates"]].tolist() == [model, names, templates]
    if reported is None:
        assert row[["reported", "difference", "difference_low"]].isna().all()
        assert row["source"] == ""
    else:
        assert row["reported"] == reported
        assert row["difference"] == pytest.approx(1 - reported)


def test_another_protocol_is_not_set_against_what_is_reported(made):
    row = zeroshot.beside_reported([made(B32, np.ones(50_000, bool), protocol="resize")]).iloc[0]
    assert row["reported"] == REPORTED["v1"]
    assert row[["difference", "difference_low", "difference_high"]].isna().all()


def test_only_zero_shot_classifiers_on_v1_and_v2_count(made, v1):
    right = np.ones(50_000, bool)
    other = store.from_arrays(B32, "mine", v1.images, v1.classes[:, None])
    assert zeroshot.clip_only([made("resnet50", right), other]) == []
    for found in (zeroshot.beside_reported([made("resnet50", right)]), zeroshot.by_names([other])):
        assert found.empty
    assert zeroshot.beside_reported([]).columns.tolist() == zeroshot.BESIDE


def test_the_shared_classes_are_those_whose_names_collide():
    found = class_names.collisions(class_names.openai())
    assert sorted(label for group in found.values() for label in group) == [*class_names.SHARED]


@pytest.fixture(scope="module")
def pair(made, v1):
    """Wrong by `openai`: all of 744 and 837, and 50 others; by `unique`: 10 of 744, and 20 of those others."""
    hard = np.flatnonzero(~np.isin(v1.classes, class_names.SHARED))[:50]
    openai, unique = np.ones(50_000, bool), np.ones(50_000, bool)
    openai[np.isin(v1.classes, [744, 837])] = openai[hard] = False
    unique[np.flatnonzero(v1.classes == 744)[:10]] = unique[hard[:20]] = False
    return made(f"{B32},names=openai", openai), made(B32, unique)


def test_what_the_names_change_by_part(pair):
    rows = zeroshot.by_names(pair).set_index("part")
    assert rows["n_images"].to_dict() == {"all pictures": 50_000, "the four classes": 200, "the rest": 49_800}
    assert rows["only_unique"].to_dict() == {"all pictures": 120, "the four classes": 90, "the rest": 30}
    assert rows["only_openai"].tolist() == [0, 0, 0]
    assert rows["openai"].tolist() == pytest.approx([1 - 150 / 50_000, 0.5, 1 - 50 / 49_800])
    assert rows["unique"].tolist() == pytest.approx([1 - 30 / 50_000, 0.95, 1 - 20 / 49_800])
    assert rows["difference"].tolist() == pytest.approx([120 / 50_000, 0.45, 30 / 49_800])
    assert (rows["ci_low"] > 0).all()
    assert rows.loc["the four classes", ["ci_low", "ci_high"]].tolist() == pytest.approx([0.38, 0.52], abs=0.01)
    assert (rows["p"] < 1e-6).all()
    assert rows["model"].unique().tolist() == [B32]


def test_the_order_of_the_files_does_not_matter(pair):
    pd.testing.assert_frame_equal(zeroshot.by_names(pair), zeroshot.by_names(pair[::-1]))


def test_only_files_that_differ_in_nothing_but_the_names_are_a_pair(made, pair):
    openai, unique = pair
    right = np.ones(50_000, bool)
    others = [made("clip:ViT-B-32/openai", right), made(f"{B32}@weights", right), made(B32, right, protocol="resize")]
    others += [made(f"{B32},templates=a {{}}.", right), made(f"{B32},names=mine", right)]
    assert zeroshot.by_names([openai, *others]).empty
    assert len(zeroshot.by_names([openai, unique, *others])) == 3


def test_a_part_without_pictures_has_no_row(pair, v1):
    few = np.flatnonzero(v1.classes == 744)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rows = zeroshot.by_names([one.take(few) for one in pair])
    assert rows["part"].tolist() == ["all pictures", "the four classes"]
    assert rows["only_unique"].tolist() == [40, 40]
