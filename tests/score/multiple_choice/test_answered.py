from dataclasses import replace

import numpy as np
import pytest

from workbench.errors import InputError
from workbench.inputs import questions
from workbench.predict.asking import answers, parsing
from workbench.predict.asking.answers import Answers
from workbench.score.intervals import wilson
from workbench.score.multiple_choice import answered
from workbench.score.table import COLUMNS


@pytest.fixture
def given(asked, images):
    """Of 400 answers 300 are right, 60 wrong and 40 hold no letter."""
    letters = asked.answers.astype(np.int8)
    letters[300:360] = (letters[300:360] + 1) % 10
    letters[360:] = -1
    outcomes = ("letter",) * 360 + ("unparsed",) * 40
    columns = {"texts": ("A",) * 400, "tokens": np.ones(400, "i4"), "seconds": np.ones(400, "f4")}
    provenance = {"key": {"questions": asked.digest}, "parser": parsing.VERSION}
    return Answers(
        "hf:tiny",
        "mine",
        "generate",
        tuple(images),
        **columns,
        letters=letters,
        outcomes=outcomes,
        provenance=provenance,
    )


def test_unparsed_is_wrong_and_beside_it_a_tenth(given, asked):
    scored = answered.score(given, asked)
    assert [*scored] == COLUMNS
    by_metric = scored.set_index("metric")
    assert by_metric["value"].to_dict() == {"mc": 0.75, "mc_guessed": 0.76, "parse_rate": 0.9}
    assert set(by_metric["labels"]) == {f"questions-{asked.digest[:12]}"}
    assert set(by_metric["protocol"]) == {"generate"}
    assert by_metric["n_images"].tolist() == [400] * 3
    for name, expected in (("mc", 300), ("mc_guessed", 304), ("parse_rate", 360)):
        ends = [end.round(6).item() for end in wilson(expected, 400)]
        assert by_metric.loc[name, ["ci_low", "ci_high"]].tolist() == ends


def test_the_interval_of_the_guessed_score_is_that_of_scores_with_random_letters(given, asked, rng):
    low, high = answered.score(given, asked).set_index("metric").loc["mc_guessed", ["ci_low", "ci_high"]]
    credit = answered.credit(given.letters, asked.answers)["mc_guessed"]
    drawn = rng.integers(0, 400, (4000, 400))
    scores = (rng.random(drawn.shape) < credit[drawn]).mean(axis=1)
    assert np.quantile(scores, [0.025, 0.975]) == pytest.approx([low, high], abs=0.006)


def test_answers_are_joined_by_picture(given, asked, rng):
    order = rng.permutation(400)
    turned = replace(given, images=tuple(np.array(given.images)[order]), letters=given.letters[order])
    assert answered.score(turned, asked).equals(answered.score(given, asked))


def test_fewer_answers_than_questions_are_told(given, asked):
    fewer = replace(given, images=given.images[:200], letters=given.letters[:200])
    with pytest.warns(UserWarning, match="200 of the 400 questions are answered; scores are over these"):
        assert answered.score(fewer, asked)["value"].tolist() == [1, 1, 1]


def test_answers_to_other_questions_are_refused(given, asked, original):
    other = questions.draw("mine", original, answered_names(asked), seed=7)
    with pytest.raises(InputError, match=r"hf:tiny answered the questions .*give the file of questions that lies"):
        answered.score(given, other)
    strange = replace(given, images=("elsewhere", *given.images[1:]))
    with pytest.raises(InputError, match="about 1 pictures that no question shows"):
        answered.score(strange, asked)


def answered_names(asked):
    from workbench.inputs.prompts import Prompts

    return Prompts(asked.names, ())


def test_a_folder_is_scored_by_the_questions_in_it(given, asked, tmp_path):
    with pytest.raises(InputError, match="holds no answers"):
        answered.folder(tmp_path)
    answers.write(given, tmp_path / given.file_name)
    with pytest.raises(InputError, match="not their questions"):
        answered.folder(tmp_path)
    questions.write(asked, tmp_path / "deeper" / asked.file_name)
    assert answered.folder(tmp_path).equals(answered.score(given, asked))
    assert answered.folder("").empty


def test_questions_that_no_score_counts_are_told(given, asked, tmp_path):
    lost = {"unanswered": dict.fromkeys(given.images[390:], "refused"), "failures": {given.images[389]: "missing"}}
    names = ("images", "texts", "letters", "outcomes", "tokens", "seconds")
    fewer = replace(given, **{name: getattr(given, name)[:380] for name in names}, provenance=given.provenance | lost)
    answers.write(fewer, tmp_path / fewer.file_name)
    questions.write(asked, tmp_path / asked.file_name)
    assert answered.left_out(tmp_path).to_dict("records") == [
        {"checkpoint": "hf:tiny", "image_set": "mine", "protocol": "generate"}
        | {"questions": 400, "answers": 380, "no_reply": 10, "no_picture": 1, "not_recorded": 9}
    ]
    assert answered.left_out("").empty


def test_texts_that_an_earlier_parser_read_are_read_again(given, asked):
    provenance = {"key": given.provenance["key"], "truncated": list(given.images[:100])}
    earlier = replace(given, texts=("The answer is B",) * 400, provenance=provenance)
    scored = answered.score(earlier, asked).set_index("metric")["value"]
    assert scored["parse_rate"] == 0.75  # what was cut off may go on with "or C"
    assert scored["mc"] == (asked.answers[100:] == 1).sum() / 400
