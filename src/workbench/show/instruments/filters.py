"""The controls over a gallery: each lets everything pass until something is chosen."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import ipywidgets
import pandas as pd

from workbench.errors import InputError
from workbench.inputs import classes
from workbench.predict.store import Predictions
from workbench.score.interactive import outcomes
from workbench.show.instruments import pages
from workbench.show.instruments.widgets import WIDE

MOST_VALUES = 40  # a column of facts with more values is filtered by a range or by typing
ANY = "any"  # a value of its own: a list whose value is None is at times drawn without its text


class Filters:
    """Controls for the outcomes of one or two checkpoints; `choice` is what they ask for, `tagged` a word or empty."""

    def __init__(
        self, answered: pd.DataFrame, predictions: Sequence[Predictions], facts: Mapping[str, pd.Series]
    ) -> None:
        w, has_scores, two = ipywidgets, predictions[0].scores is not None, len(predictions) > 1
        seen = {status for column in ("status", "status_2") if column in answered for status in answered[column]}
        statuses = [(f"{pages.SIGNS[one]} {title}", one) for one, title in outcomes.STATUSES.items() if one in seen]
        self.status = [choice(one.checkpoint, statuses, "auto") for one in predictions]
        self.disagreement = choice("the two", [(title, kind) for kind, title in outcomes.DISAGREEMENTS.items()])
        counts = [(str(count), count) for count in sorted(answered["label_count"].unique().tolist())]
        self.label_count = choice("label count", counts, "170px")
        self.label = w.Combobox(
            options=classes.names(), placeholder="any; type a name", description="class", layout={"width": "260px"}
        )
        possible = {"set", *outcomes.ORDERS} if has_scores else {"set"}
        if not two or predictions[1].scores is None:
            possible -= {"apart"}
        orders = [(title, order) for order, title in outcomes.ORDERS.items() if order in possible]
        self.order = w.Dropdown(options=orders, description="order", layout={"width": "300px"})
        self.confidence = w.IntRangeSlider(
            value=(0, 100), description="confidence (%)", style=WIDE, disabled=not has_scores, continuous_update=False
        )
        self.tagged = w.Combobox(placeholder="any", description="tagged", layout={"width": "220px"})
        self.facts = {name: fact_control(name, column) for name, column in facts.items()}
        both = [self.disagreement] if two else []
        self.controls = [
            *self.status, *both, self.label_count, self.label, self.order, self.confidence, self.tagged,
            *self.facts.values(),
        ]  # fmt: skip

    def observe(self, changed: Callable[[], object]) -> None:
        """Be told when any of them asks for something else."""
        for control in self.controls:
            control.observe(lambda _change: changed(), "value")

    @property
    def label_wanted(self) -> int | None:
        """The class that is asked for; None where none is. Raises `InputError` where none is named so."""
        text = self.label.value.strip()
        if not text:
            return None
        found = [classes.names().index(text)] if text in classes.names() else classes.find(text, most=1)
        if not len(found):
            raise InputError(f"no class is named like {self.label.value!r}")
        return found[0]

    @property
    def choice(self) -> outcomes.Choice:
        """What all of them ask for together. Raises `InputError` as `label_wanted` does."""
        low, high = self.confidence.value
        facts = {f"fact {name}": wanted(control) for name, control in self.facts.items()}
        return outcomes.Choice(
            statuses=tuple(wanted(control) for control in self.status),
            label_count=wanted(self.label_count),
            label=self.label_wanted,
            confidence=(low / 100, high / 100),
            disagreement=wanted(self.disagreement),
            order=str(self.order.value),
            facts={name: value for name, value in facts.items() if value is not None},
        )


def choice(description: str, options: Iterable[tuple[str, Any]], width: str | None = None) -> ipywidgets.Dropdown:
    """A list of values, none of which need be chosen."""
    options = [("any", ANY), *options]
    return ipywidgets.Dropdown(options=options, description=description, style=WIDE, layout={"width": width})


def fact_control(name: str, column: pd.Series) -> Any:
    """A list of the values, or a range where they are many numbers, or a text where they are many words."""
    values = sorted(column.dropna().unique().tolist(), key=str)
    if len(values) <= MOST_VALUES:
        return choice(name, [(str(value), value) for value in values], "auto")
    if pd.api.types.is_numeric_dtype(column):
        low, high = float(column.min()), float(column.max())
        step = (high - low) / 100
        return ipywidgets.FloatRangeSlider(
            value=(low, high), min=low, max=high, step=step, description=name, style=WIDE, continuous_update=False
        )
    words = [str(value) for value in values]
    return ipywidgets.Combobox(options=words, description=name, placeholder="any", style=WIDE)


def wanted(control: Any) -> Any:
    """What a control asks for; None where it lets everything pass."""
    has_ends = isinstance(control, ipywidgets.FloatRangeSlider)
    everything = [(control.min, control.max)] if has_ends else [ANY, ""]
    return None if control.value in everything else control.value
