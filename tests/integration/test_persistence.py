"""An Antaeus that keeps its invoices on a volume: a restart forgets nothing, and alarms nobody."""

from dataclasses import replace

import pytest

from billing_dev.eventually import eventually
from billing_operator.kinds import CLAIM, DEPLOYMENT, EVENT, Manifest
from billing_operator.names import ANTAEUS
from support.cluster.billing_runs import make_run_at_once, until_charging, until_run
from support.cluster.final_checks import assert_as_desired, assert_at_rest
from support.cluster.limits import NOTICED, PAID, ROLLOUT
from support.cluster.workspace import Workspace, conditions, holds

_VOLUME = {"mountPath": "/data", "template": {"size": "16Mi"}}
_ENV = {"ANTAEUS_KEEP_INVOICES": "true", "ANTAEUS_DATABASE": "/data/antaeus.db"}


def persistent(**changes: str) -> Manifest:
    """An Antaeus on a volume; keywords are further variables of it."""
    env = [{"name": name, "value": value} for name, value in (_ENV | changes).items()]
    # The volumes of the tests' cluster are directories of its node, which root alone may write to.
    return {"persistence": _VOLUME, "env": env, "securityContext": {"runAsUser": 0}}


def paid_ids(stack: Manifest) -> str:
    found: str = stack["status"]["invoices"]["paidIDs"]
    return found


def pay_all(workspace: Workspace) -> Manifest:
    # kube-proxy may come to know of a ready pod a moment later than the operator.
    eventually(lambda: workspace.api.pay(workspace.namespace, "shop"), within=PAID)
    return workspace.until("shop", lambda stack: stack["status"]["invoices"]["pending"] == 0)


def of_another(workspace: Workspace, before: set[tuple[str, int]]) -> Manifest:
    """The stack once another Antaeus has told its invoices."""

    def is_told(_: Manifest) -> bool:
        return workspace.antaeus_instances("shop").isdisjoint(before)

    workspace.until("shop", is_told, within=ROLLOUT)
    return workspace.until_complete("shop")


def test_a_restart_of_an_antaeus_that_keeps_its_invoices_forgets_nothing(
    workspace: Workspace,
) -> None:
    with workspace.operator() as operator:
        workspace.apply("shop", {"payment": {"successRate": 1}, "antaeus": persistent()})
        workspace.until_complete("shop")
        before = pay_all(workspace)
        lives = workspace.antaeus_instances("shop")
        (pod,) = workspace.pods("shop", ANTAEUS)
        workspace.kube("-n", workspace.namespace, "delete", "pod", pod["metadata"]["name"])

        after = of_another(workspace, lives)
        assert paid_ids(after) == paid_ids(before)
        assert conditions(after)["InvoicesReset"]["status"] == "False"
        reasons = {each["reason"] for each in workspace.api.list(EVENT, workspace.namespace)}
        assert "InvoicesReset" not in reasons
        assert_as_desired(workspace, operator.settings, after)
        assert_at_rest(workspace, operator)


def test_another_default_image_is_taken_at_once_and_after_a_run(workspace: Workspace) -> None:
    """Nothing is there to forget, so it waits for no other start; but no batch is cut off."""
    slowly = {"successRate": 1, "latency": {"fixed": {"seconds": 1.0}}}
    spec = {"payment": slowly, "antaeus": persistent(ANTAEUS_INVOICES="8")}
    with workspace.operator():
        workspace.apply("shop", spec)
        workspace.until_complete("shop")
        make_run_at_once(workspace, "run")
        until_charging(workspace)
    newer = replace(workspace, images=replace(workspace.images, antaeus="example.test/newer:1"))
    with newer.operator():
        body = newer.until("shop", lambda stack: stack["status"]["antaeus"].get("pendingUpdate"))
        assert conditions(body)["Ready"]["reason"] == "UpdateHeld"
        assert until_run(newer, "run", "Succeeded")["newlyPaid"] == 8
        newer.until("shop", lambda _: image_of(newer) == "example.test/newer:1")


def image_of(workspace: Workspace) -> str:
    live = workspace.api.read(DEPLOYMENT, workspace.namespace, "shop-antaeus")
    assert live is not None
    image: str = live["spec"]["template"]["spec"]["containers"][0]["image"]
    return image


@pytest.mark.parametrize(
    ("when_deleted", "stays"), [("Retain", True), ("Delete", False)], ids=["Retain", "Delete"]
)
def test_what_becomes_of_the_claim_with_its_stack_is_what_the_template_says(
    workspace: Workspace, when_deleted: str, *, stays: bool
) -> None:
    volume = {"mountPath": "/data", "template": {"size": "16Mi", "whenDeleted": when_deleted}}
    asleep = {"hibernate": True, "antaeus": {"persistence": volume}}
    with workspace.operator():
        workspace.apply("shop", asleep)
        workspace.until("shop", lambda stack: holds(stack, "Hibernated"), within=NOTICED)
        made = claim(workspace)
        assert made is not None
        workspace.kube("-n", workspace.namespace, "delete", "bst", "shop")
        eventually(lambda: deployment_is_gone(workspace), within=ROLLOUT)
        if not stays:
            eventually(lambda: claim(workspace) is None, within=ROLLOUT)
            return
        workspace.apply("shop", asleep)
        workspace.until("shop", lambda stack: holds(stack, "Hibernated"), within=ROLLOUT)
        again = claim(workspace)
        assert again is not None
        assert again["metadata"]["uid"] == made["metadata"]["uid"]


def claim(workspace: Workspace) -> Manifest | None:
    return workspace.api.read(CLAIM, workspace.namespace, "shop-antaeus")


def deployment_is_gone(workspace: Workspace) -> bool:
    return workspace.api.read(DEPLOYMENT, workspace.namespace, "shop-antaeus") is None
