"""Notebooks as committed: one clean run, small cells, typed parameters; nbval notices a changed number, and two runs
write the same.
"""

import ast
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import altair as alt
import nbformat
import numpy as np
import pandas as pd
import pytest
import typer

from workbench import cli
from workbench.inputs import checkpoints, classes, labels, questions
from workbench.inputs.prompts import Prompts
from workbench.predict import store
from workbench.predict.asking import answers, parsing
from workbench.predict.asking.answers import Answers
from workbench.reproduce import notebooks, running
from workbench.score.paired import bootstrap
from workbench.score.paired.bootstrap import Resampling

PATHS = [notebooks.path(name) for name in notebooks.names()]


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_outputs_come_from_one_clean_run(notebook):
    assert [cell.execution_count for cell in code(notebook)] == list(range(1, len(code(notebook)) + 1))
    assert sum(bool(cell.outputs) for cell in code(notebook)) >= 3


def test_no_output_is_an_error_or_a_warning(notebook):
    outputs = [output for cell in code(notebook) for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]


def test_a_question_then_imports_then_parameters(notebook):
    first, second, third = notebook.cells[:3]
    assert re.match(r"# .+\?\n", first.source)
    assert all(word in first.source for word in ("| needs |", "| run time |", "| result |"))
    assert re.match(r"(from|import) ", second.source)
    assert third.metadata.tags == ["parameters"]


def test_parameters_are_typed_literals_with_a_comment_each(notebook):
    for line in notebook.cells[2].source.splitlines():
        assert re.fullmatch(r"\w+: (str|int|float|bool|list) = .+  # .+", line), line


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_parameters_are_read_as_they_are_written(path):
    found = notebooks.parameters(path)
    lines = [f"{name}: {one['type']} = {one['default']}  # {one['help']}" for name, one in found.items()]
    assert "\n".join(lines) == nbformat.read(path, as_version=4).cells[2].source
    assert found["outputs"]["type"] == "str"


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_run_time_is_the_same_in_metadata_and_prose(path):
    notebook = nbformat.read(path, as_version=4)
    said = re.search(r"\| run time \| about (\d+) s\b", notebook.cells[0].source)
    stated = notebook.metadata.get("workbench")
    assert said, "the first cell says: | run time | about 10 s |"
    assert stated == {"seconds": int(said.group(1))}, 'metadata of the notebook: "workbench": {"seconds": 10}'
    assert type(stated["seconds"]) is int
    assert notebooks.seconds(path.stem) == stated["seconds"] > 0


def test_cells_are_small_and_define_nothing(notebook):
    for cell in code(notebook):
        lines = [line for line in cell.source.splitlines() if line.strip()]
        assert len(lines) <= 10, cell.source
        assert not re.search(r"^\s*(def|class) |sys\.path|os\.chdir", cell.source, re.MULTILINE), cell.source


def test_prose_stands_between_results(notebook):
    kinds = "".join("c" if cell.cell_type == "code" else "m" for cell in notebook.cells)
    assert "cccc" not in kinds
    assert kinds.endswith("m")


def test_links_lead_to_notebooks_that_exist(notebook):
    linked = re.findall(r"\(([\w-]+\.ipynb)\)", "".join(cell.source for cell in notebook.cells))
    assert {*linked} <= {path.name for path in PATHS}


def test_charts_are_kept_with_a_picture_for_places_that_draw_none(notebook):
    outputs = [output for cell in code(notebook) for output in cell.outputs]
    charts = [output.data for output in outputs if "application/vnd.vegalite.v5+json" in output.get("data", {})]
    assert charts
    assert all({"image/png", "image/jpeg"} & set(data) for data in charts)


def nbval(path: Path) -> subprocess.CompletedProcess:
    options = ["--nbval", "--nbval-current-env", "-p", "no:cacheprovider", "-q"]
    command = [sys.executable, "-m", "pytest", *options, str(path)]
    return subprocess.run(command, capture_output=True, text=True, cwd=path.parent, timeout=300)


def test_nbval_fails_when_one_number_in_one_notebook_is_changed(tmp_path):
    path = tmp_path / "20-label-counts.ipynb"
    text = (notebooks.folder() / path.name).read_text()
    assert text.count("39,394") + text.count("39394") > 1
    path.write_text(text.replace("39,394", "39,395").replace("39394", "39395"))
    result = nbval(path)
    assert result.returncode == 1
    assert "39395" in result.stdout


def test_no_output_shows_the_type_of_a_number(notebook):
    assert not [cell.id for cell in code(notebook) if "np.float64(" in str(cell.outputs)]


def test_two_runs_write_identical_figures_and_tables(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_STATIC", "")  # a run sets it; afterwards it is as it was
    (run,) = running.reproduce(tmp_path / "one", only=["20-label-counts"])
    assert run.error is None
    run_here("20-label-counts", {"outputs": str(tmp_path / "two")})
    one, two = (
        {path.name: path.read_bytes() for kind in ("figures", "tables") for path in (tmp_path / name / kind).iterdir()}
        for name in ("one", "two")
    )
    assert len(one) == 6
    assert one == two


def run_here(name, parameters) -> dict[str, Any]:
    """What a notebook's names hold after its cells, run in this process: starting a kernel takes longer."""
    imports, _, *cells = [cell.source for cell in code(nbformat.read(notebooks.path(name), as_version=4))]
    known = {one: found["default"] for one, found in notebooks.parameters(notebooks.path(name)).items()}
    known: dict[str, Any] = {one: ast.literal_eval(default) for one, default in known.items()} | parameters
    theme, renderer = alt.theme.active, alt.renderers.active
    try:
        for source in (imports, *cells):
            exec(source, known)
    finally:  # a notebook sets both for its session
        alt.theme.enable(theme)
        alt.renderers.enable(renderer)
    return known


@pytest.fixture
def few_resamples(monkeypatch):
    """Fifty, where no interval is looked at: a thousand or four thousand take longer than all else."""
    drawn = Resampling.weights
    monkeypatch.setattr(Resampling, "weights", lambda one, correct: drawn(replace(one, n=min(one.n, 50)), correct))
    bootstrap.totals.cache_clear()
    yield
    bootstrap.totals.cache_clear()


def only_top_1(folder, checkpoint="mine"):
    """Predictions on V1 and V2 with one class a picture, three of four right."""
    for image_set, order in (("v1", "v1-original"), ("v2", "v2-original")):
        truth = labels.load(order)
        best = np.where(np.arange(len(truth)) % 4 > 0, truth.classes, 0)[:, None]
        one = store.from_arrays(checkpoint, image_set, truth.images, best, protocol="crop")
        store.write(one, folder / one.file_name)


def test_top_1_alone_is_ranked_by_real(tmp_path, public_files, few_resamples):
    only_top_1(tmp_path)
    known = run_here("60-rank-shift", {"predictions": str(tmp_path)})
    assert known["after"] == ("v2", "real")
    assert [*known["mine"]["checkpoint"]] == ["mine"]
    assert known["note"] == "1 checkpoints; ASMA is left out: it needs five classes of each picture"


@pytest.mark.parametrize("name", ["30-accuracy-gap", "40-by-label-count"])
def test_top_1_alone_runs_to_the_end_with_a_note_of_what_is_left_out(tmp_path, public_files, few_resamples, name):
    only_top_1(tmp_path)
    with pytest.warns(
        UserWarning, match="mine on v1, mine on v2: only the top-1 of each image is stored; subgroup acc"
    ):
        known = run_here(name, {"predictions": str(tmp_path)})
    frames = [one for one in known.values() if isinstance(one, pd.DataFrame) and "source" in one]
    assert any((one["source"] == "run").any() for one in frames)


def test_the_report_card_tells_what_own_predictions_suffice_for(tmp_path, public_files, few_resamples):
    for image_set in ("v1", "v2"):
        truth = labels.load(f"{image_set}-original")
        right = np.arange(len(truth)) % 4 > 0
        best = np.where(right, truth.classes, (truth.classes + 1) % 1000)
        scores = np.where(right, 0.9, 0.6).astype("f4")[:, None]
        one = store.from_arrays("mine", image_set, truth.images, best[:, None], scores, protocol="resize")
        store.write(one, tmp_path / one.file_name)
    known = run_here("15-report-card", {"predictions": str(tmp_path), "outputs": str(tmp_path / "out")})
    assert (known["one"].checkpoint, known["one"].protocol) == ("mine", "resize")
    assert known["places"]["metric"].tolist() == ["top1", "real"] * 2
    assert known["places"]["value"].iloc[0] == pytest.approx(0.75)
    whole = known["sure"].set_index("label_count").loc["all"]
    assert whole[["confidence", "accuracy"]].tolist() == pytest.approx([82.5, 75], abs=0.01)
    assert whole["ece"].startswith("22.50 [")  # three quarters are 10 points too unsure, one quarter 60 too sure
    assert len(known["remaining"]) == 10
    assert known["viewer"] is None


def test_zero_shot_predictions_stand_beside_what_is_reported(tmp_path, public_files):
    checkpoint = "clip:ViT-B-32/laion2b_s34b_b79k"
    for name in (checkpoint, f"{checkpoint},names=openai"):
        only_top_1(tmp_path, name)
    shown = []
    with pytest.warns(UserWarning, match="only the top-1 of each image is stored"):
        known = run_here("80-zero-shot", {"predictions": str(tmp_path), "resamples": 50, "display": shown.append})
    beside = known["beside"].set_index(["names", "image_set"])
    assert beside["reported"].to_dict() == {
        (names, image_set): value
        for names in ("openai", "unique")
        for image_set, value in (("v1", 0.6656), ("v2", 0.5814))
    }
    assert beside.loc[("unique", "v1"), "difference"] == pytest.approx(0.75026 - 0.6656)
    assert known["changed"]["difference"].tolist() == [0] * 6
    assert known["changed"].loc[known["changed"]["part"] == "the four classes", "n_images"].tolist() == [200, 40]
    assert len(shown) == 2
    assert len(known["clip"]) == 121
    assert (known["each"]["source"] == "run").sum() == 2


def test_without_zero_shot_predictions_a_command_stands_in_their_place():
    notebook = nbformat.read(notebooks.path("80-zero-shot"), as_version=4)
    last = [cell.outputs for cell in code(notebook)[-2:]]
    assert [[output.output_type for output in outputs] for outputs in last] == [["stream"], ["stream"]]
    texts = [outputs[0].text for outputs in last]
    assert all("were given" in text and "\nworkbench predict clip:" in text for text in texts)
    assert [",names=openai" in text for text in texts] == [False, True]
    assert all("--protocol crop" in text for text in texts)


def test_multiple_choice_scores_own_answers_and_goes_on_without_the_sample(tmp_path, no_sources, monkeypatch):
    original = labels.from_mapping("mine", {f"{i}.jpg": [i] for i in range(50)})
    asked = questions.draw("mine", original, Prompts(classes.names(), ()))
    columns = {"texts": ("A",) * 50, "outcomes": ("letter",) * 50, "tokens": np.ones(50, "i4")}
    columns |= {"letters": asked.answers.astype("i1"), "seconds": np.ones(50, "f4")}
    own = Answers(
        "hf:mine",
        "mine",
        "generate",
        asked.images,
        **columns,
        provenance={"key": {"questions": asked.digest}, "parser": parsing.VERSION},
    )
    questions.write(asked, tmp_path / "own" / asked.file_name)
    answers.write(own, tmp_path / "own" / own.file_name)
    monkeypatch.setattr(checkpoints, "sample_state", lambda: "missing: foolbox")
    known = run_here("85-multiple-choice", {"answers": str(tmp_path / "own")})
    assert known["left"][["questions", "answers", "no_reply"]].to_numpy().tolist() == [[50, 50, 0]]
    assert known["mine"].set_index("metric")["value"].to_dict() == {"mc": 1, "mc_guessed": 1, "parse_rate": 1}
    assert known["exact"].empty


def test_the_commands_that_stand_for_own_answers_have_all_that_they_need():
    notebook = nbformat.read(notebooks.path("85-multiple-choice"), as_version=4)
    lines = code(notebook)[-1].outputs[0].text.splitlines()
    asking, running_it = (shlex.split(line)[1:] for line in lines if line.startswith("workbench "))
    program: Any = typer.main.get_command(cli.app)
    for name, *arguments in (asking, running_it):
        context = program.commands[name].make_context(name, arguments)
        given = context.params
        assert given.get("image_set", "v1") == "v1"
    assert given["only"] == ["85-multiple-choice"]
    assert [tuple(pair) for pair in given["parameter"]] == [("answers", "$PWD/answers")]
