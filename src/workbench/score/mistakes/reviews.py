"""The reviewed mistakes, counted: by category and severity, shared by both models, by confused classes."""

import pandas as pd

from workbench.inputs import classes
from workbench.inputs.published.mistakes import MODELS, SEVERITIES
from workbench.score import intervals


def counts(frame: pd.DataFrame) -> pd.DataFrame:
    """Number of mistakes by ``model, category, severity``: column ``n_images``, zeros left out."""
    sizes = frame.groupby(["model", "category", "severity"], as_index=False).size()
    order = {name: place for place, name in enumerate([*MODELS.values(), *SEVERITIES])}
    sizes = sizes.rename(columns={"size": "n_images"})
    return sizes.sort_values(
        ["model", "category", "severity"],
        key=lambda column: column if column.name == "category" else column.map(order),
        ignore_index=True,
    )


def severities(counted: pd.DataFrame) -> pd.DataFrame:
    """Number and share of each severity: ``model, severity, n_images, share, ci_low, ci_high`` (95 % Wilson)."""
    sizes = counted.groupby(["model", "severity"], sort=False)["n_images"].sum().reset_index()
    totals = sizes.groupby("model")["n_images"].transform("sum")
    low, high = intervals.wilson(sizes["n_images"], totals)
    return sizes.assign(share=sizes["n_images"] / totals, ci_low=low, ci_high=high)


def shared(frame: pd.DataFrame) -> pd.DataFrame:
    """The pictures that both models get wrong, by how the two reviews agree: ``comparison, n_images``."""
    first, second = (frame[frame["model"] == model] for model in MODELS.values())
    both = first.merge(second, on="image", suffixes=("_1", "_2"), validate="one_to_one")
    rows = {
        "both fail": len(both),
        "same predicted class": int((both["predicted_1"] == both["predicted_2"]).sum()),
        "same category": int((both["category_1"] == both["category_2"]).sum()),
        "same severity": int((both["severity_1"] == both["severity_2"]).sum()),
    }
    return pd.DataFrame({"comparison": list(rows), "n_images": list(rows.values())})


def pairs(frame: pd.DataFrame) -> pd.DataFrame:
    """Confused classes, original then predicted, with the number of pictures: ``original, predicted, n_images``.

    A picture that both models confuse in the same way counts once. Only pairs seen on two pictures or more; classes
    are named, most frequent first.
    """
    once = frame.drop_duplicates(["image", "predicted"])
    sizes = once.groupby(["original", "predicted"], as_index=False).size()
    names = dict(enumerate(classes.names()))
    named = sizes.assign(original=sizes["original"].map(names), predicted=sizes["predicted"].map(names))
    named = named.rename(columns={"size": "n_images"})
    frequent = named[named["n_images"] > 1]
    return frequent.sort_values(["n_images", "original", "predicted"], ascending=[False, True, True], ignore_index=True)
