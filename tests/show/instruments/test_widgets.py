"""The instruments without a browser: what a control, a key or a click changes. No pixel, no front end."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench import show
from workbench.inputs import labels
from workbench.inputs.images import ImageSet
from workbench.inputs.labels.decisions import Decisions
from workbench.predict.store import from_arrays
from workbench.score import pools
from workbench.show.instruments import panel

IMAGES = [f"{i:02d}.png" for i in range(30)]
LABELS = labels.from_mapping("mine", {image: [i, i + 500] if i % 3 == 0 else [i] for i, image in enumerate(IMAGES)})


@pytest.fixture(scope="module")
def png() -> bytes:
    import io

    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (300, 200), "teal").save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def pictures(png):
    """Thirty pictures; `reads` counts how often each was read. The last one is damaged."""
    reads: list[str] = []

    def read(image: str) -> bytes:
        reads.append(image)
        return png if image != IMAGES[-1] else png[:40]

    image_set = ImageSet("mine", tuple(IMAGES), read)
    return image_set, reads


def predict(name: str, wrong: int, *, scored: bool = True):
    """`name` is wrong on the first `wrong` pictures, and says the second label where there is one."""
    best = np.array([labels_of[-1] for labels_of in map(LABELS.labels, IMAGES)])
    best[:wrong] = 900 + np.arange(wrong)
    classes = np.column_stack([best, np.full(30, 700), np.full(30, 701)])
    confidence = np.linspace(0.9, 0.4, 30)
    shares = np.column_stack([confidence, (1 - confidence) / 2, (1 - confidence) / 4])
    return from_arrays(name, "mine", IMAGES, classes, shares if scored else None)


@pytest.fixture(scope="module")
def everything():
    return pd.concat([pools.published(), pools.recht2019()], ignore_index=True)


@pytest.fixture
def explorer(everything, tmp_path):
    return show.explore(everything, out=tmp_path)


class TestExplore:
    def test_a_control_changes_charts_and_table(self, explorer):
        spec, html = explorer.charts.spec, explorer.table.html
        explorer.metric.value = "real"
        assert explorer.charts.spec != spec
        assert explorer.table.html != html
        explorer.source.value = "recht2019"
        assert len(explorer.charts.spec["vconcat"]) == 1
        explorer.search.value = "vgg"
        assert explorer.table.html.count("<tr") - 1 == explorer.answer.pairs["chosen"].sum() < 20

    def test_each_change_is_answered_once(self, explorer):
        seen = []
        explorer.charts.observe(lambda change: seen.append(change["new"]), "spec")
        explorer.metric.value = "asma"
        explorer.pair.value = ("v1", "patchml")
        explorer.metric.value = "top1"
        assert len(seen) == 3
        assert explorer.question.pair == ("v1", "v2")

    def test_clicks_mark_in_charts_and_table(self, explorer):
        explorer._mark("vgg16", False)
        assert explorer.charts.marked == ["vgg16"]
        assert explorer.table.html.count('class="marked"') == 1
        explorer._act("mark:vgg19", False)
        assert explorer.marked == ["vgg16", "vgg19"]
        explorer._act("mark:vgg16", False)
        assert explorer.marked == ["vgg19"]
        explorer._mark(None, False)
        assert explorer.charts.marked == []

    def test_dragging_marks_what_lies_inside_of_one_source(self, explorer):
        explorer._drag("gap1", {"place": [10.2, 12.9]})
        pairs = explorer.answer.pairs
        assert explorer.marked == pairs[(pairs["group"] == 1) & pairs["place"].isin([11, 12])]["checkpoint"].tolist()
        explorer._drag("rank0", {"rank_before": [5, 1], "rank_after": [1, 300]})
        assert 1 <= len(explorer.marked) <= 5

    def test_marks_stay_while_the_question_changes_and_go_with_their_source(self, explorer):
        explorer.mark("vgg16", "no such checkpoint")
        explorer.metric.value = "real"
        assert explorer.marked == ["vgg16"]
        explorer.source.value = "published"
        assert explorer.marked == []

    def test_saving_writes_the_table_and_the_charts(self, explorer, tmp_path):
        explorer.search.value = "vgg"
        explorer.mark("vgg16")
        explorer.save()
        table = pd.read_csv(tmp_path / "explore-top1-v1-v2.csv")
        assert table["checkpoint"][0] == "vgg16"
        assert table["marked"].sum() == 1
        assert len(table) == explorer.answer.pairs["chosen"].sum()
        assert ">vgg16<" in (tmp_path / "explore-top1-v1-v2.svg").read_text()
        assert "saved" in explorer.message

    def test_a_folder_that_cannot_be_written_is_told(self, everything, tmp_path):
        (tmp_path / "file").write_text("")
        explorer = show.explore(everything, out=tmp_path / "file")
        explorer.guarded(explorer.save)
        assert "Error:" in explorer.message

    def test_a_frame_without_the_columns_is_told_inside(self, everything):
        explorer = show.explore(everything.drop(columns=["value"]))
        assert "lacks the columns value" in explorer.message
        assert len(explorer.children) == 1

    def test_a_question_without_an_answer_keeps_the_last_one(self, explorer):
        explorer.source.value = "published"
        spec = explorer.charts.spec
        explorer.label_counts.value = (1,)
        assert "choose another source" in explorer.message
        assert explorer.charts.spec == spec
        explorer.label_counts.value = ()
        assert "Error" not in explorer.message

    def test_a_dashboard_has_no_button_that_writes(self, everything):
        texts = str(
            [child.description for row in show.explore(everything, out="").children[:2] for child in row.children]
        )
        assert "save" not in texts


class TestGallery:
    def test_only_the_page_that_is_shown_is_read(self, pictures):
        images, reads = pictures
        gallery = show.gallery(predict("one", 5), LABELS, images)
        assert reads == IMAGES[:12]
        gallery._act("key:ArrowRight", False)
        assert reads == IMAGES[:24]
        gallery._act("key:ArrowLeft", False)
        assert reads == IMAGES[:24]

    def test_keys_page_to_the_ends_and_no_further(self, pictures):
        gallery = show.gallery(predict("one", 5), LABELS, pictures[0])
        pages = []
        for key in ("ArrowLeft", "ArrowRight", "PageDown", "ArrowRight", "Home", "End"):
            gallery._act(f"key:{key}", False)
            pages.append(gallery.page)
        assert pages == [0, 1, 2, 2, 0, 2]
        assert "page 3 of 3" in gallery.view.html
        assert "cannot be shown" in gallery.view.html

    def test_filters_and_order(self, pictures):
        gallery = show.gallery([predict("one", 5), predict("two", 8)], LABELS, pictures[0])
        gallery.status[0].value = "wrong"
        assert gallery.chosen.tolist() == [0, 1, 2, 3, 4]
        gallery.status[0].value = "any"
        gallery.disagreement.value = "first"
        assert gallery.chosen.tolist() == [5, 6, 7]
        gallery.disagreement.value = "any"
        gallery.label_count.value = 2
        assert gallery.chosen.tolist() == list(range(0, 30, 3))
        gallery.order.value = "unsure"
        assert gallery.chosen.tolist() == list(range(27, -1, -3))
        gallery.confidence.value = (80, 100)
        assert len(gallery.chosen) == 2

    def test_a_class_is_found_by_typing(self, pictures):
        gallery = show.gallery(predict("one", 5), LABELS, pictures[0])
        gallery.label.value = "tench"
        assert gallery.chosen.tolist() == [0]
        assert "n01440764" in gallery.message
        gallery.label.value = "no such class"
        assert "no class is named" in gallery.message
        gallery.label.value = ""
        assert len(gallery.chosen) == 30
        assert gallery.message == ""

    def test_facts_become_filters(self, pictures):
        facts = pd.DataFrame(
            {"image": IMAGES[:20], "kind": ["x", "y"] * 10, "size": np.arange(20) / 10, "note": IMAGES[:20]}
        )
        facts = pd.concat([facts, pd.DataFrame({"image": [f"n{i}" for i in range(50)], "size": np.arange(50) * 1.5})])
        gallery = show.gallery(predict("one", 5), LABELS, pictures[0], facts=facts)
        assert set(gallery.facts) == {"kind", "size", "note"}
        gallery.facts["kind"].value = "y"
        assert gallery.chosen.tolist() == list(range(1, 20, 2))
        assert "kind: y" in gallery.view.html

    def test_original_labels_split_what_is_right(self, pictures):
        original = labels.from_mapping("original", {image: [i] for i, image in enumerate(IMAGES)})
        gallery = show.gallery(predict("one", 0), LABELS, pictures[0], original=original)
        assert gallery.answered["status"].value_counts().to_dict() == {
            "original": 20,
            "multi": 10,
            "wrong": 0,
            "unlabelled": 0,
        }

    def test_predictions_without_scores_have_no_order_by_confidence(self, pictures):
        gallery = show.gallery(predict("one", 5, scored=False), LABELS, pictures[0])
        assert gallery.confidence.disabled
        assert len(gallery.order.options) == 1
        assert "%</span>" not in gallery.view.html

    @pytest.mark.parametrize(
        ("change", "seen"),
        [
            (lambda given: given | {"images": ImageSet("other", ("z.png",), bytes)}, "has none of the 30 pictures"),
            (lambda given: given | {"labels": labels.from_mapping("other", {"z.png": [1]})}, "is in label set"),
            (lambda given: given | {"predictions": [given["predictions"]] * 3}, "one checkpoint or two"),
            (lambda given: given | {"facts": pd.DataFrame({"image": ["z.png"], "x": [1]})}, "none of these pictures"),
            (lambda given: given | {"facts": pd.DataFrame({"image": IMAGES[:1] * 2, "x": [1, 2]})}, "several rows"),
        ],
    )
    def test_what_does_not_fit_is_told_inside(self, pictures, change, seen):
        given = {"predictions": predict("one", 5), "labels": LABELS, "images": pictures[0]}
        gallery = show.gallery(**change(given))
        assert seen in gallery.message
        assert len(gallery.children) == 1

    def test_pictures_that_are_missing_are_counted(self, pictures):
        some = ImageSet("some", tuple(IMAGES[:10]), pictures[0].read)
        gallery = show.gallery(predict("one", 5), LABELS, some)
        assert "20 of 30 predictions have no picture" in gallery.message
        assert len(gallery.answered) == 10


class TestRelabel:
    @pytest.fixture
    def path(self, tmp_path):
        return tmp_path / "labels.jsonl"

    def relabel(self, pictures, path, **options):
        return show.relabel(pictures[0], predict("one", 5), LABELS, out=path, **({"annotator": "ada"} | options))

    def lines(self, path) -> list[tuple]:
        return [(one["image"], one["label"], one["verdict"]) for one in map(json.loads, path.read_text().splitlines())]

    def test_keys_judge_row_by_row(self, pictures, path):
        judge = self.relabel(pictures, path)
        for key in "cwu":
            judge._act(f"key:{key}", False)
        assert self.lines(path) == [("00.png", 0, "correct"), ("00.png", 500, "wrong"), ("00.png", 900, "unclear")]
        assert judge.view.html.count('aria-pressed="true"') == 3

    def test_a_click_judges_the_class_that_it_is_on(self, pictures, path):
        judge = self.relabel(pictures, path)
        judge._act("wrong:900", False)
        assert self.lines(path) == [("00.png", 900, "wrong")]

    def test_any_class_is_found_by_typing_and_kept_once_judged(self, pictures, path):
        judge = self.relabel(pictures, path)
        judge.search.value = "tabby"
        assert 'data-action="add:281"' in judge.view.html
        judge._submitted(None, {"event": "submit"}, [])
        assert judge.search.value == ""
        judge._act("key:c", False)
        assert self.lines(path) == [("00.png", 281, "correct")]
        judge._act("key:ArrowRight", False)
        judge._act("key:ArrowLeft", False)
        assert "class 281" in judge.view.html

    def test_undo_takes_back_and_goes_to_the_picture(self, pictures, path):
        judge = self.relabel(pictures, path)
        judge._act("key:c", False)
        judge.go(7)
        judge._act("key:z", False)
        assert judge.image == "00.png"
        assert "taken back" in judge.message
        judge._act("key:z", False)
        assert "nothing to undo" in judge.message

    def test_it_goes_on_at_the_first_picture_with_an_open_class(self, pictures, path):
        judge = self.relabel(pictures, path)
        for number in (0, 1):
            judge.go(number)
            for label in list(judge._rows()):
                judge.decide(label, "wrong")
        again = self.relabel(pictures, path)
        assert again.image == "02.png"
        assert "2 pictures were judged before" in again.message

    def test_the_result_is_a_label_set(self, pictures, path):
        judge = self.relabel(pictures, path)
        judge.decide(900, "correct")
        judge.decide(500, "wrong")
        result = judge.label_set()
        assert result.labels("00.png") == [0, 900]
        assert len(result) == 30

    def test_a_file_of_another_image_set_is_refused_and_left_alone(self, pictures, path):
        log = Decisions(path, "ada")
        log.add("elsewhere.jpg", 1, "correct")
        log.close()
        before = path.read_bytes()
        judge = self.relabel(pictures, path)
        assert "another image set" in judge.message
        assert path.read_bytes() == before
        Decisions(path, "ben")  # and it is not held

    def test_decisions_on_other_pictures_stay_in_the_file(self, pictures, path):
        log = Decisions(path, "ada")
        for image in ("elsewhere.jpg", "00.png"):
            log.add(image, 1, "correct")
        log.close()
        assert "1 pictures that are not here stay" in self.relabel(pictures, path).message

    def test_a_half_written_line_is_reported(self, pictures, path):
        path.write_text('{"image": "00.p')
        assert "cut short" in self.relabel(pictures, path).message
        assert path.with_name("labels.jsonl.rest").read_text() == '{"image": "00.p\n'

    def test_a_full_disk_is_told_and_the_next_key_writes_all(self, pictures, path, monkeypatch):
        judge = self.relabel(pictures, path)
        with monkeypatch.context() as patch:
            patch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
            judge._act("key:c", False)
        assert "1 decisions are not saved yet" in judge.message
        assert "No space left" in judge.message
        judge._act("key:w", False)
        assert judge.message == ""
        assert self.lines(path) == [("00.png", 0, "correct"), ("00.png", 500, "wrong")]

    def test_a_damaged_picture_can_still_be_judged(self, pictures, path):
        judge = self.relabel(pictures, path)
        judge.go(29)
        assert "cannot be shown" in judge.view.html
        judge._act("key:u", False)
        assert self.lines(path)[0][0] == IMAGES[-1]

    def test_predictions_of_other_pictures_are_told_and_no_file_is_made(self, pictures, path):
        other = ImageSet("other", ("z.png",), pictures[0].read)
        judge = show.relabel(other, predict("one", 5), LABELS, out=path)
        assert "none of the 30 pictures" in judge.message
        assert not path.exists()


class TestWhereNobodyLooks:
    def test_a_live_instrument_is_a_widget_with_a_stable_text(self, explorer, monkeypatch):
        monkeypatch.delenv(panel.STATIC, raising=False)
        bundle = explorer._repr_mimebundle_()
        assert "application/vnd.jupyter.widget-view+json" in bundle
        assert bundle["text/plain"] == "<explore: run this cell in JupyterLab to use it>"

    def test_the_picture_has_the_marks(self, explorer):
        plain = explorer.picture()
        explorer.mark("vgg16")
        assert explorer.picture() != plain

    def test_a_report_gets_a_picture(self, explorer, pictures, tmp_path, monkeypatch):
        monkeypatch.setenv(panel.STATIC, "1")
        judge = show.relabel(pictures[0], predict("one", 5), LABELS, out=tmp_path / "x.jsonl")
        for instrument in (explorer, show.gallery(predict("one", 5), LABELS, pictures[0]), judge):
            bundle = instrument._repr_mimebundle_()
            assert set(bundle) == {"text/plain", "image/png"}
            assert bundle["image/png"].startswith("iVBOR")

    def test_no_instrument_holds_an_output_widget(self):
        for path in Path(panel.__file__).parent.glob("*.py"):
            assert "Output(" not in path.read_text()

    def test_the_front_end_reaches_for_nothing_outside(self):
        assert "https://" not in panel._CHART
        assert "https://" not in panel.Panel._esm
        assert "import " not in panel.Panel._esm
