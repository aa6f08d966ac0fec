"""Exact pixels are those of timm's transform; fast ones are near, and are exact where no faster way is known."""

import warnings

import numpy as np
import pytest
from PIL import Image

from workbench.errors import InputError
from workbench.predict import journal
from workbench.predict.pixels import resizing


def picture(width, height, seed=0):
    noise = np.random.default_rng(seed).integers(0, 256, (max(1, height // 3), max(1, width // 3), 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((width, height))


def geometry(side=32, filter="bicubic", crop_pct=0.875, mode="center"):
    return ((side, side), filter, crop_pct, mode, (0.5,) * 3 if mode == "border" else None)


@pytest.mark.parametrize("mode", ["center", "squash"])
@pytest.mark.parametrize("filter", ["bilinear", "bicubic"])
@pytest.mark.parametrize("size", [(300, 220), (220, 300), (40, 36), (1500, 1400)])
def test_fast_pixels_are_near(mode, filter, size):
    one = geometry(64, filter, 1.0 if mode == "squash" else 0.875, mode)
    source = Image.fromarray(np.asarray(picture(9, 9))).resize(size)
    fast, exact = (resizing.resizer(one, pixels)(source).astype(int) for pixels in ("fast", "exact"))
    assert fast.shape == exact.shape == (64, 64, 3)
    assert np.abs(fast - exact).max() <= 3
    assert resizing.is_fast(one)


@pytest.mark.parametrize("one", [geometry(mode="border"), geometry(filter="lanczos"), geometry(mode="squash")])
def test_what_torch_cannot_do_stays_exact(one):
    source = picture(300, 200)
    assert not resizing.is_fast(one)
    assert np.array_equal(resizing.resizer(one, "fast")(source), resizing._timm(one)(source))


def test_fast_is_in_key_and_provenance_and_a_key_without_means_exact(tiny, pictures, run, tmp_path):
    images = pictures(3)
    exact = run(tiny(), images, out=tmp_path)
    assert (exact.provenance["pixels"], exact.provenance["key"].get("pixels")) == ("exact", None)
    with pytest.raises(InputError, match="pixels was exact, now fast"):
        run(tiny(), images, out=tmp_path, pixels="fast")
    fast = run(tiny(), images, out=tmp_path / "fast", pixels="fast")
    assert (fast.provenance["pixels"], fast.provenance["key"]["pixels"]) == ("fast", "fast")
    assert not journal.differences({"topk": 5}, {"topk": 5, "pixels": "exact"})
    with pytest.raises(InputError, match="pixels is 'quick'"):
        run(tiny(), images, pixels="quick")


def test_a_checkpoint_whose_pixels_stay_exact_is_told(tiny, pictures, run):
    with pytest.warns(UserWarning, match="stay exact for odd"):
        run(tiny("odd", interpolation="lanczos"), pictures(2), pixels="fast")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run(tiny(), pictures(2), pixels="fast")
