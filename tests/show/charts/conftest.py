"""Pictures made of one colour, and the picture in a data URL."""

import base64
import io

import pytest
from PIL import Image

from workbench.inputs.images import ImageSet


def _png(size: tuple[int, int]) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "gray").save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="session")
def plain_pictures():
    """Makes an image set of plain pictures from ``{id: (width, height)}``."""
    return lambda sizes: ImageSet("plain", tuple(sizes), {name: _png(size) for name, size in sizes.items()}.__getitem__)


@pytest.fixture(scope="session")
def size_of():
    """Width and height of the picture in a data URL."""
    return lambda url: Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).size
