"""Pods that can't run: the stack says why and what to do, and is well again without a hand."""

import pytest

from billing_operator.kinds import Manifest
from billing_operator.names import ANTAEUS, PAYMENT
from measurements import Measurements
from support.cluster.final_checks import assert_settled
from support.cluster.limits import RECOVERED
from support.cluster.workspace import Workspace, conditions, holds

_BAD_IMAGE: Manifest = {"image": "localhost/no-such-image:1"}
_TOO_BIG: Manifest = {"resources": {"requests": {"cpu": "1000"}}}
_CRASHING: Manifest = {"env": [{"name": "PYTHONHOME", "value": "/nowhere"}]}
_PULLING = ("ErrImagePull", "ImagePullBackOff")


@pytest.mark.parametrize(
    ("part", "trouble", "reasons", "remedy"),
    [
        (PAYMENT, _BAD_IMAGE, _PULLING, "spec.payment.image"),
        (PAYMENT, _TOO_BIG, ("Unschedulable",), "spec.payment.resources.requests"),
        (PAYMENT, _CRASHING, ("CrashLoopBackOff",), "kubectl logs -n NAMESPACE"),
    ],
    ids=["image", "resources", "crash"],
)
def test_payment_pods_that_cannot_run_leave_those_that_do_alone(
    workspace: Workspace, part: str, trouble: Manifest, reasons: tuple[str, ...], remedy: str
) -> None:
    with workspace.operator() as operator:
        workspace.apply("shop")
        workspace.until_ready("shop")
        lives, before = workspace.antaeus_instances("shop"), _ready_uids(workspace, part)

        workspace.apply("shop", {part: trouble})
        said = _until_stuck(workspace, part, reasons)

        assert remedy.replace("NAMESPACE", workspace.namespace) in said
        assert _ready_uids(workspace, part) == before
        workspace.apply("shop")
        workspace.until_ready("shop", within=RECOVERED)
        assert _ready_uids(workspace, part) == before
        assert_settled(workspace, operator, "shop", lives=lives)


@pytest.mark.parametrize(
    ("trouble", "reasons", "remedy"),
    [
        (_BAD_IMAGE, _PULLING, "spec.antaeus.image"),
        (_TOO_BIG, ("Unschedulable",), "spec.antaeus.resources.requests"),
    ],
    ids=["image", "resources"],
)
def test_an_antaeus_that_cannot_run_is_back_within_a_minute_of_the_mending(
    workspace: Workspace,
    measurements: Measurements,
    trouble: Manifest,
    reasons: tuple[str, ...],
    remedy: str,
) -> None:
    """The stack is asked for as it can't be, from its beginning."""
    with workspace.operator() as operator:
        workspace.apply("shop", {ANTAEUS: trouble})
        assert remedy in _until_stuck(workspace, ANTAEUS, reasons)

        with measurements.timed("from a mended Antaeus to Ready, limit 60 s"):
            workspace.apply("shop")
            workspace.until_ready("shop", within=RECOVERED)
        assert_settled(workspace, operator, "shop", lives=workspace.antaeus_instances("shop"))


def _until_stuck(workspace: Workspace, part: str, reasons: tuple[str, ...]) -> str:
    """Waits until the stack says that a person must act; returns in which words."""

    def is_stuck(stack: Manifest) -> bool:
        said = conditions(stack).get("Stalled", {}).get("message", "")
        return holds(stack, "Stalled") and any(reason in said for reason in reasons)

    found = conditions(workspace.until("shop", is_stuck))
    assert found["Ready"]["reason"] == "PodsUnhealthy"
    assert found["Reconciling"]["status"] == "False"
    message = str(found["Ready"]["message"])
    assert message.startswith(f"{part}: ")
    assert f"pod shop-{part}-" in message
    return message


def _ready_uids(workspace: Workspace, part: str) -> set[str]:
    pods = workspace.pods("shop", part)
    return {
        pod["metadata"]["uid"]
        for pod in pods
        for condition in pod["status"].get("conditions", [])
        if condition["type"] == "Ready" and condition["status"] == "True"
    }
