"""The schedule against a stand-in for dask that kills workers when it is told to."""

from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
from distributed import KilledWorker

from workbench.predict.cluster import scheduling, units
from workbench.predict.cluster.scheduling import LostError, Schedule
from workbench.predict.cluster.units import Unit


class Future:
    status = "pending"

    def __init__(self, unit):
        self.unit = unit

    def add_done_callback(self, put):
        self.put = put


class Cluster:
    """A client whose workers run a unit whenever the schedule looks at them; ``fate(unit, worker)`` may be an error."""

    def __init__(self, n, fate=lambda unit, worker: None):
        self.fate, self.status = fate, "running"
        self.held = {f"w{i}": [] for i in range(n)}
        self.most, self.ran, self.deaths = Counter(), [], 0

    def submit(self, function, unit, cores, *, workers, **how):
        future = Future(unit)
        self.held[workers[0]].append(future)
        self.most[workers[0]] = max(self.most[workers[0]], len(self.held[workers[0]]))
        return future

    def crew(self):
        for name, held in self.held.items():
            if held:
                self.go(name, held)
        return {name: (name, 1) for name in self.held}

    def go(self, name, held):
        error = self.fate(held[0].unit, name)
        if error is KilledWorker:
            self.deaths += 1
            for future in held:  # dask blames all that the worker held
                worker = SimpleNamespace(name=name, address=name)
                self.end(future, "error", KilledWorker(str(future.unit), worker, 0))
            held.clear()
        elif error is None:
            future = held.pop(0)
            self.ran.append(future.unit)
            self.end(future, "finished", "done")
        else:
            self.end(held.pop(0), "error", error)

    def end(self, future, status, outcome):
        future.status, future.result, future.exception = status, lambda: outcome, lambda: outcome
        future.put(future)

    def schedule(self, todo):
        made = Schedule(self, self.crew, None, ())
        made.add(todo)
        return made


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(scheduling, "LOOK_S", 0.001)


def ranges(names, n=6):
    return [Unit(names, 10 * i, 10 * i + 10) for i in range(n)]


def settled(done):
    return sorted((name, unit.start) for unit, _ in done for name in unit.names)


def everything(names, n=6):
    return sorted((name, 10 * i) for name in names for i in range(n))


def test_each_unit_runs_once_and_a_worker_holds_two_at_most():
    cluster = Cluster(3)
    done = list(cluster.schedule([*ranges(("a", "b")), *ranges(("c",))]).results())
    assert settled(done) == everything("abc")
    assert set(cluster.most.values()) == {scheduling.HELD}


def test_a_checkpoint_that_kills_every_worker_is_set_aside_and_all_else_is_done():
    cluster = Cluster(3, lambda unit, _: KilledWorker if "bad" in unit.names else None)
    schedule = cluster.schedule([*ranges(("a", "bad", "b")), *ranges(("c",))])
    assert settled(schedule.results()) == everything("abc")
    assert list(schedule.failed) == ["bad"]
    assert cluster.deaths <= 2 * len(cluster.held) + scheduling.ATTEMPTS


def test_random_deaths_lose_nothing_and_set_nothing_aside(rng):
    fates = iter(rng.random(10_000) < 0.05)
    cluster = Cluster(4, lambda *_: KilledWorker if next(fates) else None)
    schedule = cluster.schedule([*ranges(("a", "b"), 40), *ranges(("c",), 40)])
    done = list(schedule.results())
    assert not schedule.failed
    assert settled(done) == everything("abc", 40)
    assert cluster.deaths >= 5


def test_one_worker_that_always_dies_on_a_checkpoint_is_not_tried_again_with_it():
    cluster = Cluster(2, lambda unit, worker: KilledWorker if "a" in unit.names and worker == "w0" else None)
    schedule = cluster.schedule(ranges(("a",), 3))
    assert settled(schedule.results()) == everything("a", 3)
    assert not schedule.failed


def test_an_error_splits_a_group_and_names_who_raised_it():
    wrong = ValueError("NaN")
    cluster = Cluster(2, lambda unit, _: wrong if "bad" in unit.names else None)
    schedule = cluster.schedule(ranges(("a", "bad")))
    assert settled(schedule.results()) == everything("a")
    assert schedule.failed == {"bad": wrong}


def test_a_scheduler_that_is_gone_is_told():
    cluster = Cluster(1)
    cluster.status = "closed"
    with pytest.raises(LostError, match="goes on where this one stopped"):
        list(cluster.schedule(ranges(("a",))).results())


def test_what_is_lacking_is_planned_once(rng):
    lacking = {"a": np.ones(100, bool), "b": np.ones(100, bool), "c": rng.random(100) < 0.5}
    shared = {"a": (1, "fp32"), "b": (1, "fp32"), "c": (1, "fp32")}
    plan = units.plan(lacking, shared, 30, 8)
    count = {name: np.zeros(100, int) for name in lacking}
    for unit in plan:
        for name in unit.names:
            count[name][unit.start : unit.stop] += 1
    for name, rows in lacking.items():
        np.testing.assert_array_equal(count[name], rows)
    assert next(unit.names for unit in plan if unit.stop - unit.start == 30) == ("a", "b")
    assert {unit.names for unit in units.plan(lacking, shared, 30, 1)} == {("a",), ("b",), ("c",)}
