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


@cache
def names() -> tuple[str, ...]:
    """Name of each class: its first WordNet lemma, with the class index where two classes share it.

    >>> names()[281], names()[134], names()[517]
    ('tabby', 'crane (134)', 'crane (517)')
    """
    lemmas = [text.split(",")[0] for text in _texts("imagenet_synset_to_lemma.txt")]
    return tuple(f"{lemma} ({i})" if lemmas.count(lemma) > 1 else lemma for i, lemma in enumerate(lemmas))


@cache
def glosses() -> tuple[str, ...]:
    """WordNet definition of each class."""
    return _texts("imagenet_synset_to_definition.txt")


def _texts(file_name: str) -> tuple[str, ...]:
    lines = timm_info(file_name).read_text(encoding="utf-8").splitlines()
    by_wnid = dict(line.split("\t", 1) for line in lines)
    return tuple(by_wnid[wnid] for wnid in wnids())
