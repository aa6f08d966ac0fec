"""OpenAI's names of the 1000 classes, as zero-shot evaluation takes them: which classes share one."""

import ast
import json
from collections import defaultdict
from importlib.util import find_spec
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from workbench.errors import DamagedFileError, MissingSourceError
from workbench.inputs import sources

# Mill gives these classes their own WordNet name, because OpenAI's is another class's too.
MILL = {744: "projectile", 836: "sunglass"}
SHARED = (657, 744, 836, 837)  # the classes that share a name with another in OpenAI's list: two pairs


def openai() -> list[str]:
    """OpenAI's curated names in class-index order, read as text from open_clip's source, which is not run.

    Raises `MissingSourceError` where the file is neither at hand nor part of an installed open_clip.
    """
    return [ast.literal_eval(node) for node in _entries("IMAGENET_CLASSNAMES")]


def unique() -> list[str]:
    """The same with Mill's two changes, so that no two classes share a name. Raises as :func:`openai`."""
    return [MILL.get(label, name) for label, name in enumerate(openai())]


def templates() -> list[str]:
    """OpenAI's prompt templates, with ``{}`` for the name. Raises as :func:`openai`."""
    return [_template(node) for node in _entries("OPENAI_IMAGENET_TEMPLATES")]


def n_templates() -> int:
    """Number of OpenAI's prompt templates. Raises as :func:`openai`."""
    return len(_entries("OPENAI_IMAGENET_TEMPLATES"))


def clip_benchmark() -> tuple[list[str], list[str]]:
    """The names in class-index order and the prompt templates that clip_benchmark exports with its copy of ImageNet.

    Read as text from the package, which is not run. Raises `MissingSourceError` where it is not at hand, and
    `DamagedFileError` where it holds neither.
    """
    (path,) = sources.locate("clip-benchmark-names").values()
    parts = ("classnames", "zeroshot_classification_templates")
    try:
        with ZipFile(path) as package:
            names, templates = (json.loads(package.read(f"clip_benchmark/datasets/en_{part}.json")) for part in parts)
        return names["imagenet1k"], templates["imagenet1k"]
    except (BadZipFile, KeyError, ValueError) as error:
        raise DamagedFileError(f"{path} has no names of imagenet1k ({error}); expected clip_benchmark 1.6.2") from error


def collisions(names: list[str]) -> dict[str, list[int]]:
    """Names that several classes share, with those classes.

    >>> collisions(["crane", "missile", "missile"])
    {'missile': [1, 2]}
    """
    places = defaultdict(list)
    for place, name in enumerate(names):
        places[name].append(place)
    return {name: found for name, found in places.items() if len(found) > 1}


def _entries(variable: str) -> list[ast.expr]:
    path = _path()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        match node:
            case ast.Assign([ast.Name(name)], ast.List(found) | ast.Tuple(found)) if name == variable:
                return found
    raise DamagedFileError(f"{path} has no list {variable}; expected open_clip's zero_shot_metadata.py")


def _path() -> Path:
    try:
        (path,) = sources.locate("openai-class-names").values()
        return path
    except MissingSourceError:
        spec = find_spec("open_clip")  # finding it does not import it, which would load torch
        if spec is None or spec.origin is None:
            raise
        return Path(spec.origin).with_name("zero_shot_metadata.py")


def _template(function: ast.expr) -> str:
    """The template that ``lambda c: f'a {c}.'`` is."""
    match function:
        case ast.Lambda(body=ast.JoinedStr(parts)):
            return "".join("{}" if isinstance(part, ast.FormattedValue) else ast.literal_eval(part) for part in parts)
    raise DamagedFileError(f"{_path()} has a template that is no function of a name: {ast.unparse(function)}")
