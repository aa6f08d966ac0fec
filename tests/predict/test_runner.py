import warnings

import numpy as np
import pytest
import torch
from torch import nn

from workbench.errors import InputError
from workbench.inputs import checkpoints
from workbench.predict import runner
from workbench.predict.options import Options
from workbench.predict.runner import Runner

LITE0 = "tf_efficientnet_lite0.in1k"
MEAN, STD = (0.1, 0.2, 0.3), (0.5, 0.6, 0.7)


def made(checkpoint, *, device="cpu", precision="fp32", batch_size=4, topk=16):
    return Runner(checkpoint, Options("resize", precision, device, batch_size, topk, "off"))


def noise(n, side=32):
    return torch.randint(0, 256, (n, side, side, 3), generator=torch.Generator().manual_seed(0)).to(torch.uint8)


def reference(model, pixels, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)):
    """Chances of all classes, from the textbook formula in fp64."""
    scaled = (pixels.double().numpy() / 255 - np.array(mean)) / np.array(std)
    with torch.inference_mode():
        outputs = model(torch.from_numpy(scaled.transpose(0, 3, 1, 2)).float()).double().numpy()
    chances = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return chances / chances.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("device", ["cpu", "cpu:0"])
@pytest.mark.parametrize("n", [1, 4, 8, 11])
def test_pixels_are_normalised_run_and_ranked(tiny, device, n):
    checkpoint = tiny(mean=MEAN, std=STD)
    classes, scores = made(checkpoint, device=device, topk=5)(noise(n))
    expected = reference(checkpoint.model, noise(n), MEAN, STD)
    order = np.argsort(-expected, axis=1)[:, :5]
    assert classes.tolist() == order.tolist()
    np.testing.assert_allclose(scores, np.take_along_axis(expected, order, axis=1), rtol=1e-4)


class Sum(nn.Module):
    """What a model sees, as outputs: the first thousand numbers of its input."""

    def forward(self, x):
        return x.float().flatten(1)[:, :1000]


def test_255_becomes_white_and_0_black(tiny):
    checkpoint = tiny(model=Sum(), mean=MEAN, std=STD)
    one = made(checkpoint)
    seen = [
        one._normalised(torch.full((1, 1, 1, 3), value, dtype=torch.uint8)).flatten().tolist() for value in (0, 255)
    ]
    assert seen[0] == pytest.approx([-m / s for m, s in zip(MEAN, STD, strict=True)], abs=1e-6)
    assert seen[1] == pytest.approx([(1 - m) / s for m, s in zip(MEAN, STD, strict=True)], abs=1e-6)


def test_equal_scores_are_ranked_by_class_index(tiny):
    classes, scores = made(tiny(model=Sum()), topk=1000)(torch.zeros(2, 32, 32, 3, dtype=torch.uint8))
    assert classes.tolist() == [list(range(1000))] * 2
    assert np.unique(scores) == pytest.approx([0.001])


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_low_precision_is_near_and_leaves_the_model_as_it_was(tiny, precision):
    checkpoint = tiny()
    before = {name: tensor.clone() for name, tensor in checkpoint.model.state_dict().items()}
    classes, scores = made(checkpoint, precision=precision, topk=1000)(noise(8))
    found = np.zeros((8, 1000))
    np.put_along_axis(found, classes.numpy(), scores.numpy(), axis=1)
    np.testing.assert_allclose(found, reference(checkpoint.model, noise(8)), atol=0.05)
    assert not np.array_equal(found, reference(checkpoint.model, noise(8)).astype(np.float32))
    assert scores.dtype == torch.float32
    after = checkpoint.model.state_dict()
    assert all(
        after[name].dtype == tensor.dtype and torch.equal(after[name], tensor) for name, tensor in before.items()
    )


def test_weights_are_cast_on_a_cpu_and_kept_in_fp32_elsewhere(tiny):
    weights = {
        device: next(made(tiny(), device=device, precision="bf16").model.parameters()).dtype
        for device in ("cpu", "cpu:0")
    }
    assert weights == {"cpu": torch.bfloat16, "cpu:0": torch.float32}


def test_a_model_that_is_there_already_is_not_copied(tiny):
    checkpoint = tiny()
    assert made(checkpoint).model is checkpoint.model
    assert made(checkpoint, precision="bf16").model is not checkpoint.model
    assert made(checkpoint, device="cpu:0").model is not checkpoint.model


def test_every_call_of_the_model_has_the_same_shape(tiny):
    seen = []

    class Shape(nn.Linear):
        def forward(self, input):
            seen.append(tuple(input.shape))
            return super().forward(input.mean((2, 3)))

    made(tiny(model=Shape(3, 1000)))(noise(19))
    assert seen == [(8, 3, 32, 32)] * 3
    seen.clear()
    made(tiny(model=Shape(3, 1000)), device="cpu:0", batch_size=5)(noise(11))
    assert seen == [(5, 3, 32, 32)] * 3


@pytest.mark.parametrize(("outputs", "shape"), [(10, r"\(10,\)"), (999, r"\(999,\)"), (1001, r"\(1001,\)")])
def test_another_number_of_outputs_is_refused(tiny, outputs, shape):
    with pytest.raises(InputError, match=f"wide gives outputs of shape {shape}; expected 1000 classes"):
        made(tiny("wide", tiny.net(outputs=outputs)))(noise(3))


def test_outputs_that_are_no_table_are_refused(tiny):
    class Maps(nn.Module):
        def forward(self, x):
            return x.new_zeros(len(x), 1000, 7)

    with pytest.raises(InputError, match=r"outputs of shape \(1000, 7\)"):
        made(tiny(model=Maps()))(noise(3))


# --- too little memory --------------------------------------------------------------------------------------


def full(message=None):
    return torch.OutOfMemoryError("CUDA out of memory") if message is None else RuntimeError(message)


class Hungry(nn.Module):
    """Out of memory for more than `fits` pictures at a time."""

    def __init__(self, inner, fits, error):
        super().__init__()
        self.inner, self.fits, self.error = inner, fits, error

    def forward(self, x):
        if len(x) > self.fits:
            raise self.error
        return self.inner(x)


@pytest.mark.parametrize("error", [full(), full("DefaultCPUAllocator: can't allocate memory: you tried")])
@pytest.mark.parametrize(("fits", "left"), [(8, 8), (7, 4), (2, 2), (1, 1)])
def test_too_little_memory_halves_the_batch_and_is_said_once(tiny, error, fits, left):
    hungry = made(tiny(model=Hungry(tiny.net(), fits, error)), device="cpu:0", batch_size=8)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        classes, _ = hungry(noise(21))
        hungry(noise(21))
    assert hungry.chunk == left
    assert classes.tolist() == made(tiny())(noise(21))[0].tolist()
    seen = "cpu:0 has too little memory for 8 pictures at a time of tiny; going on with fewer"
    assert [str(one.message) for one in said] == [seen] * (left < 8)


def test_several_threads_that_find_memory_full_halve_it_no_further_than_needed(tiny):
    hungry = made(tiny(model=Hungry(tiny.net(), 4, full())), device="cpu:0", batch_size=8)
    hungry.chunk = 2  # as another thread left it, while this one was still in the model with 8
    with pytest.warns(UserWarning, match="too little memory for 8"):
        hungry._halve(8, full())
    assert hungry.chunk == 2


@pytest.mark.filterwarnings("ignore:.*too little memory")
def test_what_does_not_fit_even_alone_is_refused(tiny):
    with pytest.raises(InputError, match="tiny does not fit on cpu:0, even one picture at a time"):
        made(tiny(model=Hungry(tiny.net(), 0, full())), device="cpu:0", batch_size=8)(noise(3))


def test_another_error_in_low_precision_names_it_and_in_fp32_is_raised_as_it_is(tiny):
    checkpoint = tiny(model=Hungry(tiny.net(), 0, full("not implemented for 'Half'\nat line 7")))
    with pytest.raises(InputError, match=r"tiny fails in fp16 \(not implemented for 'Half'\); try --precision fp32$"):
        made(checkpoint, precision="fp16")(noise(3))
    with pytest.raises(RuntimeError, match="not implemented for 'Half'"):
        made(checkpoint)(noise(3))


# --- compiled -----------------------------------------------------------------------------------------------


@pytest.fixture(params=["convolution", "lite0"])
def any_net(request, tiny):
    return tiny() if request.param == "convolution" else checkpoints.load(LITE0)


@pytest.mark.filterwarnings("error:.*compiled")
def test_compiled_or_not_gives_nearly_the_same(any_net):
    side = any_net.input["input_size"][1]
    plain, traced = made(any_net, topk=1000), made(any_net, topk=1000)
    traced.compile()
    assert isinstance(traced.model, torch.jit.ScriptModule)
    (classes, scores), (others, chances) = plain(noise(9, side)), traced(noise(9, side))
    np.testing.assert_allclose(
        torch.zeros(9, 1000).scatter(1, classes, scores), torch.zeros(9, 1000).scatter(1, others, chances), atol=1e-3
    )


class Untraceable(nn.Module):
    """Nothing that the tracer follows: what leaves it is no tensor in between."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        if torch.jit.is_tracing():  # pyright: ignore[reportPrivateImportUsage]
            raise RuntimeError("no tracing, please")
        return self.inner(x)


class Branching(nn.Module):
    """Takes another way for bright pictures: a trace made with a dark one would be wrong for them."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x) if x.max() < 0 else -self.inner(x)


@pytest.mark.parametrize(
    ("kind", "why"), [(Untraceable, r"\(.*no tracing, please.*\)"), (Branching, r"\(the traced model gives other .*\)")]
)
def test_a_model_that_cannot_be_compiled_runs_uncompiled_and_says_so(tiny, kind, why):
    checkpoint = tiny(model=kind(tiny.net()))
    one = made(checkpoint)
    with pytest.warns(UserWarning, match=rf"tiny cannot be compiled {why}; it runs uncompiled"):
        one.compile()
    assert one.model is checkpoint.model


def test_compiling_is_given_up_where_it_takes_too_long(tiny, monkeypatch):
    class Slow(nn.Linear):
        def forward(self, input):
            import time

            time.sleep(0.05)
            return super().forward(input.mean((2, 3)))

    monkeypatch.setattr(runner, "COMPILE_LIMIT_S", 0.001)
    one = made(tiny(model=Slow(3, 1000)))
    with pytest.warns(UserWarning, match=r"compiling tiny took over 0\.001 s; it runs uncompiled"):
        one.compile()
    assert isinstance(one.model, Slow)


def test_only_a_cpu_compiles(tiny):
    one = made(tiny(), device="cpu:0")
    one.compile()
    assert isinstance(one.model, tiny.net)


class Random(nn.Module):
    """Gives the numbers that it has, weakened by a share of noise: a trace freezes the noise."""

    def __init__(self, share):
        super().__init__()
        self.share, self.base = share, nn.Parameter(torch.randn(1000, generator=torch.Generator().manual_seed(0)))
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        other = torch.randn(1000, generator=torch.Generator().manual_seed(self.calls))
        return (self.base + self.share * other).expand(len(x), 1000) + 0 * x.mean((1, 2, 3))[:, None]


@pytest.mark.parametrize(("share", "accepted"), [(0.1, True), (0.5, False)])
def test_a_trace_must_correlate_with_the_model(tiny, share, accepted):
    """Noise of a share s on both sides leaves a correlation of 1 / (1 + s^2): 0.99 and 0.8, and 0.95 is asked for."""
    one = made(tiny(model=Random(share)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one.compile()
    assert isinstance(one.model, torch.jit.ScriptModule) == accepted


@pytest.mark.filterwarnings("error:.*compiled")
def test_compiling_rounds_to_bf16_after_folding_and_not_before():
    """Eager bf16 correlates at 0.997 with fp32 on these pictures, weights that are rounded before folding at 0.985."""
    lite0 = checkpoints.load(LITE0)
    exact, rounded = (made(lite0, precision=precision) for precision in ("fp32", "bf16"))
    rounded.compile()
    inputs = exact._normalised(noise(8, 224))
    with torch.inference_mode():
        pairs = zip(exact.model(inputs), rounded.model(inputs.to(torch.bfloat16)).float(), strict=True)
        assert min(torch.corrcoef(torch.stack(pair))[0, 1] for pair in pairs) > 0.993
