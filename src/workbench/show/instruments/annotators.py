"""What other annotators say of the pictures that one judges, and how far they agree."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from workbench.errors import InputError
from workbench.inputs.images import ImageSet
from workbench.inputs.labels import decisions
from workbench.inputs.labels.decisions import Decisions
from workbench.score import intervals


class Others:
    """The verdicts of everybody else: in the annotator's own file, and in `files` of others.

    Raises `InputError` and `DamagedFileError` as :func:`workbench.inputs.labels.decisions.read` does.
    """

    def __init__(self, own: Decisions, files: Sequence[str | Path]) -> None:
        made = [*own.made, *(one for file in files for one in decisions.read(file))]
        self._of: dict[str, dict[int, dict[str, str]]] = {}
        for one in sorted(made, key=lambda one: one.time):  # the last verdict of each holds
            if one.annotator != own.annotator:
                self._of.setdefault(one.image, {}).setdefault(one.label, {})[one.annotator] = one.verdict

    def of(self, image: str) -> dict[int, dict[str, str]]:
        """Verdicts on a picture: class -> annotator -> verdict."""
        return self._of.get(image, {})

    def is_disputed(self, image: str, mine: Mapping[int, str]) -> bool:
        """Whether two annotators, this one among them, differ on a class of a picture."""
        return any(
            len({*said.values(), *([mine[label]] if label in mine else [])}) > 1
            for label, said in self.of(image).items()
        )

    def agreements(self, own: Decisions) -> list[str]:
        """A line for each other annotator: on how many of the classes that both judged they say the same, with the
        95 % Wilson interval."""
        counted: dict[str, list[bool]] = {}
        for image, classes in self._of.items():
            mine = own.verdicts(image)
            for label in classes.keys() & mine.keys():
                for name, verdict in classes[label].items():
                    counted.setdefault(name, []).append(verdict == mine[label])
        return [_line(name, sum(same), len(same)) for name, same in sorted(counted.items())]


def notes(own: Decisions, images: ImageSet) -> list[str]:
    """What is to be said of decisions made before. Raises `InputError` where all are on other pictures."""
    judged, known = {one.image for one in own.made}, set(images.images)
    if judged and not judged & known:
        own.close()
        others = f"{len(judged)} pictures of another image set ({min(judged)!r}, ...)"
        advice = "give another file with out=..., this one stays as it is"
        raise InputError(f"{own.path} holds decisions on {others}; {advice}")
    here = [f"decisions on {len(judged - known)} pictures that are not here stay in the file"] if judged - known else []
    return [*own.notes, *here]


def _line(name: str, same: int, n: int) -> str:
    low, high = (100 * end.item() for end in intervals.wilson(same, n))
    return f"with {name}: the same on {same} of {n} classes ({100 * same / n:.0f} %, {low:.0f} to {high:.0f})"
