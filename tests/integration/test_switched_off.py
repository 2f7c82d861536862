"""What is switched off goes, what is switched on again comes back, and nothing else is touched."""

import pytest

from billing_operator.kinds import BY_NAME, Manifest, Ref
from support.eventually import eventually
from support.limits import NOTICED, REPAIRED_BY_EVENT
from support.master import assert_as_desired, assert_at_rest, children
from support.scene import Scene, is_ready


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
    scene: Scene, child: Ref, on: Manifest, off: Manifest, edit: Manifest
) -> None:
    with scene.operator() as operator:
        # No pods are the point here: a stack that hibernates has everything else.
        scene.apply("shop", {"hibernate": True, **on})
        scene.until("shop", is_ready, within=NOTICED)
        others, first = _others(scene, child), _read(scene, child)

        scene.change("shop", **off)
        scene.until("shop", is_ready, within=NOTICED)
        assert_as_desired(scene, operator.settings, scene.read("shop"))
        assert child not in children(scene, "shop")
        assert _others(scene, child) == others

        scene.change("shop", **on)
        scene.until("shop", is_ready, within=NOTICED)
        assert _read(scene, child)["spec"] == first["spec"]
        assert _read(scene, child)["metadata"]["uid"] != first["metadata"]["uid"]
        _see_it_repaired(scene, child, edit)
        assert _others(scene, child) == others
        assert_as_desired(scene, operator.settings, scene.read("shop"))
        assert_at_rest(scene, operator)


def _see_it_repaired(scene: Scene, child: Ref, edit: Manifest) -> None:
    before = _read(scene, child)
    scene.api.merge(BY_NAME[child.kind], scene.namespace, child.name, edit)
    eventually(
        lambda: _read(scene, child).get("spec"),
        lambda spec: spec == before["spec"],
        within=REPAIRED_BY_EVENT,
    )
    scene.kube.delete(child.kind, child.name, scene.namespace, "--wait=false")
    eventually(
        lambda: _read(scene, child).get("metadata", {}).get("uid"),
        lambda uid: uid not in (None, before["metadata"]["uid"]),
        within=REPAIRED_BY_EVENT,
    )


def _others(scene: Scene, child: Ref) -> dict[Ref, str]:
    """The stack's children of other kinds, each with what changes when its content does."""
    found = ((name, live["metadata"]) for name, live in children(scene, "shop").items())
    return {
        name: f"{meta['uid']} {meta.get('generation') or meta['resourceVersion']}"
        for name, meta in found
        if name.kind != child.kind
    }


def _read(scene: Scene, name: Ref) -> Manifest:
    return scene.api.read(BY_NAME[name.kind], scene.namespace, name.name) or {}
