"""Which notebooks there are, what they say to programs, and parameters read as the types that they have."""

import json
import re

import pytest

from workbench.errors import InputError, UnknownNameError, WorkbenchError
from workbench.reproduce import notebooks


def test_notebooks_are_listed_in_reading_order_and_nothing_else_is(folder):
    for name in ("05-between.ipynb", "notes.ipynb", "30-text.md"):
        (folder / name).touch()
    assert notebooks.names() == ["00-good", "05-between", "10-raises", "20-dies"]
    assert notebooks.path("00-good") == folder / "00-good.ipynb"


def test_the_folder_is_the_repositorys_or_the_one_inside_the_package(tmp_path, monkeypatch):
    package = tmp_path / "lib" / "site-packages" / "workbench"
    monkeypatch.setattr(notebooks, "__file__", str(package / "reproduce" / "notebooks.py"))
    with pytest.raises(WorkbenchError, match=f"no folder notebooks/ near {package}; reinstall"):
        notebooks.folder()
    (package / "notebooks").mkdir(parents=True)
    assert notebooks.folder() == package / "notebooks"
    (tmp_path / "lib" / "notebooks").mkdir()
    assert notebooks.folder() == tmp_path / "lib" / "notebooks"


@pytest.mark.parametrize(
    ("only", "chosen"),
    [
        ([], ["00-good", "10-raises", "20-dies"]),
        (["20-dies", "00-good", "20-dies"], ["00-good", "20-dies"]),
        (["10-raises"], ["10-raises"]),
    ],
)
def test_what_is_chosen_comes_once_and_in_reading_order(folder, only, chosen):
    assert notebooks.choose(only) == chosen


@pytest.mark.parametrize("only", [["00-god"], ["20-dies", "00-god"]])
def test_an_unknown_notebook_is_refused_by_name(folder, only):
    with pytest.raises(UnknownNameError, match=r"no notebook '00-god'; did you mean '00-good'\? Known: 00-good, 10-"):
        notebooks.choose(only)


def test_a_notebook_states_how_long_it_runs_in_its_metadata(folder):
    assert [notebooks.seconds(name) for name in notebooks.names()] == [1, 3, 2]
    silent = json.loads((folder / "00-good.ipynb").read_text())
    del silent["metadata"]["workbench"]
    (folder / "00-good.ipynb").write_text(json.dumps(silent))
    assert notebooks.seconds("00-good") == 0


def test_parameters_are_read_from_the_tagged_cell(folder):
    assert notebooks.parameters(folder / "00-good.ipynb") == {
        "outputs": {"type": "str", "default": '""', "help": "folder of the results"},
        "label_counts": {"type": "list", "default": "[1, 2]", "help": "which groups"},
        "movers": {"type": "int", "default": "5", "help": "how many to name"},
        "recompute": {"type": "bool", "default": "False", "help": "compute again"},
    }


def test_a_value_goes_to_every_notebook_that_has_its_parameter(folder):
    texts = {"movers": "7", "label_counts": "[3]"}
    assert notebooks.read_values(texts, ["00-good", "10-raises", "20-dies"]) == {
        "00-good": {"movers": 7, "label_counts": [3]},
        "10-raises": {"movers": 7},
        "20-dies": {},
    }


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("precision", "fp32", "fp32"),
        ("precision", "7", "7"),
        ("precision", "", ""),
        ("movers", "-3", -3),
        ("tolerance", "5", 5.0),
        ("tolerance", "0.25", 0.25),
        ("recompute", "true", True),
        ("recompute", "false", False),
        ("label_counts", "[]", []),
        ("label_counts", '[1, "two"]', [1, "two"]),
    ],
)
def test_a_value_is_read_as_the_type_of_its_parameter(name, text, value):
    (found,) = [given[name] for given in notebooks.read_values({name: text}, notebooks.names()).values() if given][:1]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("values", "error", "says"),
    [
        (
            {"label_count": "[1]"},
            UnknownNameError,
            "no parameter 'label_count'; did you mean 'label_counts'? Known: label_",
        ),
        ({"label_counts": "hello"}, InputError, "a list; 'hello' is none. Write it like [1, 2, 3]"),
        ({"label_counts": "{}"}, InputError, "parameter 'label_counts' of 00-good is a list; '{}' is none."),
        ({"movers": "1.5"}, InputError, "is a int; '1.5' is none. Write it like 5"),
        ({"movers": "true"}, InputError, "is a int"),
        ({"recompute": "1"}, InputError, "is a bool; '1' is none. Write it like true"),
        ({"recompute": "True"}, InputError, "is a bool"),
        ({"recompute": "null"}, InputError, "is a bool"),
        ({"outputs": "x"}, InputError, "the parameter 'outputs' is set by --out"),
        ({"output": "x"}, UnknownNameError, "no parameter 'output'. Known: label_counts, movers, recompute"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(folder, values, error, says):
    with pytest.raises(error, match=re.escape(says)):
        notebooks.read_values(values, ["00-good", "10-raises"])


def test_a_parameter_of_a_notebook_that_is_not_run_is_unknown(folder):
    with pytest.raises(UnknownNameError, match=r"no parameter 'label_counts'\. Known: movers$"):
        notebooks.read_values({"label_counts": "[1]"}, ["10-raises", "20-dies"])
