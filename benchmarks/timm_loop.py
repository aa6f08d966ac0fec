"""timm's own evaluation loop, as its validation script runs it: a loader with two workers, fp32, one checkpoint.

    python benchmarks/timm_loop.py CHECKPOINT FOLDER

Prints the images/s of the loop alone; the time of the whole process is measured from outside.
"""

import sys
import time
from pathlib import Path
from typing import Any

import timm
import torch
from timm.data.dataset_factory import create_dataset
from timm.data.loader import create_loader

from workbench.inputs import checkpoints
from workbench.inputs.checkpoints import Checkpoint


def random(name: str) -> Checkpoint:
    """A checkpoint of timm with random weights."""
    torch.manual_seed(0)
    return checkpoints.from_module(name, timm.create_model(name, pretrained=False))


def rate(
    checkpoint: Checkpoint, folder: str | Path, *, device: str = "cpu", amp: bool = False, batch_size: int = 64
) -> float:
    """Images/s of the loop; on a GPU with timm's prefetcher, `amp` in bf16, as ``validate.py --amp`` has it."""
    config, cuda = checkpoint.input, device.startswith("cuda")
    dataset: Any = create_dataset("", root=str(folder))
    loader = create_loader(
        dataset,
        input_size=config["input_size"],
        batch_size=batch_size,
        use_prefetcher=cuda,
        interpolation=config["interpolation"],
        mean=config["mean"],
        std=config["std"],
        num_workers=4 if cuda else 2,  # what its script and its documentation take
        crop_pct=config["crop_pct"],
        crop_mode=config["crop_mode"],
        pin_memory=cuda,
        device=torch.device(device),
    )
    model = checkpoint.model.to(device)
    started, n = time.perf_counter(), 0
    with torch.inference_mode(), torch.autocast(device.split(":")[0], torch.bfloat16, enabled=amp):
        for pictures, _ in loader:
            model(pictures).topk(5)[1].cpu()
            n += len(pictures)
    model.to("cpu")
    return n / (time.perf_counter() - started)


if __name__ == "__main__":
    print(f"{rate(checkpoints.load(sys.argv[1]), sys.argv[2]):.1f}")
