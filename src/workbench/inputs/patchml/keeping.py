"""A PatchML set on the disk: its plan, its label set, and its pictures as a tar file or a folder."""

import io
import os
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from workbench.errors import InputError
from workbench.files import naming, writing
from workbench.inputs import labels
from workbench.inputs.images import ImageSet
from workbench.inputs.patchml import plans
from workbench.inputs.patchml.composites import Composer
from workbench.inputs.patchml.plans import Plan
from workbench.progress import Event, Listener, silent, telling
from workbench.temporary import part_folder


def write(plan: Plan, images: ImageSet, out: Path, format: str = "tar", on_event: Listener = silent) -> Path:
    """Keep a PatchML set below `out`: the plan, its label set, and the pictures; each file is whole or not there.

    `format` is ``tar`` (``patchml-<seed>.tar``, the same bytes in every run), ``folder`` (``patchml-<seed>/``, PNG
    files) or ``plan`` (no pictures). The path of what `predict` takes is returned. Raises `InputError` where a
    folder of that name is already there.
    """
    stem, composer = out / plan.name, Composer(plan, images)
    plan_file, advice = stem.with_suffix(".parquet"), "choose another --out, or remove it"
    if format == "folder" and stem.exists():  # a folder of pictures is never half replaced
        raise InputError(f"{stem} is already there; {advice}")
    if plan_file.exists() and not plans.read(plan_file).composites().equals(plan.composites()):
        raise InputError(f"{plan_file} is another plan of seed {plan.seed}, of other boxes, sizes or canvas; {advice}")
    labels.write(plans.label_set(plan), stem.with_suffix(".json"))
    plans.write(plan, plan_file)
    if format == "plan":
        return plan_file
    if format == "folder":
        _write_folder(composer, stem, on_event)
        return stem
    _write_tar(composer, stem.with_suffix(".tar"), on_event)
    return stem.with_suffix(".tar")


def _write_folder(composer: Composer, folder: Path, on_event: Listener) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with naming(folder), part_folder(folder.parent) as part:
        for image, data in _pngs(composer, on_event):
            (part / image).write_bytes(data)
        part.chmod(0o755)
        part.replace(folder)


def _write_tar(composer: Composer, path: Path, on_event: Listener) -> None:
    with writing(path) as stream, tarfile.open(fileobj=stream, mode="w") as shard:
        for image, data in _pngs(composer, on_event):
            member = tarfile.TarInfo(image)
            member.size = len(data)
            shard.addfile(member, io.BytesIO(data))


def _pngs(composer: Composer, on_event: Listener) -> Iterator[tuple[str, bytes]]:
    ids, done, name = composer.plan.composites(), 0, composer.plan.name
    with ThreadPoolExecutor(os.cpu_count()) as pool, telling(on_event, Event(name, unit=" pictures")) as tell:
        # In slices, so that no more than these wait in memory.
        for start in range(0, len(ids), 64):
            part = ids[start : start + 64]
            for pair in zip(part, pool.map(composer.png, part), strict=True):
                yield pair
                done += 1
                tell(done=done)
