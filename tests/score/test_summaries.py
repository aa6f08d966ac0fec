import numpy as np
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.inputs import labels
from workbench.predict import store
from workbench.score import ranks, scores, summaries


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
    assert not mean.duplicated(["checkpoint", "metric", "label_count"]).any()
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


def test_a_set_that_is_scored_twice_or_over_other_label_counts_is_refused(scored):
    with pytest.raises(InputError, match="a has top1 on patchml-1 twice|a has real on patchml-1 twice"):
        summaries.mean_over_seeds(pd.concat([scored, scored]))
    nine = (scored["image_set"] == "patchml-3") & (scored["label_count"] == 9)
    with pytest.raises(InputError, match="different label counts"):
        summaries.mean_over_seeds(scored[~nine])
