"""`relabel`: judge the labels of pictures, one verdict at a time, each written down at once."""

from collections.abc import Callable, Sequence
from pathlib import Path

import ipywidgets
import pandas as pd

from workbench.errors import InputError, WorkbenchError
from workbench.inputs import classes
from workbench.inputs.images import ImageSet
from workbench.inputs.labels import LabelSet, agreement
from workbench.inputs.labels.decisions import Decisions
from workbench.predict.store import Predictions
from workbench.score.interactive.proposals import Proposals
from workbench.show import charts, theme, thumbnails
from workbench.show.instruments import pages
from workbench.show.instruments.panel import Instrument, Panel

SIDE = 340  # of the picture, in pixels
VERDICT_KEYS = {"c": "correct", "w": "wrong", "u": "unclear"}
KEYS = [*VERDICT_KEYS, "z", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]


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
    ) -> None:
        super().__init__("relabel")
        self.images, self.labels = images, labels
        several = [predictions] if isinstance(predictions, Predictions) else list(predictions)
        if not self.guarded(lambda: self._open(several, out, annotator)):
            return
        self.search = ipywidgets.Text(
            placeholder="any of the 1000 classes: name, WordNet id, definition",
            description="find a class",
            style={"description_width": "initial"},
            layout={"width": "480px"},
        )
        self.search.observe(lambda _change: self._draw(), "value")
        self.search.on_msg(self._submitted)
        self.view = Panel(self._act, label="labels of one picture; keys c, w, u judge", takes=KEYS)
        self.tell("; ".join(self._notes))
        self.go(self._first_open())
        self.children = (self._message, self.search, self.view)

    @property
    def image(self) -> str:
        """Id of the picture that is shown."""
        return self.images.images[self._at]

    def go(self, number: int) -> None:
        """Show a picture by its place in the image set, from 0."""
        self._at = max(0, min(number, len(self.images) - 1))
        self._added: list[int] = []
        self._here = 0
        verdicts = self.decisions.verdicts(self.image)
        self._here = next((i for i, label in enumerate(self._rows()) if label not in verdicts), 0)
        self._draw()

    def decide(self, label: int, verdict: str) -> None:
        """Write a verdict on a class of the present picture down, and step to the next class without one."""
        rows = self._rows()
        if label not in rows:
            self._added.append(label)
            rows = self._rows()
        self._write(lambda: self.decisions.add(self.image, label, verdict))
        verdicts, after = self.decisions.verdicts(self.image), rows.index(label) + 1
        self._here = next((i for i in range(after, len(rows)) if rows[i] not in verdicts), after - 1)
        self._draw()

    def undo(self) -> None:
        """Take the last decision back, and show its picture."""
        taken: list = []
        self._write(lambda: taken.append(self.decisions.undo()))
        if taken and taken[0] is None:
            self.tell("there is nothing to undo")
            return
        places = {image: place for place, image in enumerate(self.images.images)}
        if taken and taken[0].image in places:
            self.go(places[taken[0].image])
            self.tell(f"taken back: {classes.names()[taken[0].label]} was {taken[0].verdict}")
        else:
            self._draw()

    def label_set(self) -> LabelSet:
        """The label set after the decisions in the file; what nobody judged is as before. Raises `InputError`
        for none.
        """
        return agreement.merge([self.decisions.made], self.labels).labels

    def picture(self) -> bytes | None:
        """The present picture with the bars of the first checkpoint."""
        one = self.proposals.predictions[0] if hasattr(self, "proposals") else None
        row = -1 if one is None else one.images.get_indexer(pd.Index([self.image], dtype="str"))[0]
        if one is None or one.scores is None or row < 0:
            return None
        return theme.small_png(theme.spec(charts.top_predictions(one.take([row]), self.labels, self.images)))

    def _open(self, predictions: list[Predictions], out: str | Path, annotator: str) -> None:
        self.proposals = Proposals(predictions, self.labels, self.images.images)
        self.decisions = Decisions(out, annotator)
        known = set(self.images.images)
        judged = {one.image for one in self.decisions.made}
        if judged and not judged & known:
            self.decisions.close()
            raise InputError(
                f"{self.decisions.path} holds decisions on {len(judged)} pictures of another image set "
                f"({min(judged)!r}, ...); give another file with out=..., this one stays as it is"
            )
        self._notes = list(self.decisions.notes)
        if judged - known:
            self._notes.append(f"decisions on {len(judged - known)} pictures that are not here stay in the file")
        if mine := {one.image for one in self.decisions.made if one.annotator == self.decisions.annotator} & known:
            self._notes.append(f"{len(mine)} pictures were judged before; it goes on after them")

    def _rows(self) -> list[int]:
        """Classes to judge: proposed, judged before, added by searching."""
        judged = self.decisions.verdicts(self.image)
        return list(dict.fromkeys([*self.proposals.of(self.image), *judged, *self._added]))

    def _first_open(self) -> int:
        for place, image in enumerate(self.images.images):
            verdicts = self.decisions.verdicts(image)
            if not verdicts or any(label not in verdicts for label in self.proposals.of(image)):
                return place
        return len(self.images) - 1

    def _write(self, do: Callable[[], object]) -> None:
        """Do what writes to the file; a full disk is told, and the decision waits for the next one."""
        try:
            do()
        except OSError as error:
            self.tell(
                f"{self.decisions.unsaved} decisions are not saved yet ({self.decisions.path}: "
                f"{error.strerror or error}); make room, the next verdict writes them all",
                error=True,
            )
        else:
            self.tell()

    def _draw(self) -> None:
        verdicts = self.decisions.verdicts(self.image)
        origins = self.proposals.of(self.image)
        rows = [
            pages.Proposal(label, origins.get(label, "added by search"), verdicts.get(label)) for label in self._rows()
        ]
        here = {one.image for one in self.decisions.made if one.annotator == self.decisions.annotator}
        judged = sum(image in here for image in self.images.images)
        where = f"picture {self._at + 1} of {len(self.images)}, {judged} judged by {self.decisions.annotator}"
        try:
            url, problem = thumbnails.thumbnail(self.images.read(self.image), self.image, side=SIDE), ""
        except (WorkbenchError, OSError) as error:
            url, problem = "", f"cannot be shown: {error}"
        self.view.html = pages.judging(
            self.image, url, rows, here=self._here, where=where, found=classes.find(self.search.value), problem=problem
        )

    def _submitted(self, _widget, content: dict, _buffers) -> None:
        """Enter in the search takes the first class that was found."""
        found = classes.find(self.search.value, most=1)
        if content.get("event") == "submit" and found:
            self._act(f"add:{found[0]}", False)

    def _act(self, action: str, add: bool) -> None:
        kind, _, what = action.partition(":")
        if kind == "key":
            self._key(what)
        elif kind == "add":
            self._added.append(int(what))
            self._here = self._rows().index(int(what))
            self.search.value = ""
            self._draw()
        else:
            self.decide(int(what), kind)

    def _key(self, key: str) -> None:
        if key in VERDICT_KEYS and self._rows():
            self.decide(self._rows()[self._here], VERDICT_KEYS[key])
        elif key == "z":
            self.undo()
        elif key in ("ArrowUp", "ArrowDown"):
            step = 1 if key == "ArrowDown" else -1
            self._here = max(0, min(self._here + step, len(self._rows()) - 1))
            self._draw()
        elif key in ("ArrowLeft", "ArrowRight"):
            self.go(self._at + (1 if key == "ArrowRight" else -1))
