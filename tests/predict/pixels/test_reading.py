import warnings
from typing import Any

import numpy as np
import pytest
from PIL import Image

from workbench.inputs.images import ImageSet
from workbench.predict import pixels
from workbench.predict.pixels import resizing

INPUT = {"input_size": (3, 32, 24), "interpolation": "bicubic", "crop_pct": 0.875, "crop_mode": "center"}


def picture(size):
    values = np.random.default_rng(0).integers(0, 256, (5, 6, 3), dtype=np.uint8)
    return Image.fromarray(values).resize(size)


@pytest.mark.parametrize("protocol", ["resize", "crop"])
def test_checkpoints_that_only_normalise_differently_share_a_geometry(protocol):
    one, other = INPUT | {"mean": (0.5,) * 3, "std": (0.5,) * 3}, INPUT | {"mean": (0.4,) * 3, "std": (0.2,) * 3}
    assert pixels.geometry(one, protocol) == pixels.geometry(other, protocol)


@pytest.mark.parametrize("change", [{"input_size": (3, 24, 32)}, {"interpolation": "bilinear"}])
@pytest.mark.parametrize("protocol", ["resize", "crop"])
def test_another_size_or_interpolation_is_another_geometry(protocol, change):
    assert pixels.geometry(INPUT, protocol) != pixels.geometry(INPUT | change, protocol)


@pytest.mark.parametrize("change", [{"crop_pct": 1.0}, {"crop_mode": "border"}])
def test_only_the_protocol_crop_heeds_how_a_checkpoint_crops(change):
    assert pixels.geometry(INPUT, "resize") == pixels.geometry(INPUT | change, "resize")
    assert pixels.geometry(INPUT, "crop") != pixels.geometry(INPUT | change, "crop")


def resized(input, protocol, source):
    return resizing.resizer(pixels.geometry(input, protocol))(source)


@pytest.mark.parametrize(
    ("name", "filter"), [("bicubic", Image.Resampling.BICUBIC), ("bilinear", Image.Resampling.BILINEAR)]
)
def test_resize_squashes_the_whole_picture_to_the_input_size(name, filter):
    source = picture((300, 200))
    found = resized(INPUT | {"interpolation": name}, "resize", source)
    assert (found.dtype, found.shape) == (np.uint8, (32, 24, 3))
    assert (found == np.asarray(source.resize((24, 32), filter))).all()


def test_crop_sees_less_of_the_picture_than_resize():
    """A white frame around a black middle: the centre crop of 0.875 does not reach the frame."""
    framed = Image.new("RGB", (224, 224), "white")
    framed.paste((0, 0, 0), (8, 8, 216, 216))
    square = INPUT | {"input_size": (3, 224, 224)}
    assert resized(square, "resize", framed)[0, 0].tolist() == [255] * 3
    assert resized(square, "crop", framed)[0, 0].tolist() == [0] * 3


@pytest.mark.parametrize("crop_mode", [None, "center", "border", "squash"])
@pytest.mark.parametrize("size", [(300, 200), (10, 400), (1, 1)])
def test_crop_gives_the_pixels_of_timms_own_transform(crop_mode, size):
    from timm.data.transforms_factory import create_transform

    source = picture(size)
    expected = INPUT | {"input_size": (3, 32, 32), "crop_mode": crop_mode, "mean": (0.0,) * 3, "std": (1.0,) * 3}
    transform: Any = create_transform(**expected)
    own = transform(source)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = resized(expected, "crop", source)
    assert (found == (own.numpy().transpose(1, 2, 0) * 255).round()).all()


def test_a_border_shows_the_mean_and_a_narrow_crop_less_of_the_picture():
    white = Image.new("RGB", (100, 100), "white")
    square = INPUT | {"input_size": (3, 64, 64), "crop_mode": "border", "crop_pct": 1.0, "mean": (0.2, 0.4, 0.6)}
    found = resized(square, "crop", white.resize((100, 50)))
    assert found[0, 0].tolist() == [51, 102, 153]
    assert found[32, 32].tolist() == [255] * 3


def test_a_batch_holds_what_decodes_for_each_geometry_and_why_the_rest_does_not(pictures):
    small = pictures(6, broken={1, 4})
    one, other = (pixels.geometry(INPUT | {"input_size": size}, "resize") for size in ((3, 8, 9), (3, 5, 4)))
    batch = pixels.read(small, {one: resizing.resizer(one), other: resizing.resizer(other)}, np.array([0, 1, 3, 4]))
    assert batch.rows.tolist() == [0, 3]
    assert sorted(batch.failures) == ["001.png", "004.png"]
    assert all("no picture that Pillow knows" in reason for reason in batch.failures.values())
    assert {key: tuple(tensor.shape) for key, tensor in batch.pixels.items()} == {
        one: (2, 8, 9, 3),
        other: (2, 5, 4, 3),
    }
    for key in (one, other):
        alone = pixels.read(small, {key: resizing.resizer(key)}, np.array([3])).pixels[key]
        assert (batch.pixels[key][1] == alone[0]).all()


def test_a_batch_of_broken_pictures_has_no_pixels(pictures):
    key = pixels.geometry(INPUT, "resize")
    batch = pixels.read(pictures(3, broken=range(3)), {key: resizing.resizer(key)}, np.arange(3))
    assert (batch.rows.tolist(), batch.pixels, len(batch.failures)) == ([], {}, 3)


def test_a_file_that_cannot_be_read_is_a_failure_and_another_error_is_not():
    def read(image):
        raise {"gone": OSError("it went away"), "odd": KeyError("odd")}[image]

    broken = ImageSet("mine", ("gone", "odd"), read)
    assert pixels.read(broken, {}, np.array([0])).failures == {"gone": "it went away"}
    with pytest.raises(KeyError, match="odd"):
        pixels.read(broken, {}, np.array([1]))


@pytest.mark.parametrize("mode", ["center", "border", "squash"])
@pytest.mark.parametrize("side", [(224, 224), (192, 256)])
@pytest.mark.parametrize("size", [(500, 375), (375, 500), (1000, 20), (20, 1000), (40, 36)])
def test_what_a_picture_is_scaled_to_is_what_timm_scales_it_to(mode, side, size, monkeypatch):
    one = (side, "bicubic", 0.9, mode, (0.5, 0.5, 0.5) if mode == "border" else None)
    seen, resize = [], Image.Image.resize

    def watched(picture, size, *args, **options):
        seen.append(size)
        return resize(picture, size, *args, **options)

    monkeypatch.setattr(Image.Image, "resize", watched)
    resizing._timm(one)(Image.new("RGB", size))
    assert np.abs(np.subtract(seen[0], pixels.scaled(size, one))).max() <= 1


def test_a_resize_that_fails_is_told_and_the_others_go_on(pictures):
    def fails(picture):
        raise MemoryError

    images = pictures(2)
    found = pixels.read(images, {((8, 8), "bicubic", 1.0, "squash", None): fails}, np.arange(2))
    assert found.failures["000.png"] == "image '000.png', 40 x 36 pixels, cannot be resized: MemoryError"
