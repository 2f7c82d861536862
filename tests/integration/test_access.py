"""Who may change which part of a stack, by the policy and the roles of deploy/access."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import pytest
import yaml

from billing_dev.clients.api_server import ApiServer
from billing_dev.clients.kube import Kube, KubectlError, Manifest
from billing_dev.eventually import eventually
from billing_dev.installation import Images
from billing_dev.tree import ROOT
from support.cluster.limits import GONE, NOTICED
from support.cluster.namespaces import a_namespace
from support.cluster.workspace import a_stack

ACCESS = ROOT / "deploy/access"
# Each call is a kubectl of its own.
pytestmark = [pytest.mark.minutes, pytest.mark.thorough]

ROLES = ("administer", "deploy-antaeus", "deploy-payment")
# With all rights of RBAC on stacks, and none of the three verbs.
EDIT = "edit"
PEOPLE = (*ROLES, EDIT)
SPEC: Manifest = {"antaeus": {"replicas": 0}, "payment": {"replicas": 0, "successRate": 0.5}}
# What each part asks for; what is not here is for administer.
PARTS = {"spec.antaeus": "deploy-antaeus", "spec.payment": "deploy-payment"}
CHANGES: dict[str, Manifest] = {
    "spec.antaeus": {"spec": {"antaeus": {"startupSeconds": 301}}},
    "spec.payment": {"spec": {"payment": {"successRate": 0.6}}},
    "spec.suspend": {"spec": {"suspend": True}},
    "spec.hibernate": {"spec": {"hibernate": True}},
    "spec.monitoring": {"spec": {"monitoring": {"enabled": True}}},
    "spec.billing": {"spec": {"billing": {"schedule": "@monthly"}}},
    "spec.networkPolicy": {"spec": {"networkPolicy": {"enabled": False}}},
    "spec.token": {"spec": {"token": {"secretRef": {"name": "mine"}}}},
    "metadata.labels": {"metadata": {"labels": {"a": "b"}}},
    "metadata.annotations": {"metadata": {"annotations": {"a": "b"}}},
    "metadata.finalizers": {"metadata": {"finalizers": ["example.test/held"]}},
    "metadata.ownerReferences": {
        "metadata": {
            "ownerReferences": [
                {"apiVersion": "v1", "kind": "ConfigMap", "name": "a", "uid": "0-0"}
            ]
        }
    },
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with one role in one namespace."""

    kube: Kube
    namespace: str
    role: str

    def refusal(self, *call: str, stdin: Manifest | None = None) -> str:
        """What the API server says against a call that is only tried; empty where it is let."""
        who = f"--as=system:serviceaccount:{self.namespace}:{self.role}"
        body = json.dumps(stdin) if stdin else None
        try:
            self.kube(who, "-n", self.namespace, *call, "--dry-run=server", stdin=body)
        except KubectlError as error:
            return str(error)
        return ""

    def patch(self, change: Manifest) -> str:
        """The refusal of a merge patch."""
        return self.refusal("patch", "bst", "shop", "--type=merge", "-p", json.dumps(change))


@pytest.fixture(scope="module")
def namespace(
    kube: Kube,
    api: ApiServer,
    installed: Images,  # noqa: ARG001 - brings the kind and the role edit
) -> Iterator[str]:
    """A namespace with a stack, one person for each role, and the policy for it alone."""
    with a_namespace(api, "access") as made, _policy_for(kube, made):
        kube.apply(a_stack("shop", made, SPEC))
        for role in PEOPLE:
            kube.apply(*_person(role, made))
        # The API server takes a moment until it goes by a new policy, binding or role.
        for role in PEOPLE:
            eventually(partial(_is_as_told, Person(kube, made, role)), within=NOTICED)
        yield made


@pytest.fixture(params=PEOPLE)
def person(request: pytest.FixtureRequest, kube: Kube, namespace: str) -> Person:
    return Person(kube, namespace, request.param)


def test_the_changes_that_are_tried_touch_every_field_of_a_spec(kube: Kube) -> None:
    crd = kube.must_get("crd", "billingstacks.billing.antaeus.io", "default")
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    fields = {f"spec.{name}" for name in schema["properties"]["spec"]["properties"]}

    assert fields <= set(CHANGES)


@pytest.mark.parametrize("part", CHANGES)
def test_a_patch_takes_the_verb_of_its_part(person: Person, part: str) -> None:
    _assert_told(person, part, person.patch(CHANGES[part]))


def test_two_parts_at_once_take_both_verbs(person: Person) -> None:
    both = {"spec": CHANGES["spec.antaeus"]["spec"] | CHANGES["spec.payment"]["spec"]}

    assert _is_let(person.patch(both)) == (person.role == "administer")


def test_a_part_that_is_taken_away_is_changed(person: Person) -> None:
    for part, change in (("spec.payment", {"payment": None}), ("spec.antaeus", {"antaeus": None})):
        _assert_told(person, part, person.patch({"spec": change}))


def test_what_changes_nothing_takes_no_verb(person: Person) -> None:
    assert _is_let(person.patch({"spec": SPEC}))


def test_a_replacement_takes_the_verb_of_what_differs(person: Person) -> None:
    live = person.kube.must_get("bst", "shop", person.namespace)
    live["spec"]["payment"]["successRate"] = 0.7

    _assert_told(person, "spec.payment", person.refusal("replace", "-f", "-", stdin=live))


@pytest.mark.parametrize("how", [("--server-side", "--force-conflicts"), ()], ids=["ssa", "csa"])
@pytest.mark.parametrize("part", ["spec.antaeus", "spec.payment", "spec.suspend"])
def test_an_apply_takes_the_verb_of_what_it_changes(
    person: Person, part: str, how: tuple[str, ...]
) -> None:
    """On either side: kubectl's own annotation, which it writes along, takes no verb."""
    ((field, change),) = CHANGES[part]["spec"].items()
    was = SPEC.get(field, {})
    body = a_stack("shop", person.namespace, SPEC | {field: was | change if was else change})

    _assert_told(person, part, person.refusal("apply", *how, "-f", "-", stdin=body))


def test_scaling_takes_the_verb_of_payment(person: Person) -> None:
    said = person.refusal("scale", "bst/shop", "--replicas=3")

    assert _is_let(said) == (
        person.role
        in (
            "administer",
            "deploy-payment",
        )
    )
    if person.role == EDIT:
        assert "you need the verb deploy-payment" in said


def test_making_and_deleting_are_for_administrators(person: Person) -> None:
    new = a_stack("another", person.namespace, {})
    said = {
        "create": person.refusal("create", "-f", "-", stdin=new),
        "delete": person.refusal("delete", "bst", "shop"),
    }

    for verb, words in said.items():
        assert _is_let(words) == (person.role == "administer")
        if person.role == EDIT:
            assert f"to {verb} a BillingStack you need the verb administer" in words


def test_a_status_is_nobodys_of_these_to_write(person: Person) -> None:
    change = json.dumps({"status": {"operatorVersion": "9"}})
    how = ("patch", "bst", "shop", "--subresource=status", "--type=merge", "-p", change)

    assert "(Forbidden)" in person.refusal(*how)


def test_a_namespace_takes_its_stacks_with_it_and_a_cascade_ends(
    kube: Kube,
    api: ApiServer,
    installed: object,  # noqa: ARG001 - brings the kind
) -> None:
    """Those that delete there are controllers, and hold none of the verbs."""
    with a_namespace(api, "access") as leaving, _policy_for(kube, leaving):
        kube.apply(*_person(EDIT, leaving), a_stack("shop", leaving, SPEC))
        editor = Person(kube, leaving, EDIT)
        eventually(lambda: editor.patch(CHANGES["spec.suspend"]), bool, within=NOTICED)
        kube("-n", leaving, "delete", "bst", "shop", "--cascade=foreground", within=GONE)
        kube.apply(a_stack("shop", leaving, SPEC))
        kube("delete", "namespace", leaving, within=GONE)
        kube("create", "namespace", leaving)


def _assert_told(person: Person, part: str, said: str) -> None:
    verb = PARTS.get(part, "administer")
    if person.role in ("administer", verb):
        assert _is_let(said)
        return
    assert "(Forbidden)" in said
    assert f"you need the verb {verb} on" in " ".join(said.split())
    assert part in said


def _is_as_told(person: Person) -> bool:
    """Whether a person's own part is let, and another is refused by the policy."""
    own = {verb: part for part, verb in PARTS.items()}.get(person.role)
    is_let = person.role == EDIT or _is_let(person.patch(CHANGES[own or "spec.suspend"]))
    said = person.patch(CHANGES["metadata.labels"])
    return is_let and (person.role == "administer" or "you need the verb" in said)


def _is_let(said: str) -> bool:
    return said == ""


def _person(role: str, namespace: str) -> tuple[Manifest, Manifest]:
    meta = {"name": role, "namespace": namespace}
    group = "rbac.authorization.k8s.io"
    name = role if role == EDIT else f"billingstacks-{role}"
    return (
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta},
        {
            "apiVersion": f"{group}/v1",
            "kind": "RoleBinding",
            "metadata": meta,
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "ServiceAccount", **meta}],
        },
    )


@contextmanager
def _policy_for(kube: Kube, namespace: str) -> Iterator[None]:
    """All of deploy/access; the policy is in force in this namespace alone, and goes."""
    policy, binding = yaml.safe_load_all((ACCESS / "policy.yaml").read_text())
    name = f"{policy['metadata']['name']}-{namespace}"
    policy["metadata"] = binding["metadata"] = {"name": name}
    labels = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    binding["spec"] |= {"policyName": name, "matchResources": {"namespaceSelector": labels}}
    kube("apply", "-f", str(ACCESS / "roles.yaml"))
    kube.apply(policy, binding)
    try:
        yield
    finally:
        for kind in ("validatingadmissionpolicybinding", "validatingadmissionpolicy"):
            kube("delete", kind, name, "--ignore-not-found")
