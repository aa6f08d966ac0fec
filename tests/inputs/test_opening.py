"""The path says which reader takes it, and a plan brings its pictures along."""

import tarfile
from pathlib import Path

import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.inputs import images, opening, patchml

POOL = {"class": range(4), "xmin": 0, "ymin": 0, "xmax": 30, "ymax": 20}


@pytest.fixture
def folder(tmp_path):
    """Four pictures of the sample, named a to d."""
    sample = images.sample()
    (tmp_path / "mine").mkdir()
    for name, image in zip("abcd", sample.images, strict=False):
        (tmp_path / "mine" / f"{name}.jpg").write_bytes(sample.read(image))
    return tmp_path / "mine"


def plan_of(pictures, path, ids):
    plan = patchml.plan(pd.DataFrame({"image": ids, **POOL}), seed=3, counts=[2], canvas=96, pictures=pictures)
    patchml.write(plan, path)
    return plan


def test_a_folder_with_shards_is_its_shards_and_without_them_its_pictures(folder):
    assert opening.open_set(folder).images == ("a.jpg", "b.jpg", "c.jpg", "d.jpg")
    assert opening.open_set(folder).name == "mine"
    with tarfile.open(folder / "0.tar", "w") as shard:
        shard.add(folder / "c.jpg", "c.jpg")
    found = opening.open_set(folder)
    assert (found.name, found.images) == ("mine", ("c.jpg",))
    assert opening.open_set(folder, "other").name == "other"
    one = opening.open_set(str(folder / "0.tar"))
    assert (one.name, one.read("c.jpg")) == ("0", (folder / "c.jpg").read_bytes())


def test_a_plan_is_opened_with_the_pictures_that_it_names(folder, tmp_path):
    plan = plan_of(str(folder), tmp_path / "plan.parquet", ["a.jpg", "b.jpg", "c.jpg", "d.jpg"])
    found = opening.open_set(f"patchml:{tmp_path / 'plan.parquet'}")
    assert (found.name, found.images) == ("patchml-3", tuple(plan.composites()))
    assert images.decode(found.read(found.images[0]), "x").size == (96, 96)
    assert opening.open_set(f"patchml:{tmp_path / 'plan.parquet'}", "mine").name == "mine"


def test_a_plan_that_names_no_pictures_is_of_the_sample(tmp_path):
    plan_of("", tmp_path / "plan.parquet", images.sample().images[:4])
    assert len(opening.open_set(f"patchml:{tmp_path / 'plan.parquet'}")) == 2


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("absent", "is no folder, tar shard"),
        ("there.csv", r"is no folder, tar shard \(\.tar\), Parquet file"),
        ("absent.tar", "there is no file"),
        ("absent.parquet", "there is no file"),
        ("absent.txt", "there is no file"),
    ],
)
def test_what_holds_no_pictures_is_refused_by_name(tmp_path, name, message):
    (tmp_path / "there.csv").write_text("a,b\n")
    with pytest.raises(InputError, match=message) as raised:
        opening.open_set(tmp_path / name)
    assert name in str(raised.value)


def test_an_absolute_path_opens_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert opening.absolute("mine") == str(Path.cwd() / "mine")
    assert opening.absolute("patchml:plan.parquet") == f"patchml:{Path.cwd() / 'plan.parquet'}"
    assert opening.absolute(f"{tmp_path}/x/../y") == str(tmp_path.resolve() / "y")
