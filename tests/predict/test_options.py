import hashlib
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import torch

from workbench.errors import InputError
from workbench.predict import options
from workbench.predict.options import Options

GIVEN = Options("resize", "auto", "cpu", None, 16, "auto")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"protocol": "squash"}, "protocol is 'squash'; expected one of resize, crop"),
        ({"precision": "fp8"}, "precision is 'fp8'; expected one of auto, fp32, bf16, fp16"),
        ({"compile": "perhaps"}, "compile is 'perhaps'; expected one of auto, on, off"),
        ({"batch_size": 0}, "batch size 0; expected 1 or more"),
        ({"topk": 0}, "topk is 0; expected 1 to 1000"),
        ({"topk": 1001}, "topk is 1001; expected 1 to 1000"),  # never fewer than asked for
    ],
)
def test_an_option_that_cannot_be_is_refused_by_value(changes, message):
    with pytest.raises(InputError) as refused:
        options.decided(replace(GIVEN, **changes))
    assert str(refused.value) == message


@pytest.mark.parametrize("changes", [{"topk": 1}, {"topk": 1000}, {"batch_size": 1}, {"compile": "on"}])
def test_the_outermost_values_are_taken(changes):
    wanted = replace(GIVEN, precision="fp32", **changes)
    assert options.decided(wanted) == wanted


@pytest.fixture
def machine(monkeypatch):
    """``machine(gpus=2, bf16=False)``: torch sees another machine."""

    def make(gpus=0, bf16=True, capabilities=(), seconds=(1.0, 2.0)):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: bf16)
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: dict.fromkeys(capabilities, True))
        monkeypatch.setattr(options, "product_seconds", dict(zip(("bfloat16", "float32"), seconds, strict=True)).get)

    return make


def test_auto_is_the_first_gpu_where_there_is_one(machine):
    machine(gpus=2)
    assert [options.pick_device(name) for name in ("auto", "cpu", "cuda:1")] == ["cuda:0", "cpu", "cuda:1"]
    with pytest.raises(InputError, match=r"'cuda:2'; on this machine there is 'cpu', 'cuda:0', 'cuda:1'$"):
        options.pick_device("cuda:2")
    machine(gpus=0)
    assert options.pick_device("auto") == "cpu"
    with pytest.raises(InputError, match=r"'cuda:0'; on this machine there is 'cpu'$"):
        options.pick_device("cuda:0")


@pytest.mark.parametrize(
    ("device", "bf16", "capabilities", "expected"),
    [
        ("cuda:0", True, (), "bf16"),
        ("cuda:0", False, ("avx512_bf16",), "fp16"),
        ("cpu", True, (), "fp32"),
        ("cpu", False, ("avx512_bf16",), "bf16"),
        ("cpu", False, ("amx_bf16",), "bf16"),
        ("cpu", False, ("bf16",), "bf16"),
        ("cpu", False, ("avx2",), "fp32"),
    ],
)
def test_auto_precision_is_what_the_device_computes_in(machine, device, bf16, capabilities, expected):
    machine(1, bf16, capabilities)
    assert options.pick_precision("auto", device) == expected
    assert options.pick_precision("fp16", device) == "fp16"
    decided = options.decided(replace(GIVEN, device=device))
    assert (decided.device, decided.precision) == (device, expected)


@pytest.mark.parametrize(("seconds", "expected"), [((1.0, 1.9), "bf16"), ((1.9, 1.0), "fp32"), ((1.0, 1.0), "fp32")])
def test_auto_takes_bf16_only_where_the_processor_is_faster_in_it(machine, seconds, expected):
    machine(capabilities=("avx512_bf16",), seconds=seconds)
    assert options.pick_precision("auto", "cpu") == expected
    assert options.pick_precision("bf16", "cpu") == "bf16"


def test_the_time_of_a_product_is_measured_once():
    options.product_seconds.cache_clear()
    assert 1e-5 < options.product_seconds("float32") == options.product_seconds("float32") < 1
    assert options.product_seconds.cache_info().misses == 1


def test_what_the_machine_chose_is_remembered_as_its_choice(machine):
    machine(capabilities=("avx512_bf16",))
    assert options.decided(replace(GIVEN, precision="auto")).auto
    assert not options.decided(replace(GIVEN, precision="bf16")).auto


def test_a_chunk_is_eight_on_a_core_and_a_batch_on_a_gpu():
    assert replace(GIVEN, batch_size=32).chunk == 8
    assert replace(GIVEN, device="cuda:0").chunk == 128
    assert replace(GIVEN, device="cuda:0", batch_size=32).chunk == 32


@pytest.mark.parametrize(
    ("compile", "n", "expected"), [("auto", 299, 0), ("auto", 300, 1), ("on", 1, 1), ("off", 300, 0)]
)
def test_compiling_is_automatic_from_300_pictures(tiny, pictures, compile, n, expected):
    wanted = replace(GIVEN, compile=compile)
    assert wanted.compiles(n) == bool(expected)
    assert wanted.key(tiny(), pictures(n))["compiled"] is bool(expected)


def test_the_key_holds_everything_that_predictions_depend_on(tiny, pictures):
    wanted = Options("crop", "bf16", "cuda:1", 4, 3, "on", Path("anywhere"), True)
    checkpoint = tiny("net", seed=2, mean=(0.1, 0.2, 0.3), std=(0.4, 0.5, 0.6), crop_pct=0.9, interpolation="bilinear")
    assert wanted.key(checkpoint, pictures(2)) == {
        "checkpoint": "net",
        "weights_sha256": "net-2",
        "image_set": "small",
        "images_sha256": hashlib.sha256(b"000.png\n001.png").hexdigest(),
        "protocol": "crop",
        "precision": "bf16",
        "device": "cuda",
        "topk": 3,
        "compiled": True,
        "input_size": [3, 32, 32],
        "interpolation": "bilinear",
        "mean": [0.1, 0.2, 0.3],
        "std": [0.4, 0.5, 0.6],
        "crop_pct": 0.9,
        "crop_mode": "center",
    }


def test_a_file_lies_in_the_folder_out(tiny, pictures):
    assert replace(GIVEN, out=Path("a")).file(tiny("x/y"), pictures(1)) == Path("a/x_y--small--resize.parquet")
    assert GIVEN.file(tiny(), pictures(1)) is None


def test_cores_are_those_that_this_process_may_use():
    assert options.cores() == len(psutil.Process().cpu_affinity())
