import io
import struct
import zlib

import numpy as np
import pytest
import simplejpeg
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from workbench.errors import InputError
from workbench.inputs import images


def picture(mode="RGB", size=(30, 20)):
    values = np.random.default_rng(0).integers(0, 256, (5, 6, 4), dtype=np.uint8)
    smooth = Image.fromarray(values, "RGBA" if mode == "RGBA" else None).resize(size)
    if mode == "I;16":
        return Image.fromarray(np.random.default_rng(0).integers(0, 65536, size[::-1], dtype=np.uint16))
    return smooth if mode == "RGBA" else smooth.convert("RGB").convert(mode)


def encoded(image, format, **options):
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def rotated():
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn me by 90 degrees"
    return encoded(picture(), "JPEG", exif=exif)


GOOD = {
    "png": encoded(picture(), "PNG"),
    "jpeg": encoded(picture(), "JPEG"),
    "webp": encoded(picture(), "WEBP"),
    "gif": encoded(picture("P"), "GIF"),
    "bmp": encoded(picture(), "BMP"),
    "tiff": encoded(picture(), "TIFF"),
    "grey": encoded(picture("L"), "PNG"),
    "grey jpeg": encoded(picture("L"), "JPEG"),
    "black and white": encoded(picture("1"), "PNG"),
    "cmyk jpeg": encoded(picture("CMYK"), "JPEG"),
    "palette": encoded(picture("P"), "PNG"),
    "palette with transparency": encoded(picture("P"), "PNG", transparency=3),
    "rgba": encoded(picture("RGBA"), "PNG"),
    "rgba webp": encoded(picture("RGBA"), "WEBP"),
    "16 bit": encoded(picture("I;16"), "PNG"),
    "rotated by exif": rotated(),
}


@pytest.mark.parametrize("kind", GOOD)
def test_a_picture_becomes_what_pillow_makes_of_it(kind):
    found = images.decode(GOOD[kind], "x")
    expected = Image.open(io.BytesIO(GOOD[kind])).convert("RGB")
    assert (found.mode, found.size) == ("RGB", (30, 20))  # not turned, as timm does not
    assert found.tobytes() == expected.tobytes()


def bomb(width=60_000, height=60_000):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"", "no picture that Pillow knows"),
        (b"this is a text", "no picture that Pillow knows"),
        (GOOD["png"][:200], "truncated|broken"),
        (GOOD["jpeg"][:-100], "truncated"),
        (bomb(), "bomb"),
        (None, "no picture that Pillow knows"),
    ],
    ids=["no bytes", "text", "cut png", "cut jpeg", "bomb", "nothing"],
)
def test_what_is_no_picture_is_refused_by_name_with_the_reason(data, named):
    with pytest.raises(InputError, match=rf"image 'a/b\.jpg' cannot be decoded: .*({named})"):
        images.decode(data, "a/b.jpg")


def damaged(data, rng):
    """Bytes flipped, cut out or cut off."""
    found = bytearray(data)
    for _ in range(rng.integers(1, 20)):
        # The first bytes hold what decides how the rest is read.
        end = len(found) if rng.random() < 0.5 else min(len(found), 200)
        found[rng.integers(end)] ^= 1 << rng.integers(8)
    if rng.random() < 0.3:
        start = rng.integers(len(found))
        del found[start : start + rng.integers(1, 500)]
    if rng.random() < 0.3:
        del found[rng.integers(len(found)) :]
    return bytes(found)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("format", ["original", "JPEG", "PNG", "WEBP", "GIF"])
def test_a_hundred_damaged_pictures_are_decoded_or_refused_and_nothing_else(format):
    rng = np.random.default_rng(0)
    sample = images.sample()
    outcomes = set()
    for number in range(100):
        data = sample.read(sample.images[number % 20])
        if format != "original":
            data = encoded(Image.open(io.BytesIO(data)).convert("RGB").resize((64, 48)), format)
        try:
            found = images.decode(damaged(data, rng), "x")
            outcomes.add((found.mode, min(found.size) > 0))
        except InputError:
            outcomes.add("refused")
    assert outcomes <= {("RGB", True), "refused"}
    assert "refused" in outcomes


def pillow(data):
    with Image.open(io.BytesIO(data)) as opened:
        return np.asarray(opened.convert("RGB"))


def assert_pillows(data):
    found = images.decode(data, "a.jpg")
    assert found.mode == "RGB"
    assert np.array_equal(np.asarray(found), pillow(data))


JPEGS = st.fixed_dictionaries(
    {
        "quality": st.integers(1, 100),
        "subsampling": st.integers(0, 2),
        "progressive": st.booleans(),
        "restart_marker_blocks": st.integers(0, 3),
        "keep_rgb": st.booleans(),
    }
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["RGB", "L", "CMYK"]), st.integers(1, 70), st.integers(1, 70), st.integers(0, 99), JPEGS)
def test_a_jpeg_has_pillows_own_pixels(mode, width, height, seed, options):
    noise = np.random.default_rng(seed).integers(0, 256, (9, 9, 3), dtype=np.uint8)
    source = Image.fromarray(noise).resize((width, height)).convert(mode)
    try:
        data = encoded(source, "JPEG", **options | {"keep_rgb": options["keep_rgb"] and mode == "RGB"})
    except OSError:  # Pillow's buffer is too small for some noise
        reject()
    assert_pillows(data)


def test_published_jpegs_have_pillows_own_pixels(published):
    used = 0
    for image in published.images:
        data = published.read(image)
        assert_pillows(data)
        used += simplejpeg.decode_jpeg_header(data)[2] != "CMYK"
    assert used >= len(published) - 2


@pytest.mark.parametrize(("horizontal", "vertical"), [(1, 1), (2, 1), (1, 2), (2, 2), (4, 1)])
def test_odd_subsampling_has_pillows_own_pixels(horizontal, vertical):
    names = {(1, 1): "444", (2, 1): "422", (1, 2): "440", (2, 2): "420", (4, 1): "411"}
    values = np.random.default_rng(1).integers(0, 256, (37, 41, 3), dtype=np.uint8)
    assert_pillows(simplejpeg.encode_jpeg(values, colorsubsampling=names[horizontal, vertical]))


def test_whole_jpegs_are_simplejpegs_and_all_others_pillows(monkeypatch):
    seen, decode = [], simplejpeg.decode_jpeg

    def watched(data, *args, **options):
        seen.append(len(data))
        return decode(data, *args, **options)

    monkeypatch.setattr(simplejpeg, "decode_jpeg", watched)
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda _: pytest.fail("decoded by Pillow"))
    for name in ("jpeg", "grey jpeg", "rotated by exif"):
        images.decode(GOOD[name], name)
    monkeypatch.undo()
    monkeypatch.setattr(simplejpeg, "decode_jpeg", lambda *_: pytest.fail("decoded by simplejpeg"))
    images.decode(GOOD["cmyk jpeg"], "cmyk")
    assert len(seen) == 3


@pytest.mark.parametrize("left", [0.5, 0.9, 0.999])
def test_a_truncated_jpeg_is_refused_as_by_pillow(left):
    data = encoded(picture(size=(90, 70)), "JPEG")
    with pytest.raises(InputError, match="truncated"):
        images.decode(data[: int(len(data) * left)], "a.jpg")


def test_a_jpeg_of_another_size_than_its_header_says_is_pillows(monkeypatch):
    monkeypatch.setattr(simplejpeg, "decode_jpeg", lambda *_: np.zeros((3, 3, 4), np.uint8))
    assert_pillows(GOOD["jpeg"])
