"""OpenAI's names of the 1000 classes, as zero-shot evaluation takes them: which classes share one."""

import ast
from collections import Counter

import pandas as pd

from workbench.errors import DamagedFileError
from workbench.inputs import classes, sources

# Mill gives these classes their own WordNet name, because OpenAI's is another class's too.
MILL = {744: "projectile", 836: "sunglass"}


def openai() -> list[str]:
    """OpenAI's curated names in class-index order, read as text from open_clip's source, which is not run.

    Raises `MissingSourceError` where the file is not at hand.
    """
    return [ast.literal_eval(node) for node in _entries("IMAGENET_CLASSNAMES")]


def _entries(variable: str) -> list[ast.expr]:
    (path,) = sources.locate("openai-class-names").values()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        value = node.value if isinstance(node, ast.Assign) and _name(node) == variable else None
        if isinstance(value, ast.List | ast.Tuple):
            return value.elts
    raise DamagedFileError(f"{path} has no list {variable}; expected open_clip's zero_shot_metadata.py")


def _name(node: ast.Assign) -> str:
    return getattr(node.targets[0], "id", "")


def collisions(names: list[str]) -> dict[str, list[int]]:
    """Names that several classes share, with those classes.

    >>> collisions(["crane", "missile", "missile"])
    {'missile': [1, 2]}
    """
    shared = [name for name, count in Counter(names).items() if count > 1]
    return {name: [i for i, other in enumerate(names) if other == name] for name in shared}


def facts() -> pd.DataFrame:
    """What statements about OpenAI's names and prompts are checked against: columns ``fact, value``, both text."""
    names = openai()
    mended = [MILL.get(i, name) for i, name in enumerate(names)]
    rows = {
        "names": len(names),
        "distinct names": len(set(names)),
        "distinct names after Mill's two changes": len(set(mended)),
        **{f"classes named {name!r}": " ".join(map(str, found)) for name, found in collisions(names).items()},
        **{f"name of class {i}": names[i] for i in (134, 517)},
        **{f"WordNet name of class {i}": classes.names()[i] for i in MILL},
        "prompt templates": len(_entries("OPENAI_IMAGENET_TEMPLATES")),
    }
    return pd.DataFrame({"fact": list(rows), "value": [str(value) for value in rows.values()]})
