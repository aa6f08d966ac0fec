"""Predictions and labels become a score table: against slow references, and what is refused."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.inputs import classes, images, labels
from workbench.predict import store
from workbench.score import intervals, scores, table


@pytest.fixture
def tiny():
    """Four images with 1, 1, 2 and 0 labels, and a checkpoint's top-2."""
    wanted = labels.from_mapping("mine", {"a": [1], "b": [2], "c": [3, 4], "d": []})
    predictions = store.from_arrays("net", "mine", list("abcd"), np.array([[1, 9], [9, 2], [4, 9], [5, 6]]))
    return predictions, wanted


def value(frame, metric, label_count=None):
    return table.select(frame, metric, label_count=label_count)["value"].item()


def test_a_world_small_enough_to_count_by_hand(tiny):
    predictions, wanted = tiny
    original = labels.from_mapping("first", {"a": [1], "b": [2], "c": [3], "d": [5]})
    frame = scores.score(predictions, wanted, original=original, label_counts=[1, 2])
    assert list(frame.columns) == table.COLUMNS
    assert value(frame, "top1") == 2 / 4  # a, d
    assert value(frame, "top1", 0) == 1  # d
    assert value(frame, "real") == pytest.approx(2 / 3, abs=1e-6)  # a, c of the three with labels
    assert value(frame, "subgroup", 1) == 1 / 2
    assert value(frame, "subgroup", 2) == 1 / 2  # c: top-2 is {4, 9}, labels {3, 4}
    assert value(frame, "asma") == 1 / 2
    assert frame.loc[frame["metric"] == "real", "n_images"].tolist() == [3, 2, 1]
    assert frame.loc[frame["metric"] == "real", "label_count"].fillna(-1).tolist() == [-1, 1, 2]
    assert frame.loc[frame["metric"] == "top1", "n_images"].tolist() == [4, 1, 2, 1]
    assert frame.loc[frame["metric"] == "asma", "n_images"].tolist() == [3]
    assert frame[["checkpoint", "image_set", "labels", "protocol", "source"]].drop_duplicates().to_numpy().tolist() == [
        ["net", "mine", "mine", "resize", "run"]
    ]


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_scores_equal_a_slow_reference(data):
    n = data.draw(st.integers(2, 20))
    wanted = {f"i{k}": sorted(data.draw(st.sets(st.integers(0, 9), max_size=3))) for k in range(n)}
    single = {image: [data.draw(st.integers(0, 9))] for image in wanted}
    top = np.array([data.draw(st.permutations(range(10)))[:3] for _ in wanted])
    predictions = store.from_arrays("net", "mine", list(wanted), top)
    frame = scores.score(
        predictions,
        labels.from_mapping("mine", wanted),
        original=labels.from_mapping("one", single),
        label_counts=[1, 2, 3],
    )
    best = {image: list(map(int, row)) for image, row in zip(wanted, top, strict=True)}
    labelled = [image for image in wanted if wanted[image]]
    top1 = np.mean([best[image][0] == single[image][0] for image in wanted])
    np.testing.assert_allclose(value(frame, "top1"), top1, atol=1e-6)
    if labelled:
        real = np.mean([best[image][0] in wanted[image] for image in labelled])
        np.testing.assert_allclose(value(frame, "real"), real, atol=1e-6)
    groups = []
    for g in (1, 2, 3):
        shares = [len(set(best[i][:g]) & set(wanted[i])) / g for i in labelled if len(wanted[i]) == g]
        groups.append(np.mean(shares) if shares else np.nan)
        np.testing.assert_allclose(value(frame, "subgroup", g), groups[-1], atol=1e-6)
    np.testing.assert_allclose(value(frame, "asma"), np.mean(groups), atol=1e-6)


def test_intervals_are_wilsons_for_shares_and_normal_for_means(rng):
    wanted = labels.from_mapping("mine", {f"i{k}": rng.permutation(20)[: 1 + k % 3].tolist() for k in range(60)})
    original = labels.from_mapping("one", {f"i{k}": [0] for k in range(60)})
    predictions = store.from_arrays(
        "net", "mine", wanted.images, np.array([rng.permutation(20)[:5] for _ in range(60)])
    )
    frame = scores.score(predictions, wanted, original=original, label_counts=[2, 3]).set_index(
        ["metric", "label_count"]
    )
    for metric in ("top1", "real"):
        for row in frame.loc[metric].itertuples():
            expected = intervals.wilson(row.value * row.n_images, row.n_images)
            assert (row.ci_low, row.ci_high) == pytest.approx(expected, abs=2e-6)
    hit = scores.hits(predictions.classes, wanted.table, np.arange(60))
    accuracy = scores.label_wise_accuracy(hit, wanted.counts)
    errors = []
    for g in (2, 3):
        group = accuracy[wanted.counts == g]
        errors.append(group.std(ddof=1) / 20**0.5)
        low, high = frame.loc[("subgroup", g), ["ci_low", "ci_high"]]
        assert high == pytest.approx(group.mean() + 1.96 * errors[-1], abs=1e-4)
        assert low == pytest.approx(max(0, group.mean() - 1.96 * errors[-1]), abs=1e-4)
    asma = frame.loc["asma"].iloc[0]
    assert asma["ci_high"] == pytest.approx(asma["value"] + 1.96 * np.hypot(*errors) / 2, abs=1e-4)


def test_at_one_label_subgroup_accuracy_is_a_share_with_the_interval_of_one(tiny):
    frame = scores.score(tiny[0], tiny[1], label_counts=[1, 2]).set_index(["metric", "label_count"])
    columns = ["value", "n_images", "ci_low", "ci_high"]
    assert frame.loc[("subgroup", 1), columns].tolist() == frame.loc[("real", 1), columns].tolist()
    assert frame.loc[("subgroup", 1), "ci_low"] == pytest.approx(intervals.wilson(1, 2)[0], abs=1e-6)


@pytest.mark.filterwarnings("error")
def test_an_empty_subgroup_leaves_no_asma_and_one_image_of_several_labels_no_interval(tiny):
    frame = scores.score(tiny[0].take([0, 2]), tiny[1], label_counts=[1, 2]).set_index(["metric", "label_count"])
    assert frame.loc[("subgroup", 1), ["value", "n_images"]].tolist() == [1, 1]
    assert frame.loc[("subgroup", 2), ["ci_low", "ci_high"]].isna().tolist() == [True, True]
    nothing = scores.score(tiny[0].take([3]), tiny[1], label_counts=[1])
    assert nothing["metric"].tolist() == ["real", "subgroup", "asma"]
    assert nothing["n_images"].tolist() == [0, 0, 0]
    assert nothing[["value", "ci_low", "ci_high"]].isna().all(axis=None)


@pytest.mark.parametrize("wanted", [[], [0], [-1, 2]])
def test_label_counts_start_at_one(tiny, wanted):
    with pytest.raises(InputError, match="expected whole numbers from 1 up"):
        scores.score(*tiny, label_counts=wanted)


def test_label_counts_are_sorted_and_stand_once(tiny):
    frame = scores.score(*tiny, label_counts=[2, 1, 2])
    assert frame.loc[frame["metric"] == "subgroup", "label_count"].tolist() == [1, 2]


def test_pictures_that_could_not_be_decoded_are_told(tiny):
    one = replace(tiny[0], provenance={"failures": {"e": "truncated", "f": "empty"}})
    with pytest.warns(UserWarning, match="net on mine: 2 pictures could not be read or decoded, and in no denom"):
        scores.score(one, tiny[1], label_counts=[1])


def test_several_predictions_follow_each_other(tiny):
    other = replace(tiny[0], checkpoint="other", protocol="crop", source="elsewhere")
    both = scores.score(iter([tiny[0], other]), tiny[1], label_counts=[1])
    alone = scores.score(other, tiny[1], label_counts=[1])
    assert both["checkpoint"].unique().tolist() == ["net", "other"]
    pd.testing.assert_frame_equal(both.iloc[len(alone) :].reset_index(drop=True), alone)
    assert scores.score([]).columns.tolist() == table.COLUMNS


def test_label_sets_go_by_name_by_file_or_by_folder(tiny, tmp_path, public_files):
    predictions, wanted = tiny
    path = tmp_path / "mine.json"
    labels.write(wanted, path)
    by_file = scores.score(predictions, str(path), label_counts=[1])
    pd.testing.assert_frame_equal(
        by_file.drop(columns="labels"), scores.score(predictions, wanted, label_counts=[1]).drop(columns="labels")
    )
    images = [f"{classes.wnids()[k]}/a.png" for k in (3, 5)]
    folders = store.from_arrays("net", "photos", images, np.array([[3], [4]]))
    for asked in ("folders", None):
        frame = scores.score(folders, asked, label_counts=[1])
        assert value(frame, "top1") == value(frame, "real") == 1 / 2  # one label each: it is the original, too
    v2 = labels.load("v2-refined")
    own = scores.score(store.from_arrays("net", "v2", v2.images, np.tile(np.arange(5), (len(v2), 1))))
    assert own["labels"].unique().tolist() == ["v2-refined"]
    assert value(own, "top1") == 10 * 5 / 10_000 / 5  # ten pictures of each class, and class 0 is best everywhere


def test_the_single_labels_that_top1_asks(tiny, public_files):
    assert scores.original_of(tiny[1]) is None
    for asked, found in (
        (scores.original_of(tiny[1], "v1-original"), "v1-original"),
        (scores.original_of(labels.load("v1-real")), "v1-original"),
        (scores.original_of(labels.load("v2-refined")), "v2-original"),
        (scores.original_of(labels.load("v1-mturk")), "v1-original"),
        (scores.original_of(labels.from_mapping("v2-multilabel", {"a": []})), "v2-original"),
        (scores.original_of(labels.load("v2-top")), "v2-top"),  # one label each
    ):
        assert asked is not None
        assert asked.name == found
    assert scores.original_of(labels.load("v1-real"), tiny[1]) is tiny[1]
    single = labels.from_mapping("one", {"a": [1], "b": [2]})
    assert scores.original_of(single) is single


def test_images_without_an_original_label_are_counted(tiny):
    original = labels.from_mapping("first", {"a": [1], "c": [3]})
    with pytest.raises(InputError, match="2 images have no original label in 'first'"):
        scores.score(*tiny, original=original, label_counts=[1])


def test_label_counts_default_to_five_and_for_patchml_to_its_patch_counts(rng):
    for name, expected in (("mine", [1, 2, 3, 4, 5]), ("patchml-7", [2, 3, 4, 6, 9])):
        wanted = labels.from_mapping(name, {f"i{k}": [k] for k in range(3)})
        predictions = store.from_arrays(
            "net", "mine", wanted.images, np.array([rng.permutation(30)[:9] for _ in "abc"])
        )
        frame = scores.score(predictions, wanted)
        assert frame.loc[frame["metric"] == "subgroup", "label_count"].tolist() == expected


def test_perfect_predictions_have_asma_one():
    wanted = labels.from_mapping("mine", {f"{g}": list(range(g)) for g in range(1, 6)})
    predictions = store.from_arrays("net", "mine", wanted.images, np.tile(np.arange(5), (5, 1)))
    assert value(scores.score(predictions, wanted), "asma") == 1


def test_fewer_columns_than_labels_asked_for_is_refused(tiny):
    predictions, wanted = tiny
    with pytest.raises(InputError, match=r"top-5 classes, but only the top-2 are stored; predict again with --topk 5"):
        scores.score(predictions, wanted, label_counts=[1, 2, 5])
    assert len(scores.score(predictions, wanted, label_counts=[2]))


@pytest.mark.parametrize("topk", [1, 2, 4])
def test_what_shallow_predictions_suffice_for_is_scored_and_the_rest_is_told(topk, rng):
    wanted = labels.from_mapping("mine", {f"i{n}": rng.choice(9, rng.integers(1, 6), replace=False) for n in range(60)})
    original = labels.from_mapping("first", {image: few[:1] for image, few in wanted.mapping().items()})
    deep = store.from_arrays("net", "mine", wanted.images, np.array([rng.permutation(9)[:5] for _ in range(60)]))
    shallow = replace(deep, classes=deep.classes[:, :topk])
    with pytest.warns(UserWarning, match="is stored") as told:
        found = scores.score(shallow, wanted, original=original)
    missing = ", ".join(str(count) for count in range(topk + 1, 6))
    assert [str(one.message) for one in told] == [
        f"net on mine: only the top-{topk} of each image is stored; "
        f"subgroup accuracy at {missing} labels and ASMA ask for more, and are left out"
    ]
    whole = scores.score(deep, wanted, original=original)
    kept = (whole["metric"] != "asma") & ~((whole["metric"] == "subgroup") & (whole["label_count"] > topk))
    pd.testing.assert_frame_equal(found, whole[kept].reset_index(drop=True))


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_composites_of_two_and_more_objects_have_no_subgroup_at_one_class():
    wanted = labels.from_mapping("patchml-1", {"a": [1, 2], "b": [3, 4, 5]})
    with pytest.warns(UserWarning, match="at 2, 3, 4, 6, 9 labels and ASMA"):
        frame = scores.score(store.from_arrays("net", "patchml-1", ["a", "b"], np.array([[2], [9]])), wanted)
    assert frame["metric"].tolist() == ["real"] * 3
    assert value(frame, "real") == 1 / 2


def test_many_shallow_files_are_told_in_one_sentence(tiny):
    several = [replace(tiny[0], checkpoint=f"net{n}") for n in range(5)]
    with pytest.warns(UserWarning, match="is stored") as told:
        scores.score(several, tiny[1])
    (one,) = told
    assert str(one.message).startswith("net0 on mine, net1 on mine, net2 on mine and 2 more: only the top-2 of each")


def ids_of(image_set, n):
    return [images.v1_id(k) if image_set == "v1" else f"{k:040x}" for k in range(1, n + 1)]


@pytest.mark.parametrize(
    ("image_set", "n", "failed", "says"),
    [
        ("v1", 49_000, 0, "net on v1: 49,000 of the 50,000 images are there; scores are over these"),
        ("v1", 49_999, 0, "net on v1: 49,999 of the 50,000 images are there; scores are over these"),
        ("v1", 49_999, 1, "net on v1: 1 picture could not be read or decoded, and in no denominator"),
        ("v2", 9_000, 0, "net on v2: 9,000 of the 10,000 images are there; scores are over these"),
        ("v1", 50_000, 0, None),
        ("v2", 10_000, 0, None),
        ("mine", 3, 0, None),
    ],
)
def test_fewer_than_all_images_of_v1_or_v2_are_told(image_set, n, failed, says):
    ids = ids_of(image_set, n)
    predictions = store.from_arrays("net", image_set, ids, np.zeros((n, 1), int))
    predictions = replace(predictions, provenance={"failures": {f"f{k}": "empty" for k in range(failed)}})
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        scores.score(predictions, labels.from_mapping("mine", {image: [0] for image in ids}), label_counts=[1])
    assert [str(one.message) for one in told] == ([] if says is None else [says])


def test_pictures_in_class_folders_are_scored_by_them_and_joined_by_their_names(public_files):
    v2 = labels.load("v2-original")
    paths = [f"b-33/{label}/{image}.jpeg" for image, label in zip(v2.images, v2.classes, strict=True)]
    best = np.where(np.arange(len(v2)) < 2_500, v2.classes, (v2.classes + 1) % 1000)[:, None]
    mine = store.from_arrays("net", "mine", [images.id_in("mine", path) for path in paths], best)
    v2_itself = store.from_arrays("net", "v2", [images.id_in("v2", path) for path in paths], best)
    assert mine.images[0] == f"{v2.classes[0]}/{v2.images[0]}"
    assert v2_itself.images[0] == v2.images[0]
    with pytest.warns(UserWarning, match="only the top-1 of each image is stored"):
        folders, refined, own = (scores.score(*args) for args in ((mine,), (mine, "v2-refined"), (v2_itself,)))
    assert folders["labels"].unique().tolist() == ["folders"]
    assert value(folders, "top1") == value(refined, "top1") == 1 / 4
    columns = ["metric", "label_count", "value", "n_images"]
    pd.testing.assert_frame_equal(refined[columns], own[columns])


def test_unlabelled_images_are_refused_with_their_number_or_left_out_on_request(tiny):
    predictions, _ = tiny
    fewer = labels.from_mapping("fewer", {"a": [1], "b": [2]})
    with pytest.raises(
        InputError, match="2 of the 4 images of net on mine are not in label set 'fewer', 'c' among them"
    ):
        scores.score(predictions, fewer, label_counts=[1])
    with pytest.warns(UserWarning, match="2 of the 4 images.*left out of every score"):
        frame = scores.score(predictions, fewer, label_counts=[1], drop_unlabelled=True)
    assert value(frame, "real") == 1 / 2
    none = labels.from_mapping("none", {"x": [1]})
    with pytest.raises(InputError, match="4 of the 4 images"):
        scores.score(predictions, none, label_counts=[1], drop_unlabelled=True)


def test_top1_is_left_out_where_no_original_label_is_known(tiny):
    predictions, wanted = tiny
    assert "top1" not in set(scores.score(predictions, wanted, label_counts=[1])["metric"])


def test_an_image_set_without_labels_of_its_own_asks_for_them(tiny):
    with pytest.raises(InputError, match="give --labels"):
        scores.score(tiny[0], label_counts=[1])


def test_rows_of_another_order_score_the_same(tiny):
    predictions, wanted = tiny
    order = [2, 0, 3, 1]
    mixed = store.from_arrays("net", "mine", predictions.images[order], predictions.classes[order])
    pd.testing.assert_frame_equal(
        scores.score(predictions, wanted, label_counts=[1, 2]), scores.score(mixed, wanted, label_counts=[1, 2])
    )
