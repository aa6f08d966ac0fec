"""Pictures beside the bars of their best classes."""

import numpy as np
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.inputs import classes
from workbench.inputs.labels import from_mapping
from workbench.predict.store import Predictions
from workbench.show import charts

N = 25
IDS = [f"p{n:02}" for n in range(N)]


@pytest.fixture(scope="module")
def pictures(plain_pictures):
    return plain_pictures(dict.fromkeys(IDS, (400, 200)))


@pytest.fixture(scope="module")
def predictions():
    best = np.tile(np.array([7, 3, 5, 1, 9, 11], np.uint16), (N, 1))
    scores = np.tile(np.array([0.506, 0.254, 0.12, 0.08, 0.03, 0.01], np.float32), (N, 1))
    return Predictions("vgg16", "plain", "crop", pd.Index(IDS), best, scores)


@pytest.fixture(scope="module")
def labels():
    return from_mapping("mine", {name: [3] if n % 2 else [3, 7, 8] for n, name in enumerate(IDS)})


def test_bars_are_whole_percents_and_say_what_is_right(take_apart, predictions, labels, pictures):
    drawn = take_apart(charts.top_predictions(predictions, labels, pictures))
    picture, bars, text = drawn.layers[:3]
    names = classes.names()
    assert bars.rows("class", "score", "correct", "text") == [
        (names[7], 51, True, "51 % correct"),
        (names[3], 25, True, "25 % correct"),
        (names[5], 12, False, "12 %"),
        (names[1], 8, False, "8 %"),
        (names[9], 3, False, "3 %"),
    ]
    assert bars.data["meaning"].tolist() == [classes.describe(n) for n in (7, 3, 5, 1, 9)]
    assert bars.encoding["x"] == {
        "field": "score",
        "type": "quantitative",
        "scale": {"domain": [0, 150]},
        "axis": None,
    }
    assert bars.encoding["y"] == {
        "field": "class",
        "type": "nominal",
        "sort": bars.data["class"].tolist(),
        "title": None,
        "axis": {
            "labelLimit": 140,
            "minExtent": 145,
            "maxExtent": 145,
            "labelFontSize": 11,
            "ticks": False,
            "domain": False,
        },
    }
    assert bars.fields == {"x": "score", "y": "class", "fill": "correct", "stroke": "correct"}
    assert text.fields == {"x": "score", "y": "class", "text": "text"}
    assert bars.scale("fill") == {"True": "#009E73", "False": "white"}
    assert bars.scale("stroke") == {"True": "#009E73", "False": "#CC3311"}
    assert list(bars.tips.values()) == ["class", "score (%)", "correct"]
    assert picture.fields == {"url": "url", "x": 58, "y": 58}


def test_twenty_pictures_below_each_other_by_default(take_apart, predictions, labels, pictures, size_of):
    drawn = take_apart(charts.top_predictions(predictions, labels, pictures))
    assert drawn.spec["columns"] == 1
    assert len(drawn.spec["concat"]) == 20
    assert drawn.spec["description"].endswith(" for 20 pictures")
    assert size_of(drawn.layers[0].data["url"][0]) == (116, 58)
    heading = drawn.spec["concat"][0]["title"]
    assert " ".join(heading["text"]) == ", ".join(classes.names()[n] for n in (3, 7, 8))
    assert heading["limit"] == 456


def test_long_headings_are_broken_at_the_width_of_picture_and_bars(take_apart, predictions, pictures):
    many = from_mapping("many", {name: range(40) for name in IDS})
    for side, width in ((170, 60), (169, 59), (100, 50)):
        drawn = take_apart(charts.top_predictions(predictions, many, pictures, most=1, side=side))
        lines = drawn.spec["concat"][0]["title"]["text"]
        words = " ".join(lines).split(" ")
        assert max(map(len, lines)) <= width
        # Greedy: the first word of each line would not have fitted on the line before.
        starts = [line.split(" ")[0] for line in lines[1:]]
        assert all(len(line) + 1 + len(word) > width for line, word in zip(lines, starts, strict=False))
        assert len(words) > 40


def test_only_pictures_with_as_many_labels_and_as_many_classes_as_asked(take_apart, predictions, labels, pictures):
    drawn = take_apart(
        charts.top_predictions(predictions, labels, pictures, k=6, columns=3, most=4, side=50, label_count=1)
    )
    assert [part["title"]["text"] for part in drawn.spec["concat"]] == [[classes.names()[3]]] * 4
    assert drawn.spec["columns"] == 3
    assert drawn.layers[0].fields == {"url": "url", "x": 25, "y": 25}
    assert len(drawn.layers[1].data) == 6


def test_predictions_without_scores_have_no_bars(predictions, labels, pictures):
    bare = Predictions("vgg16", "plain", "crop", predictions.images, predictions.classes)
    with pytest.raises(InputError, match="predictions of vgg16 have no scores"):
        charts.top_predictions(bare, labels, pictures)
