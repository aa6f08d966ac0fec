"""Mill's page, with facts changed."""

import pytest
from tests.claims.conftest import put

from workbench.claims.registry import CAVEAT, FAILS, HOLDS


@pytest.mark.parametrize(
    ("id", "fact", "value"),
    [
        ("M02", "prompt templates", "81"),
        ("M03", "classes named 'missile'", "657 745"),
        ("M03", "classes named 'missile'", "657 744 745"),
        ("M04", "classes named 'sunglasses'", "836"),
        ("M05", "names", "1001"),
        ("M05", "distinct names", "997"),
        ("M06", "WordNet name of class 744", "missile"),
        ("M06", "WordNet name of class 836", "sunglasses"),
        ("M07", "distinct names after Mill's two changes", "999"),
        ("M08", "name of class 134", "crane"),
        ("M08", "name of class 517", "crane"),
    ],
)
def test_another_fact_is_seen(alter, check, id, fact, value):
    assert check(id).verdict == HOLDS
    alter("openai-class-names", put("value", value, f'fact == "{fact}"'))
    found = check(id)
    assert found.verdict == FAILS
    assert value.split()[-1] in found.value


@pytest.mark.parametrize(("images", "verdict"), [(50_000, CAVEAT), (49_999, FAILS)])
def test_another_number_of_images_is_seen(alter, check, images, verdict):
    alter("recht2019", put("n_images", images, "image_set == 'v1' and metric == 'top1' and label_count.isna()"))
    found = check("M01")
    assert (found.verdict, found.value) == (verdict, f"{images:,}")


ALTERED: dict = {}  # id of a claim: what to do with `alter` for another verdict
