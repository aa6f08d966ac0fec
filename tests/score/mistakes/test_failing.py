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
from workbench.score import intervals
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


REVIEWED = pd.DataFrame(
    [("a", "x", "Major", 7), ("b", "x", "Minor", 2), ("c", "y", "Major", 1)],
    columns=["image", "category", "severity", "predicted"],
).assign(model="the model")
ORIGINAL = labels.from_mapping("one", {"d": [0], "c": [1], "b": [2], "a": [3]})
REAL = labels.from_mapping("more", {"a": [3, 7], "b": [], "c": [4], "d": [0]})


def predict(name, **best):
    return store.from_arrays(name, "v1", list(best), np.array([[label, 999] for label in best.values()]))


def test_the_reviewed_model_stands_last_by_what_the_review_says_it_saw():
    several = [predict("p", a=3, b=9, c=4, d=0), predict("q", d=1, c=1, b=2, a=7)]
    counted = failing.counts(several, REVIEWED, original=ORIGINAL, real=REAL)
    assert counted["checkpoint"].drop_duplicates().tolist() == ["p", "q", "the model"]
    own = counted[counted["checkpoint"] == "the model"]
    assert own.drop(columns="checkpoint").to_numpy().tolist() == [
        ["failing", "", 3, 2, 2, 1],
        ["category", "x", 2, 1, 1, 1],
        ["category", "y", 1, 1, 1, 0],
        ["severity", "Major", 2, 1, 2, 1],
        ["severity", "Minor", 1, 1, 0, 0],
    ]
    first = failing.on_failing(several[0], REVIEWED, original=ORIGINAL, real=REAL)
    pd.testing.assert_frame_equal(counted.iloc[: len(first)], first)
    assert first.iloc[0, 1:].tolist() == ["overall", "", 4, 2, 3, 3]


def test_most_is_more_than_half_of_the_checkpoints():
    right = {"a": 3, "b": 2, "c": 1}
    several = [predict("p", **right | {"b": 9}), predict("q", **right | {"a": 9}), predict("r", a=9, b=9, c=1)]
    several.append(predict("s", c=9, b=9, a=3))  # a: two of four, b: one, c: three
    found = failing.solved(several, REVIEWED, original=ORIGINAL, real=REAL)
    assert found.columns.tolist() == ["labels", "severity", "right", "n_images"]
    assert found.to_numpy().tolist() == [
        ["original", "Major", "most", 1],
        ["original", "Major", "some", 1],
        ["original", "Minor", "some", 1],
        ["real", "Major", "none", 1],
        ["real", "Major", "some", 1],
    ]
    with pytest.raises(InputError, match="x: 2 of the 3 pictures have no prediction, 'b'"):
        failing.solved([predict("x", a=1)], REVIEWED, original=ORIGINAL, real=REAL)


def test_shares_are_wilsons_and_stand_beside_the_overall():
    rows = [
        ("p", "overall", None, 10, 4, 8, 6),
        ("p", "failing", None, 5, 1, 4, 3),
        ("ViT-3B", "failing", None, 5, 0, 4, 1),
    ]
    counted = pd.DataFrame(
        rows, columns=["checkpoint", "group", "value", "n_images", "right_original", "n_real", "right_real"]
    )
    found = failing.shares(counted)
    assert found[["labels", "n_images", "share"]].to_numpy().tolist() == [
        *(["original", 10, 0.4], ["original", 5, 0.2], ["original", 5, 0.0]),
        *(["real", 8, 0.75], ["real", 4, 0.75], ["real", 4, 0.25]),
    ]
    np.testing.assert_allclose(found["overall"], [0.4, 0.4, np.nan, 0.75, 0.75, np.nan])
    expected = [intervals.wilson(k, n) for k, n in ((4, 10), (1, 5), (0, 5), (6, 8), (3, 4), (1, 4))]
    np.testing.assert_allclose(found[["ci_low", "ci_high"]], expected)
    assert (found["value"] == "").all()
    groups = failing.by_group(pd.concat([found, found.assign(checkpoint="q", share=found["share"] + 0.1)]))
    assert groups.columns.tolist() == ["labels", "group", "value", "n_images", "smallest", "median", "largest", "vit3b"]
    row = groups[(groups["labels"] == "real") & (groups["group"] == "overall")].iloc[0]
    np.testing.assert_allclose(row[["smallest", "median", "largest"]].astype(float), [0.75, 0.8, 0.85])
    assert groups.loc[groups["group"] == "failing", "vit3b"].tolist() == [0, 0.25]
