import io
import json
import math
import weakref
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from timm.data.transforms_factory import create_transform
from torch import nn

from workbench import progress
from workbench.errors import InputError, WorkbenchError
from workbench.inputs import checkpoints, classes, images, labels
from workbench.predict import engine, options, store
from workbench.score import scores

LITE0 = "tf_efficientnet_lite0.in1k"


def predict(checkpoints, pictures, **given):
    settings: dict[str, Any] = {"device": "cpu", "precision": "fp32"} | given
    return engine.predict(checkpoints, pictures, **settings)


# --- against timm, on real pictures -------------------------------------------------------------------------


def top1(one):
    truth = [classes.index()[image.split("_")[0]] for image in one.images]
    return (one.classes[:, 0] == truth).mean()


@pytest.fixture(scope="module")
def cropped(thousand_classes_sample):
    return predict([LITE0], thousand_classes_sample, protocol="crop")[0]


def test_crop_in_fp32_is_timms_own_evaluation(thousand_classes_sample, cropped):
    lite0 = checkpoints.load(LITE0)
    own: Any = create_transform(**lite0.input, is_training=False)
    given = thousand_classes_sample
    images = given.images[::2]
    stack = torch.stack([own(Image.open(io.BytesIO(given.read(i))).convert("RGB")) for i in images])
    with torch.inference_mode():
        model = lite0.model.to(memory_format=torch.channels_last)
        expected = torch.cat([model(part) for part in stack.split(8)]).softmax(dim=1).numpy()
    assert cropped.images.tolist() == list(given.images)
    assert cropped.classes[::2, 0].tolist() == expected.argmax(axis=1).tolist()
    found = np.take_along_axis(expected, cropped.classes[::2].astype(int), axis=1)
    np.testing.assert_allclose(cropped.scores[::2], found, atol=1e-3)


def test_lite0_is_as_accurate_on_200_pictures_as_known(thousand_classes_sample, cropped):
    (resized,) = predict([LITE0], thousand_classes_sample, protocol="resize")
    assert (top1(cropped), top1(resized)) == (pytest.approx(0.89, abs=0.011), pytest.approx(0.825, abs=0.011))


@pytest.mark.skipif(not options.has_bf16(), reason="this CPU does not compute in bf16")
def test_bf16_moves_top1_accuracy_by_at_most_half_a_percent(thousand_classes_sample, cropped):
    (fast,) = predict([LITE0], thousand_classes_sample, protocol="crop", precision="bf16")
    assert abs(top1(fast) - top1(cropped)) * len(fast) <= 1.001  # one of the 200


def test_lite0_gets_18_of_the_20_sample_pictures_right(run):
    one, truth = run(LITE0, images.sample(), protocol="crop"), labels.load("sample-original")
    assert truth.table[truth.rows(one.images), one.classes[:, 0]].sum() == 18


# --- decoded once, fanned out -------------------------------------------------------------------------------


@pytest.fixture
def three(tiny):
    """Three checkpoints; the first two see the same pixels and normalise them differently."""
    return [
        tiny("a", seed=1),
        tiny("b", seed=2, mean=(0.4, 0.4, 0.4), std=(0.2, 0.2, 0.2)),
        tiny("c", seed=3, input_size=(3, 48, 48)),
    ]


def test_together_gives_what_each_gives_alone_and_reads_each_picture_once(three, pictures, counting, run, assert_same):
    small, reads = counting(pictures(21))
    together = predict(three, small)
    assert set(reads.values()) == {1}
    assert len(reads) == 21
    assert [one.checkpoint for one in together] == ["a", "b", "c"]
    for one, checkpoint in zip(together, three, strict=True):
        assert one.images.tolist() == list(small.images)
        assert_same(one, run(checkpoint, pictures(21)))


@pytest.fixture
def budget(monkeypatch):
    """``budget(2.5)``: the memory of a pass holds so many tiny networks."""

    def give(networks, size):
        monkeypatch.setattr(engine, "memory_budget", lambda device: int(networks * size))

    return give


def bytes_of(checkpoint):
    return sum(tensor.nbytes for tensor in checkpoint.model.state_dict().values())


@pytest.mark.parametrize(
    ("networks", "groups"),
    [(0, ["a", "b", "c", "d"]), (1.99, ["a", "b", "c", "d"]), (2, ["ab", "cd"]), (3, ["abc", "d"]), (4, ["abcd"])],
)
def test_what_does_not_fit_into_memory_runs_in_passes(three, tiny, pictures, budget, assert_same, networks, groups):
    four = [*three, tiny("d", seed=4)]
    together = predict(four, pictures(9))
    budget(networks, bytes_of(three[0]))
    events = []
    apart = predict(four, pictures(9), on_event=events.append)
    begun = [event.facts for event in events if event.kind == "begin"]
    assert [(facts["number"], facts["passes"]) for facts in begun] == [(i + 1, len(groups)) for i in range(len(groups))]
    assert ["".join(facts["checkpoints"]) for facts in begun] == groups
    for one, other in zip(together, apart, strict=True):
        assert_same(one, other)


def test_a_pass_lets_go_of_its_models_before_the_next_one_loads(tiny, pictures, budget, monkeypatch):
    alive, kept = weakref.WeakSet(), []

    def load(name):
        kept.append((name, len(alive)))
        checkpoint = tiny(name)
        alive.add(checkpoint.model)
        return checkpoint

    monkeypatch.setattr(engine, "load", load)
    budget(1, 1)
    predict(["a", "b", "c"], pictures(3))
    assert kept[3:] == [("b", 0), ("c", 0)]  # loaded again, after all were loaded once to see what can be had


@pytest.mark.parametrize(("device", "free"), [("cpu", 1000), ("cuda:1", 2000)])
def test_half_of_the_free_memory_is_for_weights(monkeypatch, device, free):
    class Memory:
        available = 1000

    monkeypatch.setattr(engine.psutil, "virtual_memory", Memory)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (2000, 9000))
    assert engine.memory_budget(device) == free // 2


@pytest.mark.parametrize("out", [None, "out"])
def test_two_checkpoints_of_one_name_are_refused_by_name(tiny, pictures, tmp_path, out):
    """They would be one file; ``NAME@a/best.pth`` and ``NAME@b/best.pth`` are such a pair."""
    with pytest.raises(InputError, match="two checkpoints are called 'best'; give each a name of its own"):
        predict([tiny("best", seed=1), tiny("best", seed=2)], pictures(3), out=out and tmp_path / out)


# --- the same results, however they are computed ------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [1, 5, 32])
def test_fp32_does_not_depend_on_the_batch_size(tiny, pictures, run, assert_same, batch_size):
    assert_same(run(tiny(), pictures(37)), run(tiny(), pictures(37), batch_size=batch_size))


def test_fp32_does_not_depend_on_the_order(tiny, pictures, run, assert_same):
    ordered = pictures(19)
    shuffled = replace(ordered, images=tuple(np.random.default_rng(0).permutation(ordered.images).tolist()))
    found = run(tiny(), shuffled)
    assert found.images.tolist() == list(shuffled.images)
    assert_same(found, run(tiny(), ordered))


def test_the_number_of_threads_is_restored_after_an_error(tiny, pictures, run, stop_after):
    before = torch.get_num_threads()
    with pytest.raises(stop_after.error):
        run(tiny(), pictures(9), on_event=stop_after(1))
    assert torch.get_num_threads() == before


def test_pictures_under_300_are_not_compiled_and_compile_overrules(tiny, pictures, run, assert_same):
    plain, traced = run(tiny(), pictures(9)), run(tiny(), pictures(9), compile="on")
    assert (plain.provenance["key"]["compiled"], traced.provenance["key"]["compiled"]) == (False, True)
    np.testing.assert_allclose(traced.scores, plain.scores, atol=1e-3)


def test_an_interrupted_run_compiles_as_it_began(tiny, pictures, tmp_path, monkeypatch, run, stop_after):
    """The few pictures left would not pay; what decides is the number of all."""
    monkeypatch.setattr(options, "COMPILE_PAYS_FROM", 20)
    with pytest.raises(stop_after.error):
        run(tiny(), pictures(24), out=tmp_path, on_event=stop_after(16))
    assert run(tiny(), pictures(24), out=tmp_path).provenance["key"]["compiled"] is True


# --- pictures and outputs that are none ---------------------------------------------------------------------


def test_undecodable_pictures_are_left_out_and_listed(tiny, pictures, tmp_path, run, assert_same):
    one = run(tiny(), pictures(24, broken={3, *range(8, 16)}), out=tmp_path)  # a whole chunk of them, too
    assert sorted(one.failures) == [f"{i:03d}.png" for i in (3, *range(8, 16))]
    assert "no picture that Pillow knows" in one.failures["003.png"]
    assert (tmp_path / "small--failures.csv").read_text().count("\n") == 10
    assert_same(one, run(tiny(), pictures(24)).take([i for i in range(24) if i not in {3, *range(8, 16)}]))


def test_a_set_of_only_broken_pictures_is_refused(tiny, pictures, tmp_path, run):
    with pytest.raises(InputError, match=r"none of the 5 pictures of small.*'000\.png'"):
        run(tiny(), pictures(5, broken=range(5)), out=tmp_path)
    assert not list(tmp_path.glob("*.parquet"))


def test_scores_say_how_many_pictures_are_left_out(tiny, pictures, run):
    one = run(tiny(), pictures(12, broken={3, 10}))
    truth = labels.from_mapping("mine", {image: [1] for image in pictures(12).images})
    with pytest.warns(UserWarning, match="tiny on small: 2 pictures could not be read or decoded"):
        scores.score(one, truth)


class Diverging(nn.Module):
    """Outputs that are infinite in fp16 only."""

    def forward(self, x):
        return x.mean((1, 2, 3), keepdim=True).flatten(1).abs().add(1).mul(60_000).mul(60_000).repeat(1, 1000)


def test_outputs_that_are_no_numbers_name_the_precision(tiny, pictures, run):
    with pytest.raises(InputError, match="tiny gives NaN or infinite outputs in fp16; try --precision fp32"):
        run(tiny(model=Diverging()), pictures(3), precision="fp16")
    assert len(run(tiny(model=Diverging()), pictures(3))) == 3


def test_files_finished_before_outputs_that_are_no_numbers_stay(tiny, pictures, tmp_path, budget):
    good, bad = tiny("good"), tiny("bad", model=Diverging())
    bad.model.register_buffer("weight", torch.zeros(1))  # else it has no bytes, and needs no pass of its own
    budget(0, 1)
    with pytest.raises(InputError, match="bad gives NaN"):
        predict([good, bad], pictures(3), precision="fp16", out=tmp_path)
    assert [path.name for path in tmp_path.glob("*.parquet")] == ["good--small--resize.parquet"]


# --- files, going on, and settings --------------------------------------------------------------------------


def test_what_is_written_is_what_is_returned_with_its_provenance(tiny, pictures, tmp_path, run, assert_same):
    one = run(tiny(), pictures(9), out=str(tmp_path), topk=4)
    again = store.read(tmp_path / "tiny--small--resize.parquet")
    assert_same(again, one)
    assert again.topk == 4
    assert again.provenance["key"]["weights_sha256"] == "tiny-0"
    assert again.provenance["versions"]["torch"] == torch.__version__
    assert again.provenance["images_per_second"] == pytest.approx(9 / again.provenance["seconds"], rel=0.1)
    assert [path.name for path in tmp_path.iterdir()] == ["tiny--small--resize.parquet"]


def test_sixteen_classes_are_kept_unless_others_are_asked_for(tiny, pictures, run):
    assert run(tiny(), pictures(2)).topk == 16


def test_an_interrupted_run_goes_on_where_it_stopped(tiny, pictures, tmp_path, run, counting, stop_after, assert_same):
    with pytest.raises(stop_after.error):
        run(tiny(), pictures(40), out=tmp_path, on_event=stop_after(16))
    rest, reads = counting(pictures(40))
    events = []
    found = run(tiny(), rest, out=tmp_path, on_event=events.append)
    assert sorted(reads) == [f"{i:03d}.png" for i in range(16, 40)]
    assert [event.done for event in events] == [16, 24, 32, 40, 40]
    assert_same(found, run(tiny(), pictures(40)))
    assert [path.name for path in tmp_path.iterdir()] == [found.file_name]


def test_unequal_journals_lose_and_repeat_no_row(three, pictures, tmp_path, run, counting, stop_after, assert_same):
    """Killed with one checkpoint, killed again with another one added, and then with a third."""
    with pytest.raises(stop_after.error):
        run(three[0], pictures(40), out=tmp_path, on_event=stop_after(24))
    with pytest.raises(stop_after.error):
        predict(three[:2], pictures(40), out=tmp_path, on_event=stop_after(16))
    rest, reads = counting(pictures(40))
    found = predict(three, rest, out=tmp_path)
    assert set(reads.values()) == {1}
    for one, checkpoint in zip(found, three, strict=True):
        assert_same(one, run(checkpoint, pictures(40)))
        assert store.read(tmp_path / one.file_name).images.tolist() == list(rest.images)


def test_a_finished_file_is_read_and_no_picture_with_it(tiny, pictures, tmp_path, run, counting, assert_same):
    first = run(tiny("a", seed=1), pictures(9), out=tmp_path)
    before = (tmp_path / first.file_name).stat().st_mtime_ns
    unread, reads = counting(pictures(9))
    assert_same(run(tiny("a", seed=1), unread, out=tmp_path), first)
    assert not reads
    again, other = predict([tiny("a", seed=1), tiny("b", seed=2)], unread, out=tmp_path)
    assert_same(again, first)
    assert other.checkpoint == "b"
    assert (tmp_path / first.file_name).stat().st_mtime_ns == before
    run(tiny("a", seed=1), unread, out=tmp_path, restart=True)
    assert set(reads.values()) == {2}


def test_a_journal_left_by_a_kill_right_after_the_file_was_written_is_cleared(
    tiny, pictures, tmp_path, run, stop_after
):
    with pytest.raises(stop_after.error):
        run(tiny(), pictures(9), out=tmp_path, on_event=stop_after(9))
    left = {path: path.read_bytes() for path in (tmp_path / ".partial").iterdir()}
    run(tiny(), pictures(9), out=tmp_path)
    (tmp_path / ".partial").mkdir()
    for path, data in left.items():
        path.write_bytes(data)
    run(tiny(), pictures(9), out=tmp_path)
    assert not (tmp_path / ".partial").exists()


@pytest.mark.parametrize("finished", [True, False])
@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"precision": "bf16"}, "precision was fp32, now bf16"),
        ({"topk": 3}, "topk was 16, now 3"),
        ({"compile": "on"}, "compiled was False, now True"),
    ],
)
def test_other_settings_are_refused_by_name_and_restart_replaces(
    tiny, pictures, tmp_path, run, stop_after, finished, changes, named
):
    if finished:
        run(tiny(), pictures(16), out=tmp_path)
    else:
        with pytest.raises(stop_after.error):
            run(tiny(), pictures(16), out=tmp_path, on_event=stop_after(8))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".lock"}
    with pytest.raises(InputError, match=rf"\({named}\).*--restart"):
        run(tiny(), pictures(16), out=tmp_path, **changes)
    assert {path: path.read_bytes() for path in before} == before
    redone = run(tiny(), pictures(16), out=tmp_path, restart=True, **changes)
    assert len(redone) == 16
    assert f"now {redone.provenance['key'][named.split()[0]]}" in named


def test_other_weights_and_other_pictures_are_refused_by_name(tiny, pictures, tmp_path, run):
    run(tiny(), pictures(9), out=tmp_path)
    with pytest.raises(InputError, match="weights_sha256 was tiny-0, now tiny-1"):
        run(tiny(seed=1), pictures(9), out=tmp_path)
    with pytest.raises(InputError, match="images_sha256 was"):
        run(tiny(), pictures(10), out=tmp_path)


# --- what is told -------------------------------------------------------------------------------------------


def test_the_json_log_has_an_event_a_line_and_ends_with_all_pictures_done(tiny, pictures, tmp_path):
    log = tmp_path / "log.jsonl"
    predict([tiny("a"), tiny("b")], pictures(21, broken={2}), on_event=progress.json_log(log))
    first, *steps, last = [json.loads(line) for line in log.read_text().splitlines()]
    same = {"number": 1, "passes": 1, "checkpoints": ["a", "b"]}
    assert first == same | {"event": "pass", "done": 0, "total": 21, "time": first["time"]}
    assert last == same | {"event": "pass finished", "done": 21, "failures": 1, "time": last["time"]}
    assert [(step["done"], step["failures"]) for step in steps] == [(8, 1), (16, 1), (21, 1)]
    for step in steps:
        assert {name: step[name] for name in same} == same
        assert (step["event"], step["total"]) == ("progress", 21)
        assert set(step) == {*same, "event", "done", "total", "failures", "images_per_second", "seconds_left", "time"}
        left = (21 - step["done"]) / step["images_per_second"]
        assert math.isclose(step["seconds_left"], left, abs_tol=0.06 + 0.1 * left)
    assert 0 < steps[-1]["images_per_second"] < 21 / (steps[-1]["time"] - first["time"] - 0.002)


@pytest.mark.parametrize(
    ("fits", "words"), [(1, ["pass 1 of 2: a", "pass 2 of 2: b"]), (2, ["2 checkpoints"])], ids=["two passes", "one"]
)
def test_a_pass_is_told_in_words(tiny, pictures, budget, fits, words):
    budget(fits, bytes_of(tiny()))
    events = []
    predict([tiny("a"), tiny("b")], pictures(3), on_event=events.append)
    assert list(dict.fromkeys(event.task for event in events)) == words
    assert {(event.unit, event.total) for event in events} == {("img", 3)}


def test_one_checkpoint_in_one_pass_is_told_by_its_name(tiny, pictures, run):
    events = []
    run(tiny("a"), pictures(3), on_event=events.append)
    assert [(event.kind, event.task, event.done) for event in events] == [
        ("begin", "a", 0),
        ("step", "a", 3),
        ("end", "a", 3),
    ]


# --- what is refused ----------------------------------------------------------------------------------------


def test_an_option_that_cannot_be_is_refused_before_a_checkpoint_is_loaded(pictures):
    with pytest.raises(InputError, match="topk is 0"):
        predict(["resnet5000"], pictures(3), topk=0)


def test_one_unknown_checkpoint_among_others_is_left_out_with_a_warning(tiny, pictures):
    with pytest.warns(UserWarning, match="left out: .*'resnet5000'"):
        (found,) = predict(["resnet5000", tiny()], pictures(3))
    assert found.checkpoint == "tiny"


@pytest.mark.filterwarnings("ignore:left out")
def test_only_unknown_checkpoints_are_refused_by_name(pictures):
    with pytest.raises(WorkbenchError, match="'resnet5000'"):
        predict(["resnet5000"], pictures(3))


def test_no_checkpoint_is_refused(pictures):
    with pytest.raises(InputError, match="at least one"):
        predict([], pictures(3))


@pytest.mark.parametrize(("outputs", "named"), [(21841, "ImageNet-22k"), (11821, "ImageNet-12k"), (10, "10 outputs")])
def test_a_head_of_another_size_is_refused_and_named(tiny, outputs, named):
    model = tiny.net(outputs=outputs)
    model.num_classes = outputs
    with pytest.raises(InputError, match=f"wide has {outputs} outputs.*expected are the 1000") as refused:
        tiny("wide", model)
    assert named in str(refused.value)
