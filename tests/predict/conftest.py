"""A tiny network of our own, small pictures in memory, and the 200 public sample pictures."""

import io
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from workbench.inputs import checkpoints, images
from workbench.predict import engine

SIZE = (3, 32, 32)


class Tiny(nn.Module):
    """Convolution, pooling and a head of 1000 classes that prefers different ones for different pictures."""

    def __init__(self, seed=0, outputs=1000):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.conv, self.norm, self.head = nn.Conv2d(3, 16, 5, stride=2), nn.BatchNorm2d(16), nn.Linear(16, outputs)
            self.head.weight.data *= 20

    def forward(self, x):
        return self.head(self.norm(self.conv(x)).relu().mean((2, 3)))


def _png(number, size=(40, 36)):
    pixels = np.random.default_rng(number).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).resize(size).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def tiny():
    """``tiny("a", model=Tiny(1), mean=...)``: a checkpoint of the tiny network, or of another model."""

    class Make:
        net = Tiny

        def __call__(self, name="tiny", model=None, *, seed=0, **input):
            model = model if model is not None else Tiny(seed)
            return checkpoints.from_module(name, model, {"input_size": SIZE, **input}, sha256=f"{name}-{seed}")

    return Make()


@pytest.fixture
def pictures():
    """``pictures(50)``: a set of small pictures in memory; ``broken`` of them are no pictures."""

    def make(n, broken=(), name="small"):
        data = {f"{i:03d}.png": b"no picture" if i in broken else _png(i) for i in range(n)}
        return images.ImageSet(name, tuple(data), data.__getitem__)

    return make


@pytest.fixture(scope="session")
def thousand_classes_sample():
    """The 200 pictures that EliSchwartz/imagenet-sample-images gives, ids ``<wnid>_<name>.JPEG``."""
    root = Path(os.environ.get("WORKBENCH_MIRROR", "absent")) / "EliSchwartz" / "imagenet-sample-images"
    if not root.is_dir() and os.environ.get("WORKBENCH_REQUIRE_SOURCES"):
        pytest.fail(f"WORKBENCH_REQUIRE_SOURCES is set, but {root} is not at hand")
    if not root.is_dir():
        pytest.skip("needs EliSchwartz/imagenet-sample-images below WORKBENCH_MIRROR")
    return images.folder(root, "sample200")


class Interrupted(Exception):
    """What a listener raises to stop a run."""


@pytest.fixture
def stop_after():
    """``on_event=stop_after(16)``: raises ``stop_after.error`` when so many pictures are done."""

    class Make:
        error = Interrupted

        def __call__(self, n):
            def listen(event):
                if event.kind == "step" and event.done >= n:
                    raise Interrupted

            return listen

    return Make()


@pytest.fixture
def counting():
    """``counting(pictures)``: the same set, and how often each picture was read."""

    def make(pictures):
        counts = Counter()

        def read(image):
            counts[image] += 1
            return pictures.read(image)

        return replace(pictures, read=read), counts

    return make


@pytest.fixture
def run():
    """``run(checkpoint, pictures, **options)``: the predictions of one checkpoint; on the CPU in fp32."""

    def call(checkpoint, pictures, **options):
        settings: dict[str, Any] = {"device": "cpu", "precision": "fp32"} | options
        (one,) = engine.predict([checkpoint], pictures, **settings)
        return one

    return call


@pytest.fixture
def assert_same():
    """Two predictions hold the same numbers for the same images, in whatever order."""

    def compare(one, other):
        first, second = (
            {image: row for image, *row in zip(x.images, x.classes.tolist(), x.scores.tolist(), strict=True)}
            for x in (one, other)
        )
        assert first == second

    return compare
