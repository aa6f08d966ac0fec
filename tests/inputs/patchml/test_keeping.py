"""A set on the disk is the set in memory, whole or not there."""

import json
import stat
import tarfile

import numpy as np
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.inputs import images, labels, opening, patchml
from workbench.inputs.patchml import boxes, composites, keeping


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


def test_another_set_of_the_seed_is_not_mixed_into_a_folder(plan, pictures, tmp_path):
    keeping.write(plan, pictures, tmp_path, "plan")
    keeping.write(plan, pictures, tmp_path, "plan")
    other = patchml.plan(plan.table[["image", "class", *boxes.EDGES]].drop_duplicates(), seed=1, canvas=90)
    with pytest.raises(InputError, match="another plan of seed 1"):
        keeping.write(other, pictures, tmp_path, "tar")


def test_labels_are_plain_json(plan, pictures, tmp_path):
    keeping.write(plan, pictures, tmp_path, "plan")
    assert set(json.loads((tmp_path / "patchml-1.json").read_text())) == set(plan.composites())


def test_every_picture_is_told_and_what_predict_takes_is_returned(plan, pictures, tmp_path):
    for form, name in (("tar", "patchml-1.tar"), ("folder", "patchml-1"), ("plan", "patchml-1.parquet")):
        told = []
        path = keeping.write(plan, pictures, tmp_path / form, form, on_event=told.append)
        assert path == tmp_path / form / name
        n = 0 if form == "plan" else len(plan.composites())
        assert [event.done for event in told if event.kind == "step"] == list(range(1, n + 1))
        assert {(event.task, event.unit) for event in told} <= {("patchml-1", " pictures")}
    assert stat.S_IMODE((tmp_path / "folder" / "patchml-1").stat().st_mode) == 0o755


def test_more_pictures_than_wait_in_memory_are_kept_in_order(pictures, tmp_path):
    pool = pd.DataFrame({"image": pictures.images, "class": range(6), "xmin": 0, "ymin": 0, "xmax": 9, "ymax": 9})
    plan = patchml.plan(pool, seed=2, canvas=20, counts=[2], composites=130)
    with tarfile.open(keeping.write(plan, pictures, tmp_path)) as shard:
        assert shard.getnames() == list(plan.composites())


def test_a_full_disk_is_told_of_the_folder_that_was_asked_for(plan, pictures, tmp_path, monkeypatch):
    def full(self, data):
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(type(tmp_path), "write_bytes", full)
    with pytest.raises(OSError, match=rf"No space left on device: '{tmp_path}/patchml-1'"):
        keeping.write(plan, pictures, tmp_path, "folder")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["patchml-1.json", "patchml-1.parquet"]
