"""One command, every figure: bad parameters start no kernel, and a dying kernel takes only its own notebook along."""

import json
import re

import nbformat
import pytest

from workbench.errors import InputError, UnknownNameError
from workbench.inputs import sources
from workbench.reproduce import notebooks, running


def write_notebook(folder, name: str, *cells: str) -> None:
    parameters = nbformat.v4.new_code_cell('outputs: str = ""  # folder', metadata={"tags": ["parameters"]})
    body = [
        nbformat.v4.new_markdown_cell(f"# Is {name} a question?"),
        parameters,
        *map(nbformat.v4.new_code_cell, cells),
    ]
    notebook = nbformat.v4.new_notebook(cells=body)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, folder / f"{name}.ipynb")


@pytest.fixture
def three_notebooks(tmp_path, monkeypatch):
    """A notebook that works, one that raises, and one whose kernel dies."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    write_notebook(folder, "00-good", "print('fine', 6 * 7)")
    write_notebook(folder, "10-raises", "1 / 0")
    write_notebook(folder, "20-dies", "import os; os._exit(9)")
    monkeypatch.setattr(notebooks, "folder", lambda: folder)
    notebooks.parameters.cache_clear()
    yield folder
    notebooks.parameters.cache_clear()


def test_a_failing_notebook_is_marked_and_the_report_still_comes_out(three_notebooks, tmp_path):
    runs = {run.name: run for run in running.reproduce(tmp_path / "out", jobs=2)}
    assert runs["00-good"].error is None
    assert "ZeroDivisionError" in runs["10-raises"].error
    assert "died" in runs["20-dies"].error
    page = (tmp_path / "out/index.html").read_text()
    assert "fine 42" in page
    assert "20-dies failed" in page
    assert "10-raises failed" in page


def test_progress_names_what_runs(three_notebooks, tmp_path):
    seen = []
    running.reproduce(tmp_path / "out", only=["00-good"], on_event=seen.append)
    assert [(event.kind, event.done, event.note) for event in seen] == [
        ("begin", 0, ""),
        ("step", 0, "running 00-good"),
        ("step", 1, ""),
        ("end", 1, ""),
    ]
    assert {(event.total, event.unit) for event in seen} == {(1, "notebooks")}


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reproduce")
    for name in ("one", "two"):
        running.reproduce(folder / name, only=["20-label-counts"])
    return folder


def test_two_runs_write_identical_figures_and_tables(two_runs):
    names = sorted(
        p.relative_to(two_runs / "one") for k in ("figures", "tables") for p in (two_runs / "one" / k).iterdir()
    )
    assert len(names) == 6
    for name in names:
        assert (two_runs / "one" / name).read_bytes() == (two_runs / "two" / name).read_bytes()


def test_the_report_opens_without_a_network(two_runs):
    page = (two_runs / "one/index.html").read_text()
    markup = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", markup)
    assert not re.search(r"@import|url\((?!data:)", markup)
    assert not re.search(r"<script[^>]+src=", page)
    assert page.count("data-chart=") == 1
    assert "vegaEmbed(" in page


def test_provenance_holds_the_hash_of_every_input_and_output(two_runs):
    facts = json.loads((two_runs / "one/provenance.json").read_text())
    written = {p.relative_to(two_runs / "one").as_posix(): p for p in (two_runs / "one").rglob("*.*") if p.is_file()}
    assert set(facts["outputs"]) == set(written) - {"index.html", "provenance.json"}
    assert all(sources.sha256(written[name]) == digest for name, digest in facts["outputs"].items())
    assert facts["inputs"]["data/scores/recht2019.csv"] == sources.sha256(sources.data_dir() / "scores/recht2019.csv")
    assert {"workbench", "python", "torch", "timm"} <= set(facts["versions"])


def test_every_notebook_states_how_long_it_runs():
    assert all(notebooks.stated_seconds(name) > 0 for name in notebooks.names())


def test_the_longest_notebook_begins_first_and_the_report_keeps_the_order(three_notebooks, tmp_path, monkeypatch):
    begun = []
    monkeypatch.setattr(notebooks, "stated_seconds", {"00-good": 1, "10-raises": 3, "20-dies": 2}.get)
    runs = running.reproduce(tmp_path / "out", jobs=1, on_event=lambda event: begun.append(event.note))
    assert [note for note in begun if note] == ["running 10-raises", "running 20-dies", "running 00-good"]
    assert [run.name for run in runs] == ["00-good", "10-raises", "20-dies"]


def test_every_notebook_has_typed_parameters_and_an_output_folder():
    for name in notebooks.names():
        found = notebooks.parameters(name)
        assert found["outputs"]["type"] == "str"
        assert all(p["type"] != "None" and p["help"] for p in found.values()), name


@pytest.mark.parametrize(
    ("values", "error", "says"),
    [
        ({"label_count": "[1]"}, UnknownNameError, "did you mean 'label_counts'"),
        ({"label_counts": "hello"}, InputError, "is a list; 'hello' is none. Write it like"),
        ({"label_counts": "{}"}, InputError, "is a list"),
        ({"movers": "1.5"}, InputError, "is a int"),
        ({"movers": "true"}, InputError, "is a int"),
        ({"recompute": "1"}, InputError, "is a bool"),
        ({"outputs": "x"}, InputError, "--out"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name_before_anything_is_written(values, error, says, tmp_path):
    with pytest.raises(error, match=re.escape(says)):
        running.reproduce(tmp_path / "out", values=values)
    assert not (tmp_path / "out").exists()


def test_an_unknown_notebook_is_refused_by_name(tmp_path):
    with pytest.raises(UnknownNameError, match="did you mean '30-accuracy-gap'"):
        running.reproduce(tmp_path / "out", only=["30-accuracy"])


def test_values_are_read_as_the_type_of_their_parameter():
    assert notebooks.parameter_values("40-by-label-count", {"label_counts": "[1, 2]", "movers": "3"}) == {
        "label_counts": [1, 2]
    }
    assert notebooks.parameter_values("30-accuracy-gap", {"recompute": "true", "seed": "7"}) == {
        "recompute": True,
        "seed": 7,
    }


def test_a_folder_that_cannot_be_written_is_refused_first(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="choose another folder with --out"):
        running.reproduce(tmp_path / "file/out", only=["00-start"])
