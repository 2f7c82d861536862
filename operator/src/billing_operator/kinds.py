"""The kinds of objects that the operator reads and writes, and where the API serves them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

# A Kubernetes object as JSON. What we decide on is typed; this is what we send and receive.
Manifest = dict[str, Any]


class Key(NamedTuple):
    """Names one stack."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of the API.

    Attributes:
        api_version: group and version as manifests write it, for example ``apps/v1``.
        name: the kind as manifests write it.
        plural: its name in paths and in RBAC rules.
    """

    api_version: str
    name: str
    plural: str

    @property
    def group(self) -> str:
        """Group as RBAC rules write it; empty for the core group."""
        return self.api_version.rpartition("/")[0]

    def path(self, namespace: str | None, name: str | None = None, subresource: str = "") -> str:
        """Path of one object, of a namespace's collection, or (no namespace) of all of them."""
        root = (
            f"/apis/{self.api_version}" if "/" in self.api_version else f"/api/{self.api_version}"
        )
        parts = [root]
        if namespace:
            parts.append(f"namespaces/{namespace}")
        parts.append(self.plural)
        if name:
            parts.append(name)
        if subresource:
            parts.append(subresource)
        return "/".join(parts)


class Ref(NamedTuple):
    """Names one object in the namespace of its stack."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


BILLING_STACK = Kind("billing.antaeus.io/v1beta1", "BillingStack", "billingstacks")
SECRET = Kind("v1", "Secret", "secrets")
POD = Kind("v1", "Pod", "pods")
EVENT = Kind("v1", "Event", "events")
CONFIG_MAP = Kind("v1", "ConfigMap", "configmaps")
SERVICE = Kind("v1", "Service", "services")
CLAIM = Kind("v1", "PersistentVolumeClaim", "persistentvolumeclaims")
SERVICE_ACCOUNT = Kind("v1", "ServiceAccount", "serviceaccounts")
DEPLOYMENT = Kind("apps/v1", "Deployment", "deployments")
CRON_JOB = Kind("batch/v1", "CronJob", "cronjobs")
JOB = Kind("batch/v1", "Job", "jobs")
LEASE = Kind("coordination.k8s.io/v1", "Lease", "leases")
NETWORK_POLICY = Kind("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies")
DISRUPTION_BUDGET = Kind("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets")
INGRESS = Kind("networking.k8s.io/v1", "Ingress", "ingresses")
AUTOSCALER = Kind("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers")
POD_MONITOR = Kind("monitoring.coreos.com/v1", "PodMonitor", "podmonitors")

# Applied, watched and repaired. Secrets are none of these: they are read by name alone, so that
# the operator never needs the right to list what is secret.
CHILDREN = (
    CONFIG_MAP,
    CLAIM,
    SERVICE_ACCOUNT,
    SERVICE,
    NETWORK_POLICY,
    DEPLOYMENT,
    INGRESS,
    DISRUPTION_BUDGET,
    AUTOSCALER,
    CRON_JOB,
)
# Jobs are the CronJob's, and pods of ReplicaSets and Jobs: they are watched, and never applied.
WATCHED = (*CHILDREN, JOB, POD)
# Not every cluster knows them, and a watch of what is not there would end the operator: they are
# looked for at each resync instead.
OPTIONAL = (POD_MONITOR,)
# Of these a spec may want fewer than before. What else bears a stack's name and is none of its own
# is a copy that somebody made, and nothing to remove.
DISPENSABLE = frozenset(
    kind.name for kind in (NETWORK_POLICY, INGRESS, DISRUPTION_BUDGET, AUTOSCALER, POD_MONITOR)
)
BY_NAME = {kind.name: kind for kind in (BILLING_STACK, SECRET, EVENT, LEASE, *WATCHED, *OPTIONAL)}


def ref(manifest: Manifest) -> Ref:
    """Name of a manifest within its namespace."""
    return Ref(manifest["kind"], manifest["metadata"]["name"])


def key(manifest: Manifest) -> Key:
    """Namespace and name of a manifest."""
    return Key(manifest["metadata"]["namespace"], manifest["metadata"]["name"])


def controller_of(manifest: Manifest) -> Manifest | None:
    """The owner reference that says who manages an object, if any."""
    owners: list[Manifest] = manifest["metadata"].get("ownerReferences") or []
    return next((owner for owner in owners if owner.get("controller")), None)


def deployment(name: str) -> Ref:
    """The Deployment of this name, among the children of a stack."""
    return Ref(DEPLOYMENT.name, name)


def conditions_of(status: Manifest | None) -> dict[str, Manifest]:
    """The conditions of a status, ours or Kubernetes' own, by type."""
    return {each["type"]: each for each in (status or {}).get("conditions") or ()}


def applied_entry(live: Manifest, manager: str) -> Manifest | None:
    """What the API server has recorded of a manager's last apply to an object, if there was one."""
    for entry in live["metadata"].get("managedFields") or ():
        own = entry.get("manager") == manager and entry["operation"] == "Apply"
        if own and not entry.get("subresource"):
            applied: Manifest = entry
            return applied
    return None


def timestamp(moment: datetime) -> str:
    """A moment as Kubernetes writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
