"""The committed tables and arrays, computed again from the public files; a test compares them where those are."""

import io
from collections.abc import Callable

import numpy as np
import pandas as pd

from workbench.files import write_file
from workbench.inputs import classes, committed, labels
from workbench.inputs.published import class_names, mistakes, open_clip_results, timm_results
from workbench.predict.imports import recht2019
from workbench.predict.store import Predictions
from workbench.score import pools, scores
from workbench.score.mistakes import failing, reviews
from workbench.score.multiple_choice import public
from workbench.score.paired import by_labels, correctness


def computations() -> dict[str, Callable[[], pd.DataFrame]]:
    """How each table is computed. Each raises `MissingSourceError` where a public file is not at hand."""
    return {
        "recht2019": lambda: pools.recht2019(recompute=True),
        "recht2019-top5": _top5,
        "timm-results": timm_results.extract,
        "open-clip-results": open_clip_results.results,
        "mistakes-counts": lambda: reviews.counts(mistakes.reviewed()),
        "mistakes-shared": lambda: reviews.shared(mistakes.reviewed()),
        "mistakes-pairs": lambda: reviews.pairs(mistakes.reviewed()),
        "mistakes-recht2019": lambda: _on_failing(failing.counts),
        "mistakes-solved": lambda: _on_failing(failing.solved),
        "openai-class-names": class_name_facts,
        **by_labels.computations(),
        **public.computations(),
        "clip-benchmark-names": clip_benchmark_facts,
    }


def arrays() -> dict[str, Callable[[], dict[str, np.ndarray]]]:
    """How each committed file of arrays is computed; raises as :func:`computations`."""
    return {correctness.COMMITTED: _images}


def _images() -> dict[str, np.ndarray]:
    """What the public models get right on each image of V1 and V2."""
    sides = ([one for one in recht2019.load() if one.image_set == name] for name in ("v1", "v2"))
    return {name: part for side in sides for name, part in correctness.pack(correctness.of(side)).items()}


def _public() -> list[Predictions]:
    """What the 67 public models see in V1."""
    return [one for one in recht2019.load() if one.image_set == "v1"]


def _top5() -> pd.DataFrame:
    """Top-5 accuracy on V1, by the original label: ``checkpoint, value, n_images``."""
    original, rows = labels.load("v1-original"), []
    for one in _public():
        hit = scores.hits(one.classes[:, :5], original.table, original.rows(one.images))
        rows.append((one.checkpoint, hit.any(axis=1).mean(), len(one)))
    return pd.DataFrame(rows, columns=["checkpoint", "value", "n_images"])


def _on_failing(compute: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    """What the public models do on the reviewed mistakes of ViT-3B."""
    reviewed = mistakes.reviewed().query("model == 'ViT-3B'").reset_index(drop=True)
    return compute(_public(), reviewed, original=labels.load("v1-original"), real=labels.load("v1-real"))


def write(*names: str) -> None:
    """Compute committed files again and write them; all of them by default."""
    tables, packed = computations(), arrays()
    for name in names or [*tables, *packed]:
        if name in tables:
            text = tables[name]().to_csv(index=False, lineterminator="\n")
            write_file(committed.folder() / f"{name}.csv", text)
        else:
            stream = io.BytesIO()
            np.savez_compressed(stream, allow_pickle=False, **packed[name]())
            write_file(committed.folder() / f"{name}.npz", stream.getvalue())


def class_name_facts() -> pd.DataFrame:
    """What statements about OpenAI's names and prompts are checked against: columns ``fact, value``, both text."""
    names = class_names.openai()
    mended = [class_names.MILL.get(i, name) for i, name in enumerate(names)]
    shared = class_names.collisions(names).items()
    rows = {
        "names": len(names),
        "distinct names": len(set(names)),
        "distinct names after Mill's two changes": len(set(mended)),
        **{f"classes named {name!r}": " ".join(map(str, found)) for name, found in shared},
        **{f"name of class {i}": names[i] for i in (134, 517)},
        **{f"WordNet name of class {i}": classes.names()[i] for i in class_names.MILL},
        "prompt templates": class_names.n_templates(),
    }
    return pd.DataFrame({"fact": list(rows), "value": [str(value) for value in rows.values()]})


def clip_benchmark_facts() -> pd.DataFrame:
    """How OpenAI's names, and Mill's, compare with clip_benchmark's export: columns ``fact, value``, both text."""
    exported, templates = class_names.clip_benchmark()
    names = class_names.openai()
    mended = [class_names.MILL.get(i, name) for i, name in enumerate(names)]
    rows = {
        "names": len(exported),
        "names that are OpenAI's": sum(map(str.__eq__, exported, names)),
        "names that are OpenAI's with Mill's two changes": sum(map(str.__eq__, exported, mended)),
        "names that join two": sum(" or " in name or "/" in name for name in exported),
        **{f"name of class {i}": exported[i] for i in (657, 744, 836, 837)},
        "prompt templates": len(templates),
    }
    return pd.DataFrame({"fact": list(rows), "value": [str(value) for value in rows.values()]})
