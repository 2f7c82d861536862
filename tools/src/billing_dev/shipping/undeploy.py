"""Removes the operator; its stacks only where that was said."""

from collections.abc import Mapping

from billing_dev.clients.kube import Kubectl, Manifest
from billing_dev.cluster.errors import give_up
from billing_dev.cluster.progress import say, step
from billing_dev.eventually import eventually
from billing_dev.shipping.context import current_context
from billing_dev.shipping.release import BASE
from billing_dev.shipping.stacks import CRD, place, stacks
from billing_operator.names import STACK_LABEL

# A payment pod that is told to end answers what it was sent for up to half a minute.
_GONE_SECONDS = 180.0
_PODS_AND_THEIR_MAKERS = "pods,deployments.apps"


def undeploy(environment: Mapping[str, str]) -> bool:
    """Ends with nothing left of what `make deploy` brought."""
    named = environment.get("STACKS", "").strip()
    if named not in ("", "delete"):
        give_up(f"STACKS={named}: STACKS=delete, or nothing")
    kube = current_context(environment).kube
    existing = stacks(kube)
    if existing and not named:
        give_up(refusal(existing))
    if existing:
        say("\n".join(["==> these stacks go:", *(f"    {place(stack)}" for stack in existing)]))
        with step("delete them and all that is theirs", usually="10 to 40 s"):
            kube("delete", CRD, "--all", "--all-namespaces", "--wait=true")
            _wait_for_children(kube)
    with step("delete the operator, its rights, namespace and custom resource", usually="10 s"):
        how = ("--ignore-not-found", "--wait=true", f"--timeout={_GONE_SECONDS:.0f}s")
        kube("delete", "-k", str(BASE), *how, within=_GONE_SECONDS + 10)
    return True


def _children(kube: Kubectl) -> list[str]:
    command = ("get", _PODS_AND_THEIR_MAKERS, "-A", "-l", STACK_LABEL, "--output=name")
    return kube(*command).split()


def _wait_for_children(kube: Kubectl) -> None:
    try:
        eventually(lambda: _children(kube), lambda left: not left, within=_GONE_SECONDS, every=1)
    except AssertionError as late:
        give_up(f"The stacks are deleted, but not all that was theirs has gone: {late}")


def refusal(existing: list[Manifest]) -> str:
    """Why nothing is deleted, and how it would be."""
    lines = [
        "There are stacks. They would go with the custom resource, and what their Antaeus know of "
        "payments would go with them:",
        *(f"  {place(stack)}" for stack in existing),
        "To delete them as well: make undeploy STACKS=delete",
    ]
    return "\n".join(lines)
