"""The command for a GPU works before anybody has one: on the CPU, with few pictures."""

import re

from benchmarks import gpu
from PIL import Image


def test_the_section_takes_the_place_of_an_older_one(tmp_path):
    results = tmp_path / "results.md"
    results.write_text("# Results\n\n## On a GPU\n\nold\n\n## After\n\nkept\n")
    for _ in range(2):
        gpu.keep(results, [gpu.HEADING, "", "new", ""])
    assert results.read_text() == "# Results\n\n## On a GPU\n\nnew\n\n## After\n\nkept\n"


def test_everything_is_measured_and_said_to_be_of_the_cpu(tmp_path, monkeypatch, rng):
    results = tmp_path / "results.md"
    results.write_text("# Results\n")
    for name in "abcd":
        noise = rng.integers(0, 256, (240, 320, 3), dtype="uint8")
        Image.fromarray(noise).save(tmp_path / f"{name}.jpg")
    monkeypatch.setattr(gpu, "SECONDS", 0.1)
    common = [str(tmp_path), "-n", "8", "--device", "cpu", "--precision", "fp32", "--results", str(results)]
    gpu.main([*common, "--checkpoints", "tf_efficientnet_lite0.in1k"])
    text = results.read_text()
    assert "The CPU: a trial of the command, and no result" in text
    rates = re.search(r"lite0.in1k` \| (\d+) \| (\d+) \| ([\d.]+) \| (\d+) \| ([\d.]+) \| - \|", text)
    assert rates is not None
    assert all(float(rate) > 0 for rate in rates.groups())
    # In fp32 on the CPU the engine is compared with itself, and the decoder is the same library.
    assert "lite0.in1k` | 8 of 8 | 8 of 8 |" in text
