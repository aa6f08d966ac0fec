"""What a user calls pictures, opened: the path says which reader takes it."""

from dataclasses import replace
from pathlib import Path

from workbench.errors import InputError
from workbench.inputs import images, patchml
from workbench.inputs.images import ImageSet
from workbench.inputs.patchml import composites

PLAN = "patchml:"  # comes before the path of a plan, where pictures are asked for


def open_set(path: str | Path, name: str | None = None) -> ImageSet:
    """An image set from whatever holds pictures: a folder, tar shards, a Parquet file, a text list, ``patchml:PLAN``.

    The composites of a plan are made from the pictures that it names. Raises `InputError` for anything else.
    """
    if str(path).startswith(PLAN):
        plan = patchml.read(str(path).removeprefix(PLAN))
        pictures = open_set(plan.pictures) if plan.pictures else images.sample()
        return replace(composites.image_set(plan, pictures), name=name or plan.name)
    path = Path(path)
    if path.is_dir():
        shards = sorted(path.glob("*.tar"))
        return images.tar_shards(shards, name or path.resolve().name) if shards else images.folder(path, name)
    readers = {".tar": images.tar_shards, ".parquet": images.parquet, ".txt": images.listed}
    if path.suffix not in readers:
        raise InputError(f"{path} is no folder, tar shard (.tar), Parquet file (.parquet) or list of pictures (.txt)")
    if not path.is_file():
        raise InputError(f"there is no file {path}")
    return readers[path.suffix]([path] if path.suffix == ".tar" else path, name)


def absolute(path: str) -> str:
    """What :func:`open_set` takes, so that it can be opened from another folder, too."""
    plain = path.removeprefix(PLAN)
    return f"{PLAN if plain != path else ''}{Path(plain).resolve()}"
