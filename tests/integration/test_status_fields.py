"""A status that no longer says something has it no more, down to the last field."""

import json

from billing_dev.crd import schema
from billing_operator.kinds import BILLING_STACK, Manifest
from billing_operator.names import MANAGER
from support.cluster.workspace import NO_PODS, Workspace

_SCHEMA = schema()["properties"]["status"]
_VALUES = {"string": "word", "integer": 1, "number": 1, "boolean": True}
_TIME = "2026-01-01T00:00:00Z"


def test_each_field_goes_away_also_each_list_without_an_entry(workspace: Workspace) -> None:
    """Server-side apply owns entries of a list of type map, and so never removes an empty one."""
    workspace.apply("shop", NO_PODS)
    everything = _example(_SCHEMA) | {"observedGeneration": 1}
    _apply_status(workspace, everything)
    stored = workspace.read("shop")["status"]
    assert stored["billing"]["lastRun"]["refused"] == []
    assert stored["billing"]["lastRun"]["books"]["booked"] == []

    rest = _without_lists(_SCHEMA, everything)
    _apply_status(workspace, rest)

    assert workspace.read("shop")["status"] == rest


def _without_lists(node: Manifest, of: Manifest) -> Manifest:
    """What is left without lists that may be absent, and without objects of nothing else."""
    kept = {}
    for name, value in of.items():
        child = node["properties"][name]
        left = _without_lists(child, value) if child["type"] == "object" else value
        if left not in ([], {}) or name in node.get("required", ()):
            kept[name] = left
    return kept


def _apply_status(workspace: Workspace, status: Manifest) -> None:
    names = {"name": "shop", "namespace": workspace.namespace}
    body = {"apiVersion": BILLING_STACK.api_version, "kind": BILLING_STACK.name, "metadata": names}
    applies = ("apply", "--server-side", "--subresource=status", f"--field-manager={MANAGER}")
    workspace.kube(*applies, "-f", "-", stdin=json.dumps(body | {"status": status}))


def _example(node: Manifest) -> Manifest:
    """An object with all fields of a schema, and no entry in any list but the conditions."""
    return {name: _value(name, each) for name, each in node["properties"].items()}


def _value(name: str, node: Manifest) -> object:
    if name == "conditions":
        return [_example(node["items"])]
    if node["type"] == "array":
        return []
    if node["type"] == "object":
        return _example(node)
    if "enum" in node:
        return node["enum"][0]
    return _TIME if node.get("format") == "date-time" else _VALUES[node["type"]]
