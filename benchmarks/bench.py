"""How fast the engine is, against timm's own loop, in one run on one machine: writes benchmarks/results.md.

    make bench PICTURES=DIR [N=1000] [LONG=--long]

`DIR` holds pictures at any depth; they are repeated until there are N. Every ratio compares two things that ran
within the same minutes.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

from workbench.files import writing
from workbench.inputs import checkpoints, images, patchml
from workbench.inputs.images.readers import SUFFIXES
from workbench.inputs.patchml import boxes, composites, patches
from workbench.predict import engine, options, pixels, runner
from workbench.predict.pixels import resizing

LITE = [f"tf_efficientnet_lite{i}.in1k" for i in range(3)]
HERE = Path(__file__).parent
WORKBENCH = str(Path(sys.executable).parent / "workbench")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pictures", type=Path)
    parser.add_argument("-n", type=int, default=1000)
    parser.add_argument("--long", action="store_true", help="also three checkpoints over five times as many")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = fill(Path(name) / "pictures", arguments.pictures, arguments.n)
        lines = [*machine(), f"{arguments.n} pictures.", ""]
        for section in (one_checkpoint, three_checkpoints, settings, memory, composing, start):
            print(f"{section.__name__} ...", flush=True)
            lines += section(folder, arguments.n)
            print("\n".join(lines[-12:]), flush=True)
        if arguments.long:
            more = fill(Path(name) / "more", arguments.pictures, 5 * arguments.n)
            lines += three_checkpoints(more, 5 * arguments.n)
    results = HERE / "results.md"
    _, heading, zeroshot = results.read_text(encoding="utf-8").partition("## Zero-shot")  # zeroshot.py wrote that
    with writing(results) as stream:
        stream.write("\n".join([*lines, heading + zeroshot]).encode())


def fill(folder: Path, source: Path, n: int) -> Path:
    """A folder of n pictures, as links to those of `source`, repeated."""
    files = [file for file in sorted(source.rglob("*")) if file.suffix.lower() in SUFFIXES]
    for number, file in zip(range(n), cycle(files), strict=False):
        target = folder / f"class{number % 10}" / f"{number:06d}{file.suffix}"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(file.resolve())
    return folder


def machine() -> list[str]:
    import timm
    import torch

    facts = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    cpu = next((line.split(":")[1].strip() for line in facts if "model name" in line), platform.processor())
    precision = options.pick_precision("auto", "cpu")
    return [
        "# Results",
        "",
        "Made by `make bench`; how to read them, and what was tried, is in [README.md](README.md).",
        "",
        f"{options.cores()} cores of {cpu}, {psutil.virtual_memory().total / 2**30:.0f} GiB; "
        f"torch {torch.__version__}, "
        f"timm {timm.__version__}, Python {platform.python_version()}; precision `auto` is {precision} here.",
    ]


def one_checkpoint(folder: Path, n: int) -> list[str]:
    """Images/s of the loop alone: timm's, ours, and the bound by the decode and forward that we chose."""
    timm_rate = float(output(sys.executable, HERE / "timm_loop.py", LITE[0], folder))
    rates = {"auto": steady(folder, "auto"), "fp32": steady(folder, "fp32")}
    decode, forward = parts(folder)
    bound = 1 / (1 / decode + 1 / forward)
    rates["auto, again"] = steady(folder, "auto")
    ours = np.mean([rates["auto"], rates["auto, again"]])
    return [
        "## One checkpoint, loop alone",
        "",
        f"`{LITE[0]}`, protocol crop, images/s after model loading.",
        "",
        "| | images/s | ratio to timm |",
        "|---|---|---|",
        f"| timm's loop, fp32, 2 workers | {timm_rate:.0f} | 1 |",
        *[f"| workbench, {name} | {rate:.0f} | {rate / timm_rate:.1f} |" for name, rate in rates.items()],
        "",
        f"Decode and resize alone {decode:.0f}, forward alone {forward:.0f}, so the bound is {bound:.0f} images/s; "
        f"the engine reaches **{ours / bound:.2f}** of it.",
        "",
    ]


def three_checkpoints(folder: Path, n: int) -> list[str]:
    """Whole processes, everything counted."""
    timm_seconds = [seconds(sys.executable, HERE / "timm_loop.py", name, folder) for name in LITE]
    ours = predict_seconds(folder, *LITE)
    return [
        f"## Three checkpoints, whole processes, {n} pictures",
        "",
        "Process start, imports, model loading, warm-up and compilation counted.",
        "",
        "| | seconds | ratio |",
        "|---|---|---|",
        f"| timm's loop, three runs | {' + '.join(f'{s:.0f}' for s in timm_seconds)} = {sum(timm_seconds):.0f} | 1 |",
        f"| `workbench predict`, one call | {ours:.0f} | **{sum(timm_seconds) / ours:.1f}** |",
        "",
    ]


def settings(folder: Path, n: int) -> list[str]:
    """No setting of the batch size may fall below half of the best."""
    rates = {size: steady(folder, "auto", batch_size=size) for size in (1, 8, 32, 256)}
    worst = min(rates.values()) / max(rates.values())
    return [
        "## Settings",
        "",
        "| --batch-size | images/s |",
        "|---|---|",
        *[f"| {size} | {rate:.0f} |" for size, rate in rates.items()],
        "",
        f"The slowest reaches {worst:.2f} of the fastest.",
        "",
    ]


def memory(folder: Path, n: int) -> list[str]:
    """Peak memory of one process over n pictures and over ten times as many."""
    with tempfile.TemporaryDirectory() as name:
        more = fill(Path(name) / "pictures", folder, 10 * n)
        peaks = [peak(folder), peak(more)]
    return [
        "## Memory",
        "",
        "| pictures | peak resident memory |",
        "|---|---|",
        f"| {n} | {peaks[0]:.0f} MB |",
        f"| {10 * n} | {peaks[1]:.0f} MB |",
        "",
    ]


def composing(folder: Path, n: int) -> list[str]:
    """PatchML composites a second, cropping included, beside plain decoding of as many pictures."""
    pictures = images.folder(folder, "bench")
    pictures = images.ImageSet("bench", pictures.images[:400], pictures.read)
    rng = np.random.default_rng(0)
    rows = [
        (image, int(rng.integers(1000)), *box)
        for image in pictures.images
        for box in ((0, 0, 250, 300), (150, 50, 400, 260))
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # boxes are clipped to small pictures
        pool = patches.pool(pd.DataFrame(rows, columns=boxes.COLUMNS), pictures)
    plan = patchml.plan(pool, seed=1)
    made = composites.image_set(plan, pictures)

    def rate(source: images.ImageSet) -> float:
        started = time.perf_counter()
        with ThreadPoolExecutor(options.cores()) as threads:
            list(threads.map(lambda image: images.decode(source.read(image), image), source.images))
        return len(source) / (time.perf_counter() - started)

    rates = {
        "plain decoding": rate(pictures),
        "composing, patches cropped on the way": rate(made),
        "composing again": rate(made),
    }
    plain = rates["plain decoding"]
    return [
        "## PatchML",
        "",
        f"{len(made)} composites of {len(pool)} patches from {len(pictures)} pictures, two sizes of each patch.",
        "",
        "| | pictures/s | ratio |",
        "|---|---|---|",
        *[f"| {name} | {value:.0f} | {value / plain:.2f} |" for name, value in rates.items()],
        "",
    ]


def start(folder: Path, n: int) -> list[str]:
    times = sorted(seconds(WORKBENCH, "predict", "--help") for _ in range(5))
    return ["## Start", "", f"`workbench predict --help`: {times[2]:.2f} s (median of 5).", ""]


def steady(folder: Path, precision: str, batch_size: int | None = None) -> float:
    """Images/s of the engine from its first to its last batch, tracing included, model loading not."""
    pictures = images.folder(folder, "bench")
    checkpoint = checkpoints.load(LITE[0])
    result = engine.predict([checkpoint], pictures, protocol="crop", precision=precision, batch_size=batch_size)
    return result[0].provenance["images_per_second"]


def parts(folder: Path) -> tuple[float, float]:
    """Images/s of decode and resize alone, and of the forward pass alone, on all cores, as the engine does them."""
    import torch

    pictures, cores = images.folder(folder, "bench"), options.cores()
    checkpoint = checkpoints.load(LITE[0])
    geometry = pixels.geometry(checkpoint.input, "crop")
    resizers = {geometry: resizing.resizer(geometry)}
    groups = [np.arange(i, i + options.CPU_CHUNK) for i in range(0, min(len(pictures), 400), options.CPU_CHUNK)]
    torch.set_num_threads(1)
    ready = runner.Runner(checkpoint, options.decided(options.Options("crop", "auto", "cpu", None, 16, "on")))
    ready.compile()
    tensor = pixels.read(pictures, resizers, groups[0]).pixels[geometry]

    def rate(work) -> float:
        with ThreadPoolExecutor(cores) as pool:
            list(pool.map(work, groups[:4]))
            started = time.perf_counter()
            list(pool.map(work, groups))
            return len(groups) * options.CPU_CHUNK / (time.perf_counter() - started)

    return rate(lambda rows: pixels.read(pictures, resizers, rows)), rate(lambda rows: ready(tensor))


def predict_seconds(folder: Path, *names: str) -> float:
    with tempfile.TemporaryDirectory() as out:
        return seconds(WORKBENCH, *predict_arguments(folder, out, *names))


def predict_arguments(folder: Path, out: str, *names: str) -> list[str]:
    return ["predict", *names, "--images", str(folder), "--image-set", "bench", "--protocol", "crop", "--out", out]


def peak(folder: Path) -> float:
    """Peak resident memory of `workbench predict` in MB."""
    with tempfile.TemporaryDirectory() as out:
        process = psutil.Popen([WORKBENCH, *predict_arguments(folder, out, LITE[0])], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        assert status == 0, "workbench predict failed"
        return usage.ru_maxrss / 1024


def seconds(*command) -> float:
    started = time.perf_counter()
    output(*command)
    return time.perf_counter() - started


def output(*command) -> str:
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    if shutil.which(WORKBENCH) is None:
        sys.exit("install the workbench first: make setup")
    main()
