"""A checkpoint made ready to run on a device: pixels in, its best classes and their scores out."""

import copy
import warnings
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import InputError, reason
from workbench.inputs.checkpoints import Checkpoint
from workbench.inputs.classes import N_CLASSES

if TYPE_CHECKING:
    import torch

PRECISIONS = ("auto", "fp32", "bf16", "fp16")
COMPILE_PAYS_FROM = 300  # pictures: tracing costs about as much as 100, and makes the rest a third faster
COMPILE_LIMIT_S = 60


def pick_device(device: str) -> str:
    """``auto`` becomes ``cuda:0`` where there is a GPU, else ``cpu``. Raises `InputError` for a device that
    is not there.
    """
    import torch

    gpus = [f"cuda:{number}" for number in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    if device == "auto":
        return gpus[0] if gpus else "cpu"
    if device not in ["cpu", *gpus]:
        raise InputError(f"device is {device!r}; on this machine there is 'cpu'{''.join(f', {gpu!r}' for gpu in gpus)}")
    return device


def pick_precision(precision: str, device: str) -> str:
    """``auto`` becomes bf16 where the device computes in it natively, else fp32. Raises `InputError` for
    another name.
    """
    import torch

    if precision not in PRECISIONS:
        raise InputError(f"precision is {precision!r}; expected one of {', '.join(PRECISIONS)}")
    if precision != "auto":
        return precision
    if device.startswith("cuda"):
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    has = torch.cpu.get_capabilities()
    return "bf16" if has.get("avx512_bf16") or has.get("amx_bf16") or has.get("bf16") else "fp32"


class Runner:
    """Runs one checkpoint. On the CPU it may be called from several threads at once.

    `chunk` is how many pictures go through the model at a time; a smaller batch is padded, so that every
    picture is computed in the same shape and its result does not depend on its neighbours.
    """

    def __init__(self, checkpoint: Checkpoint, device: str, precision: str, chunk: int, topk: int) -> None:
        import torch

        self.checkpoint, self.device, self.precision = checkpoint, device, precision
        self.chunk, self.topk = chunk, topk
        self.dtype = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]
        # Casting and moving work in place: the caller's model stays as it is.
        same = device == "cpu" and all(weights.dtype == self.dtype for weights in checkpoint.model.parameters())
        model = checkpoint.model if same else copy.deepcopy(checkpoint.model)
        self.model = model.to(device, self._weights_dtype).to(memory_format=torch.channels_last)
        self.told = False
        mean, std = (torch.tensor(checkpoint.input[name], device=device).view(1, 3, 1, 1) for name in ("mean", "std"))
        self.scale, self.shift = 1 / (255 * std), mean / std

    @property
    def _weights_dtype(self) -> "torch.dtype":
        """On a GPU, weights stay fp32 under autocast; on a CPU, casting them lets convolutions absorb the
        normalisations.
        """
        import torch

        return self.dtype if self.device == "cpu" else torch.float32

    def compile(self) -> None:
        """Trace and freeze the model for this shape. Given up, with a warning, where that fails or takes over
        a minute.
        """
        if self.device != "cpu":
            return
        pool = ThreadPoolExecutor(1)
        try:
            self.model = pool.submit(self._traced).result(timeout=COMPILE_LIMIT_S)
        except TooLong:
            warnings.warn(
                f"compiling {self.checkpoint.name} took over {COMPILE_LIMIT_S} s; it runs uncompiled", stacklevel=2
            )
        except Exception as error:  # tracing executes model code and fails in as many ways
            seen = f"{self.checkpoint.name} cannot be compiled ({reason(error)})"
            warnings.warn(f"{seen}; it runs uncompiled", stacklevel=2)
        finally:
            pool.shutdown(wait=False)

    def _traced(self):
        import torch

        height, width = self.checkpoint.input["input_size"][1:]
        example = self._normalised(torch.zeros(self.chunk, height, width, 3, dtype=torch.uint8))
        with warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter("ignore")
            # Freezing folds the normalisations into the weights: in fp32, for bf16 would lose more there than anywhere.
            whole = copy.deepcopy(self.checkpoint.model).float().to(memory_format=torch.channels_last)
            traced = torch.jit.freeze(torch.jit.trace(whole, example.float(), check_trace=False))
            _cast(traced, self.dtype)
            for seed in range(2):  # the executor specialises itself during its first runs
                self._check(traced, seed)
        return traced

    def _check(self, traced, seed: int) -> None:
        """A trace keeps the way that the model took for one input; raise where it takes another for this one."""
        import torch

        height, width = self.checkpoint.input["input_size"][1:]
        noise = torch.randint(0, 256, (self.chunk, height, width, 3), generator=torch.Generator().manual_seed(seed))
        pixels = self._normalised(noise.to(torch.uint8))
        pairs = zip(self.model(pixels).float(), traced(pixels).float(), strict=True)
        # Rounding to bf16 leaves a correlation above 0.99; a layer that is skipped or repeated does not.
        if not all(torch.corrcoef(torch.stack(pair))[0, 1] > 0.95 for pair in pairs):
            raise ValueError("the traced model gives other results")

    def __call__(self, pixels: "torch.Tensor") -> tuple["torch.Tensor", "torch.Tensor"]:
        """Best classes, int64 (n, topk), and their softmax scores, float32, of uint8 pixels (n, height, width, 3)."""
        import torch

        with torch.inference_mode():
            parts = [self._chunk(part) for part in pixels.split(self.chunk)]
            scores, classes = torch.cat(parts).sort(dim=1, descending=True, stable=True)
        return classes[:, : self.topk], scores[:, : self.topk]

    def _chunk(self, pixels: "torch.Tensor") -> "torch.Tensor":
        import torch

        n = len(pixels)
        if n < self.chunk:
            pixels = torch.cat([pixels, pixels[:1].expand(self.chunk - n, -1, -1, -1)])
        with torch.autocast("cuda", self.dtype, enabled=self.device != "cpu" and self.dtype != torch.float32):
            outputs = self.model(self._normalised(pixels.to(self.device, non_blocking=True)))
        if outputs.ndim != 2 or outputs.shape[1] != N_CLASSES:
            shape = tuple(outputs.shape[1:])
            raise InputError(f"{self.checkpoint.name} gives outputs of shape {shape}; expected {N_CLASSES} classes")
        return outputs[:n].float().softmax(dim=1)

    def _normalised(self, pixels: "torch.Tensor") -> "torch.Tensor":
        # (n, height, width, 3) seen as (n, 3, height, width) is already in channels-last order.
        return (pixels.permute(0, 3, 1, 2).float() * self.scale - self.shift).to(self._weights_dtype)


def _cast(frozen, dtype: "torch.dtype") -> None:
    """Cast the weights of a frozen trace, which are constants of its graph, in place."""
    import torch

    for node in frozen.graph.findAllNodes("prim::Constant", recurse=True):
        if node.hasAttribute("value") and node.kindOf("value") == "t" and node.t("value").dtype == torch.float32:
            node.t_("value", node.t("value").to(dtype))


def run(runner: Runner, pixels: "torch.Tensor") -> tuple["torch.Tensor", "torch.Tensor"]:
    """Run, with half the pictures at a time for as long as the device has too little memory; says so once.

    Raises `InputError` where one picture alone does not fit.
    """
    import torch

    while True:
        chunk = runner.chunk  # several threads may be here at once
        try:
            return runner(pixels)
        except RuntimeError as error:
            if not isinstance(error, torch.OutOfMemoryError) and "can't allocate memory" not in str(error):
                if runner.precision == "fp32":
                    raise
                seen = f"{runner.checkpoint.name} fails in {runner.precision} ({reason(error)})"
                raise InputError(f"{seen}; try --precision fp32") from error
            if chunk == 1:
                raise InputError(
                    f"{runner.checkpoint.name} does not fit on {runner.device}, even one picture at a time"
                ) from error
            runner.chunk = min(runner.chunk, chunk // 2)
            if not runner.told:
                runner.told = True
                seen = (
                    f"{runner.device} has too little memory for {chunk} pictures at a time of {runner.checkpoint.name}"
                )
                warnings.warn(f"{seen}; going on with fewer", stacklevel=2)


def collect(runner: Runner, result: tuple["torch.Tensor", "torch.Tensor"]) -> tuple[np.ndarray, np.ndarray]:
    """The result on the host: uint16 classes and float32 scores. Raises `InputError` for NaN or infinite outputs."""
    classes, scores = (tensor.cpu().numpy() for tensor in result)
    if not np.isfinite(scores).all():
        raise InputError(
            f"{runner.checkpoint.name} gives NaN or infinite outputs in {runner.precision}; try --precision fp32. "
            "What was finished before is kept"
        )
    return classes.astype(np.uint16), scores
