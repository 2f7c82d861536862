"""The operator's benchmark, first part: one stack at a time, both sides in turns."""

import asyncio
import statistics
import time

from billing_dev.bench.arrivals import Arrivals
from billing_dev.bench.stacks import a_stack, bare_objects
from billing_operator.kinds import BILLING_STACK, Manifest
from billing_operator.kube.client import ApiCluster


async def one_by_one(
    cluster: ApiCluster, arrivals: Arrivals, owner: Manifest, rounds: int
) -> float:
    """The ratio of the medians; prints each round and a table."""
    # The first round opens connections and fills caches on both sides; it does not count.
    pairs = [await _round(cluster, arrivals, owner, number) for number in range(rounds + 1)][1:]
    ours, floor = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    print(f"\n{'':10} {'median':>9} {'least':>9} {'most':>9}   (ms, {rounds} stacks)")
    for name, values in (("operator", ours), ("floor", floor)):
        figures = (statistics.median(values), min(values), max(values))
        print(f"{name:10} " + " ".join(f"{figure * 1000:9.1f}" for figure in figures))
    return statistics.median(ours) / statistics.median(floor)


async def _round(
    cluster: ApiCluster, arrivals: Arrivals, owner: Manifest, number: int
) -> tuple[float, float]:
    """One stack by the operator and one bare, each first in every other round."""
    objects = bare_objects(f"floor-{number}", owner)
    if number % 2:
        floor = await _floor(cluster, arrivals, objects, f"floor-{number}")
        ours = await _operator(cluster, arrivals, f"stack-{number}", len(objects))
    else:
        ours = await _operator(cluster, arrivals, f"stack-{number}", len(objects))
        floor = await _floor(cluster, arrivals, objects, f"floor-{number}")
    print(f"  round {number:2}: operator {ours * 1000:6.1f} ms, floor {floor * 1000:6.1f} ms")
    return ours, floor


async def _operator(cluster: ApiCluster, arrivals: Arrivals, name: str, children: int) -> float:
    """Seconds from the sight of a stack to that of its last child."""
    await cluster.create(a_stack(name))
    last = await arrivals.last_of(name, children + 1)
    return last - arrivals.at(name, BILLING_STACK)


async def _floor(
    cluster: ApiCluster, arrivals: Arrivals, objects: list[Manifest], name: str
) -> float:
    """Seconds from the first of the bare requests to the sight of the last object."""
    began = time.perf_counter()
    await asyncio.gather(*(cluster.apply(manifest) for manifest in objects))
    return await arrivals.last_of(name, len(objects)) - began
