"""Mill's page on its ImageNet-1k benchmark."""

from workbench.claims import evidence
from workbench.claims.registry import Claim, Finding, judge, unchecked
from workbench.inputs import committed

DOCUMENT = "Mill's ImageNet-1k page"
NAMES = "OpenAI's class names as open_clip 3.3.0 ships them"
EXPORT = "the class names as clip_benchmark 1.6.2 ships them"
CODE = "Mill's public code, as data/published/reported.csv cites it"
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
    *("M11", "introduction", "Multiple choice shows the true class and 9 random others as options A to J.", CODE),
    quote="the true class plus 9 random distractors are shown as lettered options (A–J)",
    threshold="ten options, nine of them drawn from the other classes",
    evidence=CODE,
)
def options() -> Finding:
    """How many options its code shows, and from where it draws them."""
    n, drawn = evidence.stated("Mill", "options"), evidence.stated("Mill", "distractors")
    caveat = "read, not run; on a picture of several objects a distractor can be a valid label, too"
    fits = int(n) == 1 + 9 == len("ABCDEFGHIJ") and drawn == "random classes but the true one"
    return judge(fits, f"{n} options; distractors: {drawn}", caveat=caveat)


@Claim(
    *("M12", CONFIGURATION, "Seed 42 fixes the draw and the shuffle, so runs are reproducible.", CODE),
    quote="Seed42 (fixes the MCQ distractor draw and option shuffle so runs are reproducible)",
    threshold="the default seed is 42, and a question's draw depends on it and on the picture alone",
    evidence=CODE,
)
def seed() -> Finding:
    """Its code's default seed, and what seeds the draw of one question."""
    default, by = evidence.stated("Mill", "default seed"), evidence.stated("Mill", "draw seeded by")
    caveat = "the questions are the same from run to run; that a model's answers are was not checked"
    return judge((default, by) == ("42", "seed and sample id"), f"seed {default}; by {by}", caveat=caveat)


@Claim(
    *("M13", "introduction", "The answer letter is parsed from what the model generates.", CODE),
    quote="the answer letter is parsed from the generation",
    threshold="no letter that the model did not give; with a caveat, where nothing can be parsed",
    evidence=CODE,
)
def parsing() -> Finding:
    """What becomes of an answer in which no letter is found."""
    found = evidence.stated("Mill", "unparsed answer")
    caveat = "what cannot be parsed counts as a random letter, which is right once in ten"
    known = found in ("wrong", "random letter")
    value, caveat = f"an unparsed answer becomes: {found}", caveat if found == "random letter" else ""
    return judge(known, value, caveat=caveat, otherwise="a letter comes from elsewhere")


@Claim(
    *("M14", "results", "Zero-shot accuracy beside the reported one.", "none"),
    quote="Results pending a full evaluation run.",
)
def pending() -> Finding:
    """The empty table of results."""
    return unchecked("the page gives no number yet: its results are pending")
