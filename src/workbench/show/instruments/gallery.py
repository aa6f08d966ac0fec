"""`gallery`: pictures beside what one or two checkpoints see in them, filtered, sorted, a page at a time."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import ipywidgets
import pandas as pd

from workbench.errors import InputError
from workbench.inputs import classes
from workbench.inputs.images import ImageSet
from workbench.inputs.labels import LabelSet
from workbench.predict.store import Predictions
from workbench.score.interactive import outcomes
from workbench.score.scores import original_of
from workbench.show import charts, theme
from workbench.show.instruments import pages
from workbench.show.instruments.widgets import WIDE, Instrument, Panel

PER_PAGE = 12
TOP = 5
MOST_VALUES = 40  # a column of facts with more values is filtered by a range or by typing
ANY = "any"  # a value of its own: a list whose value is None is at times drawn without its text
STEPS = {"ArrowLeft": -1, "PageUp": -1, "ArrowRight": 1, "PageDown": 1}


class Viewer(Instrument):
    """Filters over a page of pictures; `answered` has a row per picture, `chosen` the positions that fit, in order."""

    def __init__(
        self,
        predictions: Predictions | Sequence[Predictions],
        labels: LabelSet,
        images: ImageSet,
        *,
        original: LabelSet | None = None,
        facts: pd.DataFrame | None = None,
    ) -> None:
        super().__init__("gallery")
        self.predictions = [predictions] if isinstance(predictions, Predictions) else list(predictions)
        self.labels, self.images, self.page = labels, images, 0
        self._notes: list[str] = []
        self.guarded(lambda: self._open(original, facts))

    @property
    def page_count(self) -> int:
        """Number of pages that the chosen pictures fill."""
        return -(-len(self.chosen) // PER_PAGE)

    def turn(self, page: int) -> None:
        """Show a page, the first or last where there is none such."""
        self.page = max(0, min(page, self.page_count - 1))
        shown = self.chosen[self.page * PER_PAGE : (self.page + 1) * PER_PAGE]
        cards = [self._card(position) for position in shown]
        place = f"page {self.page + 1} of {max(1, self.page_count)}"
        where = f"{place}: {len(self.chosen):,} of {len(self.answered):,} pictures"
        self.view.html = pages.cards(cards, where=where, wide=len(self.predictions) > 1)

    def _open(self, original: LabelSet | None, facts: pd.DataFrame | None) -> None:
        if not 1 <= len(self.predictions) <= 2:
            raise InputError(f"{len(self.predictions)} predictions were given; the gallery shows one checkpoint or two")
        self.original = original_of(self.labels, original)
        self.answered = self._joined()
        columns = {} if facts is None else self._facts(facts)
        self.answered = self.answered.assign(**{f"fact {name}": column for name, column in columns.items()})
        self.facts = {name: _fact_control(name, column) for name, column in columns.items()}
        # Pages that were looked at stay; 20 pages are 3 MB.
        self._thumbnail = lru_cache(maxsize=20 * PER_PAGE)(lambda image: pages.thumbnail(self.images, image))
        controls = self._make_controls()
        self.view = Panel(self._act, label="pictures; arrow keys page", takes=[*STEPS, "Home", "End"])
        self._choose()
        self.children = (ipywidgets.HBox(controls, layout={"flex_flow": "row wrap"}), self._message, self.view)

    def _joined(self) -> pd.DataFrame:
        """What the checkpoints say of the pictures at hand, one row each."""
        parts = [outcomes.of(one, self.labels, self.original) for one in self.predictions]
        answered = parts[0] if len(parts) == 1 else outcomes.beside(*parts)
        shown = pd.Index(self.images.images, dtype="str").get_indexer(answered.index) >= 0
        if not shown.any():
            predicted = f"{self.predictions[0].checkpoint} predicted ({answered.index[0]!r}, ...)"
            seen = f"image set {self.images.name!r} has none of the {len(answered):,} pictures that {predicted}"
            raise InputError(f"{seen}; it holds {self.images.images[0]!r}, ...")
        given = len(self.predictions[0])
        if lost := given - int(shown.sum()):
            self._notes.append(f"{lost:,} of {given:,} predictions have no picture or no label here, and are left out")
        return answered[shown]

    def _facts(self, facts: pd.DataFrame) -> dict[str, pd.Series]:
        """The columns of the facts, by the pictures at hand."""
        by_image = facts.set_index("image") if "image" in facts.columns else facts
        if not by_image.index.is_unique:
            raise InputError("the facts have several rows for one picture; give one row per picture")
        if not by_image.index.isin(self.answered.index).any():
            raise InputError(f"the facts are on none of these pictures; their first is {by_image.index[0]!r}")
        return {str(name): column for name, column in by_image.reindex(self.answered.index).items()}

    def _make_controls(self) -> list:
        w, answered, has_scores = ipywidgets, self.answered, self.predictions[0].scores is not None
        seen = {status for column in ("status", "status_2") if column in answered for status in answered[column]}
        statuses = [(f"{pages.SIGNS[one]} {title}", one) for one, title in outcomes.STATUSES.items() if one in seen]
        self.status = [_choice(one.checkpoint, statuses, "auto") for one in self.predictions]
        kinds = [(title, kind) for kind, title in outcomes.DISAGREEMENTS.items()]
        self.disagreement = _choice("the two", kinds)
        counts = [(str(count), count) for count in sorted(answered["label_count"].unique().tolist())]
        self.label_count = _choice("label count", counts, "170px")
        self.label = w.Combobox(
            options=classes.names(), placeholder="any; type a name", description="class", layout={"width": "260px"}
        )
        orders = [(title, order) for order, title in outcomes.ORDERS.items() if has_scores or order == "set"]
        self.order = w.Dropdown(options=orders, description="order", layout={"width": "300px"})
        self.confidence = w.IntRangeSlider(
            value=(0, 100), description="confidence (%)", style=WIDE, disabled=not has_scores, continuous_update=False
        )
        two = [self.disagreement] if len(self.predictions) > 1 else []
        controls = [*self.status, *two, self.label_count, self.label, self.order, self.confidence, *self.facts.values()]
        for control in controls:
            control.observe(lambda _change: self._choose(), "value")
        return controls

    def _choose(self) -> None:
        label = self._wanted_class()
        if self.label.value.strip() and label is None:
            self.tell(f"no class is named like {self.label.value!r}", error=True)
            return
        low, high = self.confidence.value
        facts = {f"fact {name}": _wanted(control) for name, control in self.facts.items()}
        choice = outcomes.Choice(
            statuses=tuple(_wanted(control) for control in self.status),
            label_count=_wanted(self.label_count),
            label=label,
            confidence=(low / 100, high / 100),
            disagreement=_wanted(self.disagreement),
            order=str(self.order.value),
            facts={name: wanted for name, wanted in facts.items() if wanted is not None},
        )
        self.chosen = outcomes.choose(self.answered, choice, self.labels)
        labelled = [] if label is None else [f"labelled {classes.describe(label)}"]
        empty = [] if len(self.chosen) else ["no picture fits"]
        self.tell("; ".join([*self._notes, *labelled, *empty]))
        self.turn(0)

    def _wanted_class(self) -> int | None:
        text = self.label.value.strip()
        if text in classes.names():
            return classes.names().index(text)
        return next(iter(classes.find(text, most=1)), None)

    def _card(self, position: int) -> pages.Card:
        row = self.answered.iloc[position]
        image = str(self.answered.index[position])
        seen = [self._seen(one, row, suffix) for one, suffix in zip(self.predictions, ("", "_2"), strict=False)]
        original = self.original.labels(image) if self.original and image in self.original else []
        facts = {name: row[f"fact {name}"] for name in self.facts if pd.notna(row[f"fact {name}"])}
        return pages.Card(self._thumbnail(image), self.labels.labels(image), original, seen, facts)

    def _seen(self, one: Predictions, row: pd.Series, suffix: str) -> pages.Seen:
        best = one.classes[row[f"row{suffix}"], :TOP].tolist()
        scores = [None] * len(best) if one.scores is None else one.scores[row[f"row{suffix}"], :TOP].tolist()
        return pages.Seen(one.checkpoint, row[f"status{suffix}"], list(zip(best, scores, strict=True)))

    def _specification(self) -> dict | None:
        """The first pictures of the present page, with the bars of the first checkpoint."""
        if self.predictions[0].scores is None or not len(self.chosen):
            return None
        some = self.answered.iloc[self.chosen[self.page * PER_PAGE :][:6]]
        return theme.spec(charts.top_predictions(self.predictions[0].take(some["row"]), self.labels, self.images))

    def _act(self, action: str) -> None:
        key = action.removeprefix("key:")
        if key in STEPS:
            self.turn(self.page + STEPS[key])
        elif key in ("Home", "End"):
            self.turn(0 if key == "Home" else self.page_count)


def _choice(description: str, options: Iterable[tuple[str, Any]], width: str | None = None) -> ipywidgets.Dropdown:
    """A list of values, none of which need be chosen."""
    options = [("any", ANY), *options]
    return ipywidgets.Dropdown(options=options, description=description, style=WIDE, layout={"width": width})


def _fact_control(name: str, column: pd.Series) -> Any:
    """A list of the values, or a range where they are many numbers, or a text where they are many words."""
    values = sorted(column.dropna().unique().tolist(), key=str)
    if len(values) <= MOST_VALUES:
        return _choice(name, [(str(value), value) for value in values], "auto")
    if pd.api.types.is_numeric_dtype(column):
        low, high = float(column.min()), float(column.max())
        step = (high - low) / 100
        return ipywidgets.FloatRangeSlider(
            value=(low, high), min=low, max=high, step=step, description=name, style=WIDE, continuous_update=False
        )
    words = [str(value) for value in values]
    return ipywidgets.Combobox(options=words, description=name, placeholder="any", style=WIDE)


def _wanted(control: Any) -> Any:
    """What a control asks for; None where it lets everything pass."""
    has_ends = isinstance(control, ipywidgets.FloatRangeSlider)
    everything = [(control.min, control.max)] if has_ends else [ANY, ""]
    return None if control.value in everything else control.value
