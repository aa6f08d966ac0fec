"""Tables to look at: a frame in, a formatted table out. Column names are written for people, numbers in percent."""

from workbench.show.tables.frames import (
    all_checkpoints,
    label_counts,
    operating_points,
    patchml_counts,
    percent,
    ranged,
    reconciled,
    spread,
    top10,
)
from workbench.show.tables.shown import browse, claims, plain, show
