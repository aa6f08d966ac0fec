"""Pictures of noise, and a plan of patches of them."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from workbench.inputs import patchml
from workbench.inputs.images import ImageSet


@pytest.fixture
def pictures():
    """Six pictures of noise, which count how often they are read."""
    rng = np.random.default_rng(0)
    data, reads = {}, []
    for i in range(6):
        buffer = io.BytesIO()
        Image.fromarray(rng.integers(0, 256, (60 + i, 80, 3), dtype=np.uint8)).save(buffer, "PNG")
        data[f"p{i}.png"] = buffer.getvalue()

    def read(image):
        reads.append(image)
        return data[image]

    made = ImageSet("mine", tuple(data), read)
    object.__setattr__(made, "reads", reads)
    return made


@pytest.fixture
def plan():
    rows = [(f"p{i % 6}.png", i, 5 * (i // 6), 3, 40 + i, 30 + i) for i in range(18)]
    pool = pd.DataFrame(rows, columns=["image", "class", "xmin", "ymin", "xmax", "ymax"])
    return patchml.plan(pool, seed=1, canvas=96)
