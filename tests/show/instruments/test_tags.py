"""Tags: what is written, what stays, what is refused."""

import pytest

from workbench.errors import DamagedFileError, InputError
from workbench.show.instruments.tags import Tags

HOSTILE = ["a,b.png", 'quo"te.png', "line\nbreak.png", "=1+1.png", "ä.png"]


def test_tags_come_back_from_the_file(tmp_path):
    tags = Tags(tmp_path / "sub" / "tags.csv")
    assert tags.names() == []
    assert not tags.path.exists()
    assert tags.put(HOSTILE, "  two   words ") == 5
    assert tags.put(HOSTILE[:2], "again") == 2
    assert tags.put(HOSTILE[:2], "again") == 0
    again = Tags(tags.path)
    assert [again.of(image) for image in HOSTILE] == [["again", "two words"]] * 2 + [["two words"]] * 3
    assert again.names() == ["again", "two words"]
    assert again.take(HOSTILE, "again") == 2
    assert Tags(tags.path).names() == ["two words"]


def test_what_others_tagged_in_the_meantime_stays(tmp_path):
    one, other = Tags(tmp_path / "tags.csv"), Tags(tmp_path / "tags.csv")
    one.put(["a"], "x")
    other.put(["a"], "y")
    assert Tags(tmp_path / "tags.csv").of("a") == ["x", "y"]


@pytest.mark.parametrize(
    "damage", ["", "image;tag\na;b\n", "image,tag\na\n", 'image,tag\n"a,b\n', "image,tag\na,b,c\n"]
)
def test_another_file_is_refused_and_stays(tmp_path, damage):
    path = tmp_path / "tags.csv"
    path.write_text(damage)
    with pytest.raises(DamagedFileError, match="expected the columns image,tag"):
        Tags(path)
    assert path.read_text() == damage


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "tags.csv"
    path.write_bytes(b"image,tag\n\xff\xfe,x\n")
    with pytest.raises(DamagedFileError, match="holds no tags"):
        Tags(path)


def test_an_empty_tag_is_refused(tmp_path):
    with pytest.raises(InputError, match="the tag is empty"):
        Tags(tmp_path / "tags.csv").put(["a"], " \n ")
