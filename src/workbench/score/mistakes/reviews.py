"""The reviewed mistakes, counted: by category and severity, shared by both models, by confused classes."""

import pandas as pd

from workbench.inputs import classes
from workbench.inputs.published.mistakes import MODELS, SEVERITIES
from workbench.score import intervals


def counts(frame: pd.DataFrame) -> pd.DataFrame:
    """Number of mistakes by ``model, category, severity``: column ``n_images``, zeros left out."""
    keys, order = ["model", "category", "severity"], [*MODELS.values(), *SEVERITIES]
    sizes = frame.groupby(keys, as_index=False).size().rename(columns={"size": "n_images"})
    return sizes.sort_values(
        keys, key=lambda column: column if column.name == "category" else column.map(order.index), ignore_index=True
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
    columns = {"predicted class": "predicted", "category": "category", "severity": "severity"}
    same = {f"same {name}": int((both[f"{of}_1"] == both[f"{of}_2"]).sum()) for name, of in columns.items()}
    return pd.DataFrame([("both fail", len(both)), *same.items()], columns=["comparison", "n_images"])


def pairs(frame: pd.DataFrame) -> pd.DataFrame:
    """Confused classes, original then predicted, with the number of pictures: ``original, predicted, n_images``.

    A picture that both models confuse in the same way counts once. Only pairs seen on two pictures or more; classes
    are named, most frequent first.
    """
    once = frame.drop_duplicates(["image", "predicted"])
    sizes = once.groupby(["original", "predicted"]).size()
    frequent = sizes[sizes > 1].rename("n_images").reset_index()
    frequent[["original", "predicted"]] = frequent[["original", "predicted"]].map(classes.names().__getitem__)
    return frequent.sort_values(["n_images", "original", "predicted"], ascending=[False, True, True], ignore_index=True)
