"""Classes in which a checkpoint is unlike others. Pinned: resnet50 has none of 1000 after Holm's adjustment."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.inputs import labels
from workbench.predict import store
from workbench.predict.imports import recht2019
from workbench.score.mistakes import unlike
from workbench.score.paired import correctness
from workbench.score.reported import standing


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(0.01, 0.99), min_size=1, max_size=7), st.integers(0, 7))
def test_tails_are_those_of_all_outcomes(chances, right):
    """Against the sum over every outcome of the trials."""
    right = min(right, len(chances))
    spread = np.zeros(len(chances) + 1)
    for outcome in product((0, 1), repeat=len(chances)):
        spread[sum(outcome)] += np.prod([p if hit else 1 - p for p, hit in zip(chances, outcome, strict=True)])
    expected = min(1, 2 * min(spread[: right + 1].sum(), spread[right:].sum()))
    found = unlike.two_sided(np.array([[*chances, 0.0]]), np.array([right]))  # one trial that cannot succeed
    assert found == pytest.approx([expected])


@pytest.fixture(scope="module")
def public():
    return correctness.recht2019()[0]


def test_resnet50_is_unlike_others_in_no_class(public):
    found = unlike.by_class(public, "resnet50")
    assert len(found) == 1000
    assert ((found["p_holm"] < 0.05).sum(), (found["p_bh"] < 0.05).sum()) == (0, 0)
    first = found.iloc[0]
    assert first[["name", "n_images", "right", "median"]].tolist() == ["digital watch", 50, 21, 0.59]
    assert found["expected"].sum() == pytest.approx(found["right"].sum(), abs=0.5)  # its own level


def test_a_class_that_only_it_confuses_is_found_and_no_other(public):
    top1 = public.top1.copy()
    place = public.checkpoints.index("resnet50")
    top1[public.classes == 20, place] = False  # a class that others find easy
    found = unlike.by_class(replace(public, top1=top1), "resnet50")
    assert found.loc[found["p_holm"] < 0.05, "right"].tolist() == [0]
    assert found.iloc[0]["expected"] > 35


def test_the_level_alone_is_no_finding(public):
    """A checkpoint that is right as often in all as others are is expected to be so: a hundred lucky draws."""
    rng = np.random.default_rng(0)
    shares = np.clip(public.top1.mean(axis=1), 0.02, 0.98)
    odds = 3 * shares / (1 - shares)  # better everywhere by one amount on the logistic scale
    drawn = rng.random(len(shares)) < odds / (1 + odds)
    top1 = np.column_stack([public.top1, drawn])
    one = replace(public, checkpoints=(*public.checkpoints, "lucky"), top1=top1)
    found = unlike.by_class(one, "lucky")
    assert (found["p_holm"] < 0.05).sum() == 0
    assert (found["p"] < 0.05).mean() < 0.06


def test_counts_are_those_of_each_checkpoint_by_itself(public):
    few = public.take(["resnet50", "dpn107", "vgg16", "alexnet", "fv_64k"])
    alone = [(unlike.by_class(few, name)["p_holm"] < 0.05).sum() for name in few.checkpoints]
    assert unlike.counts(few).tolist() == alone
    assert max(alone) > 0


def test_errors_that_other_labels_accept_are_counted():
    one = standing.load("resnet50")
    found = unlike.errors(one).set_index("image_set")
    assert found[["errors", "accepted"]].to_numpy().tolist() == [[11935, 3625], [3667, 1307]]


def test_remaining_mistakes_are_those_of_the_committed_table():
    found = unlike.remaining(standing.load("resnet50")).set_index(["labels", "group", "value"])
    row = found.loc[("original", "failing", "")]
    assert row["n_images"] == 378
    assert row["share"] == pytest.approx(110 / 378)
    assert row["median"] == pytest.approx(0.2817, abs=1e-4)


def test_a_pair_that_only_it_confuses_is_found(public_files):
    """resnet50's own answers, but for the goldfish, of which half are called hammerheads."""
    known = next(one for one in recht2019.load() if one.checkpoint == "resnet50")
    truth = labels.load("v1-original")
    best = known.classes[:, :1].copy()
    goldfish = np.flatnonzero(truth.classes == 1)
    best[goldfish[:25]] = 4
    own = store.from_arrays("mine", "v1", known.images, best, protocol="crop")
    one = standing.Standing("mine", "crop", *correctness.recht2019(), own=(own,))
    found = unlike.pairs(one)
    first = found.iloc[0]
    assert first[["original", "predicted"]].tolist() == ["goldfish", "hammerhead"]
    kept = labels.load("v1-real").counts[labels.load("v1-real").rows(truth.images[goldfish[:25]])] > 0
    assert first["n_images"] == kept.sum()
    assert first["p"] < 1e-6
    assert (found["p"].iloc[1:] > 0.05).all()  # its true answers are like those of the others
    assert unlike.pairs(standing.load("resnet50")).empty
