"""What a picture takes is known from its header, and a folder of pictures that take too much costs little more."""

import io
import json
import subprocess
import sys
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from struct import pack

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from workbench.errors import InputError
from workbench.inputs import images
from workbench.inputs.images import memory

# Peak memory of a process of its own, in bytes, above what it had before: `VmHWM` starts anew with each program.
PEAK = """
import io, sys
from PIL import Image
def peak():
    return next(1024 * int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
"""


def in_a_process(text, *arguments, **options):
    command = [sys.executable, "-c", PEAK + text, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def noise(mode, size):
    width, height = size
    tile = np.random.default_rng(0).integers(0, 256, (50, 50, 3), dtype=np.uint8)
    picture = Image.fromarray(np.tile(tile, (height // 50, width // 50, 1)))
    if mode == "I;16":
        return Image.fromarray(np.zeros((height, width), dtype=np.uint16))
    return picture.convert(mode)


def png(width, height):
    """A whole, black picture of any size, grey, in few bytes."""
    rows = zlib.compressobj(1)
    row = b"\0" + bytes(width)
    data = b"".join([*(rows.compress(row) for _ in range(height)), rows.flush()])
    parts = [(b"IHDR", pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)), (b"IDAT", data), (b"IEND", b"")]
    chunks = [pack(">I", len(body)) + kind + body + pack(">I", zlib.crc32(kind + body)) for kind, body in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def jpeg(width, height):
    stream = io.BytesIO()
    Image.new("RGB", (width, height), (200, 30, 30)).save(stream, "JPEG")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("mode", "format", "options"),
    [
        ("RGB", "JPEG", {}),
        ("RGB", "JPEG", {"progressive": True, "subsampling": 0}),
        ("CMYK", "JPEG", {"progressive": True}),
        ("L", "JPEG", {}),
        ("RGB", "PNG", {"compress_level": 1}),
        ("RGBA", "PNG", {"compress_level": 1}),
        ("I;16", "PNG", {"compress_level": 1}),
        ("P", "GIF", {}),
        ("RGB", "BMP", {}),
        ("RGB", "TIFF", {"compression": "tiff_lzw", "strip_size": 1 << 30}),
        ("F", "TIFF", {}),
        ("RGB", "WEBP", {"quality": 10, "method": 0}),
        ("RGB", "JPEG2000", {}),
    ],
)
def test_a_picture_takes_no_more_than_its_header_tells_and_not_half_as_much(tmp_path, mode, format, options):
    noise(mode, (2000, 2000)).save(tmp_path / "x", format, **options)
    told, taken = map(
        int,
        in_a_process(
            """
from workbench.inputs.images import decode, memory
data = open(sys.argv[1], "rb").read()
decode(open(sys.argv[2], "rb").read(), "small")  # what is loaded only once
told = memory.decoding(Image.open(io.BytesIO(data)))
before = peak()
decode(data, "x")
print(told, peak() - before)
""",
            tmp_path / "x",
            small(tmp_path, mode, format, options),
        ).split(),
    )
    assert 0.35 * told < taken < 1.05 * told + 2e6


def small(folder, mode, format, options):
    noise(mode, (100, 100)).save(folder / "small", format, **options)
    return folder / "small"


@pytest.mark.parametrize("before", [(3000, 2000), (30, 400_000), (400_000, 30), (200_000, 1)])
def test_resizing_takes_no_more_than_its_sizes_tell(before):
    text = """
sizes = [int(number) for number in sys.argv[1:]]
from workbench.inputs.images import memory
before, after = sizes[:2], sizes[2:]
picture = Image.new("RGB", before)
picture.resize((8, 8), Image.Resampling.LANCZOS, (0, 0, 8, 1))
start = peak()
picture.resize(after, Image.Resampling.LANCZOS)
print(memory.resizing(before, after), peak() - start)
"""
    told, taken = map(int, in_a_process(text, *before, 448, 448).split())
    assert taken < told + 2e6


def test_64_megapixels_of_an_ordinary_picture_may_be_decoded_and_no_more():
    whole = Image.new("RGB", (8000, 8000))
    assert memory.LIMIT == 256_000_000
    assert memory.needed(whole_of("PNG", whole), "x") == memory.LIMIT
    more = Image.new("RGB", (8000, 8001))
    with pytest.raises(InputError, match=r"image 'x' is 8000 x 8001 pixels \(PNG, RGB\).* take 256 MB; a picture may"):
        memory.needed(whole_of("PNG", more), "x")


def whole_of(format, picture):
    picture.format = format
    return picture


def test_a_picture_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("it was decoded"))
    with pytest.raises(InputError, match=r"^image 'thin' is 1 x 60000000 pixels \(PNG, L\): .* 540 MB"):
        images.decode(header(1, 60_000_000), "thin")


def header(width, height):
    """A picture that says it is so large, and holds one pixel."""
    small, large = (b"IHDR" + pack(">IIBBBBB", *size, 8, 0, 0, 0, 0) for size in ((1, 1), (width, height)))
    return png(1, 1).replace(small + pack(">I", zlib.crc32(small)), large + pack(">I", zlib.crc32(large)))


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(1, 10), min_size=1, max_size=30))
def test_threads_never_take_more_than_the_room_and_all_get_their_turn(needs):
    room, taken, most = memory.Room(10), [0], [0]

    def take(need):
        with room.taken(need):
            taken[0] += need
            most[0] = max(most[0], taken[0])
            time.sleep(0)
            taken[0] -= need

    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(take, needs, timeout=20))) == len(needs)
    assert taken == [0]
    assert most[0] <= 10


def test_room_is_given_back_after_an_error():
    room = memory.Room(10)
    with pytest.raises(ZeroDivisionError), room.taken(10):
        raise ZeroDivisionError
    with room.taken(10):
        pass


def test_a_large_file_is_refused_unread(tmp_path):
    with (tmp_path / "large.png").open("wb") as stream:
        stream.truncate(10**12)
    one = images.folder(tmp_path)
    with pytest.raises(InputError, match=r"large\.png is a file of 1,000,000 MB; a picture may take 256 MB"):
        one.read("large.png")


# --- a run ----------------------------------------------------------------------------------------------------

RUN = """
import json
from workbench.inputs import checkpoints, images
from workbench.predict import engine, flow
import torch
from torch import nn
flow.cores = lambda: 2
class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(48, 1000)
    def forward(self, x):
        return self.head(nn.functional.adaptive_avg_pool2d(x, 4).flatten(1))
nets = [
    checkpoints.from_module(
        f"{mode}-{side}", Small(), {"input_size": (3, side, side), "crop_mode": mode, "crop_pct": 0.9}
    )
    for mode in ("center", "border", "squash") for side in (224, 448)
]
found = engine.predict(nets, images.folder(sys.argv[1], "s"), protocol=sys.argv[2], device="cpu", precision="fp32")
print(json.dumps([found[0].images.tolist(), found[0].failures, peak()]))
"""

THIN = {
    "wide.jpg": lambda: jpeg(65_000, 1),
    "tall.jpg": lambda: jpeg(1, 65_000),
    "wide.png": lambda: png(80_000_000, 1),
    "tall.png": lambda: png(1, 8_000_000),
    "row.png": lambda: png(28_000_000, 1),
    "large.png": lambda: png(5000, 5000),
}


@pytest.mark.parametrize("protocol", ["resize", "crop"])
def test_thin_pictures_are_listed_and_the_run_takes_at_most_300_mb_more(tmp_path, protocol):
    usual, thin = tmp_path / "usual", tmp_path / "thin"
    for folder in (usual, thin):
        folder.mkdir()
        for number in range(4):
            noise("RGB", (500, 400)).save(folder / f"good{number}.png")
    for name, make in THIN.items():
        data = make()
        for number in range(2):
            (thin / f"{number}-{name}").write_bytes(data)
    good, none, before = json.loads(in_a_process(RUN, usual, protocol))
    kept, failures, after = json.loads(in_a_process(RUN, thin, protocol))
    print(f"{protocol}: {before / 1e6:.0f} MB, with thin pictures {after / 1e6:.0f} MB")
    assert none == {}
    assert set(good) <= set(kept)
    assert {"0-wide.png", "1-wide.png", "0-row.png"} <= set(failures)
    assert ("0-wide.jpg" in failures) == (protocol == "crop")
    assert "0-large.png" in kept
    assert len(kept) + len(failures) == 4 + 2 * len(THIN)
    assert all(" pixels" in reason for reason in failures.values())
    assert after - before < 300e6
