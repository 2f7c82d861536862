"""Lets one replica of the operator work at a time: the one that holds a Lease of the API server.

The official client's own election is not used: it waits without end for an answer, goes by the
wall clock, and keeps the lease at its end, so that the next one waits for nothing.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from billing_operator.errors import Conflict, Fault, NotFound
from billing_operator.kinds import LEASE, Key, Kind, Manifest

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Times:
    """How long each part takes, in seconds.

    Attributes:
        lease: a holder that was not seen to renew for so long is taken for dead.
        renew: a holder that could not renew for so long writes no more. The difference to lease
            is what a request may be under way when the last moment has come.
        retry: between two attempts.
        request: for one answer of the API server.
    """

    lease: float = 15.0
    renew: float = 10.0
    retry: float = 2.0
    request: float = 3.0


_TIMES = Times()


class Candidate(NamedTuple):
    """Which lease to hold, and under which name; no two that run at once have the same."""

    lease: Key
    name: str


class Leases(Protocol):
    """Where leases are kept."""

    async def read(self, kind: Kind, key: Key) -> Manifest | None:
        """A live object, or None where there is none."""
        ...

    async def create(self, manifest: Manifest) -> Manifest:
        """Makes an object; raises Conflict where there is one of that name."""
        ...

    async def replace(self, live: Manifest) -> Manifest:
        """Puts an object in place of exactly the one that was read; raises Conflict otherwise."""
        ...


class LeaseLost(Exception):
    """Another replica may be working from now on."""


def steady() -> float:
    """Seconds that also pass while the machine sleeps, where the system counts them."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def is_free(spec: Manifest, me: str, unchanged: float, otherwise: float) -> bool:
    """Whether a lease may be taken that has not been renewed for so many seconds."""
    holder = spec.get("holderIdentity")
    return holder in (None, "", me) or unchanged >= spec.get("leaseDurationSeconds", otherwise)


def _spec(lease: Manifest) -> Manifest:
    """What a lease says; anyone who may write it may take all of it out."""
    return lease.get("spec") or {}


class Elector:
    """One candidate. Only its own clock counts: those of two machines need not agree."""

    def __init__(
        self,
        leases: Leases,
        candidate: Candidate,
        *,
        now: Callable[[], datetime],
        times: Times = _TIMES,
        clock: Callable[[], float] = steady,
    ) -> None:
        self._leases = leases
        self._place, self._me = candidate
        self._now = now
        self._times = times
        self._clock = clock
        self._mine: Manifest | None = None
        self._seen: Manifest = {}
        self._seen_at = clock()
        self._until = float("-inf")

    def may_write(self) -> bool:
        """Whether no other replica can be working now."""
        return self._clock() < self._until

    async def win(self) -> None:
        """Returns once this replica holds the lease."""
        held = await self._attempt(self._times.request)
        while not held:
            await asyncio.sleep(self._until_next())
            held = await self._attempt(self._times.request)
        log.info("leads", extra={"lease": str(self._place), "as": self._me})

    async def keep(self) -> None:
        """Renews the lease.

        Raises:
            LeaseLost: it could not be renewed in time, or somebody else has it.
        """
        while self.may_write():
            await asyncio.sleep(min(self._times.retry, self._left()))
            if self.may_write():
                await self._attempt(min(self._times.request, self._left()))
        raise LeaseLost("the lease could not be renewed in time, or another replica has it")

    async def release(self) -> None:
        """Lets the next replica begin at once; this one must have ended its work."""
        held, self._until = self.may_write(), float("-inf")
        with suppress(Fault, TimeoutError):
            async with asyncio.timeout(self._times.request):
                lease = self._mine or (held and await self._leases.read(LEASE, self._place))
                if held and lease and _spec(lease).get("holderIdentity") == self._me:
                    gone = {"holderIdentity": "", "leaseDurationSeconds": 1}
                    await self._leases.replace({**lease, "spec": {**_spec(lease), **gone}})
                    log.info("leads no more", extra={"lease": str(self._place)})

    def _left(self) -> float:
        return max(0.0, self._until - self._clock())

    def _until_next(self) -> float:
        """A dead holder is not waited for any longer than it has to be."""
        lapses = self._seen_at + self._seen.get("leaseDurationSeconds", 0) - self._clock()
        return min(self._times.retry, lapses) if lapses > 0 else self._times.retry

    async def _attempt(self, seconds: float) -> bool:
        began = self._clock()
        try:
            async with asyncio.timeout(seconds):
                self._mine = await self._renewed(self._mine) or await self._taken()
        except Conflict:
            # Another candidate was faster.
            self._mine = None
        except (Fault, TimeoutError) as error:
            log.warning("no lease", extra={"why": str(error) or "timed out"})
            return False
        if self._mine:
            self._until = began + self._times.renew
        return self._mine is not None

    async def _renewed(self, lease: Manifest | None) -> Manifest | None:
        if lease is None:
            return None
        try:
            return await self._leases.replace(self._held(lease))
        except (Conflict, NotFound):
            # Somebody changed it, perhaps this replica by a request whose answer was lost.
            return None

    async def _taken(self) -> Manifest | None:
        live = await self._leases.read(LEASE, self._place)
        if live is not None:
            self._note(_spec(live))
        unchanged = self._clock() - self._seen_at
        # One that is gone may have been deleted while its holder works.
        if not is_free(self._seen, self._me, unchanged, self._times.lease):
            # Whatever this replica held, it holds no more.
            self._until = float("-inf")
            return None
        if live is None:
            place = {"namespace": self._place.namespace, "name": self._place.name}
            fresh = {"apiVersion": LEASE.api_version, "kind": LEASE.name, "metadata": place}
            return await self._leases.create(self._held({**fresh, "spec": {}}))
        return await self._leases.replace(self._held(live))

    def _note(self, spec: Manifest) -> None:
        if spec != self._seen:
            if spec.get("holderIdentity") != self._seen.get("holderIdentity"):
                holder = spec.get("holderIdentity") or "nobody"
                log.info("sees the leader", extra={"leader": holder})
            self._seen, self._seen_at = spec, self._clock()

    def _held(self, lease: Manifest) -> Manifest:
        """The lease with this replica as its holder, renewed now."""
        spec, now = _spec(lease), f"{self._now():%Y-%m-%dT%H:%M:%S.%fZ}"
        renewed: dict[str, Any] = {
            "leaseDurationSeconds": round(self._times.lease),
            "renewTime": now,
        }
        if spec.get("holderIdentity") != self._me:
            renewed |= {
                "holderIdentity": self._me,
                "acquireTime": now,
                "leaseTransitions": spec.get("leaseTransitions", 0) + 1,
            }
        return {**lease, "spec": {**spec, **renewed}}


async def work_while_leading(
    elector: Elector, work: Callable[[], Awaitable[None]], stop: asyncio.Event
) -> None:
    """Waits for the lease, then works until the work has ended or the lease is lost.

    The lease is kept until the work has ended, and then released.

    Args:
        work: to be begun at most once; it ends by itself soon after stop is set.

    Raises:
        LeaseLost: whatever is still under way must not go on.
    """
    stopping, winning = asyncio.create_task(stop.wait()), asyncio.create_task(elector.win())
    tasks: list[asyncio.Future[Any]] = [stopping, winning]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            return
        await winning
        keeping, working = asyncio.create_task(elector.keep()), asyncio.ensure_future(work())
        tasks += [keeping, working]
        await asyncio.wait((keeping, working), return_when=asyncio.FIRST_COMPLETED)
        if keeping.done():
            await keeping
        await working
    finally:
        for task in tasks:
            task.cancel()
        # Who has lost the lease must end now, however long the work would take to wind up.
        await elector.release()
