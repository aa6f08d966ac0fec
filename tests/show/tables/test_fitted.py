"""Words at the end of a line, and tables that are too wide for a narrow page."""

import re

import pandas as pd
import pytest

from workbench.show.tables import fitted


@pytest.mark.parametrize(
    ("name", "parted"),
    [
        ("difference", "dif-fer-ence"),
        ("threshold", "thresh-old"),
        ("subgroup low", "sub-group low"),
        ("smallest", "small-est"),
        ("a<b", "a&lt;b"),
        ("computed", "com-puted"),
        ("PatchML1", "PatchML1"),
        ("n images", "n images"),
        ("value_before", "value_<wbr>before"),
    ],
)
def test_the_heads_of_columns_are_parted_between_syllables(name, parted):
    assert str(fitted.hyphenable(name)).replace("\u00ad", "-") == parted


def test_no_value_is_parted_between_syllables():
    assert fitted.breakable("difference") == "difference"
    assert fitted.breakable("resnet50.a1_in1k") == "resnet50.<wbr>a1_<wbr>in1k"


def test_a_table_that_fits_is_left_alone():
    assert fitted.grid(pd.DataFrame({"metric": ["top1"], "gap": [1.5], "ci low": [1.25]})) == ("", [])
    assert fitted.grid(pd.DataFrame({"metric": []})) == ("", [])


def test_the_longest_number_or_part_of_a_head_is_the_width_of_a_track_and_long_texts_take_several():
    numbers = {f"n{i}": [1.0] for i in range(12)}
    row, tracks = fitted.grid(pd.DataFrame({"checkpoint": ["resnet50.a1_in1k"], "by": ["v1"]} | numbers))
    assert "minmax(5ch, 1fr)" in row
    assert tracks == [3, 1] + [1] * 12
    assert "minmax(11ch, 1fr)" in fitted.grid(pd.DataFrame(numbers | {"n": [1234567.25]}))[0]
    assert "minmax(9ch, 1fr)" in fitted.grid(pd.DataFrame(numbers | {"PatchML1": [1]}))[0]


def test_texts_stand_at_the_left_and_only_what_is_wide_says_so():
    frame = pd.DataFrame({"metric": ["top1"], "gap": [1.5]})
    assert fitted.cells(frame, []) == ["text-align: left", ""]
    assert fitted.cells(frame, [2, 1]) == ["text-align: left; grid-column: span 2", ""]


def test_long_texts_get_more_room_and_no_column_less_than_a_word_needs():
    frame = pd.DataFrame(
        {"id": ["C01", "C02"], "verdict": ["+ holds", "? cannot be checked"], "says": ["long " * 60] * 2}
    )
    widths = [int(re.findall(r"width: (\d+)%", style)[0]) for style in fitted.wrapped(frame)]
    assert 99 <= sum(widths) <= 101
    assert widths[0] < widths[1] < widths[2]
    assert widths[0] / widths[1] == pytest.approx(3 / 7, abs=0.05)
    assert len({style.partition("; width")[0] for style in fitted.wrapped(frame)}) == 1
