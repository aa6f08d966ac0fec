"""`gallery`: pictures beside what one or two checkpoints see in them, filtered, sorted, a page at a time."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

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
from workbench.show.instruments.filters import Filters
from workbench.show.instruments.relabel import Relabeller
from workbench.show.instruments.tags import Tags
from workbench.show.instruments.widgets import Instrument, Panel

PER_PAGE = 12
TOP = 5
LARGE = 480  # of the enlarged picture, in pixels
STEPS = {"ArrowLeft": -1, "PageUp": -1, "ArrowRight": 1, "PageDown": 1}


class Viewer(Instrument):
    """Filters over a page of pictures; `answered` has a row per picture, `chosen` the positions that fit, in order.

    `relabeller` is what the button "relabel these" opened, on the pictures that were chosen then.
    """

    def __init__(
        self,
        predictions: Predictions | Sequence[Predictions],
        labels: LabelSet,
        images: ImageSet,
        *,
        original: LabelSet | None = None,
        facts: pd.DataFrame | None = None,
        tags: str | Path = "tags.csv",
        out: str | Path = "labels.jsonl",
    ) -> None:
        super().__init__("gallery")
        self.predictions = [predictions] if isinstance(predictions, Predictions) else list(predictions)
        self.labels, self.images, self.page, self.out = labels, images, 0, out
        self.relabeller: Relabeller | None = None
        self.enlarged: int | None = None
        self._notes: list[str] = []
        self._within: tuple[str, pd.Index] | None = None
        self.guarded(lambda: self._open(original, facts, tags))

    @property
    def selection(self) -> pd.DataFrame:
        """What the filters let pass, in their order: a row per picture with its outcome, facts and tags."""
        some = self.answered.iloc[self.chosen].drop(columns=["row", "row_2"], errors="ignore")
        some = some.rename(columns=lambda name: name.removeprefix("fact "))
        return some.assign(tags=[", ".join(self.tags.of(str(image))) for image in some.index])

    def narrow(self, images: pd.Index | None = None, what: str = "") -> None:
        """Let only these pictures pass, and of them what the filters let pass; all again without any."""
        self._within = None if images is None else (what, images)
        self.guarded(self._choose)

    def tag(self, word: str, *, there: bool = True) -> None:
        """Tag the enlarged picture, or all that the filters let pass; or take the tag from them."""
        some = self.chosen if self.enlarged is None else self.chosen[[self.enlarged]]
        images = [str(image) for image in self.answered.index[some]]
        changed = (self.tags.put if there else self.tags.take)(images, word)
        self._offer_tags()
        done = f"{word.strip()!r} {'put on' if there else 'taken from'} {changed:,} of {len(images):,} pictures"
        self._show()
        self.tell(f"{done}, in {self.tags.path}")

    def relabel(self) -> None:
        """Open `relabel` below, on what the filters let pass; verdicts go to `out`."""
        if not len(self.chosen):
            raise InputError("no picture fits the filters; there is nothing to relabel")
        some = [str(image) for image in self.answered.index[self.chosen]]
        if self.relabeller:
            self.relabeller.close()
        self.relabeller = Relabeller(self.images, self.predictions, self.labels, out=self.out, only=some)
        self.children = (*self._top, self.view, self.relabeller)

    @property
    def page_count(self) -> int:
        """Number of pages that the chosen pictures fill."""
        return -(-len(self.chosen) // PER_PAGE)

    def turn(self, page: int) -> None:
        """Show a page, the first or last where there is none such."""
        self.enlarged = None
        self.page = max(0, min(page, self.page_count - 1))
        shown = self.chosen[self.page * PER_PAGE : (self.page + 1) * PER_PAGE]
        cards = [self._card(at, self._thumbnail(str(self.answered.index[at]))) for at in shown]
        place = f"page {self.page + 1} of {max(1, self.page_count)}"
        where = f"{place}: {len(self.chosen):,} of {len(self.answered):,} pictures"
        self.view.html = pages.cards(cards, where=where, wide=len(self.predictions) > 1)

    def enlarge(self, place: int) -> None:
        """Show one of the chosen pictures large, by its place among them, with all classes that are stored."""
        self.enlarged = place = max(0, min(place, len(self.chosen) - 1))
        image = str(self.answered.index[self.chosen[place]])
        card = self._card(self.chosen[place], pages.thumbnail(self.images, image, LARGE), most=None)
        self.view.html = pages.enlarged(card, where=f"picture {place + 1:,} of {len(self.chosen):,}")

    def _open(self, original: LabelSet | None, facts: pd.DataFrame | None, tags: str | Path) -> None:
        if not 1 <= len(self.predictions) <= 2:
            raise InputError(f"{len(self.predictions)} predictions were given; the gallery shows one checkpoint or two")
        self.original = original_of(self.labels, original)
        self.tags = Tags(tags)
        self.answered = self._joined()
        columns = {} if facts is None else outcomes.facts_of(self.answered, facts)
        self.answered = self.answered.assign(**{f"fact {name}": column for name, column in columns.items()})
        self.filters = Filters(self.answered, self.predictions, columns)
        # Pages that were looked at stay; 20 pages are 3 MB.
        self._thumbnail = lru_cache(maxsize=20 * PER_PAGE)(lambda image: pages.thumbnail(self.images, image))
        self.view = Panel(self._act, label="pictures; arrow keys page", takes=[*STEPS, "Home", "End", "Escape"])
        self.word = ipywidgets.Combobox(placeholder="a word", description="tag", layout={"width": "220px"})
        self._offer_tags()
        self._choose()
        self.filters.observe(lambda: self.guarded(self._choose))
        rows = [self.filters.controls, [self.word, *self._buttons()]]
        boxes = [ipywidgets.HBox(row, layout={"flex_flow": "row wrap"}) for row in rows]
        self._top: tuple = (*boxes, self._message)
        self.children = (*self._top, self.view)

    def _buttons(self) -> list[ipywidgets.Button]:
        acts = {
            "tag these": lambda: self.tag(self.word.value),
            "untag these": lambda: self.tag(self.word.value, there=False),
            "relabel these": self.relabel,
        }
        buttons = [ipywidgets.Button(description=name, layout={"width": "auto"}) for name in acts]
        for button in buttons:
            button.on_click(lambda pressed: self.guarded(acts[pressed.description]))
        return buttons

    def _offer_tags(self) -> None:
        self.word.options = self.filters.tagged.options = self.tags.names()

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

    def _choose(self) -> None:
        choice, word = self.filters.choice, self.filters.tagged.value.strip()
        chosen = outcomes.choose(self.answered, choice, self.labels)
        said = list(self._notes)
        if self._within:
            said.append(self._within[0])
            chosen = chosen[self.answered.index[chosen].isin(self._within[1])]
        if word:
            chosen = chosen[[word in self.tags.of(str(image)) for image in self.answered.index[chosen]]]
        self.chosen = chosen
        labelled = [] if choice.label is None else [f"labelled {classes.describe(choice.label)}"]
        empty = [] if len(chosen) else ["no picture fits"]
        self.tell("; ".join([*said, *labelled, *empty]))
        self.turn(0)

    def _show(self) -> None:
        """What is shown, again."""
        self.turn(self.page) if self.enlarged is None else self.enlarge(self.enlarged)

    def _card(self, position: int, picture: pages.Thumbnail, most: int | None = TOP) -> pages.Card:
        row = self.answered.iloc[position]
        image = str(self.answered.index[position])
        both = zip(self.predictions, ("", "_2"), strict=False)
        seen = [_seen(one, row[f"row{suffix}"], row[f"status{suffix}"], most) for one, suffix in both]
        original = self.original.labels(image) if self.original and image in self.original else []
        facts = {name: row[f"fact {name}"] for name in self.filters.facts if pd.notna(row[f"fact {name}"])}
        if tags := self.tags.of(image):
            facts["tags"] = ", ".join(tags)
        return pages.Card(picture, self.labels.labels(image), original, seen, facts)

    def _specification(self) -> dict | None:
        """The first pictures of the present page, with the bars of the first checkpoint."""
        if self.predictions[0].scores is None or not len(self.chosen):
            return None
        some = self.answered.iloc[self.chosen[self.page * PER_PAGE :][:6]]
        return theme.spec(charts.top_predictions(self.predictions[0].take(some["row"]), self.labels, self.images))

    def _act(self, action: str) -> None:
        key = action.removeprefix("key:")
        if action.startswith("enlarge:"):
            position = self.answered.index.get_loc(action.removeprefix("enlarge:"))
            self.enlarge(self.chosen.tolist().index(position))
        elif self.enlarged is not None:
            if key in STEPS:
                self.enlarge(self.enlarged + STEPS[key])
            elif key == "Escape":
                self.turn(self.enlarged // PER_PAGE)
        elif key in STEPS:
            self.turn(self.page + STEPS[key])
        elif key in ("Home", "End"):
            self.turn(0 if key == "Home" else self.page_count)


def _seen(one: Predictions, row: int, status: str, most: int | None) -> pages.Seen:
    best = one.classes[row, :most].tolist()
    scores = [None] * len(best) if one.scores is None else one.scores[row, :most].tolist()
    return pages.Seen(one.checkpoint, status, list(zip(best, scores, strict=True)))
