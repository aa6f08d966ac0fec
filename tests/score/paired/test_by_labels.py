"""The tables of the notebook on labels: pinned numbers, and the readings that rest on them."""

import pandas as pd
import pytest

from workbench.inputs import committed
from workbench.score.paired import by_labels

# Threshold -> several labels on V1 (%), composition (points) by V1's shares, midway, by V2's, and ReaL's gap (points).
PINNED = {
    0.05: (31.04, 3.88, 5.81, 7.74, 9.40),
    0.1: (28.08, 4.39, 6.64, 8.88, 8.71),
    0.2: (25.02, 4.75, 7.31, 9.87, 8.10),
    0.3: (23.13, 4.88, 7.66, 10.44, 7.82),
    0.5: (20.30, 4.88, 8.05, 11.22, 7.51),
    0.7: (17.45, 4.75, 8.29, 11.83, 7.27),
    0.8: (15.89, 4.56, 8.34, 12.12, 7.23),
    0.9: (13.97, 4.13, 8.26, 12.40, 7.39),
    0.95: (12.66, 3.56, 8.06, 12.56, 7.72),
    0.99: (10.06, 2.11, 7.34, 12.57, 8.57),
}
QUANTITIES = ["several", "composition_v1", "composition_midpoint", "composition_v2", "real_gap"]


@pytest.fixture(scope="module")
def points():
    return by_labels.load()["labels-operating-points"]


def of(points, name, over="all images", column="value"):
    rows = points[(points["labels"] == name) & (points["over"] == over)]
    return (100 * rows.set_index("quantity")[column]).round(2)


@pytest.mark.parametrize("at", PINNED)
def test_the_numbers_at_each_threshold(points, at):
    found = of(points, f"v1-real@{at}")
    assert tuple(found[QUANTITIES]) == PINNED[at]
    assert found["gap"] == 12.08
    for standard in ("v1", "midpoint", "v2"):
        assert found[f"composition_{standard}"] + found[f"within_{standard}"] == pytest.approx(12.08, abs=0.011)


def test_the_thresholds_are_the_pinned_ones():
    assert list(by_labels.THRESHOLDS.values()) == list(PINNED)


def test_bands_at_the_published_threshold_are_those_of_the_accuracy_gap(points):
    low, high = (of(points, by_labels.PUBLISHED, column=end) for end in ("ci_low", "ci_high"))
    for quantity, ends in {
        "gap": (11.3, 12.9),
        "composition_midpoint": (7.9, 8.8),
        "within_midpoint": (3.0, 4.5),
    }.items():
        assert (low[quantity], high[quantity]) == pytest.approx(ends, abs=0.06)
    assert of(points, "v2-refined")["several"] == 48.51


def test_composition_is_largest_at_another_threshold_by_each_standard_and_way_of_counting(points):
    found = by_labels.largest(points).set_index(["over", "standard"])
    places = found["threshold"].unstack()[["v1", "midpoint", "v2"]]
    assert places.loc["all images"].tolist() == [0.3, 0.8, 0.99]
    assert places.loc["without fv_16k"].tolist() == [0.3, 0.8, 0.99]
    assert places.loc["labelled images"].tolist() == [0.99] * 3
    assert found.loc[("all images", "midpoint"), "like_published"] == "0.7, 0.9"
    assert found.loc[("all images", "v1"), "lead_low"] > 0


def test_the_largest_composition_is_set_beside_the_published_one(points):
    rows = points[points["labels"].isin(["v1-real@0.5", by_labels.PUBLISHED])]
    found = by_labels.largest(rows).set_index(["over", "standard"]).loc[("all images", "v1")]
    assert (found["threshold"], found["composition"]) == (0.5, pytest.approx(0.0488, abs=5e-5))
    assert found["lead"] == pytest.approx(found["composition"] - found["published"], abs=2e-6)
    assert found["like_published"] == ""


def test_no_order_of_two_models_is_another_beyond_chance_at_another_threshold():
    order = committed.table("labels-order").set_index("labels")
    strictness = order.loc[list(by_labels.THRESHOLDS)]
    assert strictness["reversed"].max() == 17
    assert (strictness[["apart", "apart_holm"]] == 0).all(axis=None)
    assert strictness["margin_holm"].max() == 453
    assert order.loc["v1-original", ["pairs", "reversed", "apart", "apart_holm"]].tolist() == [2211, 49, 4, 0]
    assert strictness["tau"].round(3).tolist() == [0.985, 0.986, 0.991, 0.990, 0.994, 0.998, 1, 0.996, 0.994, 0.986]


def test_only_other_labels_move_a_model_beyond_chance():
    moves = committed.table("labels-shifts").query("p_holm < 0.05")
    assert moves.groupby("labels")["checkpoint"].agg(list).to_dict() == {
        "v1-original": ["cafferesnet101", "mobilenet_v1_tf", "resnet_v1_101_tf", "resnet_v2_101_tf"],
        "v1-mturk": ["cafferesnet101", "resnet_v2_101_tf"],
    }


def test_the_raters_move_more_than_the_images(points):
    raters = committed.table("labels-raters")
    over_raters, over_images = (
        of(frame, "v1-real@0.8", over, "ci_high") - of(frame, "v1-real@0.8", over, "ci_low")
        for frame, over in ((raters, "raters"), (points, "all images"))
    )
    for quantity in ("several", "composition_midpoint"):
        assert over_raters[quantity] > 2 * over_images[quantity]
    agree = raters.query("labels == 'v1-real@0.8' and quantity == 'agree'")["value"].item()
    assert agree == pytest.approx(0.983, abs=0.0005)


def test_without_the_files_the_committed_tables_are_used_and_a_warning_says_so(no_sources):
    with pytest.warns(UserWarning, match="workbench fetch recht2019.*the committed tables are used instead"):
        found = by_labels.load(recompute=True)
    pd.testing.assert_frame_equal(found["labels-order"], committed.table("labels-order"))
