"""`slices`: accuracy by parts of the pictures, and the classes that are confused; a click shows the pictures."""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

import ipywidgets
import pandas as pd

from workbench.inputs.images import ImageSet
from workbench.inputs.labels import LabelSet
from workbench.predict.store import Predictions
from workbench.score.interactive import outcomes, slices
from workbench.score.scores import original_of
from workbench.show.instruments import pages
from workbench.show.instruments.filters import choice, wanted
from workbench.show.instruments.gallery import Viewer
from workbench.show.instruments.widgets import Instrument, Panel

PAIRS = "confused"  # a value of the first control: pairs of classes in place of slices
OWN = {"label": "class", "label_count": "label count", "best": "predicted class", "confidence": "confidence"}


class Slicer(Instrument):
    """A table of slices over a gallery; `table` is its frame, `gallery` the pictures (None where none are at hand)."""

    def __init__(
        self,
        predictions: Predictions,
        labels: LabelSet,
        images: ImageSet | None = None,
        *,
        original: LabelSet | None = None,
        facts: pd.DataFrame | None = None,
        least: int = slices.LEAST,
        **places: Any,
    ) -> None:
        super().__init__("slices")
        self.least, self.gallery = least, None
        given = {"original": original, "facts": facts} | places
        self.guarded(lambda: self._open(predictions, labels, images, given))

    def pick(self, group: str) -> None:
        """Show the pictures of a group, a row of the table, in the gallery; all again where it was picked."""
        self.picked = "" if group == self.picked else group
        if self.gallery is not None:
            images = self._groups.index[self._groups == group] if self.picked else None
            self.gallery.narrow(images, group)
        self._draw()

    def _open(self, predictions: Predictions, labels: LabelSet, images: ImageSet | None, given: dict[str, Any]) -> None:
        if images is not None:
            self.gallery = Viewer(predictions, labels, images, **given)
            if not hasattr(self.gallery, "chosen"):  # it could not open, and says why
                self.children = (self.gallery,)
                return
            self.pictures = self.gallery.answered
        else:
            self.pictures = outcomes.of(predictions, labels, original_of(labels, given["original"]))
            facts = given["facts"]
            columns = {} if facts is None else outcomes.facts_of(self.pictures, facts)
            self.pictures = self.pictures.assign(**{f"fact {name}": column for name, column in columns.items()})
        folders = [str(PurePosixPath(str(image)).parent) for image in self.pictures.index]
        if len(set(folders)) > 1 and "fact folder" not in self.pictures:
            self.pictures = self.pictures.assign(**{"fact folder": folders})
        columns = [name for name in self.pictures if name in OWN or str(name).startswith("fact ")]
        known = [name for name in columns if len(self.pictures[name].unique()) > 1]
        options = [(OWN.get(str(name), str(name).removeprefix("fact ")), name) for name in known]
        self.first = ipywidgets.Dropdown(options=[*options, ("confused classes", PAIRS)], description="slice by")
        self.second = choice("and by", options, "260px")
        self.view = Panel(self._act, label="slices of the pictures")
        for control in (self.first, self.second):
            control.observe(lambda _change: self.guarded(self._ask), "value")
        self._ask()
        row = ipywidgets.HBox([self.first, self.second], layout={"flex_flow": "row wrap"})
        self.children = (row, self._message, self.view, *([self.gallery] if self.gallery is not None else []))

    def _ask(self) -> None:
        by = [self.first.value, wanted(self.second)]
        self.second.disabled = by[0] == PAIRS
        if by[0] == PAIRS:
            self._groups = slices.confused(self.pictures)
            self.table = slices.confusions(self.pictures, self._groups)
        else:
            names: Sequence[str] = list(dict.fromkeys(name for name in by if name is not None))
            self._groups = slices.grouped(self.pictures, names, least=self.least)
            self.table = slices.accuracy(self.pictures, self._groups)
        self.picked = ""
        if self.gallery is not None:
            self.gallery.narrow()
        self._draw()

    def _draw(self) -> None:
        self.view.html = pages.slices(self.table, self.picked, has_pictures=self.gallery is not None)

    def _act(self, action: str) -> None:
        kind, _, place = action.partition(":")
        if kind == "slice":
            self.guarded(lambda: self.pick(str(self.table["group"].iloc[int(place)])))
