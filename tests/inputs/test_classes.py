import sys

import pytest

from workbench.errors import MissingSourceError
from workbench.inputs import classes


@pytest.mark.parametrize("column", [classes.wnids, classes.names, classes.glosses])
def test_there_are_1000_of_each(column):
    assert len(column()) == 1000
    assert all(column())


@pytest.mark.parametrize("column", [classes.wnids, classes.names])
def test_no_two_classes_share_an_id_or_a_name(column):
    assert len(set(column())) == 1000


def test_wnids_are_in_class_order_and_index_inverts_them():
    assert list(classes.wnids()) == sorted(classes.wnids())
    assert [classes.index()[wnid] for wnid in classes.wnids()] == list(range(1000))


@pytest.mark.parametrize(
    ("index", "wnid", "name"),
    [(0, "n01440764", "tench"), (281, "n02123045", "tabby"), (999, "n15075141", "toilet tissue")],
)
def test_well_known_classes(index, wnid, name):
    assert (classes.wnids()[index], classes.names()[index]) == (wnid, name)


def test_the_bird_and_the_machine_named_crane_are_told_apart():
    assert [i for i, name in enumerate(classes.names()) if name.startswith("crane")] == [134, 517]
    assert "bird" in classes.glosses()[134]


def test_class_data_are_read_without_importing_timm(monkeypatch):
    monkeypatch.delitem(sys.modules, "timm", raising=False)
    assert classes.timm_info("imagenet_synsets.txt").is_file()
    assert "timm" not in sys.modules


def test_a_data_file_that_timm_lacks_is_named():
    with pytest.raises(MissingSourceError, match=r"nothing\.txt"):
        classes.timm_info("nothing.txt")


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("tabby", 281),
        ("TIGER CAT", 282),
        ("n02123045", 281),
        ("281", 281),
        ("crane (517)", 517),
        ("stripy kitty", None),
    ],
)
def test_a_class_is_found_by_name_id_or_index(text, first):
    assert next(iter(classes.find(text)), None) == first


def test_every_class_is_found_by_its_name_and_by_its_wordnet_id():
    for label in range(0, 1000, 37):
        assert classes.find(classes.names()[label])[0] == label
        assert classes.find(classes.wnids()[label]) == [label]


def test_classes_are_found_by_what_wordnet_says_of_them():
    assert 9 in classes.find("flightless")
    assert classes.find("  ") == []
    assert len(classes.find("dog", most=5)) == 5


def test_a_description_has_all_names_the_id_and_the_definition():
    text = classes.describe(134)
    assert "n02012849" in text
    assert "bird" in text


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("0", 0),
        ("999", 999),
        ("1000", None),
        ("-1", None),
        ("7.0", None),
        ("٣", None),
        ("", None),
        ("n15075141", 999),
        ("9" * 5000, None),
    ],
)
def test_a_class_is_named_by_its_index_or_its_wordnet_id(name, label):
    assert classes.parse(name) == label


def test_better_fits_come_first():
    # By a whole name, a word of a name, the beginning of a name, of a word, a part of a name, the definition.
    assert classes.names()[classes.find("tiger")[0]] == "tiger"
    assert [classes.find(text)[:1] for text in ("cat", "tabb", "egyptian")] == [[281], [281], [285]]
    found = classes.find("hen", most=1000)
    assert classes.names()[found[0]] == "hen"
    assert [label for label in found if "hen" in classes.names()[label].split()] == found[:1]
    assert classes.find("xy") == [label for label in classes.find("xy") if "xy" in str(classes.lemmas()[label]).lower()]


def test_at_most_eight_are_found_unless_more_are_asked_for():
    assert len(classes.find("dog")) == 8
    assert classes.find("dog", most=20)[:8] == classes.find("dog")


def test_every_name_of_a_class_is_called_by_it():
    for label, (name, lemmas) in enumerate(zip(classes.names(), classes.lemmas(), strict=True)):
        assert classes.called(name.replace(" ", "_")) == (label,)
        assert all(label in classes.called(lemma.upper()) for lemma in (*lemmas, ", ".join(lemmas)))


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("crane", (134, 517)),
        ("Crane ", (134, 517)),
        ("Cardigan", (264,)),
        (" cardigan", (474,)),
        ("maillot", (638, 639)),
        ("tench", (0,)),
        ("tenc", ()),
        ("", ()),
    ],
)
def test_a_name_may_be_that_of_two_classes_or_of_none(name, labels):
    assert classes.called(name) == labels
