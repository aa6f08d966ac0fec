import pytest

from workbench.predict import store
from workbench.score.multiple_choice import classifiers, depths, expected


def test_bounds_close_in_on_what_all_classes_tell(images, ranked, right, asked):
    one = store.from_arrays("net", "mine", images, ranked)
    found = depths.by_depth([one], asked, [5, 100, 1000]).set_index("stored")
    assert found["low"].is_monotonic_increasing
    assert found["high"].is_monotonic_decreasing
    exact = expected.bounds(ranked, right)[0].mean()
    assert found.loc[1000, ["low", "high"]].tolist() == pytest.approx([exact, exact])
    assert found.loc[1000, "drawn_low"] == (classifiers.answer(one, asked) == asked.answers).mean()
    low, high = classifiers.bounds(store.from_arrays("net", "mine", images, ranked[:, :5]), asked)
    assert found.loc[5, ["drawn_low", "drawn_high"]].tolist() == pytest.approx([low.mean(), high.mean()])
    assert (found["top1"] == (ranked[:, 0] == right).mean()).all()
    assert (found["n_images"] == 400).all()


def test_what_is_not_stored_is_left_out(images, ranked, asked):
    one = store.from_arrays("net", "mine", images, ranked[:, :16])
    assert depths.by_depth([one], asked, [5, 1000])["stored"].tolist() == [5]
    assert [*depths.by_depth([], asked, [5])] == depths.COLUMNS
