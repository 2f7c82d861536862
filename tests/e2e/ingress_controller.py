"""An ingress controller that people use, for the Ingresses of one namespace."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template

from billing_dev.clients.api_server import ApiServer
from billing_dev.clients.kube import Kube
from billing_dev.cluster.images import build_around, load
from billing_dev.cluster.paths import Cluster
from billing_dev.cluster.programs import ingress_controller
from support.cluster.limits import ROLLOUT
from support.cluster.namespaces import a_namespace

_MANIFESTS = Path(__file__).with_suffix(".yaml")
_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class IngressController:
    """Where it answers.

    Attributes:
        namespace: of its pods.
        address: of a node, and the port there.
    """

    namespace: str
    address: tuple[str, int]

    def ask(self, host: str, path: str) -> tuple[int, str]:
        """Status and body of what is answered to a request for a host; 0 where nothing is."""
        connection = http.client.HTTPConnection(*self.address, timeout=_SECONDS)
        try:
            connection.request("GET", path, headers={"Host": host})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError as error:
            return 0, str(error)
        finally:
            connection.close()


@contextmanager
def ingress_controller_of(
    stacks: str, cluster: Cluster, kube: Kube, api: ApiServer
) -> Iterator[IngressController]:
    """Runs one for a namespace with stacks, in a namespace of its own."""
    image = build_around(ingress_controller())
    load(cluster, image)
    with a_namespace(api, "ingress") as own:
        text = Template(_MANIFESTS.read_text()).substitute(own=own, stacks=stacks, image=image)
        kube("apply", "-f", "-", stdin=text)
        rollout = ("rollout", "status", "deployment/skipper", f"--timeout={ROLLOUT:.0f}s")
        kube("-n", own, *rollout, within=ROLLOUT + 10)
        yield IngressController(own, (_node(kube), _node_port(kube, own)))


def _node(kube: Kube) -> str:
    (node, *_) = json.loads(kube("get", "nodes", "-o", "json"))["items"]
    addresses = {each["type"]: each["address"] for each in node["status"]["addresses"]}
    return str(addresses["InternalIP"])


def _node_port(kube: Kube, namespace: str) -> int:
    service = kube.must_get("service", "skipper", namespace)
    return int(service["spec"]["ports"][0]["nodePort"])
