"""An API server in memory that keeps one Lease, and candidates for it on a clock that jumps."""

import asyncio
import copy
from datetime import UTC, datetime

from billing_operator.errors import ClusterError, Conflict, NotFound
from billing_operator.kinds import Key, Kind, Manifest
from billing_operator.process.election import Candidate, Elector
from billing_operator.reasons import Reason

PLACE = Key("billing-system", "billing-operator")


class FakeLeases:
    """One Lease, or none.

    Attributes:
        live: the Lease as it is now.
        cut_off: names of those whom it does not answer.
        loses_answers: does what it is asked, and then says nothing.
        writes: who wrote, and when.
    """

    def __init__(self) -> None:
        self.live: Manifest | None = None
        self.cut_off: set[str] = set()
        self.loses_answers = False
        self.forbids = False
        self.asked = 0
        self.writes: list[tuple[str, float]] = []
        self._version = 0

    @property
    def holder(self) -> str:
        """Who holds it, by its own account."""
        return self.live["spec"]["holderIdentity"] if self.live else ""

    def last_write(self, name: str) -> float:
        """When somebody last wrote it."""
        return max(at for who, at in self.writes if who == name)

    def of(self, name: str) -> "OneSide":
        """The same, as one candidate reaches it."""
        return OneSide(self, name)

    def store(self, lease: Manifest, by: str) -> Manifest:
        """Keeps it under a new version."""
        self._version += 1
        meta = {**lease["metadata"], "resourceVersion": str(self._version)}
        self.live = copy.deepcopy({**lease, "metadata": meta})
        self.writes.append((by, asyncio.get_running_loop().time()))
        return copy.deepcopy(self.live)


class OneSide:
    """How one candidate reaches the Lease."""

    def __init__(self, leases: FakeLeases, name: str) -> None:
        self._leases = leases
        self._name = name

    async def read(self, kind: Kind, key: Key) -> Manifest | None:
        assert (kind.plural, key) == ("leases", PLACE)
        await self._arrive()
        return copy.deepcopy(self._leases.live)

    async def create(self, manifest: Manifest) -> Manifest:
        await self._arrive()
        if self._leases.live is not None:
            raise Conflict(Reason.CONFLICT, "it exists", status=409)
        return await self._answered(manifest)

    async def replace(self, live: Manifest) -> Manifest:
        await self._arrive()
        if self._leases.live is None:
            raise NotFound(Reason.NOT_FOUND, "it is gone", status=404)
        if live["metadata"] != self._leases.live["metadata"]:
            raise Conflict(Reason.CONFLICT, "another version", status=409)
        return await self._answered(live)

    async def _arrive(self) -> None:
        self._leases.asked += 1
        await asyncio.sleep(0.01)
        if self._leases.forbids:
            raise ClusterError(Reason.FORBIDDEN, "leases is forbidden", status=403)
        if self._name in self._leases.cut_off:
            await asyncio.Event().wait()

    async def _answered(self, lease: Manifest) -> Manifest:
        stored = self._leases.store(lease, self._name)
        if self._leases.loses_answers:
            await asyncio.Event().wait()
        await asyncio.sleep(0.01)
        return stored


def a_candidate(leases: FakeLeases, name: str) -> Elector:
    """One that goes by the loop's own clock."""
    clock = asyncio.get_running_loop().time
    return Elector(leases.of(name), Candidate(PLACE, name), now=_now, clock=clock)


def _now() -> datetime:
    return datetime.fromtimestamp(asyncio.get_running_loop().time(), UTC)
