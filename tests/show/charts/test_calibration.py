"""The reliability diagram: accuracy at each level of confidence, by labels."""

import pandas as pd

from workbench.show import charts

FOUND = pd.DataFrame(
    [("one label", 40, 0.91, 0.8, 0.7, 0.9), ("several labels", 20, 0.52, 0.25, 0.1, 0.4)],
    columns=["labels", "n_images", "confidence", "value", "ci_low", "ci_high"],
)


def test_accuracy_stands_over_confidence_in_percent_with_its_interval(take_apart):
    drawn = take_apart(charts.reliability(FOUND, "net"))
    dashed, bars, dots = drawn.layers
    assert dashed.rows("confidence", "value") == [(0, 0), (100, 100)]
    assert dots.rows("labels", "confidence", "value", "ci_low", "ci_high") == [
        ("one label", 91, 80, 70, 90),
        ("several labels", 52, 25, 10, 40),
    ]
    assert dots.fields == {"x": "confidence", "y": "value", "color": "labels", "shape": "labels"}
    assert bars.fields == {"x": "confidence", "y": "ci_low", "y2": "ci_high", "color": "labels"}
    assert dots.encoding["x"]["scale"] == dots.encoding["y"]["scale"] == {"domain": [0, 100]}
    assert dots.scale("color") == {"one label": "#0072B2", "several labels": "#D55E00"}
    assert drawn.spec["description"].startswith("Is net as sure as it is right?")
