import math

import numpy as np
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.inputs import labels
from workbench.inputs.labels import agreement
from workbench.inputs.labels.decisions import Decision, Decisions
from workbench.predict.store import from_arrays
from workbench.score import scores


def said(annotator: str, **verdicts: str) -> list[Decision]:
    """Decisions written as ``a1="correct"``: picture a, class 1; c, w and u stand for the verdicts."""
    names = {"c": "correct", "w": "wrong", "u": "unclear"}
    return [
        Decision(key[0], int(key[1:]), names[verdict], annotator, f"2026-01-01T00:00:{i:02d}+00:00")
        for i, (key, verdict) in enumerate(verdicts.items())
    ]


BASE = labels.from_mapping("base", {"a": [1], "b": [2], "c": []})


def as_dict(label_set) -> dict:
    return {image: label_set.labels(image) for image in label_set.images}


def test_one_annotator_adds_and_removes_labels_and_the_rest_stays():
    merged = agreement.merge([said("ada", a1="w", a3="c", a4="u")], BASE)
    assert as_dict(merged.labels) == {"a": [3], "b": [2], "c": []}
    assert merged.judged == 1
    assert merged.disputed.empty


def test_without_a_base_the_set_holds_the_judged_pictures():
    assert as_dict(agreement.merge([said("ada", a1="w", b2="c")]).labels) == {"a": [], "b": [2]}


def test_more_than_half_must_say_correct():
    merged = agreement.merge(
        [said("ada", a1="c", b2="c"), said("ben", a1="c", b2="w"), said("cy", a1="w", b5="c")], BASE
    )
    assert as_dict(merged.labels) == {"a": [1], "b": [5], "c": []}
    assert merged.disputed[["image", "label"]].to_numpy().tolist() == [["a", 1], ["b", 2]]
    assert merged.disputed[["ada", "ben", "cy"]].iloc[0].tolist() == ["correct", "correct", "wrong"]


def test_the_last_verdict_of_an_annotator_counts():
    assert as_dict(agreement.merge([[*said("ada", a1="w"), *said("ada", a1="c")]]).labels) == {"a": [1]}


def test_alpha_is_krippendorffs_own_example():
    """Krippendorff (2011), section C: nominal data of four observers on twelve units, alpha = 0.743."""
    rows = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    ]
    import krippendorff

    data = np.array(rows, dtype=float)
    assert krippendorff.alpha(reliability_data=data, level_of_measurement="nominal") == pytest.approx(0.743, abs=5e-4)
    # Three verdicts instead of five values: against the definition, by coincidences.
    table = pd.DataFrame({"x": list("cwucw"), "y": list("cwwcw"), "z": ["c", None, "u", "w", "w"]})
    table = table.replace({"c": "correct", "w": "wrong", "u": "unclear"})
    assert agreement.alpha(table) == pytest.approx(by_coincidences(table))


def by_coincidences(table: pd.DataFrame) -> float:
    """1 - observed / expected disagreement, written out pair by pair."""
    units = [row.dropna().tolist() for _, row in table.iterrows()]
    units = [unit for unit in units if len(unit) > 1]
    values = [value for unit in units for value in unit]
    n = len(values)
    observed = sum(
        sum(x != y for i, x in enumerate(unit) for j, y in enumerate(unit) if i != j) / (len(unit) - 1)
        for unit in units
    )
    expected = sum(x != y for i, x in enumerate(values) for j, y in enumerate(values) if i != j) / (n - 1)
    return 1 - observed / expected


def test_perfect_agreement_is_one_and_no_overlap_is_undefined():
    assert agreement.merge([said("ada", a1="c", b2="w"), said("ben", a1="c", b2="w")]).alpha == 1
    assert math.isnan(agreement.merge([said("ada", a1="c"), said("ben", b2="w")]).alpha)
    assert math.isnan(agreement.merge([said("ada", a1="c", b2="c"), said("ben", a1="c", b2="c")]).alpha)


def test_no_decision_and_another_image_set_are_refused():
    with pytest.raises(InputError, match="no decision"):
        agreement.merge([[]])
    with pytest.raises(InputError, match="another image set"):
        agreement.merge([said("ada", z1="c")], BASE)


def test_files_merge_and_the_result_moves_a_score(tmp_path):
    for name, verdict in (("ada", "correct"), ("ben", "correct")):
        log = Decisions(tmp_path / f"{name}.jsonl", name)
        log.add("a", 7, verdict)
        log.close()
    merged = agreement.merge(sorted(tmp_path.glob("*.jsonl")), BASE)
    one = from_arrays("net", "mine", ["a", "b"], np.array([[7, 1], [2, 3]]))
    original = labels.from_mapping("original", {"a": [1], "b": [2]})

    def real(label_set) -> float:
        frame = scores.score(one, label_set, original=original, label_counts=[1, 2])
        return frame[(frame["metric"] == "real") & frame["label_count"].isna()]["value"].item()

    assert (real(BASE), real(merged.labels)) == (0.5, 1.0)


def test_a_verdict_table_has_the_last_word_of_everyone_in_the_order_of_time():
    again = Decision("b", 2, "unclear", "ada", "2026-01-02T00:00:00+00:00")
    table = agreement.verdict_table([again, *said("ada", b2="c", a1="w"), *said("ben", b3="c", a1="c")])
    assert table.index.tolist() == [("b", 2), ("b", 3), ("a", 1)]
    assert table.loc[("b", 2), "ada"] == "unclear"
    assert table.to_dict("index")["a", 1] == {"ada": "wrong", "ben": "correct"}
    assert pd.isna(table.loc[("b", 2), "ben"])


def test_half_is_not_more_than_half_and_unclear_is_no_vote_for():
    merged = agreement.merge([said("ada", a1="c", b2="c"), said("ben", a1="u", b2="c"), said("cy", b2="w")], BASE)
    assert as_dict(merged.labels) == {"a": [], "b": [2], "c": []}
    assert merged.judged == 2
    assert merged.disputed.columns.tolist() == ["image", "label", "ada", "ben", "cy"]


def test_what_is_not_in_the_base_is_passed_over():
    merged = agreement.merge([said("ada", a3="c", z1="c")], BASE, name="mine")
    assert (merged.labels.name, merged.judged) == ("mine", 1)
    assert as_dict(merged.labels) == {"a": [1, 3], "b": [2], "c": []}
    with pytest.raises(InputError, match="none of the 2 judged pictures, 'y' among them, is in label set 'base'"):
        agreement.merge([said("ada", y3="c", z1="c")], BASE)
