"""How fast the engine is on a GPU, against the forward pass alone and timm's loop: writes its section of results.md.

    make bench-gpu PICTURES=DIR [N=5000] [DEVICE=cuda:0]

`DIR` holds pictures at any depth; they are repeated until there are N. Checkpoints whose weights cannot be had get
random ones, which are as fast, and whose predictions tell nothing; the section says so.
"""

import argparse
import io
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmarks import bench, timm_loop
from PIL import Image

from workbench.errors import MissingSourceError
from workbench.files import writing
from workbench.inputs import checkpoints, images
from workbench.inputs.checkpoints import Checkpoint
from workbench.predict import engine, options, pixels, runner
from workbench.predict.options import Options
from workbench.predict.pixels import resizing
from workbench.predict.store import Predictions

CHECKPOINTS = ("resnet50.a1_in1k", "vit_base_patch16_224.augreg2_in21k_ft_in1k", "convnext_base.fb_in1k")
COMPARED = 200  # pictures whose predictions are compared with those in fp32 on the CPU
SECONDS = 10  # that the forward pass alone runs
HEADING = "## On a GPU"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pictures", type=Path)
    parser.add_argument("-n", type=int, default=5000)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="bf16")
    parser.add_argument("--checkpoints", nargs="+", default=CHECKPOINTS)
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / "results.md")
    given = parser.parse_args(arguments)
    how = options.decided(Options("crop", given.precision, options.pick_device(given.device), None, 16, "auto"))
    with tempfile.TemporaryDirectory() as name:
        folder = bench.fill(Path(name) / "pictures", given.pictures, given.n)
        keep(given.results, section([with_weights(one) for one in given.checkpoints], folder, how))


def with_weights(name: str) -> tuple[Checkpoint, bool]:
    """A checkpoint, and whether its weights are its own or random."""
    try:
        return checkpoints.load(name), True
    except MissingSourceError as error:
        warnings.warn(f"{name} gets random weights: {error}", stacklevel=2)
        return timm_loop.random(name), False


def section(loaded: list[tuple[Checkpoint, bool]], folder: Path, how: Options) -> list[str]:
    """Rates, memory, and how predictions move, of each checkpoint."""
    rows, moved = [], []
    for checkpoint, own in loaded:
        print(f"{checkpoint.name} ...", flush=True)
        rows.append(speeds(checkpoint, folder, how))
        moved.append(movements(checkpoint, folder, how, own))
    cuda = how.device.startswith("cuda")
    device = torch.cuda.get_device_name(how.device) if cuda else "The CPU: a trial of the command, and no result"
    random = [one.name for one, own in loaded if not own]
    return [
        HEADING,
        "",
        f"{device}, {options.cores()} cores; torch {torch.__version__}; {how.precision}, batches of {how.chunk}, "
        "protocol crop; images/s of the loop alone."
        + (f" Random weights: {', '.join(random)}; how their predictions move tells nothing." if random else ""),
        "",
        "| checkpoint | forward alone | workbench | of forward | timm's loop, AMP | to timm's | MB on the device |",
        "|---|---|---|---|---|---|---|",
        *rows,
        "",
        *decoding(loaded[0][0], folder, how),
        "",
        f"Of {COMPARED} pictures (all, where there are fewer), how many keep the best class of fp32 on the CPU:",
        "",
        f"| checkpoint | {how.precision} | {how.precision}, decoded on the device |",
        "|---|---|---|",
        *moved,
        "",
    ]


def speeds(checkpoint: Checkpoint, folder: Path, how: Options) -> str:
    """A row: the forward pass on one batch again and again, the engine, and timm's loop, in turn."""
    pictures = images.folder(folder, "bench")
    alone = forward_rate(checkpoint, how)
    cuda = how.device.startswith("cuda")
    if cuda:
        torch.cuda.reset_peak_memory_stats(how.device)
    made = engine.predict([checkpoint], pictures, protocol="crop", precision=how.precision, device=how.device)
    memory = f"{torch.cuda.max_memory_allocated(how.device) / 1e6:,.0f}" if cuda else "-"
    own = made[0].provenance["images_per_second"]
    timms = timm_loop.rate(checkpoint, folder, device=how.device, amp=True, batch_size=how.chunk)
    cells = [f"`{checkpoint.name}`", f"{alone:.0f}", f"{own:.0f}", f"{own / alone:.2f}", f"{timms:.0f}"]
    return f"| {' | '.join(cells)} | {own / timms:.1f} | {memory} |"


def forward_rate(checkpoint: Checkpoint, how: Options) -> float:
    """Images/s of the forward pass over one batch that lies on the device."""
    ready = runner.Runner(checkpoint, how)
    if how.device == "cpu":
        ready.compile()
    _, height, width = checkpoint.input["input_size"]
    noise = torch.randint(0, 256, (how.chunk, height, width, 3), dtype=torch.uint8, device=how.device)
    for _ in range(3):
        ready(noise)[0].cpu()
    started, n = time.perf_counter(), 0
    while time.perf_counter() - started < SECONDS:
        ready(noise)[0].cpu()  # waits for the device
        n += len(noise)
    return n / (time.perf_counter() - started)


def decoding(checkpoint: Checkpoint, folder: Path, how: Options) -> list[str]:
    """Pictures a second decoded by the threads of the CPU (resized, too), and decoded on the device."""
    pictures = images.folder(folder, "bench")
    geometry = pixels.geometry(checkpoint.input, "crop")
    resizers = {geometry: resizing.resizer(geometry)}
    rows = np.arange(min(len(pictures), 1000))
    threads = timed(
        lambda: list(
            engine.flow.ahead(
                lambda r: pixels.read(pictures, resizers, r),
                np.array_split(rows, max(1, len(rows) // 16)),
                options.cores(),
            )
        )
    )
    jpegs = [data for data in map(pictures.read, (pictures.images[row] for row in rows)) if data[:2] == b"\xff\xd8"]
    on_device = timed(
        lambda: [on_the_device(jpegs[start : start + 32], how.device) for start in range(0, len(jpegs), 32)]
    )
    return [
        f"Decoding and resizing by {options.cores()} threads of the CPU: {len(rows) / threads:.0f} pictures/s; "
        f"decoding alone on the device (torchvision): {len(jpegs) / on_device:.0f} JPEGs/s."
    ]


def on_the_device(jpegs: list[bytes], device: str) -> list[torch.Tensor]:
    """Pixels (3, height, width) of encoded JPEGs, on the device."""
    from torchvision.io import ImageReadMode, decode_jpeg

    encoded = [torch.frombuffer(bytearray(data), dtype=torch.uint8) for data in jpegs]
    decoded: Any = decode_jpeg(encoded, mode=ImageReadMode.RGB, device=device)
    return decoded


def timed(do: Callable[[], object]) -> float:
    started = time.perf_counter()
    do()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - started


def movements(checkpoint: Checkpoint, folder: Path, how: Options, own: bool) -> str:
    """A row: predictions of the first pictures beside those in fp32 on the CPU."""
    whole = images.folder(folder, "bench")
    pictures = images.ImageSet("bench", whole.images[:COMPARED], whole.read)

    def run(source: images.ImageSet, precision: str, device: str) -> Predictions:
        return engine.predict([checkpoint], source, protocol="crop", precision=precision, device=device)[0]

    def again(image: str) -> bytes:
        """A JPEG as the device decodes it, kept without loss; any other picture as it is."""
        data = whole.read(image)
        if data[:2] != b"\xff\xd8":
            return data
        stream = io.BytesIO()
        Image.fromarray(on_the_device([data], how.device)[0].permute(1, 2, 0).cpu().numpy()).save(stream, "PNG")
        return stream.getvalue()

    truth = run(pictures, "fp32", "cpu").classes[:, 0]
    other = images.ImageSet("bench", pictures.images, again)
    kept = [int((run(source, how.precision, how.device).classes[:, 0] == truth).sum()) for source in (pictures, other)]
    note = "" if own else " (random weights)"
    return f"| `{checkpoint.name}`{note} | {kept[0]} of {len(truth)} | {kept[1]} of {len(truth)} |"


def keep(results: Path, lines: list[str]) -> None:
    """Put the section in the place of an older one, or at the end."""
    before, found, after = results.read_text(encoding="utf-8").partition(f"{HEADING}\n")
    following = after.find("\n## ")
    rest = after[following + 1 :] if found and following >= 0 else ""
    with writing(results) as stream:
        stream.write("\n".join([before.rstrip() + "\n", *lines, rest]).rstrip().encode() + b"\n")


if __name__ == "__main__":
    main()
