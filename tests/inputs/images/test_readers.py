import gzip
import io
import os
import random
import subprocess
import sys
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from workbench.errors import DamagedFileError, InputError, MissingSourceError, WorkbenchError
from workbench.inputs import images, labels, opening

V1 = "ILSVRC2012_val_00000293"
V2 = "0ccba4f5e3ea53b7ba2b1d4fb4a1de1e3b2c9a10"


@pytest.fixture
def put(tmp_path):
    def write(*names):
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(name.encode())
        return tmp_path

    return write


def test_a_folder_is_read_sorted_at_any_depth_and_only_pictures(put):
    root = put("b.png", "a/z.JPG", "a/deep/er/y.webp", "a/notes.txt", "c.jpeg")
    found = images.folder(root)
    assert found.images == ("a/deep/er/y.webp", "a/z.JPG", "b.png", "c.jpeg")
    assert found.name == root.name
    assert len(found) == 4


def test_each_id_reads_its_own_bytes(put):
    found = images.folder(put("b.png", "a/z.jpg", f"x/{V1}.JPEG"), name="mine")
    assert found.name == "mine"
    assert {image: found.read(image) for image in found.images} == {
        "b.png": b"b.png",
        "a/z.jpg": b"a/z.jpg",
        V1: f"x/{V1}.JPEG".encode(),
    }


def test_a_folder_without_pictures_is_refused(put):
    with pytest.raises(InputError, match=r"holds no picture.*\.png"):
        images.folder(put("a/notes.txt"))


@pytest.mark.parametrize("name", ["absent", "file.txt"])
def test_what_is_no_folder_is_refused(put, name):
    with pytest.raises(InputError, match=f"{name} is no folder"):
        images.folder(put("file.txt") / name)


def test_one_v1_image_in_two_folders_is_refused(put):
    with pytest.raises(InputError, match="1 image id occurs twice"):
        images.folder(put(f"a/{V1}.JPEG", f"b/{V1}.JPEG", "c.jpg"))


def test_equal_names_in_two_folders_are_two_pictures(put):
    assert images.folder(put("a/x.jpg", "b/x.jpg")).images == ("a/x.jpg", "b/x.jpg")


def test_a_folder_named_like_a_picture_is_no_picture(put):
    assert images.folder(put("album.jpg/x.png")).images == ("album.jpg/x.png",)


def test_the_sample_has_20_pictures_that_decode():
    sample = images.sample()
    assert sample.name == "sample"
    assert len(set(sample.images)) == 20
    for image in sample.images:
        with Image.open(io.BytesIO(sample.read(image))) as picture:
            assert min(picture.convert("RGB").size) > 0


# --- every source of pictures -------------------------------------------------------------------------------

NAMES = ("b.png", "a/z.jpg", f"n01440764/{V1}.JPEG", f"7/{V2}.jpeg")
IDS = ("b.png", "a/z.jpg", f"n01440764/{V1}", f"7/{V2}")
NAMED = ("b.png", "a/z.jpg", V1, V2)  # in V1, in V2, and where they are only looked up


def tar(path, names, prefix=""):
    with tarfile.open(path, "w") as shard:
        for name in names:
            member = tarfile.TarInfo(prefix + name)
            member.size = len(name.encode())
            shard.addfile(member, io.BytesIO(name.encode()))
    return path


def table(path, ids, *, nested=True, key="id", **options):
    data = [name.encode() for name in ids]
    if nested:
        columns = {"image": [{"bytes": d, "path": name} for d, name in zip(data, ids, strict=True)]}
    else:
        columns = {"image": data, key: list(ids)}
    pq.write_table(pa.table(columns | {"label": [0] * len(data)}), path, **options)
    return path


def as_list(root):
    (root / "list.txt").write_text("\n".join(NAMES) + "\n\n", encoding="utf-8-sig")
    return root / "list.txt"


SOURCES = {
    "folder": lambda put: put(*NAMES),
    "tar": lambda put: tar(put() / "s.tar", NAMES),
    "parquet with structs": lambda put: table(put() / "s.parquet", NAMES),
    "parquet with id": lambda put: table(put() / "s.parquet", NAMES, nested=False),
    "parquet with image_id": lambda put: table(put() / "s.parquet", NAMES, nested=False, key="image_id"),
    "parquet with file_name": lambda put: table(put() / "s.parquet", NAMES, nested=False, key="file_name"),
    "list": lambda put: as_list(put(*NAMES)),
}


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_gives_the_same_ids_and_each_id_its_own_bytes(put, source):
    path = SOURCES[source](put)
    for name, ids in (("mine", IDS), ("v1", NAMED), ("v2", NAMED), (None, NAMED)):
        found = opening.open_set(path, name)
        assert name in (found.name, None)
        assert {image: found.read(image) for image in found.images} == {
            image: written.encode() for image, written in zip(ids, NAMES, strict=True)
        }


@pytest.mark.parametrize("source", SOURCES)
def test_eight_threads_at_once_read_the_right_bytes(tmp_path, source):
    names = [f"{i}.png" for i in range(400)]
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "list.txt").write_text("\n".join(names))
    path = {
        "folder": lambda: tmp_path,
        "list": lambda: tmp_path / "list.txt",
        "tar": lambda: tar(tmp_path / "s.tar", names),
        "parquet with structs": lambda: table(tmp_path / "s.parquet", names, row_group_size=50),
    }.get(source, lambda: table(tmp_path / "s.parquet", names, nested=False, key=source.split()[-1], row_group_size=50))
    found = opening.open_set(path())
    wanted = random.Random(0).sample(names, 400) * 2
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(found.read, wanted)) == [name.encode() for name in wanted]


def test_a_set_is_named_after_what_holds_it(put):
    root = put("b.png")
    assert opening.open_set(root).name == root.name
    assert opening.open_set(tar(root / "shard.tar", ["b.png"])).name == "shard"
    assert opening.open_set(table(root / "rows.parquet", ["b.png"])).name == "rows"


def test_folders_named_by_numbers_are_classes_though_ten_sorts_before_two(put):
    found = opening.open_set(put(*[f"{i}/x.png" for i in range(12)]))
    assert found.images[:4] == ("0/x.png", "1/x.png", "10/x.png", "11/x.png")
    truth = labels.from_folders(found.images)
    assert {image: truth.labels(image) for image in found.images} == {f"{i}/x.png": [i] for i in range(12)}


def test_folders_named_by_wordnet_ids_are_classes(put):
    truth = labels.from_folders(opening.open_set(put("n01440764/x.png", "n15075141/y.png")).images)
    assert [truth.labels(image) for image in truth.images] == [[0], [999]]


@pytest.mark.parametrize("name", ["mine", "v2-format"])
def test_pictures_of_v1_and_v2_in_class_folders_have_the_label_of_the_folder(put, name):
    found = opening.open_set(put(f"b-33/7/{V2}.jpeg", f"val/n15075141/{V1}.JPEG", f"8/{'1' * 40}.jpeg"), name)
    truth = labels.of(found.images, name)
    assert truth.mapping() == {f"8/{'1' * 40}": [8], f"7/{V2}": [7], f"n15075141/{V1}": [999]}


def test_a_folder_of_shards_is_read_in_the_order_of_their_names(tmp_path):
    tar(tmp_path / "001.tar", ["c.png", "notes.txt"])
    tar(tmp_path / "000.tar", ["b.jpg", "b.json", "a.jpg"])
    found = opening.open_set(tmp_path)
    assert found.images == ("b.jpg", "a.jpg", "c.png")
    assert [found.read(image) for image in found.images] == [b"b.jpg", b"a.jpg", b"c.png"]


def test_an_image_in_two_shards_is_refused(tmp_path):
    tar(tmp_path / "000.tar", [f"a/{V1}.JPEG"])
    tar(tmp_path / "001.tar", [f"b/{V1}.JPEG"])
    with pytest.raises(InputError, match="1 image id occurs twice"):
        opening.open_set(tmp_path)


def test_a_leading_dot_is_no_part_of_an_id(put):
    """``tar -C folder -cf x.tar .`` and ``find .`` write ``./b.png``; the folder itself gives ``b.png``."""
    root = put("b.png", "a/z.jpg")
    (root / "list.txt").write_text("./b.png\n./a/z.jpg\n")
    for path in (tar(root / "s.tar", ["b.png", "a/z.jpg"], prefix="./"), root / "list.txt"):
        assert set(opening.open_set(path).images) == {"b.png", "a/z.jpg"}


# Two members of 512 bytes header and 512 bytes contents each, then zeros.
@pytest.mark.parametrize("size", [0, 100, 512, 513, 1024, 1100, 1536, 1537, 2047])
def test_a_truncated_tar_is_refused_wherever_it_is_cut(tmp_path, size):
    path = tar(tmp_path / "s.tar", ["a.png", "b.png"])
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(DamagedFileError, match=r"s\.tar (is truncated: it ends without|cannot be read )"):
        opening.open_set(path)


def test_a_compressed_tar_is_refused(tmp_path):
    (tmp_path / "s.tar").write_bytes(gzip.compress(tar(tmp_path / "t.tar", ["a.png"]).read_bytes()))
    with pytest.raises(DamagedFileError, match=r"s\.tar.*uncompressed"):
        opening.open_set(tmp_path / "s.tar")


def test_a_truncated_parquet_file_is_refused(tmp_path):
    path = table(tmp_path / "s.parquet", ["a.png", "b.png"])
    for size in (0, 3, 100, path.stat().st_size - 1):
        cut = tmp_path / f"{size}.parquet"
        cut.write_bytes(path.read_bytes()[:size])
        with pytest.raises(DamagedFileError, match=rf"{size}\.parquet.*truncated"):
            opening.open_set(cut)


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        ({"image": [b"x"]}, "'image'"),
        ({"picture": [b"x"], "id": ["a"]}, "picture"),
        ({"image": [b"x", b"y"], "id": ["a", None]}, "without an id"),
        ({"image": [{"bytes": b"x", "path": None}]}, "without an id"),
        ({"image": [{"bytes": b"x"}]}, "path"),
        ({"image": [b"x", b"y"], "id": ["a", "a"]}, "1 image id occurs twice"),
    ],
)
def test_parquet_without_usable_ids_is_refused(tmp_path, columns, named):
    pq.write_table(pa.table(columns), tmp_path / "s.parquet")
    with pytest.raises(InputError, match=rf"s\.parquet.*{named}"):
        opening.open_set(tmp_path / "s.parquet")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("a.png\nabsent.png\n", "1 of 2 pictures, 'absent.png', is not there"),
        ("\n\n", "is empty"),
        (f"{V1}.JPEG\n{V1}_n01440764.JPEG", "1 image id occurs twice"),
    ],
)
def test_a_list_with_missing_no_or_repeated_pictures_is_refused(put, text, named):
    (put("a.png", f"{V1}.JPEG", f"{V1}_n01440764.JPEG") / "list.txt").write_text(text)
    with pytest.raises(InputError, match=rf"list\.txt: {named}|{named}"):
        opening.open_set(put() / "list.txt")


def test_a_list_that_is_no_text_is_refused_by_name(tmp_path):
    (tmp_path / "list.txt").write_bytes(b"\xff\xfe\x80\x81")
    with pytest.raises(WorkbenchError, match=r"list\.txt"):
        opening.open_set(tmp_path / "list.txt")


def test_a_path_beside_the_bytes_goes_before_other_columns(tmp_path):
    columns = {"file_name": ["c.png", "d.png"], "id": ["3", "4"], "image": [{"bytes": b"1", "path": "a.png"}] * 2}
    columns["image"] = [{"bytes": b"1", "path": "a.png"}, {"bytes": b"2", "path": "b.png"}]
    pq.write_table(pa.table(columns), tmp_path / "s.parquet")
    assert images.parquet(tmp_path / "s.parquet").images == ("a.png", "b.png")
    columns["image"] = [b"1", b"2"]
    pq.write_table(pa.table(columns), tmp_path / "s.parquet")
    assert images.parquet(tmp_path / "s.parquet").images == ("3", "4")


def test_bytes_without_a_path_take_their_ids_from_a_column(tmp_path):
    pq.write_table(pa.table({"image": [{"bytes": b"1"}, {"bytes": b"2"}], "id": [7, 8]}), tmp_path / "s.parquet")
    found = images.parquet(tmp_path / "s.parquet")
    assert {image: found.read(image) for image in found.images} == {"7": b"1", "8": b"2"}


def test_a_tar_without_pictures_is_refused_by_name(tmp_path):
    with pytest.raises(InputError, match=r"0\.tar, .*1\.tar: no picture in it"):
        images.tar_shards([tar(tmp_path / "0.tar", ["a.txt"]), tar(tmp_path / "1.tar", [])])


def test_folders_and_links_in_a_tar_are_no_pictures(tmp_path):
    with tarfile.open(tmp_path / "s.tar", "w") as shard:
        for name, kind in (("a.png", tarfile.DIRTYPE), ("b.png", tarfile.SYMTYPE), ("c.png", tarfile.REGTYPE)):
            member = tarfile.TarInfo(name)
            member.type = kind
            shard.addfile(member)
    assert images.tar_shards([tmp_path / "s.tar"]).images == ("c.png",)


def test_the_sample_without_its_package_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("workbench.inputs.images.readers.find_spec", lambda name: None)
    with pytest.raises(MissingSourceError, match=r"in the package foolbox; pip install -e '\.\[sample\]'"):
        images.sample()


# --- what may not be read ------------------------------------------------------------------------------------


def as_nobody(text, *arguments):
    """What a script prints as a user who is not root, whom no permission stops."""
    drop = "import os, sys\nif os.getuid() == 0:\n    os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
    imports = "from workbench.errors import WorkbenchError\nfrom workbench.inputs import images\n"
    command = [sys.executable, "-c", imports + drop + text, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def open_folder():
    """A folder that everybody can reach, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "locked").mkdir()
        for place in (folder / "a.png", folder / "b.png", folder / "locked" / "c.png"):
            Image.new("RGB", (8, 8)).save(place)
        yield folder
        (folder / "locked").chmod(0o755)


def test_a_folder_that_cannot_be_listed_is_told_as_such(open_folder):
    (open_folder / "locked").chmod(0)
    said = as_nobody(
        """
try:
    images.folder(sys.argv[1])
except WorkbenchError as error:
    print(error)
""",
        open_folder,
    )
    assert said.startswith(f"the folder {open_folder / 'locked'} cannot be listed: Permission denied; make it readable")


def test_a_picture_that_may_not_be_read_is_in_the_set_and_told_as_such(open_folder):
    (open_folder / "b.png").chmod(0)
    (open_folder / "locked").chmod(0o744)  # its files can be listed, and not opened
    (open_folder / "gone.png").symlink_to(open_folder / "nowhere")
    said = as_nobody(
        """
one = images.folder(sys.argv[1])
print(*one.images)
for image in one.images[1:]:
    try:
        one.read(image)
    except WorkbenchError as error:
        print(error)
""",
        open_folder,
    ).splitlines()
    assert said == [
        "a.png b.png gone.png locked/c.png",
        f"image 'b.png' cannot be read: {open_folder / 'b.png'}: Permission denied",
        f"image 'gone.png' cannot be read: {open_folder / 'gone.png'}: No such file or directory",
        f"image 'locked/c.png' cannot be read: {open_folder / 'locked/c.png'}: Permission denied",
    ]


def test_a_pipe_is_no_picture(open_folder):
    os.mkfifo(open_folder / "pipe.png")
    assert "pipe.png" not in images.folder(open_folder).images
