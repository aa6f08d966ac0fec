import numpy as np
import pytest

from workbench.errors import InputError
from workbench.inputs import labels, questions
from workbench.inputs.prompts import Prompts
from workbench.score.multiple_choice import ceiling, public

NAMES = Prompts(tuple(f"name {i}" for i in range(1000)), ())


def by_fact(frame, draws):
    return frame[frame["draws"] == draws].set_index("fact")["value"]


def test_the_closed_form_is_what_many_draws_give(original, right, images, rng):
    # Of four pictures one is confirmed alone, one among 40 labels, one is rejected for 30 others, one has no label.
    others = [[], range(40), range(30), []]
    kinds = [[int(label), *others[i % 4]] if i % 4 < 2 else others[i % 4] for i, label in enumerate(right)]
    valid = labels.from_mapping("valid", dict(zip(images, kinds, strict=True)))
    drawn = [by_fact(facts, str(seed)) for seed in range(30) for facts in [of(original, valid, seed)]]
    expected = by_fact(of(original, valid, 0), ceiling.EXPECTED)
    for fact in ("valid distractor", "clean", "label follower, at least", "label follower, at most"):
        sample = np.array([one[fact] for one in drawn])
        assert abs(sample.mean() - expected[fact]) < 4 * sample.std() / np.sqrt(len(sample)) + 1e-6, fact
    assert 0.15 < expected["valid distractor"] < 0.3
    assert expected["label follower, at most"] - expected["label follower, at least"] > 0.1


def of(original, valid, seed):
    return ceiling.facts(questions.draw("mine", original, NAMES, seed=seed), valid)


def test_who_follows_the_labels_shares_a_question_with_several_valid_options(original, images, right):
    asked = questions.draw("mine", original, NAMES, images=images[:2])
    first, _ = asked.options.tolist()
    place = int(asked.answers[0])
    shown = {images[0]: first[:place] + first[place + 1 :][:2] + [first[place]], images[1]: []}
    valid = labels.from_mapping("valid", {image: row or [int(right[1])] for image, row in shown.items()})
    facts = by_fact(ceiling.facts(asked, valid), "42")
    n_valid = len(shown[images[0]])
    assert facts["valid distractor"] == 0.5
    assert facts["clean"] == 0.5
    assert facts["label follower, at least"] == pytest.approx((1 / n_valid + 1) / 2, abs=1e-6)


def test_other_draws_than_any_are_refused(original):
    asked = questions.draw("mine", original, NAMES, distractors="invalid", valid=original)
    with pytest.raises(InputError, match="distractors are 'invalid'"):
        ceiling.facts(asked, original)


def test_a_tenth_of_v1s_right_options_is_no_valid_label(public_files):
    facts = ceiling.facts(public.drawn("v1"), labels.load("v1-real")).set_index(["fact", "draws"])
    rejected = facts.loc[("rejected", "expected")]
    assert (rejected["value"], rejected["n_images"]) == (0.099772, 46_837)
    assert facts.loc[("valid distractor", "expected"), "value"] == 0.00295
    assert facts.loc[("valid distractor", "42"), "value"] == 0.003053
