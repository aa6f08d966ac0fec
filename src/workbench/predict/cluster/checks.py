"""Before any work starts: every worker sees the same folder, pictures and versions, or is refused by name."""

import os
import platform
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from workbench.errors import InputError, WorkbenchError, reason
from workbench.inputs.images import ImageSet
from workbench.predict import options
from workbench.predict.cluster import worker
from workbench.predict.cluster.units import Job
from workbench.temporary import part_file

SAME = ("timm", "torch", "imagenet-workbench", "pillow")  # versions that predictions may depend on


@dataclass(frozen=True)
class Facts:
    """What a worker says of itself; `problem` is why it cannot work, `cores` names those that it may use."""

    name: str
    host: str
    cores: tuple[int, ...] = ()
    device: str = ""
    model: str = ""
    precision: str = ""
    versions: tuple[str, ...] = ()
    pictures: str = ""
    problem: str = ""


@contextmanager
def marker(out: Path) -> Iterator[Path]:
    """A file in the shared folder that each worker must see."""
    folder = out / ".partial"
    folder.mkdir(parents=True, exist_ok=True)
    with part_file(folder, "seen-") as (_, path):
        yield path
    with suppress(OSError):  # it holds journals
        folder.rmdir()


def facts(job: Job, mark: str) -> Facts:
    """What this worker is and sees; to be run on it."""
    from distributed import get_worker

    here = get_worker()
    name, host = str(here.name), socket.gethostname()
    try:
        if not Path(mark).is_file():
            raise InputError(f"it does not see the folder {job.options.out}: is that shared, under the same path?")
        decided = options.decided(job.options)
        if decided.device != "cpu" and not here.state.total_resources.get("GPU"):
            raise InputError("it has a GPU but does not offer it; start it with the resource GPU=1")
        pictures = digest(worker.pictures(job))
        return Facts(
            name, host, _cores(), decided.device, _model(decided.device), decided.precision, versions(), pictures
        )
    except (WorkbenchError, OSError) as error:
        return Facts(name, host, problem=reason(error))


def agreed(found: Facts, expected: Facts) -> str:
    """Why a worker may not work together with another; empty where it may.

    >>> agreed(Facts("a", "x", device="cpu"), Facts("b", "x", device="cuda:0"))
    "its device is 'cpu'; that of b is 'cuda:0'"
    """
    if found.problem:
        return found.problem
    for name in ("device", "model", "versions", "pictures"):
        own, other = getattr(found, name), getattr(expected, name)
        if own != other:
            if isinstance(own, tuple):
                own, other = ", ".join(sorted({*own} - {*other})), ", ".join(sorted({*other} - {*own}))
            return f"its {name} {'are' if name.endswith('s') else 'is'} {own!r}; that of {expected.name} is {other!r}"
    return ""


def shares(crew: Mapping[str, Facts]) -> dict[str, int]:
    """Cores for each worker: those that it may use, divided by how many workers of its machine may use them too."""
    return {
        address: max(
            1, len(one.cores) // sum(one.host == o.host and bool({*one.cores} & {*o.cores}) for o in crew.values())
        )
        for address, one in crew.items()
    }


def digest(images: ImageSet) -> str:
    """Of all ids, and of the bytes of the first, the middle and the last picture."""
    whole = sha256("\n".join(images.images).encode())
    for row in sorted({0, len(images) // 2, len(images) - 1}):
        whole.update(sha256(images.read(images.images[row])).digest())
    return whole.hexdigest()[:16]


@cache
def versions() -> tuple[str, ...]:
    """The versions that predictions may depend on, and the source of the workbench itself."""
    return (*(f"{name} {version(name)}" for name in SAME), f"source {_source()}")


def _source() -> str:
    import workbench

    whole, root = sha256(), Path(workbench.__file__).parent
    for path in sorted(root.rglob("*.py")):
        whole.update(path.read_bytes())
    return whole.hexdigest()[:12]


def _cores() -> tuple[int, ...]:
    return tuple(sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1))


def _model(device: str) -> str:
    import torch

    return platform.machine() if device == "cpu" else torch.cuda.get_device_name(device)
