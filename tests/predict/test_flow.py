"""The order and the bounds of a pass, on a CPU and as on a GPU: there tensors lie on the CPU, one batch behind."""

import os
import subprocess
import sys
import threading
import time
from contextlib import closing

import numpy as np
import pytest
import torch
from torch import nn

from workbench.predict import flow
from workbench.predict.options import CPU_CHUNK, Options
from workbench.predict.work import Work

ACCELERATOR = "cpu:0"  # no core of its own, so it is driven as a GPU is


@pytest.fixture
def three(tiny):
    """Three checkpoints; the first two see the same pixels and normalise them differently."""
    return [
        tiny("a", seed=1),
        tiny("b", seed=2, mean=(0.4, 0.4, 0.4), std=(0.2, 0.2, 0.2)),
        tiny("c", seed=3, input_size=(3, 48, 48)),
    ]


def prepared(checkpoints, pictures, device="cpu", batch_size=None):
    wanted = Options("resize", "fp32", device, batch_size, 16, "off")
    works = [Work(one, pictures, wanted) for one in checkpoints]
    for work in works:
        work.prepare()
    return works, wanted


def flowing(works, pictures, wanted):
    return flow.run(works, pictures, flow.lacking(works), wanted)


@pytest.mark.parametrize("batch_size", [1, 5, 21, 64])
def test_an_accelerator_gives_every_row_once_and_in_order(three, pictures, run, batch_size):
    broken = {4, 5, 6, 7, 8, 9, 17}  # with batches of 5, one holds nothing but broken pictures
    works, wanted = prepared(three, pictures(21, broken), ACCELERATOR, batch_size)
    batches = list(flowing(works, pictures(21, broken), wanted))
    good = [row for row in range(21) if row not in broken]
    assert [row for batch in batches for row in batch.rows] == good
    assert sorted(image for batch in batches for image in batch.failures) == [
        f"{row:03d}.png" for row in sorted(broken)
    ]
    assert len(batches) == -(-21 // batch_size)
    for checkpoint, work in zip(three, works, strict=True):
        expected, found = run(checkpoint, pictures(21, broken)), work.journal.records()
        assert found["row"].tolist() == good
        assert (found["classes"] == expected.classes).all()
        np.testing.assert_allclose(found["scores"], expected.scores, atol=1e-5)


def test_the_host_keeps_a_batch_while_the_accelerator_has_the_next(tiny, pictures):
    log = []

    class Logged(nn.Linear):
        def forward(self, input):
            log.append("begin")
            return super().forward(input.mean((2, 3)))

    works, wanted = prepared([tiny(model=Logged(3, 1000))], pictures(15), ACCELERATOR, 5)
    for batch in flowing(works, pictures(15), wanted):
        log.append(f"kept {batch.rows[-1]}")
    assert log == ["begin", "begin", "kept 4", "begin", "kept 9", "kept 14"]


def test_batches_are_kept_before_they_are_told(tiny, pictures):
    works, wanted = prepared([tiny()], pictures(20))
    told = 0
    for batch in flowing(works, pictures(20), wanted):
        told += len(batch.rows)
        assert works[0].journal.records()["row"].tolist() == list(range(told))
    assert told == 20


def test_only_the_rows_that_are_asked_for_are_run(tiny, pictures, counting):
    small, reads = counting(pictures(30))
    works, wanted = prepared([tiny()], small)
    list(flow.run(works, small, np.array([2, 3, 29]), wanted))
    assert reads == {"002.png": 1, "003.png": 1, "029.png": 1}
    assert works[0].journal.records()["row"].tolist() == [2, 3, 29]


def test_a_row_is_lacking_where_some_work_lacks_it(tiny, pictures):
    works, _ = prepared([tiny("a"), tiny("b")], pictures(4))
    works[0].has, works[1].has = np.array([1, 1, 0, 0], bool), np.array([1, 0, 1, 0], bool)
    assert flow.lacking(works).tolist() == [1, 2, 3]


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize(("device", "size"), [("cpu", CPU_CHUNK), (ACCELERATOR, 4)])
def test_twice_as_many_batches_as_cores_are_begun_and_no_more(
    tiny, pictures, counting, monkeypatch, workers, device, size
):
    """What was begun waits in memory: here nothing takes it further than the first batch."""
    monkeypatch.setattr(flow, "cores", lambda: workers)
    small, reads = counting(pictures(80))
    works, wanted = prepared([tiny()], small, device, 4)
    with closing(flowing(works, small, wanted)) as batches:
        next(batches)
        # An accelerator's first batch comes when its second was begun.
        expected = size * (2 * workers + (device == ACCELERATOR))
        deadline = time.monotonic() + 20
        while len(reads) < expected and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(0.1)
        assert len(reads) == expected


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_as_many_threads_as_cores_run_the_model(tiny, pictures, monkeypatch, workers):
    monkeypatch.setattr(flow, "cores", lambda: workers)
    threads = set()

    class Seen(nn.Linear):
        def forward(self, input):
            threads.add(threading.get_ident())
            time.sleep(0.02)
            return super().forward(input.mean((2, 3)))

    works, wanted = prepared([tiny(model=Seen(3, 1000))], pictures(64))
    list(flowing(works, pictures(64), wanted))
    assert len(threads) == workers
    assert threading.get_ident() not in threads


def test_on_a_cpu_torch_gets_one_thread_and_all_of_them_back():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with flow.one_thread_each("cpu"):
            assert torch.get_num_threads() == 1
        with flow.one_thread_each("cuda:0"):
            assert torch.get_num_threads() == 3
        with pytest.raises(KeyError), flow.one_thread_each("cpu"):
            raise KeyError
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


FAULTS = """
import resource
from concurrent.futures import ThreadPoolExecutor
import numpy as np
from workbench.predict import flow
flow.keep_memory()
def layers(n):
    for _ in range(n):
        held = [np.ones(2**21) for _ in range(6)]  # 96 MB, more than one heap of a thread
with ThreadPoolExecutor(1) as pool:
    pool.submit(layers, 2).result()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    pool.submit(layers, 5).result()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc")
def test_memory_is_used_again_even_where_dask_has_it_trimmed():
    trimming = os.environ | {"MALLOC_TRIM_THRESHOLD_": "65536"}
    done = subprocess.run([sys.executable, "-c", FAULTS], env=trimming, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 2000  # faults; 14,000 and more where each array gets new pages
