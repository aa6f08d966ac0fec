"""What produced the outputs: versions, machine, parameters, and the sha256 of every file that went in and came out."""

import json
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import workbench
from workbench.files import write_file
from workbench.inputs import classes, sources
from workbench.reproduce.notebooks import Run

PACKAGES = ("altair", "numpy", "pandas", "papermill", "pyarrow", "timm", "torch", "vl-convert-python")
EXTRAS = {  # extra -> its package, and what needs it
    "clip": ("open_clip_torch", "CLIP models need it"),
    "vlm": ("transformers", "models that are asked questions need it"),
    "openai": ("openai", "models behind a server need it"),
}
WRITTEN = ("figures", "tables", "predictions", "notebooks")


def collect(out: Path, started: float, runs: Sequence[Run], values: Mapping[str, Mapping[str, object]]) -> dict:
    """The provenance of notebooks that ran with these values from `started` (seconds since the epoch) into `out`."""
    return {
        "made": datetime.fromtimestamp(started, UTC).isoformat(timespec="seconds"),
        "versions": {"workbench": workbench.__version__, "python": platform.python_version()} | versions(),
        "machine": {"system": platform.platform(), "processor": platform.machine()},
        "notebooks": [{"name": run.name, "seconds": round(run.seconds, 1), "error": run.error} for run in runs],
        "parameters": {name: given for name, given in values.items() if given},
        "sources": {name: {"at hand": sources.available(name)} for name in sources.registry()},
        "inputs": inputs(),
        "outputs": outputs(out, started),
    }


def versions() -> dict[str, str]:
    """Installed versions of the packages that results depend on."""
    return {package: _version(package) for package in PACKAGES}


def extras() -> dict[str, str]:
    """Installed versions of the packages of extras, or how to get each and what for."""
    how = {package: f"; {why}: pip install -e '.[{extra}]'" for extra, (package, why) in EXTRAS.items()}
    found = {package: _version(package) for package in how}
    return {package: seen + how[package] * (seen == "not installed") for package, seen in found.items()}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def inputs() -> dict[str, str]:
    """sha256 of every committed input, of timm's ReaL labels, and of every registered public file that is at hand."""
    data = sources.data_dir()
    tables = sorted(data.rglob("*.*"))
    committed = {f"data/{path.relative_to(data).as_posix()}": sources.sha256(path) for path in tables}
    real = classes.timm_info("imagenet_real_labels.json")
    at_hand = [source for name, source in sources.registry().items() if sources.available(name)]
    public = {file.path: file.sha256 or "not registered" for source in at_hand for file in source.files}
    return committed | {"timm/data/_info/imagenet_real_labels.json": sources.sha256(real)} | public


def outputs(out: Path, started: float) -> dict[str, str]:
    """sha256 of every file that was written below `out` since `started`, less a second: clocks of disks are coarse."""
    files = [path for name in WRITTEN for path in sorted((out / name).rglob("*")) if path.is_file()]
    made = [path for path in files if path.stat().st_mtime >= started - 1]
    return {path.relative_to(out).as_posix(): sources.sha256(path) for path in made}


def write(facts: dict, out: Path) -> None:
    """Write ``provenance.json``."""
    write_file(out / "provenance.json", json.dumps(facts, indent=1) + "\n")
