"""Mill's page on its ImageNet-1k benchmark."""

from workbench.claims import drawn, evidence
from workbench.claims.registry import Claim, Finding, judge, unchecked
from workbench.inputs import committed
from workbench.inputs.published import documents

DOCUMENT = "Mill's ImageNet-1k page"
NAMES = "OpenAI's class names as open_clip 3.3.0 ships them"
EXPORT = "the class names as clip_benchmark 1.6.2 ships them"
CODE = "Mill's public code, as data/published/reported.csv cites it"
RESULTS = "open_clip's results"
DRAWN = "questions about made-up pictures, drawn here"
PLACE, CONFIGURATION = "class labels", "evaluation configuration"
EXACTLY = "exactly"
COLLIDING = (657, 744, 836, 837)


def _fact(name: str, table: str = "openai-class-names") -> str:
    return str(committed.table(table).set_index("fact").loc[name, "value"])


def _exported(name: str) -> str:
    return _fact(name, "clip-benchmark-names")


@Claim(
    "M01",
    "introduction",
    "50K validation images.",
    evidence.SCORES,
    quote="ImageNet-1k is the standard 1000-class image classification benchmark (50K validation images).",
    threshold=EXACTLY,
)
def images() -> Finding:
    """Number of V1 images."""
    n = evidence.v1_images()
    caveat = "the page calls them the test split of its data set; they are ImageNet's validation images"
    return judge(n == {50_000}, f"{n.pop():,}", caveat=caveat)


@Claim(
    "M02",
    "introduction",
    "80 prompt templates per class.",
    f"{NAMES}; {EXPORT}",
    quote="ensembling 80 prompt templates per class",
    threshold=EXACTLY,
)
def templates() -> Finding:
    """Number of OpenAI's prompt templates, in both copies."""
    found = [_fact("prompt templates"), _exported("prompt templates")]
    return judge(found == ["80", "80"], f"open_clip: {found[0]}, clip_benchmark: {found[1]}")


WORDS = {"threshold": "these two classes and no other", "evidence": NAMES}


@Claim(
    *("M03", PLACE, "Classes 657 and 744 are both named missile.", f"{NAMES}; {EXPORT}", ("missile", (657, 744))),
    quote="744missileprojectile",
    **WORDS,
)
@Claim(
    *("M04", PLACE, "Classes 836 and 837 are both named sunglasses.", f"{NAMES}; {EXPORT}", ("sunglasses", (836, 837))),
    quote="836sunglassessunglass",
    **WORDS,
)
def collision(name: str, pair: tuple[int, int]) -> Finding:
    """Classes that share a name, and their names in the export."""
    found = _fact(f"classes named {name!r}")
    exported = {_exported(f"name of class {i}") for i in pair}
    value = f"classes {found.replace(' ', ' and ')}; clip_benchmark: {', '.join(sorted(exported))}"
    return judge(found == " ".join(map(str, pair)) and exported == {name}, value)


@Claim(
    *("M05", PLACE, "Only these two names collide.", NAMES),
    quote="Two of those curated names still collided",
    threshold="998 distinct names",
    evidence=NAMES,
)
def only_two() -> Finding:
    """Number of distinct names."""
    n, distinct = _fact("names"), _fact("distinct names")
    return judge((n, distinct) == ("1000", "998"), f"{distinct} distinct names of {n}")


@Claim(
    *("M06", PLACE, "projectile and sunglass are the classes' WordNet first synonyms.", NAMES),
    quote="Mill disambiguates them to their own WordNet first synonym",
    threshold=EXACTLY,
)
def wordnet() -> Finding:
    """First WordNet lemma of the two classes that are renamed."""
    found = [_fact(f"WordNet name of class {i}") for i in (744, 836)]
    return judge(found == ["projectile", "sunglass"], f"744: {found[0]}, 836: {found[1]}")


@Claim(
    *("M07", PLACE, "After the two changes all 1000 names are unique, single labels.", f"{NAMES}; {EXPORT}"),
    quote="A regression test asserts all 1000 class names are unique, single labels.",
    threshold="1000 distinct names; without a caveat, none that joins two",
    evidence=NAMES,
)
def unique() -> Finding:
    """Number of distinct names with the two changes, and of names that join two by *or* or a slash."""
    found, joined = _fact("distinct names after Mill's two changes"), int(_exported("names that join two"))
    caveat = f"{joined} names join two by 'or' or '/'; the test that the page speaks of is not among the sources"
    return judge(found == "1000", f"{found} distinct names", caveat=caveat if joined else "")


@Claim(
    *("M08", PLACE, "crane is already split into crane bird and construction crane.", NAMES),
    quote="the WordNet “crane” is already split into crane bird and construction crane",
    threshold=EXACTLY,
)
def crane() -> Finding:
    """Names of the two classes that WordNet calls crane."""
    found = [_fact(f"name of class {i}") for i in (134, 517)]
    return judge(found == ["crane bird", "construction crane"], f"134: {found[0]}, 517: {found[1]}")


@Claim(
    *("M09", PLACE, "The other 998 names are those of clip_benchmark's export.", f"{EXPORT}; {NAMES}; {CODE}"),
    quote="Only these two entries change; the other 998 are identical to the clip_benchmark export",
    threshold="998 equal names",
)
def export() -> Finding:
    """OpenAI's names with the two changes that Mill's code states, beside clip_benchmark's names."""
    changes = [evidence.stated("Mill", f"class {i}") for i in (744, 836)]
    equal = _exported("names that are OpenAI's with Mill's two changes")
    value = f"{equal} equal names, changed to {' and '.join(changes)}"
    caveat = "Mill's own list is no source here: OpenAI's names with the two changes that its code states stand for it"
    return judge(equal == "998" and changes == ["projectile", "sunglass"], value, caveat=caveat)


@Claim(
    *("M10", PLACE, "Zero-shot scores stay directly comparable.", "the classes whose names change or collided"),
    quote="so zero-shot scores stay directly comparable",
)
def comparable() -> Finding:
    """The share of pictures whose label is one of the four classes."""
    value = f"{len(COLLIDING)} of 1000 classes, so {len(COLLIDING) / 10:.1f} % of the pictures, changed or collided"
    because = "how other pictures fare against the new names takes a CLIP model, and none of its weights is at hand"
    return unchecked(because, value)


@Claim(
    *("M11", "introduction", "Multiple choice shows the true class and 9 random others as options A to J."),
    f"{CODE}; {DRAWN}; ReaL's labels",
    quote="the true class plus 9 random distractors are shown as lettered options (A–J)",
    threshold="ten options, nine of them drawn from the other classes",
    evidence=CODE,
)
def options() -> Finding:
    """How many options its code shows, and from where it draws them; and questions drawn so here."""
    n, others = evidence.stated("Mill", "options"), evidence.stated("Mill", "distractors")
    asked = drawn.questions()
    whole = drawn.whole(asked)
    fits = int(n) == 1 + 9 == len("ABCDEFGHIJ") and others == "random classes but the true one"
    value = f"cited: {n} options, distractors {others}; drawn here: {whole} of {len(asked)} questions are such"
    caveat = (
        "its code was read, not run; of V1's pictures with ReaL labels, the right option is no valid label for "
        f"{evidence.ceiling('rejected')}, and in expectation a distractor is one for "
        f"{evidence.ceiling('valid distractor')}"
    )
    return judge(fits and whole == len(asked), value, caveat=caveat)


@Claim(
    *("M12", CONFIGURATION, "Seed 42 fixes the draw and the shuffle, so runs are reproducible.", f"{CODE}; {DRAWN}"),
    quote="Seed42 (fixes the MCQ distractor draw and option shuffle so runs are reproducible)",
    threshold="the default seed is 42, and a question's draw depends on it and on the picture alone",
    evidence=CODE,
)
def seed() -> Finding:
    """Its code's default seed, and what seeds the draw of one question; and what a draw so seeded here depends on."""
    default, by = evidence.stated("Mill", "default seed"), evidence.stated("Mill", "draw seeded by")
    asked = drawn.questions()
    turned, some, other = (drawn.same(asked, again) for again in drawn.again())
    value = (
        f"cited: seed {default}, by {by}; drawn here: {turned} the same in another order, {some} among fewer, "
        f"{other} with another seed"
    )
    fixed = turned == "300 of 300" and some == "100 of 100" and other.startswith("0 ")
    caveat = (
        "its code was read, not run: what was drawn here are this package's questions, not Mill's; that a model's "
        "answers are the same from run to run was not checked"
    )
    return judge((default, by) == ("42", "seed and sample id") and fixed, value, caveat=caveat)


@Claim(
    *("M13", "introduction", "The answer letter is parsed from what the model generates.", CODE),
    quote="the answer letter is parsed from the generation",
    threshold="a letter of the generation; with a caveat, where it is a random one, or was not given as an answer",
    evidence=CODE,
)
def parsing() -> Finding:
    """What becomes of an answer in which no letter is found, and of a letter before a space; and what guessing adds."""
    unparsed, spaced = (evidence.stated("Mill", fact) for fact in ("unparsed answer", "letter before a space"))
    caveats = []
    if unparsed == "random letter":
        more = evidence.guessed(parse_rate=0.9)
        caveats.append(f"a random letter is right once in ten: where 10 % cannot be parsed, it adds {more}")
    if spaced == "the answer":
        caveats.append("by its rule 'A lion.' answers A, 'I see a lion.' answers I: an article and a pronoun")
    value = f"an unparsed answer becomes: {unparsed}; a letter before a space: {spaced}"
    known = unparsed in ("wrong", "random letter")
    return judge(known, value, caveat="; ".join(caveats), otherwise="a letter comes from elsewhere")


@Claim(
    *("M14", "results", "The results are pending: the table has no number.", f"the page's table; {RESULTS}"),
    quote="Results pending a full evaluation run.",
    threshold="no number in the table; without a caveat, none that could stand in it before a run",
    evidence="the page's table",
)
def pending() -> Finding:
    """Numbers in the printed table, and what the baseline that it names reports for its one model."""
    table = documents.printed("results-mill")
    n = int(table[["mill", "reported", "difference"]].notna().to_numpy().sum())
    model = table["model"].item()
    reported = evidence.open_clip(*model.split(" / "))
    caveat = f"the baseline needs no run: open_clip reports {reported:.2f} % for {model}, by names that two pairs share"
    return judge(n == 0, f"{len(table)} row, {n} numbers", caveat=caveat, otherwise="the table has numbers")
