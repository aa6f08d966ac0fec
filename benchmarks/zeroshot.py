"""How fast zero-shot classification is, against open_clip's own, in one run: writes a section of benchmarks/results.md.

    python benchmarks/zeroshot.py PICTURES [-n 200] [--times 3]

A full-size ViT-B-32 with random weights: how long it takes does not depend on them. Peer and own run in turn, several
times; ratios are of medians.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import open_clip
import torch

sys.path.insert(0, str(Path(__file__).parent))
import bench

from workbench.files import writing
from workbench.inputs import images, prompts
from workbench.inputs.prompts import Prompts
from workbench.predict import engine
from workbench.predict.zeroshot import checkpoint, head

ARCH, HEADING = "ViT-B-32", "## Zero-shot classification, ViT-B-32"
RESULTS = Path(__file__).with_name("results.md")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pictures", type=Path)
    parser.add_argument("-n", type=int, default=200)
    parser.add_argument("--times", type=int, default=3)
    arguments = parser.parse_args()
    torch.manual_seed(0)
    model = open_clip.create_model(ARCH).eval()
    facts = f"{bench.machine()[-1]} open_clip {open_clip.__version__}."
    lines = [HEADING, "", "Random weights, so there is no accuracy to report. " + facts, ""]
    lines += embeddings(model, arguments.times)
    print("\n".join(lines), flush=True)
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "random.pt"
        torch.save(model.state_dict(), file)
        os.environ["WORKBENCH_CACHE"] = name
        folder = bench.fill(Path(name) / "pictures", arguments.pictures, arguments.n)
        lines += pictures(folder, file, arguments.times)
    print("\n".join(lines[-12:]))
    kept = RESULTS.read_text(encoding="utf-8").split(HEADING)[0].rstrip()
    with writing(RESULTS) as stream:
        stream.write("\n".join([kept, "", *lines]).encode())


def embeddings(model: torch.nn.Module, times: int) -> list[str]:
    """The whole call, tokenizer and all, for 200 names and 8 templates."""
    asked = prompts.choose()
    some = Prompts(asked.names[:200], asked.templates[:8])
    tokenizer = open_clip.get_tokenizer(ARCH)
    found: dict[str, torch.Tensor] = {}

    def peer() -> None:
        made = open_clip.build_zero_shot_classifier(model, tokenizer, some.names, some.templates)
        found["peer"] = made.T

    def own() -> None:
        found["own"] = head.build(model, tokenizer, some)

    seconds = in_turn({"peer": lambda: clocked(peer), "own": lambda: clocked(own)}, times)
    ratio = statistics.median(seconds["peer"]) / statistics.median(seconds["own"])
    difference = (found["peer"] - found["own"]).abs().max().item()
    return [
        f"Class embeddings of 200 names x 8 templates, fp32, whole call; largest difference {difference:.0e}.",
        "",
        "| | seconds | ratio of medians |",
        "|---|---|---|",
        f"| open_clip's `build_zero_shot_classifier` | {listed(seconds['peer'], 0)} | 1 |",
        f"| workbench | {listed(seconds['own'], 1)} | **{ratio:.1f}** |",
        "",
    ]


def pictures(folder: Path, file: Path, times: int) -> list[str]:
    """Pictures/s of the loops alone, heads made before."""
    made = checkpoint.load(f"clip:{ARCH}@{file},templates={{}}.")
    whole = images.folder(folder, "bench")

    def peer(precision: str) -> Callable[[], float]:
        command = (sys.executable, Path(__file__).with_name("open_clip_loop.py"), ARCH, file, folder, precision)
        return lambda: float(bench.output(*command))

    def own(precision: str) -> Callable[[], float]:
        return lambda: engine.predict([made], whole, protocol="crop", precision=precision, device="cpu")[0].provenance[
            "images_per_second"
        ]

    loops = {"open_clip's loop, 2 workers": peer, "workbench": own}
    rates = in_turn({f"{name}, {p}": loop(p) for p in ("fp32", "bf16") for name, loop in loops.items()}, times)
    base = statistics.median(next(iter(rates.values())))
    return [
        f"{len(whole)} pictures, protocol crop, pictures/s of the loop alone.",
        "",
        "| | pictures/s | ratio of medians |",
        "|---|---|---|",
        *[f"| {name} | {listed(rate, 1)} | {statistics.median(rate) / base:.2f} |" for name, rate in rates.items()],
        "",
    ]


def in_turn(calls: dict[str, Callable[[], float]], times: int) -> dict[str, list[float]]:
    """What each call measures, `times` over, one after the other."""
    found: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(times):
        for name, call in calls.items():
            found[name].append(call())
            print(f"{name}: {found[name][-1]:.2f} (load {os.getloadavg()[0]:.1f})", flush=True)
    return found


def clocked(call: Callable[[], None]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def listed(numbers: list[float], digits: int) -> str:
    return ", ".join(f"{number:.{digits}f}" for number in numbers)


if __name__ == "__main__":
    main()
