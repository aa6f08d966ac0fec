"""The score table: every number that the charts and tables show, in one tidy frame.

Columns: ``checkpoint, image_set, labels, protocol, metric, label_count, value, n_images, ci_low, ci_high, source``. `value` is a fraction in [0, 1] over
`n_images` images, with a 95 % interval. `labels` is the multi-label set that was scored against; top-1 is always asked of the original
label. `label_count` is empty for a score over all images, else it is the exact number of labels of the images in question.

===========  ==========================================================================================
``top1``     best class equals the original label (section 3.3)
``real``     best class is among the labels, over images with at least one (section 3.3; Beyer et al. 2020)
``subgroup``  mean label-wise accuracy of the images with exactly `label_count` labels (section 3.3)
``asma``     unweighted mean of ``subgroup`` over the label counts asked for (section 3.3)
===========  ==========================================================================================
"""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.errors import DamagedFileError, InputError
from workbench.inputs import labels as label_sets
from workbench.inputs import sources
from workbench.inputs.labels import LabelSet
from workbench.predict import recht2019 as public
from workbench.predict.store import Predictions
from workbench.score import metrics

COLUMNS = "checkpoint image_set labels protocol metric label_count value n_images ci_low ci_high source".split()
LABEL_COUNTS = (1, 2, 3, 4, 5)
MULTI_LABELS = {"v1": "v1-real", "v2": "v2-refined", "sample": "sample-original"}
ORIGINAL = {"v1-real": "v1-original", "v2-refined": "v2-original"}


def score(
    predictions: Predictions,
    labels: LabelSet | str | None = None,
    *,
    original: LabelSet | str | None = None,
    label_counts: Sequence[int] = LABEL_COUNTS,
    drop_unlabelled: bool = False,
) -> pd.DataFrame:
    """Score one file of predictions against a label set; without one, against the image set's own.

    Raises `InputError` where the predictions are less deep than the largest label count, or name images that the label set lacks (unless
    `drop_unlabelled`, which warns with their number).
    """
    labels = _label_set(labels or _own_labels(predictions.image_set))
    original = _original(labels, original)
    _check_depth(predictions, label_counts)
    classes, rows, images = _join(predictions, labels, drop_unlabelled)
    depth = max(label_counts)
    hit = metrics.hits(classes[:, :depth], labels.table, rows)
    counts = labels.counts[rows]
    scored = [*_real(hit, counts), *_subgroups(hit, counts, label_counts)]
    if original is not None:
        scored = [*_top1(classes, images, original, counts), *scored]
    frame = pd.DataFrame(scored, columns=["metric", "label_count", "value", "n_images", "ci_low", "ci_high"])
    return _finish(
        frame.assign(
            checkpoint=predictions.checkpoint,
            image_set=predictions.image_set,
            labels=labels.name,
            protocol=predictions.protocol,
            source=predictions.source,
        )
    )


def recht2019(*, recompute: bool = False) -> pd.DataFrame:
    """Scores of the 67 public models of Recht et al. (2019) on V1 and V2: the committed ones, or computed again.

    Recomputing needs the sources ``recht2019``, ``v1-images``, ``v2-images`` and ``v2-refined``, and raises `MissingSourceError` without them.
    """
    if not recompute:
        return read(sources.data_dir() / "scores" / "recht2019.csv")
    return pd.concat([score(predictions) for predictions in public.load()], ignore_index=True)


def published() -> pd.DataFrame:
    """The 315 checkpoints of "Re-assessing ImageNet", Tables 4-10, as scores; intervals only where they are binomial."""
    table = pd.read_csv(sources.data_dir() / "published" / "tables-04-10-checkpoints.csv")
    columns = {
        "top1_v1": ("v1", "v1-real", 50_000),
        "top1_v2": ("v2", "v2-refined", 10_000),
        "real_v1": ("v1", "v1-real", 46_837),
        "real_v2": ("v2", "v2-refined", 9_871),
        "asma_v1": ("v1", "v1-real", 46_693),
        "asma_v2": ("v2", "v2-refined", 9_639),
        "asma_patchml": ("patchml", "patchml", pd.NA),
    }
    parts = [_published_column(table, column, *facts) for column, facts in columns.items()]
    return _finish(pd.concat(parts, ignore_index=True))


def read(path: str | Path) -> pd.DataFrame:
    """Read a score table from CSV. Raises `InputError` where columns are missing, `DamagedFileError` where it is damaged."""
    try:
        frame = pd.read_csv(path, dtype={"label_count": "Int64", "n_images": "Int64"})
    except (ValueError, OSError) as error:
        raise DamagedFileError(f"the score table {path} cannot be read ({error})") from error
    if missing := set(COLUMNS) - set(frame.columns):
        raise InputError(f"{path} lacks the columns {', '.join(sorted(missing))}; expected a table of 'workbench score --format csv'")
    return frame[COLUMNS]


def label_counts(scores: pd.DataFrame, *, most: int = 5) -> pd.DataFrame:
    """Number and share of images by label count (Table 1): ``image_set, label_count, n_images, share``.

    Counts above `most` are pooled as ``>most``. The share is of the images with at least one label, empty for those with none.
    """
    strata = scores[(scores["metric"] == "top1") & scores["label_count"].notna()]
    sizes = strata.drop_duplicates(["image_set", "label_count"])
    pooled = sizes["label_count"].astype(int).map(lambda g: str(g) if g <= most else f">{most}")
    counted = sizes.assign(label_count=pooled).groupby(["image_set", "label_count"], as_index=False)["n_images"].sum()
    labelled = counted[counted["label_count"] != "0"].groupby("image_set")["n_images"].sum()
    share = (counted["n_images"] / counted["image_set"].map(labelled)).where(counted["label_count"] != "0")
    order = counted["label_count"].map(lambda g: most + 1 if g.startswith(">") else int(g))
    return counted.assign(share=share.astype(float), order=order).sort_values(["image_set", "order"], ignore_index=True).drop(columns="order")


def _own_labels(image_set: str) -> str:
    if image_set not in MULTI_LABELS:
        raise InputError(
            f"image set {image_set!r} has no label set of its own; give --labels, a name ({', '.join(label_sets.NAMED)}) or a label file"
        )
    return MULTI_LABELS[image_set]


def _label_set(labels: LabelSet | str) -> LabelSet:
    return label_sets.load(labels) if isinstance(labels, str) else labels


def _original(labels: LabelSet, original: LabelSet | str | None) -> LabelSet | None:
    """The single-label set that top-1 asks: the given one, the paired one, or `labels` itself where each image has one."""
    if original is not None:
        return _label_set(original)
    if labels.name in ORIGINAL:
        return _label_set(ORIGINAL[labels.name])
    return labels if (labels.counts == 1).all() else None


def _check_depth(predictions: Predictions, label_counts: Sequence[int]) -> None:
    if not label_counts or min(label_counts) < 1:
        raise InputError(f"label counts are {list(label_counts)}; expected whole numbers from 1 up")
    if max(label_counts) > predictions.topk:
        raise InputError(
            f"{predictions.checkpoint}: {max(label_counts)} labels ask for the top-{max(label_counts)} classes, but only the "
            f"top-{predictions.topk} are stored; predict again with --topk {max(label_counts)}, or ask for label counts up to {predictions.topk}"
        )


def _join(predictions: Predictions, labels: LabelSet, drop_unlabelled: bool) -> tuple[np.ndarray, np.ndarray, pd.Index]:
    """Predicted classes, their rows in the label set, and the ids, of the images that the label set knows."""
    if predictions.images.equals(labels.images):  # the usual case, and ten times as fast
        return predictions.classes, np.arange(len(labels)), predictions.images
    rows = labels.images.get_indexer(predictions.images)
    known = rows >= 0
    if not known.all():
        lost = int((~known).sum())
        seen = (
            f"{lost} of the {len(rows)} images of {predictions.checkpoint} on {predictions.image_set} are not in label set "
            f"{labels.name!r}, {predictions.images[~known][0]!r} among them"
        )
        if not drop_unlabelled or lost == len(rows):
            raise InputError(f"{seen}; give the label set of these images, or leave them out with --drop-unlabelled")
        warnings.warn(f"{seen}; they are left out of every score", stacklevel=3)
    return predictions.classes[known], rows[known], predictions.images[known]


def _top1(classes: np.ndarray, images: pd.Index, original: LabelSet, counts: np.ndarray) -> list[tuple]:
    rows = original.images.get_indexer(images)
    if (rows < 0).any():
        raise InputError(f"{int((rows < 0).sum())} images have no original label in {original.name!r}; top-1 needs one for each")
    correct = metrics.hits(classes[:, :1], original.table, rows)[:, 0]
    return [_share("top1", pd.NA, correct)] + [_share("top1", g, correct[counts == g]) for g in np.unique(counts)]


def _real(hit: np.ndarray, counts: np.ndarray) -> list[tuple]:
    best = hit[:, 0]
    strata = [g for g in np.unique(counts) if g > 0]
    return [_share("real", pd.NA, best[counts > 0])] + [_share("real", g, best[counts == g]) for g in strata]


def _share(metric: str, label_count, correct: np.ndarray) -> tuple:
    n = len(correct)
    value = correct.mean() if n else np.nan
    return (metric, label_count, value, n, *metrics.wilson(correct.sum(), n))


def _subgroups(hit: np.ndarray, counts: np.ndarray, label_counts: Sequence[int]) -> list[tuple]:
    groups = {g: metrics.label_wise_accuracy(hit[counts == g], counts[counts == g]) for g in label_counts}
    means = {g: values.mean() if len(values) else np.nan for g, values in groups.items()}
    errors = {g: metrics.standard_error(values) for g, values in groups.items()}
    scored = [("subgroup", g, means[g], len(groups[g]), *metrics.normal(means[g], errors[g])) for g in label_counts]
    mean = metrics.asma(np.array(list(means.values())))
    # The subgroups are disjoint, so the variances of their means add.
    error = np.sqrt(np.sum(np.square(list(errors.values())))) / len(groups)
    n = sum(len(values) for values in groups.values())
    return [*scored, ("asma", pd.NA, mean, n, *metrics.normal(mean, error))]


def _published_column(table: pd.DataFrame, column: str, image_set: str, labels: str, n) -> pd.DataFrame:
    metric = column.split("_")[0]
    values = table[column] / 100
    binomial = metric in ("top1", "real")
    intervals = [metrics.wilson(value * n, n) if binomial else (np.nan, np.nan) for value in values]
    return pd.DataFrame(
        {
            "checkpoint": table["checkpoint"],
            "image_set": image_set,
            "labels": labels,
            "protocol": "resize",
            "metric": metric,
            "label_count": pd.NA,
            "value": values,
            "n_images": n,
            "ci_low": [low for low, _ in intervals],
            "ci_high": [high for _, high in intervals],
            "source": "published",
        }
    )


def _finish(frame: pd.DataFrame) -> pd.DataFrame:
    # Six decimals: finer than one image in 50,000, and the same in memory as in a committed CSV.
    numbers = {name: frame[name].astype(float).round(6) for name in ("value", "ci_low", "ci_high")}
    return frame.assign(**numbers).astype({"label_count": "Int64", "n_images": "Int64"})[COLUMNS]
