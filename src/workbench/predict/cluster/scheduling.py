"""Scheduling: few units at a time to each worker, suspects alone, and what always fails set aside by name.

dask puts the blame for a killed worker on every task that the worker held, and its `retries` do not cover it. So at
most two units are with a worker; those of a killed one are tried alone, one to a worker that holds nothing else, the
checkpoints of a unit apart; and a checkpoint that fails three times alone is set aside while all others go on.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from typing import Any

from workbench.errors import WorkbenchError
from workbench.predict.cluster.units import Unit

HELD = 2  # units with a worker: the next one lies ready while one runs
ATTEMPTS = 3
PATIENCE_S = 600  # without any worker
LOOK_S = 0.5  # between two looks at the workers while nothing ends


class LostError(WorkbenchError, ConnectionError):
    """The scheduler, or all workers, are gone: what is finished is in the shared folder."""


@dataclass
class _Flight:
    unit: Unit
    worker: str
    alone: bool


@dataclass
class Schedule:
    """Runs ``function(*given, unit, cores)`` on workers.

    `failed`: checkpoints that were set aside, and why; `repeated`: units that were begun again.

    `crew()` gives the workers that may be used now: address -> (its name, cores for a unit). `resources` is what a unit
    takes of a worker, in dask's terms.
    """

    client: Any
    crew: Callable[[], Mapping[str, tuple[str, int]]]
    function: Callable
    given: tuple
    resources: dict[str, float] | None = None
    pending: dict[tuple, deque[Unit]] = field(default_factory=dict)
    suspects: deque[Unit] = field(default_factory=deque)
    failed: dict[str, Exception] = field(default_factory=dict)
    repeated: int = 0
    _flights: dict[Any, _Flight] = field(default_factory=dict)
    _attempts: Counter = field(default_factory=Counter)
    _died_on: dict[str, set[str]] = field(default_factory=dict)
    _last: dict[str, tuple] = field(default_factory=dict)
    _split: list[tuple[list[Unit], list[Unit]]] = field(default_factory=list)  # suspects, and what waits for them

    def add(self, units: Iterable[Unit]) -> None:
        """Have more units run."""
        for unit in units:
            if names := tuple(name for name in unit.names if name not in self.failed):
                one = replace(unit, names=names)
                self.pending.setdefault(one.group, deque()).append(one)

    def results(self) -> Iterator[tuple[Unit, Any]]:
        """Each unit that succeeds, with its result; more may be added meanwhile.

        Raises `LostError` where the scheduler is gone, or no worker came for ten minutes.
        """
        ended: SimpleQueue = SimpleQueue()
        alive = time.monotonic()
        while self.pending or self.suspects or self._flights or self._split:
            crew = self._crew()
            alive = time.monotonic() if crew else alive
            if time.monotonic() - alive > PATIENCE_S:
                raise LostError(f"no worker for {PATIENCE_S} s; the same command goes on where this one stopped")
            self._feed(crew, ended)
            try:
                futures = [ended.get(timeout=LOOK_S)]
            except Empty:
                continue
            while not ended.empty():
                futures.append(ended.get())
            for future in futures:
                yield from self._ended(future, crew)

    def _crew(self) -> Mapping[str, tuple[str, int]]:
        try:
            if self.client.status == "running":
                return self.crew()
        except (OSError, TimeoutError) as error:
            raise _lost() from error
        raise _lost()

    def _feed(self, crew: Mapping[str, tuple[str, int]], ended: SimpleQueue) -> None:
        held = Counter(dict.fromkeys(crew, 0))
        held.update(flight.worker for flight in self._flights.values() if flight.worker in crew)
        alone = {flight.worker for flight in self._flights.values() if flight.alone}
        free = [address for address in sorted(crew, key=held.__getitem__) if address not in alone]
        for unit in self._due():  # those with the least to do first become free for suspects
            if address := self._place(unit, free, crew):
                free.remove(address)
                if not held[address]:
                    self.suspects.remove(unit)
                    self._submit(unit, address, crew, ended, alone=True)
        for level in range(HELD):
            for address in free:
                if held[address] <= level and (unit := self._next(address)):
                    held[address] += 1
                    self._submit(unit, address, crew, ended, alone=False)

    def _due(self) -> list[Unit]:
        """Suspects to try now: while the checkpoints of a unit are tried apart, none of them is tried elsewhere."""
        first = self._split[0][0] if self._split else []
        doubted = {name for apart, _ in self._split for one in apart for name in one.names}
        return [unit for unit in self.suspects if unit in first or doubted.isdisjoint(unit.names)]

    def _place(self, unit: Unit, free: list[str], crew: Mapping[str, tuple[str, int]]) -> str | None:
        """Where to try a suspect: not where it was killed before, if there is another worker."""
        died = set().union(*(self._died_on.get(name, set()) for name in unit.names))
        elsewhere = [address for address in free if crew[address][0] not in died]
        if not elsewhere and any(name not in died for name, _ in crew.values()):
            return None
        return next(iter(elsewhere or free), None)

    def _next(self, address: str) -> Unit | None:
        """A unit whose models the worker has, else one of the group that has the most units for each worker."""
        if not self.pending:
            return None
        group = self._last.get(address)
        if group not in self.pending:
            at_work = Counter(flight.unit.group for flight in self._flights.values())
            group = max(self.pending, key=lambda one: len(self.pending[one]) / (1 + at_work[one]))
        units = self.pending[group]
        unit = units.popleft()
        if not units:
            del self.pending[group]
        self._last[address] = group
        return unit

    def _submit(
        self, unit: Unit, address: str, crew: Mapping[str, tuple[str, int]], ended: SimpleQueue, *, alone: bool
    ) -> None:
        how = {"workers": [address], "allow_other_workers": True, "pure": False, "resources": self.resources}
        future = self.client.submit(self.function, *self.given, unit, crew[address][1], **how)
        self._flights[future] = _Flight(unit, address, alone)
        future.add_done_callback(ended.put)

    def _ended(self, future: Any, crew: Mapping[str, tuple[str, int]]) -> Iterator[tuple[Unit, Any]]:
        flight = self._flights.pop(future)
        if future.status == "finished":
            yield flight.unit, future.result()
        elif future.status == "error":
            self.repeated += 1
            self._blame(flight, future.exception())
        else:
            raise _lost()
        self._release()

    def _blame(self, flight: _Flight, error: Exception) -> None:
        from distributed import KilledWorker

        unit, killed = flight.unit, isinstance(error, KilledWorker)
        if isinstance(error, KilledWorker) and flight.alone:
            for name in unit.names:
                self._died_on.setdefault(name, set()).add(str(error.last_worker.name))
        if killed and not flight.alone:
            self.suspects.append(unit)
        elif len(unit.names) > 1:
            # What its group has still to do waits until it is known which of the checkpoints is to blame.
            apart = [one for one in unit.apart() if one.names[0] not in self.failed]
            self.suspects.extend(apart)
            self._split.append((apart, [*self.pending.pop(unit.group, ())]))
        else:
            name = next(iter(unit.names))
            self._attempts[unit] += 1
            if self._attempts[unit] < ATTEMPTS:
                self.suspects.append(unit)
            else:
                self.failed[name] = error
                left = (replace(one, names=tuple(n for n in one.names if n != name)) for one in self.suspects)
                self.suspects = deque(one for one in left if one.names)
                self.pending.pop(unit.group, None)

    def _release(self) -> None:
        """Let go on what waited for suspects of which none is left."""
        open_ones = [*self.suspects, *(flight.unit for flight in self._flights.values())]
        for split in list(self._split):
            if not any(one in open_ones for one in split[0]):
                self._split.remove(split)
                self.add(split[1])


def _lost() -> LostError:
    seen = "the scheduler is gone, or has let go of this client"
    return LostError(f"{seen}; the same command goes on where this one stopped")
