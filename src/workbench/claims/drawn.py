"""Questions about made-up pictures, drawn here: what a draw from a seed and a picture's id alone depends on."""

from collections.abc import Sequence

from workbench.inputs.classes import N_CLASSES
from workbench.inputs.labels import from_mapping
from workbench.inputs.prompts import Prompts
from workbench.inputs.questions import LETTERS, SEED, Questions, draw

IMAGES = tuple(f"made-up-{number}" for number in range(300))
LABELS = {image: [7 * row % N_CLASSES] for row, image in enumerate(IMAGES)}
PROMPTS = Prompts(tuple(f"class {label}" for label in range(N_CLASSES)), ())


def questions(images: Sequence[str] = IMAGES, *, seed: int = SEED) -> Questions:
    """One question about each of the pictures."""
    return draw("made up", from_mapping("made up", {image: LABELS[image] for image in images}), PROMPTS, seed=seed)


def whole(asked: Questions) -> int:
    """How many of them show ten different classes, the true one where the answer says."""
    rows = zip(asked.images, asked.options.tolist(), asked.answers.tolist(), strict=True)
    return sum(len(set(row)) == len(LETTERS) and [row[place]] == LABELS[image] for image, row, place in rows)


def again() -> tuple[Questions, Questions, Questions]:
    """The questions in another order, a third of them, and all with another seed."""
    return questions(IMAGES[::-1]), questions(IMAGES[1::3]), questions(seed=SEED + 1)


def same(first: Questions, second: Questions) -> str:
    """How many questions of the second are the first's, options in the same order, in words."""
    options = dict(zip(first.images, first.options.tolist(), strict=True))
    equal = [row == options[image] for image, row in zip(second.images, second.options.tolist(), strict=True)]
    return f"{sum(equal)} of {len(equal)}"
