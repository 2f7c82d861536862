"""How long the operator takes to create a stack, beside a bare apply of the same objects.

Both are timed by one watcher to the moment it sees the last of the children, and take turns: the
operator from the moment the watcher sees the stack, which is when the operator can see it too, the
floor from its first request. The stacks have no pods: what is measured is the operator and the API
server, not the kubelet. The floor sends everything at once over warm connections.
"""

import argparse
import asyncio
import copy
import statistics
import sys
import time

from kubernetes.aio import config
from kubernetes.aio.client import Configuration

from bench.arrivals import Arrivals
from billing_operator.api_cluster import ApiCluster, open_client
from billing_operator.desired import antaeus, desired
from billing_operator.inputs import Installation, Token
from billing_operator.kinds import BILLING_STACK, CHILDREN, SECRET, Kind, Manifest
from billing_operator.metrics import Metrics
from billing_operator.names import MANAGED_BY, token_secret_name
from billing_operator.spec import Stack
from cluster.lifecycle import up
from support.installation import NAMESPACE as OPERATOR_NAMESPACE
from support.installation import build_images, install
from support.kube import Kube
from support.scene import NO_PODS

NAMESPACE = "bench"
MOST_RATIO = 1.5
KINDS: tuple[Kind, ...] = (BILLING_STACK, *CHILDREN, SECRET)
OWNER_KIND: Manifest = {"apiVersion": "v1", "kind": "ConfigMap"}
OWNER: Manifest = {**OWNER_KIND, "name": "floor-owner"}


def a_stack(name: str) -> Manifest:
    """A stack that starts no pods."""
    return {
        "apiVersion": BILLING_STACK.api_version,
        "kind": BILLING_STACK.name,
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": NO_PODS,
    }


def bare_objects(name: str, owner: Manifest) -> list[Manifest]:
    """The same objects as the operator makes, in a form that it takes no notice of."""
    body = a_stack(name) | {"metadata": owner["metadata"] | {"name": name}}
    stack = Stack.from_body(body)
    token = Token(token_secret_name(name), "token", id="0123456789ab", generated=True)
    installation = Installation(OPERATOR_NAMESPACE, "antaeus:1", "payment:1")
    template = antaeus.template(stack, token, installation)
    groups = desired(stack, token, installation, antaeus_template=template)
    objects = [copy.deepcopy(manifest) for group in groups for manifest in group]
    objects.append(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": copy.deepcopy(objects[0]["metadata"]) | {"name": token_secret_name(name)},
            "stringData": {"token": "0" * 43, "id": "0" * 12},
        }
    )
    for manifest in objects:
        manifest["metadata"]["labels"] |= dict.fromkeys(MANAGED_BY, "bench-floor")
        manifest["metadata"]["ownerReferences"] = [
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "name": "floor-owner",
                "uid": owner["metadata"]["uid"],
            }
        ]
    return objects


async def operator_round(
    cluster: ApiCluster, arrivals: Arrivals, name: str, children: int
) -> float:
    """Seconds from the sight of a stack to that of its last child."""
    await cluster.create(a_stack(name))
    last = await arrivals.last_of(name, children + 1)
    return last - arrivals.at(name, BILLING_STACK)


async def floor_round(
    cluster: ApiCluster, arrivals: Arrivals, objects: list[Manifest], name: str
) -> float:
    """Seconds from the first of the bare requests to the last object."""
    began = time.perf_counter()
    await asyncio.gather(*(cluster.apply(manifest) for manifest in objects))
    return await arrivals.last_of(name, len(objects)) - began


async def measure(kubeconfig: str, rounds: int) -> list[tuple[float, float]]:
    """Pairs of (operator, floor), in turns."""
    configuration = Configuration()
    await config.load_kube_config(config_file=kubeconfig, client_configuration=configuration)
    async with open_client(configuration) as client:
        cluster = ApiCluster(client, Metrics(), namespaces=(NAMESPACE,), timeout=30.0)
        metadata = {"name": OWNER["name"], "namespace": NAMESPACE}
        owner = await cluster.create(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
        )
        async with Arrivals(client, NAMESPACE, KINDS) as arrivals:
            # The first round opens connections and fills caches on both sides; it does not count.
            pairs = [
                await a_round(cluster, arrivals, owner, number) for number in range(rounds + 1)
            ]
            return pairs[1:]


async def a_round(
    cluster: ApiCluster, arrivals: Arrivals, owner: Manifest, number: int
) -> tuple[float, float]:
    """One stack by the operator and one bare, one after the other."""
    objects = bare_objects(f"floor-{number}", owner)
    ours = await operator_round(cluster, arrivals, f"stack-{number}", len(objects))
    floor = await floor_round(cluster, arrivals, objects, f"floor-{number}")
    print(f"  round {number:2}: operator {ours * 1000:6.1f} ms, floor {floor * 1000:6.1f} ms")
    return ours, floor


def resident_mib(kube: Kube) -> float:
    """The operator's resident memory, as its own process metric tells it."""
    pods = kube.list("pods", OPERATOR_NAMESPACE, "app.kubernetes.io/name=billing-operator")
    name = pods[0]["metadata"]["name"]
    path = f"/api/v1/namespaces/{OPERATOR_NAMESPACE}/pods/{name}:8080/proxy/metrics"
    lines = kube.raw(path).splitlines()
    found = next(line for line in lines if line.startswith("process_resident_memory_bytes"))
    return float(found.split()[1]) / 2**20


def report(pairs: list[tuple[float, float]], memory: float) -> float:
    """Prints the table; returns the ratio that counts."""
    ours, floor = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    ratio = statistics.median(ours) / statistics.median(floor)
    print(f"\n{'':10} {'median':>9} {'least':>9} {'most':>9}   (ms, {len(pairs)} stacks)")
    for name, values in (("operator", ours), ("floor", floor)):
        figures = (statistics.median(values), min(values), max(values))
        print(f"{name:10} " + " ".join(f"{figure * 1000:9.1f}" for figure in figures))
    print(f"\nratio of the medians: {ratio:.2f} (at most {MOST_RATIO})")
    print(f"the operator's resident memory: {memory:.0f} MiB")
    return ratio


def main() -> int:
    """Runs against the tests' cluster with the operator of this tree installed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30, help="stacks on each side (30)")
    rounds = parser.parse_args().rounds
    cluster = up("test")
    install(cluster, build_images())
    kube = Kube(cluster)
    kube("delete", "namespace", NAMESPACE, "--ignore-not-found", within=300)
    kube("create", "namespace", NAMESPACE)
    try:
        pairs = asyncio.run(measure(str(cluster.kubeconfig), rounds))
        ratio = report(pairs, resident_mib(kube))
    finally:
        kube("delete", "namespace", NAMESPACE, "--wait=false")
    return 0 if ratio <= MOST_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
