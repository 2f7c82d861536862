"""One namespace of the tests' cluster, and all by which a test acts in it and looks at it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from billing_dev import installation
from billing_dev.clients.api_server import Access, ApiServer
from billing_dev.clients.audit import AuditLog
from billing_dev.clients.kube import Kube
from billing_dev.eventually import eventually
from billing_dev.installation import Images
from billing_dev.ports import free_port
from billing_operator.kinds import BILLING_STACK, POD, Manifest
from billing_operator.names import ANTAEUS, PAYMENT, selector_text
from billing_operator.observed.stack import AntaeusInstance
from billing_operator.settings import Settings
from billing_operator.status.judge import Judge, judge
from support.cluster.in_process import InProcess, running
from support.cluster.limits import ROLLOUT

# So long that nothing a test sees is the work of a resync that it did not ask for.
NEVER = 86400.0
# A spec without pods: all that is left of a stack's life is what the operator does.
NO_PODS: Manifest = {"antaeus": {"replicas": 0}, "payment": {"replicas": 0}}


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where a test happens.

    Attributes:
        kube: acts as a user of the cluster would.
        api: looks closely and often.
        token: of the ServiceAccount that the operator is installed with.
    """

    kube: Kube
    api: ApiServer
    audit: AuditLog
    access: Access
    token: str
    images: Images
    namespace: str

    def operator(
        self,
        *,
        resync_seconds: float = NEVER,
        payment_image: str | None = None,
        silence_seconds: float = 70.0,
        quiet_seconds: float = NEVER,
        judge: Judge = judge,
        server: str | None = None,
    ) -> AbstractContextManager[InProcess]:
        """Runs an operator that sees this namespace and no other."""
        settings = self.settings(
            resync_seconds=resync_seconds,
            silence_seconds=silence_seconds,
            quiet_seconds=quiet_seconds,
        )
        if payment_image:
            settings = replace(settings, payment_image=payment_image)
        return running(self.access, self.token, settings, judge=judge, server=server)

    def settings(
        self,
        *,
        resync_seconds: float = NEVER,
        silence_seconds: float = 70.0,
        quiet_seconds: float = NEVER,
    ) -> Settings:
        """Of an operator that sees this namespace and no other."""
        return Settings(
            antaeus_image=self.images.antaeus,
            payment_image=self.images.payment,
            operator_image=self.images.operator,
            operator_namespace=installation.NAMESPACE,
            namespaces=(self.namespace,),
            resync_seconds=resync_seconds,
            invoices_seconds=1.0,
            quiet_seconds=quiet_seconds,
            watch_silence_seconds=silence_seconds,
            # Operators of other namespaces run at the same time, and each has the lead of its own.
            lease_name=f"it-{self.namespace}",
            pod_name="it-0",
            http_port=free_port(),
        )

    def apply(self, name: str, spec: Manifest | None = None) -> None:
        """Applies a stack."""
        self.api.apply(BILLING_STACK, a_stack(name, self.namespace, spec or {}))

    def change(self, name: str, **parts: Any) -> None:
        """Changes parts of a stack's spec."""
        self.api.merge(BILLING_STACK, self.namespace, name, {"spec": parts})

    def read(self, name: str) -> Manifest:
        """A stack as it is now; empty where there is none."""
        return self.api.read(BILLING_STACK, self.namespace, name) or {}

    def until(
        self, name: str, wanted: Callable[[Manifest], object], *, within: float = ROLLOUT
    ) -> Manifest:
        """Waits until a stack is as wanted, and returns it."""
        return eventually(lambda: self.read(name), wanted, within=within)

    def until_ready(self, name: str, *, within: float = ROLLOUT) -> Manifest:
        """Waits until a stack is ready by the spec that it has now, and returns it."""
        return self.until(name, is_ready, within=within)

    def until_complete(self, name: str) -> Manifest:
        """Waits until a stack is ready and the pods of now were asked: then nothing is news."""
        return self.until(name, lambda stack: is_ready(stack) and self._is_read(name, stack))

    def _is_read(self, name: str, stack: Manifest) -> bool:
        known = AntaeusInstance.of(stack["status"].get("invoices"))
        if {known} != {AntaeusInstance(*each) for each in self.antaeus_instances(name)}:
            return False
        accepted = stack["status"]["payment"].get("accepted") or {}
        alive = {
            (each["podUID"], each["restartCount"])
            for each in accepted.get("processes", ())
            if not each["ended"]
        }
        return alive == self._starts(name, PAYMENT)

    def pods(self, name: str, part: str) -> list[Manifest]:
        """The pods of a part that are to stay; one that was evicted leaves its object behind."""
        found = self.api.list(POD, self.namespace, selector_text(name, part))
        staying = [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]
        return [pod for pod in staying if pod["status"].get("phase") != "Failed"]

    def antaeus_instances(self, name: str) -> set[tuple[str, int]]:
        """Tells one start of Antaeus from the next: its pods, and how often each was restarted."""
        return self._starts(name, ANTAEUS)

    def _starts(self, name: str, part: str) -> set[tuple[str, int]]:
        return {
            (pod["metadata"]["uid"], container["restartCount"])
            for pod in self.pods(name, part)
            for container in pod["status"].get("containerStatuses", [])[:1]
        }


def a_stack(name: str, namespace: str, spec: Manifest) -> Manifest:
    """A BillingStack as a user writes it."""
    return {
        "apiVersion": BILLING_STACK.api_version,
        "kind": BILLING_STACK.name,
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


def conditions(stack: Manifest) -> dict[str, Manifest]:
    """A stack's conditions by their type."""
    return {found["type"]: found for found in stack.get("status", {}).get("conditions", [])}


def holds(stack: Manifest, kind: str) -> bool:
    """Whether a condition holds for the spec that the stack has now."""
    found = conditions(stack).get(kind, {})
    generation = stack.get("metadata", {}).get("generation")
    return found.get("status") == "True" and found.get("observedGeneration") == generation


def is_ready(stack: Manifest) -> bool:
    """Whether a stack is ready, and not only was so before its spec changed."""
    return holds(stack, "Ready")
