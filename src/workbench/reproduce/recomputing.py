"""The committed tables, computed again from the public files; a test compares them wherever those are at hand."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from workbench.files import writing
from workbench.inputs import classes, committed, labels
from workbench.inputs.published import class_names, mistakes, timm_results
from workbench.predict import recht2019
from workbench.score import metrics, pairing, pools
from workbench.score.mistakes import failing, reviews


def computations() -> dict[str, Callable[[], pd.DataFrame]]:
    """How each table is computed. Each raises `MissingSourceError` where a public file is not at hand."""
    return {
        "recht2019": lambda: pools.recht2019(recompute=True),
        "recht2019-top5": _top5,
        "recht2019-neighbours": _neighbours,
        "timm-results": timm_results.extract,
        "mistakes-counts": lambda: reviews.counts(mistakes.reviewed()),
        "mistakes-shared": lambda: reviews.shared(mistakes.reviewed()),
        "mistakes-pairs": lambda: reviews.pairs(mistakes.reviewed()),
        "mistakes-recht2019": failing.recht2019,
        "mistakes-solved": failing.solved,
        "openai-class-names": class_name_facts,
    }


def _neighbours() -> pd.DataFrame:
    """The 67 public models in the order of V1 top-1, each beside the next; see :mod:`workbench.score.pairing`."""
    original = labels.load("v1-original")
    right = {
        one.checkpoint: metrics.hits(one.classes[:, :1], original.table, original.rows(one.images))[:, 0]
        for one in recht2019.load()
        if one.image_set == "v1"
    }
    return pairing.neighbours(pd.DataFrame(right)).round(6)


def _top5() -> pd.DataFrame:
    """Top-5 accuracy of the 67 public models on V1, by the original label: ``checkpoint, value, n_images``."""
    original = labels.load("v1-original")
    rows = []
    for one in recht2019.load():
        if one.image_set == "v1":
            hit = metrics.hits(one.classes[:, :5], original.table, original.rows(one.images)).any(axis=1)
            rows.append((one.checkpoint, float(np.mean(hit)), len(one)))
    return pd.DataFrame(rows, columns=["checkpoint", "value", "n_images"])


def write(*names: str) -> None:
    """Compute tables again and write them; all of them by default."""
    for name in names or computations():
        with writing(committed.folder() / f"{name}.csv") as stream:
            stream.write(computations()[name]().to_csv(index=False, lineterminator="\n").encode())


def class_name_facts() -> pd.DataFrame:
    """What statements about OpenAI's names and prompts are checked against: columns ``fact, value``, both text."""
    names = class_names.openai()
    mended = [class_names.MILL.get(i, name) for i, name in enumerate(names)]
    rows = {
        "names": len(names),
        "distinct names": len(set(names)),
        "distinct names after Mill's two changes": len(set(mended)),
        **{
            f"classes named {name!r}": " ".join(map(str, found))
            for name, found in class_names.collisions(names).items()
        },
        **{f"name of class {i}": names[i] for i in (134, 517)},
        **{f"WordNet name of class {i}": classes.names()[i] for i in class_names.MILL},
        "prompt templates": class_names.n_templates(),
    }
    return pd.DataFrame({"fact": list(rows), "value": [str(value) for value in rows.values()]})
