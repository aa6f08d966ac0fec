"""Units of work: a group of checkpoints that share their pixels, over a range of pictures."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from workbench.predict.options import Options

TOGETHER = 8  # checkpoints of a unit: decoding once for eight leaves little of it, and their weights fit into memory
PICTURES = {"cpu": 1000, "cuda": 10_000}  # of a unit: some minutes of work for most groups


@dataclass(frozen=True)
class Job:
    """What all units of a run share: names alone, since neither models nor pictures travel to the workers.

    `images`: what `opening.open_set` takes, as each worker sees it; `options.out` is the shared folder.
    """

    images: str
    image_set: str
    options: Options


@dataclass(frozen=True)
class Unit:
    """Checkpoints by name, and rows from `start` to `stop` of the image set; with none, the checkpoints are described.

    `precision` is that in which the run of these checkpoints began.
    """

    names: tuple[str, ...]
    start: int = 0
    stop: int = 0
    precision: str = ""

    @property
    def size(self) -> int:
        """Predictions that it gives: pictures x checkpoints."""
        return (self.stop - self.start) * len(self.names)

    @property
    def group(self) -> tuple:
        """Units of the same group need the same models: a worker that has them goes on with these."""
        return (self.names, self.precision)

    def apart(self) -> "list[Unit]":
        """The same work with each checkpoint alone."""
        return [replace(self, names=(name,)) for name in self.names]


def plan(lacking: Mapping[str, np.ndarray], shared: Mapping[str, tuple], step: int, together: int) -> list[Unit]:
    """Units for the rows that each checkpoint lacks, bool (n pictures,): cut as `step` and `together` say.

    `step`: pictures of a unit; `together`: its checkpoints at most; `shared`: what checkpoints must have in common
    to go together, its last entry being the precision. What an earlier run left undone need not begin or end where its
    units did.
    """
    groups: dict[tuple, list[str]] = {}
    for name, rows in lacking.items():
        groups.setdefault((shared[name], tuple(_ranges(rows, step))), []).append(name)
    return [
        Unit(tuple(names[first : first + together]), start, stop, common[-1])
        for (common, ranges), names in groups.items()
        for first in range(0, len(names), together)
        for start, stop in ranges
    ]


def step(device: str, n_images: int, groups: int, workers: int) -> int:
    """Pictures of a unit: fewer than usual where a worker would else have less than four units."""
    usual = PICTURES["cpu" if device == "cpu" else "cuda"]
    fair = -(-n_images * groups // (4 * max(1, workers)))
    return max(64, min(usual, -(-fair // 8) * 8))


def _ranges(rows: np.ndarray, step: int) -> Iterable[tuple[int, int]]:
    """Runs of true rows, cut at multiples of `step`, so that the plan is the same whoever makes it."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], rows, [False]]).astype(int)))
    for begin, end in edges.reshape(-1, 2).tolist():
        cuts: Sequence[int] = [begin, *range((begin // step + 1) * step, end, step), end]
        yield from pairwise(cuts)
