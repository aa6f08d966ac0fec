"""The score table: every number that the charts and tables show, in one tidy frame.

Columns: ``checkpoint, image_set, labels, protocol, metric, label_count, value, n_images, ci_low, ci_high,
source``. `value` is a fraction in [0, 1] over `n_images` images, with a 95 % interval. `labels` is the
multi-label set that was scored against; top-1 is always asked of the original label. `label_count` is empty
for a score over all images, else it is the exact number of labels of the images in question.

===========  ==========================================================================================
``top1``     best class equals the original label (section 3.3)
``real``     best class is among the labels, over images with at least one (section 3.3; Beyer et al. 2020)
``subgroup``  mean label-wise accuracy of the images with exactly `label_count` labels (section 3.3)
``asma``     unweighted mean of ``subgroup`` over the label counts asked for (section 3.3)
===========  ==========================================================================================
"""

import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.errors import DamagedFileError, InputError, unknown
from workbench.inputs import labels as label_sets
from workbench.inputs import patchml, sources
from workbench.inputs.labels import LabelSet
from workbench.predict import recht2019 as public
from workbench.predict import store
from workbench.predict.store import Predictions
from workbench.score import metrics

COLUMNS = [
    "checkpoint",
    "image_set",
    "labels",
    "protocol",
    "metric",
    "label_count",
    "value",
    "n_images",
    "ci_low",
    "ci_high",
    "source",
]
LABEL_COUNTS = (1, 2, 3, 4, 5)
RECHT2019_NEEDS = ("recht2019", "v1-images", "v2-images", "v2-refined")
ORIGINAL = {"v1-real": "v1-original", "v2-refined": "v2-original"}


def score(
    predictions: Predictions | Iterable[Predictions],
    labels: LabelSet | str | None = None,
    *,
    original: LabelSet | str | None = None,
    label_counts: Sequence[int] | None = None,
    drop_unlabelled: bool = False,
) -> pd.DataFrame:
    """Score predictions, one file or many, against a label set; without one, against each image set's own.

    Subgroup accuracy and ASMA are over `label_counts`: by default 1 to 5, and 2, 3, 4, 6, 9 for PatchML. Raises
    `InputError` where the predictions are less deep than the largest label count, or name images that the label
    set lacks (unless `drop_unlabelled`, which warns with their number).
    """
    several = [predictions] if isinstance(predictions, Predictions) else predictions
    rows = []
    for one in several:
        own = _labels_for(one, labels)
        counts = _label_counts(own, label_counts)
        if one.failures:
            seen = f"{len(one.failures)} pictures of {one.image_set} could not be decoded by {one.checkpoint}'s run"
            warnings.warn(f"{seen}; they are in no denominator", stacklevel=2)
        _check_depth(one, counts)
        joined = _join(one, own, drop_unlabelled)
        scored = _scores(*joined, own, original_of(own, original), counts)
        rows += [(one.checkpoint, one.image_set, own.name, one.protocol, *row, one.source) for row in scored]
    return _frame(rows)


def _scores(
    classes, rows, images, labels: LabelSet, original: LabelSet | None, label_counts: Sequence[int]
) -> list[tuple]:
    hit = metrics.hits(classes[:, : max(label_counts)], labels.table, rows)
    counts = labels.counts[rows]
    top1 = _top1(classes, images, original, counts) if original else []
    return [*top1, *_real(hit, counts), *_subgroups(hit, counts, label_counts)]


def recht2019(*, recompute: bool = False) -> pd.DataFrame:
    """Scores of the 67 public models of Recht et al. (2019) on V1 and V2: the committed ones, or computed again.

    Where a source that recomputing needs is not at hand, a warning says which and how to fetch it, and the
    committed scores are returned.
    """
    missing = [name for name in RECHT2019_NEEDS if not sources.available(name)] if recompute else []
    if missing:
        warnings.warn(f"{sources.how_to_fetch(*missing)}; the committed scores are used instead", stacklevel=2)
    if recompute and not missing:
        return score(public.load())
    return read(sources.data_dir() / "scores" / "recht2019.csv")


def printed(table: str) -> pd.DataFrame:
    """A table of the paper as it is printed, typos included: the name of a file in ``data/published`` without
    its extension.
    """
    folder = sources.data_dir() / "published"
    known = sorted(path.stem for path in folder.glob("*.csv"))
    if table not in known:
        raise unknown("published table", table, known)
    return pd.read_csv(folder / f"{table}.csv", dtype={"label_count": str})


def folder(path: str | Path, *, label_counts: Sequence[int] = LABEL_COUNTS) -> pd.DataFrame:
    """Scores of all predictions on v1 and v2 below a folder; none for an empty path.

    The empty path lets a notebook's parameter say "no predictions of my own". Files of other image sets are left out
    with a warning. Raises `InputError` where the folder holds no predictions on v1 or v2.
    """
    if not str(path):
        return _frame([])
    read = [store.read(file) for file in sorted(Path(path).rglob("*.parquet"))]
    wanted = [one for one in read if one.image_set in ("v1", "v2")]
    if not wanted:
        raise InputError(
            f"{path} holds no predictions on v1 or v2 (*.parquet); make some with 'workbench predict' "
            "or 'workbench import'"
        )
    if len(wanted) < len(read):
        others = sorted({one.image_set for one in read} - {"v1", "v2"})
        warnings.warn(f"{path}: predictions on {', '.join(others)} are left out here", stacklevel=2)
    return score(wanted, label_counts=label_counts)


def published() -> pd.DataFrame:
    """The 315 checkpoints of "Re-assessing ImageNet", Tables 4-10, as scores; intervals only where they are
    binomial.
    """
    table = printed("tables-04-10-checkpoints")
    columns = {
        "top1_v1": ("v1", "v1-real", 50_000),
        "top1_v2": ("v2", "v2-refined", 10_000),
        "real_v1": ("v1", "v1-real", 46_837),
        "real_v2": ("v2", "v2-refined", 9_871),
        "asma_v1": ("v1", "v1-real", 46_693),
        "asma_v2": ("v2", "v2-refined", 9_639),
        "asma_patchml": ("patchml", "patchml", None),
    }
    return _frame([row for column, facts in columns.items() for row in _published_rows(table, column, *facts)])


def read(path: str | Path) -> pd.DataFrame:
    """Read a score table from CSV. Raises `InputError` where columns are missing, `DamagedFileError` where it
    is damaged.
    """
    try:
        frame = pd.read_csv(path, dtype={"label_count": "Int64", "n_images": "Int64"})
    except (ValueError, OSError) as error:
        raise DamagedFileError(f"the score table {path} cannot be read ({error})") from error
    if missing := set(COLUMNS) - set(frame.columns):
        raise InputError(
            f"{path} lacks the columns {', '.join(sorted(missing))}; expected a table of 'workbench score --format csv'"
        )
    return frame[COLUMNS]


def contents(scores: pd.DataFrame) -> pd.DataFrame:
    """What a score table holds: the number of checkpoints for each source, protocol and image set."""
    counted = scores.groupby(["source", "protocol", "image_set", "labels"])["checkpoint"].nunique()
    return counted.rename("checkpoints").reset_index()


def label_counts(scores: pd.DataFrame, *, most: int = 5) -> pd.DataFrame:
    """Number and share of images by label count (Table 1): ``image_set, label_count, n_images, share``.

    Counts above `most` are pooled as ``>most``. The share is of the images with at least one label, empty for
    those with none.
    """
    strata = scores[(scores["metric"] == "top1") & scores["label_count"].notna()]
    sizes = strata.drop_duplicates(["image_set", "label_count"])
    pooled = sizes["label_count"].astype(int).map(lambda g: str(g) if g <= most else f">{most}")
    counted = sizes.assign(label_count=pooled).groupby(["image_set", "label_count"], as_index=False)["n_images"].sum()
    labelled = counted[counted["label_count"] != "0"].groupby("image_set")["n_images"].sum()
    share = (counted["n_images"] / counted["image_set"].map(labelled)).where(counted["label_count"] != "0")
    order = counted["label_count"].map(lambda g: most + 1 if g.startswith(">") else int(g))
    return (
        counted.assign(share=share.astype(float), order=order)
        .sort_values(["image_set", "order"], ignore_index=True)
        .drop(columns="order")
    )


def by_label_count(scores: pd.DataFrame, metric: str, label_counts: Sequence[int] = LABEL_COUNTS) -> pd.DataFrame:
    """Median over checkpoints of a score at each label count, V1 beside V2, for each source and protocol.

    ``v1_margin`` and ``v2_margin`` are the median checkpoint's half interval; ``v2_higher`` counts the
    checkpoints that are better on V2, among ``checkpoints``.
    """
    rows = scores[(scores["metric"] == metric) & scores["label_count"].isin(list(label_counts))]
    rows = rows.assign(margin=(rows["ci_high"] - rows["ci_low"]) / 2)
    keys = ["source", "protocol", "label_count"]
    wide = rows.pivot_table(
        index=[*keys, "checkpoint"], columns="image_set", values=["value", "margin"], observed=True
    ).dropna()
    medians = wide.groupby(level=keys).median()
    higher = (wide["value"]["v2"] > wide["value"]["v1"]).groupby(level=keys).agg(["sum", "size"])
    return pd.DataFrame(
        {
            "v1": medians["value"]["v1"],
            "v1_margin": medians["margin"]["v1"],
            "v2": medians["value"]["v2"],
            "v2_margin": medians["margin"]["v2"],
            "v2_higher": higher["sum"],
            "checkpoints": higher["size"],
        }
    ).reset_index()


def _labels_for(predictions: Predictions, labels: LabelSet | str | None) -> LabelSet:
    if labels == "folders":
        return label_sets.from_folders(predictions.images)
    if labels is not None:
        return _label_set(labels)
    try:
        return label_sets.of(predictions.images, predictions.image_set)
    except InputError as error:
        raise InputError(
            f"image set {predictions.image_set!r} has no label set of its own, and its folders name no classes "
            f"({error}); give --labels: a name ({', '.join(label_sets.NAMED)}) or a label file"
        ) from error


def _label_counts(labels: LabelSet, wanted: Sequence[int] | None) -> list[int]:
    default = patchml.COUNTS if labels.name.startswith("patchml-") else LABEL_COUNTS
    return sorted(set(default if wanted is None else wanted))


def _label_set(labels: LabelSet | str) -> LabelSet:
    return label_sets.load(labels) if isinstance(labels, str) else labels


def original_of(labels: LabelSet, original: LabelSet | str | None = None) -> LabelSet | None:
    """The single-label set that top-1 asks: the given one, the paired one, or `labels` itself where each
    image has one.
    """
    if original is not None:
        return _label_set(original)
    if labels.name in ORIGINAL:
        return _label_set(ORIGINAL[labels.name])
    return labels if (labels.counts == 1).all() else None


def _check_depth(predictions: Predictions, label_counts: Sequence[int]) -> None:
    if not label_counts or min(label_counts) < 1:
        raise InputError(f"label counts are {list(label_counts)}; expected whole numbers from 1 up")
    deepest = max(label_counts)
    if deepest > predictions.topk:
        raise InputError(
            f"{predictions.checkpoint}: images with {deepest} labels ask for the top-{deepest} classes, but only the "
            f"top-{predictions.topk} are stored; predict again with --topk {deepest}, or ask for label counts up to "
            f"{predictions.topk} with --label-counts"
        )


def _join(predictions: Predictions, labels: LabelSet, drop_unlabelled: bool) -> tuple[np.ndarray, np.ndarray, pd.Index]:
    """Predicted classes, their rows in the label set, and the ids, of the images that the label set knows."""
    rows = labels.rows(predictions.images)
    known = rows >= 0
    if known.all():
        return predictions.classes, rows, predictions.images
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
    rows = original.rows(images)
    if (rows < 0).any():
        raise InputError(
            f"{int((rows < 0).sum())} images have no original label in {original.name!r}; top-1 needs one for each"
        )
    correct = metrics.hits(classes[:, :1], original.table, rows)[:, 0]
    return [_share("top1", None, correct)] + [_share("top1", g, correct[counts == g]) for g in np.unique(counts)]


def _real(hit: np.ndarray, counts: np.ndarray) -> list[tuple]:
    best = hit[:, 0]
    strata = [g for g in np.unique(counts) if g > 0]
    return [_share("real", None, best[counts > 0])] + [_share("real", g, best[counts == g]) for g in strata]


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
    return [*scored, ("asma", None, mean, n, *metrics.normal(mean, error))]


def _published_rows(table: pd.DataFrame, column: str, image_set: str, labels: str, n: int | None) -> list[tuple]:
    metric = column.split("_")[0]
    rows = []
    for checkpoint, percent in zip(table["checkpoint"], table[column], strict=True):
        value = percent / 100
        interval = metrics.wilson(value * n, n) if n and metric in ("top1", "real") else (np.nan, np.nan)
        rows.append((checkpoint, image_set, labels, "resize", metric, None, value, n, *interval, "published"))
    return rows


def _frame(rows: list[tuple]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=COLUMNS)
    # Six decimals: finer than one image in 50,000, and the same in memory as in a committed CSV.
    numbers = {name: frame[name].astype(float).round(6) for name in ("value", "ci_low", "ci_high")}
    return frame.assign(**numbers).astype({"label_count": "Int64", "n_images": "Int64"})
