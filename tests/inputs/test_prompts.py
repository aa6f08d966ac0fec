import hashlib
import json
import warnings

import pytest

from workbench.errors import InputError
from workbench.inputs import prompts
from workbench.inputs.prompts import Prompts
from workbench.inputs.published import class_names


@pytest.fixture
def names_file(tmp_path):
    """A file of a thousand names, or of those that are given."""

    def write(listed=tuple(f"name {i}" for i in range(1000))):
        (tmp_path / "german.txt").write_text("\n".join(listed))
        return str(tmp_path / "german.txt")

    return write


def test_prompts_come_class_after_class():
    assert Prompts(("cat", "dog"), ("a {}.", "{} or {}")).texts() == ["a cat.", "cat or cat", "a dog.", "dog or dog"]


def test_by_default_names_are_unique_and_templates_openais():
    one = prompts.choose()
    assert one.names == tuple(class_names.unique())
    assert one.templates == tuple(class_names.templates())
    assert len(one.texts()) == 80_000
    assert (one.choices()["class_names"], one.choices()["templates"]) == ("unique", "openai-80")


def test_lists_are_told_apart_by_what_they_hold(names_file):
    one, other, mine = prompts.choose("openai"), prompts.choose("unique"), prompts.choose(names_file())
    assert [each.choices()["class_names"] for each in (one, other, mine)] == ["openai", "unique", "german"]
    assert len({each.choices()["class_names_sha256"] for each in (one, other, mine)}) == 3
    assert len({each.choices()["templates_sha256"] for each in (one, other, mine)}) == 1
    expected = hashlib.sha256(json.dumps(list(class_names.openai())).encode()).hexdigest()
    assert one.choices()["class_names_sha256"] == expected


def test_templates_are_one_or_those_of_a_file(tmp_path):
    assert prompts.choose("openai", "a photo of a {}.").templates == ("a photo of a {}.",)
    assert prompts.choose("openai", "a photo of a {}.").choices()["templates"] == "a photo of a {}."
    (tmp_path / "two.txt").write_text("a {}.\n\nthe {}.\n")
    two = prompts.choose("openai", str(tmp_path / "two.txt"))
    assert (two.templates, two.choices()["templates"]) == (("a {}.", "the {}."), "two")


@pytest.mark.parametrize("listed", [[], ["a {}.", "a picture"]], ids=["none", "one without a place for the name"])
def test_what_is_no_list_of_templates_is_refused(tmp_path, listed):
    (tmp_path / "bad.txt").write_text("\n".join(listed))
    with pytest.raises(InputError, match=r"bad\.txt is no list of templates.*\{\} where the name goes"):
        prompts.choose(templates=str(tmp_path / "bad.txt"))


def test_names_that_are_not_a_thousand_are_refused(names_file):
    with pytest.raises(InputError, match=r"german\.txt holds 2 class names; expected 1000.*openai, unique"):
        prompts.choose(names_file(("cat", "dog")))
    with pytest.raises(InputError, match="no file openia"):
        prompts.choose("openia")


def test_names_that_classes_share_are_told(names_file):
    with pytest.warns(UserWarning, match=r"1 names are shared.*'cat' by \[0, 999\].*tell those apart"):
        prompts.choose(names_file(["cat", *(f"name {i}" for i in range(998)), "cat"]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        prompts.choose(names_file())
