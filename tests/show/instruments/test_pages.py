import pytest

from workbench.score import pools
from workbench.score.interactive.queries import Query, ScoreCube
from workbench.show.instruments import pages
from workbench.show.instruments.pages import Card, Proposal, Seen


@pytest.fixture(scope="module")
def pairs():
    return ScoreCube(pools.recht2019()).ask(Query("asma", search="vgg")).pairs


def test_a_class_is_shown_by_name_with_id_index_and_definition_as_tooltip():
    html = pages.class_name(281)
    assert ">tabby<" in html
    for part in ("n02123045", "class 281", "tabby cat", "mottled"):
        assert part in html


def test_messages_escape_what_they_quote_and_say_that_they_are_errors():
    html = pages.message("<script>", error=True)
    assert "&lt;script&gt;" in html
    assert "Error:" in html
    assert 'role="alert"' in html


def test_the_table_has_the_chosen_checkpoints_marked_ones_first(pairs):
    html = pages.scores_table(pairs, ["vgg16"], "gap", down=True, titles=pages.TITLES)
    body = html.split("<tbody>")[1]
    assert body.count("<tr") == pairs["chosen"].sum() < 20
    assert body.index("mark:vgg16") < body.index("mark:vgg11")
    assert body.count('class="marked"') == 1
    assert 'aria-sort="descending"' in html


def test_sorting_turns_round(pairs):
    down, up = (pages.sorted_pairs(pairs, [], "gap", down=down)["gap"].tolist() for down in (True, False))
    assert down == sorted(down, reverse=True) == up[::-1]


def card(**changes) -> Card:
    facts = {"severity": "<major>"}
    seen = [Seen("net", "multi", [281, 282], [0.75, 0.2])]
    return Card(
        **(
            {"image": "a.jpg", "url": "data:x", "labels": [282], "original": [5], "seen": seen, "facts": facts}
            | changes
        )
    )


def test_a_card_tells_right_from_wrong_without_colour():
    html = pages.cards([card()], where="page 1", wide=False)
    assert "◐ <b>net</b>" in html
    assert "tiger cat</abbr> ✓" in html
    assert "tabby</abbr> ✓" not in html
    assert "75 %" in html
    assert "originally" in html
    assert "&lt;major&gt;" in html


def test_a_picture_that_cannot_be_shown_says_why():
    html = pages.cards([card(url="", problem="cannot be shown: no file")], where="", wide=False)
    assert "cannot be shown: no file" in html
    assert "<img" not in html


def test_judging_shows_verdicts_by_state_and_the_definition_in_full():
    rows = [Proposal(281, "label", "correct"), Proposal(282, "net 20 %", None)]
    html = pages.judging("a.jpg", "data:x", rows, here=1, where="picture 1", found=[5])
    assert html.count('aria-pressed="true"') == 1
    assert 'data-action="unclear:282"' in html
    assert 'data-action="add:5"' in html
    assert html.index("row here") > html.index("class 281")
    assert "mottled with black" in html
