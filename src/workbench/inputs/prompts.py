"""What a text tower is asked: a name for each class, put into templates."""

import hashlib
import json
import warnings
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import InputError
from workbench.files import read_lines
from workbench.inputs.classes import N_CLASSES
from workbench.inputs.published import class_names

NAMES, TEMPLATES = "unique", "openai-80"  # where nothing else is said
LISTS = {"openai": class_names.openai, "unique": class_names.unique}


@dataclass(frozen=True)
class Prompts:
    """`names`, one for each class, and `templates` with ``{}`` for the name; what each of the two is called."""

    names: tuple[str, ...]
    templates: tuple[str, ...]
    names_called: str = "mine"
    templates_called: str = "mine"

    def texts(self) -> list[str]:
        """Every prompt, class after class: number of names times number of templates."""
        return [template.replace("{}", name) for name in self.names for template in self.templates]

    def choices(self) -> dict[str, str]:
        """What they are called and what they hold, for the key of a run."""
        digests = {"class_names_sha256": _digest(self.names), "templates_sha256": _digest(self.templates)}
        return {"class_names": self.names_called, "templates": self.templates_called} | digests


def choose(names: str = NAMES, templates: str = TEMPLATES) -> Prompts:
    """Prompts for the 1000 classes by what a user writes.

    `names`: ``openai`` for OpenAI's list (998 distinct names), ``unique`` for the same with classes 744 and 836 told
    apart from their namesakes, as Mill's ImageNet-1k page has them, or a text file with 1000 lines. `templates`:
    ``openai-80``, one template with ``{}`` for the name, or a text file with one a line. Raises `InputError` for files
    that hold something else, `MissingSourceError` where OpenAI's lists are not at hand.
    """
    listed = LISTS[names]() if names in LISTS else _names(Path(names))
    if templates == TEMPLATES:
        asked = class_names.templates()
    else:
        asked = _templates([templates] if "{}" in templates else read_lines(Path(templates)), templates)
    called = (names if names in LISTS else Path(names).stem, templates if _literal(templates) else Path(templates).stem)
    return Prompts(tuple(listed), tuple(asked), *called)


def _names(path: Path) -> list[str]:
    names = read_lines(path)
    if len(names) != N_CLASSES:
        seen = f"{path} holds {len(names)} class names; expected {N_CLASSES}, one a line in class-index order"
        raise InputError(f"{seen}, or one of the lists {', '.join(LISTS)}")
    if shared := class_names.collisions(names):
        name, labels = next(iter(shared.items()))
        seen = f"{path}: {len(shared)} names are shared by several classes, {name!r} by {labels} among them"
        warnings.warn(f"{seen}; no model can tell those apart", stacklevel=3)
    return names


def _templates(listed: list[str], given: str) -> list[str]:
    if not listed or not all("{}" in template for template in listed):
        raise InputError(f"{given} is no list of templates; expected one a line, with {{}} where the name goes")
    return listed


def _literal(templates: str) -> bool:
    return templates == TEMPLATES or "{}" in templates


def _digest(texts: tuple[str, ...]) -> str:
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()
