"""`explore`: a score table that answers questions in linked charts and a table."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import ipywidgets
import pandas as pd

from workbench.errors import InputError
from workbench.files import write_file
from workbench.score.interactive import queries
from workbench.show import theme
from workbench.show.instruments import linked, pages
from workbench.show.instruments.widgets import WIDE, Chart, Instrument, Panel
from workbench.show.marks import METRICS


class Explorer(Instrument):
    """Controls, charts and a table over one score table; `question`, `answer` and `marked` are its state."""

    scores: queries.ScoreCube
    answer: queries.Result

    def __init__(self, scores: pd.DataFrame, *, out: str | Path = "outputs/explore") -> None:
        super().__init__("explore")
        self.out = out
        self.question = queries.Query()
        self.marked: list[str] = []
        self._sort, self._down, self._asking = "gap", True, False
        self.guarded(lambda: self._open(scores))

    def mark(self, *checkpoints: str) -> None:
        """Mark these checkpoints, and no others, in every chart and in the table."""
        self._keep_known(checkpoints)
        self.charts.marked = self.marked
        self._show_table()

    def save(self) -> None:
        """Write the table (CSV) and the charts (SVG) of the present question below `out`."""
        name = f"explore-{self.question.metric}-{'-'.join(self.question.pair)}"
        frame = pages.sorted_pairs(self.answer.pairs, self.marked, self._sort, down=self._down)
        frame = frame.assign(marked=frame["checkpoint"].isin(self.marked)).drop(columns=["group", "chosen"])
        texts = {"csv": frame.to_csv(index=False, lineterminator="\n"), "svg": theme.svg(self._overview())}
        for suffix, text in texts.items():
            write_file(Path(self.out, f"{name}.{suffix}"), text)
        self.tell(f"saved {Path(self.out, name)}.csv and .svg")

    def _open(self, scores: pd.DataFrame) -> None:
        self.scores = queries.ScoreCube(scores)
        self._drawn = lru_cache(maxsize=32)(self._draw)
        self._make_controls()
        self.table = Panel(self._act, label="checkpoints")
        self.charts = Chart(self._mark, self._drag)
        self._ask()
        for metric in self.scores.metrics:  # so that the first to ask for it need not wait
            with suppress(InputError):
                self._drawn(replace(self.question, metric=metric))
        self.children = (*self._rows(), self._message, self.charts, self.table)

    def _make_controls(self) -> None:
        scores, w = self.scores, ipywidgets
        metrics = [(METRICS[name], name) for name in scores.metrics]
        self.metric = w.ToggleButtons(options=metrics, style={"button_width": "auto"})
        self.pair = w.Dropdown(description="image sets", style=WIDE, layout={"width": "auto"})
        self.source = w.Dropdown(options=["all", *scores.sources], description="source", layout={"width": "200px"})
        self.family = w.Dropdown(options=["all", *scores.families], description="family", layout={"width": "220px"})
        counts = [("all", ()), *((f"{g} label{'s' * (g > 1)}", (g,)) for g in scores.label_counts)]
        if len(counts) > 2:
            counts.append(("2 and more", tuple(g for g in scores.label_counts if g > 1)))
        self.label_counts = w.Dropdown(options=counts, description="label count", style=WIDE, layout={"width": "200px"})
        self.search = w.Text(placeholder="part of a name", description="search", layout={"width": "260px"})
        for control in (self.metric, self.pair, self.source, self.family, self.label_counts, self.search):
            control.observe(lambda _change: self._ask(), "value")

    def _rows(self) -> tuple:
        last = [self.family, self.search]
        if str(self.out):
            button = ipywidgets.Button(description="save CSV and SVG", layout={"width": "auto"})
            button.on_click(lambda _button: self.guarded(self.save))
            last.append(button)
        rows = ([ipywidgets.Label("metric"), self.metric, self.pair], [self.source, self.label_counts, *last])
        return tuple(ipywidgets.HBox(row, layout={"flex_flow": "row wrap"}) for row in rows)

    def _offer_pairs(self) -> None:
        pairs = self.scores.pairs(self.metric.value)
        options = [(" and ".join(linked.NAMES[name] for name in pair), pair) for pair in pairs]
        if list(self.pair.options) != options:
            kept = self.pair.value if self.pair.value in pairs else pairs[0]
            self._asking = True  # new options change the value twice; one answer is enough
            self.pair.options, self.pair.value = options, kept
            self._asking = False

    def _ask(self) -> None:
        if self._asking:
            return
        self._offer_pairs()
        question = queries.Query(
            metric=self.metric.value,
            pair=self.pair.value,
            sources=() if self.source.value == "all" else (self.source.value,),
            family=self.family.value,
            search=self.search.value,
            label_counts=self.label_counts.value,
        )
        self.guarded(lambda: self._answer(question))

    def _answer(self, question: queries.Query) -> None:
        self.answer, _ = self._drawn(question)
        self.question = question
        self.tell("; ".join(self.answer.notes))
        self._keep_known(self.marked)
        self.charts.layout.display = None if self._has_chosen() else "none"  # axes without a dot say nothing
        with self.charts.hold_sync():
            self.charts.spec = self._overview()
            self.charts.marked = self.marked
        self._show_table()

    def _draw(self, question: queries.Query) -> tuple[queries.Result, dict]:
        """The answer to a question and the specification of its charts, without marks."""
        answer = self.scores.ask(question)
        return answer, linked.overview(answer, question, [])

    def _keep_known(self, checkpoints: Iterable[str]) -> None:
        known = set(self.answer.pairs["checkpoint"])
        self.marked = [name for name in dict.fromkeys(checkpoints) if name in known]

    def _has_chosen(self) -> bool:
        return bool(self.answer.pairs["chosen"].any())

    def _overview(self) -> dict:
        return linked.marking(self._drawn(self.question)[1], self.marked)

    def _specification(self) -> dict | None:
        return self._overview() if hasattr(self, "answer") and self._has_chosen() else None

    def _show_table(self) -> None:
        first, second = (linked.SHORT[name] for name in self.question.pair)
        metric = METRICS[self.question.metric].removesuffix(" accuracy")
        titles = pages.TITLES | {"first": f"{first} {metric} (%)", "second": f"{second} {metric} (%)"}
        pairs = self.answer.pairs
        self.table.html = pages.scores_table(pairs, self.marked, self._sort, down=self._down, titles=titles)

    def _act(self, action: str) -> None:
        kind, _, name = action.partition(":")
        if kind == "mark":
            self._mark(name, True)
        elif kind == "clear":
            self.mark()
        elif kind == "sort":
            self._down = not self._down if name == self._sort else name not in pages.WORDS
            self._sort = name
            self._show_table()

    def _mark(self, checkpoint: str | None, add: bool) -> None:
        """Mark one checkpoint alone, or `add` it to the others, or take it from them; no checkpoint: mark none."""
        if checkpoint is None:
            self.mark()
        elif not add:
            self.mark(checkpoint)
        elif checkpoint in self.marked:
            self.mark(*(name for name in self.marked if name != checkpoint))
        else:
            self.mark(*self.marked, checkpoint)

    def _drag(self, selection: str, ranges: dict) -> None:
        """Mark what lies in a rectangle: `selection` is ``gap<group>`` or ``rank<group>``, `ranges` column -> ends."""
        pairs = self.answer.pairs
        inside = (pairs["group"] == int("".join(filter(str.isdigit, selection)))) & pairs["chosen"]
        for column, ends in ranges.items():
            inside &= pairs[column].between(min(ends), max(ends))
        self.mark(*pairs.loc[inside, "checkpoint"])
