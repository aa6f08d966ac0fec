"""Where a checkpoint stands. Pinned: resnet50 is the 37th of 67 by V1 top-1, 35th to 38th; three models are like it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from workbench.errors import InputError, UnknownNameError
from workbench.inputs import labels
from workbench.predict import store
from workbench.score import pools
from workbench.score.paired import bootstrap, correctness, decomposition, significance
from workbench.score.paired.bootstrap import Resampling
from workbench.score.reported import standing

FEW = Resampling(n=60)


@pytest.fixture(scope="module")
def resnet():
    return standing.load("resnet50")


@pytest.fixture(scope="module")
def drawn(resnet):
    return standing.scores(resnet)


@pytest.fixture(scope="module")
def places(resnet, drawn):
    return standing.places(resnet, drawn).set_index(["image_set", "metric"])


def test_its_places_among_the_public_and_the_published(places):
    found = places.loc[("v1", "top1")]
    assert found[["n_images", "place", "best", "worst", "of"]].tolist() == [50_000, 37, 35, 38, 67]
    accuracy = binomtest(round(0.7613 * 50_000), 50_000).proportion_ci(method="wilson")
    assert found[["ci_low", "ci_high"]].tolist() == pytest.approx([accuracy.low, accuracy.high], abs=2e-4)
    assert found[["published", "published_best", "published_worst", "published_of"]].tolist() == [240, 232, 244, 316]
    assert found["value"] == pytest.approx(0.7613)
    assert places.loc[("v2", "asma"), "n_images"] == 9639
    assert (places["ci_low"] < places["value"]).all()
    assert (places["value"] < places["ci_high"]).all()


def test_its_scores_are_those_of_the_pool(places):
    pool = pools.recht2019().query("checkpoint == 'resnet50' and label_count.isna()")
    known = pool.set_index(["image_set", "metric"])["value"].loc[places.index]
    assert places["value"].tolist() == pytest.approx(known.tolist(), abs=1e-6)


def test_who_a_paired_test_does_not_tell_from_it(resnet, drawn):
    found = standing.neighbours(resnet, drawn)
    assert found.groupby(["image_set", "metric"]).size().tolist() == [66] * 6
    top1 = found.query("image_set == 'v1' and metric == 'top1'").set_index("checkpoint")
    assert set(top1.index[top1["p_holm"] >= 0.05]) == {"resnet_v1_101_tf", "cafferesnet101", "dpn68"}
    assert top1["value"].is_monotonic_decreasing
    mine, other = (resnet.v1.top1[:, resnet.v1.checkpoints.index(name)] for name in ("resnet50", "dpn68"))
    assert top1.loc["dpn68", "difference"] == pytest.approx(mine.mean() - other.mean(), abs=1e-6)
    assert top1.loc["dpn68", "p"] == pytest.approx(0.0866, abs=1e-4)
    assert (top1["p_holm"] == significance.holm(top1["p"].to_numpy())).all()
    assert top1.loc["dpn68", "p_holm"] > 2 * top1.loc["dpn68", "p"]


def test_both_tests_agree_where_both_can_be_made(resnet, drawn):
    """McNemar's p-value against that of the resampled differences, which ASMA has to make do with."""
    by_test = standing._exact(resnet.v1, "real", resnet.place)
    away = drawn["v1", "real"][:, [resnet.place]] - np.delete(drawn["v1", "real"], resnet.place, axis=1)
    near = (by_test > 0.01) & (by_test < 0.99)
    assert near.sum() >= 4
    assert np.abs(by_test - standing._by_draw(away))[near].max() < 0.06


def test_its_gap_is_that_of_the_decomposition_beside_the_median_of_the_others(resnet):
    found = standing.standards(resnet, resampling=FEW).set_index("standard")
    alone = decomposition.decompose(resnet.v1.take(["resnet50"]), resnet.v2.take(["resnet50"]), resampling=FEW).each
    assert found["within"].tolist() == pytest.approx(alone["within"].tolist())
    assert found["within_low"].tolist() == pytest.approx(alone["within_low"].tolist())
    others = decomposition.decompose(resnet.v1.take(resnet.others), resnet.v2.take(resnet.others), resampling=FEW).each
    medians = others.groupby("standard")["composition"].median()
    assert found["median_composition"].to_dict() == pytest.approx(medians.to_dict())


def test_accuracy_by_label_count_is_that_of_its_pictures(resnet):
    found = standing.by_label_count(resnet, "top1", resampling=FEW).set_index(["image_set", "label_count"])
    right = resnet.v2.top1[resnet.v2.label_counts == 2].mean(axis=0)
    row = found.loc[("v2", 2)]
    assert row["n_images"] == 2385
    assert row["value"] == pytest.approx(right[resnet.place], abs=1e-6)
    assert row["median"] == pytest.approx(np.median(np.delete(right, resnet.place)), abs=1e-6)
    assert row["difference"] == pytest.approx(row["value"] - row["median"])


def test_other_choices_ask_the_pictures_that_they_name(resnet):
    found = standing.choices(resnet, resampling=FEW).set_index(["choice", "image_set"])
    several = resnet.v1.label_counts > 1
    row = found.loc[("ReaL, several labels", "v1")]
    mine = resnet.v1.real[several].mean(axis=0)
    assert row["n_images"] == several.sum()
    assert row["value"] == pytest.approx(mine[resnet.place], abs=1e-6)
    assert row["place"] == 1 + (mine > mine[resnet.place]).sum()
    assert found.loc[("top-1, all pictures", "v1"), "value"] == pytest.approx(0.7613)
    together = found.loc[("all labels, pictures count alike", "v2"), "value"]
    credit = bootstrap.totals(resnet.v2, "subgroup", FEW)
    assert together == pytest.approx(credit.credit[0, 1:6, resnet.place].sum() / credit.images[0, 1:6].sum())


def test_another_name_is_refused_with_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'resnet50'"):
        standing.load("resnet5")


@pytest.fixture(scope="module")
def folder(public_files, tmp_path_factory):
    """A checkpoint that names each picture's original class, but on every fourth class 0; without some pictures."""
    place = tmp_path_factory.mktemp("own")
    for image_set in ("v1", "v2"):
        truth = labels.load(f"{image_set}-original")
        rows = np.arange(len(truth))[::-1][: len(truth) - 25]  # in another order, and not all
        best = np.where(rows % 4 > 0, truth.classes[rows], (truth.classes[rows] + 1) % 1000)
        order = np.stack([best, *((best + step) % 1000 for step in range(2, 6))], axis=1)
        for protocol in ("resize", "crop"):
            one = store.from_arrays("mine", image_set, truth.images[rows], order, protocol=protocol)
            store.write(one, place / one.file_name)
    only = store.from_arrays("half", "v1", truth.images[:9].map("{:>040}".format), order[:9], protocol="crop")
    store.write(only, place / only.file_name)
    return place


def test_own_predictions_stand_beside_the_public_models_on_their_pictures(folder):
    one = standing.load("mine", folder)
    assert (one.protocol, len(one.v1), len(one.v2), one.v1.checkpoints[-1]) == ("crop", 49_975, 9_975, "mine")
    assert [each.protocol for each in (*one.own, *one.other)] == ["crop", "crop", "resize", "resize"]
    truth = labels.load("v1-original")
    right = pd.Series(np.arange(50_000) % 4 > 0, index=truth.images)[25:]
    assert one.v1.top1[:, -1].mean() == pytest.approx(right.mean())
    by_class = pd.Series(one.v1.top1[:, -1]).groupby(one.v1.classes).sum()
    assert by_class.tolist() == right.groupby(truth.classes[25:]).sum().tolist()
    public = correctness.recht2019()[0]
    whole = ~np.isin(np.arange(1000), truth.classes[:25])  # classes without a missing picture
    mine, theirs = whole[one.v1.classes], whole[public.classes]
    assert (one.v1.top1[mine, :-1] == public.top1[theirs]).all()
    assert (one.v1.found[mine, :-1] == public.found[theirs]).all()


def test_all_checkpoints_of_a_folder_stand_among_the_public_models(folder):
    v1, v2, names = standing.among_public(folder)
    assert names == ["mine (crop)", "mine (resize)"]
    assert (*v1.checkpoints[-2:],) == (*v2.checkpoints[-2:],) == (*names,)
    assert (len(v1.checkpoints), len(v1), len(v2)) == (69, 49_975, 9_975)
    one = standing.load("mine", folder)
    assert (v1.top1[:, -2] == one.v1.top1[:, -1]).all()
    assert (v2.found[:, :67] == one.v2.found[:, :67]).all()


def test_without_a_folder_the_public_models_stand_alone():
    v1, _, names = standing.among_public("")
    assert (len(v1.checkpoints), names) == (67, [])


def test_a_protocol_is_taken_when_asked_for(folder):
    assert standing.load("mine", folder, "resize").protocol == "resize"


def test_what_is_not_on_both_sets_is_refused(folder):
    with pytest.raises(InputError, match="half has predictions on v1 by crop; expected v1 and v2 by one protocol"):
        standing.load("half", folder)
    with pytest.raises(UnknownNameError, match="did you mean 'mine'"):
        standing.load("mines", folder)


def test_asma_is_left_out_where_fewer_than_five_classes_are_kept(resnet):
    assert standing.Standing("resnet50", "crop", replace(resnet.v1, depth=4), resnet.v2).metrics == ("top1", "real")
    assert resnet.metrics == ("top1", "real", "asma")
