import altair as alt
import pandas as pd
import pytest

from workbench.show import compact, theme

FRAME = pd.DataFrame(
    {"name": ["a", 'b, "c"', "d\ne"], "x": [1, 2, 3], "y": [0.5, None, -2.25], "own": [True, False, True], "none": None}
)


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(compact, "FEW", 1)


def chart(frame):
    base = alt.Chart(frame).encode(x="x:Q", y="y:Q", tooltip=["name:N", "own:N"])
    marked = base.transform_filter("datum.own").mark_point(size=90)
    return alt.hconcat(base.mark_circle() + marked, base.mark_bar().encode(x="name:N"))


def test_every_value_comes_back_with_its_type():
    specification = theme.spec(chart(FRAME))
    lean = compact.with_csv(specification)
    ((name, text),) = lean["datasets"].items()
    assert text == 'name,x,y,own,none\na,1,0.5,true,\n"b, ""c""",2,,false,\n"d\ne",3,-2.25,true,\n'
    kinds = {"name": "string", "x": "number", "y": "number", "own": "boolean", "none": "number"}
    assert specification["datasets"].keys() == {name}
    # Both halves share one data set: Altair puts it at the top of the concatenation.
    assert lean["data"] == {"name": name, "format": {"type": "csv", "parse": kinds}}


def test_the_drawing_is_the_same():
    specification = theme.spec(chart(FRAME))
    assert theme.png(compact.with_csv(specification), 1.0) == theme.png(specification, 1.0)


def test_data_deep_in_a_chart_is_told_how_to_read_it_and_the_given_chart_stays():
    one, other = (alt.Chart(pd.DataFrame({"x": values})).mark_point().encode(x="x:Q") for values in ([1], [2]))
    specification = theme.spec(alt.vconcat(one, one + other))
    before = repr(specification)
    lean = compact.with_csv(specification)
    assert repr(specification) == before
    layers = lean["vconcat"][1]["layer"]
    assert [lean["datasets"][layer["data"]["name"]] for layer in layers] == ["x\n1\n", "x\n2\n"]
    assert all(layer["data"]["format"]["parse"] == {"x": "number"} for layer in layers)


@pytest.mark.parametrize(
    "rows",
    [
        [{"x": "a"}, {"x": ""}],
        [{"x": "a"}, {"x": None}],
        [{"x": True}, {"x": None}],
        [{"x": 1}, {"x": "1"}],
        [{"x": True}, {"x": 1}],
        [{"x": [1, 2]}],
        [{"x": 1}, {"y": 1}],
        [{"x": 1, "y": 2}, {"x": 1}],
        [],
    ],
)
def test_what_csv_cannot_tell_apart_stays_as_it_is(rows):
    specification = {"data": {"name": "d"}, "mark": "point", "datasets": {"d": rows}}
    assert compact.with_csv(specification) == specification


def test_data_from_elsewhere_stays_as_it_is():
    specification = {"data": {"values": [{"x": 1}]}, "mark": "point"}
    assert compact.with_csv(specification) == specification
    named = {"data": {"name": "other"}, "mark": "point", "datasets": {"d": [{"x": 1}]}}
    assert compact.with_csv(named)["data"] == {"name": "other"}


@pytest.mark.parametrize(("n", "is_text"), [(9, False), (10, True)])
def test_few_rows_stay_as_they_are(monkeypatch, n, is_text):
    monkeypatch.undo()
    lean = compact.with_csv({"data": {"name": "d"}, "mark": "point", "datasets": {"d": [{"x": i} for i in range(n)]}})
    assert isinstance(lean["datasets"]["d"], str) == is_text
