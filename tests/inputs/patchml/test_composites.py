import errno
import io
import json
import tarfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from workbench.errors import InputError
from workbench.inputs import images, labels, opening, patchml
from workbench.inputs.images import ImageSet
from workbench.inputs.patchml import boxes, composites, keeping


@pytest.fixture
def pictures():
    """Six pictures of noise, which count how often they are read."""
    rng = np.random.default_rng(0)
    data, reads = {}, []
    for i in range(6):
        buffer = io.BytesIO()
        Image.fromarray(rng.integers(0, 256, (60 + i, 80, 3), dtype=np.uint8)).save(buffer, "PNG")
        data[f"p{i}.png"] = buffer.getvalue()

    def read(image):
        reads.append(image)
        return data[image]

    made = ImageSet("mine", tuple(data), read)
    object.__setattr__(made, "reads", reads)
    return made


@pytest.fixture
def plan():
    rows = [(f"p{i % 6}.png", i, 5 * (i // 6), 3, 40 + i, 30 + i) for i in range(18)]
    pool = pd.DataFrame(rows, columns=["image", "class", "xmin", "ymin", "xmax", "ymax"])
    return patchml.plan(pool, seed=1, canvas=96)


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


@pytest.mark.parametrize("format", ["tar", "folder"])
def test_what_is_written_is_the_same_image_set(plan, pictures, tmp_path, format):
    path = keeping.write(plan, pictures, tmp_path, format)
    made, kept = composites.image_set(plan, pictures), opening.open_set(path, "patchml-1")
    assert set(kept.images) == set(made.images)
    for image in made.images:
        np.testing.assert_array_equal(
            np.asarray(images.decode(kept.read(image), image)), np.asarray(images.decode(made.read(image), image))
        )
    own = labels.load(str(tmp_path / "patchml-1.json"))
    assert own.name == "patchml-1"
    assert {image: own.labels(image) for image in own.images} == {
        image: patchml.label_set(plan).labels(image) for image in made.images
    }


def test_a_tar_file_has_the_same_bytes_in_every_run(plan, pictures, tmp_path):
    one, two = (keeping.write(plan, pictures, tmp_path / name).read_bytes() for name in "ab")
    assert one == two
    with tarfile.open(tmp_path / "a" / "patchml-1.tar") as shard:
        assert shard.getnames() == list(plan.composites())


def test_a_plan_alone_makes_its_pictures_when_they_are_asked_for(pictures, tmp_path):
    for image in pictures.images:
        (tmp_path / image).write_bytes(pictures.read(image))
    pool = pd.DataFrame({"image": pictures.images, "class": range(6), "xmin": 0, "ymin": 0, "xmax": 50, "ymax": 40})
    plan = patchml.plan(pool, seed=5, canvas=96, counts=[2, 3], pictures=str(tmp_path))
    path = keeping.write(plan, pictures, tmp_path / "out", "plan")
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["patchml-5.json", "patchml-5.parquet"]
    made = opening.open_set(f"patchml:{path}")
    assert made.name == "patchml-5"
    assert made.read(made.images[0]) == composites.image_set(plan, pictures).read(made.images[0])


def test_a_folder_that_is_there_is_left_alone(plan, pictures, tmp_path):
    (tmp_path / "patchml-1").mkdir()
    with pytest.raises(InputError, match="already there"):
        keeping.write(plan, pictures, tmp_path, "folder")
    assert [path.name for path in tmp_path.iterdir()] == ["patchml-1"]


@pytest.mark.parametrize("format", ["tar", "folder"])
def test_a_run_that_fails_leaves_nothing_half_written(plan, pictures, tmp_path, format):
    def stop(n):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        keeping.write(plan, pictures, tmp_path, format, on_event=stop)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["patchml-1.json", "patchml-1.parquet"]


def test_a_picture_that_was_replaced_by_a_smaller_one_is_refused(plan, pictures):
    buffer = io.BytesIO()
    Image.new("RGB", (10, 10)).save(buffer, "PNG")
    made = composites.image_set(plan, ImageSet("mine", pictures.images, lambda image: buffer.getvalue()))
    with pytest.raises(InputError, match=r"is 10 x 10 pixels, but plan patchml-1 cuts up to .* build the plan again"):
        made.read(made.images[0])


def test_another_set_of_the_seed_is_not_mixed_into_a_folder(plan, pictures, tmp_path):
    keeping.write(plan, pictures, tmp_path, "plan")
    keeping.write(plan, pictures, tmp_path, "plan")
    other = patchml.plan(plan.table[["image", "class", *boxes.EDGES]].drop_duplicates(), seed=1, canvas=90)
    with pytest.raises(InputError, match="another plan of seed 1"):
        keeping.write(other, pictures, tmp_path, "tar")


def test_labels_are_plain_json(plan, pictures, tmp_path):
    keeping.write(plan, pictures, tmp_path, "plan")
    assert set(json.loads((tmp_path / "patchml-1.json").read_text())) == set(plan.composites())
