"""A real cluster of one worker process, against the plain engine."""

import time
from contextlib import closing, nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import timm
import torch
from dask import config

from workbench.errors import DamagedFileError, InputError
from workbench.inputs import opening
from workbench.predict import engine, journal
from workbench.predict.cluster import checks, running, units, where, worker
from workbench.predict.cluster.checks import Facts

SETTINGS: Any = {"protocol": "resize", "precision": "fp32", "device": "cpu"}


@pytest.fixture(scope="module")
def client():
    with where.opened("local:1") as client:
        yield client


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder, names = tmp_path_factory.mktemp("weights"), []
    for seed in range(2):
        torch.manual_seed(seed)
        file = folder / f"w{seed}.pth"
        torch.save(timm.create_model("test_resnet").state_dict(), file)
        names.append(f"test_resnet@{file}")
    return names


@pytest.fixture
def folder(tmp_path, pictures):
    """40 pictures; the fourth is none."""
    small = pictures(40, broken={3})
    (tmp_path / "pictures").mkdir()
    for image in small.images:
        (tmp_path / "pictures" / image).write_bytes(small.read(image))
    return tmp_path / "pictures"


@pytest.fixture
def run(client, weights, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(units, "step", lambda *_: 16)

    def call(names=weights, **given):
        return running.predict(names, folder, "small", client=client, out=tmp_path / "out", **SETTINGS, **given)

    return call


def assert_plain(found, weights, folder):
    plain = engine.predict(weights, opening.open_set(folder, "small"), **SETTINGS)
    assert [one.checkpoint for one in found] == [one.checkpoint for one in plain]
    for one, other in zip(found, plain, strict=True):
        assert one.images.tolist() == other.images.tolist()
        assert one.classes.tobytes() == other.classes.tobytes()
        assert np.array_equal(one.scores, other.scores)
        assert one.provenance["key"] == other.provenance["key"]
        assert one.failures == other.failures


def test_a_dropped_client_goes_on_and_the_files_are_the_plain_engines(run, weights, folder, tmp_path, stop_after):
    with pytest.raises(stop_after.error):
        run(on_event=stop_after(1))
    time.sleep(1)  # its last unit may still be written
    left = sorted((tmp_path / "out" / ".partial").rglob("*.shard"))
    assert left
    data = bytearray(left[0].read_bytes())
    data[-1] ^= 1
    left[0].write_bytes(data)
    events = []
    with pytest.warns(UserWarning, match="another content than was written; it is made again"):
        found = run(on_event=events.append)
    assert 0 < events[0].done < events[0].total == 80
    assert_plain(found, weights, folder)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "small--failures.csv",
        *sorted(one.file_name for one in found),
    ]
    assert [one.checkpoint for one in run()] == [one.checkpoint for one in found]  # read, not made


def test_a_checkpoint_that_fails_is_set_aside_by_name_and_the_others_are_done(run, weights, folder, monkeypatch):
    def failing(job, unit, cores):
        from workbench.predict.cluster import worker

        if any(name.endswith("w0.pth") for name in unit.names):
            raise ValueError("it never works")
        return worker.run(job, unit, cores)

    monkeypatch.setattr(worker, "run", failing)
    with pytest.warns(UserWarning, match="set aside: .*w0.pth: it never works"):
        found = run()
    assert_plain(found, weights[1:], folder)


def test_a_run_under_way_is_not_joined_by_another(run, weights, folder, tmp_path, stop_after):
    run(weights[:1])
    (path,) = (tmp_path / "out").glob("*.parquet")
    path.unlink()
    target = tmp_path / "out" / path.name
    held, refused = closing(journal.Journal(target, {"topk": 16})), "is being written by process"
    with held, pytest.raises(InputError, match=refused):
        run(weights[:1], restart=True)


def test_a_worker_whose_look_fails_is_refused_with_the_reason(run, monkeypatch):
    def fails(*_):
        raise ModuleNotFoundError("No module named 'timm'")

    monkeypatch.setattr(checks, "facts", fails)
    with pytest.raises(InputError, match=r"1 worker cannot take part \(tcp.*: No module named 'timm'\); is the same"):
        run()


def test_a_worker_without_the_folder_is_refused_by_name(run, tmp_path, monkeypatch):
    monkeypatch.setattr(checks, "marker", lambda out: nullcontext(tmp_path / "elsewhere" / "mark"))
    with pytest.raises(InputError, match=r"worker 0 on .*: it does not see the folder"):
        run()


@pytest.mark.parametrize(
    ("name", "value", "seen"),
    [
        ("versions", ("torch 1",), "its versions are 'torch 1'; that of b is 'torch 2'"),
        ("model", "H100", "its model is 'H100'; that of b is 'A100'"),
        ("pictures", "x", "its pictures are 'x'; that of b is 'y'"),
        ("problem", "no disk", "no disk"),
    ],
)
def test_workers_that_differ_are_refused(name, value, seen):
    expected = Facts("b", "host", versions=("torch 2",), model="A100", pictures="y")
    same = Facts("a", "host", versions=("torch 2",), model="A100", pictures="y")
    assert checks.agreed(same, expected) == ""
    assert checks.agreed(replace(same, **{name: value}), expected) == seen


def test_cores_are_shared_by_the_workers_of_a_machine():
    one, other = Facts("a", "x", cores=(0, 1, 2, 3)), Facts("b", "x", cores=(0, 1, 2, 3))
    apart, third = Facts("c", "x", cores=(4, 5)), Facts("d", "y", cores=(0, 1))
    crew = {"a": one, "b": other, "c": apart, "d": third}
    assert checks.shares(crew) == {"a": 2, "b": 2, "c": 2, "d": 2}


@pytest.mark.parametrize("where_", ["local:0", "local", "ftp://a:1", "absent.yaml", "four"])
def test_a_place_that_cannot_be_is_refused(where_):
    with pytest.raises(InputError, match=r"expected local:N|there is no file"), where.opened(where_):
        pass


@pytest.mark.parametrize(
    ("address", "seen"),
    [
        *((one, "expected a host and a port") for one in ("tcp://", "tcp://:1", "tcp://here", "ws://here:x")),
        ("tcp://here:99999", "expected a host and a port"),
        *((f"{one}://127.0.0.1:1", "needs dask's TLS settings") for one in ("tls", "wss")),
    ],
)
def test_an_address_that_dask_would_take_a_minute_to_refuse_is_refused_at_once(address, seen):
    started = time.monotonic()
    with pytest.raises(InputError, match=seen), where.opened(address):
        pass
    assert time.monotonic() - started < 5


def test_tls_settings_that_name_no_files_are_refused():
    named = {"distributed.comm.tls.ca-file": "/absent.pem", "distributed.comm.tls.client.cert": "/absent.pem"}
    with (
        config.set(named),
        pytest.raises(InputError, match=r"TLS settings cannot be used .*mend"),
        where.opened("tls://127.0.0.1:1"),
    ):
        pass


def test_what_fails_on_a_worker_is_no_traceback_on_stderr(run, weights, capfd):
    with pytest.warns(UserWarning, match="left out: absentnet"):
        run([weights[0], "absentnet"])
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a: [", "is it YAML"),
        ("jobs: 2", "expected one of .*SLURMCluster"),
        ("{cluster: SLURMCluster, jobs: 0}", "jobs is 0"),
        ("{cluster: SLURMCluster, queue: long}", "expected the keys cluster, jobs and options"),
    ],
)
def test_a_yaml_file_that_describes_no_cluster_is_refused(tmp_path, text, seen):
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises((InputError, DamagedFileError), match=seen), where.opened(str(tmp_path / "c.yaml")):
        pass


def test_a_cluster_here_listens_on_loopback_only(client):
    assert client.scheduler.address.startswith("tcp://127.0.0.1:")
    assert client.dashboard_link.startswith("http://127.0.0.1:")
