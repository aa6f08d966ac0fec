"""Summaries of a score table. Pinned: Table 1 (label counts), medians of the 67 public models by label count."""

import numpy as np
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.inputs import labels
from workbench.inputs.published import documents
from workbench.predict import store
from workbench.score import pools, ranks, scores, summaries, table


def predictions(checkpoint, seed, rng, n=30):
    classes = np.array([rng.permutation(1000)[:16] for _ in range(n)])
    return store.from_arrays(checkpoint, f"patchml-{seed}", [f"{seed}-{i}" for i in range(n)], classes)


def own_labels(seed, rng, n=30):
    sizes = [2, 3, 4, 6, 9, 5]
    return labels.from_mapping(
        f"patchml-{seed}", {f"{seed}-{i}": rng.permutation(1000)[: sizes[i % 6]].tolist() for i in range(n)}
    )


@pytest.fixture
def scored(rng):
    own = {seed: own_labels(seed, rng) for seed in (1, 2, 3)}
    return pd.concat([scores.score(predictions(name, s, rng), own[s]) for name in "ab" for s in own], ignore_index=True)


def test_patchml_is_scored_over_its_own_label_counts(scored):
    subgroups = scored[(scored["metric"] == "subgroup") & (scored["checkpoint"] == "a")]
    assert subgroups.groupby("image_set")["label_count"].apply(list).tolist() == [[2, 3, 4, 6, 9]] * 3
    assert set(scored.loc[scored["metric"] == "asma", "n_images"]) == {25}


def test_composites_with_another_number_of_labels_are_counted(scored):
    assert summaries.left_out(scored).to_numpy().tolist() == [[f"patchml-{s}", 30, 5] for s in (1, 2, 3)]


def test_the_mean_over_seeds_is_the_mean_of_each_score(scored):
    mean = summaries.mean_over_seeds(scored)
    assert list(mean.columns) == list(scored.columns)
    first = scored[scored["image_set"] == "patchml-1"]  # rows stay in the order of the first seed
    keys = ["checkpoint", "metric", "label_count"]
    pd.testing.assert_frame_equal(mean[keys], first[keys].reset_index(drop=True))
    for row in mean.itertuples():
        same = scored[(scored["checkpoint"] == row.checkpoint) & (scored["metric"] == row.metric)]
        same = same[same["label_count"].isna() if pd.isna(row.label_count) else same["label_count"] == row.label_count]
        assert row.value == pytest.approx(same["value"].mean(), abs=1e-6)
        assert row.n_images == same["n_images"].sum()
        assert len(same) == 3


def test_the_mean_ranks_like_the_published_scores(scored):
    first = scored[scored["image_set"] == "patchml-1"].assign(image_set="v1")
    shifts = ranks.rank_shift(
        pd.concat([first, summaries.mean_over_seeds(scored)]), ("v1", "real"), ("patchml", "asma")
    )
    assert set(shifts["checkpoint"]) == {"a", "b"}


def test_an_empty_subgroup_in_one_seed_leaves_no_mean(scored):
    hole = (scored["image_set"] == "patchml-2") & (scored["label_count"] == 9) & (scored["metric"] == "subgroup")
    mean = summaries.mean_over_seeds(scored.assign(value=scored["value"].mask(hole)))
    nine = mean[(mean["label_count"] == 9) & (mean["metric"] == "subgroup")]
    assert nine["value"].isna().all()


def test_a_checkpoint_that_lacks_a_seed_is_named(scored):
    lacking = scored[~((scored["checkpoint"] == "b") & (scored["image_set"] == "patchml-3"))]
    with pytest.raises(InputError, match=r"b \(resize\) is scored on patchml-1, patchml-2, others on"):
        summaries.mean_over_seeds(lacking)


def test_other_image_sets_play_no_part(scored):
    other = scored[scored["image_set"] == "patchml-1"].assign(image_set="v1")
    pd.testing.assert_frame_equal(
        summaries.mean_over_seeds(pd.concat([scored, other])), summaries.mean_over_seeds(scored)
    )
    assert summaries.mean_over_seeds(other).empty
    assert summaries.left_out(other).empty
    assert summaries.left_out(scored[scored["metric"] != "asma"]).empty  # of classes that are not deep enough


def test_a_set_that_is_scored_twice_or_over_other_label_counts_is_refused(scored):
    with pytest.raises(InputError, match="a has real on patchml-1 twice"):
        summaries.mean_over_seeds(pd.concat([scored, scored]))
    nine = (scored["image_set"] == "patchml-3") & (scored["label_count"] == 9)
    with pytest.raises(InputError, match="different label counts"):
        summaries.mean_over_seeds(scored[~nine])


def test_two_sources_are_averaged_apart(scored):
    both = pd.concat([scored, scored.assign(source="other", value=0.5)])
    mean = summaries.mean_over_seeds(both)
    assert (mean.loc[mean["source"] == "other", "value"].dropna() == 0.5).all()
    nine = (both["image_set"] == "patchml-3") & (both["label_count"] == 9) & (both["source"] == "run")
    with pytest.raises(InputError, match="different label counts"):
        summaries.mean_over_seeds(both[~nine])


def test_ends_of_intervals_are_averaged_and_sets_renamed(scored):
    mean = summaries.mean_over_seeds(scored)
    assert mean[["image_set", "labels"]].drop_duplicates().to_numpy().tolist() == [["patchml", "patchml"]]
    for end in ("ci_low", "ci_high"):
        expected = table.select(scored[scored["checkpoint"] == "b"], "asma")[end].mean()
        assert table.select(mean[mean["checkpoint"] == "b"], "asma")[end].item() == pytest.approx(expected, abs=1e-6)


def test_contents_count_checkpoints_of_each_kind():
    rows = [(name, where, "x", p, "top1", g, 0.5, 9, 0, 1, s) for name, where, p, g, s in (
        ("a", "v1", "crop", None, "run"), ("a", "v1", "crop", 2, "run"), ("b", "v1", "crop", None, "run"),
        ("a", "v1", "resize", None, "run"), ("a", "v2", "crop", None, "run"), ("c", "v1", "crop", None, "other"),
    )]  # fmt: skip
    found = summaries.contents(table.build(rows))
    assert found.columns.tolist() == ["source", "protocol", "image_set", "labels", "checkpoints"]
    assert found.drop(columns="labels").to_numpy().tolist() == [
        ["other", "crop", "v1", 1],
        ["run", "crop", "v1", 2],
        ["run", "crop", "v2", 1],
        ["run", "resize", "v1", 1],
    ]


@pytest.mark.parametrize(
    ("image_set", "medians"), [("v1", [85.2, 72.4, 68.3, 68.1, 68.9]), ("v2", [77.8, 74.3, 74.5, 73.9, 73.0])]
)
def test_median_real_accuracy_by_label_count(image_set, medians):
    table = summaries.by_label_count(pools.recht2019(), "real").set_index("label_count")
    assert (100 * table[image_set]).round(1).tolist() == medians


def test_label_counts_are_those_of_table_1():
    printed = documents.printed("table-01-label-counts")
    names = {"v1": "ImageNetV1", "v2": "ImageNetV2"}
    counted = summaries.label_counts(pools.recht2019())
    counted = counted[counted["label_count"] != "0"].assign(dataset=counted["image_set"].map(names))
    both = printed.merge(counted, on=["dataset", "label_count"], how="outer", suffixes=("_printed", ""))
    assert len(both) == 12
    assert (both["n_images_printed"] == both["n_images"]).all()


def test_shares_are_of_the_images_with_a_label():
    """Two checkpoints on the same ten labelled pictures and four without; 7 and 12 labels are pooled as more than 5."""
    sizes = {0: 4, 1: 3, 2: 2, 7: 1, 12: 4}
    rows = [(name, "v1", "x", "crop", "top1", g, 0.5, n, 0, 1, "run") for name in "ab" for g, n in sizes.items()]
    rows += [
        ("a", "v1", "x", "crop", "top1", None, 0.5, 14, 0, 1, "run"),
        ("a", "v1", "x", "crop", "real", 1, 0.5, 99, 0, 1, "run"),
    ]
    found = summaries.label_counts(table.build(rows))
    assert found["label_count"].tolist() == ["0", "1", "2", ">5"]
    assert found["n_images"].tolist() == [4, 3, 2, 5]
    np.testing.assert_allclose(found["share"], [np.nan, 0.3, 0.2, 0.5])
    assert summaries.label_counts(table.build(rows), most=7)["label_count"].tolist() == ["0", "1", "2", "7", ">7"]


def test_medians_by_label_count_with_half_intervals():
    rows = []
    for name, v1, v2, half in (
        ("a", 0.5, 0.6, 0.01),
        ("b", 0.7, 0.7, 0.03),
        ("c", 0.9, 0.2, 0.02),
        ("lone", 0.1, None, 0.5),
    ):
        for where, one in (("v1", v1), ("v2", v2)):
            rows.append((name, where, "x", "crop", "real", 2, one, 10, (one or 0) - half, (one or 0) + half, "run"))
    found = summaries.by_label_count(table.build(rows), "real", [2, 3])
    assert found.columns.tolist() == [
        *("source", "protocol", "label_count", "v1", "v1_margin", "v2", "v2_margin", "v2_higher", "checkpoints"),
    ]
    assert found.iloc[0, :3].tolist() == ["run", "crop", 2]
    np.testing.assert_allclose(found.iloc[0, 3:].astype(float), [0.7, 0.02, 0.6, 0.02, 1, 3])
    assert summaries.by_label_count(pools.recht2019(), "real")["label_count"].tolist() == [1, 2, 3, 4, 5]


def test_composites_with_a_number_of_labels_that_one_seed_alone_has_are_no_hindrance(scored):
    five = (scored["image_set"] == "patchml-2") & (scored["label_count"] == 5)
    assert five.any()
    mean = summaries.mean_over_seeds(scored[~five])
    real = table.select(mean, "real", label_count=5)
    assert real["n_images"].tolist() == [10, 10]  # of two seeds
