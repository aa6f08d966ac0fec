"""PatchML's figures say what the frames say: specifications are compared, never pixels."""

import numpy as np
import pandas as pd
import pytest

from workbench.inputs import images, patchml
from workbench.inputs.patchml import boxes, composites, patches
from workbench.score import pools
from workbench.show import charts as figures
from workbench.show import tables, theme


@pytest.fixture(scope="module")
def sample():
    pictures = images.sample()
    plan = patchml.plan(patches.patches(boxes.sample(), pictures), seed=1, composites=8)
    return plan, pictures, composites.image_set(plan, pictures)


@pytest.fixture
def scored():
    rows = [
        (
            checkpoint,
            f"patchml-{seed}",
            protocol,
            count,
            0.5 + 0.1 * seed - count / 20 + 0.01 * ord(checkpoint[0]) % 0.2,
        )
        for checkpoint in ("a", "b", "c")
        for seed in (1, 2)
        for protocol in ("resize", "crop")
        for count in patchml.COUNTS
    ]
    frame = pd.DataFrame(rows, columns=["checkpoint", "image_set", "protocol", "label_count", "value"])
    return frame.assign(metric="subgroup", n_images=8)


def data(spec):
    return [pd.DataFrame(values) for values in spec["datasets"].values()]


def test_making_shows_a_composite_of_each_count_with_its_grid(sample):
    spec = theme.spec(figures.patchml_making(*sample))
    above, below = (row["hconcat"] for row in spec["vconcat"])
    assert [cell["title"]["text"] for cell in below] == [f"{k} patches" for k in patchml.COUNTS]
    cells = [len(spec["datasets"][cell["layer"][1]["data"]["name"]]) for cell in below]
    assert cells == [4, 4, 4, 9, 9]
    assert len(above) == 5
    assert theme.png(spec, scale=0.5).startswith(b"\x89PNG")
    assert theme.spec(figures.patchml_making(*sample)) == spec


def test_every_configuration_and_seed_is_a_dot(scored):
    spec = theme.spec(figures.patchml_by_label_count(scored))
    dots = next(frame for frame in data(spec) if "spread" in frame)
    assert len(dots) == 3 * 2 * 2 * 5
    assert "6 configurations, 2 seeds" in spec["title"]["subtitle"][0]
    assert set(spec["layer"][1]["encoding"]) >= {"color", "shape"}
    assert theme.png(spec, scale=0.5).startswith(b"\x89PNG")


def test_empty_subgroups_are_no_dots(scored):
    hole = scored["label_count"] == 9
    spec = theme.spec(
        figures.patchml_by_label_count(scored.assign(n_images=np.where(hole, 0, 8), value=scored["value"].mask(hole)))
    )
    assert set(data(spec)[0]["labels"]) == {2, 3, 4, 6}


def test_leaders_are_means_over_seeds_told_apart_by_more_than_colour(scored):
    resize = scored[scored["protocol"] == "resize"]
    spec = theme.spec(figures.patchml_leaders(resize, {"by one": ["a", "b"], "by another": ["b"]}))
    lines = next(frame for frame in data(spec) if "by" in frame)
    assert lines.groupby("by")["checkpoint"].nunique().to_dict() == {"by one": 2, "by another": 1}
    expected = 100 * resize[(resize["checkpoint"] == "b") & (resize["label_count"] == 6)]["value"].mean()
    assert lines[(lines["checkpoint"] == "b") & (lines["labels"] == 6)]["percent"].tolist() == [round(expected, 2)] * 2
    assert {"color", "strokeDash"} <= set(spec["layer"][1]["encoding"])
    assert theme.png(spec, scale=0.5).startswith(b"\x89PNG")


def test_table_2_puts_computed_beside_printed():
    counts = pd.DataFrame(
        {
            "set": [1, 1, 1, 2, 2],
            "count": [2, 3, 3, 2, 3],
            "label_count": [2, 2, 3, 2, 3],
            "composites": [100, 4, 50, 102, 50],
        }
    )
    printed = pd.DataFrame({"dataset": ["P", "P"], "label_count": ["2", "3"], "n_images": [103, 50]})
    table = tables.patchml_counts(counts, printed)
    assert table["computed"].tolist() == [103, 50]
    assert table["as many patches"].tolist() == [101, 50]
    assert table["differs by (%)"].tolist() == [0, 0]
    assert table["then differs by (%)"].tolist() == [round(100 * (101 / 103 - 1), 2), 0]


def test_the_published_asma_has_no_subgroups_to_draw():
    assert pools.published().query("image_set == 'patchml'")["metric"].unique().tolist() == ["asma"]
