"""timm's own evaluation loop, as its validation script runs it: a loader with two workers, fp32, one checkpoint.

    python benchmarks/timm_loop.py CHECKPOINT FOLDER

Prints the images/s of the loop alone; the time of the whole process is measured from outside.
"""

import sys
import time
from typing import Any

import torch
from timm.data.dataset_factory import create_dataset
from timm.data.loader import create_loader

from workbench.inputs import checkpoints


def main(name: str, folder: str) -> None:
    checkpoint = checkpoints.load(name)
    config = checkpoint.input
    dataset: Any = create_dataset("", root=folder)
    loader = create_loader(
        dataset,
        input_size=config["input_size"],
        batch_size=64,
        use_prefetcher=False,
        interpolation=config["interpolation"],
        mean=config["mean"],
        std=config["std"],
        num_workers=2,
        crop_pct=config["crop_pct"],
        crop_mode=config["crop_mode"],
    )
    started, n = time.perf_counter(), 0
    with torch.inference_mode():
        for pictures, _ in loader:
            checkpoint.model(pictures).topk(5)
            n += len(pictures)
    print(f"{n / (time.perf_counter() - started):.1f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
