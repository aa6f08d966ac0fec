"""A small world for the instruments: scores of nine checkpoints, and thirty pictures that two checkpoints saw."""

import io
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from workbench.inputs import labels
from workbench.inputs.images import ImageSet
from workbench.predict.store import Predictions, from_arrays
from workbench.score.table import build

# Percent: top-1 on V1 and V2, ReaL on V1 and V2, ASMA on V1, V2 and PatchML.
PRINTED = {
    "resnet50": (80.0, 67.9, 85.0, 78.0, 70.0, 66.0, 61.0),
    "resnet18": (70.0, 57.0, 78.0, 69.0, 60.0, 58.0, 52.0),
    "vit_base": (84.5, 75.0, 89.0, 84.0, 75.0, 73.0, 50.0),
    "vit_large": (86.0, 74.0, 90.0, 85.0, 78.0, 79.5, 70.0),
    "vgg16": (71.5, 59.25, 79.0, 70.0, 62.0, 57.5, 55.5),
    "vgg19": (72.4, 60.5, 80.0, 71.0, 63.0, 59.0, 55.0),
}
# Percent: top-1 on V1 and V2 over all pictures, then over pictures with one, two and three labels.
COUNTED = {
    "vgg16": ((71.0, 58.0), (75.0, 60.0), (65.0, 55.0), (50.0, 40.0)),
    "alexnet": ((56.0, 44.0), (60.0, 47.0), (52.0, 43.0), (40.0, 42.0)),
    "vgg11": ((69.0, 70.5), (74.0, 73.0), (60.0, 61.0), (45.0, 44.0)),
}
SETS = ("v1", "v2")


@pytest.fixture(scope="session")
def scores() -> pd.DataFrame:
    """A score table of two sources: six published checkpoints, three of recht2019 with label counts."""
    rows = []

    def add(checkpoint, image_set, metric, percent, source, protocol, count=None):
        value = percent / 100
        rows.append(
            (checkpoint, image_set, "any", protocol, metric, count, value, 1000, value - 0.01, value + 0.01, source)
        )

    for name, numbers in PRINTED.items():
        cells = [(metric, image_set) for metric in ("top1", "real", "asma") for image_set in SETS] + [
            ("asma", "patchml")
        ]
        for (metric, image_set), number in zip(cells, numbers, strict=True):
            add(name, image_set, metric, number, "published", "resize")
    for name, pairs in COUNTED.items():
        for count, pair in zip((None, 1, 2, 3), pairs, strict=True):
            for image_set, number in zip(SETS, pair, strict=True):
                add(name, image_set, "top1", number, "recht2019", "crop", count)
    return build(rows)


class Tree(HTMLParser):
    """HTML as an element tree."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.builder = ElementTree.TreeBuilder()
        self.builder.start("html", {})
        self.feed(html)
        self.close()
        self.builder.end("html")
        self.root = self.builder.close()

    def handle_starttag(self, tag, attrs):
        self.builder.start(tag, {name: value or "" for name, value in attrs})
        if tag in ("img", "br", "wbr"):
            self.builder.end(tag)

    def handle_endtag(self, tag):
        self.builder.end(tag)

    def handle_data(self, data):
        self.builder.data(data)


@pytest.fixture(scope="session")
def tree():
    """HTML -> its element tree."""
    return lambda html: Tree(html).root


@pytest.fixture(scope="session")
def texts():
    """Elements -> the text of each, white space as a browser shows it."""
    return lambda elements: [" ".join("".join(one.itertext()).split()) for one in elements]


@pytest.fixture(scope="session")
def table(tree, texts):
    """HTML of the table of checkpoints -> its rows of texts."""
    return lambda html: [texts(row.iter("td")) for row in tree(html).find(".//tbody").iter("tr")]


class World:
    """Thirty pictures, their labels (every third has two), and checkpoints that saw them.

    `reads` are the pictures that were read, in order. The last one is damaged.
    """

    def __init__(self) -> None:
        from PIL import Image

        buffer = io.BytesIO()
        Image.new("RGB", (300, 200), "teal").save(buffer, "PNG")
        png = buffer.getvalue()
        self.ids = [f"{i:02d}.png" for i in range(30)]
        of = {image: [i, i + 500] if i % 3 == 0 else [i] for i, image in enumerate(self.ids)}
        self.labels = labels.from_mapping("mine", of)
        self.reads: list[str] = []

        def read(image: str) -> bytes:
            self.reads.append(image)
            return png if image != self.ids[-1] else png[:40]

        self.images = ImageSet("mine", tuple(self.ids), read)

    def predict(self, name: str, wrong: int, *, scored: bool = True) -> Predictions:
        """`name` is wrong on the first `wrong` pictures, and says the second label where there is one.

        Its best classes have 94 % on the first picture, down to 36 % on the last; the next ones are 700 and 701.
        """
        best = np.array([self.labels.labels(image)[-1] for image in self.ids])
        best[:wrong] = 900 + np.arange(wrong)
        classes = np.column_stack([best, np.full(30, 700), np.full(30, 701)])
        confidence = 0.94 - 0.02 * np.arange(30)
        shares = np.column_stack([confidence, (1 - confidence) / 2, (1 - confidence) / 3])
        return from_arrays(name, "mine", self.ids, classes, shares if scored else None)


@pytest.fixture
def world() -> World:
    return World()
