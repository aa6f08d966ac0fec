"""Other models on the 378 pictures where ViT-3B fails."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.inputs import committed, labels
from workbench.inputs.published import mistakes
from workbench.predict import store
from workbench.score.mistakes import failing

LABELS = labels.from_mapping("one", {"a": [1], "b": [2]})
CATEGORIES = ["Fine-grained error", "Spurious correlation"]


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_on_failing_equals_a_slow_reference(data):
    n = data.draw(st.integers(2, 12))
    ids = [f"i{k}" for k in range(n)]
    single = {image: [data.draw(st.integers(0, 4))] for image in ids}
    several = {image: sorted(data.draw(st.sets(st.integers(0, 4), max_size=3))) for image in ids}
    best = {image: data.draw(st.integers(0, 4)) for image in ids}
    chosen = data.draw(st.permutations(ids))[: data.draw(st.integers(1, n))]
    kinds = st.tuples(st.sampled_from(CATEGORIES), st.sampled_from(mistakes.SEVERITIES))
    judged = {image: data.draw(kinds) for image in chosen}
    frame = pd.DataFrame([(i, *judged[i]) for i in chosen], columns=["image", "category", "severity"])
    order = data.draw(st.permutations(ids))
    predictions = store.from_arrays("net", "v1", order, np.array([[best[image]] for image in order]))
    table = failing.on_failing(
        predictions, frame, original=labels.from_mapping("one", single), real=labels.from_mapping("more", several)
    )
    groups = {("overall", ""): ids, ("failing", ""): chosen}
    for image in chosen:
        for column, value in zip(("category", "severity"), judged[image], strict=True):
            groups.setdefault((column, value), []).append(image)
    assert len(table) == len(groups)
    for row in table.itertuples():
        images = groups[(row.group, row.value)] if row.group in ("category", "severity") else groups[(row.group, "")]
        labelled = [image for image in images if several[image]]
        assert row.n_images == len(images)
        assert row.right_original == sum(best[image] == single[image][0] for image in images)
        assert row.n_real == len(labelled)
        assert row.right_real == sum(best[image] in several[image] for image in labelled)


def test_predictions_that_lack_a_failing_picture_are_refused():
    predictions = store.from_arrays("net", "v1", ["a"], np.array([[1]]))
    frame = pd.DataFrame({"image": ["a", "b"], "category": "x", "severity": "Major"})
    with pytest.raises(InputError, match="net: 1 of the 2 pictures have no prediction, 'b'"):
        failing.on_failing(predictions, frame, original=LABELS, real=LABELS)


@pytest.fixture(scope="module")
def shares():
    return failing.shares(committed.table("mistakes-recht2019"))


def test_67_models_on_378_pictures_and_on_314_by_real(shares):
    rows = shares[shares["group"] == "failing"]
    sizes = rows.groupby("labels")["n_images"].unique()
    assert (sizes["original"].tolist(), sizes["real"].tolist()) == ([378], [314])
    assert rows["checkpoint"].nunique() == 68  # and ViT-3B


def test_overall_accuracies_are_those_of_the_committed_scores(shares):
    from workbench.score import pools

    table = pools.recht2019().query("image_set == 'v1' and label_count.isna()")
    for labels_, metric in (("original", "top1"), ("real", "real")):
        known = table[table["metric"] == metric].set_index("checkpoint")["value"]
        overall = shares[(shares["labels"] == labels_) & (shares["group"] == "overall")].set_index("checkpoint")[
            "share"
        ]
        pd.testing.assert_series_equal(overall.sort_index(), known.sort_index(), check_names=False, atol=1e-6)


def test_vit_3b_is_never_right_by_the_original_label_but_in_85_pictures_by_real():
    own = committed.table("mistakes-recht2019").query("checkpoint == 'ViT-3B'")
    assert (own["right_original"] == 0).all()
    row = own[own["group"] == "failing"].iloc[0]
    assert (row["right_real"], row["n_real"]) == (85, 314)
    for group in ("category", "severity"):
        assert own.loc[own["group"] == group, ["n_images", "right_real"]].sum().tolist() == [378, 85]


def test_the_median_model_falls_from_77_to_28_percent(shares):
    table = failing.by_group(shares).query("labels == 'original'").set_index("group")["median"]
    assert (round(100 * table["overall"], 1), round(100 * table["failing"], 1)) == (76.8, 28.3)


def test_solved_counts_every_picture_once():
    table = committed.table("mistakes-solved")
    assert table.groupby("labels")["n_images"].sum().to_dict() == {"original": 378, "real": 314}
    none = table[(table["labels"] == "original") & (table["right"] == "none")]["n_images"].sum()
    assert none == 66
