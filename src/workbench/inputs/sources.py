"""Public files that are not ours to copy: where they lie, and that they are what they should be.

The register is ``data/sources.toml``. A file is looked for in the mirror (``WORKBENCH_MIRROR``, a local copy laid
out as ``<owner>/<repository>/<path>``), then in the cache (``WORKBENCH_CACHE``, or the user's cache folder), which has
the same layout; :func:`fetch` downloads it there. Whatever is handed out has the registered sha256.
"""

import hashlib
import os
import shutil
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from workbench.errors import DamagedFileError, InputError, MissingSourceError, unknown
from workbench.files import writing
from workbench.progress import Event, Listener, silent, telling


@dataclass(frozen=True)
class File:
    """One registered file: its place in mirror and cache, its origin, what it must contain."""

    path: str
    url: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Source:
    """Files that belong together, under one licence."""

    name: str
    licence: str
    purpose: str
    files: tuple[File, ...]
    optional: bool = False  # large or rarely needed: fetched only by name

    @property
    def bytes(self) -> int:
        """Size of all its files."""
        return sum(file.bytes for file in self.files)


def data_dir() -> Path:
    """The ``data/`` folder of the repository, or its copy inside an installed wheel."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "data", package.parents[1] / "data"):
        if (folder / "sources.toml").is_file():
            return folder
    raise MissingSourceError(
        f"the folder data/ with sources.toml lies neither in {package} nor beside src/; reinstall the workbench"
    )


@cache
def registry() -> dict[str, Source]:
    """Every registered source by name, in the order of ``data/sources.toml``."""
    entries = tomllib.loads((data_dir() / "sources.toml").read_text(encoding="utf-8"))
    return {name: _source(name, entry) for name, entry in entries.items()}


def _source(name: str, entry: dict) -> Source:
    files = tuple(
        File(f"{entry['repository']}/{path}", entry["url"].format(path=path), **facts)
        for path, facts in entry["files"].items()
    )
    return Source(name, entry["licence"], entry["purpose"], files, entry.get("optional", False))


def source(name: str) -> Source:
    """One source. Raises `UnknownNameError`, naming the nearest, for a name that is not registered."""
    if name not in registry():
        raise unknown("source", name, list(registry()))
    return registry()[name]


def cache_dir() -> Path:
    """Where downloads are kept: ``WORKBENCH_CACHE``, or the user's cache folder."""
    if folder := os.environ.get("WORKBENCH_CACHE"):
        return Path(folder)
    import pooch

    return Path(pooch.os_cache("imagenet-workbench"))


def mirror_dir() -> Path | None:
    """The local copy named by ``WORKBENCH_MIRROR``, if one is. Raises `InputError` when it is no folder."""
    folder = os.environ.get("WORKBENCH_MIRROR")
    if not folder:
        return None
    if not Path(folder).is_dir():
        raise InputError(f"WORKBENCH_MIRROR names {folder!r}, which is no folder; correct it or unset it")
    return Path(folder)


def available(name: str) -> bool:
    """Whether every file of a source lies in the mirror or the cache (contents not yet verified)."""
    return all(_find(file) is not None for file in source(name).files)


def locate(name: str) -> dict[str, Path]:
    """Verified local paths of a source's files, by file name without extension and parent folder.

    Keys are ``<parent folder>/<stem>``, for instance ``imagenetv2-b-33/resnet50``. Raises `MissingSourceError` with the
    command that gets the files, or `DamagedFileError` where a checksum differs.
    """
    found = {}
    for file in source(name).files:
        path = _find(file)
        if path is None:
            raise MissingSourceError(how_to_fetch(name))
        _verify(path, file, path.stat().st_mtime_ns)
        found[f"{path.parent.name}/{path.stem}"] = path
    return found


def how_to_fetch(*names: str) -> str:
    """A sentence that says which sources are not at hand and how to get them."""
    wanted = ", ".join(f"{name} ({source(name).purpose}; {source(name).bytes / 1e6:.1f} MB)" for name in names)
    return (
        f"not at hand: {wanted}; get {'them' if len(names) > 1 else 'it'} with 'workbench fetch {' '.join(names)}', "
        "or set WORKBENCH_MIRROR to a local copy"
    )


def fetch(name: str, *, on_event: Listener = silent) -> list[Path]:
    """Bring a source into the cache, from the mirror if one is set, else over the network; verify every file.

    A file that is already there and whole is kept. `on_event` is told of bytes. Raises
    `MissingSourceError` when a download fails and `DamagedFileError` when what came has another checksum;
    nothing half-written stays.
    """
    paths = []
    with telling(on_event, Event(name, total=source(name).bytes, unit="B")) as tell:
        done = 0
        for file in source(name).files:
            target = cache_dir() / file.path
            if not (target.is_file() and sha256(target) == file.sha256):
                _bring(file, target)
            paths.append(target)
            done += file.bytes
            tell(done=done)
    return paths


def sha256(path: Path) -> str:
    """Hexadecimal sha256 of a file's contents."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _find(file: File) -> Path | None:
    folders = [folder for folder in (mirror_dir(), cache_dir()) if folder]
    return next((folder / file.path for folder in folders if (folder / file.path).is_file()), None)


@cache
def _verify(path: Path, file: File, modified: int) -> None:
    """Raise unless the contents are the registered ones; checked once for each state (`modified`) of the file."""
    seen = sha256(path)
    if seen != file.sha256:
        raise DamagedFileError(
            f"{path} has sha256 {seen[:12]}… and {path.stat().st_size} bytes, expected {file.sha256[:12]}… and "
            f"{file.bytes}; remove it and fetch it again"
        )


def _bring(file: File, target: Path) -> None:
    mirror = mirror_dir()
    if mirror and (mirror / file.path).is_file():
        copy = mirror / file.path
        _verify(copy, file, copy.stat().st_mtime_ns)
        with copy.open("rb") as origin, writing(target) as stream:
            shutil.copyfileobj(origin, stream)
    else:
        _download(file, target)


def _download(file: File, target: Path) -> None:
    import pooch
    import requests

    pooch.get_logger().setLevel("WARNING")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        pooch.retrieve(file.url, f"sha256:{file.sha256}", fname=target.name, path=target.parent)
    except requests.RequestException as error:
        raise MissingSourceError(
            f"{file.url} could not be downloaded ({type(error).__name__}); check the network, or set "
            "WORKBENCH_MIRROR (or --mirror) to a local copy laid out as <owner>/<repository>/<path>"
        ) from error
    except ValueError as error:
        raise DamagedFileError(
            f"what {file.url} returned is not the registered file ({error}); nothing was kept. Try again later, "
            "or get the file elsewhere and put it under WORKBENCH_MIRROR"
        ) from error
