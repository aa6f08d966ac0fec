"""What the instruments show, as HTML: plain functions, no widget in sight.

Colours come from JupyterLab's theme, light or dark; what matters is told by sign and word as well. Whatever
can be pressed is a ``<button>`` with its action in ``data-action``, so that the tab key reaches it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd

from workbench.inputs import classes
from workbench.inputs.labels.decisions import VERDICTS
from workbench.score.interactive.outcomes import STATUSES

CSS = """
.workbench {font: 13px/1.4 var(--jp-ui-font-family, Helvetica, sans-serif); color: var(--jp-ui-font-color1, #222);
  background: var(--jp-layout-color1, #fff); padding: 6px 8px; border: 1px solid var(--jp-border-color2, #ccc)}
.workbench:focus-visible, .workbench button:focus-visible {outline: 2px solid #0072B2; outline-offset: 1px}
.workbench button {font: inherit; color: inherit; background: var(--jp-layout-color2, #eee); cursor: pointer;
  border: 1px solid var(--jp-border-color1, #999); border-radius: 3px; padding: 1px 8px; margin: 1px}
.workbench button[aria-pressed=true] {background: #0072B2; color: #fff; border-color: #0072B2}
.workbench kbd {border: 1px solid var(--jp-border-color1, #999); border-radius: 3px; padding: 0 4px; font-size: 11px}
.workbench abbr {text-decoration: underline dotted; cursor: help}
.workbench .hint {color: var(--jp-ui-font-color2, #666); font-size: 12px}
.workbench .scroll {max-height: 300px; overflow: auto; border: 1px solid var(--jp-border-color2, #ccc); margin-top: 4px}
.workbench table {border-collapse: collapse; width: 100%; margin: 0; font-size: 12px}
.workbench td, .workbench th {padding: 2px 6px; text-align: left; white-space: nowrap; color: inherit}
.workbench td:first-child {max-width: 290px; overflow: hidden; text-overflow: ellipsis}
.workbench th {position: sticky; top: 0; background: var(--jp-layout-color2, #eee)}
.workbench th button {all: unset; cursor: pointer; font-weight: bold}
.workbench td button, .workbench td button[aria-pressed=true] {all: unset; cursor: pointer}
.workbench .n {text-align: right; font-variant-numeric: tabular-nums}
.workbench tr.marked td {background: #cfe6f5; color: #111; font-weight: bold}
.workbench .cards {display: grid; grid-template-columns: repeat(auto-fill, minmax(var(--card, 330px), 1fr)); gap: 8px;
  margin: 6px 0}
.workbench .card {border: 1px solid var(--jp-border-color2, #ccc); padding: 6px; display: flex; gap: 8px}
.workbench .card > img, .workbench .card > .blank {flex: 0 0 116px; width: 116px; height: 116px; object-fit: contain}
.workbench .blank {border: 1px dashed #999; font-size: 11px; padding: 4px; box-sizing: border-box; overflow: hidden}
.workbench .said {flex: 1 1 0; min-width: 0}
.workbench .said p {margin: 0 0 2px; overflow-wrap: anywhere}
.workbench .bars {display: flex; gap: 10px}
.workbench .bars > div {flex: 1 1 0; min-width: 0}
.workbench .bar {display: flex; gap: 4px; white-space: nowrap; font-size: 12px; position: relative; line-height: 18px}
.workbench .bar i {position: absolute; inset: 1px auto 1px 0; background: #66666633; z-index: 0}
.workbench .bar.right i {background: #009E7366}
.workbench .bar span {z-index: 1; overflow: hidden; text-overflow: ellipsis}
.workbench .bar abbr {text-decoration: none}
.workbench .bar i + span {flex: 1 1 0; padding-left: 4px}
.workbench .judge {display: flex; gap: 14px; flex-wrap: wrap}
.workbench .judge > img, .workbench .judge > .blank {width: 340px; height: 340px; object-fit: contain;
  background: var(--jp-layout-color2, #eee)}
.workbench .judge > div {flex: 1 1 420px; min-width: 0}
.workbench .row {display: flex; gap: 8px; padding: 3px 6px; border-left: 4px solid transparent; align-items: baseline}
.workbench .row.here {border-left-color: #0072B2; background: var(--jp-layout-color2, #eee)}
.workbench .row .name {flex: 1 1 0; min-width: 0}
.workbench .row .verdicts {flex: 0 0 auto; white-space: nowrap}
"""


SIGNS = {"original": "●", "multi": "◐", "wrong": "✕", "unlabelled": "○"}
TITLES = {
    "checkpoint": "checkpoint",
    "family": "family",
    "source": "source",
    "first": "first (%)",
    "second": "second (%)",
    "gap": "gap (points)",
    "rank_before": "rank before",
    "rank_after": "after",
    "shift": "rise",
}


def message(text: str, *, error: bool = False) -> str:
    """A message, announced to screen readers; an error says so in a word, not by its colour alone."""
    edge = "#CC3311" if error else "#0072B2"
    start = "<b>Error:</b> " if error else ""
    style = f"border-left: 4px solid {edge}; padding: 4px 10px; margin: 4px 0; line-height: 1.4; white-space: normal"
    return f'<div role="{"alert" if error else "status"}" style="{style}">{start}{escape(text)}</div>'


def class_name(label: int) -> str:
    """A class by name, with all its names, WordNet id, index and definition as tooltip."""
    return f'<abbr title="{escape(classes.describe(label))}">{escape(classes.names()[label])}</abbr>'


def scores_table(
    pairs: pd.DataFrame, marked: Collection[str], sort: str, *, down: bool, titles: Mapping[str, str]
) -> str:
    """The chosen checkpoints, marked ones first; a click on a name marks it, on a column's name sorts by it."""
    rows = sorted_pairs(pairs, marked, sort, down=down)
    rows = rows.assign(source=rows["source"] + ", " + rows["protocol"])
    head = "".join(_heading(name, titles[name], sort, down) for name in titles)
    body = []
    columns = [rows[name].tolist() for name in titles]
    for row in zip(*columns, strict=True):
        name = escape(row[0])
        is_marked = row[0] in marked
        sign = "◉" if is_marked else "○"
        pressed = str(is_marked).lower()
        first = f'<button data-action="mark:{name}" title="{name}" aria-pressed="{pressed}">{sign} {name}</button>'
        cells = "".join(map(_cell, row[1:]))
        body.append(f'<tr class="{"marked" * is_marked}"><td>{first}</td>{cells}</tr>')
    count = f"{len(rows)} checkpoints, {len(rows[rows['checkpoint'].isin(list(marked))])} marked"
    clear = '<button data-action="clear">unmark all</button>' if marked else ""
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
    return f'<div>{count} {clear} <span class="hint">{_MARKING}</span></div><div class="scroll">{table}</div>'


_MARKING = "Mark by a click in a chart or on a name (shift: one more), or by dragging a rectangle in a chart."


def sorted_pairs(pairs: pd.DataFrame, marked: Collection[str], sort: str, *, down: bool) -> pd.DataFrame:
    """Rows of the chosen checkpoints in the order of the table, marked ones first."""
    rows = pairs[pairs["chosen"]].sort_values(sort, ascending=not down, kind="stable")
    place = ~rows["checkpoint"].isin(list(marked))
    return rows.loc[place.sort_values(kind="stable").index]


def _heading(name: str, title: str, sort: str, down: bool) -> str:
    sign = (" ▼" if down else " ▲") if name == sort else ""
    order = f' aria-sort="{"descending" if down else "ascending"}"' if name == sort else ""
    return f'<th{order}><button data-action="sort:{name}">{escape(title)}{sign}</button></th>'


def _cell(value: object) -> str:
    if isinstance(value, float):  # a fraction; only here it becomes percent
        return f'<td class="n">{100 * value:.2f}</td>'
    return f'<td class="n">{value}</td>' if isinstance(value, int) else f"<td>{escape(str(value))}</td>"


@dataclass(frozen=True)
class Seen:
    """What one checkpoint sees in one picture: `classes` best first, their `scores` or None, and the status."""

    checkpoint: str
    status: str
    classes: Sequence[int]
    scores: Sequence[float] | None


@dataclass(frozen=True)
class Card:
    """One picture of the gallery: `url` is empty where it cannot be shown, then `problem` says why."""

    image: str
    url: str
    labels: Sequence[int]
    original: Sequence[int]
    seen: Sequence[Seen]
    facts: Mapping[str, object]
    problem: str = ""


def cards(page: Sequence[Card], *, where: str, wide: bool) -> str:
    """A page of the gallery."""
    keys = "<kbd>←</kbd> <kbd>→</kbd> page, <kbd>Home</kbd> <kbd>End</kbd> first and last"
    turn = '<button data-action="key:ArrowLeft">◀ back</button><button data-action="key:ArrowRight">next ▶</button>'
    signs = ", ".join(f"{SIGNS[status]} {title}" for status, title in STATUSES.items())
    head = f'<div>{turn} <b>{escape(where)}</b> <span class="hint">{keys}</span></div><div class="hint">{signs}</div>'
    size = 470 if wide else 330
    return f'{head}<div class="cards" style="--card: {size}px">{"".join(_card(card) for card in page)}</div>'


def _card(card: Card) -> str:
    names = ", ".join(class_name(label) for label in card.labels) or "none"
    other = [label for label in card.original if label not in card.labels]
    originally = f" (originally {', '.join(map(class_name, other))})" if other else ""
    lines = [f"<p><b>labels:</b> {names}{originally}</p>"]
    if card.facts:
        facts = ", ".join(f"{escape(str(name))}: {escape(str(value))}" for name, value in card.facts.items())
        lines.append(f'<p class="hint">{facts}</p>')
    bars = "".join(_bars(seen, {*card.labels, *card.original}) for seen in card.seen)
    lines.append(f'<div class="bars">{bars}</div>')
    picture = _picture(card.image, card.url, card.problem)
    return f'<div class="card">{picture}<div class="said">{"".join(lines)}</div></div>'


def _picture(image: str, url: str, problem: str) -> str:
    if url:
        return f'<img src="{url}" alt="{escape(image)}" title="{escape(image)}">'
    return f'<div class="blank" title="{escape(image)}">{escape(problem)}</div>'


def _bars(seen: Seen, wanted: Collection[int]) -> str:
    title = f'<p title="{escape(STATUSES[seen.status])}">{SIGNS[seen.status]} <b>{escape(seen.checkpoint)}</b></p>'
    bars = []
    for place, label in enumerate(seen.classes):
        is_label = label in wanted
        share = "" if seen.scores is None else f"{100 * seen.scores[place]:.0f} %"
        width = 0 if seen.scores is None else 100 * seen.scores[place]
        sign = " ✓" if is_label else ""
        bars.append(
            f'<div class="bar{" right" * is_label}"><i style="width: {width:.1f}%"></i>'
            f"<span>{class_name(label)}{sign}</span><span>{share}</span></div>"
        )
    return f"<div>{title}{''.join(bars)}</div>"


@dataclass(frozen=True)
class Proposal:
    """A class to judge: where it comes from, in words, and the verdict so far."""

    label: int
    origin: str
    verdict: str | None


def judging(
    image: str,
    url: str,
    proposals: Sequence[Proposal],
    *,
    here: int,
    where: str,
    found: Sequence[int],
    problem: str = "",
) -> str:
    """One picture to relabel; `here` is the row that the keys act on, `found` are the classes of a search."""
    rows = "".join(_proposal(one, place, place == here) for place, one in enumerate(proposals))
    hits = "".join(
        f'<button data-action="add:{label}" title="{escape(classes.describe(label))}">'
        f"+ {escape(classes.names()[label])}</button>"
        for label in found
    )
    search = f"<div>found: {hits}</div>" if found else ""
    turn = (
        '<button data-action="key:ArrowLeft">◀ back</button><button data-action="key:ArrowRight">next ▶</button>'
        '<button data-action="key:z">undo</button>'
    )
    keys = (
        "<kbd>↑</kbd> <kbd>↓</kbd> class, <kbd>c</kbd> correct, <kbd>w</kbd> wrong, <kbd>u</kbd> unclear, "
        "<kbd>z</kbd> undo, <kbd>←</kbd> <kbd>→</kbd> picture"
    )
    head = f'<div>{turn} <b>{escape(where)}</b> <span class="hint">{escape(image)}</span></div>'
    picture = _picture(image, url, problem)
    return f'{head}<div class="hint">{keys}</div><div class="judge">{picture}<div>{search}{rows}</div></div>'


def _proposal(one: Proposal, place: int, here: bool) -> str:
    pressed = {verdict: str(verdict == one.verdict).lower() for verdict in VERDICTS}
    buttons = "".join(
        f'<button data-action="{verdict}:{one.label}" aria-pressed="{is_pressed}">{verdict}</button>'
        for verdict, is_pressed in pressed.items()
    )
    gloss = escape(classes.glosses()[one.label])
    return (
        f'<div class="row{" here" * here}"{" aria-current=true" * here}><span class="name">{class_name(one.label)} '
        f'<span class="hint">{escape(one.origin)}<br>{gloss}</span></span><span class="verdicts">{buttons}</span></div>'
    )
