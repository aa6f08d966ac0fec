"""What was answered, from what was said."""

from collections.abc import Sequence

NO_LETTER = ("ambiguous", "unparsed")
OUTCOMES = ("letter", "marked", "bracketed", "text", "likelihood", *NO_LETTER)


def parse(text: str, options: Sequence[str]) -> tuple[int, str]:
    """The position of the option that a text answers, -1 where there is none, and how it was found."""
    letter = text.strip().rstrip(".")
    place = "ABCDEFGHIJ".find(letter) if len(letter) == 1 else -1
    return (place, "letter") if place >= 0 else (-1, "unparsed")


def likeliest(scores: Sequence[float]) -> tuple[int, str]:
    """The position of the highest of ten scores; -1 where several share it, or none is above zero."""
    best = max(scores)
    if best <= 0:
        return -1, "unparsed"
    found = [place for place, score in enumerate(scores) if score == best]
    return (found[0], "likelihood") if len(found) == 1 else (-1, "ambiguous")
