"""What goes to a server that speaks OpenAI's API, and what is read out of its replies, whatever their shape."""

import base64
import io
import math
from typing import Any

from workbench.inputs.questions import LETTERS


def message(question: str, picture: bytes) -> dict:
    """A picture and a question about it as one message of a user."""
    parts = [{"type": "image_url", "image_url": {"url": data_url(picture)}}, {"type": "text", "text": question}]
    return {"role": "user", "content": parts}


def data_url(picture: bytes) -> str:
    """An encoded picture as a data URL: JPEG and PNG as they are, other formats, which servers may refuse, as PNG."""
    kind = "jpeg" if picture.startswith(b"\xff\xd8\xff") else "png"
    if kind == "png" and not picture.startswith(b"\x89PNG\r\n\x1a\n"):
        from PIL import Image

        encoded = io.BytesIO()
        Image.open(io.BytesIO(picture)).convert("RGB").save(encoded, "PNG")
        picture = encoded.getvalue()
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"


def mark_nonsense(response: Any) -> None:
    """Give what is no chat completion (a page, half an object) the code of a bad gateway, which is tried again."""
    if response.is_success:
        response.read()
        try:
            whole = isinstance(at(response.json(), "choices", 0, "message"), dict)
        except ValueError:
            whole = False
        if not whole:
            response.status_code = 502


def at(value: Any, *path: str | int) -> Any:
    """What lies at a path in nested objects and lists, None where something else or nothing does.

    >>> at({"choices": [{"text": "B"}]}, "choices", 0, "text"), at({"usage": 7}, "usage", "completion_tokens")
    ('B', None)
    """
    for step in path:
        try:
            value = value[step]
        except (LookupError, TypeError):
            return None
    return value


def text(body: Any) -> str | None:
    """What a model says in a chat completion: plain text, parts of one, or the words of a refusal."""
    content = at(body, "choices", 0, "message", "content")
    if isinstance(content, list):
        return "".join(str(at(part, "text") or "") for part in content)
    said = at(body, "choices", 0, "message", "refusal") if content is None else content
    return None if said is None else str(said).encode(errors="replace").decode()  # half a character is in no file


def tokens(body: Any) -> int:
    """How many tokens a chat completion has, 0 where the server does not count them."""
    count = at(body, "usage", "completion_tokens")
    return count if isinstance(count, int) else 0


def truncated(body: Any) -> bool:
    """Whether a chat completion reached the most tokens before its end."""
    return at(body, "choices", 0, "finish_reason") == "length"


def letter_scores(body: Any) -> tuple[float, ...]:
    """Probabilities of A to J among themselves as the first token; all 0 where it can be none of them.

    A server gives the likeliest tokens only: a letter that is not among them has 0.
    """
    scores = [0.0] * len(LETTERS)
    for one in at(body, "choices", 0, "logprobs", "content", 0, "top_logprobs") or []:
        letter, logprob = str(at(one, "token")).strip(), at(one, "logprob")
        if letter in list(LETTERS) and isinstance(logprob, int | float):
            scores[LETTERS.index(letter)] += math.exp(logprob)  # "B" and " B" are two tokens of one answer
    total = sum(scores)
    return tuple(score / total if total else 0.0 for score in scores)
