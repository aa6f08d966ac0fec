import signal
import subprocess
import sys
import time

import numpy as np
import open_clip
import pytest
import torch

from workbench.inputs.prompts import Prompts
from workbench.predict.zeroshot import head, tree

ANIMALS = ("great white shark", "great grey owl", "cat", "cat", "a dog with a name of eleven words that goes on")
ASKED = Prompts((*ANIMALS, *(f"name {i}" for i in range(15))), ("a photo of a {}.", "{}", "the {} and the {}", "a {}!"))
TOKENIZER = open_clip.get_tokenizer("tiny-clip")


def own(model, asked=ASKED):
    """What open_clip itself makes of the same prompts."""
    templates = [lambda name, template=template: template.replace("{}", name) for template in asked.templates]
    return open_clip.build_zero_shot_classifier(model, TOKENIZER, asked.names, templates).T


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setitem(head.CHUNK, "cpu", 7)


@pytest.fixture
def counted(monkeypatch):
    """How many prompts went through the tower."""
    counts = []

    def embed(model, tokens, _embed=head._embedded, **_):
        for rows, embeddings in _embed(model, tokens, _["done"]):
            counts.append(len(embeddings))
            yield rows, embeddings

    monkeypatch.setattr(head, "_embedded", lambda model, tokens, done: embed(model, tokens, done=done))
    return counts


@pytest.mark.parametrize("name", ["tiny-clip", "tiny-whole", "tiny-cls", "tiny-cosine"])
def test_embeddings_are_open_clips_own(towers, name):
    found = head.build(towers(name), TOKENIZER, ASKED)
    torch.testing.assert_close(found, own(towers(name)), rtol=0, atol=1e-6)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.norm(dim=1), torch.ones(20))
    assert torch.equal(found[2], found[3])  # the two cats
    assert (found[0] - found[1]).abs().max() > 0.01


@pytest.mark.parametrize("chunk", [1, 3, 1000])
def test_how_many_go_at_a_time_changes_nothing(towers, monkeypatch, chunk):
    expected = head.build(towers("tiny-clip"), TOKENIZER, ASKED)
    monkeypatch.setitem(head.CHUNK, "cpu", chunk)
    torch.testing.assert_close(head.build(towers("tiny-clip"), TOKENIZER, ASKED), expected, rtol=0, atol=1e-6)


def test_a_causal_tower_goes_by_the_tree_and_another_does_not(towers, monkeypatch):
    monkeypatch.setattr(tree, "embed", lambda *_: 1 / 0)
    head.build(towers("tiny-whole"), TOKENIZER, ASKED)
    with pytest.raises(ZeroDivisionError):
        head.build(towers("tiny-clip"), TOKENIZER, ASKED)


def test_each_distinct_prompt_is_computed_once_and_a_kept_head_not_at_all(towers, counted, tmp_path):
    one = head.build(towers("tiny-clip"), TOKENIZER, ASKED, file=tmp_path / "head.npz")
    assert sum(counted) == 4 * 19
    del counted[:]
    assert torch.equal(head.build(towers("tiny-clip"), lambda texts: 1 / 0, ASKED, file=tmp_path / "head.npz"), one)
    assert counted == []


def test_a_killed_call_goes_on_where_it_stopped(towers, counted, tmp_path, monkeypatch, stop_after):
    monkeypatch.setattr(head, "KEEP_EVERY_S", -1)
    file = tmp_path / "head.npz"
    expected = head.build(towers("tiny-clip"), TOKENIZER, ASKED)
    del counted[:]
    with pytest.raises(stop_after.error):
        head.build(towers("tiny-clip"), TOKENIZER, ASKED, file=file, on_event=stop_after(28))
    assert counted == [7] * 4
    events = []
    assert torch.equal(head.build(towers("tiny-clip"), TOKENIZER, ASKED, file=file, on_event=events.append), expected)
    assert sum(counted) == 4 * 19
    assert [(event.kind, event.done) for event in (events[0], events[1], events[-1])] == [
        ("begin", 28),
        ("step", 35),
        ("end", 76),
    ]
    assert {(event.task, event.total, event.unit) for event in events} == {("class embeddings", 76, "prompt")}


KILLED = """
import sys, time
from pathlib import Path
import open_clip, torch
from workbench.inputs.prompts import Prompts
from workbench.predict.zeroshot import head
open_clip.add_model_config(sys.argv[1])
model = open_clip.create_model("tiny-clip", pretrained=sys.argv[2], weights_only=True).eval()
head.CHUNK["cpu"], head.KEEP_EVERY_S = 7, -1
asked = Prompts(*map(tuple, eval(sys.argv[4])))
slowly = lambda event: time.sleep(0.2)
head.build(model, open_clip.get_tokenizer("tiny-clip"), asked, file=Path(sys.argv[3]), on_event=slowly)
"""


def test_a_process_killed_by_the_system_costs_nothing_but_what_was_under_way(towers, configured, saved, tmp_path):
    file, lists = tmp_path / "head.npz", (ASKED.names, ASKED.templates)
    command = (sys.executable, "-c", KILLED, configured, saved("tiny-clip"), file, repr(lists))
    with subprocess.Popen(list(map(str, command)), start_new_session=True) as process:
        while not file.is_file():
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    events = []
    found = head.build(towers("tiny-clip"), TOKENIZER, ASKED, file=file, on_event=events.append)
    assert 0 < events[0].done < events[0].total == 76
    assert torch.equal(found, head.build(towers("tiny-clip"), TOKENIZER, ASKED))


def test_sums_are_kept_every_ten_seconds_and_at_the_end(towers, tmp_path, monkeypatch):
    kept, now = [], iter(range(0, 1000, 4))
    monkeypatch.setattr(head.time, "monotonic", lambda: next(now))
    monkeypatch.setattr(head._Sums, "_keep", lambda self, _keep=head._Sums._keep: (kept.append(self.done), _keep(self)))
    head.build(towers("tiny-clip"), TOKENIZER, ASKED, file=tmp_path / "head.npz")
    assert kept == [21, 42, 63, 76]


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: b"", lambda data: data[:-200]])
def test_a_damaged_file_is_made_again(towers, tmp_path, damage):
    file = tmp_path / "head.npz"
    one = head.build(towers("tiny-clip"), TOKENIZER, ASKED, file=file)
    file.write_bytes(damage(file.read_bytes()))
    assert torch.equal(head.build(towers("tiny-clip"), TOKENIZER, ASKED, file=file), one)
    assert np.load(file)["whole"]
