"""Whoever holds Kubernetes' own roles in a namespace may do the like with the stacks in it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from billing_dev.clients.api_server import ApiServer
from billing_dev.clients.kube import Kube, KubectlError, Manifest
from billing_dev.eventually import eventually
from billing_dev.installation import Images
from support.cluster.limits import NOTICED
from support.cluster.namespaces import a_namespace
from support.cluster.workspace import NO_PODS, a_stack

_TRY = "--dry-run=server"
READS = (
    ("get", "bst", "shop"),
    ("get", "bst"),
    ("get", "bst", "shop", "--subresource=status"),
)
WRITES = (
    ("create", "-f", "-", _TRY),
    ("replace", "-f", "-", _TRY),
    ("patch", "bst", "shop", "--type=merge", "--patch={}", _TRY),
    ("scale", "bst/shop", "--replicas=3", _TRY),
    ("delete", "bst", "shop", _TRY),
)
# A status is what the operator found, and not even an admin's to write.
STATUS = ("patch", "bst", "shop", "--subresource=status", "--type=merge", "--patch={}", _TRY)


@dataclass(frozen=True, slots=True)
class Person:
    """An account with one role in one namespace."""

    kube: Kube
    namespace: str
    elsewhere: str
    role: str

    def refusals(self, *calls: tuple[str, ...], namespace: str = "") -> list[tuple[str, ...]]:
        """The calls that the API server forbids; any other failure is one of the test."""
        place = namespace or self.namespace
        return [call for call in calls if self._is_refused(call, place)]

    def _is_refused(self, call: tuple[str, ...], place: str) -> bool:
        who = f"--as=system:serviceaccount:{self.namespace}:{self.role}"
        name = "another" if call[0] == "create" else "shop"
        stack = json.dumps(a_stack(name, place, NO_PODS))
        try:
            self.kube(who, "-n", place, *call, stdin=stack if "-" in call else None)
        except KubectlError as error:
            if "(Forbidden)" not in str(error):
                raise
            return True
        return False


@pytest.fixture(scope="module")
def namespaces(
    kube: Kube,
    api: ApiServer,
    installed: Images,  # noqa: ARG001 - brings the kind and the roles
) -> Iterator[tuple[str, str]]:
    """Two namespaces with a stack each."""
    with a_namespace(api, "roles") as own, a_namespace(api, "roles") as other:
        kube.apply(*(a_stack("shop", each, NO_PODS) for each in (own, other)))
        yield own, other


@pytest.fixture(params=["view", "edit", "admin"])
def person(request: pytest.FixtureRequest, kube: Kube, namespaces: tuple[str, str]) -> Person:
    """Each role, in the first of the two."""
    own, other = namespaces
    role: str = request.param
    kube.apply(*_account(role, own))
    made = Person(kube, own, other, role)
    # The API server learns of a binding, and of a role's new rules, a moment after they are made.
    eventually(lambda: made.refusals(*READS), lambda refused: not refused, within=NOTICED)
    return made


def test_a_role_reaches_as_far_as_its_name_says(person: Person) -> None:
    assert person.refusals(*WRITES) == ([*WRITES] if person.role == "view" else [])
    assert person.refusals(STATUS) == [STATUS]


def test_a_role_ends_with_its_namespace(person: Person) -> None:
    calls = (*READS, *WRITES, STATUS)

    assert person.refusals(*calls, namespace=person.elsewhere) == [*calls]


def _account(role: str, namespace: str) -> tuple[Manifest, Manifest]:
    meta = {"name": role, "namespace": namespace}
    group = "rbac.authorization.k8s.io"
    return (
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta},
        {
            "apiVersion": f"{group}/v1",
            "kind": "RoleBinding",
            "metadata": meta,
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role},
            "subjects": [{"kind": "ServiceAccount", **meta}],
        },
    )
