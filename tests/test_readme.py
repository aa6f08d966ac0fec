"""README's blocks run as they stand, in order, in one folder, with small stand-ins for the folders they name."""

import importlib
import json
import os
import re
import shlex
import subprocess
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import timm
import torch
import typer
import yaml
from PIL import Image
from torch import nn
from typer.core import TyperGroup

from workbench import cli
from workbench.inputs import checkpoints, images, labels, sources
from workbench.inputs.labels import decisions
from workbench.predict import engine, store
from workbench.predict.asking import preparing
from workbench.predict.asking.replies import Reply
from workbench.reproduce import cards, notebooks, running

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
# What is read against the options of its command and not run, and why.
ONLY_READ = {
    "workbench predict @published": "315 checkpoints for hours",
    "workbench predict checkpoints.txt": "a SLURM cluster, from cron",
    "workbench reproduce": "all notebooks: tests/test_notebooks.py runs them",
    "make": "sets up an environment of 7 GB",
    "dask": "eight GPUs",
}
COMMANDS = typer.main.get_command(cli.app)


class Net(nn.Module):
    """Stands in for whatever network README names."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.head = nn.Linear(3, 1000)

    def forward(self, x):
        return self.head(x.mean((2, 3)))


def read(words):
    """Parse a command line as it would be. Raises, or exits, where an option or command is not there."""
    command, rest = COMMANDS, words[1:]
    while isinstance(command, TyperGroup):
        name, *rest = rest
        if name.startswith("-"):
            return command.make_context("workbench", [name])
        command = command.commands[name]
    return command.make_context(command.name, list(rest), resilient_parsing=False)


def picture(path, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (48, 64, 3), dtype=np.uint8)).save(path, "JPEG")


@pytest.fixture
def newcomer(public_files, tmp_path, monkeypatch):
    """A home with a few pictures named like V1's and V2's, and the files that README says one has."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    v1, v2 = labels.load("v1-original").images, labels.load("v2-original").images
    for n in range(12):
        picture(Path("imagenet/val", f"{v1[n]}.JPEG"), n)
        picture(Path("imagenetv2", "0", f"{v2[n]}.jpeg"), n)
        picture(Path("my-pictures", str(n % 3), f"{n}.jpg"), n)
        picture(Path("v1", f"{v1[n]}.JPEG"), n)
    boxes = "".join(f"{image},n01440764 4 4 {40 + n} 44\n" for n, image in enumerate(v1[:12]))
    Path("LOC_val_solution.csv").write_text("ImageId,PredictionString\n" + boxes)
    Path("my-labels.csv").write_text("image,class\n0/0.jpg,0\n0/0.jpg,5\n1/1.jpg,1\n")
    for name, ids in (("v1", v1), ("v2", v2)):
        best = labels.load(f"{name}-original").classes.astype(int)
        deep = (best[:, None] + np.arange(5)) % 1000
        np.save(f"{name}-logits.npy", deep)
        Path(f"{name}-files.txt").write_text("\n".join(ids))
        store.write(store.from_arrays("theirs", name, ids, deep[:, ::-1], protocol="crop"), Path("theirs.parquet"))
        if name == "v1":
            Path("theirs.parquet").rename("theirs-v1.parquet")
    Path("theirs-v1.parquet").replace("theirs.parquet")
    Path("claimed.csv").write_text("model,top1\nmynet,100\n")
    Path("checkpoints.txt").write_text("resnet50.a1_in1k\n")
    Path("scores.csv").write_text("")
    return tmp_path


@pytest.fixture
def small(monkeypatch):
    """Small networks under the names that README gives, and what would take minutes noted instead."""
    known = ["resnet50.a1_in1k", "vit_base_patch16_224.augreg_in1k"]
    monkeypatch.setattr(timm, "list_pretrained", lambda *_, **__: known)

    def obtained(one, *_):
        if isinstance(one, checkpoints.Checkpoint):
            return one
        return checkpoints.from_module(one, Net(), {"input_size": (3, 32, 32)}, sha256=one)

    answers = SimpleNamespace(
        name="hf:Qwen/Qwen3-VL-2B-Instruct", mode="generate", in_flight=1, provenance={"max_tokens": 32, "versions": {}}
    )
    answers.reply = lambda *_: Reply("A", 1)
    monkeypatch.setattr(engine, "obtained", obtained)
    monkeypatch.setattr(preparing, "respondent", lambda *_, **__: answers)
    monkeypatch.setattr(cards, "write", lambda names, folder, *_, **__: _cards(names, folder))
    monkeypatch.setattr(sources, "fetch", lambda name, **_: sources.source(name))
    return running


def _cards(names, folder):
    assert len(names) == 2
    assert len(list(folder.glob("*.parquet"))) == 4
    return []


def recorded(script, here):
    """The commands that a script of bash calls, as words, after bash has had its say. Nothing of them runs."""
    shims, log = here / "shims", here / "called"
    shims.mkdir(exist_ok=True)
    for name in ("workbench", "dask", "make", "pytest"):
        shim = shims / name
        line = "import json, sys; print(json.dumps(sys.argv[1:]))"
        shim.write_text(f"#!/bin/sh\nflock {log}.lock {sys.executable} -S -c '{line}' {name} \"$@\" >> {log}\n")
        shim.chmod(0o755)
    log.write_text("")
    path = {"PATH": f"{shims}:{os.environ['PATH']}"}
    subprocess.run(["bash", "-euc", f"{script}\nwait"], cwd=here, env=os.environ | path, check=True)
    return [json.loads(line) for line in log.read_text().splitlines()]


def call(words, monkeypatch):
    line = shlex.join(words)
    if words[0] == "make":
        dry = subprocess.run(["make", "-n", *words[1:]], cwd=ROOT, capture_output=True, text=True)
        assert {"reproduce": "/workbench reproduce --out", "test": "/pytest "}[words[1]] in dry.stdout, dry.stderr
        return
    if words[0] == "dask":
        command = importlib.import_module(f"distributed.cli.dask_{words[1]}").main
        command.make_context(words[1], words[2:])
        return
    assert words[0] == "workbench", line
    context = read(words)
    if words[1] == "reproduce":
        chosen = notebooks.choose(context.params["only"] or ())
        assert notebooks.read_values(dict(context.params["parameter"]), chosen)
    if any(line.startswith(start) for start in ONLY_READ):
        return
    monkeypatch.setattr(sys, "argv", words)
    try:
        code = cli.main() or 0
    except SystemExit as stop:
        code = stop.code or 0
    assert code == 0, line


def test_every_block_runs_as_it_stands_in_order(newcomer, small, monkeypatch, capsys):
    namespace = {}
    for language, block in BLOCKS:
        if language == "python":
            prepare_python(block, newcomer)
            exec(compile(block, "README.md", "exec"), namespace)
        elif language in ("console", "bash"):
            prepare_console(block)
            for script in block.splitlines() if language == "console" else [block]:
                for words in recorded(script, newcomer):
                    call(words, monkeypatch)
        else:
            {"yaml": read_cluster, "": read_map}[language](block)
    assert Path("mine.json").exists()


def read_map(block):
    """The rooms, which are no program."""
    rooms = ["inputs", "predict", "score", "claims", "show", "reproduce"]
    assert re.findall(r"\w+", block.splitlines()[0])[:6] == rooms


def prepare_console(block):
    """verify is about predictions on whole sets: those that were made here are on twelve pictures."""
    if "workbench verify" in block:
        for file in Path("predictions").glob("*.parquet"):
            if not file.name.startswith("mynet"):
                file.unlink()


def prepare_python(block, here):
    """What the reader of the block has by then: two readers' verdicts."""
    if "agreement.merge" not in block:
        return
    for reader, verdict in (("ada", "wrong"), ("ben", "correct")):
        with_file = decisions.Decisions(here / f"labels-{reader}.jsonl", reader)
        with_file.add(
            images.sample().images[0], labels.load("sample-original").labels(images.sample().images[0])[0], verdict
        )
        with_file.close()


def read_cluster(block):
    import dask_jobqueue

    described = yaml.safe_load(block)
    assert {*described} == {"cluster", "jobs", "options"}
    job = getattr(dask_jobqueue, described["cluster"]).job_cls(
        name="1", scheduler="tcp://127.0.0.1:1", **described["options"]
    )
    for said in ("#SBATCH -p gpu", "--gres=gpu:1", "12:00:00", "GPU=1"):
        assert said in job.job_script()


SPANS = sorted(
    {" ".join(span.split()) for span in re.findall(r"`((?:workbench|make) [^`]+)`", TEXT.replace("\n", " "))}
)


@pytest.mark.parametrize("span", SPANS)
def test_every_command_in_the_text_has_such_options(span):
    words = shlex.split(span.replace("$PWD", "."))
    if words[0] == "make":
        assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    else:
        read(words)
