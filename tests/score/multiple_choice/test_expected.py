import numpy as np
import pytest
from scipy.stats import hypergeom

from workbench.inputs import labels, questions
from workbench.inputs.prompts import Prompts
from workbench.predict.imports import recht2019
from workbench.score.multiple_choice import classifiers, expected

NAMES = Prompts(tuple(f"name {i}" for i in range(1000)), ())


@pytest.mark.parametrize("others", [999, 990, 400])
@pytest.mark.parametrize("bad", [0, 1, 4, 74, 391])
def test_chances_are_hypergeometric(bad, others):
    assert expected.spared(bad, others) == pytest.approx(hypergeom.pmf(0, others, bad, 9), abs=1e-12)


@pytest.mark.parametrize("spare", [False, True])
@pytest.mark.parametrize("k", [5, 1000])
def test_the_closed_form_is_what_many_draws_give(original, ranked, right, images, spare, k, rng):
    valid = labels.from_mapping(
        "valid", {image: {*row[:3].tolist()} for image, row in zip(images, ranked, strict=True)}
    )
    table = valid.table if spare else None
    low, high = expected.bounds(ranked[:, :k], right, table)
    ways = {"distractors": "invalid", "valid": valid} if spare else {}
    drawn = []
    for seed in range(40):
        asked = questions.draw("mine", original, NAMES, seed=seed, **ways)
        answered = classifiers.best_option(ranked[:, :k], asked.options)
        drawn.append([(answered == asked.answers).mean(), ((answered == asked.answers) | (answered < 0)).mean()])
    for sample, value in zip(np.transpose(drawn), (low.mean(), high.mean()), strict=True):
        assert abs(sample.mean() - value) < 4 * sample.std() / np.sqrt(len(sample)) + 1e-9


def test_where_all_is_stored_both_bounds_are_one(ranked, right):
    low, high = expected.bounds(ranked, right)
    assert np.array_equal(low, high)
    inner = expected.bounds(ranked[:, :5], right)
    assert (inner[0] <= low).all()
    assert (inner[1] >= high).all()


def test_a_right_class_that_is_not_stored_is_sixth_at_best_and_last_at_worst():
    low, high = expected.bounds(np.array([[1, 2, 3, 4, 5]]), np.array([0]))
    assert low.tolist() == [0]
    assert high[0] == pytest.approx(hypergeom.pmf(0, 999, 5, 9))


def test_half_of_the_questions_are_right_down_to_rank_74():
    assert expected.rank_half() == 74
    assert expected.spared(73) > 0.5 > expected.spared(74)


def test_resnet50_is_between_92_6_and_99_4_percent(public_files):
    one = next(one for one in recht2019.load() if (one.checkpoint, one.image_set) == ("resnet50", "v1"))
    original = labels.load("v1-original")
    right = original.classes[original.indptr[original.rows_of(one.images)]]
    low, high = expected.bounds(one.classes, right)
    assert round((one.classes[:, 0] == right).mean(), 3) == 0.761
    assert (round(low.mean(), 4), round(high.mean(), 4)) == (0.9261, 0.9943)
