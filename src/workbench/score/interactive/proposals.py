"""Which classes a picture may show: its labels, and what checkpoints see first in it."""

from collections import defaultdict
from collections.abc import Sequence

import pandas as pd

from workbench.errors import InputError
from workbench.inputs.labels import LabelSet
from workbench.predict.store import Predictions

TOP = 5


class Proposals:
    """Classes to judge for each picture of an image set.

    Raises `InputError` where neither labels nor predictions know any of the pictures.
    """

    def __init__(self, predictions: Sequence[Predictions], labels: LabelSet, images: Sequence[str]) -> None:
        self.predictions, self.labels = predictions, labels
        wanted = pd.Index(list(images), dtype="str")
        for one in predictions:
            if (wanted.get_indexer(one.images) < 0).all():
                seen = f"none of the {len(one):,} pictures that {one.checkpoint} predicted ({one.images[0]!r}, ...)"
                given = f"the {len(wanted):,} given ({wanted[0]!r}, ...)"
                raise InputError(f"{seen} is among {given}; give the pictures of these predictions")
        self._rows = [dict(zip(wanted, one.images.get_indexer(wanted), strict=True)) for one in predictions]
        self._label_rows = dict(zip(wanted, labels.rows(wanted), strict=True))

    def of(self, image: str) -> dict[int, str]:
        """Classes to judge, with where they come from in words: the labels, then the `TOP` best predicted classes.

        Several checkpoints vote by the sum of 1/rank among their `TOP` best.
        """
        row = self._label_rows[image]
        ends = self.labels.indptr
        own = self.labels.classes[ends[row] : ends[row + 1]].tolist() if row >= 0 else []
        origins = {label: ["label"] for label in own}
        votes: dict[int, float] = defaultdict(float)
        seen: dict[int, list[str]] = defaultdict(list)
        for one, rows in zip(self.predictions, self._rows, strict=True):
            if (place := rows[image]) < 0:
                continue
            for rank, label in enumerate(one.classes[place, :TOP].tolist(), start=1):
                votes[label] += 1 / rank
                share = f" {100 * one.scores[place, rank - 1]:.0f} %" if one.scores is not None else f" as no. {rank}"
                seen[label].append(f"{one.checkpoint}{share}")
        for label in sorted(votes, key=lambda label: (-votes[label], label))[:TOP]:
            origins.setdefault(label, [])
        return {label: "; ".join([*words, *seen[label]]) for label, words in origins.items()}
