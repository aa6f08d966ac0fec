import csv
import io
import warnings
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from timm.data import create_transform
from torch import nn

from workbench.errors import InputError, WorkbenchError
from workbench.inputs import checkpoints, classes, images, labels
from workbench.predict import engine, flow, pixels, runner, store
from workbench.predict.options import Options
from workbench.score import scores

LITE0 = "tf_efficientnet_lite0.in1k"
NATIVE_BF16 = runner.pick_precision("auto", "cpu") == "bf16"


class Interrupted(Exception):
    """What a listener raises to stop a run."""


def run(checkpoint, pictures, **options):
    (one,) = engine.predict([checkpoint], pictures, **({"device": "cpu", "precision": "fp32"} | options))
    return one


def by_image(one):
    return {
        image: (classes.tolist(), scores.tolist())
        for image, classes, scores in zip(one.images, one.classes, one.scores, strict=True)
    }


def assert_same(one, other):
    assert by_image(one) == by_image(other)


def assert_close(one, other, atol=1e-3):
    """Each kept class has nearly the score that the other run gives it; near-ties may swap places."""
    assert one.images.tolist() == other.images.tolist()
    np.testing.assert_allclose(one.scores, other.scores, atol=atol)
    tops = zip(one.classes[:, 0], other.classes[:, 0], one.scores, strict=True)
    assert all(a == b or row[0] - row[1] < 2 * atol for a, b, row in tops)


def counting(pictures):
    """The same set, and how often each picture was read."""
    counts = Counter()

    def read(image):
        counts[image] += 1
        return pictures.read(image)

    return replace(pictures, read=read), counts


def stop_after(n):
    def listen(event):
        if event["event"] == "progress" and event["done"] >= n:
            raise Interrupted

    return listen


# --- against timm, on real pictures -------------------------------------------------------------------------


def top1(one):
    truth = [classes.index()[image.split("_")[0]] for image in one.images]
    return (one.classes[:, 0] == truth).mean()


@pytest.fixture(scope="module")
def cropped200(thousand_classes_sample):
    return run(LITE0, thousand_classes_sample, protocol="crop")


def test_crop_in_fp32_is_timms_own_evaluation(thousand_classes_sample, cropped200):
    lite0 = checkpoints.load(LITE0)
    own = create_transform(**lite0.input, is_training=False)
    read = thousand_classes_sample.read
    stack = torch.stack([own(Image.open(io.BytesIO(read(i))).convert("RGB")) for i in thousand_classes_sample.images])
    with torch.inference_mode():
        model = lite0.model.to(memory_format=torch.channels_last)
        expected = torch.cat([model(part) for part in stack.split(8)]).softmax(dim=1).numpy()
    assert cropped200.images.tolist() == list(thousand_classes_sample.images)
    assert (cropped200.classes[:, 0] == expected.argmax(axis=1)).mean() >= 0.995
    found = np.take_along_axis(expected, cropped200.classes.astype(int), axis=1)
    np.testing.assert_allclose(cropped200.scores, found, atol=1e-2)


def test_lite0_is_as_accurate_on_200_pictures_as_known(thousand_classes_sample, cropped200):
    resized = run(LITE0, thousand_classes_sample, protocol="resize")
    assert top1(cropped200) == pytest.approx(0.88, abs=0.03)
    assert top1(resized) == pytest.approx(0.82, abs=0.03)


@pytest.mark.skipif(not NATIVE_BF16, reason="this CPU does not compute in bf16")
def test_bf16_moves_top1_accuracy_by_at_most_half_a_percent(thousand_classes_sample, cropped200):
    fast = run(LITE0, thousand_classes_sample, protocol="crop", precision="auto")
    assert fast.provenance["key"]["precision"] == "bf16"
    assert abs(top1(fast) - top1(cropped200)) * len(fast) <= 1.001  # one of the 200


def test_lite0_gets_18_of_the_20_sample_pictures_right():
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


def test_every_picture_is_read_once_and_resized_once_for_each_distinct_input(three, pictures, monkeypatch):
    resized = Counter()
    make = pixels.resizer

    def counted(geometry):
        resize = make(geometry)

        def call(picture):
            resized[geometry] += 1
            return resize(picture)

        return call

    monkeypatch.setattr(pixels, "resizer", counted)
    small, reads = counting(pictures(21))
    engine.predict(three, small, device="cpu", precision="fp32")
    assert set(reads.values()) == {1}
    assert len(reads) == 21
    assert sorted(resized.values()) == [21, 21]


def test_together_gives_what_each_gives_alone(three, pictures):
    together = engine.predict(three, pictures(21), device="cpu", precision="fp32")
    assert [one.checkpoint for one in together] == ["a", "b", "c"]
    for one, checkpoint in zip(together, three, strict=True):
        assert_same(one, run(checkpoint, pictures(21)))


def test_what_does_not_fit_into_memory_runs_in_passes(three, pictures, monkeypatch):
    together = engine.predict(three, pictures(21), device="cpu", precision="fp32")
    events = []
    monkeypatch.setattr(engine, "memory_budget", lambda device: 1)
    apart = engine.predict(three, pictures(21), device="cpu", precision="fp32", on_event=events.append)
    assert [e["checkpoints"] for e in events if e["event"] == "pass"] == [["a"], ["b"], ["c"]]
    assert [(e["number"], e["passes"]) for e in events if e["event"] == "pass finished"] == [(1, 3), (2, 3), (3, 3)]
    for one, other in zip(together, apart, strict=True):
        assert_same(one, other)


@pytest.mark.parametrize("out", [None, "out"])
def test_two_checkpoints_of_one_name_are_refused_by_name(tiny, pictures, tmp_path, out):
    """They would be one file; ``NAME@a/best.pth`` and ``NAME@b/best.pth`` are such a pair."""
    same_name = [tiny("best", seed=1), tiny("best", seed=2)]
    with pytest.raises(InputError, match="best") as refused:
        engine.predict(same_name, pictures(3), device="cpu", out=out and tmp_path / out)
    assert "is being written by" not in str(refused.value)


# --- the same results, however they are computed ------------------------------------------------------------


@pytest.fixture(params=["convolution", "lite0"])
def any_net(request, tiny):
    return tiny() if request.param == "convolution" else replace(checkpoints.load(LITE0), name="lite0")


@pytest.mark.parametrize("batch_size", [1, 5, 32])
def test_fp32_does_not_depend_on_the_batch_size(tiny, pictures, batch_size):
    assert_same(run(tiny(), pictures(37)), run(tiny(), pictures(37), batch_size=batch_size))


def test_fp32_repeats_itself_and_does_not_depend_on_the_order(any_net, pictures):
    ordered = pictures(19)
    shuffled = replace(ordered, images=tuple(np.random.default_rng(0).permutation(ordered.images).tolist()))
    once = run(any_net, ordered)
    assert_same(once, run(any_net, ordered))
    assert_same(once, run(any_net, shuffled))


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_a_run_in_low_precision_leaves_the_model_as_it_was(tiny, pictures, precision):
    checkpoint = tiny()
    before = run(checkpoint, pictures(5))
    run(checkpoint, pictures(5), precision=precision)
    assert_same(run(checkpoint, pictures(5)), before)
    assert {tensor.dtype for tensor in checkpoint.model.parameters()} == {torch.float32}


def test_the_number_of_threads_is_restored(tiny, pictures):
    before = torch.get_num_threads()
    run(tiny(), pictures(3))
    assert torch.get_num_threads() == before
    with pytest.raises(Interrupted):
        run(tiny(), pictures(9), on_event=stop_after(1))
    assert torch.get_num_threads() == before


# --- pictures that are none ---------------------------------------------------------------------------------


def test_undecodable_pictures_are_left_out_and_listed(tiny, pictures, tmp_path):
    one = run(tiny(), pictures(12, broken={3, 10}), out=tmp_path)
    assert one.images.tolist() == [f"{i:03d}.png" for i in range(12) if i not in {3, 10}]
    assert set(one.failures) == {"003.png", "010.png"}
    assert "no picture that Pillow knows" in one.failures["003.png"]
    assert store.read(tmp_path / one.file_name).failures == one.failures
    with (tmp_path / "small--failures.csv").open() as stream:
        assert {row["image"]: row["reason"] for row in csv.DictReader(stream)} == one.failures
    whole = by_image(run(tiny(), pictures(12)))
    assert by_image(one) == {image: whole[image] for image in one.images}


def test_a_batch_of_only_broken_pictures_is_passed_over(tiny, pictures):
    assert len(run(tiny(), pictures(24, broken=range(8, 16)))) == 16


def test_a_set_of_only_broken_pictures_is_refused(tiny, pictures, tmp_path):
    with pytest.raises(InputError, match=r"none of the 5 pictures of small.*'000\.png'"):
        run(tiny(), pictures(5, broken=range(5)), out=tmp_path)
    assert not list(tmp_path.glob("*.parquet"))


def test_a_picture_whose_file_went_away_is_a_failure_too(tiny, tmp_path, pictures):
    for image in pictures(3).images:
        (tmp_path / image).write_bytes(pictures(3).read(image))
    there = images.folder(tmp_path)
    (tmp_path / "001.png").unlink()
    assert list(run(tiny(), there).failures) == ["001.png"]


def test_scores_say_how_many_pictures_are_left_out(tiny, pictures):
    one = run(tiny(), pictures(12, broken={3, 10}))
    truth = labels.from_mapping("mine", {image: [1] for image in pictures(12).images})
    with pytest.warns(UserWarning, match="2 pictures of small could not be decoded"):
        scores.score(one, truth)


# --- outputs that are none ----------------------------------------------------------------------------------


class Diverging(nn.Module):
    """Outputs that are infinite in fp16 only."""

    def forward(self, x):
        return x.mean((1, 2, 3), keepdim=True).flatten(1).abs().add(1).mul(60_000).mul(60_000).repeat(1, 1000)


def test_outputs_that_are_no_numbers_name_the_precision(tiny, pictures):
    with pytest.raises(InputError, match="tiny gives NaN or infinite outputs in fp16; try --precision fp32"):
        run(tiny(model=Diverging()), pictures(3), precision="fp16")
    assert len(run(tiny(model=Diverging()), pictures(3))) == 3


def test_files_finished_before_outputs_that_are_no_numbers_stay(tiny, pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "memory_budget", lambda device: 1)
    good, bad = tiny("good"), tiny("bad", model=Diverging())
    bad.model.register_buffer("weight", torch.zeros(1))  # else it has no bytes, and needs no pass of its own
    with pytest.raises(InputError, match="bad gives NaN"):
        engine.predict([good, bad], pictures(3), device="cpu", precision="fp16", out=tmp_path)
    assert [path.name for path in tmp_path.glob("*.parquet")] == ["good--small--resize.parquet"]


# --- too little memory --------------------------------------------------------------------------------------


class Hungry(nn.Module):
    """Out of memory for more than `fits` pictures at a time."""

    def __init__(self, inner, fits):
        super().__init__()
        self.inner, self.fits = inner, fits

    def forward(self, x):
        if len(x) > self.fits:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return self.inner(x)


def accelerated(ready, pictures, options):
    """As on a GPU, one batch behind, but with the tensors on the CPU: rows, and each runner's results."""
    rows, parts, failed = [], [[] for _ in ready], {}
    for good, results, bad in flow.batches(ready, pictures, np.arange(len(pictures)), options):
        rows += good.tolist()
        failed |= bad
        for part, result in zip(parts, results, strict=True):
            part.append(result)
    return rows, [tuple(np.concatenate(arrays) for arrays in zip(*part, strict=True)) for part in parts], failed


def as_gpu(batch_size):
    options = Options("resize", "fp32", "cpu:0", batch_size, 16, "off")
    return options, lambda checkpoint: runner.Runner(checkpoint, "cpu:0", "fp32", options.chunk, 16)


def test_too_little_memory_halves_the_batch_and_is_said_once(tiny, pictures):
    options, ready = as_gpu(8)
    hungry = ready(tiny(model=Hungry(tiny.net(), fits=2)))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        rows, [(found, found_scores)], _ = accelerated([hungry], pictures(21), options)
    expected = run(tiny(), pictures(21))
    assert rows == list(range(21))
    assert (found == expected.classes).all()
    np.testing.assert_allclose(found_scores, expected.scores, atol=1e-5)
    assert len([one for one in said if "too little memory for 8 pictures" in str(one.message)]) == 1


def test_what_does_not_fit_even_alone_is_refused(tiny, pictures):
    options, ready = as_gpu(8)
    with pytest.warns(UserWarning, match="too little memory"), pytest.raises(InputError, match="tiny does not fit"):
        accelerated([ready(tiny(model=Hungry(tiny.net(), fits=0)))], pictures(3), options)


@pytest.mark.parametrize("batch_size", [1, 5, 21, 64])
def test_the_accelerators_path_gives_every_row_once_and_in_order(three, pictures, batch_size):
    broken = {4, 5, 6, 7, 8, 9, 17}  # with batches of 5, one holds nothing but broken pictures
    options, ready = as_gpu(batch_size)
    rows, results, failed = accelerated([ready(one) for one in three], pictures(21, broken), options)
    assert rows == [row for row in range(21) if row not in broken]
    assert sorted(failed) == [f"{row:03d}.png" for row in sorted(broken)]
    for checkpoint, (found, found_scores) in zip(three, results, strict=True):
        expected = run(checkpoint, pictures(21, broken))
        assert (found == expected.classes).all()
        np.testing.assert_allclose(found_scores, expected.scores, atol=1e-5)


# --- compiled -----------------------------------------------------------------------------------------------


class Untraceable(nn.Module):
    """Nothing that the tracer follows: what leaves it is no tensor in between."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        if torch.jit.is_tracing():
            raise RuntimeError("no tracing, please")
        return self.inner(x)


class Branching(nn.Module):
    """Takes another way for bright pictures: a trace made with a dark one would be wrong for them."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x) if x.max() < 0 else -self.inner(x)


def test_compiled_or_not_gives_nearly_the_same(any_net, pictures):
    assert_close(run(any_net, pictures(19), compile="on"), run(any_net, pictures(19), compile="off"))


def test_a_model_that_cannot_be_compiled_runs_uncompiled_and_says_so(tiny, pictures):
    with pytest.warns(UserWarning, match=r"tiny cannot be compiled \(.*no tracing, please.*\); it runs uncompiled"):
        found = run(tiny(model=Untraceable(tiny.net())), pictures(9), compile="on")
    assert_same(found, run(tiny(), pictures(9), compile="off"))


@pytest.mark.filterwarnings("error:.*compiled")
def test_compiling_rounds_to_bf16_after_folding_and_not_before():
    """Eager bf16 correlates at 0.997 with fp32 on these pictures, weights that are rounded before folding at 0.985."""
    lite0 = checkpoints.load("tf_efficientnet_lite0.in1k")
    noise = torch.randint(0, 256, (8, 224, 224, 3), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    exact, rounded = (runner.Runner(lite0, "cpu", precision, 8, 1000) for precision in ("fp32", "bf16"))
    rounded.compile()
    inputs = exact._normalised(noise)
    with torch.inference_mode():
        pairs = zip(exact.model(inputs), rounded.model(inputs.to(torch.bfloat16)).float(), strict=True)
        assert min(torch.corrcoef(torch.stack(pair))[0, 1] for pair in pairs) > 0.993


@pytest.mark.filterwarnings("ignore:.*compiled")
def test_compiling_never_changes_the_way_that_a_model_takes(tiny, pictures):
    found = run(tiny(model=Branching(tiny.net())), pictures(9), compile="on")
    assert_close(found, run(tiny(model=Branching(tiny.net())), pictures(9), compile="off"))


def test_an_interrupted_run_compiles_as_it_began(tiny, pictures, tmp_path, monkeypatch):
    """The few pictures left would not pay; what decides is the number of all."""
    monkeypatch.setattr(runner, "COMPILE_PAYS_FROM", 20)
    compiled = []
    whole = runner.Runner.compile
    monkeypatch.setattr(runner.Runner, "compile", lambda self: (compiled.append(1), whole(self)))
    with pytest.raises(Interrupted):
        run(tiny(), pictures(24), out=tmp_path, on_event=stop_after(16))
    run(tiny(), pictures(24), out=tmp_path)
    assert len(compiled) == 2
    run(tiny(), pictures(19))
    assert len(compiled) == 2


# --- files, going on, and settings --------------------------------------------------------------------------


def test_what_is_written_is_what_is_returned_with_its_provenance(tiny, pictures, tmp_path):
    one = run(tiny(), pictures(9), out=tmp_path, topk=4)
    again = store.read(tmp_path / "tiny--small--resize.parquet")
    assert_same(again, one)
    assert again.topk == 4
    assert again.provenance["key"]["weights_sha256"] == "tiny-0"
    assert again.provenance["key"]["precision"] == "fp32"
    assert again.provenance["versions"]["torch"] == torch.__version__
    assert again.provenance["device"] == "cpu"
    assert [path.name for path in tmp_path.iterdir()] == ["tiny--small--resize.parquet"]


def test_an_interrupted_run_goes_on_where_it_stopped(tiny, pictures, tmp_path):
    with pytest.raises(Interrupted):
        run(tiny(), pictures(40), out=tmp_path, on_event=stop_after(16))
    rest, reads = counting(pictures(40))
    found = run(tiny(), rest, out=tmp_path)
    assert sorted(reads) == [f"{i:03d}.png" for i in range(16, 40)]
    assert_same(found, run(tiny(), pictures(40)))
    assert [path.name for path in tmp_path.iterdir()] == [found.file_name]


def test_a_second_checkpoint_does_not_repeat_the_first_ones_file(tiny, pictures, tmp_path):
    first = run(tiny("a", seed=1), pictures(9), out=tmp_path)
    before = (tmp_path / first.file_name).stat().st_mtime_ns
    again, _ = engine.predict(
        [tiny("a", seed=1), tiny("b", seed=2)], pictures(9), out=tmp_path, device="cpu", precision="fp32"
    )
    assert_same(again, first)
    assert (tmp_path / first.file_name).stat().st_mtime_ns == before


def test_a_finished_file_is_read_and_no_picture_with_it(tiny, pictures, tmp_path):
    run(tiny(), pictures(9), out=tmp_path)
    unread, reads = counting(pictures(9))
    run(tiny(), unread, out=tmp_path)
    assert not reads
    run(tiny(), unread, out=tmp_path, restart=True)
    assert len(reads) == 9


def test_a_journal_left_by_a_kill_right_after_the_file_was_written_is_cleared(tiny, pictures, tmp_path):
    with pytest.raises(Interrupted):
        run(tiny(), pictures(9), out=tmp_path, on_event=stop_after(9))
    left = {path: path.read_bytes() for path in (tmp_path / ".partial").iterdir()}
    run(tiny(), pictures(9), out=tmp_path)
    (tmp_path / ".partial").mkdir()
    for path, data in left.items():
        path.write_bytes(data)
    run(tiny(), pictures(9), out=tmp_path)
    assert not (tmp_path / ".partial").exists()


OTHER = [
    ({"precision": "bf16"}, "precision was fp32, now bf16"),
    ({"topk": 3}, "topk was 16, now 3"),
]


@pytest.mark.parametrize("finished", [True, False])
@pytest.mark.parametrize(("options", "named"), OTHER)
def test_other_settings_are_refused_by_name_and_restart_replaces(tiny, pictures, tmp_path, finished, options, named):
    if finished:
        run(tiny(), pictures(16), out=tmp_path)
    else:
        with pytest.raises(Interrupted):
            run(tiny(), pictures(16), out=tmp_path, on_event=stop_after(8))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".lock"}
    with pytest.raises(InputError, match=rf"\({named}\).*--restart"):
        run(tiny(), pictures(16), out=tmp_path, **options)
    assert {path: path.read_bytes() for path in before} == before
    redone = run(tiny(), pictures(16), out=tmp_path, restart=True, **options)
    assert_same(redone, run(tiny(), pictures(16), **options))


def test_other_weights_and_other_pictures_are_refused_by_name(tiny, pictures, tmp_path):
    run(tiny(), pictures(9), out=tmp_path)
    with pytest.raises(InputError, match="weights_sha256 was tiny-0, now tiny-1"):
        run(tiny(seed=1), pictures(9), out=tmp_path)
    with pytest.raises(InputError, match="images_sha256 was"):
        run(tiny(), pictures(10), out=tmp_path)


# --- what is refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"protocol": "squash"}, "'squash'"),
        ({"precision": "fp8"}, "'fp8'"),
        ({"device": "toaster"}, "'toaster'"),
        ({"compile": "perhaps"}, "'perhaps'"),
        ({"batch_size": 0}, "0"),
        ({"topk": 0}, "0"),
        ({"topk": 1001}, "1001"),  # there are 1000 classes: never fewer than asked for
    ],
)
def test_an_option_that_cannot_be_is_refused_by_value(tiny, pictures, options, named):
    with pytest.raises(InputError, match=named):
        run(tiny(), pictures(3), **options)


def test_one_unknown_checkpoint_among_others_is_left_out_with_a_warning(tiny, pictures):
    with pytest.warns(UserWarning, match="left out: .*'resnet5000'"):
        (found,) = engine.predict(["resnet5000", tiny()], pictures(3), device="cpu")
    assert found.checkpoint == "tiny"


@pytest.mark.filterwarnings("ignore:left out")
def test_only_unknown_checkpoints_are_refused_by_name(pictures):
    with pytest.raises(WorkbenchError, match="'resnet5000'"):
        engine.predict(["resnet5000"], pictures(3), device="cpu")


def test_no_checkpoint_is_refused(pictures):
    with pytest.raises(InputError, match="at least one"):
        engine.predict([], pictures(3), device="cpu")


@pytest.mark.parametrize(("outputs", "named"), [(21841, "ImageNet-22k"), (11821, "ImageNet-12k"), (10, "10 outputs")])
def test_a_head_of_another_size_is_refused_and_named(tiny, outputs, named):
    model = tiny.net(outputs=outputs)
    model.num_classes = outputs
    with pytest.raises(InputError, match=f"wide has {outputs} outputs.*expected are the 1000") as refused:
        tiny("wide", model)
    assert named in str(refused.value)


@pytest.mark.parametrize("outputs", [10, 1001])
def test_a_model_that_does_not_say_its_number_of_classes_is_refused_by_its_outputs(tiny, pictures, outputs, tmp_path):
    with pytest.raises(InputError, match=f"{outputs}|outside 0-999"):
        run(tiny("wide", tiny.net(outputs=outputs)), pictures(64), out=tmp_path)


def test_pick_device():
    assert runner.pick_device("cpu") == "cpu"
    assert runner.pick_device("auto") == ("cuda:0" if torch.cuda.is_available() else "cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="has a GPU")
def test_a_gpu_that_is_not_there_is_refused():
    with pytest.raises(InputError, match=r"'cuda:0'.*there is 'cpu'"):
        runner.pick_device("cuda:0")
