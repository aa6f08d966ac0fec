"""What experts accept, from a small file in the form of the public one."""

import json

import pytest

from workbench.errors import DamagedFileError, InputError
from workbench.inputs import classes, labels, sources
from workbench.inputs.labels import multilabel, named

V1 = "ILSVRC2012_val_{:08d}"
W = classes.wnids()
CONTENTS = {
    "initial_annots": {
        f"{V1.format(1)}.JPEG": {"correct": [W[3]], "wrong": [W[4]], "unclear": [W[5]]},
        f"{V1.format(2)}.JPEG": {"correct": [W[6], W[7]]},
        f"{V1.format(3)}.JPEG": {"wrong": [W[8]]},
        f"{V1.format(4)}.JPEG": {"unclear": [W[9]]},
        "0ccba4f5e3ea53b7ba2b1d4fb4a1de1e3b2c9a10.jpeg": {"correct": [W[1]]},
    },
    "problematic_images": {f"{V1.format(2)}.JPEG": "blurred"},
    "imagenet_m": [f"{V1.format(4)}.JPEG", f"{V1.format(2)}.JPEG"],
}


@pytest.fixture
def contents(tmp_path, monkeypatch):
    def write(contents):
        path = tmp_path / "human_accuracy_v3.0.0.json"
        path.write_text(contents if isinstance(contents, str) else json.dumps(contents))
        monkeypatch.setattr(sources, "locate", lambda name: {name: path})
        return path

    return write


def test_correct_and_unclear_classes_of_v1_count_but_for_problematic_pictures(contents):
    contents(CONTENTS)
    assert multilabel.accepted() == {V1.format(1): [3, 5], V1.format(3): [], V1.format(4): [9]}


def test_the_same_file_labels_pictures_of_v2(contents):
    dropped = "1" * 40
    annotated = CONTENTS["initial_annots"] | {f"{dropped}.jpeg": {"correct": [W[2]]}}
    contents(CONTENTS | {"initial_annots": annotated, "problematic_images": {f"{dropped}.jpeg": "two in one"}})
    assert multilabel.accepted("v2") == {"0ccba4f5e3ea53b7ba2b1d4fb4a1de1e3b2c9a10": [1]}
    named._named.cache_clear()
    assert labels.load("v2-multilabel").name == "v2-multilabel"
    assert labels.load("v2-multilabel").mapping() == multilabel.accepted("v2")
    assert set(labels.load("v1-multilabel").images) == {V1.format(n) for n in (1, 2, 3, 4)}
    named._named.cache_clear()


def test_imagenet_m_keeps_problematic_pictures(contents):
    contents(CONTENTS)
    assert multilabel.major() == {V1.format(4): [9], V1.format(2): [6, 7]}


@pytest.mark.parametrize("part", CONTENTS)
def test_a_file_without_one_of_its_parts_is_refused(contents, part):
    path = contents({key: value for key, value in CONTENTS.items() if key != part})
    with pytest.raises(DamagedFileError, match=f"lacks {part}; expected human_accuracy"):
        multilabel.read(path)


@pytest.mark.parametrize("text", ["[]", "3", '{"initial_annots": {'])
def test_another_file_is_refused(contents, text):
    with pytest.raises(DamagedFileError, match="another format"):
        multilabel.read(contents(text))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="there is no file"):
        multilabel.read(tmp_path / "absent.json")
