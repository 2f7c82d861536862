"""What a namespace does not admit: the stack says so in its words, and recovers with it."""

from collections.abc import Iterator
from contextlib import contextmanager

from billing_operator.kinds import Manifest
from support.limits import RECOVERED
from support.master import assert_settled
from support.scene import Scene, conditions, holds

_ENFORCE = "pod-security.kubernetes.io/enforce"
_QUOTA: Manifest = {
    "apiVersion": "v1",
    "kind": "ResourceQuota",
    "metadata": {"name": "few"},
    "spec": {"hard": {"pods": "2"}},
}
_LIMITS: Manifest = {
    "apiVersion": "v1",
    "kind": "LimitRange",
    "metadata": {"name": "small"},
    "spec": {"limits": [{"type": "Container", "max": {"memory": "8Mi"}}]},
}


def test_a_namespace_that_refuses_pods_is_told_of_and_recovered_from(scene: Scene) -> None:
    with scene.operator() as operator:
        with _pod_security(scene, "restricted"):
            scene.apply("shop")
            said = _refused(scene, "antaeus")
            assert "violates PodSecurity" in said
            assert "what the admission of the namespace refuses" in said
        scene.until_ready("shop", within=RECOVERED)
        lives = scene.antaeus_lives("shop")

        for replicas, rule, words in (
            (2, _QUOTA, "exceeded quota: few"),
            (3, _LIMITS, "maximum memory usage per Container is 8Mi"),
        ):
            with _rule(scene, rule):
                scene.change("shop", payment={"replicas": replicas})
                said = _refused(scene, "payment")
                assert words in said
                assert f"kubectl describe quota,limitrange -n {scene.namespace}" in said
            scene.until_ready("shop", within=RECOVERED)

        assert_settled(scene, operator, "shop", lives=lives)


def _refused(scene: Scene, part: str) -> str:
    def is_refused(stack: Manifest) -> bool:
        said = conditions(stack).get("Stalled", {}).get("message", "")
        return holds(stack, "Stalled") and "FailedCreate" in said

    message = str(conditions(scene.until("shop", is_refused))["Ready"]["message"])
    assert f"deployment shop-{part}: FailedCreate" in message
    return message


@contextmanager
def _rule(scene: Scene, rule: Manifest) -> Iterator[None]:
    scene.kube.apply(rule | {"metadata": rule["metadata"] | {"namespace": scene.namespace}})
    yield
    scene.kube.delete(rule["kind"], rule["metadata"]["name"], scene.namespace)


@contextmanager
def _pod_security(scene: Scene, level: str) -> Iterator[None]:
    scene.kube("label", "namespace", scene.namespace, f"{_ENFORCE}={level}")
    yield
    scene.kube("label", "namespace", scene.namespace, f"{_ENFORCE}-")
