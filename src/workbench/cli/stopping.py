"""Ctrl-C and SIGTERM: a command ends in order, says what is kept, and exits with 128 and the number of the signal."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from workbench.progress import Event

_asked: list[tuple[int, float]] = []  # the first signal and when it came
AGAIN_S = 1.0  # a signal within this time after another is the same request: `timeout`, for one, sends two


class Stopped(SystemExit):
    """A signal asks the command to stop; its notes say what is kept."""


def listen() -> None:
    """Turn signals into :class:`Stopped`, so that files, locks and kernels are let go; a later one ends at once."""
    _asked.clear()

    def stop(number: int, _frame: FrameType | None) -> None:
        if not _asked:
            _asked.append((number, time.monotonic()))
            raise Stopped(128 + number)
        if time.monotonic() - _asked[0][1] > AGAIN_S:
            os._exit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup and shells without job control leave it
            signal.signal(number, stop)


@contextmanager
def saying(sentence: str) -> Iterator[None]:
    """If the block is stopped, add what its user needs to know.

    A library may catch what a signal raised within it, or make another error of it: the block is stopped all the same.
    """
    try:
        try:
            yield
        except Exception:
            again()
            raise
        again()
    except Stopped as stop:
        stop.add_note(sentence)
        raise


def again(event: Event | None = None) -> None:
    """Raise :class:`Stopped` once more if a signal came; as a listener, before the work is told to end."""
    if _asked and (event is None or event.kind != "end"):
        raise Stopped(128 + _asked[0][0])


def end(stop: Stopped) -> None:
    """The last line of a command that was stopped."""
    print("; ".join(["workbench: stopped", *getattr(stop, "__notes__", [])]), file=sys.stderr)
    raise stop
