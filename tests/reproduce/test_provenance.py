"""What produced the outputs: the sha256 of every file that went in and came out, versions, machine and parameters."""

import hashlib
import json
import os
import platform

import numpy as np
import pytest

import workbench
from workbench.inputs import sources
from workbench.reproduce import provenance
from workbench.reproduce.notebooks import Run


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_versions_are_those_installed(monkeypatch):
    monkeypatch.setattr(provenance, "PACKAGES", ("numpy", "no-such-package"))
    assert provenance.versions() == {"numpy": np.__version__, "no-such-package": "not installed"}


def test_inputs_are_every_committed_file_and_the_public_ones_at_hand(public_files):
    found = provenance.inputs()
    data = sources.data_dir()
    for path in data.rglob("*"):
        if path.is_file():
            assert found[f"data/{path.relative_to(data).as_posix()}"] == digest(path)
    assert len(found["timm/data/_info/imagenet_real_labels.json"]) == 64
    for name, source in sources.registry().items():
        for file in source.files:
            assert found.get(file.path) == (file.sha256 if sources.available(name) else None)


def test_public_files_that_are_not_at_hand_are_no_inputs(no_sources):
    assert {path.split("/")[0] for path in provenance.inputs()} == {"data", "timm"}


@pytest.mark.parametrize(("age", "listed"), [(-5, True), (0, True), (1, True), (1.5, False), (60, False)])
def test_outputs_are_what_was_written_since_the_start_less_a_second(tmp_path, age, listed):
    file = tmp_path / "tables" / "deep" / "a.csv"
    file.parent.mkdir(parents=True)
    file.write_text("a")
    os.utime(file, (1_000_000 - age, 1_000_000 - age))
    assert provenance.outputs(tmp_path, 1_000_000) == ({"tables/deep/a.csv": digest(file)} if listed else {})


def test_outputs_of_every_folder_are_listed_and_other_files_are_not(tmp_path):
    for name in ("figures", "tables", "predictions", "notebooks", "mine"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    (tmp_path / "index.html").touch()
    assert list(provenance.outputs(tmp_path, 0)) == [
        "figures/file",
        "tables/file",
        "predictions/file",
        "notebooks/file",
    ]


def test_facts_tell_when_with_what_and_on_which_machine(tmp_path):
    runs = [Run("00-good", tmp_path, 1.26), Run("10-raises", tmp_path, 0.0, "KeyError: 'a'")]
    facts = provenance.collect(tmp_path, 1_000_000_000, runs, {"00-good": {"movers": 7}, "10-raises": {}})
    assert facts["made"] == "2001-09-09T01:46:40+00:00"
    assert facts["notebooks"] == [
        {"name": "00-good", "seconds": 1.3, "error": None},
        {"name": "10-raises", "seconds": 0.0, "error": "KeyError: 'a'"},
    ]
    assert facts["parameters"] == {"00-good": {"movers": 7}}
    assert facts["versions"]["workbench"] == workbench.__version__
    assert facts["versions"]["python"] == platform.python_version()
    assert {"torch", "timm", "altair"} <= set(facts["versions"])
    assert facts["machine"] == {"system": platform.platform(), "processor": platform.machine()}
    assert facts["sources"] == {name: {"at hand": sources.available(name)} for name in sources.registry()}
    provenance.write(facts, tmp_path / "out")
    text = (tmp_path / "out" / "provenance.json").read_text()
    assert json.loads(text) == facts
    assert text.startswith('{\n "made"')
    assert text.endswith("}\n")


def test_a_run_leaves_its_provenance_with_every_output(executed):
    facts = json.loads((executed.out / "provenance.json").read_text())
    written = {path.relative_to(executed.out).as_posix(): path for path in executed.out.rglob("*.*") if path.is_file()}
    assert facts["outputs"] == {
        name: digest(path) for name, path in written.items() if name not in ("index.html", "provenance.json")
    }
    assert set(facts["outputs"]) > {"tables/groups.csv", "notebooks/00-good.ipynb"}
    assert facts["parameters"] == {"00-good": {"label_counts": [3], "movers": 7}, "10-raises": {"movers": 7}}
    assert [one["name"] for one in facts["notebooks"]] == ["00-good", "10-raises", "20-dies"]
