"""The engine: checkpoints x pictures -> predictions."""

import io
import platform
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

import workbench
from workbench.errors import InputError
from workbench.inputs import checkpoints as ckpt
from workbench.inputs.classes import N_CLASSES
from workbench.inputs.images import ImageSet
from workbench.predict import store

PRECISIONS = ("fp32", "bf16", "fp16")


def predict(
    checkpoints: Iterable[str],
    images: ImageSet,
    *,
    protocol: str = "resize",
    precision: str = "fp32",
    device: str = "auto",
    batch_size: int = 32,
    topk: int = 16,
    out: str | Path | None = None,
) -> list[store.Predictions]:
    """Predict the `topk` best classes of every picture with every checkpoint; write them below `out` if it is given.

    `protocol` is ``resize`` (seed paper, appendix B: straight to the input size, no crop) or ``crop`` (the
    checkpoint's own timm evaluation transform). Raises `InputError` for an unknown checkpoint, protocol or
    precision.
    """
    if protocol not in store.PROTOCOLS or precision not in PRECISIONS:
        raise InputError(
            f"protocol {protocol!r}, precision {precision!r}; expected one of {store.PROTOCOLS} and one of {PRECISIONS}"
        )
    if batch_size < 1 or not 1 <= topk <= N_CLASSES:
        raise InputError(f"batch size {batch_size}, topk {topk}; expected 1 or more, and 1 to {N_CLASSES}")
    device = pick_device(device)
    results = []
    for name in checkpoints:
        checkpoint = ckpt.load(name)
        results.append(_predict_one(checkpoint, images, protocol, precision, device, batch_size, topk))
        if out is not None:
            store.write(results[-1], Path(out) / results[-1].file_name)
    return results


def pick_device(device: str) -> str:
    """``auto`` becomes ``cuda:0`` where there is a GPU, else ``cpu``. Raises `InputError` for a GPU that is
    not there.
    """
    import torch

    gpus = [f"cuda:{number}" for number in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    if device == "auto":
        return gpus[0] if gpus else "cpu"
    if device not in ["cpu", *gpus]:
        raise InputError(f"device is {device!r}; on this machine there is 'cpu'{''.join(f', {gpu!r}' for gpu in gpus)}")
    return device


def transform(input: dict, protocol: str):
    """The picture transform of a protocol for a checkpoint's input: PIL image -> float32 tensor (3, height, width)."""
    from timm.data.transforms_factory import create_transform

    if protocol == "resize":
        # timm's "squash" with crop_pct 1 scales both edges straight to the input size.
        input = input | {"crop_pct": 1.0, "crop_mode": "squash"}
    return create_transform(**input, is_training=False)


def _predict_one(checkpoint, images, protocol, precision, device, batch_size, topk) -> store.Predictions:
    import torch

    started = time.perf_counter()
    model = checkpoint.model.to(device)
    probabilities = []
    with torch.inference_mode(), torch.autocast(device.split(":")[0], *_autocast(precision)):
        for batch in _batches(images, transform(checkpoint.input, protocol), batch_size):
            probabilities.append(model(batch.to(device)).float().softmax(dim=1).cpu())
    scores, classes = torch.cat(probabilities).sort(dim=1, descending=True, stable=True)
    seconds = time.perf_counter() - started
    return store.from_arrays(
        checkpoint.name,
        images.name,
        images.images,
        classes[:, :topk].numpy(),
        scores[:, :topk].numpy(),
        protocol=protocol,
        provenance=_provenance(checkpoint, precision, device) | _speed(seconds, len(images)),
    )


def _autocast(precision: str) -> tuple:
    import torch

    dtype = {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]
    return dtype, dtype is not None


def _batches(images: ImageSet, to_tensor, batch_size: int) -> Iterator:
    import torch

    for start in range(0, len(images), batch_size):
        ids = images.images[start : start + batch_size]
        yield torch.stack([to_tensor(decode(images.read(image), image)) for image in ids])


def decode(data: bytes, image: str):
    """A picture as an RGB PIL image. Raises `InputError`, naming the image, where the bytes are no picture."""
    from PIL import Image

    try:
        return Image.open(io.BytesIO(data)).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(f"image {image!r} cannot be decoded ({error}); remove or replace it") from error


def _provenance(checkpoint, precision: str, device: str) -> dict:
    import timm
    import torch

    fields = {key: checkpoint.input[key] for key in ("input_size", "interpolation", "mean", "std", "crop_pct")}
    versions = {"workbench": workbench.__version__, "timm": timm.__version__, "torch": str(torch.__version__)}
    where = device if device == "cpu" else torch.cuda.get_device_name(device)
    return fields | {
        "weights_sha256": checkpoint.sha256,
        "precision": precision,
        "device": where,
        "machine": platform.machine(),
        "versions": versions,
    }


def _speed(seconds: float, n: int) -> dict:
    return {"seconds": round(seconds, 3), "images_per_second": float(np.round(n / seconds, 1))}
