"""What a run says while it runs: events of the engine, shown as a bar or written as JSON lines."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from time import time

Listener = Callable[[dict], object]


def bar() -> Listener:
    """A progress bar on stderr: pictures done, images/s, time left. Silent where stderr is no terminal."""
    from tqdm import tqdm

    bars: dict[str, tqdm] = {}

    def show(event: dict) -> None:
        if event["event"] == "pass":
            text = (
                f"{event['checkpoints'][0]}"
                if len(event["checkpoints"]) == 1
                else f"{len(event['checkpoints'])} checkpoints"
            )
            if event["passes"] > 1:
                text = f"pass {event['number']} of {event['passes']}: {text}"
            quiet = not sys.stderr.isatty()
            bars["now"] = tqdm(total=event["total"], initial=event["done"], desc=text, unit="img", disable=quiet)
        elif event["event"] == "progress":
            bars["now"].update(event["done"] - bars["now"].n)
        elif event["event"] == "pass finished":
            bars["now"].close()

    return show


def json_log(path: str | Path) -> Listener:
    """Append every event to a file as one line of JSON, with the seconds since the epoch."""
    file = Path(path)

    def write(event: dict) -> None:
        with file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"time": round(time(), 3), **event}) + "\n")

    return write


def several(*listeners: Listener) -> Listener:
    """One listener that tells all of them."""

    def tell(event: dict) -> None:
        for listener in listeners:
            listener(event)

    return tell
