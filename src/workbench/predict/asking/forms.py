"""The forms in which language models answer, as patterns: what an answer looks like, and what only looks like one."""

import re

# --- what surrounds an answer and is none ---------------------------------------------------------------------
THOUGHTS = r"(think(?:ing)?|thought|reasoning)"
THOUGHT = re.compile(rf"[<◁]{THOUGHTS}[>▷].*?[<◁]/\1[>▷]", re.I | re.S)
THINKING = re.compile(rf"[<◁]{THOUGHTS}[>▷]", re.I)
THOUGHT_BEFORE = re.compile(rf"\A.*[<◁]/{THOUGHTS}[>▷]", re.I | re.S)  # begun by the chat template
SPECIAL = re.compile(r"<\|[^|<>]*\|>|</?s>|<end_of_\w+>|<eos>|<pad>")
LATEX = re.compile(r"\\(?:text(?:bf|it|rm|tt)?|math(?:bf|rm|it|sf)?)\s*\{([^{}]*)\}")

# --- letters: several in a row are one answer, "B or C"; what follows must not make an article or a pronoun of them --
# I is a pronoun before a word, and before a comma unless letters are listed
_I = r"I(?!\s*+,(?!\s*+(?:or\b|and\b)?+\s*+[A-J]\b)|[ \t]++~|[ \t]++(?!(?:is|or|and|as|because|since)\b)[A-Za-z])"
L = rf"(?<![A-Za-z0-9'’])(?:[A-HJ]|{_I})(?![A-Za-z0-9'’])"
_OR = r"\b(?:or|and|und|oder|ou|et|y|o)\b(?:\s++(?:maybe|perhaps|possibly|even|rather|probably)\b)*+"
ALL = rf"{L}(?:\s*+(?:,\s*+(?:{_OR})?+|/|&|\||{_OR})\s*+(?:option\s++)?{L}){{0,9}}"
MENTION = re.compile(r"(?<![A-Za-z0-9'’])(?:[B-HJ]|A(?! [a-z]))(?![A-Za-z0-9'’])")
OPEN, CLOSE = r"[\s\"'“‘(\[{<*_`$]*+", r"[\s\"'”’)\]}>*_`$]*"
CLAUSE_ENDS = (
    rf"(?={CLOSE}(?:$|[.,;:!?(\n–—-]|[^\x00-\x7f]|"
    r"(?:because|since|as|for|which|that|with|due|based|and|but|or|is)\b))"
)
ENDS_SMALL = rf"(?={CLOSE}[.!]?{CLOSE}$)"  # "the answer is b.", but not "the answer is a dog"

# --- the forms of an answer --------------------------------------------------------------------------------------
FINAL = [  # what these enclose is parsed by itself
    re.compile(r"<\|begin_of_box\|>(.*?)<\|end_of_box\|>", re.S),
    re.compile(r"<answer>(.*?)(?:</answer>|$)", re.I | re.S),
    re.compile(r"\\boxed\s*\{([^{}]*)\}"),
    re.compile(r"\"answer\"\s*:\s*\"([^\"\n]*)\"", re.I),
    re.compile(r"\bfinal answer(?:\s+is\b)?[\s:*#_]*(\S[^\n]*)", re.I),
]
NOUN = (
    r"(?:\b(?:answer|choice|solution|selection|(?:correct|right|best) (?:option|letter)|"
    r"the option(?=\s+is\b)|antwort|lösung|réponse|"
    r"respuesta|resposta|risposta|odpowiedź|yanıt|cevap)|\bответ|答案|答え|正解|选项|选择|正确选项|选|選|정답)"
)
BETWEEN = (
    r"(?:[\s\"'“”’*_:=→>-]++|\b(?:is|was|be|would|should|must|to|most|likely|probably|clearly|definitely|therefore|thus|"
    r"either|the|option|letter|choice|correct|right|answer|best|ist|est|es|é|è|la|correcte|correcta|corretta|correta)\b|是|为|為|は|는|은)*+"
)
SAID = (
    r"\b(?:it(?:['’]s| is)|this is|that(?:['’]s| is)|i(?:['’]d| would)? (?:think|believe|guess|say|choose|chose|pick|"
    r"picked|select|go with)|i(?:['’]ll| will) (?:go with|say|choose|pick)|choose|select|go with|must be|could be|"
    r"might be|would be|closest is|match(?:es)? is|either|probably|perhaps|maybe|definitely|likely|so|thus|therefore|"
    r"hence|but|no|wait|actually|sorry|rather|correction|corresponds to|matches|"
    r"(?:picture|image|photo) (?:shows|depicts))\b[\s,.:;…–—-]*+"
    r"(?:(?:it(?:['’]s| is| must be| could be| would be)|the|probably|either|option|letter|choice|answer|with)\s++)*+"
)
_HEADING = r"(?:ans|final|correct|letter|assistant|option|output|response|label|prediction)"
STRONG = [
    re.compile(rf"(?i:{NOUN}{BETWEEN}){OPEN}(?P<found>{ALL}){CLAUSE_ENDS}", re.M),
    re.compile(rf"(?i:{NOUN}{BETWEEN}){OPEN}(?P<found>(?<!\w)[a-j]){ENDS_SMALL}", re.M),
    re.compile(rf"^[^\w\n]*(?i:{_HEADING})\s*[:=]{OPEN}(?P<found>{ALL}){CLAUSE_ENDS}", re.M),
    re.compile(rf"(?i:{SAID}){OPEN}(?P<found>{ALL}){CLAUSE_ENDS}", re.M),
    re.compile(
        rf"(?P<found>{ALL}){CLOSE}\s+(?:is|are|would be|seems|looks)\s+(?:the\s+|most\s+|clearly\s+)*"
        r"(?:correct|right|best|likely|answer|option|closest)"
    ),
]
_REASON = r"(?:the|this|that|it|its|an?|in|i|because|since|as|based|there|given|looking|here)\b"
FIRST = [  # then nothing, or a reason: "B. The fish is orange", but neither "J. Smith" nor "A. 10%"
    re.compile(rf"\A\W*(?P<found>{ALL}){CLOSE}(?:[^\w\n]*$|[.),–—-][^\w\n:]*(?<=\s)(?i:{_REASON}))", re.M),
]
BEGUN = [re.compile(rf"\A\W*(?P<found>{ALL}){CLOSE}(?:[.):,]|\s[-–—]|\s*$|\n|…)", re.M)]  # what may be an answer
ALONE = [  # in a line, or after the last sentence
    re.compile(rf"^[^\w\n]*(?P<found>{ALL})[^\w\n]*$", re.M),
    re.compile(
        rf"\w\s+(?!Prof|Mrs|Fig)[^\W\d]{{3,}}[.!?]\s+[^\w\s]*(?P<found>{ALL})\W*\Z|'s [a-z]+\.\s+(?P<more>{L})\W*\Z"
    ),
]
LAST = re.compile(r"\n[\s*]*([A-J])[\s*]*\Z")
ITEM = re.compile(r"(?<!\w)\(?(?P<found>[A-J])[.):]")
WEAK = [
    (
        "marked",
        re.compile(
            rf"\A\W*(?i:option|choice|opción|opção|opzione)\s+{OPEN}(?P<found>{ALL})[^\w\n]*(?:$|because|since)", re.M
        ),
    ),
    ("marked", re.compile(rf"[^\W\d]:\s*[^\w\s]*(?P<found>{ALL})\W*\Z")),
    ("bracketed", re.compile(r"(?<!\w)[(\[]\s*(?P<found>[A-Ja-j])\s*[.)]?\s*[)\]]|(?<![\w(])(?P<half>[A-J])\)")),
]

# --- what stays an answer where the text was cut off: what follows could be "or C", a list, a denial ----------------
CUT = [
    re.compile(r"\A[^\w\n]*(?P<found>[B-HJ])[^\w\n]*$|\A[^\w\n]*(?P<more>[A-J])(?:[^\w\s]|\n)[^\w\n]*$", re.M),
    re.compile(rf"(?i:{NOUN}{BETWEEN}){OPEN}(?P<found>{ALL})[\"'”’)\]}}>*_`$]*(?:\.(?=\s)|\n)"),
]

# --- an option's letter before its name: "B. tench", "B (a tench)" -----------------------------------------------
LABEL = r"(?<![A-Za-z0-9'’])(?P<letter>[A-Ja-j])(?P<between>[\s.,:;)\]}*\"'“(–—=-]+)(?:(?:the|an?|which is an?)\s+)?"

# --- what is denied ---------------------------------------------------------------------------------------------
DENIED = (
    r"(?:\bnot|n['’]t|\bneither|\bnor|\brather than|\binstead of|\bexcept|\bother than|"
    r"\brul(?:e|es|ed|ing) out|\beliminat\w+)"
)
NOT_LETTER = re.compile(
    rf"(?i:{DENIED})\s+(?i:be\s+|is\s+)?(?i:(?:the\s+)?(?:option|answer|choice|letter)\s+)?{OPEN}{ALL}(?:\s+nor\s+{L})*\)?"
)
ALL_BUT = re.compile(r"\b(?:any|every|no)thing but\b|\ball but\b", re.I)
_NO = (
    rf"(?:{DENIED}|\bcannot|\b(?:no(?!\s*,)|none|never|without|least|unlikely|false|far from|nicht|"
    r"kein\w*|pas|não|не|nie|non)\b|\b(?:doubt|wrong|incorrect|inaccurate|exclud|reject|discard|dismiss)|不|非|ない|なく|ではな|じゃな|아니)"
)
NO = re.compile(_NO, re.I)
LETTER_NOT = re.compile(
    rf"(?:{ALL}|(?<![\w'’])[a-j](?![\w'’]))[^\w\n,;!?]*"
    r"(?i:(?:is|was|are|were|seems?|looks?|can|could|would|does|should)\b)?"
    rf"[ \t]*(?i:(?:be|so|very|most|clearly|definitely|probably|certainly|also|just|the|an?)\s+){{0,3}}"
    rf"(?i:{_NO}|out\b|(?<=is)n['’]t)"
)
HYPOTHETIC = re.compile(  # if, unless it is a manner of speaking; what was thought before
    r"\b(?:if(?! (?:i|you) (?:had|have|must))|whether|unless|were|at first|initially|originally|thought|had been|"
    r"consider\w*|compar\w*|unlike)\b",
    re.I,
)
CLAUSE = re.compile(r"[.!?;,\n…–—。，、；]|\b(?:but|however|yet)\b", re.I)
SENTENCE = re.compile(r"[.!?](?=\s|$)|[\n。？！]")
ANY = re.compile(rf"{ALL}|(?<![\w'’])[a-j](?![\w'’])")

NOT_NAME = re.compile(rf"(?:{DENIED}|\bno)\s+(?:be\s+|really\s+)?(?:(?:an?|the|any)\s+)?$", re.I)
NAME_NOT = re.compile(r"^\s+(?:(?:is|was|are|does|can|could)\s*(?:not\b|n['’]t)|(?:isn|wasn|doesn|aren)['’]t)", re.I)
REFUSED = re.compile(r"\b(?:can ?not|can['’]t|unable|sorry|(?:do not|don['’]t) know|unclear|none of|not sure)\b", re.I)

# --- what stands beside an option's name, where it is the name alone: "a lion in", not "a sea lion" ---------------
BEFORE = re.compile(
    r"(?:\A|[^\w\s]|\b(?:an?|the|is|are|was|be|of|shows?|showing|depicts?|features?|contains?|displays?|called|named|as|"
    r"like|see|probably|likely|definitely|clearly|option))\s*$",
    re.I,
)
AFTER = re.compile(
    r"\s*(?:$|[^\w\s]|(?:in|on|at|with|is|are|was|that|which|being|sitting|standing|swimming|flying|lying|walking|eating|"
    r"looking|from|against|under|near|next|beside|behind|because|as|by|for|inside|and|but|since|while|its|based)\b)",
    re.I,
)
HEDGED = re.compile(r"\bor\s+(?:(?:an?|the)\s+)?$", re.I)
