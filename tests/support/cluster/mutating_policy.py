"""A policy of the cluster's that changes objects of one namespace, as webhooks do."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from billing_dev.eventually import eventually
from billing_operator.kinds import Kind, Manifest
from support.cluster.limits import NOTICED
from support.cluster.workspace import Workspace

_KIND = "MutatingAdmissionPolicy"
_API_VERSION = "admissionregistration.k8s.io/v1"
# A Deployment that nobody makes shows by a dry run whether the policy is in effect.
_MARK = "example.test/mutated"
_MARKS = 'Object{metadata: Object.metadata{annotations: {"' + _MARK + '": "yes"}}}'


@contextmanager
def mutating(workspace: Workspace, *mutations: Manifest, of: Kind, name: str) -> Iterator[None]:
    """Has a policy in effect that changes objects of a kind, and then has it gone."""
    policy = f"{name}-{workspace.namespace}"
    meta = {"name": policy}
    here = {"kubernetes.io/metadata.name": workspace.namespace}
    rules = [_rule("apps", "deployments"), _rule(of.group, of.plural)]
    spec: Manifest = {
        "matchConstraints": {
            "namespaceSelector": {"matchLabels": here},
            "resourceRules": rules,
        },
        "failurePolicy": "Fail",
        "reinvocationPolicy": "Never",
        "mutations": [configuration(_MARKS), *mutations],
    }
    says = {"apiVersion": _API_VERSION, "metadata": meta}
    binding = {"kind": f"{_KIND}Binding", "spec": {"policyName": policy}}
    workspace.kube.apply(says | {"kind": _KIND, "spec": spec}, says | binding)
    eventually(lambda: _in_effect(workspace), within=NOTICED)
    yield
    workspace.kube("delete", f"{_KIND},{_KIND}Binding", policy)
    eventually(lambda: not _in_effect(workspace), within=NOTICED)


def configuration(expression: str) -> Manifest:
    """A mutation that applies fields."""
    return {
        "patchType": "ApplyConfiguration",
        "applyConfiguration": {"expression": expression},
    }


def label(name: str, value: str) -> Manifest:
    """A mutation that sets a label."""
    labels = json.dumps({name: value})
    return configuration("Object{metadata: Object.metadata{labels: " + labels + "}}")


def _rule(group: str, plural: str) -> Manifest:
    operations = ["CREATE", "UPDATE"]
    return {
        "apiGroups": [group],
        "apiVersions": ["v1"],
        "resources": [plural],
        "operations": operations,
    }


def _in_effect(workspace: Workspace) -> bool:
    """A policy takes a moment to be in effect, and another one to be so no more."""
    probe = ("create", "deployment", "probe", "--image=none", "--dry-run=server", "-o", "yaml")
    return _MARK in workspace.kube("-n", workspace.namespace, *probe)
