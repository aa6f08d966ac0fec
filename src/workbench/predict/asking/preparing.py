"""What is asked and who: questions drawn for an image set, and a respondent by what a user calls it."""

import hashlib
from collections.abc import Sequence

from workbench.errors import InputError
from workbench.inputs import prompts, questions
from workbench.inputs.images import ImageSet
from workbench.inputs.labels import named
from workbench.inputs.questions import Questions
from workbench.predict.asking.replies import Mode, Respondent

ORIGINAL = {"v1": "v1-original", "v2": "v2-original"}  # where the image set's own label set holds several labels


def draw(
    pictures: ImageSet,
    labels: str | None = None,
    *,
    seed: int = questions.SEED,
    distractors: str = "any",
    names: str = prompts.NAMES,
    limit: int | None = None,
) -> Questions:
    """Questions about the pictures of an image set (or `limit` of them, :func:`sampled`).

    `labels` names the label set whose one label is the right option; by default it is the set's own original one, or
    what the folders say. Valid labels are those of the image set's own label set. Raises as
    :func:`workbench.inputs.questions.draw`.
    """
    known = pictures.name in named.OWN
    own = ORIGINAL.get(pictures.name) if labels is None else labels
    right = named.load(own) if own is not None else named.of(pictures.images, pictures.name)
    if distractors == "invalid" and not known:
        seen = f"no label set says what else is valid in {pictures.name!r}"
        raise InputError(f"{seen}; expected v1 or v2, or --distractors any")
    valid = named.of(pictures.images, pictures.name) if distractors == "invalid" else None
    asked = pictures.images if limit is None else sampled(pictures.images, limit, seed=seed)
    how = {"seed": seed, "distractors": distractors, "valid": valid}
    return questions.draw(pictures.name, right, prompts.choose(names), images=asked, **how)


def sampled(images: Sequence[str], n: int, *, seed: int) -> list[str]:
    """`n` of the images, in their order, by SHA-256 of the seed and the name: a larger `n` holds those of a smaller."""
    order = sorted(images, key=lambda image: hashlib.sha256(f"limit\n{seed}\n{image}".encode()).digest())
    chosen = set(order[:n])
    return [image for image in images if image in chosen]


def respondent(
    model: str,
    *,
    mode: Mode,
    max_tokens: int,
    in_flight: int = 8,
    retries: int | None = None,
    device: str = "auto",
    precision: str = "auto",
) -> Respondent:
    """The model that ``hf:...`` or ``openai:...`` names. Raises as their ``load``, and `InputError` for others."""
    if model.startswith("openai:"):
        from workbench.predict.asking import served

        tries = {} if retries is None else {"retries": retries}
        return served.load(model, mode=mode, max_tokens=max_tokens, in_flight=in_flight, **tries)
    if model.startswith("hf:"):
        from workbench.predict.asking import hf

        return hf.load(model, mode=mode, max_tokens=max_tokens, device=device, precision=precision)
    raise InputError(f"model is {model!r}; expected hf:NAME, hf:FOLDER or openai:MODEL@URL")
