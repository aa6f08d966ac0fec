import base64
import io

import pytest
from PIL import Image

from workbench.errors import InputError
from workbench.show.thumbnails import thumbnail


def data(size, mode="RGB"):
    buffer = io.BytesIO()
    Image.new(mode, size).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("size", "options", "shown"),
    [
        ((500, 250), {}, (116, 58)),
        ((250, 500), {}, (58, 116)),
        ((500, 250), {"side": 40}, (40, 20)),
        ((30, 20), {}, (30, 20)),
    ],
)
def test_a_thumbnail_is_a_webp_file_that_fits_its_square_and_is_never_enlarged(size, options, shown):
    kind, encoded = thumbnail(data(size, "RGBA"), "x", **options).split(",")
    picture = Image.open(io.BytesIO(base64.b64decode(encoded)))
    assert (kind, picture.format, picture.size) == ("data:image/webp;base64", "WEBP", shown)


def test_what_is_no_picture_is_refused_by_name():
    with pytest.raises(InputError, match="image 'x' cannot be decoded"):
        thumbnail(b"no picture", "x")
