"""Mill's page, with facts about names and statements of its code changed."""

import pytest
from tests.claims.conftest import put

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


def test_an_unparsed_answer_that_counts_as_wrong_needs_no_caveat(alter, check):
    alter("reported", put("value", "wrong", "fact == 'unparsed answer'"))
    assert check("M13").verdict == HOLDS


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
    **{one: lambda alter, t=t, n=n, v=v: alter(t, fact(n, v)) for one, t, n, v in CHANGED},
    **{one: lambda alter, n=n, v=v: alter("reported", put("value", v, f"fact == '{n}'")) for one, n, v in STATED},
}
