"""open_clip's own zero-shot evaluation loop, as its training package runs it: a loader with two workers.

    python benchmarks/open_clip_loop.py ARCH FILE FOLDER [fp32|bf16]

Prints the pictures/s of the loop alone; the classifier, of one template, is made before.
"""

import sys
import time
from typing import Any

import open_clip
import torch
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder


def main(arch: str, file: str, folder: str, precision: str = "fp32") -> None:
    made: Any = open_clip.create_model_and_transforms(arch, pretrained=file)
    model, transform = made[0].eval(), made[2]
    names, templates = open_clip.IMAGENET_CLASSNAMES, [lambda name: f"{name}."]
    classifier = open_clip.build_zero_shot_classifier(model, open_clip.get_tokenizer(arch), names[:100], templates)
    classifier = classifier.repeat(1, 10)  # 1000 columns: what they hold does not change how long it takes
    loader: Any = DataLoader(ImageFolder(folder, transform=transform), batch_size=64, num_workers=2)
    started, n = time.perf_counter(), 0
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
        for pictures, _ in loader:
            (100 * model.encode_image(pictures, normalize=True) @ classifier.to(pictures.dtype)).topk(5)
            n += len(pictures)
    print(f"{n / (time.perf_counter() - started):.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
