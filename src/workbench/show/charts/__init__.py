"""Every figure: a frame in, an Altair chart out. Fractions become percent here."""

from workbench.show.charts.calibration import reliability
from workbench.show.charts.claims import claim_verdicts
from workbench.show.charts.counts import by_label_count, label_counts
from workbench.show.charts.gaps import accuracy_gap, gap_decomposition
from workbench.show.charts.labels import operating_points, relabelled
from workbench.show.charts.leaderboards import accuracy_against_parameters, leaderboard, leaderboard_under_real
from workbench.show.charts.mistakes import (
    confused_pairs,
    failing_against_overall,
    failing_groups,
    mistakes_by_severity,
    solved_mistakes,
)
from workbench.show.charts.multiple_choice import fallback, multiple_choice
from workbench.show.charts.patchml import patchml_by_label_count, patchml_leaders, patchml_making
from workbench.show.charts.pictures import top_predictions
from workbench.show.charts.ranks import rank_shift, standing
from workbench.show.charts.zeroshot import against_line
