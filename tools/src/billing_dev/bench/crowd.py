"""The operator's benchmark, second part: many stacks at once, and what they cost at rest."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from billing_dev.bench.arrivals import Arrivals
from billing_dev.bench.stacks import NAMESPACE, a_stack, bare_objects
from billing_dev.clients.api_server import Access, ApiServer
from billing_dev.clients.audit import AuditLog
from billing_dev.clients.kube import Kube
from billing_dev.cluster.paths import Cluster
from billing_dev.eventually import eventually
from billing_operator.kinds import BILLING_STACK, Manifest
from billing_operator.kube.client import ApiCluster

_WITHIN = 600.0
_POLL = 1.0


@dataclass(frozen=True, slots=True)
class Crowd:
    """What crowds of one size took, in seconds: the floor once before and once after ours."""

    before: float
    ours: float
    after: float

    @property
    def ratio(self) -> float:
        """Over the mean of both floors, since a cluster may become slower or faster meanwhile."""
        return self.ours / statistics.mean((self.before, self.after))


async def crowd(cluster: ApiCluster, arrivals: Arrivals, owner: Manifest, stacks: int) -> Crowd:
    """So many stacks at once; they stay."""
    before = await _floor(cluster, arrivals, owner, [f"before-{one}" for one in range(stacks)])
    print(f"\n  floor    {before:5.1f} s ({stacks} stacks)")
    children = len(bare_objects("any", owner))
    ours = await _operator(cluster, arrivals, [f"crowd-{one}" for one in range(stacks)], children)
    print(f"  operator {ours:5.1f} s")
    # Their statuses and Events are not part of it, nor of what comes next.
    await _until_told(cluster)
    after = await _floor(cluster, arrivals, owner, [f"after-{one}" for one in range(stacks)])
    print(f"  floor    {after:5.1f} s")
    return Crowd(before, ours, after)


async def _operator(
    cluster: ApiCluster, arrivals: Arrivals, names: list[str], children: int
) -> float:
    """Seconds from the sight of the first stack to that of the last child of any."""
    making = [cluster.create(a_stack(name)) for name in names]
    seeing = [arrivals.last_of(name, children + 1, within=_WITHIN) for name in names]
    _, last = await asyncio.gather(asyncio.gather(*making), asyncio.gather(*seeing))
    return max(last) - min(arrivals.at(name, BILLING_STACK) for name in names)


async def _floor(
    cluster: ApiCluster, arrivals: Arrivals, owner: Manifest, names: list[str]
) -> float:
    """Seconds from the first of the bare requests to the sight of the last object."""
    objects = {name: bare_objects(name, owner) for name in names}
    began = time.perf_counter()
    making = [cluster.apply(each) for of_one in objects.values() for each in of_one]
    seeing = [arrivals.last_of(name, len(of), within=_WITHIN) for name, of in objects.items()]
    _, last = await asyncio.gather(asyncio.gather(*making), asyncio.gather(*seeing))
    return max(last) - began


async def _until_told(cluster: ApiCluster) -> None:
    async with asyncio.timeout(_WITHIN):
        while not await _all_ready(cluster):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(_POLL)


async def _all_ready(cluster: ApiCluster) -> bool:
    pages = [page async for page in cluster.pages(BILLING_STACK)]
    return all(_is_ready(stack) for page in pages for stack in page.items)


def _is_ready(stack: Manifest) -> bool:
    conditions = stack.get("status", {}).get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def writes_at_rest(cluster: Cluster, kube: Kube, resyncs: Callable[[], float]) -> int:
    """How often the operator writes while it compares everything twice, by the audit log.

    Args:
        resyncs: how many the operator has completed.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        ApiServer(Access.of(kube, Path(folder))) as server,
    ):
        audit = AuditLog(cluster, server)
        done, mark = resyncs(), audit.mark(NAMESPACE)
        eventually(resyncs, lambda now: now >= done + 2, within=_WITHIN, every=_POLL)
        writes = audit.writes_since(mark, NAMESPACE)
    return len(writes)
