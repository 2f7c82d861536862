"""The API server as one operator meets it: requests that fail or come late, and late watches."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from billing_operator.errors import ClusterError
from billing_operator.kinds import BILLING_STACK, BY_NAME, WATCHED, Key, Kind, Manifest, key
from billing_operator.kube.api import Page
from billing_operator.reasons import Reason
from support.operator.fake_cluster import FakeCluster

_READS = ("read", "list_stack")
_WATCHED = (BILLING_STACK.name, *(kind.name for kind in WATCHED))
_LATENCY = 0.01
_WATCH_LATENCY = 0.02
_NEVER = float("inf")
# A request that an operator has sent may wait in a queue or at a webhook for so long.
LATE_SECONDS = 9.0

Listener = Callable[[Manifest, bool], None]


class Server(FakeCluster):
    """Tells everybody who listens of each change, with whether the object was deleted."""

    def __init__(self, *objects: Manifest) -> None:
        self.listeners: list[Listener] = []
        super().__init__(*objects)

    def have(self, live: Manifest) -> Manifest:
        self._version += 1
        live = _copy(live)
        live["metadata"]["resourceVersion"] = str(self._version)
        live["metadata"].setdefault("uid", f"uid {self._version}")
        self.objects[live["kind"], key(live)] = live
        self._tell(_copy(live), deleted=False)
        return _copy(live)

    def get(self, kind: str, name: str, namespace: str = "payments") -> Manifest | None:
        live = self.objects.get((kind, Key(namespace, name)))
        return _copy(live) if live else None

    def change(self, kind: str, name: str, changes: Callable[[Manifest], object]) -> None:
        """Changes an object as it is now, if it is there."""
        if live := self.get(kind, name):
            changes(live)
            self.have(live)

    async def delete(self, live: Manifest, *, unchanged: bool = False) -> None:
        before = self.get(live["kind"], live["metadata"]["name"])
        await super().delete(live, unchanged=unchanged)
        if before:
            self._tell(before, deleted=True)

    def remove(self, kind: str, name: str) -> None:
        """Removes an object, as somebody else would."""
        if before := self.get(kind, name):
            self.take(kind, name)
            self._tell(before, deleted=True)

    def all_of(self, kind: str) -> list[Manifest]:
        """All objects of a kind, to be looked at alone."""
        return [live for (name, _), live in self.objects.items() if name == kind]

    def _tell(self, live: Manifest, *, deleted: bool) -> None:
        for listener in list(self.listeners):
            listener(live, deleted)


class Client:
    """The requests of one operator.

    What was sent takes effect, whatever becomes of the sender.

    Attributes:
        leads: whether it may still write; gone: whether the process has ended.
        faults: what befalls a request, by how many were sent before it from now on.
        faults_of: what befalls the next request of a kind, by its name.
        late: seconds by which each request of now arrives late.
        crash: ends the process.
    """

    def __init__(self, server: Server, crash: Callable[[], object]) -> None:
        self._server = server
        self.leads = True
        self.gone = False
        self.late = 0.0
        self.faults: dict[int, str] = {}
        self.faults_of: dict[str, str] = {}
        self.crash = crash

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        verb = getattr(self._server, name)

        async def asked(*args: Any, **kwargs: Any) -> Any:
            return await self._ask(lambda: verb(*args, **kwargs), name)

        return asked

    async def pages(self, kind: Kind) -> AsyncIterator[Page]:
        """A list as it was when it was asked for."""
        pages = [page async for page in self._server.pages(kind)]
        await self._ask(_nothing, "list_stack")
        for page in pages:
            yield page

    async def _ask(self, effect: Callable[[], Awaitable[Any]], verb: str) -> Any:
        await self._unless_gone()
        if verb not in _READS and not self.leads:
            raise ClusterError(Reason.API_SERVER_ERROR, "another replica leads")
        fault = self.faults_of.pop(verb, None) or self._fault()
        if fault == "refused":
            raise ClusterError(Reason.API_SERVER_ERROR, "too busy", status=503)
        if fault == "crash before":
            await self._crash()
        late = max(self.late, LATE_SECONDS if fault == "late" else 0.0)
        landed = asyncio.get_running_loop().create_task(_land(effect, _LATENCY + late))
        landed.add_done_callback(_retrieve)
        if fault == "crash after":
            await self._crash()
        if fault == "unanswered":
            await asyncio.wait([landed])
            raise ClusterError(Reason.API_SERVER_ERROR, "no answer")
        answer = await asyncio.shield(landed)
        await asyncio.sleep(_LATENCY)
        await self._unless_gone()
        return answer

    def _fault(self) -> str | None:
        befalls = self.faults.pop(0, None)
        self.faults = {number - 1: fault for number, fault in self.faults.items()}
        return befalls

    async def _crash(self) -> None:
        asyncio.get_running_loop().call_soon(self.crash)
        self.gone = True
        await self._unless_gone()

    async def _unless_gone(self) -> None:
        if self.gone:
            await asyncio.get_running_loop().create_future()


async def _nothing() -> None:
    """Takes no effect."""


async def _land(effect: Callable[[], Awaitable[Any]], after: float) -> Any:
    await asyncio.sleep(after)
    return await effect()


def _retrieve(task: asyncio.Task[Any]) -> None:
    if not task.cancelled():
        task.exception()


class Watches:
    """The watches of one operator: a stream for each kind, in which nothing overtakes another.

    Attributes:
        late_until, deaf_until: by kind, while its events are held up, or lost for ever.
    """

    def __init__(self, tell: Callable[..., None]) -> None:
        self._tell = tell
        self._last: dict[str, float] = {}
        self.late_until: dict[str, float] = {}
        self.deaf_until: dict[str, float] = {}
        self.open = True

    def on_change(self, live: Manifest, deleted: bool) -> None:  # noqa: FBT001 - as a Listener
        """Has an event travel."""
        kind, loop = live["kind"], asyncio.get_running_loop()
        if kind not in _WATCHED or loop.time() < self.deaf_until.get(kind, 0.0):
            return
        due = max(loop.time() + _WATCH_LATENCY, self.late_until.get(kind, 0.0))
        # Where two are due at the same time, the loop may take either first.
        due = max(due, self._last.get(kind, 0.0) + 1e-6)
        self._last[kind] = due
        loop.call_at(due, self._arrive, BY_NAME[kind], live, deleted)

    def _arrive(self, kind: Kind, live: Manifest, deleted: bool) -> None:  # noqa: FBT001 - as above
        if self.open:
            self._tell(kind, live, deleted=deleted)


def _copy(live: Manifest) -> Manifest:
    """As it travels, which takes less time than a deep copy, of which there are very many."""
    copied: Manifest = json.loads(json.dumps(live))
    return copied


def name_of(live: Manifest) -> str:
    """Name of an object."""
    return str(live["metadata"]["name"])
