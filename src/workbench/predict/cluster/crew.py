"""The crew: the workers that passed the checks. Those that come later are checked before they get any work."""

import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.errors import InputError, counted, reason
from workbench.predict.cluster import checks
from workbench.predict.cluster.checks import Facts
from workbench.predict.cluster.units import Job

START_S = 120  # to wait for the first worker, and for the answers of those that are there
LOOK_S = 1.0


@dataclass
class Crew:
    """Workers by address: `members` may work; `refused` may not, and `_asked` have not said yet what they see."""

    client: Any
    job: Job
    mark: str
    members: dict[str, Facts] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    expected: Facts | None = None
    _asked: dict[str, Any] = field(default_factory=dict)
    _looked: float = 0.0
    _cores: dict[str, int] = field(default_factory=dict)

    def gather(self) -> Facts:
        """Wait for the first workers and check all that are there; what they agree on.

        Raises `InputError`, naming them, where one cannot work or differs from the others, and where none answers.
        """
        try:
            self.client.wait_for_workers(1, timeout=START_S)
        except TimeoutError as error:
            raise InputError(f"the cluster has no worker after {START_S} s; are its jobs still waiting?") from error
        self._ask([*self.client.nthreads()])
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and not all(future.done() for future in self._asked.values()):
            time.sleep(0.05)
            present = {*self.client.nthreads()}
            self._asked = {address: future for address, future in self._asked.items() if address in present}
        if silent := [address for address, future in self._asked.items() if not future.done()]:
            seen = counted(len(silent), "worker does", "workers do")
            raise InputError(f"{seen} not answer, {silent[0]} among them; stop or restart what does not")
        # One that is killed meanwhile comes again, under another address.
        found = {address: one.result() for address, one in self._asked.items() if one.status == "finished"}
        failed = [f"{address}: {why}" for address, one in self._asked.items() if (why := _failure(one))]
        self._asked = {}
        if failed:
            seen = counted(len(failed), "worker", "workers")
            raise InputError(f"{seen} cannot take part ({failed[0]}); is the same workbench installed on all?")
        if not found:
            raise InputError("no worker answers; the same command tries again")
        expected = next((one for one in found.values() if not one.problem), next(iter(found.values())))
        wrong = [
            f"worker {one.name} on {one.host}: {why}" for one in found.values() if (why := checks.agreed(one, expected))
        ]
        if wrong:
            of = counted(len(found), "worker", "workers")
            raise InputError(f"{len(wrong)} of {of} cannot take part: {'; '.join(wrong[:8])}")
        self.members, self.expected = found, expected
        self._cores = checks.shares(found)
        return expected

    @property
    def precisions(self) -> set[str]:
        """What the workers decided for themselves."""
        return {one.precision for one in self.members.values()}

    def now(self) -> Mapping[str, tuple[str, int]]:
        """The workers that may get units: address -> (name, cores); looked up once a second."""
        if time.monotonic() - self._looked > LOOK_S:
            self._look()
            self._looked = time.monotonic()
        return {address: (one.name, self._cores[address]) for address, one in self.members.items()}

    def _look(self) -> None:
        present = {*self.client.nthreads()}
        before = {*self.members}
        self.members = {address: one for address, one in self.members.items() if address in present}
        self._ask(sorted(present - {*self.members} - {*self._asked} - self.refused))
        for address, future in list(self._asked.items()):
            if address not in present:
                del self._asked[address]
            elif future.done():
                del self._asked[address]
                self._admit(address, future)
        if before != {*self.members}:
            self._cores = checks.shares(self.members)

    def _ask(self, addresses: list[str]) -> None:
        how = {"allow_other_workers": False, "pure": False}
        for address in addresses:
            self._asked[address] = self.client.submit(checks.facts, self.job, self.mark, workers=[address], **how)

    def _admit(self, address: str, future: Any) -> None:
        if why := _failure(future):
            self.refused.add(address)
            warnings.warn(f"the worker at {address} gets no work: {why}", stacklevel=2)
        if future.status != "finished":
            return  # it was killed while it looked, or is asked again
        one: Facts = future.result()
        if self.expected and (why := checks.agreed(one, self.expected)):
            self.refused.add(address)
            warnings.warn(f"worker {one.name} on {one.host} gets no work: {why}", stacklevel=2)
        else:
            self.members[address] = one


def _failure(future: Any) -> str:
    """What went wrong in a worker that was asked what it sees; empty where nothing did, or where it was killed."""
    from distributed import KilledWorker

    error = future.exception() if future.status == "error" else None
    return "" if error is None or isinstance(error, KilledWorker) else reason(error)
