"""The commands killed at random, again and again: what is lost, what is computed twice, what is left behind.

python -m benchmarks.torture [-n KILLS] [--seed SEED] [PART ...]

Ends with exit code 1 at the first loss, and names the seed, which repeats the draws (not the moments of the machine).
"""

import argparse
import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

PICTURES, TOPK, IN_FLIGHT = 60, 16, 4
CHECKPOINTS = ("test_resnet", "test_vit")
NOTEBOOK = "20-label-counts"
SHARES = {"predict": 55, "ask": 20, "write": 20, "reproduce": 5}  # of 100 kills
SEAL = len(" 00000000")
# Everything is imported once; each run is a fork of that process, so that a kill costs no second start.
LOADED = ["timm", "torch", "pandas", "psutil", "pyarrow.parquet", "openai", "workbench.cli", "workbench.predict.engine"]
LOADED += ["workbench.predict.asking.served", "workbench.predict.asking.preparing", "workbench.reproduce.running"]
FORKS = multiprocessing.get_context("forkserver")


class Loss(Exception):
    """A promise that was not kept."""


def check(kept: bool, what: object) -> None:
    if not kept:
        raise Loss(str(what))


# --- what is killed -----------------------------------------------------------------------------------------


def command(line: list[str], pictures: str, out: str, log: str, die_at: int) -> None:
    """`workbench` with these arguments; the pictures that it opens are logged, as is how often it touches `out`.

    With `die_at` it dies just before it touches a file there that often.
    """
    diary = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    touched = [0]

    def hook(event: str, args: tuple) -> None:
        if event not in ("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir"):
            return
        path = os.fspath(args[0]) if hasattr(args[0], "__fspath__") else args[0]
        if not isinstance(path, str):
            return
        if event == "open" and path.startswith(pictures):
            os.write(diary, f"{Path(path).name}\n".encode())
        elif path.startswith(out):
            touched[0] += 1
            if touched[0] == die_at:
                os.kill(os.getpid(), signal.SIGKILL)
            os.write(diary, b"touched\n")

    for stream, name in ((sys.stdout, ".out"), (sys.stderr, ".err")):
        os.dup2(os.open(log + name, os.O_WRONLY | os.O_APPEND | os.O_CREAT), stream.fileno())
    from workbench import cli

    sys.argv = ["workbench", *line]
    sys.addaudithook(hook)
    os.write(diary, b"begun\n")
    cli.main()


class Runs:
    """One command, started any number of times over one folder `out`."""

    def __init__(self, place: Path, line: list[str], pictures: Path) -> None:
        self.place, self.line, self.pictures = place, line, pictures
        self.out, self.log = place / "out", place / "log"
        place.mkdir(parents=True, exist_ok=True)

    def start(self, *more: str, die_at: int = 0) -> Any:
        args = ([*self.line, *more], str(self.pictures), str(self.out), str(self.log), die_at)
        process = FORKS.Process(target=command, args=args)
        process.start()
        return process

    def whole(self, *more: str) -> None:
        """Run it to its end."""
        process = self.start(*more)
        process.join(180)
        said = Path(f"{self.log}.err").read_text()
        check(process.exitcode == 0, f"exit code {process.exitcode}: {said[-2000:]}")
        check("Traceback" not in said, said[-2000:])

    def logged(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []

    def opened(self) -> list[str]:
        """Pictures that were opened, in turn."""
        return [line for line in self.logged() if line not in ("begun", "touched")]

    def touched(self) -> int:
        return self.logged().count("touched")

    def kill(self, draw: random.Random, usual: SimpleNamespace, *more: str) -> str:
        """Start and kill it at a random moment, in one of the ways; the way, or ``ended`` where it ended first."""
        way = draw.choice(["time", "time", "pictures", "pictures", "files", "files", "files", "SIGTERM", "SIGINT"])
        begun, opened = self.logged().count("begun"), len(self.opened())
        process = self.start(*more, die_at=draw.randint(1, usual.touched) if way == "files" else 0)
        until = draw.randint(1, PICTURES - 1) if way == "pictures" else 0
        after = draw.uniform(0, usual.seconds)
        while process.is_alive() and self.logged().count("begun") == begun:
            time.sleep(0.001)
        started = time.monotonic()
        if way in ("SIGTERM", "SIGINT"):
            after = max(after, 0.02)  # it listens from then on
        while process.is_alive() and (way == "files" or (until and len(self.opened()) < opened + until)):
            check(time.monotonic() - started < 120, "it hangs")
            time.sleep(0.001)
        while not until and way != "files" and process.is_alive() and time.monotonic() - started < after:
            time.sleep(0.001)
        number = signal.Signals[way] if way.startswith("SIG") else signal.SIGKILL
        if process.is_alive() and process.pid:
            os.kill(process.pid, number)
        process.join(20)
        check(process.exitcode is not None, f"it did not end within 20 s of {number.name}")
        check(process.exitcode in (0, -number, 128 + number), self.told(process.exitcode))
        return "ended" if process.exitcode == 0 else way

    def told(self, code: object) -> str:
        return f"exit code {code}: {Path(f'{self.log}.err').read_text()[-2000:]}"


def sealed(path: Path, size: int | None) -> list[bytes]:
    """The whole records of a journal, by their checksums."""
    body = path.read_bytes().partition(b"\n")[2] if path.exists() else b""
    step = (size or 0) + SEAL
    found = body.split(b"\n")[:-1] if size is None else [body[at : at + step] for at in range(0, len(body), step)]
    return [one[:-SEAL] for one in found if one[-SEAL:] == b" %08x" % zlib.crc32(one[:-SEAL])]


def table(path: Path, *columns: str) -> Any:
    from pyarrow import parquet

    return parquet.read_table(path, columns=list(columns) or None, use_threads=False).replace_schema_metadata(None)


def names(folder: Path) -> list[str]:
    """All that lies below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def _result(found: Any, unit: str, bound: int) -> dict:
    mean = found.repeated / found.ways.total()
    repeated = f"{found.repeated} {unit}: {mean:.1f} a kill, at most {found.most} (stated: {bound})"
    return {"kills": found.ways, "rounds": found.rounds, "repeated": repeated}


# --- workbench predict --------------------------------------------------------------------------------------


def predict(place: Path, draw: random.Random, kills: int) -> dict:
    """Two checkpoints over sixty pictures: killed while it starts, runs, goes on, restarts and writes its files."""
    from tests.predict.conftest import _png

    pictures = place / "pictures"
    pictures.mkdir()
    for number in range(PICTURES):
        Path(pictures, f"{number:02d}.png").write_bytes(_png(number))
    process = FORKS.Process(target=weights, args=(str(place),))
    process.start()
    process.join()
    line = ["predict", *(f"{name}@{place / name}.safetensors" for name in CHECKPOINTS), "--images", str(pictures)]
    line += ["--image-set", "few", "--precision", "fp32", "--device", "cpu", "--topk", str(TOPK)]
    whole = Runs(place / "whole", [*line, "--out", str(place / "whole" / "out")], pictures)
    started = time.monotonic()
    whole.whole()
    usual = SimpleNamespace(seconds=time.monotonic() - started, touched=whole.touched())
    check(sorted(whole.opened()) == [f"{number:02d}.png" for number in range(PICTURES)], "pictures are not read once")
    files = names(whole.out)
    check(files == [finished(Path(), name).name for name in CHECKPOINTS], files)
    bound = 16 * len(os.sched_getaffinity(0))
    found = SimpleNamespace(ways=Counter(), repeated=0, most=0, rounds=0)
    while found.ways.total() < kills:
        runs = Runs(place / f"{found.rounds}", [*line, "--out", str(place / f"{found.rounds}" / "out")], pictures)
        anew = draw.random() < 0.4
        if anew:
            shutil.copytree(whole.out, runs.out)
        _predict_round(runs, draw, usual, bound, found, anew)
        check(names(runs.out) == files, f"left over: {set(names(runs.out)) ^ set(files)}")
        for name in files:
            check(table(runs.out / name).equals(table(whole.out / name)), f"{name} has other values")
        shutil.rmtree(runs.place)
        found.rounds += 1
    return _result(found, "pictures", bound)


def _predict_round(runs: Runs, draw: random.Random, usual: Any, bound: int, found: Any, anew: bool) -> None:
    restarting, since = ["--restart"] if anew else [], time.time_ns() if anew else 0
    for _ in range(draw.randint(1, 4)):
        kept, before = held(runs.out, since), len(runs.opened())
        way = runs.kill(draw, usual, *restarting)
        check(not set(runs.opened()[before:]) & kept, "a picture that was on disk was read again")
        if way == "ended":
            break
        found.ways[("restart: " if anew else "") + way] += 1
        now = held(runs.out, since)
        check(kept <= now, f"{len(kept - now)} pictures that were on disk are gone")
        repeated = len(set(runs.opened()[before:]) - now)
        seen = f"{way}, {anew=}, {len(kept)} kept before, {len(now)} now, {len(runs.opened()) - before} opened"
        check(repeated <= bound, f"{repeated} pictures are to be read again; stated are {bound} ({seen})")
        found.repeated, found.most = found.repeated + repeated, max(found.most, repeated)
        if not Path(runs.out, ".partial").exists() and through(runs.out, since):
            break
        if begun(runs.out, since) and draw.random() < 0.3:
            restarting = []  # it goes on as a restart, asked for again or not
    kept, before = held(runs.out, since), len(runs.opened())
    runs.whole(*[] if through(runs.out, since) else restarting)
    check(not set(runs.opened()[before:]) & kept, "a picture that was on disk was read again")
    check(through(runs.out, since), "an older file was taken for a new one")


def held(out: Path, since: int) -> set[str]:
    """The pictures that every checkpoint has a result of: in its journal or, without one, in its finished file."""
    found = []
    for name in CHECKPOINTS:
        file, path = finished(out, name), journal(out, name)
        rows = {int.from_bytes(record[:4], "little") for record in sealed(path, 4 + 6 * TOPK)}
        found.append(rows if path.exists() or made(file) <= since else set(range(PICTURES)))
    return {f"{row:02d}.png" for row in set.intersection(*found)}


def through(out: Path, since: int) -> bool:
    """Whether every checkpoint's file was made since then."""
    return all(made(finished(out, name)) > since for name in CHECKPOINTS)


def begun(out: Path, since: int) -> bool:
    """Whether every checkpoint has a journal, or a file that was made since then."""
    return all(journal(out, name).exists() or made(finished(out, name)) > since for name in CHECKPOINTS)


def journal(out: Path, checkpoint: str) -> Path:
    return out / ".partial" / finished(out, checkpoint).with_suffix(".journal").name


def finished(out: Path, checkpoint: str) -> Path:
    return out / f"{checkpoint}@{checkpoint}--few--resize.parquet"


def made(path: Path) -> int:
    """When a file was written, in ns; 0 where there is none."""
    return path.stat().st_mtime_ns if path.exists() else 0


def weights(place: str) -> None:
    import timm
    import torch
    from safetensors.torch import save_file

    for name in CHECKPOINTS:
        torch.manual_seed(0)
        save_file(timm.create_model(name, pretrained=False).state_dict(), Path(place, f"{name}.safetensors"))


# --- workbench ask ------------------------------------------------------------------------------------------


def serve(address: str, log: str) -> None:
    """A server on this machine that answers every picture with its own letter, and logs which it was shown."""
    from tests.predict.asking.conftest import Server, answers

    server, diary = Server(), os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def behave(handler: Any, body: dict) -> None:
        url = body["messages"][0]["content"][0]["image_url"]["url"]
        shown = zlib.crc32(url.encode())
        os.write(diary, f"{shown:08x}\n".encode())
        answers(f"{'ABCDEFGHIJ'[shown % 10]}. It is {shown:08x}", after=0.02)(handler, body)

    server.behaviour = behave
    Path(address).write_text(server.url)
    signal.pause()


def ask(place: Path, draw: random.Random, kills: int) -> dict:
    """Sixty questions to a server, four at once."""
    from tests.predict.conftest import _png

    pictures = place / "pictures"
    for number in range(PICTURES):
        path = pictures / f"{number % 4}" / f"{number:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_png(number))
    for name in [name for name in os.environ if "proxy" in name.lower()]:
        del os.environ[name]
    shown = place / "shown"
    server = FORKS.Process(target=serve, args=(str(place / "address"), str(shown)), daemon=True)
    server.start()
    while not (place / "address").exists() or not (place / "address").read_text():
        time.sleep(0.01)
    try:
        return _ask(place, draw, kills, shown)
    finally:
        server.kill()


def _ask(place: Path, draw: random.Random, kills: int, shown: Path) -> dict:
    line = ["ask", f"openai:tiny@{(place / 'address').read_text()}", "--images", str(place / "pictures")]
    line += ["--image-set", "few", "--in-flight", str(IN_FLIGHT), "--retries", "1"]
    columns = ("image", "text", "letter", "outcome", "tokens")
    whole = Runs(place / "whole", [*line, "--out", str(place / "whole" / "out")], place / "pictures")
    started = time.monotonic()
    whole.whole()
    usual = SimpleNamespace(seconds=time.monotonic() - started, touched=whole.touched())
    files = names(whole.out)
    (name,) = [name for name in files if name.startswith("openai")]
    found = SimpleNamespace(ways=Counter(), repeated=0, most=0, rounds=0)
    while found.ways.total() < kills:
        runs = Runs(place / f"{found.rounds}", [*line, "--out", str(place / f"{found.rounds}" / "out")], whole.pictures)
        journal = runs.out / ".partial" / f"{Path(name).stem}.journal"
        kept: dict[int, dict] = {}
        for _ in range(draw.randint(1, 4)):
            before = len(shown.read_text().splitlines())
            way = runs.kill(draw, usual)
            if way == "ended":
                break
            found.ways[way] += 1
            if not journal.exists() and (runs.out / name).exists():
                break
            time.sleep(0.05)  # what was under way reaches the server
            asked = shown.read_text().splitlines()[before:]
            now = {one["row"]: one for one in map(json.loads, sealed(journal, None))}
            check(kept.items() <= now.items(), "answers that were on disk are gone")
            done = {one["text"][-8:] for one in kept.values()}
            check(not done & set(asked), "a question that was answered was asked again")
            repeated = len(asked) - (len(now) - len(kept))
            check(0 <= repeated <= IN_FLIGHT, f"{repeated} answers were lost; stated are {IN_FLIGHT}")
            found.repeated, found.most, kept = found.repeated + repeated, max(found.most, repeated), now
        before = len(shown.read_text().splitlines())
        runs.whole()
        again = {one["text"][-8:] for one in kept.values()} & set(shown.read_text().splitlines()[before:])
        check(not again, "a question that was answered was asked again")
        check(names(runs.out) == files, f"left over: {set(names(runs.out)) ^ set(files)}")
        check(table(runs.out / name, *columns).equals(table(whole.out / name, *columns)), "other answers")
        seconds = table(runs.out / name, "seconds")["seconds"].to_pylist()
        check(all(np.float32(one["seconds"]) == seconds[row] for row, one in kept.items()), "answers were replaced")
        shutil.rmtree(runs.place)
        found.rounds += 1
    return _result(found, "questions", IN_FLIGHT)


# --- store.write --------------------------------------------------------------------------------------------


def rewrite(path: str) -> None:
    """Write one of two tables in the place of the other, for ever."""
    from workbench.predict import store

    while True:
        for number in (0, 1):
            store.write(numbered(number), path)


def numbered(number: int) -> Any:
    from workbench.predict import store

    classes = np.random.default_rng(number).permuted(np.tile(np.arange(50), (4000, 1)), axis=1)[:, :TOPK]
    return store.from_arrays("net", "few", [f"{row}.png" for row in range(4000)], classes, None)


def write(place: Path, draw: random.Random, kills: int) -> dict:
    """A predictions file of 4,000 pictures that is replaced again and again."""
    from workbench.predict import store

    path, left = place / "out" / "net.parquet", 0
    valid = [numbered(number).classes for number in (0, 1)]
    store.write(numbered(0), path)
    for _ in range(kills):
        process = FORKS.Process(target=rewrite, args=(str(path),))
        stamp = made(path)
        process.start()
        while made(path) == stamp:
            time.sleep(0.001)
        time.sleep(draw.uniform(0, 0.05))
        process.kill()
        process.join()
        left += len(names(path.parent)) - 1
        check(len(names(path.parent)) <= 2, f"left over: {names(path.parent)}")
        check(any(np.array_equal(store.read(path).classes, one) for one in valid), "the file is neither table")
    store.write(numbered(1), path)
    check(names(path.parent) == [path.name], f"left over: {names(path.parent)}")
    return {"kills": Counter({"time": kills}), "rounds": 1, "repeated": f"{left} files half written"}


# --- workbench reproduce ------------------------------------------------------------------------------------


def reproduce(place: Path, draw: random.Random, kills: int) -> dict:
    """One quick notebook: stopped or killed while its kernel starts, computes and the report is written."""
    import psutil

    line = ["reproduce", "--only", NOTEBOOK]
    whole = Runs(place / "whole", [*line, "--out", str(place / "whole" / "out")], place)
    started = time.monotonic()
    whole.whole()
    seconds, ways, slowest = time.monotonic() - started, Counter(), 0.0
    tables = [name for name in names(whole.out) if name.endswith(".csv")]
    check(bool(tables), "it wrote no tables")
    runs = Runs(place / "killed", [*line, "--out", str(place / "killed" / "out")], place)
    while ways.total() < kills:
        number = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)[ways.total() % 3]
        process = runs.start()
        time.sleep(draw.uniform(0.3, seconds))
        if not process.is_alive() or not process.pid:
            continue
        children = psutil.Process(process.pid).children(recursive=True)
        sent = time.monotonic()
        os.kill(process.pid, number)
        process.join(30)
        took = time.monotonic() - sent
        check(process.exitcode in (0, -number, 128 + number), runs.told(process.exitcode))
        if process.exitcode == 0:
            continue
        ways[number.name] += 1
        slowest = max(slowest, took)
        check(took < 5, f"it ended {took:.1f} s after {number.name}")
        # A kernel whose parent was killed sees that within seconds; one that was told to stop is gone already.
        _, alive = psutil.wait_procs(children, timeout=10 if number == signal.SIGKILL else 1)
        check(not alive, f"alive: {alive}")
    runs.whole()
    check(names(runs.out) == names(whole.out), f"left over: {set(names(runs.out)) ^ set(names(whole.out))}")
    same = all((runs.out / name).read_bytes() == (whole.out / name).read_bytes() for name in tables)
    check(same, "its tables have other values")
    return {"kills": ways, "rounds": 1, "repeated": f"the notebook; the slowest ended after {slowest:.1f} s"}


# --- all ----------------------------------------------------------------------------------------------------

PARTS: dict[str, Callable[[Path, random.Random, int], dict]] = {
    "predict": predict,
    "ask": ask,
    "write": write,
    "reproduce": reproduce,
}


def told(name: str, result: dict, seconds: float) -> str:
    """One row of the table."""
    kills = ", ".join(f"{way} {times}" for way, times in sorted(result["kills"].items()))
    repeated = result["repeated"]
    return f"| {name} | {result['kills'].total()} | {kills} | {result['rounds']} | {repeated} | none | {seconds:.0f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=list(PARTS), help=", ".join(PARTS))
    parser.add_argument("-n", type=int, default=120, help="kills in all")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    given = parser.parse_args()
    print(f"seed {given.seed}\n", flush=True)
    print("| what | kills | by kind | rounds | repeated after a kill | left over | seconds |")
    print("|---|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        os.environ["TMPDIR"] = str(Path(folder, "tmp"))  # of the commands
        Path(folder, "tmp").mkdir()
        FORKS.set_forkserver_preload(LOADED)
        share = sum(SHARES[part] for part in given.parts)
        for part in given.parts:
            place, started = Path(folder, part), time.monotonic()
            place.mkdir()
            try:
                kills = -(-given.n * SHARES[part] // share)
                result = PARTS[part](place, random.Random(f"{given.seed} {part}"), kills)
                left = [one for one in names(Path(folder, "tmp")) if one.startswith(("workbench-", ".part-"))]
                check(not left, f"left over: {left}")
            except Loss as loss:
                sys.exit(f"{part}: {loss}\nseed {given.seed}")
            print(told(part, result, time.monotonic() - started), flush=True)


if __name__ == "__main__":
    main()
