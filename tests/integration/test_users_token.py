"""A token of the user's own: each way in which it can be wrong, and how it is right again."""

import base64

from billing_operator.kinds import DEPLOYMENT, POD, Manifest
from billing_operator.names import PAYMENT
from support.figures import Figures
from support.in_process import InProcess
from support.limits import NOTICED, SECRET_NOTICED
from support.master import assert_settled
from support.scene import Scene, conditions, holds

_REF = {"token": {"secretRef": {"name": "ours", "key": "pass"}}}
# Of the user's Secret, None where there is none, and what the condition says of it.
_WRONG: tuple[tuple[dict[str, bytes] | None, str], ...] = (
    (None, "there is no Secret ours"),
    ({}, "has no key pass (keys: none)"),
    ({"password": b"right"}, "has no key pass (keys: password)"),
    ({"pass": b""}, "is empty"),
    ({"pass": b"right\n"}, "a newline (use printf, not echo)"),
    ({"pass": b'"right"'}, "begins or ends with a quote"),
    ({"pass": b"ri\x07ght"}, "bytes that an HTTP header can't carry"),
    ({"pass": "kürbis".encode()}, "bytes that an HTTP header can't carry"),
    ({"pass": b"x" * 5000}, "is longer than 4096 bytes"),
)
_RIGHT = {"pass": b"right"}


def test_no_pod_starts_before_the_token_is_right(scene: Scene, figures: Figures) -> None:
    with scene.operator() as operator:
        scene.apply("shop", _REF)
        for data, words in _WRONG:
            _put(scene, data)
            _assert_told(scene, operator, words)
            assert scene.api.list(DEPLOYMENT, scene.namespace) == []
            assert scene.api.list(POD, scene.namespace) == []

        # Nobody tells the operator: it looks again by itself.
        _put(scene, _RIGHT)
        with figures.timed("a mended Secret is noticed, looked at every 30 s"):
            scene.until("shop", _has_token, within=SECRET_NOTICED)
        scene.until_ready("shop")
        assert_settled(scene, operator, "shop", lives=scene.antaeus_lives("shop"))


def test_running_pods_do_not_suffer_from_a_token_that_is_wrong_now(scene: Scene) -> None:
    _put(scene, _RIGHT)
    with scene.operator() as operator:
        scene.apply("shop", _REF)
        scene.until_ready("shop")
        lives, pods = scene.antaeus_lives("shop"), _uids(scene)

        for data, words in _WRONG:
            _put(scene, data)
            _assert_told(scene, operator, words)
            assert (scene.antaeus_lives("shop"), _uids(scene)) == (lives, pods)

        _put(scene, _RIGHT)
        operator.resync()
        assert_settled(scene, operator, "shop", lives=lives)
        assert _uids(scene) == pods


def _assert_told(scene: Scene, operator: InProcess, words: str) -> None:
    operator.resync()

    def is_told(stack: Manifest) -> bool:
        said = conditions(stack).get("TokenInvalid", {}).get("message", "")
        return holds(stack, "TokenInvalid") and words in said

    found = conditions(scene.until("shop", is_told, within=NOTICED))
    assert found["Stalled"]["status"] == "True"
    message = found["TokenInvalid"]["message"]
    assert f"kubectl create secret generic -n {scene.namespace} ours" in message
    assert "right" not in message


def _has_token(stack: Manifest) -> bool:
    return not holds(stack, "TokenInvalid")


def _put(scene: Scene, data: dict[str, bytes] | None) -> None:
    """Makes the user's Secret hold just this."""
    scene.kube.delete("secret", "ours", scene.namespace)
    if data is None:
        return
    encoded = {name: base64.b64encode(value).decode() for name, value in data.items()}
    metadata = {"name": "ours", "namespace": scene.namespace}
    scene.kube.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": encoded})


def _uids(scene: Scene) -> set[str]:
    return {pod["metadata"]["uid"] for pod in scene.pods("shop", PAYMENT)}
