"""What the commands read from a command line and show in a terminal: numbers, parameters and tables."""

from collections.abc import Sequence
from enum import StrEnum

from workbench.errors import InputError


class Format(StrEnum):
    """How a score table is printed."""

    table = "table"
    csv = "csv"
    json = "json"


def parameters(texts: Sequence[str]) -> dict[str, str]:
    """Parameters of notebooks from ``NAME=VALUE``. Raises `InputError` for one without a value."""
    for text in texts:
        if "=" not in text.strip("="):
            raise InputError(f"-p {text.strip('=')} has no value; write -p NAME VALUE")
    return dict(text.split("=", 1) for text in texts)


def whole_numbers(text: str, option: str) -> list[int]:
    """Numbers from ``1,2,3``. Raises `InputError`, naming the option, for anything else."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError as error:
        raise InputError(f"{option} is {text!r}; expected whole numbers with commas, like 1,2,3") from error


def sizes(text: str | None, counts: list[int]) -> dict[int, int] | None:
    """Side of a patch's box for each patch count. Raises `InputError` unless there is one for each."""
    if text is None:
        return None
    sides = whole_numbers(text, "--sizes")
    if len(sides) != len(counts):
        raise InputError(f"--sizes has {len(sides)} numbers; expected one for each of the {len(counts)} --counts")
    return dict(zip(counts, sides, strict=True))


def score_table(frame, format: Format) -> str:
    """A score table as text, in percent for people."""
    if format is Format.csv:
        return frame.to_csv(index=False, lineterminator="\n")
    if format is Format.json:
        return frame.to_json(orient="records", indent=1) + "\n"
    percent = frame.assign(
        **{name: (100 * frame[name]).map("{:.2f}".format) for name in ("value", "ci_low", "ci_high")}
    )
    columns = ["checkpoint", "image_set", "labels", "metric", "label_count", "value", "ci_low", "ci_high", "n_images"]
    shown = percent[columns].assign(
        label_count=frame["label_count"].astype(object).where(frame["label_count"].notna(), "all")
    )
    return shown.rename(columns={"value": "percent"}).to_string(index=False) + "\n"


def claim_table(table, format: Format) -> str:
    """Claimed numbers beside one's own as text, in percent for people."""
    columns = ["leaderboard", "model", "checkpoint", "reported", "own", "own_difference", "own_protocol", "own_status"]
    shown = table[[*columns, "timm", "difference"]]
    if format is not Format.table:
        return score_table(shown, format)
    fractions = ("reported", "own", "own_difference", "timm", "difference")
    percent = shown.assign(**{name: (100 * shown[name]).map("{:.2f}".format) for name in fractions})
    return percent.fillna("").replace("nan", "").to_string(index=False) + "\n"


def gpu() -> str:
    """The GPUs that torch can use, in words."""
    import torch

    if not torch.cuda.is_available():
        return "none that torch can use; inference runs on the CPU"
    return ", ".join(torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count()))
