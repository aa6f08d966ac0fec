"""The hub that weights come from: whether it answers, so that nobody waits for one that does not."""

from collections.abc import Iterator
from contextlib import contextmanager

ANSWERS_S = 3  # for a first answer; a hub that takes longer counts as out of reach


@contextmanager
def asked_once() -> Iterator[bool]:
    """Whether the hub answers; where it does not, the block takes from its cache or fails at once.

    Its client asks again five times, for most of a minute, before it says that there is no network.
    """
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE
    is_there = not before and _answers()
    constants.HF_HUB_OFFLINE = not is_there
    try:
        yield is_there
    finally:
        constants.HF_HUB_OFFLINE = before


def _answers() -> bool:
    from huggingface_hub import constants, get_session

    try:
        get_session().head(constants.ENDPOINT, timeout=ANSWERS_S)
    except Exception:  # each transport has its own errors for no network
        return False
    return True
