"""Mill's page, with facts about names and statements of its code changed."""

from dataclasses import replace

import pytest
from tests.claims.conftest import put

from workbench.claims import drawn
from workbench.claims.registry import CAVEAT, FAILS, HOLDS, OPEN

NAMES, EXPORT = "openai-class-names", "clip-benchmark-names"
CHANGED = [
    ("M02", NAMES, "prompt templates", "81"),
    ("M02", EXPORT, "prompt templates", "79"),
    ("M03", NAMES, "classes named 'missile'", "657 745"),
    ("M03", NAMES, "classes named 'missile'", "657 744 745"),
    ("M03", EXPORT, "name of class 744", "projectile"),
    ("M04", NAMES, "classes named 'sunglasses'", "836"),
    ("M04", EXPORT, "name of class 836", "sunglass"),
    ("M05", NAMES, "names", "1001"),
    ("M05", NAMES, "distinct names", "997"),
    ("M06", NAMES, "WordNet name of class 744", "missile"),
    ("M06", NAMES, "WordNet name of class 836", "sunglasses"),
    ("M07", NAMES, "distinct names after Mill's two changes", "999"),
    ("M08", NAMES, "name of class 134", "crane"),
    ("M08", NAMES, "name of class 517", "crane"),
    ("M09", EXPORT, "names that are OpenAI's with Mill's two changes", "997"),
]
STATED = [
    ("M09", "class 744", "rocket"),
    ("M11", "options", "4"),
    ("M11", "options", "11"),
    ("M11", "distractors", "similar classes"),
    ("M12", "default seed", "0"),
    ("M12", "draw seeded by", "seed alone"),
    ("M13", "unparsed answer", "first letter"),
]


def fact(name: str, value: str):
    return put("value", value, f'fact == "{name}"')


@pytest.mark.parametrize(("id", "table", "name", "value"), CHANGED)
def test_another_fact_is_seen(alter, check, id, table, name, value):
    assert check(id).verdict in (HOLDS, CAVEAT)
    alter(table, fact(name, value))
    found = check(id)
    assert found.verdict == FAILS
    assert value.split()[-1] in found.value


@pytest.mark.parametrize(("id", "name", "value"), STATED)
def test_another_statement_of_its_code_is_seen(alter, check, id, name, value):
    assert check(id).verdict == CAVEAT
    alter("reported", put("value", value, f"subject == 'Mill' and fact == '{name}'"))
    found = check(id)
    assert found.verdict == FAILS
    assert value in found.value


def test_what_joins_two_names_is_a_caveat(alter, check):
    assert check("M07").because.startswith("12 names join two by 'or' or '/'")
    alter(EXPORT, fact("names that join two", "0"))
    assert check("M07").verdict == HOLDS


def test_letters_that_were_not_answered_are_a_caveat(alter, check):
    alter("reported", put("value", "wrong", "fact == 'unparsed answer'"))
    assert check("M13").because.startswith("by its rule 'A lion.' answers A")
    alter("reported", put("value", "no answer", "fact == 'letter before a space'"))
    assert check("M13").verdict == HOLDS


def test_only_a_random_letter_adds_to_a_score(alter, check):
    assert "where 10 % cannot be parsed, it adds 1.0 points [0.9, 1.1]" in check("M13").because
    alter("reported", put("value", "no answer", "fact == 'letter before a space'"))
    assert check("M13").because.endswith("[0.9, 1.1]")


def test_valid_distractors_and_rejected_options_are_counted(alter, check):
    expected = "image_set == 'v1' and draws == 'expected' and fact =="
    alter("multiple-choice-ceiling", put("value", 0.5, f"{expected} 'valid distractor'"))
    alter("multiple-choice-ceiling", put("ci_high", 0.25, f"{expected} 'rejected'"))
    assert "for 9.98 % [9.71, 25.00], and in expectation a distractor is one for 50.00 %" in check("M11").because


@pytest.mark.parametrize("column", ["mill", "reported", "difference"])
def test_a_number_in_the_table_of_results_is_seen(alter, check, column):
    alter("results-mill", put(column, 66.6))
    found = check("M14")
    assert (found.verdict, found.value) == (FAILS, "1 row, 1 numbers")


def test_the_baseline_is_that_of_the_model_in_the_table(alter, check):
    assert "open_clip reports 66.56 % for ViT-B-32 / laion2b_s34b_b79k" in check("M14").because
    alter("results-mill", put("model", "ViT-B-32 / openai"))
    assert "open_clip reports 63.32 % for ViT-B-32 / openai" in check("M14").because


DECIDED = [  # by what, beside the seed and the picture
    (
        "place in the order",
        lambda images, seed: (images, 42 + images.index("made-up-1")),
        "0 of 300 the same in another",
    ),
    ("number of pictures", lambda images, seed: (images, seed + len(images)), "0 of 100 among fewer"),
    ("not even the seed", lambda images, seed: (images, 42), "300 of 300 with another seed"),
]


@pytest.mark.parametrize(("by", "change", "value"), DECIDED)
def test_a_draw_that_something_else_decides_is_seen(monkeypatch, check, by, change, value):
    of = drawn.questions

    def otherwise(images=drawn.IMAGES, *, seed=drawn.SEED):
        images, seed = change(images, seed)
        return of(images, seed=seed)

    monkeypatch.setattr(drawn, "questions", otherwise)
    found = check("M12")
    assert found.verdict == FAILS
    assert value in found.value


@pytest.mark.parametrize("column", [0, 1])
def test_questions_with_other_options_are_seen(monkeypatch, check, column):
    of = drawn.questions()
    options = of.options.copy()
    options[3, of.answers[3] - column] = options[
        3, of.answers[3] - 5
    ]  # one twice: instead of the true class, or another
    monkeypatch.setattr(drawn, "questions", lambda: replace(of, options=options))
    found = check("M11")
    assert (found.verdict, found.value.split("drawn here: ")[1]) == (FAILS, "299 of 300 questions are such")


def test_an_answer_elsewhere_is_seen():
    of = drawn.questions()
    assert drawn.whole(of) == 300
    assert drawn.whole(replace(of, answers=(of.answers + 1) % 10)) == 0


def test_how_comparable_scores_are_stays_open(check):
    found = check("M10")
    assert (found.verdict, found.value) == (OPEN, "4 of 1000 classes, so 0.4 % of the pictures, changed or collided")


@pytest.mark.parametrize(("images", "verdict"), [(50_000, CAVEAT), (49_999, FAILS)])
def test_another_number_of_images_is_seen(alter, check, images, verdict):
    alter("recht2019", put("n_images", images, "image_set == 'v1' and metric == 'top1' and label_count.isna()"))
    found = check("M01")
    assert (found.verdict, found.value) == (verdict, f"{images:,}")


ALTERED: dict = {
    "M01": lambda alter: alter("recht2019", put("n_images", 49_999)),
    "M14": lambda alter: alter("results-mill", put("mill", 66.6)),
    **{one: lambda alter, t=t, n=n, v=v: alter(t, fact(n, v)) for one, t, n, v in CHANGED},
    **{one: lambda alter, n=n, v=v: alter("reported", put("value", v, f"fact == '{n}'")) for one, n, v in STATED},
}
