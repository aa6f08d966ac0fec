"""`gallery`: pictures beside what one or two checkpoints see in them, filtered, sorted, a page at a time."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import ipywidgets
import pandas as pd

from workbench.errors import InputError, WorkbenchError
from workbench.inputs import classes
from workbench.inputs.images import ImageSet
from workbench.inputs.labels import LabelSet
from workbench.predict.store import Predictions
from workbench.score.interactive import outcomes
from workbench.score.interactive.outcomes import DISAGREEMENTS, ORDERS, STATUSES, Choice
from workbench.score.scores import original_of
from workbench.show import charts, theme, thumbnails
from workbench.show.instruments import pages
from workbench.show.instruments.panel import Instrument, Panel

PER_PAGE = 12
TOP = 5
MOST_VALUES = 40  # a column of facts with more values is filtered by a range or by typing
ANY = "any"  # a value of its own: a list whose value is None is at times drawn without its text
_WIDE = {"description_width": "initial"}


class Gallery(Instrument):
    """Filters over a page of pictures; `answered` has one row per picture, `chosen` the positions that fit,
    in order.
    """

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
        self._facts: list[str] = []
        self._notes: list[str] = []
        if not self.guarded(lambda: self._join(original, facts)):
            return
        # Pages that were looked at stay; 20 pages are 3 MB.
        self._thumbnail = lru_cache(maxsize=20 * PER_PAGE)(self._made_thumbnail)
        self._make_controls()
        self.view = Panel(
            self._act,
            label="pictures; arrow keys page",
            takes=["ArrowLeft", "ArrowRight", "PageUp", "PageDown", "Home", "End"],
        )
        self._choose()
        self.children = (*self._rows(), self._message, self.view)

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

    def picture(self) -> bytes | None:
        """The first pictures of the present page, with the bars of the first checkpoint."""
        if not hasattr(self, "chosen") or self.predictions[0].scores is None or not len(self.chosen):
            return None
        some = self.answered.iloc[self.chosen[self.page * PER_PAGE :][:6]]
        chart = charts.top_predictions(self.predictions[0].take(some["row"]), self.labels, self.images)
        return theme.small_png(theme.spec(chart))

    def _join(self, original: LabelSet | None, facts: pd.DataFrame | None) -> None:
        if not 1 <= len(self.predictions) <= 2:
            raise InputError(f"{len(self.predictions)} predictions were given; the gallery shows one checkpoint or two")
        self.original = original_of(self.labels, original)
        parts = [outcomes.of(one, self.labels, self.original) for one in self.predictions]
        answered = parts[0] if len(parts) == 1 else outcomes.beside(*parts)
        shown = pd.Index(self.images.images, dtype="str").get_indexer(answered.index) >= 0
        name = self.predictions[0].checkpoint
        if not shown.any():
            raise InputError(
                f"image set {self.images.name!r} has none of the {len(answered):,} pictures that {name} "
                f"predicted ({answered.index[0]!r}, ...); it holds {self.images.images[0]!r}, ..."
            )
        lost = len(self.predictions[0]) - int(shown.sum())
        if lost:
            given = len(self.predictions[0])
            self._notes.append(f"{lost:,} of {given:,} predictions have no picture or no label here, and are left out")
        self.answered = answered[shown]
        if facts is not None:
            self._join_facts(facts)

    def _join_facts(self, facts: pd.DataFrame) -> None:
        by_image = facts.set_index("image") if "image" in facts.columns else facts
        if not by_image.index.is_unique:
            raise InputError("the facts have several rows for one picture; give one row per picture")
        joined = by_image.reindex(self.answered.index)
        if not by_image.index.isin(self.answered.index).any():
            raise InputError(f"the facts are on none of these pictures; their first is {by_image.index[0]!r}")
        self._facts = [str(name) for name in by_image.columns]
        self.answered = self.answered.assign(**{f"fact {name}": joined[name] for name in by_image.columns})

    def _make_controls(self) -> None:
        w = ipywidgets
        counts = sorted(self.answered["label_count"].unique().tolist())
        known = [status for status in STATUSES if any((self.answered[c] == status).any() for c in self._status_columns)]
        options = [("any", ANY), *((f"{pages.SIGNS[status]} {STATUSES[status]}", status) for status in known)]
        self.status = [
            w.Dropdown(options=options, description=one.checkpoint, style=_WIDE, layout={"width": "auto"})
            for one in self.predictions
        ]
        self.label_count = w.Dropdown(
            options=[("any", ANY), *((str(g), g) for g in counts)], description="label count", style=_WIDE
        )
        self.label_count.layout.width = "170px"
        self.label = w.Combobox(
            options=classes.names(), placeholder="any; type a name", description="class", layout={"width": "260px"}
        )
        orders = [(title, order) for order, title in ORDERS.items() if self._has_scores or order == "set"]
        self.order = w.Dropdown(options=orders, description="order", layout={"width": "300px"})
        self.confidence = w.IntRangeSlider(
            value=(0, 100),
            description="confidence (%)",
            style=_WIDE,
            disabled=not self._has_scores,
            continuous_update=False,
        )
        self.disagreement = w.Dropdown(
            options=[("any", ANY), *((title, kind) for kind, title in DISAGREEMENTS.items())],
            description="the two",
            style=_WIDE,
        )
        self.facts = {name: _fact_control(name, self.answered[f"fact {name}"]) for name in self._facts}
        for control in self._controls():
            control.observe(lambda _change: self._choose(), "value")

    @property
    def _status_columns(self) -> list[str]:
        return ["status", "status_2"][: len(self.predictions)]

    @property
    def _has_scores(self) -> bool:
        return self.predictions[0].scores is not None

    def _controls(self) -> list:
        two = [self.disagreement] if len(self.predictions) > 1 else []
        return [*self.status, *two, self.label_count, self.label, self.order, self.confidence, *self.facts.values()]

    def _rows(self) -> tuple:
        return (ipywidgets.HBox(self._controls(), layout={"flex_flow": "row wrap"}),)

    def _choose(self) -> None:
        label = self._wanted_class()
        if self.label.value.strip() and label is None:
            self.tell(f"no class is named like {self.label.value!r}", error=True)
            return
        low, high = self.confidence.value
        choice = Choice(
            statuses=tuple(_chosen(control) for control in self.status),
            label_count=_chosen(self.label_count),
            label=label,
            confidence=(low / 100, high / 100),
            disagreement=_chosen(self.disagreement),
            order=str(self.order.value),
            facts={f"fact {name}": control.value for name, control in self.facts.items() if _is_set(control)},
        )
        self.chosen = outcomes.choose(self.answered, choice, self.labels)
        notes = list(self._notes)
        if label is not None:
            notes.append(f"labelled {classes.describe(label)}")
        if not len(self.chosen):
            notes.append("no picture fits")
        self.tell("; ".join(notes))
        self.turn(0)

    def _wanted_class(self) -> int | None:
        text = self.label.value.strip()
        if text in classes.names():
            return classes.names().index(text)
        return next(iter(classes.find(text, most=1)), None)

    def _card(self, position: int) -> pages.Card:
        row = self.answered.iloc[position]
        image = str(self.answered.index[position])
        url, problem = self._thumbnail(image)
        seen = [self._seen(one, row, suffix) for one, suffix in zip(self.predictions, ("", "_2"), strict=False)]
        original = [] if self.original is None else _labels_of(self.original, image)
        facts = {name: row[f"fact {name}"] for name in self._facts if pd.notna(row[f"fact {name}"])}
        return pages.Card(image, url, self.labels.labels(image), original, seen, facts, problem)

    def _seen(self, one: Predictions, row: pd.Series, suffix: str) -> pages.Seen:
        place = row[f"row{suffix}"]
        scores = None if one.scores is None else one.scores[place, :TOP].tolist()
        return pages.Seen(one.checkpoint, row[f"status{suffix}"], one.classes[place, :TOP].tolist(), scores)

    def _made_thumbnail(self, image: str) -> tuple[str, str]:
        try:
            return thumbnails.thumbnail(self.images.read(image), image), ""
        except (WorkbenchError, OSError) as error:
            return "", f"cannot be shown: {error}"

    def _act(self, action: str, add: bool) -> None:
        target = {
            "key:ArrowLeft": self.page - 1,
            "key:PageUp": self.page - 1,
            "key:ArrowRight": self.page + 1,
            "key:PageDown": self.page + 1,
            "key:Home": 0,
            "key:End": self.page_count - 1,
        }
        if action in target:
            self.turn(target[action])


def _labels_of(labels: LabelSet, image: str) -> list[int]:
    try:
        return labels.labels(image)
    except InputError:
        return []


def _fact_control(name: str, column: pd.Series):
    """A list of the values, or a range where they are many numbers, or a text where they are many words."""
    values = sorted(column.dropna().unique().tolist(), key=str)
    if len(values) <= MOST_VALUES:
        options = [("any", ANY), *((str(value), value) for value in values)]
        return ipywidgets.Dropdown(options=options, description=name, style=_WIDE, layout={"width": "auto"})
    if pd.api.types.is_numeric_dtype(column):
        low, high = float(column.min()), float(column.max())
        step = (high - low) / 100
        return ipywidgets.FloatRangeSlider(
            value=(low, high), min=low, max=high, step=step, description=name, style=_WIDE, continuous_update=False
        )
    return ipywidgets.Combobox(
        options=[str(value) for value in values], description=name, placeholder="any", style=_WIDE
    )


def _is_set(control) -> bool:
    if isinstance(control, ipywidgets.FloatRangeSlider):
        return tuple(control.value) != (control.min, control.max)
    return control.value not in (ANY, "")


def _chosen(control) -> Any:
    return None if control.value == ANY else control.value
