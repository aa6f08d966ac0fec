"""The crowd's judgement of suspected label errors in V1 (Northcutt et al. 2021).

For each of 5,440 pictures whose label a model doubted, five workers were shown the given and the guessed label and said
which of them the picture shows: the given one, the guessed one, both or neither. A label holds where at least three of
the five saw it, alone or with the other. Wherever three workers agree on one of the four answers this is that answer,
as the authors count it: 2,524 given, 1,428 guessed, 597 both, 293 neither. The other 598 pictures, which the authors
leave open, get the labels that hold one by one. A picture may keep none.
"""

from workbench.errors import DamagedFileError
from workbench.files import read_json
from workbench.inputs import sources
from workbench.inputs.images import canonical_id
from workbench.inputs.labels import reading

MAJORITY = 3  # of five workers


def labels() -> dict[str, list[int]]:
    """The labels of each V1 image by the crowd; pictures that it did not judge keep their original label.

    Raises `MissingSourceError` where a public file is not at hand, `DamagedFileError` where an entry is another.
    """
    (path,), (listed,) = (sources.locate(name).values() for name in ("v1-mturk", "v1-images"))
    try:
        judged = {canonical_id(entry["url"]): _labels(entry) for entry in read_json(path)}
    except (KeyError, TypeError) as error:
        raise DamagedFileError(f"{path} has an entry without {error}; expected imagenet_mturk.json") from error
    return reading.dataset(listed) | judged


def _labels(entry: dict) -> list[int]:
    votes, asked = entry["mturk"], {"given": entry["given_original_label"], "guessed": entry["our_guessed_label"]}
    return [label for answer, label in asked.items() if votes[answer] + votes["both"] >= MAJORITY]
