import errno
import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from workbench.errors import InputError
from workbench.inputs import images, patchml
from workbench.inputs.images import ImageSet
from workbench.inputs.patchml import composites


def slow_composite(plan, pictures, composite):
    """One patch after the other from the original picture, with Pillow's paste."""
    canvas = Image.new("RGB", (plan.canvas, plan.canvas))
    for row in plan.table[plan.table["composite"] == composite].itertuples():
        picture = Image.open(io.BytesIO(pictures.read(row.image))).convert("RGB")
        patch = picture.crop((row.xmin, row.ymin, row.xmax, row.ymax))
        canvas.paste(patch.resize((row.width, row.height), Image.Resampling.BICUBIC), (row.x, row.y))
    return np.asarray(canvas)


def test_composites_equal_a_slow_reference(plan, pictures):
    made = composites.image_set(plan, pictures)
    assert made.name == "patchml-1"
    assert len(made) == 18 // 2 + 18 // 3 + 18 // 4 + 18 // 6 + 18 // 9
    for composite in made.images:
        found = np.asarray(images.decode(made.read(composite), composite))
        np.testing.assert_array_equal(found, slow_composite(plan, pictures, composite))


def test_each_picture_is_decoded_once_also_from_many_threads(plan, pictures):
    made = composites.image_set(plan, pictures)
    with ThreadPoolExecutor(8) as pool:
        first = list(pool.map(made.read, made.images))
    assert sorted(pictures.reads) == sorted(pictures.images)
    assert first == [made.read(image) for image in reversed(made.images)][::-1]
    again = composites.image_set(plan, pictures)
    assert [again.read(image) for image in made.images] == first


def test_patches_beyond_memory_go_to_a_file(plan, pictures, monkeypatch):
    whole = [*map(composites.image_set(plan, pictures).read, plan.composites())]
    monkeypatch.setattr(composites, "IN_MEMORY", 1000)
    assert [*map(composites.image_set(plan, pictures).read, plan.composites())] == whole


def test_a_disk_too_small_for_the_patches_says_so(plan, pictures, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(composites, "IN_MEMORY", 1000)
    monkeypatch.setattr(composites.os, "posix_fallocate", full)
    made = composites.image_set(plan, pictures)
    with pytest.raises(OSError, match=r"No space left.*the patches take 0\.0 GB; point TMPDIR"):
        made.read(made.images[0])


def test_a_picture_of_the_plan_that_is_not_there_is_named(plan, pictures):
    with pytest.raises(InputError, match=r"1 pictures of plan patchml-1, 'p0\.png' among them, are not in image set"):
        composites.image_set(plan, ImageSet("less", pictures.images[1:], pictures.read))
    with pytest.raises(
        InputError, match=r"2 pictures of plan patchml-1, 'p0\.png' among them, .*'less'; give the pictures"
    ):
        composites.image_set(plan, ImageSet("less", pictures.images[2:], pictures.read))


def test_a_picture_that_cannot_be_decoded_spoils_only_its_composites(plan, pictures):
    cut = ImageSet("mine", pictures.images, lambda image: pictures.read(image)[: 200 if image == "p0.png" else None])
    made = composites.image_set(plan, cut)
    with_it = set(plan.table.loc[plan.table["image"] == "p0.png", "composite"])
    for image in made.images:
        if image in with_it:
            with pytest.raises(InputError, match=r"image 'p0\.png' cannot be decoded"):
                made.read(image)
        else:
            assert made.read(image)


def test_a_picture_that_was_replaced_by_a_smaller_one_is_refused(plan, pictures):
    buffer = io.BytesIO()
    Image.new("RGB", (10, 10)).save(buffer, "PNG")
    made = composites.image_set(plan, ImageSet("mine", pictures.images, lambda image: buffer.getvalue()))
    with pytest.raises(InputError, match=r"is 10 x 10 pixels, but plan patchml-1 cuts up to .* build the plan again"):
        made.read(made.images[0])


def shrunk(pictures, image, by):
    """The same pictures, one of them smaller by so many columns and rows, cut at its right and lower edge."""
    picture = Image.open(io.BytesIO(pictures.read(image)))
    buffer = io.BytesIO()
    picture.crop((0, 0, picture.width - by[0], picture.height - by[1])).save(buffer, "PNG")
    cut = buffer.getvalue()
    return ImageSet("mine", pictures.images, lambda name: cut if name == image else pictures.read(name))


@pytest.mark.parametrize(("by", "fits"), [((0, 0), True), ((1, 0), False), ((0, 1), False)])
def test_a_patch_up_to_the_edge_is_whole_and_none_is_padded_black_beyond_it(pictures, by, fits):
    pool = pd.DataFrame({"image": ["p0.png"] * 2, "class": [0, 1], "xmin": 70, "ymin": 50, "xmax": 80, "ymax": 60})
    plan = patchml.plan(pool, seed=1, canvas=96, counts=[2])
    made = composites.image_set(plan, shrunk(pictures, "p0.png", by))
    if not fits:
        seen = f"'p0.png' is {80 - by[0]} x {60 - by[1]} pixels, but plan patchml-1 cuts up to \\(80, 60\\) from it"
        with pytest.raises(InputError, match=seen):
            made.read(made.images[0])
    else:
        found = np.asarray(images.decode(made.read(made.images[0]), "x"))
        np.testing.assert_array_equal(found, slow_composite(plan, pictures, made.images[0]))


def test_a_composite_is_its_own_as_ppm_and_as_png(plan, pictures):
    composer = composites.Composer(plan, pictures)
    for composite in plan.composites()[[0, -1]]:
        expected = slow_composite(plan, pictures, composite)
        assert expected.shape == (96, 96, 3)
        for data, kind in ((composer.read(composite), "PPM"), (composer.png(composite), "PNG")):
            picture = Image.open(io.BytesIO(data))
            assert picture.format == kind
            np.testing.assert_array_equal(np.asarray(picture), expected)


def test_room_up_to_the_limit_is_memory_and_beyond_it_a_file(monkeypatch):
    monkeypatch.setattr(composites, "IN_MEMORY", 1000)
    assert not isinstance(composites._room(1000), np.memmap)
    beyond = composites._room(1001)
    assert isinstance(beyond, np.memmap)
    assert beyond.shape == (1001,)
