"""The crowd's labels, against the counts that Northcutt et al. (2021) print, and from a small file."""

import json
from collections import Counter

import pytest

from workbench.errors import DamagedFileError
from workbench.inputs import labels, sources
from workbench.inputs.labels import crowd

V1 = "ILSVRC2012_val_{:08d}"


def entry(number, **votes):
    url = f"https://labelerrors.com//static/imagenet/val/n01440764/{V1.format(number)}.JPEG"
    mturk = dict.fromkeys(("given", "guessed", "both", "neither"), 0) | votes
    return {"url": url, "given_original_label": 0, "our_guessed_label": 5, "mturk": mturk}


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Put the crowd's file and a list of four pictures in place of the public ones."""

    def write(judged):
        listed = {"image_filenames": [[f"{V1.format(number)}.JPEG", "n01440764"] for number in range(1, 5)]}
        for name, contents in (("v1-mturk", judged), ("v1-images", listed)):
            (tmp_path / f"{name}.json").write_text(json.dumps(contents))
        monkeypatch.setattr(sources, "locate", lambda name: {name: tmp_path / f"{name}.json"})

    return write


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        ({"given": 3, "guessed": 2}, [0]),
        ({"guessed": 3, "neither": 2}, [5]),
        ({"both": 3, "neither": 2}, [0, 5]),
        ({"neither": 3, "given": 2}, []),
        ({"given": 2, "guessed": 2, "both": 1}, [0, 5]),  # nobody's majority, but three saw each
        ({"given": 2, "guessed": 1, "both": 1, "neither": 1}, [0]),
        ({"given": 2, "guessed": 2, "neither": 1}, []),
    ],
)
def test_a_label_holds_where_three_of_five_saw_it_alone_or_with_the_other(files, votes, expected):
    files([entry(2, **votes)])
    assert crowd.labels() == {V1.format(number): expected if number == 2 else [0] for number in range(1, 5)}


def test_where_three_agree_the_labels_are_the_authors_reading(public_files):
    # Northcutt et al. (2021), Table 2: 2,524 no errors, 1,428 correctable, 597 multi-label, 293 neither, 598 open.
    (path,) = sources.locate("v1-mturk").values()
    found, agreed, expected = labels.load("v1-mturk"), Counter(), {"given": [0], "guessed": [1], "both": [0, 1]}
    for one in json.loads(path.read_text()):
        answer = next((answer for answer, votes in one["mturk"].items() if votes >= 3), None)
        agreed[answer] += 1
        asked = [one["given_original_label"], one["our_guessed_label"]]
        if answer:
            kept = found.labels(one["url"].rsplit("/", 1)[1].removesuffix(".JPEG"))
            assert kept == sorted(asked[i] for i in expected.get(answer, []))
    assert agreed == {"given": 2524, "guessed": 1428, "both": 597, "neither": 293, None: 598}


def test_pictures_that_nobody_judged_keep_their_original_label(public_files):
    found, original = labels.load("v1-mturk"), labels.load("v1-original")
    assert found.images.equals(original.images)
    changed = (found.table != original.table).any(axis=1)
    assert 0 < changed.sum() < 5440
    assert [int((found.counts == n).sum()) for n in (0, 1, 2)] == [464, 48_707, 829]


def test_a_file_of_another_form_is_refused(files):
    files([{"url": "x"}])
    with pytest.raises(DamagedFileError, match=r"expected imagenet_mturk\.json"):
        crowd.labels()
