"""What was answered, from what was said: an option's position and how it was found. Nothing is ever guessed.

Other harnesses take the first capital letter ("The correct answer is (B)" is T), an article for option A, the last of
several letters, or a random one. Here forms of an answer are tried from the most to the least explicit, and the first
that occurs decides: one option, or ``ambiguous`` where it names two. What fits none is ``unparsed``.
"""

import re
import unicodedata
from collections.abc import Sequence

LETTERS = "ABCDEFGHIJ"
NO_LETTER = ("ambiguous", "unparsed")
OUTCOMES = ("letter", "marked", "bracketed", "text", "likelihood", *NO_LETTER)

# --- what surrounds an answer and is none ---------------------------------------------------------------------
_THOUGHTS = r"(think(?:ing)?|thought|reasoning)"
_THOUGHT = re.compile(rf"[<◁]{_THOUGHTS}[>▷].*?[<◁]/\1[>▷]", re.I | re.S)
_THINKING = re.compile(rf"[<◁]{_THOUGHTS}[>▷]", re.I)
_THOUGHT_BEFORE = re.compile(rf"\A.*[<◁]/{_THOUGHTS}[>▷]", re.I | re.S)  # begun by the chat template
_SPECIAL = re.compile(r"<\|[^|<>]*\|>|</?s>|<end_of_\w+>|<eos>|<pad>")
_LATEX = re.compile(r"\\(?:text(?:bf|it|rm|tt)?|math(?:bf|rm|it|sf)?)\s*\{([^{}]*)\}")
_BOLD = re.compile(r"(\*\*|__)\s*\(?([A-J])\)?\s*[.:)]?\s*\1")

# --- letters: several in a row are one answer, "B or C"; what follows must not make an article or a pronoun of them --
_L = r"(?<![A-Za-z0-9'’])[A-J](?![A-Za-z0-9'’])"
_ALL = (
    rf"{_L}(?:\s*+(?:,\s*+(?:(?:or|and)\b)?+|/|&|\||\b(?:or|and|und|oder|ou|et|y|o)\b)\s*+(?:option\s++)?{_L}){{0,9}}"
)
_OPEN, _CLOSE = r"[\s\"'“‘(\[{<*_`$]*+", r"[\s\"'”’)\]}>*_`$]*"
_CLAUSE_ENDS = (
    rf"(?={_CLOSE}(?:$|[.,;:!?(\n–—-]|[^\x00-\x7f]|"
    r"(?:because|since|as|for|which|that|with|due|based|and|but|or|is)\b))"
)
_ENDS_SMALL = rf"(?={_CLOSE}[.!]?{_CLOSE}$)"  # "the answer is b.", but not "the answer is a dog"

# --- the forms of an answer --------------------------------------------------------------------------------------
_FINAL = [  # what these enclose is parsed by itself
    re.compile(r"<\|begin_of_box\|>(.*?)<\|end_of_box\|>", re.S),
    re.compile(r"<answer>(.*?)(?:</answer>|$)", re.I | re.S),
    re.compile(r"\\boxed\s*\{([^{}]*)\}"),
    re.compile(r"\bfinal answer(?:\s+is\b)?[\s:*#_]*(\S[^\n]*)", re.I),
]
_NOUN = (
    r"(?:\b(?:answer|choice|solution|selection|(?:correct|right|best) (?:option|letter)|antwort|lösung|réponse|"
    r"respuesta|resposta|risposta|odpowiedź|yanıt|cevap)|\bответ|答案|答え|正解|选项|选择|正确选项|选|選|정답)"
)
_BETWEEN = (
    r"(?:[\s\"'“”’*_:=→>-]++|\b(?:is|was|be|would|should|must|to|most|likely|probably|clearly|definitely|therefore|thus|"
    r"either|the|option|letter|choice|correct|right|answer|best|ist|est|es|é|è|la|correcte|correcta|corretta|correta)\b|是|为|為|は|는|은)*"
)
_SAID = (
    r"\b(?:it(?:['’]s| is)|this is|that(?:['’]s| is)|i(?:['’]d| would)? (?:think|believe|guess|say|choose|chose|pick|"
    r"picked|select|go with)|i(?:['’]ll| will) (?:go with|say|choose|pick)|choose|select|go with|must be|could be|"
    r"might be|would be|closest is|match(?:es)? is|either|probably|perhaps|maybe|definitely|likely|so|thus|therefore|"
    r"hence|but|no|wait|actually|sorry|rather|correction|corresponds to|matches)\b[\s,.:;…–—-]*+"
    r"(?:(?:it(?:['’]s| is| must be| could be| would be)|the|probably|either|option|letter|choice|answer|with)\s++)*+"
)
_STRONG = [
    re.compile(rf"(?i:{_NOUN}{_BETWEEN}){_OPEN}(?P<found>{_ALL}){_CLAUSE_ENDS}", re.M),
    re.compile(rf"(?i:{_NOUN}{_BETWEEN}){_OPEN}(?P<found>(?<!\w)[a-j]){_ENDS_SMALL}", re.M),
    re.compile(rf"(?i:{_SAID}){_OPEN}(?P<found>{_ALL}){_CLAUSE_ENDS}", re.M),
    re.compile(
        rf"(?P<found>{_ALL}){_CLOSE}\s+(?:is|are|would be|seems|looks)\s+(?:the\s+|most\s+|clearly\s+)*"
        r"(?:correct|right|best|likely|answer|option|closest)"
    ),
]
_FIRST = [
    re.compile(rf"\A\W*(?P<found>(?!I,){_ALL}){_CLOSE}(?:[.):,](?!\w\.)|\s[-–—]|\s*$|\n|…)", re.M),
]
_ALONE = [  # in a line, or after the last sentence
    re.compile(rf"^[^\w\n]*(?P<found>{_ALL})[^\w\n]*$", re.M),
    re.compile(rf"[.!?]\s+[^\w\s]*(?P<found>{_ALL})\W*\Z"),
]
_ITEM = re.compile(r"(?<!\w)\(?(?P<found>[A-J])[.):]")
_WEAK = [
    ("marked", re.compile(rf"(?i:\b(?:option|choice|letter|opción|opção|opzione))\s+{_OPEN}(?P<found>{_ALL})")),
    ("bracketed", re.compile(r"(?<!\w)[(\[]\s*(?P<found>[A-Ja-j])\s*[.)]?\s*[)\]]|(?<![\w(])(?P<half>[A-J])\)")),
]

# --- an option's letter before its name: "B. tench", "B (a tench)" -----------------------------------------------
_LABEL = r"(?<![A-Za-z0-9'’])(?P<letter>[A-Ja-j])(?P<between>[\s.,:;)\]}*\"'“(–—=-]+)(?:(?:the|an?|which is an?)\s+)?"

# --- what is denied ---------------------------------------------------------------------------------------------
_DENIED = r"(?:\bnot|n['’]t|\bneither|\bnor|\brather than|\binstead of|\bexcept|\brul(?:e|es|ed|ing) out|\beliminat\w+)"
_NOT_LETTER = re.compile(
    rf"(?i:{_DENIED})\s+(?i:be\s+|is\s+)?(?i:(?:the\s+)?(?:option|answer|choice|letter)\s+)?{_OPEN}{_ALL}(?:\s+nor\s+{_L})*\)?"
)
_NOT_NAME = re.compile(rf"(?:{_DENIED}|\bno)\s+(?:be\s+|really\s+)?(?:(?:an?|the|any)\s+)?$", re.I)
_NAME_NOT = re.compile(r"^\s+(?:(?:is|was|are|does|can|could)\s*(?:not\b|n['’]t)|(?:isn|wasn|doesn|aren)['’]t)", re.I)
_REFUSED = re.compile(r"\b(?:can ?not|can['’]t|unable|sorry|(?:do not|don['’]t) know|unclear|none of|not sure)\b", re.I)

# --- what stands beside an option's name, where it is the name alone: "a lion in", not "a sea lion" ---------------
_BEFORE = re.compile(
    r"(?:\A|[^\w\s]|\b(?:an?|the|is|are|was|be|of|shows?|showing|depicts?|features?|contains?|displays?|called|named|as|"
    r"like|see|probably|likely|definitely|clearly|option))\s*$",
    re.I,
)
_AFTER = re.compile(
    r"\s*(?:$|[^\w\s]|(?:in|on|at|with|is|are|was|that|which|being|sitting|standing|swimming|flying|lying|walking|eating|"
    r"looking|from|against|under|near|next|beside|behind|because|as|by|for|inside|and|but|since|while|its|based)\b)",
    re.I,
)
_HEDGED = re.compile(r"\bor\s+(?:(?:an?|the)\s+)?$", re.I)


def parse(text: str, options: Sequence[str]) -> tuple[int, str]:
    """The position of the one of ten `options` that a text answers, -1 where there is none, and how it was found.

    >>> options = ["tench", "sea lion", "lion", "crane", "crane bird", "cup", "ox", "hen", "drake", "jay"]
    >>> [parse(said, options) for said in ("C.", "The correct answer is (B)", "A picture of a lion", "B or C")]
    [(2, 'letter'), (1, 'marked'), (2, 'text'), (-1, 'ambiguous')]
    """
    said = unicodedata.normalize("NFKC", _THOUGHT.sub(" ", text))
    if _THINKING.search(said):
        return -1, "unparsed"  # its thoughts were cut short
    return _parse(_LATEX.sub(r"\1", _THOUGHT_BEFORE.sub("", said)), options)


def likeliest(scores: Sequence[float]) -> tuple[int, str]:
    """The position of the highest of ten scores; -1 where several share it, or none is above zero."""
    best = max(scores)
    if best <= 0:
        return -1, "unparsed"
    found = [place for place, score in enumerate(scores) if score == best]
    return (found[0], "likelihood") if len(found) == 1 else (-1, "ambiguous")


def _parse(said: str, options: Sequence[str]) -> tuple[int, str]:
    inner = [_parse(span, options) for form in _FINAL for span in form.findall(said)]
    if found := {place if outcome != "ambiguous" else -2 for place, outcome in inner if outcome != "unparsed"}:
        return _one(found, "text" if all(outcome == "text" for _, outcome in inner) else "marked")
    said = _SPECIAL.sub(" ", said).strip()
    if whole := re.fullmatch(r"\W*([A-Ja-j])\W*", said):
        return _place(whole[1]), "bracketed" if re.search(r"[(\[]\W*\w\W*[)\]]", said) else "letter"
    said = _BOLD.sub(r" option \2 ", said).replace("**", "").replace("__", "")
    said, contradicted = _without_names(said, options)
    place, outcome = _lettered(_NOT_LETTER.sub(" ", said))
    if outcome == "unparsed":
        return _named(said, options)
    return (-1, "ambiguous") if place in contradicted else (place, outcome)


def _lettered(said: str) -> tuple[int, str]:
    """The option whose letter is given, by the most explicit form that occurs."""
    strong, alone = _letters(_STRONG, said), _letters(_ALONE, said)
    standing = alone if len(_letters([_ITEM], said)) > 2 else alone | _letters(_FIRST, said)
    told = standing if len(standing) < 3 else set()  # the options were repeated
    if strong | told:
        first = re.match(r"\W*[(\[]", said)
        return _one(strong | told, ("bracketed" if first else "letter") if told else "marked")
    weak = [(outcome, _letters([form], said)) for outcome, form in _WEAK]
    if found := set().union(*(places for _, places in weak)):
        return _one(found, next(outcome for outcome, places in weak if places))
    return _one(standing, "letter")


def _letters(forms: Sequence[re.Pattern], said: str) -> set[int]:
    texts = [group for form in forms for match in form.finditer(said) for group in match.groups() if group]
    return {_place(letter) for text in texts for letter in re.findall(r"(?<![A-Za-z])[A-Ja-j](?![A-Za-z])", text)}


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

        said = re.sub(_LABEL + _pattern(name), plain, said, flags=re.I)
    return said, contradicted


def _named(said: str, options: Sequence[str]) -> tuple[int, str]:
    """The one option whose name is what was answered; a longer name is not also the shorter one in it."""
    found, alone = set(), False
    for name in sorted(set(options), key=len, reverse=True):
        for match in re.finditer(_pattern(name), said, re.I):
            before, after = said[: match.start()], said[match.end() :]
            if not (_NOT_NAME.search(before) or _NAME_NOT.search(after)):
                found |= {place for place, option in enumerate(options) if option == name}
                alone |= bool(_BEFORE.search(before) and _AFTER.match(after)) and not _HEDGED.search(before)
        said = re.sub(_pattern(name), lambda match: "~" * len(match[0]), said, flags=re.I)
    if len(found) == 1 and (not alone or _REFUSED.search(said)):
        return -1, "unparsed"
    return _one(found, "text")


def _pattern(name: str) -> str:
    words = r"[\s_-]+".join(map(re.escape, re.split(r"[\s_-]+", name)))
    return rf"(?<![\w'’-]){words}(?![\w'’-])"
