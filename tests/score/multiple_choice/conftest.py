"""Classifiers on a few pictures, with all classes ranked, and questions about these pictures."""

import numpy as np
import pytest

from workbench.inputs import labels, questions
from workbench.inputs.prompts import Prompts

NAMES = Prompts(tuple(f"name {i}" for i in range(1000)), ())
N = 400


@pytest.fixture
def images():
    return [f"picture {i:03}" for i in range(N)]


@pytest.fixture
def right(rng):
    return rng.integers(0, 1000, N)


@pytest.fixture
def original(images, right):
    return labels.from_mapping("original", {image: [int(label)] for image, label in zip(images, right, strict=True)})


@pytest.fixture
def ranked(rng, right):
    """All 1000 classes of each picture, best first: the right one is mostly among the first."""
    scores = rng.normal(size=(N, 1000))
    scores[np.arange(N), right] += rng.choice([2.5, 0.5, 5], N)
    return np.argsort(-scores, axis=1)


@pytest.fixture
def asked(original):
    return questions.draw("mine", original, NAMES)
