"""`explore` without a browser: what a control, a click and a drag change in the charts and in the table."""

from typing import Any

import pandas as pd
import pytest

from workbench import show
from workbench.score.interactive import queries
from workbench.show.instruments import linked


@pytest.fixture
def explorer(scores, tmp_path):
    return show.explore(scores, out=tmp_path / "saved")


def click(explorer, action: str) -> None:
    """A click into the table, as the front end tells it."""
    explorer.table._handle_custom_msg({"action": action}, [])


def click_chart(explorer, checkpoint: str | None, *, shift: bool = False) -> None:
    explorer.charts._handle_custom_msg({"checkpoint": checkpoint, "add": shift}, [])


def drag(explorer, selection: str, **ranges: list[float]) -> None:
    explorer.charts._handle_custom_msg({"drag": selection, "ranges": ranges}, [])


def names(explorer, table) -> list[str]:
    """Checkpoints in the order of the table."""
    return [row[0][2:] for row in table(explorer.table.html)]


def titles(explorer, tree, texts) -> list[str]:
    return texts(tree(explorer.table.html).iter("th"))


def rows_of(explorer) -> list[str]:
    return [row["title"]["text"].split(":")[0] for row in explorer.charts.spec["vconcat"]]


def test_controls_offer_what_the_scores_have(explorer):
    assert explorer.metric.options == (("top-1 accuracy", "top1"), ("ReaL accuracy", "real"), ("ASMA", "asma"))
    assert explorer.source.options == ("all", "published", "recht2019")
    assert explorer.family.options == ("all", "resnet", "vgg", "vit")
    assert explorer.label_counts.options == (
        ("all", ()), ("1 label", (1,)), ("2 labels", (2,)), ("3 labels", (3,)), ("2 and more", (2, 3)),
    )  # fmt: skip
    assert explorer.pair.options == (("V1 (ImageNet) and V2 (ImageNetV2)", ("v1", "v2")),)
    explorer.metric.value = "asma"
    assert [pair for _, pair in explorer.pair.options] == [("v1", "v2"), ("v1", "patchml"), ("v2", "patchml")]


@pytest.mark.parametrize(
    ("counts", "offered"), [([1], ["all", "1 label"]), ([1, 2], ["all", "1 label", "2 labels", "2 and more"])]
)
def test_several_labels_are_a_choice_where_there_are_such(scores, counts, offered):
    some = scores[scores["label_count"].isna() | scores["label_count"].isin(counts)]
    assert [title for title, _ in show.explore(some, out="").label_counts.options] == offered


def test_the_table_has_the_numbers_of_the_scores(explorer, table, tree, texts):
    explorer.source.value = "published"
    assert titles(explorer, tree, texts) == [
        "checkpoint", "family", "source",
        "V1 top-1 (%)", "V2 top-1 (%)", "gap (points) ▼", "rank before", "after", "rise",
    ]  # fmt: skip
    assert table(explorer.table.html) == [
        ["○ resnet18", "resnet", "published, resize", "70.00", "57.00", "13.00", "6", "6", "0"],
        ["○ vgg16", "vgg", "published, resize", "71.50", "59.25", "12.25", "5", "5", "0"],
        ["○ resnet50", "resnet", "published, resize", "80.00", "67.90", "12.10", "3", "3", "0"],
        ["○ vit_large", "vit", "published, resize", "86.00", "74.00", "12.00", "1", "2", "-1"],
        ["○ vgg19", "vgg", "published, resize", "72.40", "60.50", "11.90", "4", "4", "0"],
        ["○ vit_base", "vit", "published, resize", "84.50", "75.00", "9.50", "2", "1", "1"],
    ]


def test_each_control_changes_charts_and_table(scores, explorer, table, tree, texts):
    assert rows_of(explorer) == ["published", "recht2019"]
    assert len(names(explorer, table)) == 9
    explorer.metric.value = "asma"
    explorer.pair.value = ("v1", "patchml")
    assert titles(explorer, tree, texts)[3:5] == ["V1 ASMA (%)", "PatchML ASMA (%)"]
    assert rows_of(explorer) == ["published"]
    assert "recht2019: no such scores" in explorer.message
    explorer.metric.value = "real"  # not known of PatchML
    assert explorer.question.pair == ("v1", "v2")
    assert titles(explorer, tree, texts)[3:5] == ["V1 ReaL (%)", "V2 ReaL (%)"]
    explorer.metric.value = "top1"
    assert explorer.message == ""
    explorer.family.value = "vgg"
    assert sorted(names(explorer, table)) == ["vgg11", "vgg16", "vgg16", "vgg19"]
    explorer.search.value = "16"
    assert names(explorer, table) == ["vgg16", "vgg16"]
    explorer.source.value = "recht2019"
    assert names(explorer, table) == ["vgg16"]
    explorer.label_counts.value = (2, 3)
    assert [row[3:6] for row in table(explorer.table.html)] == [["57.50", "47.50", "10.00"]]
    asked = queries.Query("top1", ("v1", "v2"), ("recht2019",), "vgg", "16", (2, 3))
    assert explorer.question == asked
    assert explorer.charts.spec == linked.overview(queries.ScoreCube(scores).ask(asked), asked, [])


def test_a_pair_of_sets_stays_where_the_next_metric_has_it_too(explorer):
    explorer.metric.value = "asma"
    explorer.pair.value = ("v2", "patchml")
    explorer.metric.value = "real"
    explorer.metric.value = "asma"
    assert explorer.pair.value == ("v1", "v2")
    explorer.pair.value = ("v1", "v2")
    explorer.metric.value = "top1"
    assert explorer.pair.value == ("v1", "v2")


def test_each_change_is_answered_once(explorer):
    seen = []
    explorer.charts.observe(lambda change: seen.append(change["new"]), "spec")
    explorer.metric.value = "asma"
    explorer.pair.value = ("v1", "patchml")
    explorer.metric.value = "top1"
    assert len(seen) == 3


def test_every_metric_is_made_ready_at_the_opening(explorer, monkeypatch):
    asked = []
    monkeypatch.setattr(queries.ScoreCube, "ask", lambda _cube, question: asked.append(question))
    for metric in ("real", "asma", "top1"):
        explorer.metric.value = metric
        assert explorer.question.metric == metric
    assert asked == []
    assert explorer.charts.spec["description"].startswith("top-1 accuracy on V1")


def test_a_click_on_a_name_marks_and_unmarks(explorer, table, tree):
    click(explorer, "mark:vgg19")
    click(explorer, "mark:alexnet")
    assert explorer.marked == explorer.charts.marked == ["vgg19", "alexnet"]
    assert [row[0] for row in table(explorer.table.html)][:3] == ["◉ alexnet", "◉ vgg19", "○ resnet18"]
    click(explorer, "mark:vgg19")
    assert explorer.charts.marked == ["alexnet"]
    assert names(explorer, table)[0] == "alexnet"
    (marked,) = tree(explorer.table.html).findall(".//tr[@class='marked']")
    assert marked.find(".//button").attrib["data-action"] == "mark:alexnet"
    click(explorer, "clear")
    assert explorer.marked == explorer.charts.marked == []
    assert tree(explorer.table.html).find(".//tr[@class='marked']") is None


def test_a_click_in_a_chart_marks_one_with_shift_one_more_on_the_ground_none(explorer):
    click_chart(explorer, "vgg16")
    click_chart(explorer, "vgg19")
    assert explorer.charts.marked == ["vgg19"]
    click_chart(explorer, "vgg16", shift=True)
    assert explorer.charts.marked == ["vgg19", "vgg16"]
    click_chart(explorer, "vgg19", shift=True)
    assert explorer.charts.marked == ["vgg16"]
    click_chart(explorer, None, shift=True)
    assert explorer.charts.marked == []


def test_dragging_along_the_places_marks_what_lies_inside_of_one_source(explorer):
    in_order = ["resnet18", "vgg16", "vgg19", "resnet50", "vit_base", "vit_large"]  # by V1
    drag(explorer, "gap0", place=[1.5, 4])
    assert explorer.charts.marked == in_order[1:4]
    drag(explorer, "gap0", place=[3.2, 0.9])  # from right to left
    assert explorer.charts.marked == in_order[:3]
    drag(explorer, "gap1", place=[0, 9])
    assert explorer.marked == ["alexnet", "vgg11", "vgg16"]
    drag(explorer, "gap1", place=[9, 10])
    assert explorer.marked == []


def test_dragging_a_rectangle_marks_by_both_ranks_what_is_chosen(explorer):
    drag(explorer, "rank0", rank_before=[0.5, 2.5], rank_after=[2.5, 1.5])
    assert explorer.marked == ["vit_large"]
    explorer.family.value = "vgg"
    drag(explorer, "rank0", rank_before=[1, 6], rank_after=[6, 1])
    assert explorer.marked == ["vgg16", "vgg19"]


def test_marks_stay_while_the_question_changes_and_go_with_their_source(explorer):
    explorer.mark("vgg11", "no such checkpoint", "vgg16", "vgg11")
    assert explorer.marked == ["vgg11", "vgg16"]
    explorer.search.value = "resnet"
    assert explorer.marked == ["vgg11", "vgg16"]
    assert explorer.charts.spec["params"][0] == {"name": "marked", "value": ["vgg11", "vgg16"]}
    explorer.source.value = "published"
    assert explorer.marked == explorer.charts.marked == ["vgg16"]


def test_a_click_on_a_heading_sorts_numbers_downwards_and_names_upwards(explorer, table, tree, texts):
    def column(index: int) -> list[str]:
        return [row[index] for row in table(explorer.table.html)]

    def order() -> list[tuple]:
        return [
            (one.attrib["aria-sort"], "".join(one.itertext()))
            for one in tree(explorer.table.html).iter("th")
            if "aria-sort" in one.attrib
        ]

    explorer.source.value = "published"
    assert order() == [("descending", "gap (points) ▼")]
    click(explorer, "sort:gap")
    assert order() == [("ascending", "gap (points) ▲")]
    assert column(5) == ["9.50", "11.90", "12.00", "12.10", "12.25", "13.00"]
    click(explorer, "sort:first")
    assert column(3) == ["86.00", "84.50", "80.00", "72.40", "71.50", "70.00"]
    click(explorer, "sort:family")
    assert column(1) == ["resnet", "resnet", "vgg", "vgg", "vit", "vit"]
    click(explorer, "sort:family")
    assert column(1) == ["vit", "vit", "vgg", "vgg", "resnet", "resnet"]
    for column_of_words in ("checkpoint", "source"):
        click(explorer, f"sort:{column_of_words}")
        assert order()[0][0] == "ascending"


def test_saving_writes_the_table_and_the_charts(explorer, table):
    explorer.search.value = "vgg"
    explorer.source.value = "published"
    explorer.mark("vgg19")
    button = explorer.children[1].children[-1]
    assert button.description == "save CSV and SVG"
    button.click()
    saved = pd.read_csv(explorer.out / "explore-top1-v1-v2.csv")
    assert saved["checkpoint"].tolist() == names(explorer, table) == ["vgg19", "vgg16"]
    assert saved["marked"].tolist() == [True, False]
    assert saved["gap"].tolist() == pytest.approx([0.119, 0.1225])
    assert saved["rank_after"].tolist() == [4, 5]
    assert list(saved) == [
        "source", "protocol", "checkpoint", "family", "first", "second", "gap", "ci_low", "ci_high",
        "rank_before", "rank_after", "shift", "place", "marked",
    ]  # fmt: skip
    assert ">vgg19<" in (explorer.out / "explore-top1-v1-v2.svg").read_text()
    assert f"saved {explorer.out}/explore-top1-v1-v2.csv and .svg" in explorer.message


def test_a_folder_that_cannot_be_written_is_told(scores, tmp_path):
    (tmp_path / "file").write_text("")
    explorer: Any = show.explore(scores, out=tmp_path / "file")
    explorer.children[1].children[-1].click()
    assert "Error:" in explorer.message


def test_a_frame_without_the_columns_is_told_inside(scores):
    explorer = show.explore(scores.drop(columns=["value"]))
    assert "lacks the columns value" in explorer.message
    assert len(explorer.children) == 1
    assert explorer.picture() == {}


def test_a_question_without_an_answer_keeps_the_last_one(explorer):
    explorer.source.value = "published"
    spec, question = explorer.charts.spec, explorer.question
    explorer.label_counts.value = (1,)
    assert "Error:" in explorer.message
    assert "choose another source" in explorer.message
    assert explorer.charts.spec == spec
    assert explorer.question == question
    explorer.label_counts.value = ()
    assert explorer.message == ""


def test_where_nothing_fits_a_sentence_stands_in_place_of_the_charts(explorer):
    explorer.search.value = "no such name"
    assert "no checkpoint fits the family and the search" in explorer.message
    assert explorer.charts.layout.display == "none"
    assert explorer.picture() == {}
    explorer.search.value = "vgg"
    assert explorer.message == ""
    assert explorer.charts.layout.display is None
    assert explorer.picture() != {}


def test_without_any_answer_the_controls_are_there_to_ask_another_question(scores):
    apart = scores[(scores["image_set"] != "v1") | (scores["checkpoint"] == "vgg16")]
    explorer = show.explore(apart[~((apart["checkpoint"] == "vgg16") & (apart["image_set"] == "v2"))])
    assert "no checkpoint has these scores" in explorer.message
    assert len(explorer.children) == 5
    assert explorer.picture() == {}


def test_a_dashboard_has_no_button_that_writes(scores):
    explorer: Any = show.explore(scores, out="")
    texts = [child.description for row in explorer.children[:2] for child in row.children[1:]]
    assert not any("save" in text for text in texts)
