"""metrics-server, by which autoscalers know how much CPU pods use."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from string import Template

from billing_dev.clients.api_server import ApiServer
from billing_dev.clients.kube import Kube
from billing_dev.cluster.images import build_around, load
from billing_dev.cluster.paths import Cluster
from billing_dev.cluster.programs import metrics_server
from billing_dev.eventually import eventually
from support.cluster.limits import ROLLOUT
from support.cluster.namespaces import a_namespace

_MANIFESTS = Path(__file__).with_suffix(".yaml")
_METRICS = "/apis/metrics.k8s.io/v1beta1/namespaces/{}/pods"


@contextmanager
def measured(namespace: str, cluster: Cluster, kube: Kube, api: ApiServer) -> Iterator[None]:
    """Has the CPU of a namespace's pods measured, once it has some, until the block ends."""
    image = build_around(metrics_server())
    load(cluster, image)
    with a_namespace(api, "metrics") as own:
        text = Template(_MANIFESTS.read_text()).substitute(own=own, image=image)
        before, _, last = text.rpartition("---\n")
        kube("apply", "-f", "-", stdin=before)
        rollout = ("rollout", "status", "deployment/metrics-server", f"--timeout={ROLLOUT:.0f}s")
        kube("-n", own, *rollout, within=ROLLOUT + 10)
        kube("apply", "-f", "-", stdin=last)
        try:
            path = _METRICS.format(namespace)
            eventually(lambda: (api.get(path) or {}).get("items"), within=ROLLOUT, every=1.0)
            yield
        finally:
            # Without the pod behind it, no namespace could go.
            kube("delete", "-f", "-", "--wait=false", stdin=last)
            kube("delete", "-f", "-", "--wait=false", stdin=before)
