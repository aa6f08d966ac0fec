"""Kernels that notebooks run in: where one is reached, how all are ended, and that nothing of them stays behind."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from workbench.temporary import part_folder

PREFIX = "workbench-kernel-"
LONGEST = 60  # characters of a folder for sockets: the path of a socket has 104 to 108 at most, and is 30 longer


@contextmanager
def settings() -> Iterator[Any]:
    """Settings of one kernel: it is reached over sockets in a folder of its own, which other users cannot enter."""
    from traitlets.config import Config

    with part_folder(_room(), PREFIX) as folder:
        manager = {"connection_file": str(folder / "kernel.json")}  # names the folder in the kernel's command line
        if os.name != "nt" and len(str(folder)) < LONGEST + len(PREFIX) + 10:
            manager |= {"transport": "ipc", "ip": str(folder / "s")}
        # A kernel that is asked to end while it still tidies up calls that an error, where nothing has gone wrong.
        quiet = {"extra_arguments": ["--IPKernelApp.log_level=CRITICAL"]}
        yield Config({"KernelManager": manager, "NotebookClient": quiet})


def _room() -> Path:
    """The folder for temporary files, or a usual one where the paths of sockets below that would be too long."""
    places = [Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]
    fit = (place for place in places if len(os.fsencode(place)) <= LONGEST and os.access(place, os.W_OK | os.X_OK))
    return next(fit, places[0])


def end_all() -> None:
    """End the kernels that this process runs, with their own children; what they compute is lost."""
    import psutil

    for kernel in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):
            if PREFIX in " ".join(kernel.cmdline()):
                for process in [*kernel.children(recursive=True), kernel]:
                    with suppress(psutil.NoSuchProcess):
                        process.kill()
