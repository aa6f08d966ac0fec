"""A checkpoint made ready to run on a device: pixels in, its best classes and their scores out."""

import copy
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch

from workbench.errors import InputError, reason
from workbench.inputs.checkpoints import Checkpoint
from workbench.inputs.classes import N_CLASSES
from workbench.predict.options import Options

COMPILE_LIMIT_S = 60


class Runner:
    """Runs one checkpoint. On the CPU it may be called from several threads at once.

    `chunk` is how many pictures go through the model at a time; a smaller batch is padded, so that every
    picture is computed in the same shape and its result does not depend on its neighbours.
    """

    def __init__(self, checkpoint: Checkpoint, options: Options) -> None:
        self.checkpoint, self.options, self.chunk = checkpoint, options, options.chunk
        self.dtype = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[options.precision]
        self.on_cpu = options.device == "cpu"
        # On a GPU, weights stay fp32 under autocast; on a CPU, casting them lets convolutions absorb normalisations.
        self._weights_dtype = self.dtype if self.on_cpu else torch.float32
        # Casting and moving work in place: the caller's model stays as it is.
        same = self.on_cpu and all(weights.dtype == self.dtype for weights in checkpoint.model.parameters())
        model = checkpoint.model if same else copy.deepcopy(checkpoint.model)
        self.model = model.to(options.device, self._weights_dtype).to(memory_format=torch.channels_last)
        self._shape = (self.chunk, *checkpoint.input["input_size"][1:], 3)
        self._told = False
        mean, std = (torch.tensor(checkpoint.input[name], device=options.device) for name in ("mean", "std"))
        self.scale, self.shift = (factor.view(1, 3, 1, 1) for factor in (1 / (255 * std), mean / std))

    def compile(self) -> None:
        """Trace and freeze the model for this shape; given up, with a warning, where that fails or takes a minute."""
        if not self.on_cpu:
            return
        pool, name = ThreadPoolExecutor(1), self.checkpoint.name
        try:
            with warnings.catch_warnings():  # the filters are those of all threads: set where they are restored
                warnings.simplefilter("ignore")
                self.model = pool.submit(self._traced).result(timeout=COMPILE_LIMIT_S)
        except TimeoutError:
            warnings.warn(f"compiling {name} took over {COMPILE_LIMIT_S} s; it runs uncompiled", stacklevel=2)
        except Exception as error:  # tracing executes model code and fails in as many ways
            warnings.warn(f"{name} cannot be compiled ({reason(error)}); it runs uncompiled", stacklevel=2)
        finally:
            pool.shutdown(wait=False)

    def _traced(self) -> torch.jit.ScriptModule:
        black = torch.zeros(self._shape, dtype=torch.uint8)
        with torch.inference_mode():
            # Freezing folds the normalisations into the weights: in fp32, for bf16 would lose more there than anywhere.
            whole = copy.deepcopy(self.checkpoint.model).float().to(memory_format=torch.channels_last)
            traced = torch.jit.freeze(torch.jit.trace(whole, self._normalised(black).float(), check_trace=False))
            _cast(traced, self.dtype)
            for seed in range(2):  # the executor specialises itself during its first runs
                self._check(traced, seed)
        return traced

    def _check(self, traced: torch.jit.ScriptModule, seed: int) -> None:
        """A trace keeps the way that the model took for one input; raise where it takes another for this one."""
        noise = torch.randint(0, 256, self._shape, generator=torch.Generator().manual_seed(seed))
        pixels = self._normalised(noise.to(torch.uint8))
        pairs = zip(self.model(pixels).float(), traced(pixels).float(), strict=True)
        # Rounding to bf16 leaves a correlation above 0.99; a layer that is skipped or repeated does not.
        if not all(torch.corrcoef(torch.stack(pair))[0, 1] > 0.95 for pair in pairs):
            raise ValueError("the traced model gives other results")

    def __call__(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Best classes, int64 (n, topk), and their softmax scores, float32, of uint8 pixels (n, height, width, 3).

        Half the pictures go at a time for as long as the device has too little memory, which is said once. Raises
        `InputError` where one picture alone does not fit, or the model gives something else than 1000 outputs.
        """
        while True:
            chunk = self.chunk  # several threads may be here at once
            try:
                with torch.inference_mode():
                    parts = [self._chances(part, chunk) for part in pixels.split(chunk)]
                    scores, classes = torch.cat(parts).sort(dim=1, descending=True, stable=True)
                return classes[:, : self.options.topk], scores[:, : self.options.topk]
            except RuntimeError as error:
                self._halve(chunk, error)

    def _chances(self, pixels: torch.Tensor, chunk: int) -> torch.Tensor:
        n = len(pixels)
        if n < chunk:
            pixels = torch.cat([pixels, pixels[:1].expand(chunk - n, -1, -1, -1)])
        with torch.autocast("cuda", self.dtype, enabled=not self.on_cpu and self.dtype != torch.float32):
            outputs = self.model(self._normalised(pixels.to(self.options.device, non_blocking=True)))
        if outputs.ndim != 2 or outputs.shape[1] != N_CLASSES:
            shape = tuple(outputs.shape[1:])
            raise InputError(f"{self.checkpoint.name} gives outputs of shape {shape}; expected {N_CLASSES} classes")
        return outputs[:n].float().softmax(dim=1)

    def _normalised(self, pixels: torch.Tensor) -> torch.Tensor:
        # (n, height, width, 3) seen as (n, 3, height, width) is already in channels-last order.
        return (pixels.permute(0, 3, 1, 2).float() * self.scale - self.shift).to(self._weights_dtype)

    def _halve(self, chunk: int, error: RuntimeError) -> None:
        """Take half the pictures at a time from now on; raise where memory is not the reason, or one is too many."""
        name, device, precision = self.checkpoint.name, self.options.device, self.options.precision
        if not isinstance(error, torch.OutOfMemoryError) and "can't allocate memory" not in str(error):
            if precision == "fp32":
                raise error
            raise InputError(f"{name} fails in {precision} ({reason(error)}); try --precision fp32") from error
        if chunk == 1:
            raise InputError(f"{name} does not fit on {device}, even one picture at a time") from error
        self.chunk = min(self.chunk, chunk // 2)
        if not self._told:
            self._told = True
            seen = f"{device} has too little memory for {chunk} pictures at a time of {name}"
            warnings.warn(f"{seen}; going on with fewer", stacklevel=2)


def _cast(frozen: Any, dtype: torch.dtype) -> None:
    """Cast the weights of a frozen trace, which are constants of its graph, in place."""
    for node in frozen.graph.findAllNodes("prim::Constant", recurse=True):
        if node.hasAttribute("value") and node.kindOf("value") == "t" and node.t("value").dtype == torch.float32:
            node.t_("value", node.t("value").to(dtype))
