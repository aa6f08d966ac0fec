"""Each reader of what users bring, valid files for it, and what is put to it in their place."""

import io
import json
import re
import tarfile
import tempfile
import warnings
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck
from hypothesis import strategies as st
from PIL import Image
from tests.fuzz.hostile import changed_json, csv, damaged, parquet, written

from workbench.errors import WorkbenchError
from workbench.inputs import checkpoints, images, labels, opening, prompts, questions
from workbench.inputs.images import ImageSet
from workbench.inputs.labels import agreement, decisions
from workbench.inputs.patchml import boxes, plans
from workbench.inputs.published import leaderboards
from workbench.predict import imports, journal, store
from workbench.predict.asking import answers
from workbench.predict.asking.answers import Answers


class Reader(NamedTuple):
    """A reader: `read` takes the path of a file that ends in `suffix`; `valid` are contents that it takes."""

    suffix: str
    read: Callable[[Path], object]
    valid: list[bytes]
    built: Sequence[st.SearchStrategy[bytes]] = ()

    def inputs(self) -> st.SearchStrategy[bytes]:
        """Valid contents, these damaged, and what is built to be hostile."""
        return st.one_of(st.sampled_from(self.valid), damaged(self.valid), *self.built)


def outcome(reader: Reader, data: bytes, folder: Path) -> str:
    """How reading ends, in words without names and numbers; lets everything through that is no sentence for users."""
    path = folder / f"input{reader.suffix}"
    path.write_bytes(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reader.read(path)
    except WorkbenchError as error:
        return f"{type(error).__name__}: {_skeleton(str(error))}"
    except OSError as error:
        if error.errno is None:  # the command line makes a sentence of the others
            raise
        return type(error).__name__
    return "read"


def _skeleton(text: str) -> str:
    return " ".join(re.findall(r"[A-Za-z]{3,}", re.sub(r"'[^']*'|\"[^\"]*\"|/\S+|\[.*\]|\(.*", "", text)))[:60]


def _opened(path: Path) -> None:
    """Every picture of what a path names, fetched and decoded as a run does: those that cannot be are failures."""
    found = opening.open_set(path)
    for image in found.images:
        _decoded(found, image)


def _decoded(found: ImageSet, image: str) -> None:
    with suppress(WorkbenchError, OSError):
        images.decode(found.read(image), image)


def _folder(path: Path) -> None:
    """A folder with one picture, called what the file holds."""
    name = path.read_bytes().replace(b"/", b"").replace(b"\0", b"")[:200] + b".png"
    folder = path.with_suffix("")
    folder.mkdir(exist_ok=True)
    picture = Path(folder, name.decode(errors="surrogateescape"))
    picture.write_bytes(_picture("png"))
    try:
        store.from_arrays("mine", "mine", images.folder(folder).images, np.array([[1, 2]])).images.tolist()
    finally:
        picture.unlink()


def _judged(path: Path) -> None:
    merged = agreement.merge([path])
    repr((merged.alpha, merged.disputed, merged.labels.mapping()))


def _writing(path: Path) -> None:
    for left in path.parent.glob("*.rest"):
        left.unlink()
    opened = decisions.Decisions(path, "ada")
    opened.verdicts("a.jpg")
    opened.close()


def _imported(path: Path) -> None:
    imports.import_file(path, checkpoint="mine", image_set="mine", protocol="crop")


def _imported_beside(path: Path) -> None:
    listed = path.with_name("listed.txt")
    listed.write_text("a.jpg\nb.jpg\n")
    imports.import_file(path, checkpoint="mine", image_set="mine", protocol="crop", images=listed)


KEY = {"topk": 2, "precision": "fp32"}


def _resumed(path: Path) -> None:
    """The journal is where a run looks for it: beside the predictions, in a folder of its own."""
    target = path.parent / "target.parquet"
    place = journal.path_of(target)
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(path.read_bytes())
    one = journal.Journal(target, KEY)
    one.records()
    one.close()


@cache
def _logged() -> bytes:
    """A journal with two results, as a killed run leaves it."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "target.parquet"
        one = journal.Journal(target, KEY)
        one.append(np.arange(2), np.array([[3, 1], [2, 9]]), np.array([[0.5, 0.25], [0.5, 0.25]]))
        one.close()
        return journal.path_of(target).read_bytes()


def _headed(line: bytes) -> bytes:
    """Records under another first line, whose checksum is right."""
    return line + b" %08x\n" % zlib.crc32(line) + _logged().partition(b"\n")[2]


def _templates(path: Path) -> None:
    names = path.with_name("names.txt")
    names.write_text("\n".join(map(str, range(1000))))
    prompts.choose(str(names), str(path))


def _weights(path: Path) -> None:
    checkpoints.load(f"test_resnet@{path}")


def _picture(format: str) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.arange(12 * 16 * 3, dtype=np.uint8).reshape(12, 16, 3)).save(stream, format)
    return stream.getvalue()


def _tar() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as shard:
        for name in ("7/a.png", "7/b.jpg"):
            data = _picture("png")
            member = tarfile.TarInfo(name)
            member.size = len(data)
            shard.addfile(member, io.BytesIO(data))
    return stream.getvalue()


def _texts(*documents: Any) -> list[bytes]:
    return [json.dumps(document).encode() for document in documents]


def _arrays() -> list[bytes]:
    streams = [io.BytesIO(), io.BytesIO(), io.BytesIO()]
    np.savez(streams[0], classes=np.array([[1, 2], [3, 4]]), images=np.array(["a", "b"]))
    np.savez_compressed(
        streams[1], classes=np.array([[1], [3]]), scores=np.array([[0.5], [0.5]]), images=np.array(["a", "b"])
    )
    np.savez(streams[2], logits=np.zeros((2, 3)), images=np.array([b"a", b"b"]))
    return [stream.getvalue() for stream in streams]


def _array() -> list[bytes]:
    streams = [io.BytesIO() for _ in range(3)]
    for stream, array in zip(streams, (np.array([[1, 2], [3, 4]]), np.array([1, 2]), np.eye(2, 1000)), strict=True):
        np.save(stream, array)
    return [stream.getvalue() for stream in streams]


def _stored() -> list[bytes]:
    found = []
    for scores in (None, np.array([[0.5, 0.25], [0.5, 0.25]])):
        table = store._to_arrow(store.from_arrays("mine", "v2", ["a", "b"], np.array([[1, 2], [3, 4]]), scores))
        found.append(written(table, use_dictionary=False))
    return found


def _plan() -> tuple[bytes, dict]:
    facts = {"seed": 1, "canvas": 10, "sizes": {"2": 5}, "pictures": ""}
    row = dict(zip(plans.PLACED, ["c", 2, 0, 0, 0, 0, 5, 5, "a.jpg", 7, 0, 0, 5, 5], strict=True))
    table = pa.Table.from_pylist([row, row | {"patch": 1, "cell": 1, "x": 5, "class": 8}])
    return written(table.replace_schema_metadata({"patchml": json.dumps(facts)})), facts


def _said() -> list[Answers]:
    """Answers in words, and by likelihood."""
    numbers = {"letters": np.array([0, 1]), "tokens": np.array([1, 1]), "seconds": np.array([0.5, 0.25])}
    one = Answers("m", "few", "generate", ("a", "b"), ("A", "B"), outcomes=("letter", "letter"), **numbers)
    scored = {"mode": "likelihood", "outcomes": ("likelihood",) * 2, "scores": np.full((2, 10), 0.1, np.float32)}
    return [one, replace(one, **scored)]


def _kept(write: Callable[[Any, Path], None], what: object) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.parquet")
        write(what, path)
        return path.read_bytes()


def _kept_json(write: Callable[[Any, Path], None], what: object) -> dict:
    """The metadata of a file, without the thousand names that make it slow."""
    (kept,) = (pq.read_schema(io.BytesIO(_kept(write, what))).metadata or {}).values()
    return {key: value[:3] if key == "names" else value for key, value in json.loads(kept).items()}


def _metadata(key: str, document: Any) -> st.SearchStrategy[dict]:
    return changed_json([document]).map(lambda data: {key: data})


@cache
def _state() -> dict[str, bytes]:
    import timm
    import torch
    from safetensors.torch import save

    state = timm.create_model("test_resnet", pretrained=False).state_dict()
    stream = io.BytesIO()
    torch.save({"state_dict": state}, stream)
    return {".safetensors": save(state), ".pth": stream.getvalue()}


MAPPING, DATASET = {"a.jpg": [1, 2], "b.jpg": []}, {"image_filenames": [["a.jpg", "n01440764"], ["b.jpg", "7"]]}
LEADERS, SHARES = (
    [{"model": "a", "top1": 80.5, "rank": 1, "parameters": "2B"}, {"model": "b", "top1": "70%", "rank": 2}],
    {"a": 0.5},
)
MADE = {"image": "a.jpg", "label": 7, "verdict": "correct", "annotator": "ada", "time": "2026-11-22T10:00:00+00:00"}
BOXES = "image,class,xmin,ymin,xmax,ymax\na.jpg,7,1,2,3,4\nb.jpg,n01440764,1,2,3,4\n"
KAGGLE = "ImageId,PredictionString\na,n01440764 1 2 3 4\nb,n01440764 1 2 3 4 n01440764 1 2 3 4\n"
XML = """<annotation><filename>a.jpg</filename><object><name>n01440764</name><bndbox><xmin>1</xmin><ymin>2</ymin>
<xmax>3</xmax><ymax>4</ymax></bndbox></object></annotation>"""
TABLE = pa.table({"image": ["a", "b"], "class": [7, 8]})
PICTURES = pa.table({"image": [_picture("png"), _picture("jpeg")], "id": ["a", "b"]})
NESTED = pa.table({"image": [{"bytes": _picture("png"), "path": "a"}, {"bytes": _picture("gif"), "path": "b"}]})
IMPORTED = ["image", "class", "score", "rank", "top1", "top2", "0", "1"]
LINES = (
    "\n".join(json.dumps(MADE | {"label": label}) for label in (7, 8)) + "\n" + json.dumps(MADE | {"undo": True}) + "\n"
)
AGAIN = "\n".join(
    json.dumps(MADE | {"annotator": who, "verdict": how}) for who, how in (("b", "wrong"), ("c", "unclear"))
)
PLAN, FACTS = _plan()
ASKED = questions.draw("few", labels.from_mapping("one", {"a": [1], "b": [2]}), prompts.choose())
SAID = _said()
ANSWERED = ["image", "text", "letter", "outcome", "tokens", "seconds", "scores"]
STORED = {"checkpoint": "mine", "image_set": "v2", "protocol": "crop", "source": "run", "provenance": {"failures": {}}}
lines = st.lists(changed_json([MADE, MADE | {"undo": True}, MADE | {"annotator": "bob"}]), min_size=1, max_size=4)
text = st.one_of(st.binary(max_size=60), st.text(max_size=40).map(lambda text: text.encode(errors="replace")))

READERS = {
    "labels, json": Reader(
        ".json", lambda path: labels.load(str(path)), _texts(MAPPING, DATASET), [changed_json([MAPPING, DATASET])]
    ),
    "labels, csv": Reader(
        ".csv", lambda path: labels.load(str(path)), [b"image,class\na,7\na,8\nb,\n"], [csv(["image", "class"])]
    ),
    "labels, parquet": Reader(
        ".parquet", lambda path: labels.load(str(path)), [written(TABLE)], [parquet(["image", "class"])]
    ),
    "decisions": Reader(".jsonl", _judged, [LINES.encode(), AGAIN.encode()], [lines.map(b"\n".join)]),
    "decisions, writing": Reader(".jsonl", _writing, [LINES.encode(), AGAIN.encode()], [lines.map(b"\n".join)]),
    "pictures": Reader(
        ".png",
        lambda path: images.decode(path.read_bytes(), "a"),
        [_picture(kind) for kind in ("png", "jpeg", "gif", "webp", "bmp", "tiff")],
    ),
    "pictures, folder": Reader(".d", _folder, [b"a", "é".encode()], [text]),
    "pictures, list": Reader(".txt", _opened, [b"a.png\nb.png\n"], [text]),
    "pictures, tar": Reader(".tar", _opened, [_tar()]),
    "pictures, parquet": Reader(
        ".parquet",
        _opened,
        [written(PICTURES), written(NESTED), written(PICTURES, compression="zstd", row_group_size=1)],
        [parquet(["image", "id"])],
    ),
    "boxes, csv": Reader(".csv", boxes.read, [BOXES.encode()], [csv(BOXES.split("\n")[0].split(","))]),
    "boxes, Kaggle": Reader(".csv", boxes.read, [KAGGLE.encode()], [csv(["ImageId", "PredictionString"])]),
    "boxes, parquet": Reader(
        ".parquet", boxes.read, [written(pa.table({name: [1, 2] for name in boxes.COLUMNS}))], [parquet(boxes.COLUMNS)]
    ),
    "boxes, xml": Reader(".xml", lambda path: boxes.read(path.parent), [XML.encode()]),
    "plans": Reader(
        ".parquet",
        lambda path: plans.label_set(plans.read(path)),
        [PLAN],
        [parquet(plans.PLACED, _metadata("patchml", FACTS))],
    ),
    "leaderboards, json": Reader(
        ".json", leaderboards.read, _texts(LEADERS, SHARES), [changed_json([LEADERS, SHARES])]
    ),
    "leaderboards, csv": Reader(
        ".csv",
        leaderboards.read,
        [b"model,top1,rank\na,80.5,1\nb,70%,2\n"],
        [csv(["model", "top1", "rank", "parameters"])],
    ),
    "leaderboards, parquet": Reader(
        ".parquet",
        leaderboards.read,
        [written(pa.table({"model": ["a", "b"], "score": [1.0, 0.5]}))],
        [parquet(["model", "top1", "rank", "parameters"])],
    ),
    "checkpoints, list": Reader(
        ".txt", lambda path: checkpoints.expand([str(path)]), [b"resnet50  # one\ntest_res*\n"], [text]
    ),
    "class names": Reader(
        ".txt",
        lambda path: prompts.choose(str(path), "a {}").choices(),
        [b"\n".join(b"c%d" % i for i in range(1000))],
        [text],
    ),
    "templates": Reader(".txt", _templates, [b"a photo of {}\nart of {}\n"], [text]),
    "predictions": Reader(
        ".parquet", store.read, _stored(), [parquet(["image", "classes", "scores"], _metadata("workbench", STORED))]
    ),
    "journal": Reader(
        ".journal", _resumed, [_logged()], [changed_json([{"key": KEY, "restart": ["a.parquet"]}]).map(_headed)]
    ),
    "questions": Reader(
        ".parquet",
        questions.read,
        [_kept(questions.write, ASKED)],
        [parquet(["image", "options", "answer"], _metadata("workbench-questions", _kept_json(questions.write, ASKED)))],
    ),
    "answers": Reader(
        ".parquet",
        answers.read,
        [_kept(answers.write, one) for one in SAID],
        [parquet(ANSWERED, _metadata("workbench-answers", _kept_json(answers.write, SAID[0])))],
    ),
    "import, csv": Reader(
        ".csv", _imported, [b"image,class,score\na,7,0.5\nb,8,0.5\n", b"image,top1,top2\na,7,8\n"], [csv(IMPORTED)]
    ),
    "import, parquet": Reader(".parquet", _imported, [written(TABLE)], [parquet(IMPORTED[:4]), parquet(IMPORTED)]),
    "import, npy": Reader(".npy", _imported_beside, _array()),
    "import, npz": Reader(".npz", _imported, _arrays()),
    "image list, json": Reader(
        ".json", imports.read_images, _texts(["a", "b"], DATASET), [changed_json([["a", "b"], DATASET])]
    ),
    "image list, text": Reader(".csv", imports.read_images, [b"image\na.jpg\nb.jpg\n"], [text]),
}


def reader(name: str) -> Reader:
    """A reader by its name; weights are made when they are asked for, since that imports torch."""
    return READERS[name] if name in READERS else Reader(name, _weights, [_state()[name]])


LARGE = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example, HealthCheck.filter_too_much]
NAMES = [*READERS, ".safetensors", ".pth"]
