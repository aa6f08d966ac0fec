"""The 1000 ImageNet classes: WordNet ids, names and glosses, in class-index order.

They are read from the text files that timm ships, without importing timm.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from workbench.errors import MissingSourceError

N_CLASSES = 1000


def timm_info(name: str) -> Path:
    """Path of one of timm's data files. Finding it does not import timm, which would load torch."""
    spec = find_spec("timm")
    path = Path(spec.origin).parent / "data" / "_info" / name if spec and spec.origin else None
    if path is None or not path.is_file():
        raise MissingSourceError(f"timm's file {name} was not found; install timm: pip install 'timm>=1.0.15'")
    return path


@cache
def wnids() -> tuple[str, ...]:
    """WordNet id of each class.

    >>> wnids()[0], len(wnids())
    ('n01440764', 1000)
    """
    return tuple(timm_info("imagenet_synsets.txt").read_text().split())


@cache
def index() -> dict[str, int]:
    """Class index of each WordNet id."""
    return {wnid: i for i, wnid in enumerate(wnids())}


def parse(name: str) -> int | None:
    """The class that a WordNet id, or a class index written as text, names; None where it names none.

    >>> parse("n01440764"), parse("7"), parse("1000"), parse("tench")
    (0, 7, None, None)
    """
    digits = name.isascii() and name.isdecimal() and len(name) < 20  # int() takes no more than 4,300
    label = int(name) if digits else index().get(name, N_CLASSES)
    return label if label < N_CLASSES else None


@cache
def lemmas() -> tuple[tuple[str, ...], ...]:
    """Every name that WordNet has for each class.

    >>> lemmas()[281]
    ('tabby', 'tabby cat')
    """
    return tuple(tuple(text.split(", ")) for text in _texts("imagenet_synset_to_lemma.txt"))


@cache
def names() -> tuple[str, ...]:
    """Name of each class: its first WordNet lemma, with the class index where two classes share it.

    >>> names()[281], names()[134], names()[517]
    ('tabby', 'crane (134)', 'crane (517)')
    """
    first = [several[0] for several in lemmas()]
    return tuple(f"{lemma} ({i})" if first.count(lemma) > 1 else lemma for i, lemma in enumerate(first))


def called(name: str) -> tuple[int, ...]:
    """The one class of :func:`names` that is called so, else every class with such a lemma, or such lemmas.

    >>> called("partridge"), called("Tabby_cat"), called("tench, Tinca tinca"), called("crane"), called("cat")
    ((86,), (281,), (0,), (134, 517), ())
    """
    text = name.strip().replace("_", " ")
    return (names().index(text),) if text in names() else _by_lemma().get(text.lower(), ())


@cache
def _by_lemma() -> dict[str, tuple[int, ...]]:
    found: dict[str, list[int]] = {}
    for label, several in enumerate(lemmas()):
        for name in {name.lower() for name in (*several, ", ".join(several))}:
            found.setdefault(name, []).append(label)
    return {name: tuple(labels) for name, labels in found.items()}


@cache
def glosses() -> tuple[str, ...]:
    """WordNet definition of each class."""
    return _texts("imagenet_synset_to_definition.txt")


def describe(label: int) -> str:
    """What a tooltip says of a class: all its names, WordNet id, index and definition.

    >>> describe(281)
    'tabby, tabby cat (n02123045, class 281): a cat with a grey or tawny coat mottled with black'
    """
    return f"{', '.join(lemmas()[label])} ({wnids()[label]}, class {label}): {glosses()[label]}"


def find(text: str, *, most: int = 8) -> list[int]:
    """The classes that a typed text may mean, best first: by index, WordNet id, any of the names, definition.

    >>> [names()[label] for label in find("tabby")]
    ['tabby']
    >>> find("n02123045"), find("281"), find("no such thing")
    ([281], [281], [])
    """
    wanted = text.strip().lower()
    if not wanted:
        return []
    fitting = [(fit, label) for label in range(N_CLASSES) if (fit := _fit(wanted, label)) is not None]
    return [label for _, label in sorted(fitting)[:most]]


def _fit(wanted: str, label: int) -> int | None:
    """How well a text fits a class, 0 is best; None where it does not."""
    known = [name.lower() for name in (*lemmas()[label], names()[label])]
    tests = (
        wanted in (str(label), wnids()[label], *known),
        any(wanted in name.split() for name in known),
        any(name.startswith(wanted) for name in known),
        any(f" {wanted}" in name for name in known),
        any(wanted in name for name in known),
        len(wanted) > 2 and wanted in glosses()[label].lower(),
    )
    return next((place for place, holds in enumerate(tests) if holds), None)


def _texts(file_name: str) -> tuple[str, ...]:
    lines = timm_info(file_name).read_text(encoding="utf-8").splitlines()
    by_wnid = dict(line.split("\t", 1) for line in lines)
    return tuple(by_wnid[wnid] for wnid in wnids())
