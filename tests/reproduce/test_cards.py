"""A card for each checkpoint, and the index of all: one that fails is marked and stops no other."""

import nbformat
import pandas as pd
import pytest

from workbench.reproduce import cards, notebooks

PARAMETERS = """checkpoint: str = "a"  # which
predictions: str = ""  # where
protocol: str = ""  # how
pictures: str = ""  # what
outputs: str = ""  # folder"""
CODE = """import pandas as pd, pathlib
assert checkpoint != "bad", "no"
row = dict(image_set="v1", metric="top1", value=len(checkpoint), ci_low=1, ci_high=99, place=3, best=2, worst=4, of=68)
pathlib.Path(outputs, "tables").mkdir(exist_ok=True)
pd.DataFrame([row]).to_csv(pathlib.Path(outputs, "tables", "table-15-places.csv"), index=False)
print(predictions, protocol)"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    place = tmp_path_factory.mktemp("cards")
    cells = [nbformat.v4.new_markdown_cell("# Where?"), nbformat.v4.new_code_cell(PARAMETERS)]
    cells[1].metadata["tags"] = ["parameters"]
    notebook = nbformat.v4.new_notebook(cells=[*cells, nbformat.v4.new_code_cell(CODE)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, place / f"{cards.NOTEBOOK}.ipynb")
    told = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(notebooks, "folder", lambda: place)
        patch.setenv("WORKBENCH_STATIC", "")
        names = ["bad", "<i>/x", "longer name"]
        found = cards.write(names, place / "predictions", place / "out", protocol="crop", on_event=told.append)
    return place / "out", found, told


def test_each_checkpoint_has_a_page_and_the_best_is_first(made):
    out, found, told = made
    assert [card.checkpoint for card in found] == ["longer name", "<i>/x", "bad"]
    assert [card.page.is_file() for card in found] == [True] * 3
    assert len({card.page for card in found}) == 3
    assert f"{out.parent / 'predictions'} crop" in found[0].page.read_text()
    assert (told[-1].done, told[-1].kind) == (3, "end")


def test_no_card_is_written_over_another_or_elsewhere():
    names = ["a b", "a_b", "A:B", "a_b-2", "..", ".", "", "x" * 300, "x" * 299]
    folders = cards._folders(names)
    assert list(folders) == names
    assert len({folder.lower() for folder in folders.values()}) == len(names)
    assert {"", ".", ".."}.isdisjoint(folders.values())
    assert max(map(len, folders.values())) < 100


def test_the_index_leads_to_each_and_names_what_failed(made):
    out, found, _ = made
    page = (out / "index.html").read_text()
    assert page.count("11.00 [1.00, 99.00]<br>") == 1
    assert "3 [2, 4] of 68" in page
    assert "<i>" not in page
    assert "&lt;i&gt;/x" in page
    assert "failed: cell 3: AssertionError: no" in page
    for card in found:
        assert f'href="{card.page.relative_to(out).as_posix()}"' in page


def test_the_same_for_programs(made):
    out, _, _ = made
    frame = pd.read_csv(out / "cards.csv")
    assert frame[["checkpoint", "protocol", "value"]].to_numpy().tolist() == [
        ["longer name", "crop", 11],
        ["<i>/x", "crop", 5],
    ]
