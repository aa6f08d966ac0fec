"""pyproject.toml, constraints.txt and environment.yml say the same; the wheel is whole; the papers are in order."""

import ast
import importlib
import os
import re
import subprocess
import tomllib
from itertools import chain
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
LOCK = {
    canonicalize_name(line.split("==")[0]): line.split("==")[1]
    for line in (ROOT / "constraints.txt").read_text().splitlines()
    if not line.startswith("#")
}
EXTRAS = PROJECT["optional-dependencies"]
WANTED = [Requirement(text) for text in chain(PROJECT["dependencies"], *EXTRAS.values())]


@pytest.mark.parametrize("wanted", WANTED, ids=lambda wanted: wanted.name)
def test_the_lock_pins_every_dependency_within_its_range(wanted):
    assert wanted.specifier.contains(LOCK[canonicalize_name(wanted.name)])


def test_the_lock_holds_plain_pins_only():
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][A-Za-z0-9.]*", line) for line in lines)
    assert len(LOCK) == len(lines) > 100


def test_the_conda_environment_takes_its_pins_from_the_lock():
    dependencies = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    (pip,) = [part["pip"] for part in dependencies if isinstance(part, dict)]
    assert pip == ["--constraint constraints.txt", "--editable .[sample,dev]"]
    (python,) = [part.split("=")[1] for part in dependencies if isinstance(part, str) and part.startswith("python=")]
    assert SpecifierSet(PROJECT["requires-python"]).contains(python)


def test_every_extra_of_the_environment_exists():
    assert {"sample", "dev"} <= set(EXTRAS)


def test_the_wheel_holds_every_file_of_the_package():
    # Hatchling takes all files below the package but those that git ignores or that pyproject.toml excludes.
    build = PYPROJECT["tool"]["hatch"]["build"]
    assert build == {
        "dev-mode-dirs": ["src"],
        "targets": {
            "wheel": {
                "packages": ["src/workbench"],
                "force-include": {"data": "workbench/data", "notebooks": "workbench/notebooks"},
            }
        },
    }
    package = ROOT / "src" / "workbench"
    files = [path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    others = {path.relative_to(package).as_posix() for path in files if path.suffix != ".py"}
    assert "reproduce/report.html.j2" in others
    if (ROOT / ".git").exists():
        names = "\n".join(path.relative_to(ROOT).as_posix() for path in files)
        ignored = subprocess.run(
            ["git", "check-ignore", "--no-index", "--stdin"], input=names, capture_output=True, text=True, cwd=ROOT
        )
        assert (ignored.returncode, ignored.stdout) == (1, "")  # 1: none of them is


def test_every_target_of_the_makefile_explains_itself():
    text = (ROOT / "Makefile").read_text()
    (phony,) = re.findall(r"\.PHONY: (.+)", text)
    for target in phony.split():
        assert re.search(rf"^{target}:.*## \S", text, re.MULTILINE), target


@pytest.mark.parametrize(
    ("user", "options", "says"),
    [
        (0, "", r"JupyterLab gives .* root\. In a container, .*: make lab LAB='--allow-root --no-browser'\n"),
        (0, "--allow-root --no-browser", r"lab --allow-root --no-browser --ip=127\.0\.0\.1 .*00-start\.ipynb\n"),
        (1000, "", r"lab --ip=127\.0\.0\.1 .*\n"),
    ],
)
def test_make_lab_starts_for_root_only_where_that_was_said(tmp_path, user, options, says):
    for name, prints in (("id", user), ("jupyter", '"$@"')):
        script = tmp_path / name
        script.write_text(f"#!/bin/sh\necho {prints}\n")
        script.chmod(0o755)
    made = subprocess.run(
        ["make", "-s", "-o", "setup", "lab", f"BIN={tmp_path}", f"LAB={options}"],
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert re.fullmatch(says, made.stdout)
    assert (made.returncode == 0) is ("lab --" in made.stdout)


def test_the_readme_links_to_files_that_exist():
    text = (ROOT / "README.md").read_text()
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    assert len(links) > 5
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_names_that_the_readme_imports_exist():
    blocks = re.findall(r"```python\n(.+?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    imports = [node for block in blocks for node in ast.parse(block).body if isinstance(node, ast.ImportFrom)]
    assert len(imports) > 3
    for node in imports:
        assert node.module is not None
        module = importlib.import_module(node.module)
        for alias in node.names:
            assert hasattr(module, alias.name) or importlib.import_module(f"{node.module}.{alias.name}")


def test_the_citation_names_the_paper_and_the_authors_of_the_data():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    text = str(citation)
    assert citation["version"] == PROJECT["version"]
    for name in ("Anzaku", "Recht", "Beyer"):
        assert name in text
