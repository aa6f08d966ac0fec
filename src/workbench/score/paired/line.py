"""V2 against V1 as a line, and how far models lie from it: at equal accuracy on V1, which get more of V2 right?

Models of many kinds lie along one line on probit axes, where an accuracy is laid off as a quantile of the standard
normal (Recht et al. 2019, "Do ImageNet classifiers generalize to ImageNet?"). How far another model lies above the line
of supervised ones is what Taori et al. (2020, "Measuring robustness to natural distribution shifts in image
classification") call its effective robustness.

Intervals cover the draw of the pictures, V1's and V2's, which were the same for all models. Where only accuracies are
known, models are taken to err together as much as can be: such an interval is wider than predictions would give it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from workbench.inputs.images import SIZES
from workbench.score import intervals
from workbench.score.paired import bootstrap
from workbench.score.paired.bootstrap import Resampling
from workbench.score.paired.correctness import Correctness
from workbench.score.paired.over_models import check_same


class Axis(NamedTuple):
    """How accuracies are laid off: there, back, and how much accuracy a unit is at a place."""

    to: Callable[[np.ndarray], np.ndarray]
    back: Callable[[np.ndarray], np.ndarray]
    unit: Callable[[np.ndarray], np.ndarray]


AXES = {
    "probit": Axis(ndtri, ndtr, lambda place: np.exp(-(place**2) / 2) / np.sqrt(2 * np.pi)),
    "linear": Axis(np.asarray, np.asarray, np.ones_like),
}


STEPS = 60  # of a line that is drawn


@dataclass(frozen=True, eq=False)
class Line:
    """A least-squares line through models' accuracies `v1` and `v2`, shape (rows, models): row 0 as they are, the
    others resampled, where there are any; `axes` is ``probit`` or ``linear``.
    """

    v1: np.ndarray
    v2: np.ndarray
    axes: str = "probit"

    def only(self, models: Sequence[bool]) -> "Line":
        """The line through some of its models."""
        return replace(self, v1=self.v1[:, np.asarray(models)], v2=self.v2[:, np.asarray(models)])

    def coefficients(self) -> tuple[np.ndarray, np.ndarray]:
        """Intercept and slope on the axes, shape (rows,) each."""
        x, y = (AXES[self.axes].to(side) for side in (self.v1, self.v2))
        away = x - x.mean(axis=1, keepdims=True)
        slope = (away * y).sum(axis=1) / (away**2).sum(axis=1)
        return y.mean(axis=1) - slope * x.mean(axis=1), slope

    def expected(self, v1: np.ndarray) -> np.ndarray:
        """Accuracy on V2 that goes with `v1`, (n,) or (rows, n), by each row's line: shape (rows, n)."""
        axis, (intercept, slope) = AXES[self.axes], self.coefficients()
        return axis.back(intercept[:, None] + slope[:, None] * axis.to(np.atleast_2d(v1)))

    def steepness(self, v1: np.ndarray) -> np.ndarray:
        """How much the expected accuracy rises with `v1`, shape (n,): the slope, as accuracies."""
        axis, slope = AXES[self.axes], self.coefficients()[1][0]
        return slope * axis.unit(axis.to(self.expected(v1)[0])) / axis.unit(axis.to(v1))

    def within(self, v1: pd.Series) -> pd.Series:
        """Whether accuracies are in the range of the line's own models."""
        return v1.between(self.v1[0].min(), self.v1[0].max())

    def errors(self, v1: np.ndarray) -> tuple[np.ndarray, float]:
        """Standard error of what is expected at `v1`, shape (n,), and of its mean: of the resamples, if there are any.

        Else the largest possible: all models err together, each in the direction that moves the line most.
        """
        if len(self.v1) > 1:
            resampled = self.expected(v1)[1:]
            return resampled.std(axis=0), float(resampled.mean(axis=1).std())
        most = self._most(v1)
        return most, float(most.mean())

    def _most(self, v1: np.ndarray) -> np.ndarray:
        axis, (intercept, slope) = AXES[self.axes], (part[0] for part in self.coefficients())
        x, y, at = axis.to(self.v1[0]), axis.to(self.v2[0]), axis.to(v1)[:, None]
        lever = (at - x.mean()) / ((x - x.mean()) ** 2).sum()
        by_y = 1 / len(x) + lever * (x - x.mean())  # derivatives of the line at `v1` by the place of each model
        by_x = lever * (y - intercept - slope * x) - slope * by_y
        moved = (
            np.abs(by_x) @ (_error(self.v1[0], "v1") / axis.unit(x)),
            np.abs(by_y) @ (_error(self.v2[0], "v2") / axis.unit(y)),
        )
        return np.hypot(*moved) * axis.unit(axis.to(self.expected(v1)[0]))


def resampled(v1: Correctness, v2: Correctness, *, axes: str = "probit", resampling: Resampling | None = None) -> Line:
    """The line through checkpoints whose answers on each image are known, with the joint bootstrap of the images.

    Raises `InputError` where the checkpoints of the two sets differ.
    """
    check_same(v1, v2)
    sides = (bootstrap.scores(side, "top1", resampling or Resampling()) for side in (v1, v2))
    return Line(*sides, axes=axes)


def printed(gaps: pd.DataFrame, *, axes: str = "probit") -> Line:
    """The line through models of which only accuracies are known, on all of V1 and V2, from their `gaps`."""
    return Line(gaps[["v1"]].to_numpy().T, gaps[["v2"]].to_numpy().T, axes=axes)


def band(line: Line, v1: pd.Series) -> pd.DataFrame:
    """The line from the least to the largest of `v1`, and its 95 % interval: ``v1, v2, ci_low, ci_high, within``.

    In steps that are equal on the axes; the interval is empty where the line was not resampled.
    """
    axis = AXES[line.axes]
    first, last = axis.to(np.array([v1.min(), v1.max()]))
    steps = axis.back(np.linspace(first, last, STEPS))
    at = line.expected(steps)
    low, high = intervals.percentile(at[1:]) if len(at) > 1 else (np.nan, np.nan)
    found = pd.DataFrame({"v1": steps, "v2": at[0], "ci_low": low, "ci_high": high})
    return found.assign(within=line.within(found["v1"]))


def distances(line: Line, gaps: pd.DataFrame) -> pd.DataFrame:
    """How far models lie above a line: ``checkpoint, source, v1, v2, expected, distance, ci_low, ci_high, p, within``.

    Takes :func:`workbench.score.gaps.gap` of models on all of V1 and V2. The interval covers the draw of both sets of
    pictures, for the model and for the line, as if these erred independently: they err alike, so that it is too wide,
    and the two-sided `p` too large. `within`: whether its V1 accuracy is in the range of the line's own models.
    """
    v1 = gaps["v1"].to_numpy()
    expected, (error, _) = line.expected(v1)[0], line.errors(v1)
    distance, error = gaps["v2"] - expected, np.hypot(error, _own(line, gaps))
    ends = {"ci_low": distance - intervals.Z95 * error, "ci_high": distance + intervals.Z95 * error}
    ends |= {"p": 2 * ndtr(-np.abs(distance) / error), "within": line.within(gaps["v1"])}
    return gaps[["checkpoint", "source", "v1", "v2"]].assign(expected=expected, distance=distance, **ends)


def mean_distance(line: Line, gaps: pd.DataFrame) -> dict[str, float]:
    """Mean distance of models from a line: ``models, distance, ci_low, ci_high``.

    The models saw the same pictures, so that their mean is known no better than one of them, if all err together: the
    interval takes them to. Otherwise as :func:`distances`.
    """
    v1 = gaps["v1"].to_numpy()
    distance = float((gaps["v2"] - line.expected(v1)[0]).mean())
    half = intervals.Z95 * float(np.hypot(line.errors(v1)[1], _own(line, gaps).mean()))
    return {"models": len(gaps), "distance": distance, "ci_low": distance - half, "ci_high": distance + half}


def mean_gap(gaps: pd.DataFrame) -> dict[str, float]:
    """Mean of V1 minus V2 over models of which only accuracies are known: ``models, v1, v2, gap, ci_low, ci_high``.

    The interval is as wide as if all models erred together.
    """
    gap, half = gaps["gap"].mean(), intervals.Z95 * np.hypot(*(_error(gaps[name], name).mean() for name in SIZES))
    means = {"models": len(gaps), "v1": gaps["v1"].mean(), "v2": gaps["v2"].mean(), "gap": gap}
    return means | {"ci_low": gap - half, "ci_high": gap + half}


def widths(whole: Line) -> pd.DataFrame:
    """Standard errors of distances as printed accuracies give them beside those of predictions: ``of, printed, joint``.

    The line is that of every second model of a resampled line, in the order of V1; the distances are those of the
    others, one by one (the median of their errors) and of their mean. For ``joint`` all of it is resampled together.
    """
    order = np.argsort(np.argsort(whole.v1[0], kind="stable"))
    fitted, others = whole.only(order % 2 == 0), whole.only(order % 2 == 1)
    each, mean = fitted.errors(others.v1[0])
    own = _own(fitted, pd.DataFrame({"v1": others.v1[0], "v2": others.v2[0]}))
    joint = (others.v2 - fitted.expected(others.v1))[1:]
    rows = [("one model", np.median(np.hypot(each, own)), np.median(joint.std(axis=0)))]
    rows.append(("mean of the models", np.hypot(mean, own.mean()), joint.mean(axis=1).std()))
    return pd.DataFrame(rows, columns=["of", "printed", "joint"])


def _own(line: Line, gaps: pd.DataFrame) -> np.ndarray:
    """Standard error of each model's distance that is its own: of its V2 accuracy, and of what V1's lets expect."""
    v1, v2 = (gaps[name].to_numpy() for name in SIZES)
    return np.hypot(_error(v2, "v2"), line.steepness(v1) * _error(v1, "v1"))


def _error(accuracy: np.ndarray | pd.Series, image_set: str) -> np.ndarray:
    return np.sqrt(accuracy * (1 - accuracy) / SIZES[image_set])
