"""What was answered, from what was said: an option's position and how it was found. Nothing is ever guessed.

Other harnesses take the first capital letter ("The correct answer is (B)" is T), an article for option A, the last of
several letters, or a random one. Here forms of an answer are tried from the most to the least explicit, and the first
that occurs decides: one option, or ``ambiguous`` where it names two. What fits none is ``unparsed``.
"""

import re
import unicodedata
from collections.abc import Sequence

from workbench.predict.asking import forms

LETTERS = "ABCDEFGHIJ"
VERSION = 2  # of what a text answers; letters that another version found are read again from their texts
NO_LETTER = ("ambiguous", "unparsed")
OUTCOMES = ("letter", "marked", "bracketed", "text", "likelihood", *NO_LETTER)


def parse(text: str, options: Sequence[str], *, truncated: bool = False) -> tuple[int, str]:
    """The position of the one of ten `options` that a text answers, -1 where there is none, and how it was found.

    Of a text that is `truncated`, cut off before its end, only an answer that nothing after the cut can change counts.

    >>> options = ["tench", "sea lion", "lion", "crane", "crane bird", "cup", "ox", "hen", "drake", "jay"]
    >>> [parse(said, options) for said in ("C.", "The correct answer is (B)", "A picture of a lion", "B or C")]
    [(2, 'letter'), (1, 'marked'), (2, 'text'), (-1, 'ambiguous')]
    """
    said = unicodedata.normalize("NFKC", forms.THOUGHT.sub(" ", text))
    if forms.THINKING.search(said):
        return -1, "unparsed"  # its thoughts were cut short
    return _parse(forms.LATEX.sub(r"\1", forms.THOUGHT_BEFORE.sub("", said)), options, truncated=truncated)


def likeliest(scores: Sequence[float]) -> tuple[int, str]:
    """The position of the highest of ten scores; -1 where several share it, or none is above zero."""
    best = max(scores)
    if best <= 0:
        return -1, "unparsed"
    found = [place for place, score in enumerate(scores) if score == best]
    return (found[0], "likelihood") if len(found) == 1 else (-1, "ambiguous")


def _parse(said: str, options: Sequence[str], *, truncated: bool = False) -> tuple[int, str]:
    inner = [_parse(span, options) for span in _enclosed(said, truncated=truncated)]
    if found := {place if outcome != "ambiguous" else -2 for place, outcome in inner if outcome != "unparsed"}:
        return _one(found, "text" if all(outcome == "text" for _, outcome in inner) else "marked")
    said = forms.SPECIAL.sub(" ", said).strip().replace("**", "").replace("__", "")
    if (whole := re.fullmatch(r"\W*([A-Ja-j])\W*", said)) and not truncated:
        return _place(whole[1]), "bracketed" if re.search(r"[(\[]\W*\w\W*[)\]]", said) else "letter"
    plain, contradicted = _without_names(said, options)
    affirmed = _affirmed(plain)
    place, outcome = _lettered(affirmed)
    if truncated and not _stands(place, said, affirmed, options):
        return -1, "unparsed"
    if outcome == "unparsed":
        place, outcome = _named(plain, options)
        begun = _letters(forms.BEGUN, affirmed)
        return (-1, "ambiguous") if place >= 0 and begun - {place} else (place, outcome)
    if place in contradicted:
        return -1, "ambiguous"
    return (-1, "unparsed") if _doubtful(place, affirmed) else (place, outcome)


def _enclosed(said: str, *, truncated: bool) -> list[str]:
    """What stands in a box, a tag or after "final answer", unless that is denied, or cut off."""
    found = []
    for match in (match for form in forms.FINAL for match in form.finditer(said)):
        whole = match.end() < len(said) or match[0].endswith((">", "}", '"'))
        denied = forms.NO.search(forms.CLAUSE.split(said[max(0, match.start() - 200) : match.start()])[-1])
        if (whole or not truncated) and not denied:
            found.append(match[1])
    return found


def _affirmed(said: str) -> str:
    """The text with a ~ for every letter that is denied, asked about, or the answer to something else."""
    said = forms.NOT_LETTER.sub(" ~ ", forms.ALL_BUT.sub("not", said))
    said = forms.LETTER_NOT.sub("~ not", said)

    def plain(match: re.Match) -> str:
        before, after = said[max(0, match.start() - 200) : match.start()], said[match.end() : match.end() + 200]
        sentence, asked = forms.SENTENCE.split(before)[-1], re.match(r"[^.!?\n]*\?", after)
        denied = forms.NO.search(forms.CLAUSE.split(before)[-1]) or forms.HYPOTHETIC.search(sentence)
        return "~" if denied or asked else match[0]

    return forms.ANY.sub(plain, said)


def _doubtful(place: int, said: str) -> bool:
    """Whether a denial stands within three words of the letter, though not in a form that says what is denied."""
    for match in re.finditer(rf"(?<![\w'’]){LETTERS[place]}(?![\w'’])", said):
        before = forms.SENTENCE.split(said[max(0, match.start() - 60) : match.start()])[-1]
        before = re.split(r"~|\bbut\b", before)[-1].split()[-3:]
        after = (
            said[match.end() : match.end() + 60].lstrip(" .:)]*") if _begins_line(match) else said[match.end() :][:60]
        )
        after = forms.SENTENCE.split(after)[0].split("~")[0].split()[:3]
        if forms.NO.search(" ".join(before)) or forms.NO.search(" ".join(after)):
            return True
    return False


def _begins_line(match: re.Match) -> bool:
    return not re.search(r"\w", match.string[max(0, match.start() - 60) : match.start()].split("\n")[-1])


def _stands(place: int, said: str, affirmed: str, options: Sequence[str]) -> bool:
    """Whether a text that was cut off answers an option whatever its rest may be: explicitly, or before all else."""
    explicit, first = _letters(forms.CUT[1:], affirmed), _letters(forms.CUT[:1], affirmed)
    if explicit:
        return explicit == {place}
    others = [name for at, name in enumerate(options) if at != place and name not in options[max(place, 0)]]
    named = any(re.search(_pattern(name), said, re.I) for name in others)
    mentioned = {_place(letter) for letter in forms.MENTION.findall(affirmed)} - {place}
    return first == {place} and not (mentioned or named or "~" in affirmed or forms.NO.search(affirmed))


def _lettered(said: str) -> tuple[int, str]:
    """The option whose letter is given, by the most explicit form that occurs."""
    strong, alone = _letters(forms.STRONG, said, around=True), _letters(forms.ALONE, said)
    listed = len(_letters([forms.ITEM], said)) > 2  # the options were repeated
    standing, begun = (alone, set()) if listed else (alone | _letters(forms.FIRST, said), _letters(forms.BEGUN, said))
    told = standing if len(standing) < 3 else set()
    if listed and not strong and (last := forms.LAST.search(said)):
        return _place(last[1]), "letter"
    if strong | told:
        first = re.match(r"\W*[(\[]", said)
        return _one(strong | told | begun, ("bracketed" if first else "letter") if told else "marked")
    weak = [(outcome, _letters([form], said, around=True)) for outcome, form in forms.WEAK]
    if found := set().union(*(places for _, places in weak)):
        return _one(found | begun, next(outcome for outcome, places in weak if places))
    return _one(standing, "letter")


def _letters(patterns: Sequence[re.Pattern], said: str, *, around: bool = False) -> set[int]:
    """The options whose letters the forms hold; `around`, also others in the same sentence."""
    found = set()
    for match in (match for form in patterns for match in form.finditer(said)):
        texts = [group for group in match.groups() if group]
        found |= {_place(one) for text in texts for one in re.findall(r"(?<![A-Za-z])[A-Ja-j](?![A-Za-z])", text)}
        if around:
            before = forms.SENTENCE.split(said[max(0, match.start() - 200) : match.start()])[-1]
            after = forms.SENTENCE.split(said[match.end() : match.end() + 200])[0]
            found |= {_place(one) for part in (before, after) for one in forms.MENTION.findall(part)}
    return found


def _one(found: set[int], outcome: str) -> tuple[int, str]:
    if not found:
        return -1, "unparsed"
    return (min(found), outcome) if len(found) == 1 and min(found) >= 0 else (-1, "ambiguous")


def _place(letter: str) -> int:
    return LETTERS.index(letter.upper())


def _without_names(said: str, options: Sequence[str]) -> tuple[str, set[int]]:
    """The text with "B. tench" made "B." where B is the tench; and the letters that stand before another's name."""
    contradicted: set[int] = set()
    for name in sorted(set(options), key=len, reverse=True):

        def plain(match: re.Match, name: str = name) -> str:
            letter, between = match.group("letter", "between")
            right = options[_place(letter)] == name
            ends = right and not re.match(r"\s*\w", match.string[match.end() :])
            if not between.strip() and (letter.islower() or (letter in "AI" and not ends)):
                return match[0]  # an article
            if right:
                return letter.upper() + (")" if ")" in between else ".")
            contradicted.add(_place(letter))
            return match[0]

        said = re.sub(forms.LABEL + _pattern(name), plain, said, flags=re.I)
    return said, contradicted


def _named(said: str, options: Sequence[str]) -> tuple[int, str]:
    """The one option whose name is what was answered; a longer name is not also the shorter one in it."""
    found, alone = set(), False
    for name in sorted(set(options), key=len, reverse=True):
        for match in re.finditer(_pattern(name), said, re.I):
            before, after = said[: match.start()], said[match.end() :]
            if not (forms.NOT_NAME.search(before) or forms.NAME_NOT.search(after)):
                found |= {place for place, option in enumerate(options) if option == name}
                alone |= bool(forms.BEFORE.search(before) and forms.AFTER.match(after)) and not forms.HEDGED.search(
                    before
                )
        said = re.sub(_pattern(name), lambda match: "~" * len(match[0]), said, flags=re.I)
    if len(found) == 1 and (not alone or forms.REFUSED.search(said)):
        return -1, "unparsed"
    return _one(found, "text")


def _pattern(name: str) -> str:
    words = r"[\s_-]+".join(map(re.escape, re.split(r"[\s_-]+", name)))
    return rf"(?<![\w'’-]){words}(?![\w'’-])"
