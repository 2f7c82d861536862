"""How long the operator takes to create stacks, beside a bare apply of the same objects.

First one stack at a time, then a crowd at once. Both sides are timed by one watcher to the moment
it sees the last of the children: the operator from the moment the watcher sees the first stack,
which is when the operator can see it too, the floor from its first request. The stacks have no
pods: what is measured is the operator and the API server, not the kubelet. The floor sends
everything at once over as many warm connections as the operator has.
"""

import argparse
import asyncio
from collections.abc import Sequence
from functools import partial

from kubernetes.aio import config
from kubernetes.aio.client import Configuration

from billing_dev.bench.arrivals import Arrivals
from billing_dev.bench.crowd import Crowd, crowd, writes_at_rest
from billing_dev.bench.one_by_one import one_by_one
from billing_dev.bench.stacks import KINDS, NAMESPACE
from billing_dev.clients.kube import Kube
from billing_dev.cluster.lifecycle import up
from billing_dev.cluster.paths import Cluster
from billing_dev.installation import NAMESPACE as OPERATOR_NAMESPACE
from billing_dev.installation import build_images, install, leader, raw_of_pod, wait_for_operator
from billing_operator.kube.client import ApiCluster, open_client
from billing_operator.metrics import Metrics

_MOST_RATIO = 1.2
_MOST_MIB = 120
_RESYNC_SECONDS = 20


async def measure(place: Cluster, rounds: int, stacks: int) -> tuple[float, Crowd]:
    """The ratio of one stack at a time, and what a crowd took."""
    configuration = Configuration()
    await config.load_kube_config(
        config_file=str(place.kubeconfig),
        context=place.context,
        client_configuration=configuration,
    )
    async with open_client(configuration) as client:
        cluster = ApiCluster(client, Metrics(), namespaces=(NAMESPACE,), timeout=120.0)
        metadata = {"name": "floor-owner", "namespace": NAMESPACE}
        owner = await cluster.create(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
        )
        async with Arrivals(client, NAMESPACE, KINDS) as arrivals:
            ratio = await one_by_one(cluster, arrivals, owner, rounds)
            return ratio, await crowd(cluster, arrivals, owner, stacks)


def metric(kube: Kube, name: str) -> float:
    """One of the metrics of the replica that works."""
    lines = raw_of_pod(kube, leader(kube), "metrics").splitlines()
    return float(next(line for line in lines if line.startswith(f"{name} ")).split()[1])


def main(words: Sequence[str]) -> int:
    """Runs against the tests' cluster with the operator of this tree installed."""
    parser = argparse.ArgumentParser(prog="billing-dev bench operator", description=__doc__)
    parser.add_argument("--rounds", type=int, default=30, help="single stacks on each side (30)")
    parser.add_argument("--stacks", type=int, default=300, help="stacks of a crowd (300)")
    chosen = parser.parse_args(words)
    cluster = up("test")
    install(cluster, build_images(), settings={"BILLING_RESYNC_SECONDS": str(_RESYNC_SECONDS)})
    kube = Kube(cluster)
    # As it runs for users, and as a process of its own: memory grows with what one has seen.
    as_users_have_it = ("env", "deployment/billing-operator", "BILLING_LOG_LEVEL=info")
    kube("-n", OPERATOR_NAMESPACE, "set", *as_users_have_it)
    wait_for_operator(kube)
    kube("delete", "namespace", NAMESPACE, "--ignore-not-found", within=600)
    kube("create", "namespace", NAMESPACE)
    try:
        one, many = asyncio.run(measure(cluster, chosen.rounds, chosen.stacks))
        memory = metric(kube, "process_resident_memory_bytes") / 2**20
        resyncs = partial(metric, kube, "billing_operator_resyncs_total")
        writes = writes_at_rest(cluster, kube, resyncs)
    finally:
        kube("delete", "namespace", NAMESPACE, "--wait=false")
    held = {
        f"one stack: ratio {one:.2f}, at most {_MOST_RATIO}": one <= _MOST_RATIO,
        f"{chosen.stacks} stacks: ratio {many.ratio:.2f}, at most {_MOST_RATIO}": (
            many.ratio <= _MOST_RATIO
        ),
        f"resident memory {memory:.0f} MiB, at most {_MOST_MIB}": memory <= _MOST_MIB,
        f"writes over two resyncs: {writes}": writes == 0,
    }
    print()
    for words, good in held.items():
        print(f"{'ok  ' if good else 'MISS'}  {words}")
    return 0 if all(held.values()) else 1
