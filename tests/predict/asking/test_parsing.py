"""What models really write, and what it answers."""

import string
import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from workbench.predict.asking import parsing
from workbench.predict.asking.parsing import LETTERS, NO_LETTER, OUTCOMES, parse

OPTIONS = [
    "tench",  # A
    "goldfish",  # B
    "crane bird",  # C
    "construction crane",  # D
    "sunglass",  # E
    "sunglasses",  # F
    "sea lion",  # G
    "lion",  # H
    "great white shark",  # I
    "cup",  # J
]

FORMS = [
    # the letter alone
    ("B", "B", "letter"),
    ("B.", "B", "letter"),
    (" b\n", "B", "letter"),
    ("B)", "B", "letter"),
    ("**B**", "B", "letter"),
    ("`B`", "B", "letter"),
    ('"B"', "B", "letter"),
    ("$B$", "B", "letter"),
    ("Ｂ", "B", "letter"),
    ("B<|im_end|>", "B", "letter"),
    ("B</s>", "B", "letter"),
    ("A", "A", "letter"),
    ("I", "I", "letter"),
    # the letter first, then the option or a reason
    ("B. goldfish", "B", "letter"),
    ("B.goldfish", "B", "letter"),
    ("b) Goldfish", "B", "letter"),
    ("B: goldfish", "B", "letter"),
    ("B goldfish", "B", "letter"),
    ("B - goldfish", "B", "letter"),
    ("B (goldfish)", "B", "letter"),
    ("**B. goldfish**", "B", "letter"),
    ("C. A pretty girl with a crane bird", "C", "letter"),  # MMMU's parser, as OmniBench has it: A
    ("B\n\nThe picture shows an orange fish in a bowl.", "B", "letter"),
    ("B, because the fish is orange.", "B", "letter"),
    ("A tench", "A", "letter"),
    ("I. great white shark", "I", "letter"),
    ("The picture shows an orange fish.\n\nB", "B", "letter"),
    ("It is an orange fish in a bowl. B", "B", "letter"),
    ("#### B", "B", "letter"),
    # bracketed
    ("(B)", "B", "bracketed"),
    ("[B]", "B", "bracketed"),
    ("（B）", "B", "bracketed"),
    ("(b)", "B", "bracketed"),
    ("(B) goldfish", "B", "bracketed"),
    ("The fish is orange (B).", "B", "bracketed"),
    ("Looks like an orange fish to me, B) by the list", "B", "bracketed"),
    # marked
    ("The answer is B", "B", "marked"),
    ("The answer is B.", "B", "marked"),
    ("the correct answer is b.", "B", "marked"),  # read as T by the first capital letter
    ("The correct answer is (B)", "B", "marked"),  # as T
    ("The correct answer is **B**.", "B", "marked"),
    ("The correct answer is: **B. goldfish**", "B", "marked"),
    ("Answer: **D**", "D", "marked"),  # as A
    ("Answer: B", "B", "marked"),
    ("ANSWER: B", "B", "marked"),
    ("answer: a", "A", "marked"),
    ("Answer - (B)", "B", "marked"),
    ("Answer is option B, the goldfish.", "B", "marked"),
    ("Option B", "B", "marked"),
    ("The correct option is B", "B", "marked"),
    ("B is the correct answer.", "B", "letter|marked"),
    ("I think it's B.", "B", "marked"),
    ("I would go with B because of the colour.", "B", "marked"),
    ("I choose (B).", "B", "marked"),
    ("Based on the image, the best choice would be B: goldfish.", "B", "marked"),
    (r"\boxed{B}", "B", "marked"),
    (r"Therefore, the answer is $\boxed{\text{B}}$.", "B", "marked"),
    ("<answer>B</answer>", "B", "marked"),
    ("<answer> B. goldfish </answer>", "B", "marked"),
    ("<|begin_of_box|>B<|end_of_box|>", "B", "marked"),
    ('{"answer": "B"}', "B", "marked"),
    ('```json\n{"answer": "B", "reason": "Option C is a bird"}\n```', "B", "marked"),
    ("Antwort: B", "B", "marked"),
    ("Die Antwort ist B.", "B", "marked"),
    ("La réponse est B.", "B", "marked"),
    ("La respuesta correcta es B.", "B", "marked"),
    ("Ответ: B", "B", "marked"),
    ("答案是B", "B", "marked"),
    ("答案：B。因为鱼是橙色的", "B", "marked"),
    ("正解はBです", "B", "marked"),
    ("The correct answer is B. Here's why: option B is a fish, and option C is a bird.", "B", "marked"),
    ("I considered (A), but it is incorrect. Final answer: D.", "D", "marked"),  # as A
    ("The answer seems to be A at first.\n\n**Final answer:** B", "B", "marked"),
    ("A. tench: no\nB. goldfish: yes\nC. crane bird: no\n\nThe answer is B.", "B", "marked"),
    ("(A) tench (B) goldfish (C) crane bird\nAnswer: C", "C", "marked"),
    ("Not C. The answer is B.", "B", "marked"),
    ("It's not B, it's C.", "C", "marked"),
    ("I can't see much, but the closest is B.", "B", "marked"),
    # thoughts are no answers
    ("<think>It may be A or C. The answer is A.</think>B", "B", "letter"),
    ("<think>\nIs it (A)?\n</think>\n\nThe answer is B.", "B", "marked"),
    ("A fish, so C or B? The answer is C.</think>\n\nB", "B", "letter"),  # begun by the chat template
    ("◁think▷so A◁/think▷B", "B", "letter"),
    ("<think>The answer is B", None, "unparsed"),
    # the option's name
    ("goldfish", "B", "text"),
    ("Goldfish.", "B", "text"),
    ("A goldfish", "B", "text"),  # A is an article here
    ("A picture of a goldfish", "B", "text"),
    ("The answer is a goldfish.", "B", "text"),
    ("The image shows a great  white shark swimming in the sea.", "I", "text"),
    ("crane bird", "C", "text"),
    ("This is a construction crane on a building site.", "D", "text"),
    ("sunglasses", "F", "text"),
    ("A sunglass", "E", "text"),
    ("a sea lion", "G", "text"),
    ("It's a tench, not a goldfish.", "A", "text"),
    (r"\boxed{goldfish}", "B", "text"),
    ('{"answer": "goldfish"}', "B", "text"),
    # two answers
    ("B... no, C", None, "ambiguous"),
    ("B or C", None, "ambiguous"),
    ("Either B or C.", None, "ambiguous"),
    ("B/C", None, "ambiguous"),
    ("A, B", None, "ambiguous"),
    ("The answer is B or C.", None, "ambiguous"),
    ("Answer: A. Wait, actually, the answer is B.", None, "ambiguous"),
    ("B\n\nThe correct answer is C.", None, "ambiguous"),
    ("(A) or maybe (C)", None, "ambiguous"),
    ("B. tench", None, "ambiguous"),  # the letter of one, the name of another
    ("The answer is C, goldfish", None, "ambiguous"),
    ("A tench or a goldfish", None, "ambiguous|unparsed"),
    ("It shows a tench and a goldfish.", None, "ambiguous"),
    ("A. tench\nB. goldfish\nC. crane bird\nD. construction crane", None, "ambiguous"),
    ("A B C D E F G H I J", None, "ambiguous|unparsed"),
    # no answer
    ("", None, "unparsed"),
    (".", None, "unparsed"),
    ("K", None, "unparsed"),
    ("The answer is K.", None, "unparsed"),
    ("Answer: AB", None, "unparsed"),
    ("The answer is not B.", None, "unparsed"),
    ("It isn't B", None, "unparsed"),
    ("Neither B nor C.", None, "unparsed"),
    ("None of the above", None, "unparsed"),
    ("A dog", None, "unparsed"),
    ("A picture of a dog", None, "unparsed"),
    ("I think this is a dog.", None, "unparsed"),
    ("The answer is a dog.", None, "unparsed"),
    ("The answer is A dog.", None, "unparsed"),
    ("Dog", None, "unparsed"),
    ("I, as an AI model, cannot see pictures.", None, "unparsed"),
    ("I'm sorry, but I can't help with that.", None, "unparsed"),
    ("I cannot tell if this is a goldfish.", None, "unparsed"),
    ("This is not a goldfish.", None, "unparsed"),
    ("The goldfish is not in the picture.", None, "unparsed"),
    ("A mountain lion", None, "unparsed"),  # another animal than the lion
    ("A cup cake", None, "unparsed"),
    ("crane", None, "unparsed"),
    ("A.I. models cannot answer this", None, "unparsed"),
    ("Because of its vitamin C content", None, "unparsed"),
    ("3", None, "unparsed"),
    # denied
    ("I don't think it's B.", None, "unparsed"),
    ("I don't believe it is C.", None, "unparsed"),
    ("I doubt it is B.", None, "unparsed"),
    ("I would not choose B.", None, "unparsed"),
    ("I think B is wrong", None, "unparsed"),
    ("So B is out.", None, "unparsed"),
    ("No, B is wrong", None, "unparsed"),
    ("Option B isn't correct", None, "unparsed"),
    ("Choice B is not right.", None, "unparsed"),
    ("The wrong answer is B", None, "unparsed"),
    ("The least likely answer is B.", None, "unparsed"),
    ("The answer is anything but B.", None, "unparsed"),
    ("Everything but B", None, "unparsed"),
    ("no B", None, "unparsed"),
    ("A) is wrong since", None, "unparsed"),
    ("A: incorrect", None, "unparsed"),
    ("A. False\nB. True", None, "unparsed"),
    ("Option B is not as likely as A", None, "unparsed"),
    ("I doubt the final answer is B", None, "unparsed"),
    ("I won't say B", None, "unparsed"),
    ("答案不是B", None, "unparsed"),
    ("正解はCではなくD", None, "unparsed"),
    ("B. It is not a tench", None, "unparsed"),
    ("Option B is unlikely; it's a lion", "H", "text"),
    ("The answer is B. Not C.", "B", "marked"),
    # a second letter, hedged
    ("A or maybe B", None, "ambiguous"),
    ("B or maybe H", None, "ambiguous"),
    ("B or perhaps C", None, "ambiguous"),
    ("B, maybe C", None, "ambiguous"),
    ("B. maybe C", None, "ambiguous"),
    ("H, I, J", None, "ambiguous"),
    # initials, taxa, lists, questions, what was thought before
    ("Dr. J", None, "unparsed"),
    ("C. elegans worm", None, "unparsed"),
    ("Rank: 1. H 2. B", None, "unparsed"),
    ("A. 10%\nB. 90%", None, "unparsed"),
    ("A: 0.1\nB: 0.9", None, "unparsed"),
    ("I ruled out C and B.", None, "unparsed"),
    ("So I, being unsure, abstain.", None, "unparsed"),
    ("Answer: I, a model, think H", None, "unparsed"),
    ("Is the answer B?", None, "unparsed"),
    ("At first I thought the answer was B. However the beak shows H.", None, "unparsed"),
    ("J. Smith took this picture of a lion", None, "ambiguous"),
    ("E. g. a lion", None, "ambiguous"),
    ("I. e., a lion", None, "ambiguous"),
    ("A: The picture shows a lion", None, "ambiguous"),
    ("The letter B is printed on the cup", "J", "text"),
    ("If this were a fish, the answer would be A. But it is a lion.", "H", "text"),
    # short headings, and the letter after all options
    ("Ans: H", "H", "marked"),
    ("Final: H", "H", "marked"),
    ("Correct: H", "H", "marked"),
    ("Letter: H", "H", "marked"),
    ("Assistant: H", "H", "marked"),
    ("The option is H", "H", "marked"),
    ("The picture shows C", "C", "marked"),
    ("\n".join(map("{}. {}".format, LETTERS, OPTIONS)) + "\nD", "D", "letter"),
    ("B. The fish is orange.", "B", "letter"),
    ("This is an orange fish: **B**", "B", "marked"),
]

CUT_OFF = [
    ("Let me think step by step.\n\nA. tench is a fish. B. sea lion", None),
    ("First, consider option A: tench. The picture", None),
    ("Option A: tench - this is a freshwater fish. The picture does not show", None),
    ("A. tench - not in the picture.\nB. sea lion - not in", None),
    ("A. tench\nB. gold", None),
    ("The answer is B", None),  # or C
    ("<answer>B", None),
    ("goldfish", None),
    ("A", None),
    ("I", None),
    ("B. goldfish\n\nThe picture shows a lion", None),
    ("B", "B"),
    ("B. goldfish", "B"),
    ("A.", "A"),
    ("B\n\nThe picture shows an", "B"),
    ("The answer is B. The fish", "B"),
    (r"It is \boxed{B}", "B"),
    ("<answer>B</answer>", "B"),
    ("Final answer: B\nThe", "B"),
]


@pytest.mark.parametrize(("said", "letter", "outcome"), FORMS, ids=[form[0][:40] for form in FORMS])
def test_what_is_said_is_what_is_answered(said, letter, outcome):
    place, found = parse(said, OPTIONS)
    assert (LETTERS[place] if place >= 0 else None) == letter
    assert found in outcome.split("|")


@pytest.mark.parametrize(("said", "letter"), CUT_OFF, ids=[form[0][:40] for form in CUT_OFF])
def test_of_a_text_that_was_cut_off_only_what_nothing_can_change_is_an_answer(said, letter):
    place, _ = parse(said, OPTIONS, truncated=True)
    assert (LETTERS[place] if place >= 0 else None) == letter


def test_the_table_has_sixty_forms_of_every_outcome_but_likelihood():
    assert len(FORMS) >= 60
    assert {one for _, _, outcome in FORMS for one in outcome.split("|")} == {*OUTCOMES} - {"likelihood"}


@pytest.mark.parametrize("letter", LETTERS)
def test_every_letter_is_read_alike(letter):
    place = LETTERS.index(letter)
    forms = [
        letter,
        f"{letter}.",
        f"({letter})",
        f"The answer is {letter}.",
        f"Answer: **{letter}**",
        rf"\boxed{{{letter}}}",
    ]
    forms += [f"{letter}. {OPTIONS[place]}", OPTIONS[place], f"It is {letter}.", f"It's fish.\n\n{letter}"]
    assert [parse(form, OPTIONS)[0] for form in forms] == [place] * len(forms)


pieces = st.sampled_from(
    [*LETTERS, *"abij", *OPTIONS, "answer", "is", "the", "not", "option", "or", "no", "a", "I", "<think>", "</think>"]
    + [*"().:,*[]{}$\n\"'", "**", "\\boxed{", "<answer>", " ", "答案", "…", "\ud800"]
)


@given(st.one_of(st.text(), st.lists(pieces).map(" ".join), st.lists(pieces).map("".join)))
@example("\\boxed{" * 50)
@example("<think>" * 50)
def test_any_text_has_an_outcome_and_no_letter_where_that_says_so(text):
    place, outcome = parse(text, OPTIONS)
    assert -1 <= place <= 9
    assert outcome in OUTCOMES
    assert (place == -1) == (outcome in NO_LETTER)


@given(st.text(st.sampled_from(string.punctuation + string.digits + "klmnopqrstuvwxyz \nKLMNOPQ é鱼")))
def test_a_text_without_a_letter_or_a_name_is_unparsed(text):
    assert parse(text, OPTIONS) == (-1, "unparsed")


@given(st.permutations(OPTIONS), st.sampled_from(OPTIONS))
def test_a_name_is_found_wherever_it_stands(options, name):
    assert parse(name, options) == (options.index(name), "text")
    assert parse(f"{LETTERS[options.index(name)]}. {name}", options) == (options.index(name), "letter")


@given(
    st.sampled_from(LETTERS),
    st.sampled_from(LETTERS),
    st.sampled_from(["{} or {}", "{}... no, {}", "Answer: {} or {}."]),
)
def test_two_letters_are_ambiguous_and_twice_the_same_is_not(first, second, form):
    place, outcome = parse(form.format(first, second), OPTIONS)
    assert (outcome == "ambiguous") == (first != second)
    assert place == (LETTERS.index(first) if first == second else -1)


def test_two_options_of_one_name_cannot_be_told_apart_by_it():
    options = ["missile", *OPTIONS[1:9], "missile"]
    assert parse("missile", options) == (-1, "ambiguous")
    assert parse("J. missile", options) == (9, "letter")


def test_a_long_text_ends():
    """Patterns that try every way to split a text would take hours: two minutes tell the one from the other."""
    code = """
import json
from workbench.predict.asking.parsing import parse
texts = ["A " * 5000, "answer is " * 3000, "(" * 20000, "B, " * 5000, json.dumps({"a": "x" * 20000}), "*" * 20000]
for text in texts:
    parse(text, [f"name {i}" for i in range(10)])
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([0.1] * 10, (-1, "ambiguous")),
        ([0.0] * 10, (-1, "unparsed")),
        ([0.0] * 9 + [1e-30], (9, "likelihood")),
        ([0.2, 0.3, 0.3, 0.2, 0, 0, 0, 0, 0, 0], (-1, "ambiguous")),
        ([0.2, 0.3, 0.25, 0.25, 0, 0, 0, 0, 0, 0], (1, "likelihood")),
    ],
)
def test_the_likeliest_letter_is_one_that_no_other_equals(scores, expected):
    assert parsing.likeliest(scores) == expected
