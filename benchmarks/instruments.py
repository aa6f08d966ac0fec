"""Kernel time of the instruments: what a change in `explore` takes, what opening a gallery of 50,000 pictures takes.

    python benchmarks/instruments.py

No browser takes part; what it draws comes on top.
"""

import resource
import sys
import time

import numpy as np
import pandas as pd

from workbench import show
from workbench.inputs import classes, images, labels
from workbench.inputs.images import ImageSet
from workbench.predict.store import from_arrays
from workbench.score import pools

N = 50_000


def seconds(do) -> float:
    start = time.perf_counter()
    do()
    return time.perf_counter() - start


def explore() -> None:
    everything = pd.concat([pools.published(), pools.recht2019()], ignore_index=True)
    holder = []
    print(f"explore, open (first in a process: {len(everything):,} scores): ", end="")
    print(f"{seconds(lambda: holder.append(show.explore(everything, out=''))):.2f} s")
    explorer = holder[0]
    steps = [
        ("metric", "real"),
        ("metric", "asma"),
        ("pair", ("v1", "patchml")),
        ("pair", ("v1", "v2")),
        ("source", "recht2019"),
        ("label_counts", (2,)),
        ("label_counts", ()),
        ("source", "all"),
        ("family", "vit"),
        ("search", "large"),
        ("search", ""),
        ("family", "all"),
        ("metric", "top1"),
    ]
    for turn in ("first", "again"):
        taken = {}
        for name, value in steps:
            taken[f"{name}={value}"] = seconds(
                lambda name=name, value=value: setattr(getattr(explorer, name), "value", value)
            )
        taken["mark"] = seconds(lambda: explorer.mark("vgg16", "resnet50"))
        slowest = max(taken, key=lambda step: taken[step])
        values = np.array(list(taken.values())) * 1000
        print(f"explore, {turn}: median {np.median(values):.0f} ms, slowest {values.max():.0f} ms ({slowest})")


def gallery() -> None:
    rng = np.random.default_rng(0)
    ids = [images.v1_id(i) for i in range(1, N + 1)]
    own = labels.load("v1-real")
    classes.names()
    best = rng.integers(0, 995, N)[:, None] + np.arange(5)
    shares = np.sort(rng.dirichlet(np.ones(5), N))[:, ::-1].astype("f4")
    two = [from_arrays(name, "v1", ids, np.roll(best, i, axis=1), shares) for i, name in enumerate(("one", "two"))]
    picture = images.sample().read(images.sample().images[0])
    original = labels.from_mapping("original", {image: [i % 1000] for i, image in enumerate(ids)})
    pictures = ImageSet("v1", tuple(ids), lambda _image: picture)
    before, holder = memory(), []
    taken = seconds(lambda: holder.append(show.gallery(two, own, pictures, original=original)))
    print(f"gallery of {N:,} pictures, two checkpoints, open: {taken:.2f} s, peak memory +{memory() - before:.0f} MB")
    opened = holder[0]
    print(f"gallery, next page: {1000 * seconds(lambda: opened.turn(1)):.0f} ms")
    print(f"gallery, filter: {1000 * seconds(lambda: setattr(opened.filters.status[0], 'value', 'wrong')):.0f} ms")
    print(f"gallery, class: {1000 * seconds(lambda: setattr(opened.filters.label, 'value', 'tabby')):.0f} ms")


def memory() -> float:
    """Peak of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)


if __name__ == "__main__":
    explore()
    gallery()
