"""ReaL accuracy before and after relabelling."""

import numpy as np
import pandas as pd

from workbench.show import charts

MOVED = pd.DataFrame(
    [
        ("before", "a", "real", np.nan, 0.8123, 0.7931, 0.83, 500),
        ("after", "a", "real", np.nan, 0.8345, 0.81, 0.85, 498),
        ("before", "a", "real", 2, 0.1, 0.05, 0.2, 50),
        ("before", "a", "top1", np.nan, 0.2, 0.1, 0.3, 500),
    ],
    columns=["labels_of", "checkpoint", "metric", "label_count", "value", "ci_low", "ci_high", "n_images"],
)


def test_relabelling_shows_each_label_set_with_its_interval_in_percent(take_apart):
    drawn = take_apart(charts.relabelled(MOVED))
    bars, dots, text = drawn.layers
    assert bars.rows("checkpoint", "labels_of", "value", "ci_low", "ci_high", "n_images") == [
        ("a", "before", 81.23, 79.31, 83, 500),
        ("a", "after", 83.45, 81, 85, 498),
    ]
    assert bars.fields == {"x": "ci_low", "x2": "ci_high", "y": "labels_of", "color": "labels_of"}
    assert dots.fields == {"x": "value", "y": "labels_of", "color": "labels_of"}
    assert text.fields == dots.fields | {"text": "value"}
    assert dots.mark["filled"] is True
    for layer in drawn.layers:
        assert layer.encoding["x"]["scale"] == {"domain": [70, 100]}
    assert bars.encoding["x"]["title"] == "ReaL accuracy (%)"
    assert bars.encoding["y"] == {
        "field": "labels_of",
        "type": "nominal",
        "sort": ["before", "after"],
        "title": None,
        "axis": {"ticks": False},
    }
    assert bars.scale("color") == {"before": "#666666", "after": "#0072B2"}
    assert drawn.spec["facet"]["row"]["field"] == "checkpoint"
    assert bars.tips == {
        "checkpoint": "checkpoint",
        "labels_of": "labels",
        "value": "ReaL accuracy (%)",
        "ci_low": "from",
        "ci_high": "to",
        "n_images": "pictures",
    }
