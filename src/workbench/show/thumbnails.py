"""Pictures small enough for a page."""

import base64
import io

from workbench.inputs.images import decode

SIDE = 116  # of a thumbnail, in pixels


def thumbnail(data: bytes, image: str, side: int = SIDE) -> str:
    """A picture as the data URL of a WebP file that fits a square of `side` pixels."""
    picture = decode(data, image)
    picture.thumbnail((side, side))
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=75)  # two thirds of a JPEG: notebooks keep them
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"
