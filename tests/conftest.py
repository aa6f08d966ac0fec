"""What several tests need: whether the public files are at hand, and a small world to score."""

import os
from pathlib import Path

import numpy as np
import pytest

from workbench.inputs import sources

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def public_files() -> None:
    """Skip, or fail where WORKBENCH_REQUIRE_SOURCES is set, unless every public file but the optional is at hand."""
    missing = [name for name, one in sources.registry().items() if not one.optional and not sources.available(name)]
    if missing and os.environ.get("WORKBENCH_REQUIRE_SOURCES"):
        pytest.fail(f"WORKBENCH_REQUIRE_SOURCES is set, but {', '.join(missing)} are not at hand")
    if missing:
        pytest.skip(f"needs the public files {', '.join(missing)}: workbench fetch, or set WORKBENCH_MIRROR")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def no_sources(tmp_path, monkeypatch) -> Path:
    """A machine that has neither mirror nor cache."""
    monkeypatch.delenv("WORKBENCH_MIRROR", raising=False)
    monkeypatch.setenv("WORKBENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path
