"""A token of the user's own: each way in which it can be wrong, and how it is right again."""

import base64

from billing_dev.eventually import eventually
from billing_operator.kinds import DEPLOYMENT, POD, Manifest
from billing_operator.names import PAYMENT
from measurements import Measurements
from support.cluster.charging import token_of
from support.cluster.final_checks import assert_settled
from support.cluster.in_process import InProcess
from support.cluster.limits import NOTICED, ROLLOUT, SECRET_NOTICED
from support.cluster.rotation_under_load import (
    antaeus_has,
    ask,
    assert_none_refused,
    has_rotated,
    names,
    under_load,
)
from support.cluster.workspace import Workspace, conditions, holds, is_ready

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


def test_no_pod_starts_before_the_token_is_right(
    workspace: Workspace, measurements: Measurements
) -> None:
    with workspace.operator() as operator:
        workspace.apply("shop", _REF)
        for data, words in _WRONG:
            _put(workspace, data)
            _assert_told(workspace, operator, words)
            assert workspace.api.list(DEPLOYMENT, workspace.namespace) == []
            assert workspace.api.list(POD, workspace.namespace) == []

        # Nobody tells the operator: it looks again by itself.
        _put(workspace, _RIGHT)
        with measurements.timed("a mended Secret is noticed, looked at every 30 s"):
            workspace.until("shop", _has_token, within=SECRET_NOTICED)
        workspace.until_ready("shop")
        assert_settled(workspace, operator, "shop", lives=workspace.antaeus_instances("shop"))


def test_running_pods_do_not_suffer_from_a_token_that_is_wrong_now(workspace: Workspace) -> None:
    _put(workspace, _RIGHT)
    with workspace.operator() as operator:
        workspace.apply("shop", _REF)
        workspace.until_ready("shop")
        lives, pods = workspace.antaeus_instances("shop"), _uids(workspace)

        for data, words in _WRONG:
            _put(workspace, data)
            _assert_told(workspace, operator, words)
            assert (workspace.antaeus_instances("shop"), _uids(workspace)) == (lives, pods)

        _put(workspace, _RIGHT)
        operator.resync()
        assert_settled(workspace, operator, "shop", lives=lives)
        assert _uids(workspace) == pods


def test_a_changed_secret_takes_over_and_one_that_vanishes_leaves_a_good_token(
    workspace: Workspace,
) -> None:
    _put(workspace, _RIGHT)
    with workspace.operator() as operator:
        workspace.apply("shop", _REF | {"payment": {"successRate": 0}})
        workspace.until_complete("shop")
        before = workspace.antaeus_instances("shop")

        with under_load(workspace, names(workspace)) as books:
            _put(workspace, {"pass": b"another"})
            ask(workspace, "look at once")
            workspace.until("shop", has_rotated("look at once"))
        assert_none_refused(workspace, books, names(workspace))
        assert (
            antaeus_has(workspace)
            == token_of(workspace.api, workspace.namespace, "shop")
            == "another"
        )
        lives = workspace.antaeus_instances("shop")
        assert lives != before

        _put(workspace, None)
        _assert_told(workspace, operator, "there is no Secret ours")
        (pod,) = names(workspace)
        workspace.kube.delete("pod", pod, workspace.namespace)
        eventually(
            lambda: names(workspace), lambda pods: len(pods) == 1 and pods != [pod], within=ROLLOUT
        )
        workspace.until("shop", _payment_is_ready, within=ROLLOUT)

        # Nor is it anything but an optional way back to a token of the operator's.
        workspace.change("shop", token=None)
        workspace.until(
            "shop", lambda stack: stack["status"]["token"]["generated"] and is_ready(stack)
        )
        assert_settled(workspace, operator, "shop", lives=workspace.antaeus_instances("shop"))
        assert antaeus_has(workspace) != "another"


def _payment_is_ready(stack: Manifest) -> bool:
    return bool(stack["status"]["payment"]["summary"] == "1/1")


def _assert_told(workspace: Workspace, operator: InProcess, words: str) -> None:
    operator.resync()

    def is_told(stack: Manifest) -> bool:
        said = conditions(stack).get("TokenInvalid", {}).get("message", "")
        return holds(stack, "TokenInvalid") and words in said

    found = conditions(workspace.until("shop", is_told, within=NOTICED))
    assert found["Stalled"]["status"] == "True"
    message = found["TokenInvalid"]["message"]
    assert f"kubectl create secret generic -n {workspace.namespace} ours" in message
    assert "right" not in message


def _has_token(stack: Manifest) -> bool:
    return not holds(stack, "TokenInvalid")


def _put(workspace: Workspace, data: dict[str, bytes] | None) -> None:
    """Makes the user's Secret hold just this."""
    workspace.kube.delete("secret", "ours", workspace.namespace)
    if data is None:
        return
    encoded = {name: base64.b64encode(value).decode() for name, value in data.items()}
    metadata = {"name": "ours", "namespace": workspace.namespace}
    workspace.kube.apply(
        {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": encoded}
    )


def _uids(workspace: Workspace) -> set[str]:
    return {pod["metadata"]["uid"] for pod in workspace.pods("shop", PAYMENT)}
