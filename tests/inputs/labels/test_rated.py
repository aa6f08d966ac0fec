"""ReaL at other thresholds, against ReaL itself and against what the public scores say of single pictures."""

import numpy as np
import pytest

from workbench.errors import InputError
from workbench.inputs import labels
from workbench.inputs.labels import rated
from workbench.score import scores

# Share of the labelled pictures that have several labels, in percent.
MULTI = {
    0.05: 31.0,
    0.1: 28.1,
    0.2: 25.0,
    0.3: 23.1,
    0.5: 20.3,
    0.7: 17.4,
    0.8: 15.9,
    0.9: 14.0,
    0.95: 12.7,
    0.99: 10.1,
}


def test_every_rated_pair_stands_once(public_files):
    number, label, score = rated.pairs()
    assert len(number) == len(label) == len(score) == 184_962
    assert len(np.unique(number * 1000 + label)) == 184_962
    assert len(np.unique(number)) == 24_889
    assert 0 < score.min() < score.max() < 1


def test_at_its_own_threshold_real_comes_out_on_all_50_000_images(public_files):
    real, again = labels.load("v1-real"), labels.load(f"v1-real@{rated.PUBLISHED}")
    assert (real.name, again.name) == ("v1-real", "v1-real@0.8")
    assert len(real) == 50_000
    assert again.mapping() == real.mapping()


@pytest.mark.parametrize(("threshold", "percent"), MULTI.items())
def test_the_share_of_pictures_with_several_labels_falls_with_the_threshold(public_files, threshold, percent):
    counts = labels.load(f"v1-real@{threshold}").counts
    assert (counts > 1).sum() / (counts > 0).sum() == pytest.approx(percent / 100, abs=0.0005)


def test_unrated_images_keep_their_label_and_rated_ones_may_lose_all(public_files):
    strictest, real = labels.load("v1-real@1"), labels.load("v1-real")
    kept = strictest.counts > 0
    assert kept.sum() == 25_111
    assert set(strictest.counts[kept]) == {1}
    assert (strictest.table[kept] == real.table[kept]).all()


def test_a_pair_counts_from_its_score_on(public_files):
    number, label, score = rated.pairs()
    place = int(np.flatnonzero((score > 0.4) & (score < 0.6))[0])
    image = f"ILSVRC2012_val_{number[place]:08d}"
    at, above = (rated.at_least(t)[image] for t in (score[place], np.nextafter(score[place], 1)))
    assert label[place] in at
    assert label[place] not in above


@pytest.mark.parametrize("text", ["", "x", "0", "-0.1", "1.01", "nan", "inf", "0.5@0.6"])
def test_another_threshold_is_refused(text):
    with pytest.raises(InputError, match=r"after the @; expected a threshold above 0 and up to 1, as in v1-real@0\.5"):
        labels.load(f"v1-real@{text}")


@pytest.mark.parametrize(("name", "threshold"), [("v1-real@1", 1.0), ("v1-real@1e-3", 0.001), ("v1-real@.50", 0.5)])
def test_a_threshold_may_be_written_in_any_way(name, threshold):
    assert rated.threshold(name) == threshold


def test_the_name_says_the_threshold_in_one_way(public_files):
    assert labels.load("v1-real@0.50").name == labels.load("v1-real@5e-1").name == "v1-real@0.5"
    assert labels.load("v1-real@0.50") is labels.load("v1-real@.5")


@pytest.mark.parametrize("name", ["v1-real@0.5", "v1-real@0.8"])
def test_top1_asks_the_original_label_at_every_threshold(public_files, name):
    original = scores.original_of(labels.load(name))
    assert original is not None
    assert original.name == "v1-original"
