"""What a cluster costs and survives, with real processes: prints what benchmarks/results.md says of it.

python benchmarks/cluster.py rate PICTURES         local:2 against the plain engine, once started
python benchmarks/cluster.py torture PICTURES      SIGKILLs of workers, scheduler and client, at random
python benchmarks/cluster.py scheduling            200 workers whose units sleep, a real scheduler
"""

import argparse
import asyncio
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from itertools import cycle
from pathlib import Path
from typing import Any

import psutil

from workbench.files import files_below
from workbench.inputs import images
from workbench.inputs.images.readers import SUFFIXES
from workbench.predict import engine, store
from workbench.predict.cluster import running, units, where
from workbench.predict.cluster.scheduling import Schedule
from workbench.predict.cluster.units import Unit
from workbench.predict.store import Predictions

HOW: Any = {"precision": "fp32", "device": "cpu", "compile": "off"}
STEP = 32  # pictures of a unit under torture
PRELOAD = """
import os, signal, time
from workbench.predict.cluster import worker
run = worker.original = getattr(worker, "original", worker.run)  # dask may run this file twice
def logged(job, unit, cores):
    with open({log!r}, "a") as log:
        log.write(f"{{unit.size}}\\n")
    if {deadly} and any("w1" in name for name in unit.names):
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep({pause})
    return run(job, unit, cores)
worker.run = logged
"""


def same_bytes(one: Predictions, other: Predictions) -> bool:
    """Whether classes and scores are the same, to the last bit."""
    stored = [(predictions.classes, predictions.scores) for predictions in (one, other)]
    return all(a is not None and b is not None and a.tobytes() == b.tobytes() for a, b in zip(*stored, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("rate", "torture", "scheduling", "client", "crowd"))
    parser.add_argument("given", nargs="*")
    parser.add_argument("-n", type=int, default=1000, help="pictures")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--kills", type=int, nargs=4, default=(20, 5, 5, 3), help="worker scheduler client resuming")
    parser.add_argument("--workers", type=int, default=200)
    parser.add_argument("--units", type=int, default=2400)
    parser.add_argument("--seconds", type=float, default=10.0)
    arguments = parser.parse_args()
    {"rate": rate, "torture": torture, "scheduling": spread, "client": client, "crowd": crowd}[arguments.what](
        arguments
    )


def filled(folder: Path, source: Path, n: int) -> Path:
    folder.mkdir(parents=True)
    for i, file in zip(range(n), cycle(files_below(source, SUFFIXES)), strict=False):
        (folder / f"{i:05d}{file.suffix}").symlink_to(file.resolve())
    return folder


def rate(arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as name, where.opened("local:2") as client:
        folder, names = (
            filled(Path(name) / "pictures", Path(arguments.given[0]), arguments.n),
            ["tf_efficientnet_lite0.in1k"],
        )
        spans: list[float] = []

        def listen(event):
            spans.append(time.perf_counter())

        def on_cluster(turn):
            spans.clear()
            running.predict(names, folder, "n", client=client, out=Path(name) / f"out{turn}", on_event=listen, **HOW)
            return arguments.n / (spans[-1] - spans[0])

        on_cluster("warm")
        for turn in range(3):
            (one,) = engine.predict(names, images.folder(folder, "n"), out=Path(name) / f"plain{turn}", **HOW)
            plain, spread = one.provenance["images_per_second"], on_cluster(turn)
            other = store.read(Path(name) / f"out{turn}" / one.file_name)
            same = same_bytes(one, other)
            print(
                f"plain {plain:.1f}, local:2 {spread:.1f} images/s: {spread / plain:.3f}; same bytes: {same}",
                flush=True,
            )


class Processes:
    """Scheduler, workers and client, started again when they have ended."""

    def __init__(self, folder: Path, pictures: Path, n_workers: int) -> None:
        self.folder, self.pictures, self.n = folder, pictures, n_workers
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        self.all: dict[str, subprocess.Popen] = {}
        self.starts = 0
        os.environ["DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES"] = "0"
        for i in range(n_workers):
            script = PRELOAD.format(log=str(folder / "begun.log"), deadly=i == 0, pause=1.5)
            (folder / f"preload{i}.py").write_text(script)

    def tend(self) -> None:
        dask = [sys.executable, "-m", "dask"]
        self.start(
            "scheduler",
            [
                *dask,
                "scheduler",
                "--port",
                self.address.split(":")[-1],
                "--host",
                "127.0.0.1",
                "--no-show",
                "--no-dashboard",
            ],
        )
        for i in range(self.n):
            loaded = [
                "--preload",
                str(self.folder / f"preload{i}.py"),
                "--no-dashboard",
                "--local-directory",
                str(self.folder),
            ]
            self.start(
                f"worker{i}",
                [*dask, "worker", self.address, "--no-nanny", "--nthreads", "1", "--name", f"w{i}", *loaded],
            )
        self.start("client", [sys.executable, __file__, "client", self.address, str(self.folder), str(self.pictures)])

    def start(self, name: str, command: list[str]) -> None:
        if name not in self.all or self.all[name].poll() is not None:
            self.starts += name == "client"
            with (self.folder / f"{name}.log").open("a") as log:
                self.all[name] = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        self.all[name].send_signal(number)

    def end(self) -> None:
        for one in self.all.values():
            one.kill()
            one.wait()


def client(arguments: argparse.Namespace) -> None:
    address, folder, pictures = arguments.given
    units.step = lambda *_: STEP
    names = [f"test_resnet@{folder}/w{seed}.pth" for seed in range(3)]
    with where.opened(address) as connected:
        found = running.predict(names, pictures, "n", client=connected, out=Path(folder) / "out", **HOW)
    sys.exit(len(found) < len(names))


def torture(arguments: argparse.Namespace) -> None:  # noqa: C901
    import timm
    import torch

    chance, started = random.Random(arguments.seed), time.monotonic()
    workers, schedulers, clients, resuming = arguments.kills
    acts = ["worker"] * workers + ["scheduler"] * schedulers + ["client"] * clients + ["resuming"] * resuming + ["stop"]
    chance.shuffle(acts)
    print(f"seed {arguments.seed}: {len(acts)} acts", flush=True)
    folder = Path(tempfile.mkdtemp())
    pictures = filled(folder / "pictures", Path(arguments.given[0]), arguments.n)
    for seed in range(3):
        torch.manual_seed(seed)
        torch.save(timm.create_model("test_resnet").state_dict(), folder / f"w{seed}.pth")
    processes, wake, done = Processes(folder, pictures, 3), [], []
    due = time.monotonic() + 8
    try:
        while True:
            code = processes.all["client"].poll() if "client" in processes.all else None
            if code == 0 and not acts:
                break
            if code == 0:  # finished too early: the remaining acts hit another run of the same, which is made anew
                shutil.move(folder / "out", folder / f"out{processes.starts}")
            processes.tend()
            for at, name in list(wake):
                if time.monotonic() > at:
                    processes.kill(name, signal.SIGCONT)
                    wake.remove((at, name))
            if acts and time.monotonic() > due:
                act, wait = acts.pop(), chance.uniform(1, 5)
                name = f"worker{chance.randrange(1, 3)}" if act in ("worker", "stop") else act
                if act == "stop":
                    processes.kill(name, signal.SIGSTOP)
                    wake.append((time.monotonic() + 60, name))
                elif act == "resuming":
                    processes.kill("client")
                    processes.all["client"].wait()
                    processes.tend()
                    time.sleep(chance.uniform(0.5, 6))
                    processes.kill("client")
                else:
                    processes.kill(name)
                done.append(act)
                due = time.monotonic() + wait + (6 if act in ("scheduler", "client", "resuming") else 0)
            time.sleep(0.1)
            if time.monotonic() - started > 900:
                sys.exit("it did not end within 15 minutes")
    finally:
        processes.end()
    print(f"{len(done)} acts in {time.monotonic() - started:.0f} s; the client was started {processes.starts} times")
    report(folder, pictures, arguments.n)


def report(folder: Path, pictures: Path, n: int) -> None:
    names = [f"test_resnet@{folder}/w{seed}.pth" for seed in range(3)]
    plain = engine.predict(names, images.folder(pictures, "n"), **HOW)
    runs = sorted(folder.glob("out*"))
    for out in runs:
        for one in plain:
            other = store.read(out / one.file_name)
            whole = other.images.tolist() == one.images.tolist() and not other.images.has_duplicates
            same = same_bytes(one, other)
            print(f"{out.name}/{one.file_name}: every picture once: {whole}; same bytes: {same}")
    begun = sum(map(int, (folder / "begun.log").read_text().split()))
    needed = 3 * n * len(runs)
    left = sorted(path.name for path in (folder / "out").iterdir())
    print(f"begun {begun} of {needed} predictions: {begun / needed - 1:.0%} repeated; left: {left}")
    shutil.rmtree(folder)


def crowd(arguments: argparse.Namespace) -> None:
    """So many dask workers in this process, each with a thread of its own."""
    from distributed import Worker

    address, count = arguments.given

    async def work() -> None:
        async with asyncio.TaskGroup() as group:
            crew = [
                Worker(address, nthreads=1, memory_limit=0, dashboard=False, name=f"{os.getpid()}-{i}")
                for i in range(int(count))
            ]
            for one in crew:
                group.create_task(one.start())
        await asyncio.gather(*(one.finished() for one in crew))

    asyncio.run(work())


def spread(arguments: argparse.Namespace) -> None:
    from distributed import Client

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    silence: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    scheduler = subprocess.Popen(
        [sys.executable, "-m", "dask", "scheduler", "--port", str(port), "--host", "127.0.0.1", "--no-dashboard"],
        **silence,
    )
    crowds = [
        subprocess.Popen([sys.executable, __file__, "crowd", address, str(arguments.workers // 4)], **silence)
        for _ in range(4)
    ]

    def slept(seconds, unit, cores):
        import time

        time.sleep(seconds)
        return [("path", "digest", unit.start, unit.stop, seconds)] * len(unit.names)

    try:
        with Client(address, timeout=60) as client:
            client.wait_for_workers(arguments.workers, timeout=120)
            looked: dict[str, tuple[str, int]] = {}
            at = [0.0]

            def crew():
                if time.monotonic() - at[0] > 1:
                    at[0] = time.monotonic()
                    looked.clear()
                    looked.update({one: (one, 1) for one in client.nthreads()})  # pyright: ignore[reportGeneralTypeIssues]
                return looked

            schedule = Schedule(client, crew, slept, (arguments.seconds,))
            names = [f"checkpoint{i:03d}" for i in range(315)]
            groups = [tuple(names[i : i + 8]) for i in range(0, 315, 8)]
            plan = [Unit(group, start, start + 1000) for group in groups for start in range(0, 60_000, 1000)]
            schedule.add(plan[: arguments.units])
            process, own = psutil.Process(scheduler.pid), psutil.Process()
            before, own_before = sum(process.cpu_times()[:2]), sum(own.cpu_times()[:2])
            started, n, most = time.perf_counter(), 0, 0
            for _ in schedule.results():
                n += 1
                most = max(most, process.memory_info().rss)
            wall = time.perf_counter() - started
            cpu, own_cpu = sum(process.cpu_times()[:2]) - before, sum(own.cpu_times()[:2]) - own_before
            ideal = -(-n // arguments.workers) * arguments.seconds
            print(f"{n} units on {arguments.workers} workers: {wall:.1f} s, ideal {ideal:.1f} s")
            print(f"overhead {wall / ideal - 1:.1%}; scheduler {cpu:.1f} s of CPU, {1000 * cpu / n:.1f} ms a unit")
            print(f"scheduler {most / 1e6:.0f} MB; client {own_cpu:.1f} s of CPU")
    finally:
        for one in (*crowds, scheduler):
            one.kill()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
