"""`relabel`: judge the labels of pictures, one verdict at a time, each written down at once."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import ipywidgets
import pandas as pd

from workbench.inputs import classes
from workbench.inputs.images import ImageSet
from workbench.inputs.labels import LabelSet, agreement
from workbench.inputs.labels.decisions import VERDICTS, Decisions
from workbench.predict.store import Predictions
from workbench.score.interactive import proposals
from workbench.show import charts, theme
from workbench.show.instruments import annotators, pages
from workbench.show.instruments.widgets import WIDE, Instrument, Panel

SIDE = 340  # of the picture, in pixels
VERDICT_KEYS = {"c": "correct", "w": "wrong", "u": "unclear"}
STEPS = {"ArrowUp": -1, "ArrowDown": 1}  # among the classes
TURNS = {"ArrowLeft": -1, "ArrowRight": 1}  # among the pictures


class Relabeller(Instrument):
    """One picture with the classes to judge; `decisions` is the file, `image` the picture that is shown."""

    def __init__(
        self,
        images: ImageSet,
        predictions: Predictions | Sequence[Predictions],
        labels: LabelSet,
        *,
        out: str | Path = "labels.jsonl",
        annotator: str = "",
        others: Sequence[str | Path] = (),
        only: Sequence[str] = (),
    ) -> None:
        super().__init__("relabel")
        self.images, self.labels = images, labels
        self.predictions = [predictions] if isinstance(predictions, Predictions) else list(predictions)
        self.guarded(lambda: self._open(out, annotator, others, only))

    @property
    def image(self) -> str:
        """Id of the picture that is shown."""
        return self.images.images[self._at]

    def go(self, number: int) -> None:
        """Show a picture by its place in the image set, from 0."""
        self._at = max(0, min(number, len(self.images) - 1))
        self._added: list[int] = []
        self._here = self._next_open(0, otherwise=0)
        self._draw()

    def decide(self, label: int, verdict: str) -> None:
        """Write a verdict on a class of the present picture down, and step to the next class without one."""
        place = self._place(label)
        with self._writing():
            self.decisions.add(self.image, label, verdict)
        self._here = self._next_open(place + 1, otherwise=place)
        self._draw()

    def undo(self) -> None:
        """Take the last decision back, and show its picture."""
        with self._writing():
            taken = self.decisions.undo()
            if taken is None:
                self.tell("there is nothing to undo")
            elif taken.image in self.images.images:
                self.go(self.images.images.index(taken.image))
                self.tell(f"taken back: {classes.names()[taken.label]} was {taken.verdict}")
                return
        self._draw()

    def label_set(self) -> LabelSet:
        """The labels after the decisions; what nobody judged is as before. Raises `InputError` where there are none."""
        return agreement.merge([self.decisions.made], self.labels).labels

    def _open(self, out: str | Path, annotator: str, others: Sequence[str | Path], only: Sequence[str]) -> None:
        self._proposals = proposals.Proposals(self.predictions, self.labels, self.images.images)
        self.decisions = Decisions(out, annotator)
        self.side = annotators.Others(self.decisions, others)
        notes = annotators.notes(self.decisions, self.images)
        if only:
            self.images = replace(self.images, images=tuple(only))
        if n_mine := self._n_judged():
            notes.append(f"{n_mine} pictures were judged before; it goes on after them")
        self.search = ipywidgets.Text(
            placeholder="any of the 1000 classes: name, WordNet id, definition",
            description="find a class",
            style=WIDE,
            layout={"width": "480px", "max_width": "calc(100% - 4px)"},
        )
        self.search.observe(lambda _change: self._draw(), "value")
        self.search.on_msg(self._submitted)
        takes = [*VERDICT_KEYS, "z", "n", "d", *STEPS, *TURNS]
        self.view = Panel(self._act, label="labels of one picture; keys c, w, u judge", takes=takes)
        self.tell("; ".join(notes))
        images = self.images.images
        self.go(next((place for place, image in enumerate(images) if self._is_open(image)), len(images)))
        self.children = (self._message, self.search, self.view)

    def _n_judged(self) -> int:
        """How many of the pictures this annotator has judged."""
        mine = {one.image for one in self.decisions.made if one.annotator == self.decisions.annotator}
        return len(mine.intersection(self.images.images))

    def _rows(self) -> list[pages.Row]:
        """Classes to judge: proposed, judged before, added by searching."""
        origins, verdicts = self._proposals.of(self.image), self.decisions.verdicts(self.image)
        others = self.side.of(self.image)
        origins |= dict.fromkeys(others.keys() - origins, "judged by others")
        labels = dict.fromkeys([*origins, *verdicts, *self._added])
        search = "added by search"
        return [pages.Row(one, origins.get(one, search), verdicts.get(one), others.get(one, {})) for one in labels]

    def next_unjudged(self) -> None:
        """Go to the next picture with an open class, from the first one again after the last."""
        self._seek(self._is_open, "every picture is judged")

    def next_disputed(self) -> None:
        """Go to the next picture on a class of which annotators differ, from the first one again after the last."""
        self._seek(lambda image: self.side.is_disputed(image, self.decisions.verdicts(image)), "no class is disputed")

    def _seek(self, wanted: Callable[[str], bool], otherwise: str) -> None:
        n = len(self.images)
        ahead = [(self._at + step) % n for step in range(1, n + 1)]
        place = next((place for place in ahead if wanted(self.images.images[place])), None)
        self.tell(otherwise if place is None else "")
        if place is not None:
            self.go(place)

    def _place(self, label: int) -> int:
        """The row of a class, which is added where it has none."""
        self._added.append(label)
        return [row.label for row in self._rows()].index(label)

    def _next_open(self, start: int, *, otherwise: int) -> int:
        """The first row from `start` on without a verdict."""
        rows = self._rows()
        return next((place for place in range(start, len(rows)) if rows[place].verdict is None), otherwise)

    def _is_open(self, image: str) -> bool:
        verdicts = self.decisions.verdicts(image).keys()
        return not verdicts or not verdicts >= self._proposals.of(image).keys()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Around what writes to the file; a full disk is told, and the decision waits for the next one."""
        self.tell()
        try:
            yield
        except OSError as error:
            why = f"{self.decisions.path}: {error.strerror or error}"
            seen = f"{self.decisions.unsaved} decisions are not saved yet ({why})"
            self.tell(f"{seen}; make room, the next verdict writes them all", error=True)

    def _draw(self) -> None:
        shown = pages.thumbnail(self.images, self.image, SIDE)
        n_judged, total = self._n_judged(), len(self.images)
        where = f"picture {self._at + 1} of {total}, {n_judged} judged by {self.decisions.annotator}"
        progress = pages.Progress(n_judged, total, self.side.agreements(self.decisions))
        found = classes.find(self.search.value)
        self.view.html = pages.judging(
            shown, self._rows(), here=self._here, where=where, found=found, progress=progress
        )

    def _specification(self) -> dict | None:
        """The present picture with the bars of the first checkpoint."""
        if not self.predictions or self.predictions[0].scores is None:
            return None
        one = self.predictions[0]
        row = one.images.get_indexer(pd.Index([self.image], dtype="str"))[0]
        return None if row < 0 else theme.spec(charts.top_predictions(one.take([row]), self.labels, self.images))

    def _submitted(self, _widget: object, content: dict, _buffers: object) -> None:
        """Enter in the search takes the first class that was found."""
        found = classes.find(self.search.value, most=1)
        if content.get("event") == "submit" and found:
            self._act(f"add:{found[0]}")

    def _act(self, action: str) -> None:
        kind, _, what = action.partition(":")
        rows = self._rows()
        if kind == "add":
            self._here = self._place(int(what))
            self.search.value = ""
            self._draw()
        elif kind in VERDICTS:
            self.decide(int(what), kind)
        elif what in VERDICT_KEYS and rows:
            self.decide(rows[self._here].label, VERDICT_KEYS[what])
        elif what == "z":
            self.undo()
        elif what in ("n", "d"):
            self.next_unjudged() if what == "n" else self.next_disputed()
        elif what in STEPS:
            self._here = max(0, min(self._here + STEPS[what], len(rows) - 1))
            self._draw()
        elif what in TURNS:
            self.go(self._at + TURNS[what])
