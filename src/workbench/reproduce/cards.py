"""Report cards: the notebook on one checkpoint, run for each of several, a page each, and an index of all."""

import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import Event as Flag

import pandas as pd

from workbench.files import read_table, write_file
from workbench.progress import Event, Listener, silent, telling
from workbench.reproduce import kernels, provenance, report, running
from workbench.reproduce.notebooks import Run

NOTEBOOK = "15-report-card"
PLACES = "table-15-places"


@dataclass(frozen=True)
class Card:
    """One checkpoint's card: `page` is its file; `places` what the page says first, empty where the run failed."""

    checkpoint: str
    protocol: str
    run: Run
    page: Path
    places: pd.DataFrame


def write(
    checkpoints: Sequence[str],
    predictions: str | Path,
    out: str | Path,
    *,
    protocol: str = "",
    pictures: str = "",
    on_event: Listener = silent,
) -> list[Card]:
    """Run the report card for each checkpoint of a folder of predictions, and write ``cards/<name>/index.html`` for
    each and ``index.html`` with all of them, the best by V1 top-1 first.

    `pictures` are V1's, shown where they are given. A card that fails does not stop the others. The index is complete
    after each card, so that a call that is stopped leaves those that were finished.
    """
    out, cards = Path(out).resolve(), []
    os.environ["WORKBENCH_STATIC"] = "1"  # kernels inherit it: the gallery leaves a picture
    given: dict[str, object] = {
        "predictions": str(Path(predictions).resolve()),
        "protocol": protocol,
        "pictures": pictures,
    }
    begin = Event("report cards", total=len(checkpoints), unit="cards")
    with telling(on_event, begin) as tell:
        for number, (checkpoint, folder) in enumerate(_folders(checkpoints).items(), start=1):
            tell(done=number - 1, note=checkpoint)
            try:
                place = out / "cards" / folder
                cards.append(_card(checkpoint, protocol, {"checkpoint": checkpoint} | given, place))
            except (KeyboardInterrupt, SystemExit):
                kernels.end_all()
                raise
            cards.sort(key=_order)
            _write_index(cards, out)
            tell(done=number)
    return cards


def _order(card: Card) -> tuple[float, str]:
    return -float(card.places["value"].iloc[0]) if len(card.places) else 1.0, card.checkpoint


def _folders(checkpoints: Sequence[str]) -> dict[str, str]:
    """A folder for each checkpoint: its name, in signs that every disk takes and another one's name does not become.

    >>> _folders(["a/b", "a:b", ".."])
    {'a/b': 'a_b', 'a:b': 'a_b-2', '..': '_'}
    """
    found: dict[str, str] = {}
    for one in dict.fromkeys(checkpoints):
        plain = re.sub(r"[^\w.,+=-]", "_", one)[:80].strip(".") or "_"  # not "..", and no end that Windows drops
        others = {name.lower() for name in found.values()}
        tries = (plain if number == 1 else f"{plain}-{number}" for number in count(1))
        found[one] = next(name for name in tries if name.lower() not in others)
    return found


def _card(checkpoint: str, protocol: str, values: dict[str, object], folder: Path) -> Card:
    started = time.time()
    (folder / "notebooks").mkdir(parents=True, exist_ok=True)
    table = folder / "tables" / f"{PLACES}.csv"
    table.unlink(missing_ok=True)
    run = running.run_one(NOTEBOOK, values, folder, Flag())
    facts = provenance.collect(folder, started, [run], {NOTEBOOK: values})
    provenance.write(facts, folder)
    report.write([run], facts, folder)
    places = read_table(table) if table.is_file() and not run.error else pd.DataFrame()
    return Card(checkpoint, protocol, run, folder / "index.html", places)


def _write_index(cards: Sequence[Card], out: Path) -> None:
    import jinja2

    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True)
    rows = [
        {"card": card, "link": card.page.relative_to(out).as_posix(), "scores": card.places.to_dict("records")}
        for card in cards
    ]
    columns = next((row["scores"] for row in rows if row["scores"]), [])
    write_file(out / "index.html", environment.get_template("cards.html.j2").render(rows=rows, columns=columns))
    parts = [card.places.assign(checkpoint=card.checkpoint, protocol=card.protocol) for card in cards]
    frame = pd.concat(parts, ignore_index=True)
    write_file(out / "cards.csv", frame.to_csv(index=False, lineterminator="\n"))
