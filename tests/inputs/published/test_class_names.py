"""OpenAI's class names are read from source text, clip_benchmark's from its package; facts about them are Mill's."""

import json
from zipfile import ZipFile

import pytest

from workbench.errors import DamagedFileError, MissingSourceError
from workbench.inputs import classes, committed, sources
from workbench.inputs.published import class_names
from workbench.reproduce import recomputing


@pytest.fixture
def source(tmp_path, monkeypatch):
    """A file in the place of open_clip's, with as many names as are given."""

    def write(text):
        (tmp_path / "zero_shot_metadata.py").write_text(text)
        monkeypatch.setattr(sources, "locate", lambda name: {"x": tmp_path / "zero_shot_metadata.py"})

    return write


def python(listed: list[str]) -> str:
    templates = "OPENAI_IMAGENET_TEMPLATES = (lambda c: f'a {c}.', lambda c: f'the {c}.')\n"
    return f"raise RuntimeError('this file is never run')\n{templates}IMAGENET_CLASSNAMES = {listed!r}\n"


def test_names_are_read_without_running_the_file(source):
    source(python(["tench", "goldfish"]))
    assert class_names.openai() == ["tench", "goldfish"]


def test_facts_come_from_the_names(source):
    listed = [f"name {i}" for i in range(1000)]
    listed[657] = listed[744] = "missile"
    source(python(listed))
    facts = recomputing.class_name_facts().set_index("fact")["value"]
    assert facts["distinct names"] == "999"
    assert facts["distinct names after Mill's two changes"] == "1000"
    assert facts["classes named 'missile'"] == "657 744"
    assert facts["prompt templates"] == "2"


def test_the_lists_are_those_that_open_clip_would_use(no_sources):
    import open_clip

    assert class_names.openai() == list(open_clip.IMAGENET_CLASSNAMES)
    assert [one.format("x") for one in class_names.templates()] == [f("x") for f in open_clip.OPENAI_IMAGENET_TEMPLATES]
    assert (class_names.n_templates(), class_names.templates()[0]) == (80, "a bad photo of a {}.")


def test_unique_names_are_1000_and_differ_from_openais_in_two(no_sources):
    openai, unique = class_names.openai(), class_names.unique()
    assert (len(openai), len(set(openai)), len(unique), len(set(unique))) == (1000, 998, 1000, 1000)
    changed = {label: pair for label, pair in enumerate(zip(openai, unique, strict=True)) if pair[0] != pair[1]}
    assert changed == {744: ("missile", "projectile"), 836: ("sunglasses", "sunglass")}


def test_a_template_that_is_no_format_string_is_refused(source):
    source("OPENAI_IMAGENET_TEMPLATES = (lambda c: c + '!',)\n")
    with pytest.raises(DamagedFileError, match=r"no function of a name: lambda c: c \+ '!'"):
        class_names.templates()


def test_a_file_without_names_is_refused(source):
    source("x = 1\n")
    with pytest.raises(DamagedFileError, match="no list IMAGENET_CLASSNAMES"):
        class_names.openai()


def test_without_the_file_the_command_that_gets_it_is_named(no_sources, monkeypatch):
    monkeypatch.setattr(class_names, "find_spec", lambda package: None)
    with pytest.raises(MissingSourceError, match="workbench fetch openai-class-names"):
        class_names.openai()


def test_committed_facts_are_those_of_the_1000_names():
    facts = committed.table("openai-class-names").set_index("fact")["value"]
    assert facts["distinct names"] == "998"
    assert facts["classes named 'missile'"] == "657 744"
    assert facts["classes named 'sunglasses'"] == "836 837"
    assert [classes.names()[i] for i in (744, 836)] == list(class_names.MILL.values())


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package in the place of clip_benchmark's, with these names and templates."""

    def write(**parts):
        with ZipFile(tmp_path / "package.whl", "w") as archive:
            for part, listed in parts.items():
                archive.writestr(f"clip_benchmark/datasets/en_{part}.json", json.dumps({"other": [], **listed}))
        monkeypatch.setattr(sources, "locate", lambda name: {"x": tmp_path / "package.whl"})
        return tmp_path / "package.whl"

    return write


def test_exported_names_and_templates_are_read_from_the_package(package):
    package(
        classnames={"imagenet1k": ["tench", "hen"]}, zeroshot_classification_templates={"imagenet1k": ["a {c}.", "{c}"]}
    )
    assert class_names.clip_benchmark() == (["tench", "hen"], ["a {c}.", "{c}"])


def test_a_package_without_the_names_is_refused(package):
    for parts in ({}, {"classnames": {}, "zeroshot_classification_templates": {}}):
        package(**parts)
        with pytest.raises(DamagedFileError, match="has no names of imagenet1k"):
            class_names.clip_benchmark()
    package().write_bytes(b"cut")
    with pytest.raises(DamagedFileError, match=r"package\.whl has no names"):
        class_names.clip_benchmark()


def test_exported_names_are_held_against_openais_and_mills(monkeypatch):
    names = [f"name {i}" for i in range(1000)]
    names[1:3] = "red wolf or maned wolf", "swim trunks / shorts"
    monkeypatch.setattr(class_names, "openai", lambda: names)
    monkeypatch.setattr(
        class_names, "clip_benchmark", lambda: (["other", *names[1:836], "sunglass", *names[837:]], ["a"])
    )
    facts = recomputing.clip_benchmark_facts().set_index("fact")["value"]
    assert facts["names that are OpenAI's"] == "998"
    assert facts["names that are OpenAI's with Mill's two changes"] == "998"
    assert facts["names that join two"] == "2"
    assert (facts["name of class 836"], facts["prompt templates"]) == ("sunglass", "1")


def test_committed_facts_of_the_export():
    facts = committed.table("clip-benchmark-names").set_index("fact")["value"]
    assert facts["names that are OpenAI's"] == "1000"
    assert facts["names that are OpenAI's with Mill's two changes"] == "998"
    assert facts[[f"name of class {i}" for i in (657, 744, 836, 837)]].tolist() == ["missile"] * 2 + ["sunglasses"] * 2
    assert (facts["names that join two"], facts["prompt templates"]) == ("12", "80")
