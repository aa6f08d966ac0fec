"""Mill's page on its ImageNet-1k benchmark."""

from workbench.claims import evidence
from workbench.claims.registry import Claim, Finding, judge, unchecked
from workbench.inputs import committed

DOCUMENT = "Mill's ImageNet-1k page"
NAMES = "OpenAI's class names as open_clip 3.3.0 ships them"
PLACE = "class labels"


def _fact(name: str) -> str:
    return str(committed.table("openai-class-names").set_index("fact").loc[name, "value"])


@Claim("M01", "introduction", "50K validation images.", evidence.SCORES)
def images() -> Finding:
    """Number of V1 images."""
    n = evidence.v1_images()
    caveat = "the page calls them the test split of its data set; they are ImageNet's validation images"
    return judge(n == {50_000}, f"{n.pop():,}", caveat=caveat)


@Claim("M02", "introduction", "80 prompt templates per class.", NAMES)
def templates() -> Finding:
    """Number of OpenAI's prompt templates."""
    return judge(_fact("prompt templates") == "80", _fact("prompt templates"))


@Claim("M03", PLACE, "Classes 657 and 744 are both named missile.", NAMES, arguments=("missile", (657, 744)))
@Claim("M04", PLACE, "Classes 836 and 837 are both named sunglasses.", NAMES, arguments=("sunglasses", (836, 837)))
def collision(name: str, pair: tuple[int, int]) -> Finding:
    """Classes that share a name."""
    found = _fact(f"classes named {name!r}")
    return judge(found == " ".join(map(str, pair)), f"classes {found.replace(' ', ' and ')}")


@Claim("M05", PLACE, "Only these two names collide.", NAMES)
def only_two() -> Finding:
    """Number of distinct names."""
    n, distinct = _fact("names"), _fact("distinct names")
    return judge((n, distinct) == ("1000", "998"), f"{distinct} distinct names of {n}")


@Claim("M06", PLACE, "projectile and sunglass are the classes' WordNet first synonyms.", NAMES)
def wordnet() -> Finding:
    """First WordNet lemma of the two classes that are renamed."""
    found = [_fact(f"WordNet name of class {i}") for i in (744, 836)]
    return judge(found == ["projectile", "sunglass"], f"744: {found[0]}, 836: {found[1]}")


@Claim("M07", PLACE, "After the two changes all 1000 names are unique.", NAMES)
def unique() -> Finding:
    """Number of distinct names with the two changes."""
    found = _fact("distinct names after Mill's two changes")
    return judge(found == "1000", f"{found} distinct names")


@Claim("M08", PLACE, "crane is already split into crane bird and construction crane.", NAMES)
def crane() -> Finding:
    """Names of the two classes that WordNet calls crane."""
    found = [_fact(f"name of class {i}") for i in (134, 517)]
    return judge(found == ["crane bird", "construction crane"], f"134: {found[0]}, 517: {found[1]}")


@Claim("M09", PLACE, "The other 998 names are those of clip_benchmark's export.", "none")
def export() -> Finding:
    """clip_benchmark's list."""
    return unchecked("clip_benchmark's export is not among the sources")


@Claim("M10", "results", "Zero-shot accuracy beside the reported one.", "none")
def pending() -> Finding:
    """The empty table of results."""
    return unchecked("the page gives no number yet: its results are pending")
