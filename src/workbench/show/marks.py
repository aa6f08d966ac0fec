"""What the charts share: words, colours by image set, tooltips, the choice of a family."""

import altair as alt
import pandas as pd

from workbench.show.theme import IMAGE_SETS

SOURCES = {
    "published": "published: the paper's tables",
    "recht2019": "recht2019: public predictions",
    "run": "run here",
}
METRICS = {"top1": "top-1 accuracy", "real": "ReaL accuracy", "asma": "ASMA", "subgroup": "subgroup accuracy"}
SETS = {"v1": "V1 (ImageNet)", "v2": "V2 (ImageNetV2)"}


def percent(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Columns of fractions in percent, two decimals."""
    return frame.assign(**{name: (100 * frame[name]).round(2) for name in columns})


def family_choice(frame: pd.DataFrame) -> alt.Parameter:
    """A list below a chart to pick a family of checkpoints from."""
    counts = frame.drop_duplicates("checkpoint")["family"].value_counts()
    options = ["all", *sorted(counts.index[counts > 1])]
    return alt.param(
        name="chosen_family", value="all", bind=alt.binding_select(options=options, name="family of checkpoints ")
    )


def in_family() -> str:
    """The expression that is true for a checkpoint of the picked family."""
    return "chosen_family == 'all' || datum.family == chosen_family"


def set_color() -> alt.Color:
    """The colour of an image set, from the column ``set``."""
    scale = alt.Scale(domain=list(SETS.values()), range=list(IMAGE_SETS.values()))
    return alt.Color("set:N", title=None, sort=list(SETS.values()), scale=scale)


def tip(field: str, title: str | None = None) -> alt.Tooltip:
    """A tooltip line, by default titled like its field."""
    return alt.Tooltip(field, title=title or field)
