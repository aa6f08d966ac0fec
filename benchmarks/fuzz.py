"""Every reader of what users bring against damaged and hostile files: how readings end, and which tracebacks come out.

python -m benchmarks.fuzz [-n INPUTS] [READER ...]
"""

import argparse
import tempfile
import traceback
from collections import Counter
from pathlib import Path

from hypothesis import Phase, given, seed, settings
from tests.fuzz import readers


def survey(name: str, inputs: int, folder: Path) -> tuple[Counter, Counter]:
    """How often each outcome and each traceback was met, over different inputs."""
    one, outcomes, tracebacks = readers.reader(name), Counter(), Counter()

    @seed(1)
    @settings(
        max_examples=inputs,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=readers.LARGE,
    )
    @given(one.inputs())
    def meet(data: bytes) -> None:
        try:
            outcomes[readers.outcome(one, data, folder)] += 1
        except BaseException as error:
            if type(error).__module__.startswith("hypothesis"):
                raise
            frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "src/workbench" in frame.filename]
            last = frames[-1]
            tracebacks[f"{type(error).__name__} in {Path(last.filename).name} {last.name}: {last.line}"[:150]] += 1

    meet()
    return outcomes, tracebacks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("readers", nargs="*", default=readers.NAMES)
    parser.add_argument("-n", type=int, default=10_000)
    given = parser.parse_args()
    print("| reader | inputs | outcomes | read | inputs with a traceback | tracebacks |\n|---|---|---|---|---|---|")
    for name in given.readers:
        with tempfile.TemporaryDirectory() as folder:
            outcomes, tracebacks = survey(name, given.n, Path(folder))
        n = outcomes.total() + tracebacks.total()
        print(
            f"| {name} | {n:,} | {len(outcomes)} | {outcomes['read']:,} | {tracebacks.total():,} | {len(tracebacks)} |",
            flush=True,
        )
        for what, times in tracebacks.most_common():
            print(f"    {times:6} {what}", flush=True)


if __name__ == "__main__":
    main()
