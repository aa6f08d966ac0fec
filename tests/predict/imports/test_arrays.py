"""Outputs become the k best classes: against a slow reference, and what counts as a probability."""

import math
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.predict.imports import arrays

LOGITS = np.random.default_rng(1).normal(size=(2, 1000))
SOFTMAX = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.integers(1, 1000), st.sampled_from([2, 5, 500]))
def test_top_k_agrees_with_a_slow_reference_ties_lower_index_first(seed, n, k, values):
    outputs = np.random.default_rng(seed).integers(-values, values, size=(n, 1000)).astype(np.float32)
    classes, scores = arrays.top_k(outputs, k)
    for row, best, chances in zip(outputs.tolist(), classes.tolist(), scores.tolist(), strict=True):
        assert best == sorted(range(1000), key=lambda c, row=row: (-row[c], c))[:k]
        total = math.fsum(math.exp(x - max(row)) for x in row)
        assert chances == pytest.approx([math.exp(row[c] - max(row)) / total for c in best], rel=1e-5, abs=1e-30)


@pytest.mark.parametrize("k", [0, 1001, -1])
def test_more_classes_than_there_are_or_none_are_refused(k):
    with pytest.raises(InputError, match=f"topk is {k}; expected 1 to 1000"):
        arrays.top_k(LOGITS, k)


@pytest.mark.parametrize("k", [1, 1000])
def test_one_class_and_all_of_them_are_given(k):
    classes, scores = arrays.top_k(LOGITS, k)
    assert classes.shape == scores.shape == (2, k)
    assert (classes.dtype, scores.dtype) == (np.uint16, np.float32)


@pytest.mark.parametrize(
    ("outputs", "is_probability"),
    [
        (np.abs(LOGITS), False),  # none is negative, but a row does not sum to 1
        (SOFTMAX * 1.0009, True),
        (SOFTMAX * 0.9991, True),
        (SOFTMAX * 1.0021, False),
        (SOFTMAX * 0.9979, False),
        (SOFTMAX * np.array([[1], [1.01]]), False),
        (np.where(np.arange(1000) < 2, [[-0.001, 0.002]] @ np.eye(2, 1000), 0) + np.eye(1000)[5] * 0.999, False),
    ],
)
def test_probabilities_are_not_negative_and_sum_to_one(outputs, is_probability):
    """What is taken for logits goes through softmax, and is another number then."""
    classes, scores = arrays.top_k(outputs, 3)
    kept = np.take_along_axis(outputs, classes.astype(int), axis=1)
    softmax = np.exp(kept) / np.exp(outputs).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(scores, kept if is_probability else softmax, rtol=1e-5)


def test_top_k_is_the_same_across_its_blocks(rng):
    outputs = rng.normal(size=(4100, 1000)).astype(np.float32)
    classes, scores = arrays.top_k(outputs, 1)
    assert (classes[:, 0] == outputs.argmax(axis=1)).all()
    assert scores.shape == (4100, 1)


def test_outputs_are_taken_for_logits_or_probabilities_as_a_whole(rng):
    outputs = np.concatenate([np.zeros((5000, 1000)), rng.normal(size=(1, 1000))])
    outputs[:5000, 0] = 1  # as probabilities certain, as logits e / (e + 999)
    assert np.unique(arrays.top_k(outputs, 1)[1][:5000]) == pytest.approx([math.e / (math.e + 999)])


@pytest.mark.parametrize("name", ["features", "logits", "scores"])
def test_an_array_that_is_not_needed_is_not_loaded(tmp_path, name):
    kept = "probabilities" if name == "scores" else "classes"
    path = tmp_path / "mine.npz"
    np.savez(path, **{kept: SOFTMAX if name == "scores" else np.array([[1], [2]])})
    with zipfile.ZipFile(path, "a") as archive, archive.open(f"{name}.npy", "w") as member:
        header = {"descr": "<f8", "fortran_order": False, "shape": (3 * 2**30 // 8,)}
        np.lib.format.write_array_header_1_0(member, header)  # 3 GB that are not there: to read them would fail
    assert len(arrays.read(path).array) == 2
