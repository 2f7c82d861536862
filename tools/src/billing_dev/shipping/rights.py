"""What the person may do on the cluster, as the API server tells it."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from billing_dev.clients.kube import Kubectl, Manifest
from billing_operator.kinds import BILLING_STACK

# Of everything that is deployed: made, upgraded, and removed again.
_VERBS = ("create", "patch", "delete")
_ANSWER = "{.status.allowed}{'\\n'}"


@dataclass(frozen=True, slots=True)
class Right:
    """One verb on one resource, in a namespace or (none) everywhere."""

    verb: str
    group: str
    resource: str
    namespace: str = ""

    @property
    def place(self) -> str:
        """What the verb is about, and where."""
        name = f"{self.resource}.{self.group}" if self.group else self.resource
        return f"{name} in {self.namespace}" if self.namespace else name

    @property
    def review(self) -> Manifest:
        """The question whether whoever asks has it."""
        resource, _, subresource = self.resource.partition("/")
        return {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {
                "resourceAttributes": {
                    "verb": self.verb,
                    "group": self.group,
                    "resource": resource,
                    "subresource": subresource,
                    "namespace": self.namespace,
                }
            },
        }


def needed(manifests: Iterable[Manifest]) -> Iterator[Right]:
    """What deploying, smoking and undeploying of these takes."""
    kinds = {
        (each["apiVersion"], each["kind"], each["metadata"].get("namespace", ""))
        for each in manifests
    }
    for api_version, kind, namespace in sorted(kinds):
        group = api_version.rpartition("/")[0]
        for verb in _VERBS:
            yield Right(verb, group, plural(kind), namespace)
    for verb in ("list", "delete"):
        yield Right(verb, BILLING_STACK.group, BILLING_STACK.plural)
    yield Right("list", "", "pods")
    yield Right("create", "", "pods/portforward")


def plural(kind: str) -> str:
    """The resource of a kind, as Kubernetes itself guesses it."""
    name = kind.lower()
    if name.endswith("y"):
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith("s") else f"{name}s"


def lacking(kube: Kubectl, manifests: Iterable[Manifest]) -> list[str]:
    """The rights that are needed and not there, in words: all verbs on one thing together."""
    rights = list(needed(manifests))
    body = {"apiVersion": "v1", "kind": "List", "items": [right.review for right in rights]}
    printed = kube("create", "-f", "-", f"--output=jsonpath={_ANSWER}", stdin=json.dumps(body))
    verbs: dict[str, list[str]] = {}
    for right, answer in zip(rights, printed.split(), strict=True):
        if answer != "true":
            verbs.setdefault(right.place, []).append(right.verb)
    return [f"{', '.join(some)} {place}" for place, some in verbs.items()]
