"""Charts say what the frames say: specifications are compared, never pixels."""

import numpy as np
import pandas as pd
import pytest

from workbench.score import gaps, pools, ranks, summaries
from workbench.show import charts, theme


@pytest.fixture(scope="module")
def everything():
    return pd.concat([pools.published(), pools.recht2019()], ignore_index=True)


def rows(spec: dict) -> list[pd.DataFrame]:
    """The data sets of a specification."""
    return [pd.DataFrame(values) for values in spec["datasets"].values()]


def find(node, key):
    """All values of a key anywhere in a specification."""
    if isinstance(node, dict):
        for name, child in node.items():
            if name == key:
                yield child
            yield from find(child, key)
    elif isinstance(node, list):
        for child in node:
            yield from find(child, key)


def drawn(name, everything):
    recht = everything[everything["source"] == "recht2019"]
    return {
        "label_counts": lambda: charts.label_counts(summaries.label_counts(recht)),
        "accuracy_gap": lambda: charts.accuracy_gap(gaps.gap(everything, "real"), "real"),
        "decomposition": lambda: charts.gap_decomposition(gaps.decompose(recht, n_resamples=50)),
        "by_label_count": lambda: charts.by_label_count(recht, "subgroup", [1, 2, 3]),
        "rank_shift": lambda: charts.rank_shift(ranks.rank_shift(everything), "V1 top-1", "PatchML ASMA"),
    }[name]()


NAMES = ["label_counts", "accuracy_gap", "decomposition", "by_label_count", "rank_shift"]


@pytest.mark.parametrize("name", NAMES)
def test_every_chart_is_vega_lite_5_draws_and_is_the_same_twice(name, everything):
    spec = theme.spec(drawn(name, everything))
    assert "/v5" in spec["$schema"]
    assert theme.svg(spec) == theme.svg(spec)
    assert theme.png(spec, scale=0.5).startswith(b"\x89PNG")
    assert list(find(theme.spec(drawn(name, everything)), "datasets")) == list(find(spec, "datasets"))


@pytest.mark.parametrize("name", NAMES)
def test_numbers_in_charts_have_at_most_two_decimals(name, everything):
    """Notebooks are compared exactly: a seventh decimal may differ on another machine."""
    for frame in rows(theme.spec(drawn(name, everything))):
        numbers = frame.select_dtypes("number")
        pd.testing.assert_frame_equal(numbers.round(2), numbers)


@pytest.mark.parametrize("name", NAMES)
def test_axes_of_shares_and_accuracies_name_their_unit(name, everything):
    titles = [title for title in find(theme.spec(drawn(name, everything)), "title") if isinstance(title, str)]
    assert any("(%)" in title or "(points)" in title or "(1 is best)" in title for title in titles)


def test_figure_4_holds_table_1(everything):
    (frame,) = rows(theme.spec(drawn("label_counts", everything)))
    v2 = frame[frame["set"].str.startswith("V2")].set_index("label_count")["n_images"].to_dict()
    assert v2 == {"1": 5083, "2": 2385, "3": 1306, "4": 628, "5": 237, ">5": 232}


def test_figure_5_has_one_panel_per_source_with_every_checkpoint_in_order(everything):
    spec = theme.spec(drawn("accuracy_gap", everything))
    assert len(spec["hconcat"]) == 2
    panels = [frame for frame in rows(spec) if "place" in frame]
    assert sorted(map(len, panels)) == [67, 315]
    for frame in panels:
        assert frame["v1"].is_monotonic_increasing
        np.testing.assert_allclose(frame["gap"], frame["v1"] - frame["v2"], atol=0.011)


def test_a_family_can_be_picked_out_in_figure_5_and_the_rank_shift(everything):
    for name in ("accuracy_gap", "rank_shift"):
        spec = theme.spec(drawn(name, everything))
        (chosen,) = [p for p in find(spec, "params") for p in p if p["name"] == "chosen_family"]
        assert {"all", "vit", "convnext"} <= set(chosen["bind"]["options"])
        assert any("chosen_family" in str(condition) for condition in find(spec, "condition"))


def test_protocols_never_share_a_panel(everything):
    crop = everything[everything["source"] == "recht2019"].assign(source="run")
    resize = crop.assign(protocol="resize")
    spec = theme.spec(charts.accuracy_gap(gaps.gap(pd.concat([crop, resize])), "top1"))
    assert len(spec["hconcat"]) == 2


def test_figure_6_draws_only_the_label_counts_asked_for(everything):
    (frame,) = rows(theme.spec(drawn("by_label_count", everything)))
    assert set(frame["labels"]) == {"1 label", "2 labels", "3 labels"}
    assert len(frame) == 67 * 2 * 3


def test_the_rank_shift_names_its_largest_moves(everything):
    spec = theme.spec(charts.rank_shift(ranks.rank_shift(everything), "V1 top-1", "PatchML ASMA", movers=3))
    named = next(frame for frame in rows(spec) if "text" in frame)
    assert named["text"].tolist()[:3] == ["+100", "+96", "+84"]
    assert len(named) == 6


def test_figures_are_drawn_from_one_checkpoint_too(everything):
    one = everything[(everything["checkpoint"] == "resnet50") & (everything["source"] == "recht2019")]
    theme.svg(theme.spec(charts.accuracy_gap(gaps.gap(one), "top1")))
    theme.svg(theme.spec(charts.rank_shift(ranks.rank_shift(one, after=("v2", "asma")), "a", "b")))


def test_relabelling_shows_both_label_sets_of_each_checkpoint_in_their_order(everything):
    some = everything[everything["checkpoint"].isin(["resnet50", "vgg16"]) & (everything["image_set"] == "v2")]
    moved = pd.concat({"before": some, "after": some.assign(value=some["value"] - 0.01)}, names=["labels_of"])
    spec = theme.spec(charts.relabelled(moved.reset_index(0)))
    (frame,) = rows(spec)
    assert frame.groupby("checkpoint")["labels_of"].apply(list).tolist() == [["before", "after"]] * 2
    assert ["before", "after"] in list(find(spec, "sort"))
    pd.testing.assert_frame_equal(frame.select_dtypes("number").round(2), frame.select_dtypes("number"))
    assert theme.svg(spec).startswith("<svg")
