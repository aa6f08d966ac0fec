"""Published pictures: the 20 of foolbox, and the 200 sample pictures where the mirror is at hand."""

import os
from pathlib import Path

import pytest

from workbench.inputs import images


@pytest.fixture(scope="session")
def published():
    """Both as one image set."""
    root = Path(os.environ.get("WORKBENCH_MIRROR", "absent")) / "EliSchwartz" / "imagenet-sample-images"
    if not root.is_dir() and os.environ.get("WORKBENCH_REQUIRE_SOURCES"):
        pytest.fail(f"WORKBENCH_REQUIRE_SOURCES is set, but {root} is not at hand")
    return images.together("published", [images.sample(), *([images.folder(root)] if root.is_dir() else [])])
