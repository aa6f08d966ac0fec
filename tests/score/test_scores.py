"""The score table, the paper's printed numbers and the public predictions.

Pinned from "Re-assessing ImageNet": Table 1 (label counts), Table 2 (sum), Tables 4-10 (315 rows, column sums).
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.inputs import labels
from workbench.predict import store
from workbench.score import pools, scores, table


@pytest.fixture(scope="module")
def recht():
    return pools.recht2019()


@pytest.fixture
def tiny():
    """Four images with 1, 1, 2 and 0 labels, and a checkpoint's top-2."""
    wanted = labels.from_mapping("mine", {"a": [1], "b": [2], "c": [3, 4], "d": []})
    predictions = store.from_arrays("net", "mine", list("abcd"), np.array([[1, 9], [9, 2], [4, 9], [5, 6]]))
    return predictions, wanted


def value(frame, metric, label_count=None, **where):
    rows = frame[frame["metric"] == metric]
    rows = rows[rows["label_count"].isna() if label_count is None else rows["label_count"] == label_count]
    for column, wanted in where.items():
        rows = rows[rows[column] == wanted]
    (found,) = rows["value"]
    return found


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
    assert frame.loc[frame["metric"] == "real", "n_images"].iloc[0] == 3


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_scores_equal_a_slow_reference(data):
    n = data.draw(st.integers(2, 20))
    wanted = {f"i{k}": sorted(data.draw(st.sets(st.integers(0, 9), max_size=3))) for k in range(n)}
    single = {image: [data.draw(st.integers(0, 9))] for image in wanted}
    classes = np.array([data.draw(st.permutations(range(10)))[:3] for _ in wanted])
    predictions = store.from_arrays("net", "mine", list(wanted), classes)
    frame = scores.score(
        predictions,
        labels.from_mapping("mine", wanted),
        original=labels.from_mapping("one", single),
        label_counts=[1, 2, 3],
    )
    best = {image: list(map(int, row)) for image, row in zip(wanted, classes, strict=True)}
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


def test_perfect_predictions_have_asma_one():
    wanted = labels.from_mapping("mine", {f"{g}": list(range(g)) for g in range(1, 6)})
    predictions = store.from_arrays("net", "mine", wanted.images, np.tile(np.arange(5), (5, 1)))
    assert value(scores.score(predictions, wanted), "asma") == 1


def test_fewer_columns_than_labels_asked_for_is_refused(tiny):
    predictions, wanted = tiny
    with pytest.raises(InputError, match=r"top-5 classes, but only the top-2 are stored; predict again with --topk 5"):
        scores.score(predictions, wanted)


def test_unlabelled_images_are_refused_with_their_number_or_left_out_on_request(tiny):
    predictions, _ = tiny
    fewer = labels.from_mapping("fewer", {"a": [1], "b": [2]})
    with pytest.raises(InputError, match="2 of the 4 images"):
        scores.score(predictions, fewer, label_counts=[1])
    with pytest.warns(UserWarning, match="2 of the 4 images"):
        frame = scores.score(predictions, fewer, label_counts=[1], drop_unlabelled=True)
    assert value(frame, "real") == 1 / 2


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
