"""A token of the user's own: each way in which it can be wrong, and how it is right again."""

import base64

from billing_operator.kinds import DEPLOYMENT, POD, Manifest
from billing_operator.names import PAYMENT
from support.charging import token_of
from support.eventually import eventually
from support.figures import Figures
from support.in_process import InProcess
from support.limits import NOTICED, ROLLOUT, SECRET_NOTICED
from support.master import assert_settled
from support.rotated import antaeus_has, ask, assert_none_refused, has_rotated, names, under_load
from support.scene import Scene, conditions, holds, is_ready

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


def test_a_changed_secret_takes_over_and_one_that_vanishes_leaves_a_good_token(
    scene: Scene,
) -> None:
    _put(scene, _RIGHT)
    with scene.operator() as operator:
        scene.apply("shop", _REF | {"payment": {"successRate": 0}})
        scene.until_complete("shop")
        before = scene.antaeus_lives("shop")

        with under_load(scene, names(scene)) as books:
            _put(scene, {"pass": b"another"})
            ask(scene, "look at once")
            scene.until("shop", has_rotated("look at once"))
        assert_none_refused(scene, books, names(scene))
        assert antaeus_has(scene) == token_of(scene.api, scene.namespace, "shop") == "another"
        lives = scene.antaeus_lives("shop")
        assert lives != before

        _put(scene, None)
        _assert_told(scene, operator, "there is no Secret ours")
        (pod,) = names(scene)
        scene.kube.delete("pod", pod, scene.namespace)
        eventually(
            lambda: names(scene), lambda pods: len(pods) == 1 and pods != [pod], within=ROLLOUT
        )
        scene.until("shop", _payment_is_ready, within=ROLLOUT)

        # Nor is it anything but an optional way back to a token of the operator's.
        scene.change("shop", token=None)
        scene.until("shop", lambda stack: stack["status"]["token"]["generated"] and is_ready(stack))
        assert_settled(scene, operator, "shop", lives=scene.antaeus_lives("shop"))
        assert antaeus_has(scene) != "another"


def _payment_is_ready(stack: Manifest) -> bool:
    return bool(stack["status"]["payment"]["summary"] == "1/1")


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
