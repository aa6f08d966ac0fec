"""What long work says while it runs: events, shown as a bar or written as JSON lines."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic, time
from typing import Any, Literal

from workbench.files import naming

LINE_S = 60  # a log gets a line so often
LINE = "{desc}: {n_fmt}/{total_fmt} {unit}, {rate_fmt}, {remaining} left{postfix}"
COUNTED = " {bar:20} {n_fmt}/{total_fmt} {unit}, {elapsed}{postfix}"  # a layout for steps that take minutes: no rate


@dataclass(frozen=True)
class Event:
    """Long work begins, gets on or ends: `done` of `total` (None: not known), counted in `unit`."""

    task: str  # in words
    kind: Literal["begin", "step", "end"] = "begin"
    done: int = 0
    total: int | None = None
    unit: str = ""
    note: str = ""  # shown after the bar
    facts: Mapping[str, object] = field(default_factory=dict)  # for a log, which leaves out an event without facts


Listener = Callable[[Event], object]


def silent(event: Event) -> None:
    """Tell nobody."""


@contextmanager
def telling(listener: Listener, begin: Event) -> Iterator[Callable[..., None]]:
    """Tell of `begin`; then of a step at each call of the function that this gives, which takes what changed.

    The end is told too, also where an error comes first; then, or where nobody gave it any, it has no facts.
    """
    last = begin

    def tell(kind: Literal["step", "end"] = "step", **changes: Any) -> None:
        nonlocal last
        last = replace(last, **({"kind": kind, "note": "", "facts": {}} | changes))
        listener(last)

    listener(begin)
    try:
        yield tell
    finally:
        if last.kind != "end":
            tell("end")


def bar(layout: str | None = None) -> Listener:
    """A progress bar on stderr: what is done, how fast, the time left; where stderr is no terminal, as :func:`lines`.

    `layout` is in tqdm's terms.
    """
    if not sys.stderr.isatty():
        return lines()
    from tqdm import tqdm

    now: Any = None
    note = ""

    def show(event: Event) -> None:
        nonlocal now, note
        if event.kind == "begin":
            looks = {"desc": event.task, "unit": event.unit, "unit_scale": event.unit == "B", "bar_format": layout}
            now = tqdm(total=event.total, initial=event.done, **looks)
        now.update(event.done - now.n)
        if event.note != note:
            note = event.note
            now.set_postfix_str(note)
        if event.kind == "end":
            now.close()

    return show


def lines() -> Listener:
    """A line a minute on stderr, for a log: what is done, how fast, the time left. What takes less says nothing."""
    from tqdm import tqdm

    begun, begun_at, told_at = Event(""), 0.0, 0.0

    def tell(event: Event) -> None:
        nonlocal begun, begun_at, told_at
        now = monotonic()
        if event.kind == "begin":
            begun, begun_at, told_at = event, now, now
        if now - told_at >= LINE_S:
            told_at = now
            looks = {"prefix": event.task, "unit": event.unit, "unit_scale": event.unit == "B", "postfix": event.note}
            done = {"n": event.done, "initial": begun.done, "total": event.total, "elapsed": now - begun_at}
            print(tqdm.format_meter(**done, **looks, bar_format=LINE), file=sys.stderr, flush=True)

    return tell


def json_log(path: str | Path) -> Listener:
    """Append the facts of every event that has any to a file, as one line of JSON with the seconds since the epoch."""
    file = Path(path)

    def write(event: Event) -> None:
        if event.facts:
            with naming(file), file.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps({"time": round(time(), 3), **event.facts}) + "\n")

    return write


def several(*listeners: Listener) -> Listener:
    """One listener that tells all of them."""

    def tell(event: Event) -> None:
        for listener in listeners:
            listener(event)

    return tell
