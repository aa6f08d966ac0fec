"""The joint bootstrap: its weights, and its intervals against those of theory and of one checkpoint by itself."""

import numpy as np
import pytest

from workbench.score import intervals
from workbench.score.paired import bootstrap, correctness
from workbench.score.paired.bootstrap import Resampling


def made(n=400, checkpoints=3, image_set="v1", seed=0):
    """Images of 1000 classes in order, with 0 to 7 labels, and what checkpoints get right on them."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 8, n).astype("u1")
    top1 = rng.random((n, checkpoints)) < 0.6
    found = np.where((counts > 0) & (counts < 6), rng.integers(0, 6, n) % np.maximum(counts, 1), 0)
    found = np.tile(found[:, None], checkpoints).astype("u1")
    names = tuple("abcdefgh"[:checkpoints])
    classes = np.sort(rng.integers(0, 1000, n))
    return correctness.Correctness(
        image_set, names, classes, counts, counts > 1, top1, top1 & (counts > 0)[:, None], found
    )


@pytest.mark.parametrize("by", ["image", "class"])
def test_first_every_image_once_then_as_often_as_it_was_drawn(by):
    one = made()
    blocks = list(Resampling(n=123, by=by).weights(one))
    weights = np.concatenate(blocks)
    assert weights.shape == (124, 400)
    assert weights.dtype == np.float32
    assert max(map(len, blocks)) <= 50
    assert (weights[0] == 1).all()
    assert (weights[1:] != weights[1]).any()
    if by == "image":
        assert (weights.sum(axis=1) == 400).all()
    else:  # images of one class are drawn together
        for number in np.unique(one.classes):
            assert np.ptp(weights[:, one.classes == number], axis=1).max() == 0
        assert (weights[:, one.classes == one.classes[0]][1:, 0] > 1).any()


def drawn(*settings, **named):
    return np.concatenate(list(Resampling(n=5, **named).weights(made(*settings))))


def test_images_of_two_sets_are_drawn_apart_and_their_classes_together():
    assert (drawn() == drawn()).all()
    assert (drawn() != drawn(seed=1)).any()
    assert (drawn(400, 3, "v1") != drawn(400, 3, "v2")).any()
    assert (drawn(400, 3, "v1", by="class") == drawn(400, 3, "v2", by="class")).all()
    assert (drawn(by="class") != drawn(by="class", seed=1)).any()


def test_totals_count_images_and_credit_by_number_of_labels():
    one = made()
    resampling = Resampling(n=60)
    weights = np.concatenate(list(resampling.weights(one)))
    for metric in ("top1", "real", "subgroup"):
        found = bootstrap.totals(one, metric, resampling)
        assert found.images.shape == (61, 7)
        assert found.credit.shape == (61, 7, 3)
        for stratum in range(7):
            there = one.label_counts == stratum if stratum < 6 else one.label_counts >= 6
            np.testing.assert_allclose(found.images[:, stratum], weights[:, there].sum(axis=1))
            slow = (weights[:, there, None] * one.credit(metric)[there]).sum(axis=1)
            np.testing.assert_allclose(found.credit[:, stratum], slow, rtol=1e-5, atol=1e-4)


def test_scores_are_asked_of_the_images_that_they_are_defined_on():
    one = made()
    labelled = one.label_counts > 0
    resampling = Resampling(n=2)
    np.testing.assert_allclose(bootstrap.scores(one, "top1", resampling)[0], one.top1.mean(axis=0))
    np.testing.assert_allclose(bootstrap.scores(one, "real", resampling)[0], one.real[labelled].mean(axis=0))
    each = [one.credit("subgroup")[one.label_counts == count].mean(axis=0) for count in range(1, 6)]
    np.testing.assert_allclose(bootstrap.scores(one, "asma", resampling)[0], np.mean(each, axis=0), rtol=1e-6)


def test_where_a_resample_has_no_image_there_is_no_accuracy():
    one = made(n=4)
    found = bootstrap.totals(one, "top1", Resampling(n=20)).accuracy()
    empty = bootstrap.totals(one, "top1", Resampling(n=20)).images == 0
    assert (np.isnan(found).all(axis=2) == empty).all()


def test_the_interval_of_one_accuracy_is_wilsons():
    """n = 4,000, so that the normal, the percentile and Wilson's interval are one to a tenth of its width."""
    one = made(n=4000, checkpoints=1)
    value, low, high = (part[0] for part in bootstrap.interval(bootstrap.scores(one, "top1", Resampling(n=4000))))
    assert value == pytest.approx(one.top1.mean())
    expected = intervals.wilson(one.top1.sum(), 4000)
    assert [low, high] == pytest.approx([float(end) for end in expected], abs=0.0015)


def test_the_same_images_make_the_difference_of_two_like_checkpoints_sure():
    """Two that differ on 1 % of the images: paired, the error of the difference is that of those images alone."""
    one = made(n=4000, checkpoints=2)
    one.top1[:, 1] = one.top1[:, 0]
    one.top1[::100, 1] ^= True
    drawn = bootstrap.scores(one, "top1", Resampling(n=1000))[1:]
    away = one.top1[:, 0].astype(float) - one.top1[:, 1]
    assert (drawn[:, 0] - drawn[:, 1]).std() == pytest.approx(away.std() / np.sqrt(4000), rel=0.1)
    assert drawn[:, 0].std() > 4 * (drawn[:, 0] - drawn[:, 1]).std()


def test_an_interval_is_of_the_resamples_and_the_value_is_not():
    rows = np.concatenate([[7.0], np.arange(0, 1001)])
    assert [part.item() for part in bootstrap.interval(rows)] == [7, 25, 975]
