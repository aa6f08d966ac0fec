"""What the commands read from a command line and print in a terminal: numbers and tables."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import category

from workbench.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


SHORT = {"top1": "top-1 (%)", "real": "ReaL (%)", "asma": "ASMA (%)"}


class Format(StrEnum):
    """How a table is printed."""

    table = "table"
    csv = "csv"
    json = "json"


def plain(text: str, keep: str = "") -> str:
    r"""Text with what a terminal would obey, not show, written out: names may hold escapes, or turn what follows.

    >>> plain("a\x1b[2Jb\n"), plain("a\u202eb\n", keep="\n")
    ('a\\x1b[2Jb\\n', 'a\\u202eb\n')
    """
    obeyed = {"Cc", "Cf", "Zl", "Zp"}
    return "".join(
        one.encode("unicode_escape").decode() if category(one) in obeyed and one not in keep else one for one in text
    )


def whole_numbers(text: str, option: str) -> list[int]:
    """Numbers from ``1,2,3``. Raises `InputError`, naming the option, for anything else."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError as error:
        raise InputError(f"{option} is {text!r}; expected whole numbers with commas, like 1,2,3") from error


def sizes(text: str, counts: list[int]) -> dict[int, int]:
    """Side of a patch's box for each patch count. Raises `InputError` unless there is one for each."""
    sides = whole_numbers(text, "--sizes")
    if len(sides) != len(counts):
        raise InputError(f"--sizes has {len(sides)} numbers; expected one for each of the {len(counts)} --counts")
    return dict(zip(counts, sides, strict=True))


def within(paths: list[Path]) -> list[Path]:
    """The files, and those in the folders among them. Raises `InputError` for what is not there, and empty folders."""
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise InputError(f"there is no file or folder {path}")
        files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
        if not files:
            raise InputError(f"the folder {path} holds no predictions (*.parquet); make some with 'workbench predict'")
        found += files
    return found


def summary(frame: "pd.DataFrame", format: Format) -> str:
    """A line for each checkpoint and image set: every metric over all pictures with its interval, in percent."""
    import pandas as pd

    overall = frame[frame["label_count"].isna() & frame["value"].notna()]
    if format is not Format.table:
        return _for_programs(overall, format)
    keys = ["checkpoint", "image_set", "protocol"]
    numbers = (100 * overall[["value", "ci_low", "ci_high"]]).map("{:.2f}".format)
    texts = numbers["value"] + (" [" + numbers["ci_low"] + ", " + numbers["ci_high"] + "]").where(
        overall["ci_low"].notna(), ""
    )
    lines = []
    for key, rows in overall.groupby(keys, sort=False):
        named = {SHORT[metric]: text for metric, text in zip(rows["metric"], texts[rows.index], strict=True)}
        lines.append(dict(zip(keys, key, strict=True)) | {"pictures": f"{rows['n_images'].max():,}"} | named)
    return plain(pd.DataFrame(lines).fillna("").to_string(index=False), "\n") + "\n"


def score_table(frame: "pd.DataFrame", format: Format) -> str:
    """A score table as text, in percent for people."""
    frame = frame[frame["value"].notna()]  # no picture has that number of labels
    if format is not Format.table:
        return _for_programs(frame, format)
    columns = [
        "checkpoint",
        "image_set",
        "labels",
        "protocol",
        "metric",
        "label_count",
        "value",
        "ci_low",
        "ci_high",
        "n_images",
    ]
    counts = frame["label_count"].astype(object).where(frame["label_count"].notna(), "all")
    shown = _percent(frame[columns].assign(label_count=counts), "value", "ci_low", "ci_high")
    # One picture alone has no standard error, and so no interval.
    return plain(shown.replace("nan", "-").rename(columns={"value": "percent"}).to_string(index=False), "\n") + "\n"


def by_reason(left_out: dict[Path, str]) -> dict[str, str]:
    """Each reason with the files that have it, of many the first three.

    >>> by_reason({Path("a"): "cut", Path("b"): "no labels", Path("c"): "cut"})
    {'cut': 'a, c', 'no labels': 'b'}
    """
    files: dict[str, list[str]] = {}
    for file, why in left_out.items():
        files.setdefault(why, []).append(str(file))
    more = {why: f" and {len(names) - 3} more" if len(names) > 3 else "" for why, names in files.items()}
    return {why: ", ".join(names[:3]) + more[why] for why, names in files.items()}


def claim_table(table: "pd.DataFrame", format: Format) -> str:
    """Claimed numbers beside one's own as text, in percent for people."""
    own = ["own", "own_difference", "own_protocol", "own_status"]
    shown = table[["leaderboard", "model", "checkpoint", "reported", *own, "timm", "difference"]]
    if format is not Format.table:
        return _for_programs(shown, format)
    percent = _percent(shown, "reported", "own", "own_difference", "timm", "difference")
    return plain(percent.fillna("").replace("nan", "").to_string(index=False), "\n") + "\n"


def comparison(found: "pd.DataFrame", format: Format) -> str:
    """Two classifiers compared, from :func:`workbench.score.paired.comparing.compare`; in points for people."""
    if format is not Format.table:
        return _for_programs(found, format)
    one = found.to_dict("records")[0]
    first, second, n = plain(one["first"]), plain(one["second"]), one["n_images"]
    needed = "the difference is zero: no number of pictures tells them apart"
    if one["difference"]:
        needed = f"about {one['images_needed']:,} pictures tell such a difference apart (80 % power at 5 %)"
    p = f"{one['p']:.2g}" if one["p"] >= 1e-4 else "below 0.0001"
    rows = {
        first: f"{100 * one['value_first']:.2f} %",
        second: f"{100 * one['value_second']:.2f} %",
        "difference": "{:+.2f} points, from {:+.2f} to {:+.2f} (95 %, paired bootstrap)".format(
            *(100 * one[name] for name in ("difference", "ci_low", "ci_high"))
        ),
        "discordant": f"{one['only_first']:,} pictures only {first} gets right, {one['only_second']:,} only {second}",
        "p": f"{p} (McNemar's exact test): {'apart' if one['p'] < 0.05 else 'not told apart'} at 5 %",
        "needed": needed,
    }
    width = max(map(len, rows))
    heading = f"{one['metric']} on {n:,} pictures of {plain(one['image_set'])}, labels {plain(one['labels'])}\n"
    return heading + "".join(f"  {name:{width}}  {text}\n" for name, text in rows.items())


def _for_programs(frame: "pd.DataFrame", format: Format) -> str:
    if format is Format.csv:
        return frame.to_csv(index=False, lineterminator="\n")
    return frame.to_json(orient="records", indent=1, double_precision=15) + "\n"


def _percent(frame: "pd.DataFrame", *columns: str) -> "pd.DataFrame":
    return frame.assign(**{name: (100 * frame[name]).map("{:.2f}".format) for name in columns})


def gpu() -> str:
    """The GPUs that torch can use, in words."""
    import torch

    if not torch.cuda.is_available():
        return "none that torch can use; inference runs on the CPU"
    return ", ".join(torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count()))
