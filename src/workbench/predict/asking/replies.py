"""What is asked for an answer, and what it gives back."""

from dataclasses import dataclass
from typing import Literal, Protocol

Mode = Literal["generate", "likelihood"]


@dataclass(frozen=True)
class Reply:
    """What a model said to one question: its raw `text` (None in likelihood mode), how many `tokens` it made of it.

    `scores` are, in likelihood mode, the probabilities of the ten letters among themselves (they add up to 1, or are
    all 0 where the model gave none of them any). `truncated`: the text reached the most tokens before its end.
    """

    text: str | None
    tokens: int = 0
    scores: tuple[float, ...] | None = None
    truncated: bool = False


class Respondent(Protocol):
    """A model that can be asked.

    `reply` blocks, and is called from `in_flight` threads at once where that is more than 1. It raises `NoReplyError`
    where this question got none however often it was tried, and any other `WorkbenchError` where no question will.
    """

    @property
    def name(self) -> str:
        """What its answers are filed under, ``hf:Qwen/Qwen3-VL-2B-Instruct``."""
        ...

    @property
    def mode(self) -> str:
        """Whether it writes an answer, or scores the ten letters."""
        ...

    @property
    def in_flight(self) -> int:
        """How many questions it may be asked at once."""
        ...

    @property
    def provenance(self) -> dict:
        """What its replies depend on, as JSON holds it, no secret among it; ``versions`` may change during a run."""
        ...

    def reply(self, question: str, picture: bytes) -> Reply:
        """The reply to a question about a picture, given as the encoded bytes of a file that can be decoded."""
        ...
