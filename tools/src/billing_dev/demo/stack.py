"""The demo's stack in the cluster: puts it in place, waits for it, reads it, has it billed."""

import json
import time
from collections.abc import Callable
from http.client import HTTPException
from textwrap import shorten
from typing import TypeVar

from billing_dev.clients.antaeus_api import AntaeusApi, AntaeusError, Counts
from billing_dev.clients.kube import Kube, Manifest
from billing_dev.cluster.errors import give_up
from billing_dev.cluster.paths import Cluster
from billing_dev.cluster.progress import say, step
from billing_dev.demo.readings import Charges, Reading, read_charges
from billing_dev.demo.sample import Antaeus, read_sample
from billing_dev.demo.standing import Standing, rolled_out, standing
from billing_dev.eventually import eventually
from billing_dev.installation import Images

NAMESPACE = "payments"
NAME = "demo"
KIND = "billingstack"
OPS_PORT = 9001
ANTAEUS = f"deployment/{NAME}-antaeus"
_PAYMENT_PODS = f"billing.antaeus.io/part=payment,billing.antaeus.io/stack={NAME}"

# An image may fail to be pulled once; a stack that stays stuck so long will not mend itself.
_STUCK_SECONDS = 60
# Of one line about what is waited for.
_WIDTH = 120
# A payment pod that is told to stop drains for a while, and may count charges until then.
_DRAINED_SECONDS = 120

T = TypeVar("T")


class DemoStack:
    """The stack `demo` in namespace `payments`, and its Antaeus from outside the cluster."""

    def __init__(self, cluster: Cluster, images: Images, antaeus: Antaeus) -> None:
        self._cluster = cluster
        self._kube = Kube(cluster)
        self._images = images
        self._antaeus = antaeus
        self._sample = read_sample(antaeus)
        wanted = self._sample.node_port
        port = next(host for host, node in cluster.ports.items() if node == wanted)
        self.url = f"http://127.0.0.1:{port}"
        self._api = AntaeusApi(self.url)

    def put_in_place(self) -> None:
        """Ends with the stack as the sample has it, ready; what was changed by hand goes."""
        with step(f"apply stack {NAME} and wait until it is ready", usually=self._antaeus.usually):
            self._kube.apply(self._sample.namespace)
            # Applying would keep what the sample does not name, such as another rate.
            exists = self._kube.get(KIND, NAME, NAMESPACE) is not None
            verb = "replace" if exists else "create"
            stack = json.dumps(self._sample.stack)
            self._kube(verb, "--save-config", "-f", "-", stdin=stack)
            # What it says of itself may be older than the operator that has just been installed.
            self._wait_until_ready(lambda now: now.payment == self._images.payment)
            self._wait(self._leaving_pods, lambda pods: not pods, "payment's old pods to leave")

    def see_to_invoices(self) -> None:
        """Ends with as many pending invoices as Antaeus starts with; restarts it if need be."""
        why = self._why_restart()
        if why is None:
            return
        say(f"==> {why}")
        with step("restart Antaeus, which begins with new ones", usually=self._antaeus.usually):
            self._kube("-n", NAMESPACE, "rollout", "restart", ANTAEUS)
            self._wait_until_ready(self._antaeus_is_new)
            self._wait(self._counts, lambda now: now and now.pending, "new invoices")

    def _why_restart(self) -> str | None:
        running, wanted = standing(self._manifest()).antaeus, self._images.antaeus
        if running != wanted:
            return f"Antaeus runs {running}, which only a restart makes {wanted}"
        counts = self._reachable_counts()
        if counts.pending < self._antaeus.invoices:
            return (
                f"{counts.paid} of {counts.total} invoices are PAID, by an earlier run or by hand"
            )
        return None

    def _antaeus_is_new(self, now: Standing) -> bool:
        # The stack may not have noticed yet that Antaeus restarts; its Deployment has.
        if now.antaeus != self._images.antaeus:
            return False
        return rolled_out(self._kube.must_get("deployment", f"{NAME}-antaeus", NAMESPACE))

    def rate(self) -> float:
        """The success rate in effect on every payment pod."""
        return float(self._manifest()["status"]["payment"]["successRate"])

    def read(self) -> Reading:
        """Invoices from outside the cluster, charges from each payment pod."""
        return Reading(
            invoices=self._reachable_counts(),
            charges={name: self._charges(name) for name in self._pods()},
        )

    def bill(self) -> None:
        """Has Antaeus charge what is pending."""
        self._api.pay()

    def _manifest(self) -> Manifest:
        return self._kube.must_get(KIND, NAME, NAMESPACE)

    def _wait_until_ready(self, as_wanted: Callable[[Standing], bool]) -> None:
        watch = _Watch(lambda: standing(self._manifest()))
        last = self._wait(
            watch.look,
            lambda now: watch.hopeless or (now.ready and as_wanted(now)),
            f"stack {NAME}",
        )
        if not last.ready:
            look = f"{self._cluster.kubectl} --kubeconfig {self._cluster.kubeconfig}"
            give_up(
                f"Stack {NAME} is stuck: {last.words}\n"
                f"Look into it: {look} describe pods -n {NAMESPACE}"
            )

    def _reachable_counts(self) -> Counts:
        counts = self._wait(self._counts, bool, f"Antaeus to answer on {self.url}")
        assert counts
        return counts

    def _counts(self) -> Counts | None:
        try:
            return self._api.counts()
        except (AntaeusError, HTTPException, OSError):
            return None

    def _pods(self) -> list[str]:
        return [pod["metadata"]["name"] for pod in self._pod_manifests()]

    def _leaving_pods(self) -> list[str]:
        pods = self._pod_manifests()
        return [p["metadata"]["name"] for p in pods if "deletionTimestamp" in p["metadata"]]

    def _pod_manifests(self) -> list[Manifest]:
        return self._kube.list("pods", NAMESPACE, _PAYMENT_PODS)

    def _charges(self, pod: str) -> Charges:
        path = f"/api/v1/namespaces/{NAMESPACE}/pods/{pod}:{OPS_PORT}/proxy/metrics"
        return read_charges(self._kube.raw(path))

    def _wait(self, probe: Callable[[], T], wanted: Callable[[T], object], what: str) -> T:
        within = max(self._antaeus.start_seconds, _DRAINED_SECONDS)
        try:
            return eventually(probe, wanted, within=within, every=0.3)
        except AssertionError as late:
            give_up(f"Waiting for {what}: {late}")


class _Watch:
    """Tells what a stack waits for, each thing once."""

    def __init__(self, probe: Callable[[], Standing]) -> None:
        self._probe = probe
        self._told: set[str] = set()
        self._stuck_since: float | None = None

    @property
    def hopeless(self) -> bool:
        """Whether it has been stuck for so long that nothing but a person will help."""
        since = self._stuck_since
        return since is not None and time.monotonic() - since > _STUCK_SECONDS

    def look(self) -> Standing:
        now = self._probe()
        if not now.stalled:
            self._stuck_since = None
        elif self._stuck_since is None:
            self._stuck_since = time.monotonic()
        if now.words not in self._told:
            say(f"    {shorten(now.words, _WIDTH)}")
            self._told.add(now.words)
        return now
