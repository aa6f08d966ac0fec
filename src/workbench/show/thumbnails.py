"""Pictures small enough for a page."""

import base64
import io

from workbench.inputs.images import decode

SIDE = 116  # of a thumbnail, in pixels


def thumbnail(data: bytes, image: str, side: int = SIDE) -> str:
    """A picture as the data URL of a JPEG that fits a square of `side` pixels."""
    picture = decode(data, image)
    picture.thumbnail((side, side))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"
