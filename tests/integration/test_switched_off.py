"""What is switched off goes, what is switched on again comes back, and nothing else is touched."""

import pytest

from billing_dev.eventually import eventually
from billing_operator.kinds import BY_NAME, Manifest, Ref
from support.cluster.final_checks import assert_as_desired, assert_at_rest, children
from support.cluster.limits import NOTICED, REPAIRED_BY_EVENT
from support.cluster.workspace import Workspace, is_ready


@pytest.mark.parametrize(
    ("child", "on", "off", "edit"),
    [
        (
            Ref("NetworkPolicy", "shop-payment"),
            {"networkPolicy": {"enabled": True}},
            {"networkPolicy": {"enabled": False}},
            {"spec": {"ingress": []}},
        ),
        (
            Ref("PodDisruptionBudget", "shop-payment"),
            {
                "payment": {
                    "replicas": 2,
                    "podDisruptionBudget": {"enabled": True, "maxUnavailable": 2},
                }
            },
            {"payment": {"podDisruptionBudget": {"enabled": False}}},
            {"spec": {"maxUnavailable": 0}},
        ),
        (
            Ref("Ingress", "shop-antaeus"),
            {
                "antaeus": {
                    "ingress": {
                        "enabled": True,
                        "tlsSecretName": "certificate",
                        "annotations": {"example.test/a": "b"},
                    }
                }
            },
            {"antaeus": {"ingress": {"enabled": False}}},
            {"spec": {"rules": [{"host": "elsewhere.test"}]}},
        ),
    ],
    ids=lambda value: value.kind if isinstance(value, Ref) else "",
)
def test_a_feature_is_switched_off_and_on_again(
    workspace: Workspace, child: Ref, on: Manifest, off: Manifest, edit: Manifest
) -> None:
    with workspace.operator() as operator:
        # No pods are the point here: a stack that hibernates has everything else.
        workspace.apply("shop", {"hibernate": True, **on})
        workspace.until("shop", is_ready, within=NOTICED)
        others, first = _others(workspace, child), _read(workspace, child)

        workspace.change("shop", **off)
        workspace.until("shop", is_ready, within=NOTICED)
        assert_as_desired(workspace, operator.settings, workspace.read("shop"))
        assert child not in children(workspace, "shop")
        assert _others(workspace, child) == others

        workspace.change("shop", **on)
        workspace.until("shop", is_ready, within=NOTICED)
        assert _read(workspace, child)["spec"] == first["spec"]
        assert _read(workspace, child)["metadata"]["uid"] != first["metadata"]["uid"]
        _see_it_repaired(workspace, child, edit)
        assert _others(workspace, child) == others
        assert_as_desired(workspace, operator.settings, workspace.read("shop"))
        assert_at_rest(workspace, operator)


def _see_it_repaired(workspace: Workspace, child: Ref, edit: Manifest) -> None:
    before = _read(workspace, child)
    workspace.api.merge(BY_NAME[child.kind], workspace.namespace, child.name, edit)
    eventually(
        lambda: _read(workspace, child).get("spec"),
        lambda spec: spec == before["spec"],
        within=REPAIRED_BY_EVENT,
    )
    workspace.kube.delete(child.kind, child.name, workspace.namespace, "--wait=false")
    eventually(
        lambda: _read(workspace, child).get("metadata", {}).get("uid"),
        lambda uid: uid not in (None, before["metadata"]["uid"]),
        within=REPAIRED_BY_EVENT,
    )


def _others(workspace: Workspace, child: Ref) -> dict[Ref, str]:
    """The stack's children of other kinds, each with what changes when its content does."""
    found = ((name, live["metadata"]) for name, live in children(workspace, "shop").items())
    return {
        name: f"{meta['uid']} {meta.get('generation') or meta['resourceVersion']}"
        for name, meta in found
        if name.kind != child.kind
    }


def _read(workspace: Workspace, name: Ref) -> Manifest:
    return workspace.api.read(BY_NAME[name.kind], workspace.namespace, name.name) or {}
