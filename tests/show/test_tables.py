import pandas as pd

from workbench.inputs.published import documents
from workbench.score import pools, ranks, summaries
from workbench.show import tables


def test_percent_changes_fractions_only():
    frame = pd.DataFrame({"name": ["a"], "n": [3], "value": [0.1234]})
    assert tables.percent(frame).to_dict("list") == {"name": ["a"], "n": [3], "value": [12.34]}


def test_table_1_shows_computed_beside_printed():
    table = tables.label_counts(summaries.label_counts(pools.recht2019()), documents.printed("table-01-label-counts"))
    assert table["labels"].tolist() == ["0", "1", "2", "3", "4", "5", ">5"]
    assert (table["V1 computed"] == table["V1 printed"])[1:].all()
    assert (table["V2 computed"] == table["V2 printed"])[1:].all()


def test_table_3_joins_the_shortened_names():
    table = tables.top10(ranks.rank_shift(pools.published()), documents.printed("table-03-top10"))
    assert table["rank"].notna().all()
    assert table["rank by ASMA"].tolist() == list(range(1, 11))


def test_tables_4_to_10_are_complete():
    table = tables.all_checkpoints(documents.printed("tables-04-10-checkpoints"), ranks.rank_shift(pools.published()))
    assert table.shape == (315, 13)
    assert table.notna().all().all()


def test_a_shown_table_is_the_same_twice():
    frame = pd.DataFrame({"a_b": ["x"], "value": [1.0]})
    assert tables.show(frame, "T", "id").data == tables.show(frame, "T", "id").data


def test_a_browsable_table_escapes_and_needs_no_network():
    html = tables.browse(pd.DataFrame({"name": ["<b>"], "n": [1], "x": [0.5]}), "t").data
    assert "<td>&lt;b&gt;</td><td class='n'>1</td><td class='n'>0.50</td>" in html
    assert "http" not in html
